/** Lines of a text that comes in pieces, cut anywhere; numbers count from 1. A byte order mark and line ends are taken off. */
export class TextLines {
  number = 0;
  /** Text after the last line break. */
  #rest = "";

  /** Lines that the piece completes. */
  push(piece: string): string[] {
    const lines = (this.#rest + piece).split(/\r?\n/);
    this.#rest = lines.pop()!;
    return lines;
  }

  /** The last line, where the text does not end with a line break. */
  end(): string[] {
    const rest = this.#rest;
    this.#rest = "";
    return rest === "" ? [] : [rest];
  }

  /** Counts the line and takes off what is no part of it. */
  next(line: string): string {
    this.number++;
    return (this.number === 1 ? line.replace(/^\uFEFF/, "") : line).trim();
  }
}
