import { expect, test } from "vitest";
import { checkedInSources, embeddedSources } from "../../../../scripts/embed-wgsl.ts";

test("sources.ts is current; if not, run node scripts/embed-wgsl.ts", () =>
  expect(checkedInSources()).toBe(embeddedSources()));
