import { defineConfig } from "vitest/config";

/** The tests of src/blocks alone: what `npm run mutation` asks whether a change of that code is noticed. */
export default defineConfig({ test: { include: ["test/blocks/**/*.test.ts"] } });
