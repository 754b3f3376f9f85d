/** Rules about which files there are and what their text may hold. A rule returns one line a violation. */
import { roomOf } from "./rooms.ts";
import type { SourceFile } from "./source.ts";

/** Files of test/ and bench/ that mirror no file of src, by exact path or folder. */
const OWN_FILES: readonly RegExp[] = [
  /^test\/(house|readme|bench|portable|goldens|fixtures|mutated|peers|solo|laws|scale|batch-invariance|readability|pages)\.test\.ts$/,
  /^test\/(support|promises)\//,
  /^bench\/(run|bench|table)\.ts$/,
  /^bench\/support\//,
];

/** test/x/y.test.ts and bench/x/y.bench.ts stand for src/x/y.ts. */
export function mirrorsSource(paths: readonly string[]): string[] {
  const sources = new Set(paths.filter((path) => path.startsWith("src/")));
  const mirrors = paths.filter(
    (path) => /^(test|bench)\/.*\.ts$/.test(path) && !OWN_FILES.some((own) => own.test(path)),
  );
  return mirrors.flatMap((path) => {
    const source = path.replace(/^test\/(.*)\.test\.ts$/, "src/$1.ts").replace(/^bench\/(.*)\.bench\.ts$/, "src/$1.ts");
    if (source === path) return [`${path}:1 is neither a test or bench of a source file nor in the list of exceptions`];
    return sources.has(source) ? [] : [`${path}:1 mirrors ${source}, which does not exist`];
  });
}

/**
 * Every file of src that does something has its test, or is a part of one of its room that has: imported by it, or by
 * such a part. Lists of exports (index.ts), types and constants do nothing.
 */
export function sourceHasTest(files: readonly SourceFile[], paths: ReadonlySet<string>): string[] {
  const tested = partsOfTested(files, paths);
  return files
    .filter(
      (file) =>
        file.path.startsWith("src/") &&
        !file.path.endsWith("/index.ts") &&
        doesSomething(file) &&
        !tested.has(file.path),
    )
    .map((file) => `${file.path}:1 has no ${testOf(file.path)}, and no tested file of its room imports it`);
}

function testOf(path: string): string {
  return path.replace(/^src\/(.*)\.ts$/, "test/$1.test.ts");
}

function partsOfTested(files: readonly SourceFile[], paths: ReadonlySet<string>): ReadonlySet<string> {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const tested = new Set(files.filter((file) => paths.has(testOf(file.path))).map((file) => file.path));
  // A set grows while it is walked.
  for (const path of tested) {
    for (const { target } of byPath.get(path)?.imports ?? []) {
      if (target !== null && roomOf(target) === roomOf(path)) tested.add(target);
    }
  }
  return tested;
}

const BODIES = new Set([
  "FunctionDeclaration",
  "FunctionExpression",
  "ArrowFunctionExpression",
  "ClassDeclaration",
  "ClassExpression",
]);

function doesSomething(file: SourceFile): boolean {
  return file.nodes.some(({ node }) => BODIES.has(node.type));
}

/** Brackets keep a pattern from matching this file. */
const FORBIDDEN: readonly { readonly pattern: RegExp; readonly why: string }[] = [
  { pattern: /(?<![\w.~*-])\/(?:[w]ork|[h]ome|[r]oot|[U]sers|[t]mp|[m]nt)\/\w/, why: "a path of somebody's machine" },
  { pattern: /[A-Z]:\\[U]sers\\/, why: "a path of somebody's machine" },
  { pattern: /\b(?:[r]egistry\.\w+\.\w+|[p]ypi\.org|[a]rtifactory)\b/, why: "the host of a package registry" },
  { pattern: /\b(?:[T]ODO|[F]IXME|[X]XX|[H]ACK)\b/, why: "unfinished work: do it, or open an issue" },
];

/** Text that ties the project to one machine, or says that it is not done. */
export function forbiddenWords(path: string, text: string): string[] {
  return text
    .split("\n")
    .flatMap((line, index) =>
      FORBIDDEN.filter(({ pattern }) => pattern.test(line)).map(
        ({ pattern, why }) => `${path}:${index + 1} "${pattern.exec(line)?.[0]}": ${why}`,
      ),
    );
}

/** Lines over `columns` characters, which a reader has to scroll for. Files that a script writes are exempt. */
export function wideLines(path: string, text: string, columns: number): string[] {
  if (text.startsWith("// Written by scripts/")) return [];
  return text
    .split("\n")
    .flatMap((line, index) =>
      line.length > columns ? [`${path}:${index + 1} has ${line.length} columns; the limit is ${columns}`] : [],
    );
}

export interface PackageManifest {
  readonly exports: Readonly<Record<string, string>>;
  readonly bin: Readonly<Record<string, string>>;
}

/**
 * Each entry of package.json is the build of a source file, and each command a file of the checkout: it runs before a
 * build.
 */
export function entriesHaveSources(manifest: PackageManifest, paths: ReadonlySet<string>): string[] {
  return Object.entries({ ...manifest.exports, ...manifest.bin })
    .filter(([, target]) => target !== "./package.json")
    .map(([name, target]) => ({
      name,
      target,
      source: target.replace(/^\.\/dist\/(.*)\.js$/, "src/$1.ts").replace(/^\.\/bin\//, "bin/"),
    }))
    .filter(({ source }) => !paths.has(source))
    .map(({ name, target, source }) => `package.json:1 "${name}": "${target}" needs ${source}, which does not exist`);
}

/**
 * The names that others import from, with their entry files; an entry appears here before it appears in package.json.
 */
const ENTRIES: Readonly<Record<string, string>> = {
  ".": "src/index.ts",
  "./cpu": "src/backends/cpu/index.ts",
  "./webgpu": "src/backends/webgpu/index.ts",
  "./reference": "src/backends/reference/index.ts",
  "./models": "src/models/index.ts",
  "./sim": "src/sim/index.ts",
  "./roofline": "src/roofline/index.ts",
  "./testing": "src/testing/index.ts",
  "./server": "src/server/index.ts",
  "./worker": "src/worker/index.ts",
  "./kv-events": "src/kv-events/index.ts",
};

/** An entry whose source is there is exported, from that source. */
export function sourcesHaveEntries(manifest: PackageManifest, paths: ReadonlySet<string>): string[] {
  return Object.entries(ENTRIES)
    .filter(
      ([name, source]) =>
        paths.has(source) && manifest.exports[name] !== source.replace(/^src\/(.*)\.ts$/, "./dist/$1.js"),
    )
    .map(([name, source]) => `package.json:1 "exports" lacks "${name}" for ${source}`);
}
