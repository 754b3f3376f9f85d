/** A piece of a line in one style. */
export interface Span {
  readonly text: string;
  /** Index into the palette. */
  readonly color?: number;
  readonly style?: "bold" | "dim";
}

export type Line = readonly Span[];

/** Colours that are told apart on dark and light ground; 256-colour codes, neighbours far from each other. */
const PALETTE_256 = [39, 208, 76, 205, 220, 99, 51, 196, 155, 27, 130, 177, 30, 181, 246, 101];
const PALETTE_16 = [34, 33, 32, 35, 36, 31, 94, 93, 92, 95, 96, 91];

const RESET = "\u001b[0m";
const STYLES = { bold: "\u001b[1m", dim: "\u001b[2m" } as const;

/**
 * The line as a terminal of that many colour bits and columns takes it; what is too long is cut. Takes `flat` text: a
 * character is a column.
 */
export function paint(line: Line, columns: number, colorBits: number): string {
  let room = columns;
  let out = "";
  for (const span of line) {
    const text = span.text.slice(0, room);
    const codes = codesOf(span, colorBits);
    out += codes === "" || text === "" ? text : `${codes}${text}${RESET}`;
    room -= text.length;
  }
  return out;
}

function codesOf({ color, style }: Span, colorBits: number): string {
  if (colorBits <= 1) return "";
  return (style === undefined ? "" : STYLES[style]) + (color === undefined ? "" : colorCode(color, colorBits));
}

function colorCode(color: number, colorBits: number): string {
  return colorBits >= 8
    ? `\u001b[38;5;${PALETTE_256[color % PALETTE_256.length]}m`
    : `\u001b[${PALETTE_16[color % PALETTE_16.length]}m`;
}

/**
 * What would move the cursor or take another width than one column: everything but Latin letters, punctuation and the
 * like.
 */
const ODD = /[^\u0020-\u007e\u00a1-\u00ac\u00ae-\u024f\u2010-\u2027\u2030-\u205e\u20a0-\u20bf]/gu;

/** Text in one line, each character one UTF-16 unit and one column. */
export function flat(text: string): string {
  return text.replace(/\s+/g, " ").replace(ODD, "?");
}

/** The text, or where it is longer its end with a mark in front, `length` characters in all. */
export function endOf(text: string, length: number): string {
  if (text.length <= length) return text;
  return length > 1 ? `…${text.slice(1 - length)}` : "…".repeat(length);
}
