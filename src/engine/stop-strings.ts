import { InvalidRequestError } from "../errors.ts";

/** Stop strings of one request: OpenAI's API allows 4; each one is compared at every character. */
const MAX_STOP_STRINGS = 16;

/**
 * Finds the first stop string in text that comes in pieces.
 *
 * Law: what `push` and `end` return, put together, is the text up to the stop string that is complete first, however it
 * was cut into pieces; held back is at most what may yet become a stop string.
 */
export class StopStrings {
  /** The stop string that was found: the text is over. */
  stop: string | null = null;
  readonly #stops: readonly string[];
  readonly #longest: number;
  #held = "";

  constructor(stops: readonly string[] = []) {
    if (!Array.isArray(stops)) {
      throw new InvalidRequestError(`stop must be an array of strings, got ${JSON.stringify(stops)}`);
    }
    if (stops.length > MAX_STOP_STRINGS) {
      throw new InvalidRequestError(`stop has ${stops.length} strings, the limit is ${MAX_STOP_STRINGS}`);
    }
    for (const stop of stops) {
      if (typeof stop !== "string" || stop === "") {
        throw new InvalidRequestError(`stop must hold non-empty strings, got ${JSON.stringify(stop)}`);
      }
    }
    this.#stops = stops;
    this.#longest = Math.max(0, ...stops.map((stop) => stop.length));
  }

  get found(): boolean {
    return this.stop !== null;
  }

  /** The text that became certain with this piece. */
  push(piece: string): string {
    if (this.#longest === 0) return piece;
    const text = this.#held + piece;
    const first = this.#firstStop(text);
    if (first !== null) {
      this.stop = first.stop;
      this.#held = "";
      return text.slice(0, first.at);
    }
    const kept = this.#openLength(text);
    this.#held = text.slice(text.length - kept);
    return text.slice(0, text.length - kept);
  }

  /** What was held back, for no stop string came of it. */
  end(): string {
    const rest = this.#held;
    this.#held = "";
    return rest;
  }

  /**
   * The stop string that ends first, the longest of several: which one begins first would depend on the cutting. Null
   * for none.
   */
  #firstStop(text: string): { readonly stop: string; readonly at: number } | null {
    let first: { stop: string; at: number } | null = null;
    let end = Number.POSITIVE_INFINITY;
    for (const stop of this.#stops) {
      const at = text.indexOf(stop);
      if (at === -1 || at + stop.length > end || (at + stop.length === end && at > first!.at)) continue;
      first = { stop, at };
      end = at + stop.length;
    }
    return first;
  }

  /** Length of the longest ending that some stop string begins with. */
  #openLength(text: string): number {
    for (let length = Math.min(this.#longest - 1, text.length); length > 0; length--) {
      const ending = text.slice(text.length - length);
      if (this.#stops.some((stop) => stop.startsWith(ending))) return length;
    }
    return 0;
  }
}
