import { describe, it } from "vitest";
import { allocatorConformance, KvCacheAllocator } from "../../../src/testing/index.ts";

allocatorConformance((sizes) => new KvCacheAllocator(sizes), { runner: { describe, it } });
