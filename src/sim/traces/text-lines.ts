/**
 * Longest line, in UTF-16 units: a row of a trace has some thousands, a damaged file without line breaks would fill the
 * memory.
 */
const MAX_LINE_LENGTH = 2 ** 26;

/**
 * Lines of a text that comes in pieces, cut anywhere; numbers count from 1. A byte order mark and line ends are taken
 * off. Linear in the text.
 */
export class TextLines {
  number = 0;
  /** Pieces after the last line break: joined once, when the next one comes. */
  #rest: string[] = [];
  #restLength = 0;

  /** Lines that the piece completes. Throws an `Error` where a line is too long. */
  push(piece: string): string[] {
    if (!piece.includes("\n")) {
      this.#keep(piece);
      return [];
    }
    const lines = [...this.#rest, piece].join("").split("\n");
    this.#rest = [];
    this.#restLength = 0;
    this.#keep(lines.pop()!);
    return lines;
  }

  /** The last line, where the text does not end with a line break. */
  end(): string[] {
    const rest = this.#rest.join("");
    this.#rest = [];
    return rest === "" ? [] : [rest];
  }

  /** Counts the line and takes off what is no part of it. */
  next(line: string): string {
    this.number++;
    return (this.number === 1 ? line.replace(/^\uFEFF/, "") : line).trim();
  }

  #keep(piece: string): void {
    if (piece === "") return;
    this.#rest.push(piece);
    this.#restLength += piece.length;
    if (this.#restLength > MAX_LINE_LENGTH) {
      throw new Error(`line ${this.number + 1} is longer than ${MAX_LINE_LENGTH} characters`);
    }
  }
}
