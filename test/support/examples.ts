import { readFileSync } from "node:fs";

/** A fenced block of a Markdown file that is marked as runnable: its info string is `ts run`. */
export interface Example {
  /** Path from the repository root: "README.md". */
  readonly file: string;
  /** Line of the opening fence, from 1. */
  readonly line: number;
  readonly code: string;
}

/** A fence opens with three or more backticks and closes with at least as many (CommonMark 4.5). */
const FENCE = /^(`{3,})([^`]*)$/;

/** Runnable blocks of a Markdown text, in order. Throws where a fence is never closed. */
export function findExamples(file: string, markdown: string): Example[] {
  const examples: Example[] = [];
  let open: { fence: string; runnable: boolean; line: number; code: string[] } | null = null;
  for (const [index, text] of markdown.split("\n").entries()) {
    const [, fence, info] = FENCE.exec(text) ?? [];
    if (open === null) {
      if (fence !== undefined) open = { fence, runnable: info.trim() === "ts run", line: index + 1, code: [] };
    } else if (fence !== undefined && info.trim() === "" && fence.length >= open.fence.length) {
      if (open.runnable) examples.push({ file, line: open.line, code: open.code.join("\n") });
      open = null;
    } else open.code.push(text);
  }
  if (open !== null) throw new Error(`${file}:${open.line}: this fence is never closed`);
  return examples;
}

const PREFIX = "example:";

/** The module that an example is: `import(exampleModule(example))` runs it under vitest. */
export function exampleModule({ file, line }: Example): string {
  return `${PREFIX}${file}:${line}.ts`;
}

/** Vite plugin behind `exampleModule`: examples need no files, and `bstar` in them means the sources. */
export function exampleModules() {
  return {
    name: "bstar:examples",
    resolveId: (id: string) => (id.startsWith(PREFIX) ? id : undefined),
    load(id: string): string | undefined {
      const [, file, line] = /^example:(.*):(\d+)\.ts$/.exec(id) ?? [];
      if (file === undefined) return undefined;
      const markdown = readFileSync(new URL(`../../${file}`, import.meta.url), "utf8");
      return findExamples(file, markdown).find((example) => example.line === Number(line))?.code;
    },
  };
}
