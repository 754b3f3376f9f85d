/** Oniguruma's word characters. Six more belong to `\w` outside of a class: superscripts and fractions of Latin-1. */
const IN_CLASS = String.raw`\p{Alphabetic}\p{M}\p{Nd}\p{Pc}`;
const LATIN1 = String.raw`\x{B2}\x{B3}\x{B9}\x{BC}-\x{BE}`;
const WORD = `[${IN_CLASS}${LATIN1}]`;

const OUTSIDE: Readonly<Record<string, string>> = {
  w: WORD,
  W: `[^${IN_CLASS}${LATIN1}]`,
  b: `(?:(?<!${WORD})(?=${WORD})|(?<=${WORD})(?!${WORD}))`,
  B: `(?:(?<!${WORD})(?!${WORD})|(?<=${WORD})(?=${WORD}))`,
};
const INSIDE: Readonly<Record<string, string>> = { w: IN_CLASS, W: `[^${IN_CLASS}]` };

/**
 * Writes `\w`, `\W`, `\b` and `\B` of an Oniguruma pattern out as the characters that Oniguruma takes for words.
 * oniguruma-to-es counts all numbers among them: "①" would be one.
 */
export function writeOutWords(source: string): string {
  let written = "";
  let depth = 0;
  for (let i = 0; i < source.length; i++) {
    const isEscape = source[i] === "\\" && i + 1 < source.length;
    const escaped = isEscape ? source[i + 1] : "";
    const isBracket = /^\[:\^?\w+:\]/.exec(depth > 0 && source[i] === "[" ? source.slice(i, i + 16) : "");
    if (isEscape) {
      written += (depth > 0 ? INSIDE : OUTSIDE)[escaped] ?? `\\${escaped}`;
      i++;
    } else if (isBracket !== null) {
      written += isBracket[0];
      i += isBracket[0].length - 1;
    } else {
      if (source[i] === "[") depth++;
      const isFirst = source[i] === "]" && /\[\^?$/.test(source.slice(Math.max(0, i - 2), i));
      if (source[i] === "]" && depth > 0 && !isFirst) depth--;
      written += source[i];
    }
  }
  return written;
}
