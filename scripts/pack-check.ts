/**
 * Packs the package and uses it as others would: installed by npm into an empty folder, its command run and each of its
 * entries imported by every Node at hand (the one that runs this and the first on PATH), its types checked.
 * Ends with exit code 1 and one line at the first thing that is wrong.
 */
import { type SpawnSyncOptions, spawnSync } from "node:child_process";
import {
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { isDeepStrictEqual } from "node:util";
import { type Example, findExamples } from "../test/support/examples.ts";
import { runExamples } from "./run-examples.ts";

const root = fileURLToPath(new URL("../", import.meta.url));
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
  name: string;
  exports: Record<string, string>;
  peerDependencies?: Record<string, string>;
};
const entries = Object.keys(manifest.exports).filter((name) => name !== "./package.json");
/**
 * The strictest project that may use the package: it checks the declarations, and has no other package and no newer
 * library.
 */
const BARE_OPTIONS = {
  target: "es2022",
  lib: ["es2022", "dom"],
  module: "nodenext",
  strict: true,
  exactOptionalPropertyTypes: true,
  skipLibCheck: false,
  noEmit: true,
  types: [],
};
/**
 * A strict project with Node's types and the optional peers; the type packages are the repository's own, to save an
 * install.
 */
const CONSUMER_OPTIONS = {
  target: "es2022",
  lib: ["es2023", "esnext.disposable", "dom"],
  module: "nodenext",
  strict: true,
  noEmit: true,
  typeRoots: [join(root, "node_modules", "@types"), join(root, "node_modules", "@webgpu")],
  types: ["node"],
};

const folder = mkdtempSync(join(tmpdir(), "bstar-pack-"));

try {
  await main();
} catch (error) {
  process.stderr.write(`pack-check: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function main(): Promise<void> {
  const tarball = pack();
  run(tool("publint"), ["run", tarball, "--strict"], { cwd: root });
  run(tool("attw"), [tarball, "--profile", "esm-only", "--no-emoji", "--format", "ascii"], { cwd: root });
  install(tarball);
  checkSourceMaps();
  checkBareTypes();
  const outputs = nodes().map((node) => useWith(node));
  if (!outputs.every((output) => isDeepStrictEqual(output, outputs[0]))) {
    throw new Error(`generate says different things: ${JSON.stringify(outputs)}`);
  }
  checkTypes();
  linkPeer("express");
  await runExamples(root, folder, say);
}

/** The tarball's path. What it must and must not hold is checked here, before anybody installs it. */
function pack(): string {
  const [{ filename, files }] = JSON.parse(
    run("npm", ["pack", "--json", "--pack-destination", folder], { cwd: root }),
  ) as [{ filename: string; files: { path: string; size: number }[] }];
  const paths = new Set(files.map((file) => file.path));
  for (const path of ["LICENSE", "README.md", "CHANGELOG.md", "bin/bstar.js", "dist/cli/main.js"]) {
    if (!paths.has(path)) throw new Error(`the tarball lacks ${path}`);
  }
  const stray = [...paths].find((path) => /^(test|bench|scripts|docs)\//.test(path));
  if (stray !== undefined) throw new Error(`the tarball holds ${stray}, which users do not need`);
  say(
    `packed ${filename}: ${files.length} files, ${Math.round(files.reduce((sum, file) => sum + file.size, 0) / 1024)} KiB`,
  );
  return join(folder, filename);
}

function install(tarball: string): void {
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, type: "module" }));
  run("npm", ["install", "--no-audit", "--no-fund", tarball], { cwd: folder });
  say("installed into an empty folder");
}

/** Runs the command and imports the entries with one Node; what `generate` said. */
function useWith(node: string): unknown {
  const version = run(node, ["--version"]).trim();
  const env = { ...process.env, PATH: `${dirname(node)}${delimiter}${process.env.PATH ?? ""}` };
  const command = join(folder, "node_modules", ".bin", manifest.name);
  const bstar = (...args: string[]): string => run(command, args, { cwd: folder, env });
  if (!bstar("--help").includes("generate")) throw new Error(`bstar --help under ${version} does not mention generate`);
  JSON.parse(bstar("doctor", "--json"));
  const line = bstar(
    "generate",
    "--model",
    "builtin",
    "-p",
    "Once upon a time",
    "--max-tokens",
    "16",
    "--backend",
    "reference",
    "--json",
  );
  const output = JSON.parse(line) as { tokenIds: number[]; text: string };
  if (output.tokenIds.length === 0 || output.text === "") {
    throw new Error(`bstar generate under ${version} produced nothing: ${line}`);
  }
  for (const entry of entries) importEntry(node, entry);
  say(`${version}: --help, doctor, generate and ${entries.length} entries work; "Once upon a time${output.text}"`);
  return output;
}

/** Source maps are of use where the sources are in them. */
function checkSourceMaps(): void {
  const installed = join(folder, "node_modules", manifest.name);
  const maps = globSync("dist/**/*.map", { cwd: installed });
  for (const map of maps) {
    const { sources, sourcesContent } = JSON.parse(readFileSync(join(installed, map), "utf8")) as {
      sources: string[];
      sourcesContent?: string[];
    };
    if (sourcesContent?.length !== sources.length) throw new Error(`${map} does not hold its sources`);
  }
  say(`${maps.length} source maps hold their sources`);
}

/** The declarations alone, without any optional peer. A request without a prompt is an error of types. */
function checkBareTypes(): void {
  const imports = entries.map(
    (entry, index) => `import * as entry${index} from "${manifest.name}${entry.slice(1)}";\nvoid entry${index};`,
  );
  const wrong = `declare const engine: entry0.Engine;\n// @ts-expect-error: a prompt is missing\nengine.submit({ maxTokens: 3 });\nengine.submit({ prompt: "a", maxTokens: 3 });`;
  writeFileSync(join(folder, "bare.ts"), [...imports, wrong].join("\n"));
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions: BARE_OPTIONS, include: ["bare.ts"] }));
  run(process.execPath, [join(root, "node_modules", "typescript", "bin", "tsc"), "-p", folder], { cwd: folder });
  rmSync(join(folder, "bare.ts"));
  say(
    `types of ${entries.length} entries hold with skipLibCheck off, exactOptionalPropertyTypes on, and no other package`,
  );
}

function importEntry(node: string, entry: string): void {
  const specifier = `${manifest.name}${entry.slice(1)}`;
  const source = `const names = Object.keys(await import("${specifier}")); if (names.length === 0) throw new Error("${specifier} exports nothing");`;
  run(node, ["--input-type=module", "--eval", source], { cwd: folder });
}

/**
 * The declarations and the documentation's examples, as a strict TypeScript project sees them that has the optional
 * peers.
 */
function checkTypes(): void {
  for (const peer of Object.keys(manifest.peerDependencies ?? {})) linkPeer(peer);
  const uses = entries.map(
    (entry, index) => `import * as entry${index} from "${manifest.name}${entry.slice(1)}";\nvoid entry${index};`,
  );
  writeFileSync(join(folder, "entries.ts"), uses.join("\n"));
  const documents = ["README.md", ...globSync("docs/**/*.md", { cwd: root })];
  const examples = documents.flatMap((file) => findExamples(file, readFileSync(join(root, file), "utf8")));
  for (const node of nodes()) examples.forEach((example) => checkSyntax(node, example));
  examples.forEach((example, index) =>
    writeFileSync(
      join(folder, `example${index}.ts`),
      `// ${example.file}:${example.line}\n${example.code}\nexport {};\n`,
    ),
  );
  writeFileSync(
    join(folder, "tsconfig.json"),
    JSON.stringify({ compilerOptions: CONSUMER_OPTIONS, include: ["*.ts"] }),
  );
  run(process.execPath, [join(root, "node_modules", "typescript", "bin", "tsc"), "-p", folder], { cwd: folder });
  say(`types of ${entries.length} entries and ${examples.length} examples hold`);
}

/** Readers copy examples into plain JavaScript. */
function checkSyntax(node: string, { file, line, code }: Example): void {
  const path = join(folder, "example.mjs");
  writeFileSync(path, stripTypeScriptTypes(code));
  try {
    run(node, ["--check", path]);
  } catch (error) {
    throw new Error(`${file}:${line} without its types is a syntax error: ${(error as Error).message}`, {
      cause: error,
    });
  }
  rmSync(path);
}

function linkPeer(name: string): void {
  const target = join(folder, "node_modules", name);
  if (existsSync(target)) return;
  // A scoped name's folder need not be there.
  mkdirSync(dirname(target), { recursive: true });
  symlinkSync(join(root, "node_modules", name), target, "dir");
}

/** This Node, and the first one on PATH that npm did not put there, if that is another. */
function nodes(): string[] {
  const path = (process.env.PATH ?? "").split(delimiter).filter((part) => !part.includes("node_modules"));
  const installed = run("node", ["--print", "process.execPath"], {
    env: { ...process.env, PATH: path.join(delimiter) },
  }).trim();
  return [...new Set([process.execPath, installed])];
}

function tool(name: string): string {
  return join(root, "node_modules", ".bin", name);
}

/** Output of a command. Throws, with what it printed, where its exit code is not 0. */
function run(command: string, args: readonly string[], options: SpawnSyncOptions = {}): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    ...options,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });
  if (error !== undefined) throw new Error(`${command} did not start: ${error.message}`);
  if (status !== 0) throw new Error(`${command} ${args.join(" ")} ended with ${status}\n${stdout}${stderr}`);
  return stdout;
}

function say(line: string): void {
  process.stdout.write(`pack-check: ${line}\n`);
}
