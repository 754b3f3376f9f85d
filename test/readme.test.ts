/** Every ```ts run block of the README and of docs/ is a test: it has to run without an error. */
import { globSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseSync } from "oxc-parser";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { exampleModule, findExamples } from "./support/examples.ts";

const root = fileURLToPath(new URL("../", import.meta.url));
const files = ["README.md", "CONTRIBUTING.md", ...globSync("docs/**/*.md", { cwd: root })];

// Examples print what they show; a test run has no reader for it.
beforeEach(() => void vi.spyOn(console, "log").mockImplementation(() => {}));
afterEach(() => vi.restoreAllMocks());

describe.each(files)("%s", (file) => {
  const examples = findExamples(file, readFileSync(`${root}${file}`, "utf8"));
  test("closes every fence", () => expect(examples).toBeInstanceOf(Array));
  test.each(examples)("the example of line $line runs", async (example) => {
    await expect(import(/* @vite-ignore */ exampleModule(example))).resolves.toBeDefined();
  });
});

/** Where a program says `using` or `await using`: Node 20 and 22 have no such declarations. */
const USING = /"kind":"(?:await )?using"/;

function declaresUsing(code: string): boolean {
  return USING.test(JSON.stringify(parseSync("example.ts", code).program));
}

test.each(files)("examples of %s are, without their types, what Node 20 reads", (file) => {
  const examples = findExamples(file, readFileSync(`${root}${file}`, "utf8"));
  expect(examples.filter(({ code }) => declaresUsing(code)).map(({ line }) => `${file}:${line}`)).toEqual([]);
});

test("the check of examples finds declarations of Node 24", () => {
  expect(["await using a = b;", "using a = b;", "const using = 1; await using;"].map(declaresUsing)).toEqual([
    true,
    true,
    false,
  ]);
});

describe("findExamples", () => {
  const block = (info: string, code: string) => `text\n\`\`\`${info}\n${code}\n\`\`\`\n`;

  test("takes only blocks marked as runnable, with their lines", () => {
    const markdown = block("ts", "a") + block("ts run", "b\nc") + block("sh", "d");
    expect(findExamples("x.md", markdown)).toEqual([{ file: "x.md", line: 6, code: "b\nc" }]);
  });

  test("leaves a shorter fence inside a longer one alone", () => {
    expect(findExamples("x.md", `\`\`\`\`md\n${block("ts run", "b")}\`\`\`\`\n`)).toEqual([]);
  });

  test("names the line of a fence that is never closed", () => {
    expect(() => findExamples("x.md", "a\n```ts run\nb")).toThrow("x.md:2: this fence is never closed");
  });
});
