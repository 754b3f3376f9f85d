/** The rules that hold the house, each checked on the whole tree here and on snippets that break it below. */
import { execFileSync } from "node:child_process";
import { existsSync, globSync, readFileSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import * as code from "./support/house/code-rules.ts";
import * as english from "./support/house/english-rules.ts";
import * as imports from "./support/house/import-rules.ts";
import * as layout from "./support/house/layout-rules.ts";
import { MAY_IMPORT, roomOf } from "./support/house/rooms.ts";
import { COMPUTED, parseSource, readSource, type SourceFile } from "./support/house/source.ts";

const root = fileURLToPath(new URL("../", import.meta.url));
const manifest = JSON.parse(readFileSync(`${root}package.json`, "utf8")) as imports.Manifest & layout.PackageManifest;
const paths = globSync("{{src,test,bench,scripts}/**/*.ts,bin/*.js}", { cwd: root })
  .map((path) => path.replaceAll("\\", "/"))
  .toSorted();
const pathSet = new Set(paths);
const unreadable: string[] = [];
const files = paths.filter((path) => path.startsWith("src/")).flatMap(read);
const others = paths.filter((path) => !path.startsWith("src/")).flatMap(read);

/** The file, or nothing and a line in `unreadable`: one broken file must not hide what is wrong with the others. */
function read(path: string): SourceFile[] {
  try {
    return [readSource(root, path)];
  } catch (error) {
    unreadable.push(String(error));
    return [];
  }
}

/** Longest file of src: what is longer holds more than one thing. */
const SOURCE_LINES = 400;
/** Tests and benches are lists of cases, and may be longer before they stop being readable. */
const TEST_LINES = 530;

/** The formatter's width, which it cannot enforce on strings, templates, comments and kernels. */
const COLUMNS = 120;

/** Pronouns of people for things, in 1,000 words: one slip in 10,000 words does not stop a change. */
const PERSONS = 0.1;

/** Vague pronouns for things, in 1,000 words: a few are good English. */
const VAGUE_PRONOUNS = 1;

test("every file is TypeScript", () => expect(unreadable).toEqual([]));

describe("imports", () => {
  test("go only in the direction of the house", () => expect(imports.importDirection(files)).toEqual([]));
  test("have no cycle", () => expect(imports.noCycles(files)).toEqual([]));
  test("never show the pool to policies and chunk rules", () =>
    expect(imports.policiesNeverSeeThePool(files)).toEqual([]));
  test("never reach testing from the library", () => expect(imports.nothingImportsTesting(files)).toEqual([]));
  test("name node: only in node-side files", () => expect(imports.nodeModulesOnlyWhereAllowed(files)).toEqual([]));
  test("name packages only in their room", () => expect(imports.packagesOnlyInTheirRoom(files)).toEqual([]));
  test("name only declared packages", () => expect(imports.packagesAreDeclared(files, manifest)).toEqual([]));
});

describe("code", () => {
  test("below the engine has no clock, no randomness and nothing asynchronous", () =>
    expect(code.pureBelowEngine(files)).toEqual([]));
  test("uses Node's globals only in node-side files", () =>
    expect(code.nodeGlobalsOnlyWhereAllowed(files)).toEqual([]));
  test("touches navigator only in backends/webgpu", () => expect(code.gpuOnlyInWebgpu(files)).toEqual([]));
  test("names each class of errors by a literal", () => expect(code.errorsNameThemselves(files)).toEqual([]));
  test(`of src stays below ${SOURCE_LINES} lines a file`, () =>
    expect(code.lengthLimit(files, SOURCE_LINES)).toEqual([]));
  test(`of tests, benches and scripts stays below ${TEST_LINES} lines a file`, () =>
    expect(code.lengthLimit(others, TEST_LINES)).toEqual([]));
});

describe("layout", () => {
  test("of test/ and bench/ mirrors src/", () => expect(layout.mirrorsSource(paths)).toEqual([]));
  test("has a test for each source file that does something", () =>
    expect(layout.sourceHasTest(files, pathSet)).toEqual([]));
  test(`keeps the lines of src, kernels included, within ${COLUMNS} columns`, () => {
    const kernels = globSync("src/**/*.{ts,as,wgsl}", { cwd: root }).map((path) => path.replaceAll("\\", "/"));
    const text = (path: string): string => readFileSync(`${root}${path}`, "utf8");
    expect(kernels.toSorted().flatMap((path) => layout.wideLines(path, text(path), COLUMNS))).toEqual([]);
  });
  test("has a source for each entry of package.json", () =>
    expect(layout.entriesHaveSources(manifest, pathSet)).toEqual([]));
  test("has an entry of package.json for each public index.ts", () =>
    expect(layout.sourcesHaveEntries(manifest, pathSet)).toEqual([]));
});

describe("English", () => {
  const text = (path: string): string => readFileSync(`${root}${path}`, "utf8");
  const comments = paths
    .filter((path) => path.startsWith("src/") && !text(path).startsWith("// Written by scripts/"))
    .flatMap((path) => english.commentsOf(path, text(path)));
  const pages = globSync("{README,CONTRIBUTING,CHANGELOG,docs/**/*,src/**/*}.md", { cwd: root })
    .map((path) => path.replaceAll("\\", "/"))
    .flatMap((path) => english.paragraphsOf(path, text(path)));

  test.each([
    ["comments", comments],
    ["pages", pages],
  ])(`of %s names things, not persons: at most ${PERSONS} times in 1,000 words`, (_, prose) => {
    const found = english.personsForThings(prose);
    expect(found.length > PERSONS * english.thousandsOfWords(prose) ? found : []).toEqual([]);
  });
  test(`has at most ${VAGUE_PRONOUNS} vague pronouns in 1,000 words`, () => {
    expect(english.vaguePronouns(comments)).toBeLessThanOrEqual(VAGUE_PRONOUNS);
    expect(english.vaguePronouns(pages)).toBeLessThanOrEqual(VAGUE_PRONOUNS);
  });
});

test.skipIf(!existsSync(`${root}.git`))(
  "text names no machine, no registry and nothing unfinished (skipped without git, which lists the files)",
  () => {
    expect(
      projectTexts().flatMap((path) => layout.forbiddenWords(path, readFileSync(`${root}${path}`, "utf8"))),
    ).toEqual([]);
  },
);

/** Text files that git tracks or would track; binary ones and the licence's fixed text are left out. */
function projectTexts(): string[] {
  const list = execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
    cwd: root,
    encoding: "utf8",
  });
  return list
    .split("\0")
    .filter(
      (path) =>
        /\.(ts|md|json|jsonl|wgsl|py|sh|ya?ml)$|^\.ci\//.test(path) &&
        existsSync(`${root}${path}`) &&
        statSync(`${root}${path}`).size < MAX_TEXT_BYTES,
    );
}

/** Tokenizers and weights' indexes are data, far longer than any text that people write. */
const MAX_TEXT_BYTES = 500_000;

describe("each rule finds what breaks it", () => {
  const snippet = (path: string, text: string) => [parseSource(path, text)];

  test.each([
    [
      "src/blocks/a.ts",
      `import { Engine } from "../engine/engine.ts";`,
      "src/blocks/a.ts:1 blocks may not import engine (src/engine/engine.ts)",
    ],
    ["src/step.ts", `\nexport * from "./blocks/b.ts";`, "src/step.ts:2 root may not import blocks (src/blocks/b.ts)"],
    [
      "src/policies/queue/a.ts",
      `type X = import("../../prefill/b.ts").B;`,
      "src/policies/queue/a.ts:1 policies may not import prefill (src/prefill/b.ts)",
    ],
    [
      "src/backends/webgpu/a.ts",
      `await import("../reference/b.ts");`,
      "src/backends/webgpu/a.ts:1 backends/webgpu may not import backends/reference (src/backends/reference/b.ts)",
    ],
    [
      "src/cli/a.ts",
      `import x from "../../package.json";`,
      "src/cli/a.ts:1 imports package.json, which is outside src",
    ],
    ["src/attic/a.ts", `import "../step.ts";`, `src/attic/a.ts:1 is in "attic", which is no room of the house`],
  ])("importDirection: %s", (path, text, complaint) =>
    expect(imports.importDirection(snippet(path, text))).toEqual([complaint]),
  );

  test("importDirection lets a room import itself and what the table grants", () => {
    const text = `import "../kv/x.ts"; import "./y.ts"; import "../../errors.ts"; import "node:fs"; // import "../../cli/main.ts"`;
    expect(imports.importDirection(snippet("src/blocks/sub/a.ts", text))).toEqual([]);
  });

  test("noCycles", () => {
    const [a] = snippet("src/a.ts", `import "./b.ts";`);
    const [b] = snippet("src/b.ts", `import "./c.ts";`);
    const [c] = snippet("src/c.ts", `\nimport type { B } from "./b.ts";`);
    expect(imports.noCycles([a, b, c])).toEqual(["src/c.ts:2 closes a cycle: src/b.ts -> src/c.ts -> src/b.ts"]);
    expect(imports.noCycles([a, b])).toEqual([]);
  });

  test("policiesNeverSeeThePool", () => {
    const text = `import type { EvictionPolicy } from "../../blocks/eviction.ts";\nimport type { BlockPool } from "../../blocks/block-pool.ts";`;
    const complaint = "src/policies/eviction/a.ts:2 policies may not see the pool (src/blocks/block-pool.ts)";
    expect(imports.policiesNeverSeeThePool(snippet("src/policies/eviction/a.ts", text))).toEqual([complaint]);
  });

  test("nothingImportsTesting", () => {
    expect(imports.nothingImportsTesting(snippet("src/cli/a.ts", `import "../testing/index.ts";`))).toEqual([
      "src/cli/a.ts:1 imports testing (src/testing/index.ts)",
    ]);
  });

  test("nodeModulesOnlyWhereAllowed", () => {
    expect(imports.nodeModulesOnlyWhereAllowed(snippet("src/engine/a.ts", `import "node:fs";`))).toEqual([
      "src/engine/a.ts:1 imports node:fs",
    ]);
    expect(imports.nodeModulesOnlyWhereAllowed(snippet("src/cli/a.ts", `import "node:fs";`))).toEqual([]);
  });

  test("packagesOnlyInTheirRoom", () => {
    expect(imports.packagesOnlyInTheirRoom(snippet("src/engine/a.ts", `import "commander/sub";`))).toEqual([
      "src/engine/a.ts:1 imports the package commander",
    ]);
    expect(imports.packagesOnlyInTheirRoom(snippet("src/blocks/a.ts", "await import(name);"))).toEqual([
      `src/blocks/a.ts:1 imports the package ${COMPUTED}`,
    ]);
    expect(imports.packagesOnlyInTheirRoom(snippet("src/models/a.ts", `import "oniguruma-to-es";`))).toEqual([]);
  });

  test("packagesAreDeclared", () => {
    const file = snippet("src/cli/a.ts", `import "commander";`);
    expect(imports.packagesAreDeclared(file, { dependencies: { commander: "1" } })).toEqual([]);
    expect(imports.packagesAreDeclared(file, { peerDependencies: { other: "1" } })).toHaveLength(1);
  });

  test.each([
    ["const t = Date.now();", "Date"],
    ["const t = new Date();", "Date"],
    ["const t = performance.now();", "performance"],
    ["const x = Math.random();", "Math.random"],
    ["setTimeout(() => 1, 2);", "setTimeout"],
    ["queueMicrotask(f);", "queueMicrotask"],
    ["const x = crypto.getRandomValues(y);", "crypto"],
    ["export async function f() {}", "async"],
    ["class A { async *f() {} }", "async"],
    ["const x = await f;", "await"],
    ["for await (const x of y);", "await"],
    ["let x: Promise<number>;", "Promise"],
  ])("pureBelowEngine: %s", (text, name) => {
    expect(code.pureBelowEngine(snippet("src/scheduler/a.ts", `\n${text}`))).toEqual([
      `src/scheduler/a.ts:2 uses ${name}`,
    ]);
    expect(code.pureBelowEngine(snippet("src/engine/a.ts", text))).toEqual([]);
  });

  test("pureBelowEngine leaves properties, strings and comments alone", () => {
    const text = `const a = { Date: 1 }; a.Date; "new Date()"; // Date.now()\nMath.max(1, 2);`;
    expect(code.pureBelowEngine(snippet("src/scheduler/a.ts", text))).toEqual([]);
  });

  test("nodeGlobalsOnlyWhereAllowed", () => {
    expect(code.nodeGlobalsOnlyWhereAllowed(snippet("src/engine/a.ts", "process.exit(1)"))).toEqual([
      "src/engine/a.ts:1 uses process",
    ]);
    expect(code.nodeGlobalsOnlyWhereAllowed(snippet("src/cli/a.ts", "process.exit(1)"))).toEqual([]);
    expect(
      code.nodeGlobalsOnlyWhereAllowed(snippet("src/engine/a.ts", "const f = (process: string) => process.length;")),
    ).toEqual([]);
  });

  test("gpuOnlyInWebgpu", () => {
    expect(code.gpuOnlyInWebgpu(snippet("src/cli/a.ts", "globalThis.navigator.gpu"))).toEqual([
      "src/cli/a.ts:1 uses navigator",
    ]);
    expect(code.gpuOnlyInWebgpu(snippet("src/backends/webgpu/a.ts", "navigator.gpu"))).toEqual([]);
  });

  test("errorsNameThemselves", () => {
    const text = `class A extends BstarError { override readonly name: string = "A"; }\nclass B extends Error { constructor() { super(); this.name = "B"; } }\nclass C extends Map {}`;
    expect(code.errorsNameThemselves(snippet("src/a.ts", text))).toEqual([`src/a.ts:2 class B lacks name = "B"`]);
    expect(code.errorsNameThemselves(snippet("src/a.ts", `class A extends TypeError { name = "B"; }`))).toHaveLength(1);
  });

  test("personsForThings", () => {
    const source = `const who = "who"; // Who asks, "who" says \`who\`\n/**\n * A block\n * that nobody holds.\n */`;
    expect(english.personsForThings(english.commentsOf("src/a.ts", source))).toEqual([
      `src/a.ts:1 says "Who"`,
      `src/a.ts:4 says "nobody"`,
    ]);
    const page = "A line.\n\nAnother\nfor somebody.\n\n```ts\n// who\n```\n\nAnd whoever.\n";
    expect(english.personsForThings(english.paragraphsOf("a.md", page))).toEqual([
      `a.md:4 says "somebody"`,
      `a.md:10 says "whoever"`,
    ]);
  });

  test("vaguePronouns", () => {
    expect(english.vaguePronouns(english.commentsOf("src/a.ts", "// those are one that three"))).toBe(400);
  });

  test("wideLines", () => {
    expect(layout.wideLines("src/a.as", "12345\n123456\n", 5)).toEqual(["src/a.as:2 has 6 columns; the limit is 5"]);
    expect(layout.wideLines("src/a.ts", "// Written by scripts/b.ts\n", 5)).toEqual([]);
  });

  test("lengthLimit", () => {
    expect(code.lengthLimit(snippet("src/a.ts", "1;\n2;\n3;\n"), 3)).toEqual([]);
    expect(code.lengthLimit(snippet("src/a.ts", "1;\n2;\n3;\n"), 2)).toEqual([
      "src/a.ts:3 goes on to line 3; the limit is 2",
    ]);
    expect(code.lengthLimit(snippet("src/a.ts", "// Written by scripts/b.ts\n2;\n3;\n"), 2)).toEqual([]);
  });

  test("mirrorsSource", () => {
    expect(
      layout.mirrorsSource(["src/a/b.ts", "test/a/b.test.ts", "bench/a/b.bench.ts", "test/house.test.ts"]),
    ).toEqual([]);
    expect(layout.mirrorsSource(["src/a/b.ts", "test/a/c.test.ts", "test/a/helper.ts"])).toEqual([
      "test/a/c.test.ts:1 mirrors src/a/c.ts, which does not exist",
      "test/a/helper.ts:1 is neither a test or bench of a source file nor in the list of exceptions",
    ]);
  });

  test("sourceHasTest", () => {
    const does = snippet("src/a.ts", "export const f = () => 1;");
    expect(layout.sourceHasTest(does, new Set())).toEqual([
      "src/a.ts:1 has no test/a.test.ts, and no tested file of its room imports it",
    ]);
    expect(layout.sourceHasTest(does, new Set(["test/a.test.ts"]))).toEqual([]);
    const whole = [
      ...snippet("src/blocks/whole.ts", 'import "./part.ts"; export const f = () => 1;'),
      ...snippet("src/blocks/part.ts", "export const g = () => 1;"),
    ];
    expect(layout.sourceHasTest(whole, new Set(["test/blocks/whole.test.ts"]))).toEqual([]);
    expect(layout.sourceHasTest(whole, new Set(["test/blocks/other.test.ts"]))).toHaveLength(2);
    const elsewhere = [
      ...snippet("src/engine/whole.ts", 'import "../blocks/part.ts"; export const f = () => 1;'),
      ...snippet("src/blocks/part.ts", "export const g = () => 1;"),
    ];
    expect(layout.sourceHasTest(elsewhere, new Set(["test/engine/whole.test.ts"]))).toHaveLength(1);
    expect(
      layout.sourceHasTest(
        snippet("src/b.ts", "export interface B { f(): void }\nexport const LIMIT = 2 ** 4;"),
        new Set(),
      ),
    ).toEqual([]);
  });

  // The words are cut in two, or this file would break the rule.
  test.each([
    ["/ho", "me/ann/x"],
    ["see TO", "DO"],
    ["https://regi", "stry.npmjs.org/x"],
  ])("forbiddenWords: %s%s", (start, end) => {
    expect(layout.forbiddenWords("a.md", `fine\n${start}${end}`)).toEqual([expect.stringMatching(/^a\.md:2 "/)]);
  });

  test("entriesHaveSources and sourcesHaveEntries", () => {
    const entries = {
      exports: { ".": "./dist/index.js", "./package.json": "./package.json" },
      bin: { bstar: "./dist/cli/main.js" },
    };
    expect(layout.entriesHaveSources(entries, new Set(["src/index.ts", "src/cli/main.ts"]))).toEqual([]);
    expect(layout.entriesHaveSources(entries, new Set(["src/index.ts"]))).toEqual([
      `package.json:1 "bstar": "./dist/cli/main.js" needs src/cli/main.ts, which does not exist`,
    ]);
    expect(layout.sourcesHaveEntries(entries, new Set(["src/index.ts"]))).toEqual([]);
    expect(layout.sourcesHaveEntries(entries, new Set(["src/sim/index.ts"]))).toEqual([
      `package.json:1 "exports" lacks "./sim" for src/sim/index.ts`,
    ]);
  });

  test("the table of rooms names only rooms, and lets none import itself or anything above it", () => {
    for (const [room, allowed] of Object.entries(MAY_IMPORT)) {
      for (const other of allowed) expect(MAY_IMPORT[other] ?? [], `${room} -> ${other}`).not.toContain(room);
      expect(allowed.filter((other) => MAY_IMPORT[other] === undefined)).toEqual([]);
    }
    expect(roomOf("src/backends/backend.ts")).toBe("backend");
    expect(roomOf("src/backends/webgpu/kernels/a.ts")).toBe("backends/webgpu");
    expect(roomOf("test/a.ts")).toBeNull();
  });
});
