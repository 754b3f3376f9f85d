import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { exampleModules } from "./test/support/examples.ts";

const manifest = JSON.parse(readFileSync(new URL("package.json", import.meta.url), "utf8")) as {
  name: string;
  exports: Record<string, string>;
};

/**
 * The package's own name means its sources here, so that examples import what users import: `bstar/testing` ->
 * src/testing/index.ts.
 */
const alias = Object.entries(manifest.exports)
  .filter(([, target]) => target.startsWith("./dist/"))
  .map(([subpath, target]) => ({
    find: new RegExp(`^${manifest.name}${subpath.slice(1)}$`),
    replacement: fileURLToPath(new URL(target.replace("./dist/", "src/").replace(/\.js$/, ".ts"), import.meta.url)),
  }));

/** Programs and worker threads that tests start read our sources compiled, once for all of them. */
process.env["NODE_COMPILE_CACHE"] ??= fileURLToPath(new URL("node_modules/.cache/node", import.meta.url));

/** Many times what the slowest test takes on a busy machine; the large checks of `npm run soak` have longer tests. */
const HUNG_MILLISECONDS = process.env["BSTAR_SOAK"] === undefined ? 600_000 : 4 * 3_600_000;

export default defineConfig({
  plugins: [exampleModules()],
  resolve: { alias },
  test: {
    include: ["test/**/*.test.ts"],
    setupFiles: ["test/support/webgpu-waits.ts"],
    // Test files share the modules of their worker: a fresh copy for each took three quarters of the CPU of `npm test`.
    isolate: false,
    // No test asserts a time. This only ends a hung one, on a machine that may be busy with other work.
    testTimeout: HUNG_MILLISECONDS,
    hookTimeout: HUNG_MILLISECONDS,
    // Vitest leaves one core to itself, which is half of a small machine.
    maxWorkers: "100%",
  },
});
