import { InvalidOptionError } from "./errors.ts";

/** For an unknown name; `besides`: what else may be given. */
export function unknownName(what: string, name: string, known: Iterable<string>, besides = ""): InvalidOptionError {
  return new InvalidOptionError(`unknown ${what} "${name}"; known: ${[...known].join(", ")}${besides}`);
}

/** The known name that takes the fewest changes of letters, case and underscores aside. */
export function nearestName(name: string, known: Iterable<string>): string {
  const plain = (text: string): string => text.replaceAll("_", "").toLowerCase();
  let nearest = "";
  let least = Number.POSITIVE_INFINITY;
  for (const each of known) {
    const distance = editDistance(plain(name), plain(each));
    if (distance < least) [nearest, least] = [each, distance];
  }
  return nearest;
}

/** Letters put in, taken out or replaced (Levenshtein); of long names the first 40 letters are compared. */
function editDistance(a: string, b: string): number {
  const [from, to] = [a.slice(0, 40), b.slice(0, 40)];
  let row = Array.from({ length: to.length + 1 }, (_, i) => i);
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      const replaced = row[j - 1] + (from[i - 1] === to[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, row[j] + 1, next[j - 1] + 1));
    }
    row = next;
  }
  return row[to.length];
}
