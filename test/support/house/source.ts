import { readFileSync } from "node:fs";
import { posix } from "node:path";
import { parseSync } from "oxc-parser";

/** A TypeScript file as the house rules see it. Paths are from the repository root, with "/". */
export interface SourceFile {
  readonly path: string;
  readonly lineCount: number;
  /** Its first line says which script wrote it: nobody edits it, so its length is no fault. */
  readonly generated: boolean;
  readonly imports: readonly Import[];
  /** Every node of the syntax tree with its parent, in order of position; comments and strings are no code here. */
  readonly nodes: readonly Visit[];
}

/** A static, dynamic or type import, or a re-export. */
export interface Import {
  readonly line: number;
  /** As written: "../step.ts", "node:fs", "vitest"; `COMPUTED` where it is not a string literal. */
  readonly specifier: string;
  /** Path of the target from the repository root where the specifier is relative, else null. */
  readonly target: string | null;
}

/** Stands for the specifier of `import(expression)`. */
export const COMPUTED = "(computed)";

/** A node, the node that holds it and under which key. */
export interface Visit {
  readonly node: Node;
  readonly parent: Node | null;
  readonly key: string;
  readonly line: number;
}

/** ESTree with TypeScript's additions, as oxc-parser makes it; rules look at few fields of few kinds. */
export interface Node {
  readonly type: string;
  readonly start: number;
  readonly [field: string]: unknown;
}

export function readSource(root: string, path: string): SourceFile {
  return parseSource(path, readFileSync(posix.join(root, path), "utf8"));
}

/** Throws where the text is no TypeScript. */
export function parseSource(path: string, text: string): SourceFile {
  const { program, errors } = parseSync(path, text, { sourceType: "module" });
  if (errors.length > 0) throw new SyntaxError(`${path}: ${errors[0].message}`);
  const lineOf = lineFinder(text);
  const nodes = collect(program as unknown as Node, lineOf);
  return {
    path,
    lineCount: text.trimEnd().split("\n").length,
    generated: text.startsWith("// Written by scripts/"),
    nodes,
    imports: nodes.flatMap((visit) => importOf(path, visit)),
  };
}

function collect(program: Node, lineOf: (offset: number) => number): Visit[] {
  const visits: Visit[] = [];
  const pending: Omit<Visit, "line">[] = [{ node: program, parent: null, key: "" }];
  for (let visit = pending.pop(); visit !== undefined; visit = pending.pop()) {
    const { node } = visit;
    visits.push({ ...visit, line: lineOf(node.start) });
    for (const [key, value] of Object.entries(node)) {
      for (const child of Array.isArray(value) ? value : [value]) {
        if (isNode(child)) pending.push({ node: child, parent: node, key });
      }
    }
  }
  return visits.toSorted((a, b) => a.node.start - b.node.start);
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && typeof (value as Partial<Node>).type === "string";
}

/** Declarations of imports and re-exports name what they import in `source`, whatever their kind. */
function importOf(path: string, { node, line }: Visit): Import[] {
  const source = node.source as { value?: unknown } | null | undefined;
  if (typeof source?.value !== "string" && node.type !== "ImportExpression") return [];
  const specifier = typeof source?.value === "string" ? source.value : COMPUTED;
  const target = specifier.startsWith(".") ? posix.join(posix.dirname(path), specifier) : null;
  return [{ line, specifier, target }];
}

function lineFinder(text: string): (offset: number) => number {
  const starts = [0];
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return (offset) => {
    let low = 0;
    for (let high = starts.length; high - low > 1;) {
      const middle = (low + high) >> 1;
      if (starts[middle] <= offset) low = middle;
      else high = middle;
    }
    return low + 1;
  };
}
