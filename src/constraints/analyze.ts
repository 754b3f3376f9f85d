import { assert } from "../assert.ts";
import { type Expression, repeatHeight } from "./expression.ts";

/** What `analyze` found out about an expression and all that it contains. */
export interface Analysis {
  /** Distinct expressions. */
  readonly size: number;
  /** [256] class of each byte: bytes of one class lead to the same state wherever they are. */
  readonly byteClasses: Uint8Array;
  readonly classCount: number;
}

/** Visits all parts once, and sets their heights: a least fixed point, since rules are recursive. */
export function analyze(root: Expression): Analysis {
  const all = collect(root);
  let changed = true;
  while (changed) {
    changed = false;
    for (const expression of all) {
      const height = heightOf(expression);
      if (height === expression.height) continue;
      assert(height < expression.height, "heights only fall towards the fixed point");
      expression.height = height;
      changed = true;
    }
  }
  return { size: all.length, ...classesOf(all) };
}

/** Parts before wholes, as far as recursion allows: the fixed point then takes few passes. */
function collect(root: Expression): Expression[] {
  const seen = new Set<Expression>([root]);
  const open = [root];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    for (const part of partsOf(next)) {
      if (seen.has(part)) continue;
      seen.add(part);
      open.push(part);
    }
  }
  return [...seen].reverse();
}

function partsOf(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case "bytes":
      return [];
    case "sequence":
      return [expression.first, expression.rest];
    case "choice":
      return expression.options;
    case "repeat":
      return [expression.body];
    case "rule":
      assert(expression.body !== null, () => `rule ${expression.name} has no body`);
      return [expression.body];
  }
}

function heightOf(expression: Expression): number {
  switch (expression.kind) {
    case "bytes":
      return 0;
    case "sequence":
      return Math.max(expression.first.height + 1, expression.rest.height);
    case "choice":
      return expression.options.reduce((least, { height }) => Math.min(least, height), Number.POSITIVE_INFINITY);
    case "repeat":
      return repeatHeight(expression);
    case "rule":
      return expression.body!.height;
  }
}

function classesOf(all: readonly Expression[]): Pick<Analysis, "byteClasses" | "classCount"> {
  const begins = new Set<number>();
  for (const expression of all) {
    if (expression.kind !== "bytes") continue;
    begins.add(expression.low);
    begins.add(expression.high + 1);
  }
  const byteClasses = new Uint8Array(256);
  let current = 0;
  for (let byte = 1; byte < 256; byte++) {
    if (begins.has(byte)) current++;
    byteClasses[byte] = current;
  }
  return { byteClasses, classCount: current + 1 };
}
