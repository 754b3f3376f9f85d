/**
 * Unrolls loops in a kernel's text: the lines from "// for each NAME" to "// end NAME" are repeated `counts[NAME]`
 * times, and in each copy NAME is its number, alone or at the end of a name. An array that a loop indexes lives in
 * memory on many devices; names and literal indexes stay in registers.
 */
export function unroll(text: string, counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts).reduce((unrolled, [name, count]) => unrollName(unrolled, name, count), text);
}

function unrollName(text: string, name: string, count: number): string {
  const block = new RegExp(`^ *// for each ${name}\\n([^]*?)^ *// end ${name}\\n`, "gm");
  const number = new RegExp(`(?<=\\b|_)${name}\\b`, "g");
  return text.replace(block, (_, lines: string) =>
    Array.from({ length: count }, (_unused, i) => lines.replace(number, String(i))).join(""),
  );
}
