/**
 * Bundles a page that calls `loadModel("builtin")` with Vite, webpack and esbuild, each as a new project would be set
 * up, and runs the bundle where there is no file system to help and no server to ask. Needs dist/ (`npm run build`).
 */
import { spawnSync } from "node:child_process";
import { cpSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build as esbuild } from "esbuild";
import { build as vite } from "vite";
import webpack from "webpack";

const root = fileURLToPath(new URL("../", import.meta.url));

/** The page: it says which ids a text has, so that the model was read, tokenizer and weights. */
const PAGE = `import { loadModel } from "bstar/models";
loadModel("builtin").then(
  ({ tokenizer, model }) => console.log("page: " + tokenizer.encode("Once upon a time").length + " ids, " + model.layers.length + " layers"),
  (error) => console.log("page: " + error.message),
);
`;

/**
 * Without the network and the file system of Node, as in a browser; of its document there is as much as Vite's
 * preloading touches.
 */
const BROWSER = `globalThis.fetch = (url) => { console.log("page: asked for " + url); return Promise.reject(new Error("no network")); };
globalThis.process = undefined;
globalThis.location = { href: "https://page.test/" };
globalThis.document = {
  head: { appendChild() {} },
  createElement: () => ({ relList: { supports: () => true } }),
  getElementsByTagName: () => [],
  querySelector: () => null,
};
globalThis.self = globalThis.window = globalThis;
`;

const BUNDLERS: readonly (readonly [name: string, bundle: (folder: string) => Promise<void>])[] = [
  [
    "vite",
    async (folder) =>
      void (await vite({
        root: folder,
        base: "./",
        logLevel: "error",
        build: {
          outDir: "out",
          target: "esnext",
          modulePreload: false,
          rollupOptions: { input: join(folder, "page.js") },
        },
      })),
  ],
  ["webpack", bundleWithWebpack],
  [
    "esbuild",
    async (folder) =>
      void (await esbuild({
        absWorkingDir: folder,
        entryPoints: ["page.js"],
        bundle: true,
        format: "esm",
        platform: "browser",
        outfile: "out/page.js",
        logLevel: "error",
      })),
  ],
];

const folder = mkdtempSync(join(tmpdir(), "bstar-bundle-"));
try {
  for (const [name, bundle] of BUNDLERS) await check(name, bundle);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function check(name: string, bundle: (folder: string) => Promise<void>): Promise<void> {
  const project = join(folder, name);
  mkdirSync(join(project, "node_modules", "bstar"), { recursive: true });
  for (const part of ["package.json", "dist"]) {
    cpSync(join(root, part), join(project, "node_modules", "bstar", part), { recursive: true });
  }
  for (const dependency of [
    "@huggingface",
    "oniguruma-to-es",
    "oniguruma-parser",
    "regex",
    "regex-recursion",
    "regex-utilities",
  ]) {
    symlinkSync(join(root, "node_modules", dependency), join(project, "node_modules", dependency));
  }
  writeFileSync(join(project, "package.json"), JSON.stringify({ private: true, type: "module" }));
  writeFileSync(join(project, "page.js"), PAGE);
  await bundle(project);
  const said = runPage(join(project, "out"));
  process.stdout.write(`${name}: ${said}\n`);
  if (!/^page: [1-9]\d* ids, [1-9]\d* layers$/.test(said)) process.exitCode = 1;
}

async function bundleWithWebpack(project: string): Promise<void> {
  const compiler = webpack({
    mode: "production",
    context: project,
    entry: "./page.js",
    target: "web",
    performance: { hints: false },
    optimization: { minimize: false },
    output: { path: join(project, "out"), filename: "page.js", module: true, chunkFormat: "module" },
    experiments: { outputModule: true },
  });
  const stats = await new Promise<webpack.Stats | undefined>((resolve, reject) =>
    compiler.run((error, result) => (error === null ? resolve(result) : reject(error))),
  );
  if (stats?.hasErrors() === true) throw new Error(stats.toString({ all: false, errors: true }));
}

/** What the bundle printed, the last line of the page. */
function runPage(out: string): string {
  const [script] = globSync("**/page*.js", { cwd: out });
  const main = join(out, "..", "main.mjs");
  writeFileSync(main, `${BROWSER}await import(${JSON.stringify(pathToFileURL(join(out, script)).href)});\n`);
  const { stdout, stderr } = spawnSync(process.execPath, [main], { encoding: "utf8" });
  return (
    stdout.split("\n").findLast((line) => line.startsWith("page: ")) ??
    `page: nothing (${stderr.trim().split("\n").slice(-8).join(" | ")}, ${readFileSync(join(out, script)).length} bytes)`
  );
}
