/** Batches that can be asked for again: vLLM's default. A batch is a step's changes, some kilobytes at most. */
export const DEFAULT_BUFFER_BATCHES = 10_000;

/** The last batches, by their sequence numbers, which begin at 0. */
export class ReplayBuffer {
  readonly #capacity: number;
  readonly #payloads: Uint8Array[] = [];
  #next = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** Keeps a batch; its sequence number. */
  add(payload: Uint8Array): number {
    this.#payloads[this.#next % this.#capacity] = payload;
    return this.#next++;
  }

  /** Batches from that number on, as far as they are kept. */
  *from(start: bigint): Generator<{ readonly sequence: number; readonly payload: Uint8Array }> {
    const oldest = Math.max(0, this.#next - this.#capacity);
    const first = start > BigInt(this.#next) ? this.#next : Math.max(oldest, Number(start));
    for (let sequence = first; sequence < this.#next; sequence++) {
      yield { sequence, payload: this.#payloads[sequence % this.#capacity] };
    }
  }
}
