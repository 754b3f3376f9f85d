/**
 * What the slots of one memory hold, in the place of keys and values. A position of -1 marks a slot that was never
 * written.
 */
export class ContextSlots {
  readonly tokens: Int32Array;
  readonly positions: Int32Array;
  /** Hash of the token and all tokens before it. */
  readonly beginnings: Int32Array;
  /** Hash of salt, adapter and group. */
  readonly domains: Int32Array;

  constructor(count: number) {
    this.tokens = new Int32Array(count).fill(-1);
    this.positions = new Int32Array(count).fill(-1);
    this.beginnings = new Int32Array(count);
    this.domains = new Int32Array(count);
  }

  /** Copies `count` slots from another memory, or from this one. */
  copy(from: ContextSlots, source: number, target: number, count: number): void {
    for (const column of ["tokens", "positions", "beginnings", "domains"] as const) {
      this[column].set(from[column].subarray(source, source + count), target);
    }
  }
}
