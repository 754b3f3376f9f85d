/** Rules about the words of comments and pages. A rule returns one line a violation: "src/a.ts:3 …". */

/** Words for people. A request, a block or a backend is no person: a sentence names it. Users and people may be "who". */
const PEOPLE = /\b(?:(?<!\b(?:people|users?) )who|whom|whoever|nobody|somebody|everybody|anybody)\b/gi;

/** Pronouns that leave the reader to find out which things are meant, and how many. */
const VAGUE = /\b(?:those|one that|ones that|so many|so much)\b/gi;

/** A comment or a page: where it begins, and its words without code. */
export interface Prose {
  readonly path: string;
  readonly line: number;
  readonly text: string;
}

/** The comments of a source file. Strings that look like comments are rare enough to be read as such. */
export function commentsOf(path: string, source: string): Prose[] {
  const comments = source.matchAll(/\/\*\*?([\s\S]*?)\*\/|(?<![:"'`\w])\/\/(.*)/g);
  return [...comments].map((match) => ({
    path,
    line: source.slice(0, match.index).split("\n").length,
    text: withoutCode(match[1] ?? match[2] ?? ""),
  }));
}

/** A page of documentation, paragraph by paragraph. */
export function paragraphsOf(path: string, page: string): Prose[] {
  let line = 1;
  return withoutCode(page)
    .split(/(?<=\n)\n/)
    .map((text) => {
      const prose = { path, line, text };
      line += text.split("\n").length;
      return prose;
    });
}

/** Blanks out code, quotations and links' targets; lines stay where they are. */
function withoutCode(text: string): string {
  return text.replaceAll(/```[\s\S]*?```|`[^`\n]*`|"[^"\n]*"|\]\([^)\n]*\)/g, (code) => code.replaceAll(/[^\n]/g, " "));
}

/** Words for people, each with its place. */
export function personsForThings(prose: readonly Prose[]): string[] {
  return prose.flatMap(({ path, line, text }) =>
    [...text.matchAll(PEOPLE)].map(
      ({ 0: word, index }) => `${path}:${line + text.slice(0, index).split("\n").length - 1} says "${word}"`,
    ),
  );
}

export function thousandsOfWords(prose: readonly Prose[]): number {
  return prose.reduce((sum, { text }) => sum + (text.match(/[A-Za-z']+/g)?.length ?? 0), 0) / 1000;
}

/** Vague pronouns a thousand words. */
export function vaguePronouns(prose: readonly Prose[]): number {
  const vague = prose.reduce((sum, { text }) => sum + (text.match(VAGUE)?.length ?? 0), 0);
  return vague / thousandsOfWords(prose);
}
