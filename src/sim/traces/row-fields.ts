/** Values of one row of a trace. A complaint is a plain `Error`: the reader puts file and line before it. */

/** The cells of a CSV line whose values are numbers and words: quotes are refused, not misread. */
export function cellsOf(line: string, count: number): string[] {
  if (line.includes('"')) throw new Error("quoted values are not understood");
  const cells = line.split(",");
  if (cells.length !== count) throw new Error(`${count} columns are expected, there are ${cells.length}`);
  return cells;
}

/** The JSON object of a line. */
export function objectIn(line: string): Record<string, unknown> {
  let row: unknown;
  try {
    row = JSON.parse(line);
  } catch {
    throw new Error(`no JSON object: ${shown(line)}`);
  }
  if (typeof row !== "object" || row === null || Array.isArray(row)) throw new Error(`no JSON object: ${shown(line)}`);
  return row as Record<string, unknown>;
}

/** Longest prompt or answer of a trace: longer ones are damage. */
const MAX_TOKENS = 2 ** 28;

/** A count of tokens: at least one, for nothing can be asked or answered with none. */
export function tokensIn(name: string, value: unknown): number {
  const count = typeof value === "string" && /^\d+$/.test(value) ? Number(value) : value;
  if (typeof count === "number" && Number.isSafeInteger(count) && count >= 1 && count <= MAX_TOKENS) return count;
  const most = typeof count === "number" && count > MAX_TOKENS ? ` and at most ${MAX_TOKENS}` : "";
  throw new Error(`${name} must be an integer >= 1${most}, got ${shown(value)}`);
}

/** A finite number of at least `least`. */
export function numberIn(name: string, value: unknown, least: number): number {
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  if (typeof number === "number" && Number.isFinite(number) && number >= least) return number;
  throw new Error(`${name} must be a number >= ${least}, got ${shown(value)}`);
}

/** Longest value that a message quotes: enough to recognize it. */
const MAX_QUOTED = 40;

export function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > MAX_QUOTED ? `${text.slice(0, MAX_QUOTED)}…` : text;
}
