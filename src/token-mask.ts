/**
 * Which tokens may come next in one sequence: the contract between a grammar and the scheduler. The core knows no
 * grammar. It asks for a mask before each sample, and reports each token that the sequence takes.
 *
 * Synchronous and without I/O. One mask belongs to one sequence.
 */
export interface TokenMask {
  /**
   * Writes the allowed ids: bit `id % 32` of word `id >> 5`, set where the id is allowed. `words` holds
   * `maskWordCount(vocabSize)` words and is overwritten. Returns false, with `words` undefined, while the mask is not
   * ready: the sequence sits that step out. Throws `ConstraintError` where no id is allowed.
   */
  fill(words: Int32Array): boolean;
  /** The sequence takes this id. Returns false, and changes nothing, where the mask does not allow it. */
  accept(id: number): boolean;
  /** Forgets the last `count` accepted ids. */
  rollback(count: number): void;
  /** A mask of its own for a sequence that begins with all that this one has accepted. O(1). */
  fork(): TokenMask;
  /** True where nothing but a stop id may follow. */
  readonly isDone: boolean;
  /**
   * Ids, at most `limit`, of a text that every allowed continuation begins with: guesses, which the next step checks. A
   * model may split that text into other ids.
   */
  forcedTokens(limit: number): readonly number[];
}

/** 32-bit words of a mask over `vocabSize` ids. */
export function maskWordCount(vocabSize: number): number {
  return (vocabSize + 31) >> 5;
}

/** True where the mask allows the id. */
export function maskAllows(words: Int32Array, id: number): boolean {
  return (words[id >> 5] & (1 << (id & 31))) !== 0;
}

/** Allows the id. */
export function allowInMask(words: Int32Array, id: number): void {
  words[id >> 5] |= 1 << (id & 31);
}
