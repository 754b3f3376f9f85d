/** Turns a piece of text into ids. */
export interface TokenModel {
  /**
   * Appends the ids of a piece that is not empty. Throws `InvalidModelError` where a character has no id and there is
   * no unknown token.
   */
  encode(piece: string, ids: number[]): void;
  /** By id; holes are undefined. */
  readonly tokens: readonly (string | undefined)[];
}

/** Id of the token that stands for a byte, or undefined. */
export function byteToken(vocab: ReadonlyMap<string, number>, byte: number): number | undefined {
  return vocab.get(`<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`);
}

const ENCODER = new TextEncoder();

/** Ids of the bytes of a text, or null where one has none. */
export function byteIds(vocab: ReadonlyMap<string, number>, text: string): number[] | null {
  const ids: number[] = [];
  for (const byte of ENCODER.encode(text)) {
    const id = byteToken(vocab, byte);
    if (id === undefined) return null;
    ids.push(id);
  }
  return ids;
}
