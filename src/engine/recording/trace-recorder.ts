import type { Request } from "../../request.ts";
import type { Choice, TokenStream } from "../token-stream.ts";
import { KeyedHash } from "./keyed-hash.ts";

/**
 * Rows that wait for an older request's end: 2^14 of 1,000 tokens each are some 10 MB. Beyond, the oldest request is
 * left out.
 */
const MAX_HELD_ROWS = 2 ** 14;

/** Digits of times behind the point, in milliseconds: a row is read by people, too. */
const DIGITS = 3;

const MILLISECONDS = 1000;

/** One line of a recording, as `bstar simulate --trace` reads it. Times are milliseconds, lengths tokens. */
interface Row {
  readonly timestamp: number;
  readonly input_length: number;
  readonly output_length: number;
  /** Tokens that each of `hash_ids` stands for. */
  readonly piece_tokens: number;
  /** [floor(input_length / piece_tokens)] equal ids: equal tokens up to the end of that piece. */
  readonly hash_ids: readonly number[];
  readonly ttft_ms: number;
  readonly e2e_ms: number;
  readonly client?: number;
  readonly priority?: number;
}

/** A request's place in the order of arrival, and its rows once it has ended. */
interface Entry {
  readonly request: Pick<Request, "arrival" | "promptTokenCount" | "client" | "priority">;
  readonly hashIds: readonly number[];
  rows: readonly Choice[] | null;
}

/**
 * Writes what was asked of an engine as a trace: arrivals, lengths, measured times, and ids of prompt prefixes. No text
 * and no token is in it: ids and clients are hashes under a random key that is never written.
 *
 * A request is written when it and all older ones have ended, so that rows are in order of arrival; each answer is a
 * row. Left out are requests without a token, beam searches, and a request that outlasts 2^14 younger ones.
 */
export class TraceRecorder {
  readonly #write: (line: string) => void;
  readonly #onError: (error: unknown) => void;
  readonly #pieceTokens: number;
  readonly #hash: KeyedHash;
  readonly #maxHeld: number;
  readonly #entries: Entry[] = [];
  #origin: number | null = null;

  /**
   * `write` takes one line without its line break, `onError` what it throws. `key` is [4], random by default.
   */
  constructor(options: {
    readonly write: (line: string) => void;
    readonly onError: (error: unknown) => void;
    readonly pieceTokens: number;
    readonly key?: Uint32Array;
    readonly maxHeld?: number;
  }) {
    const { write, onError, pieceTokens, maxHeld = MAX_HELD_ROWS } = options;
    this.#write = write;
    this.#onError = onError;
    this.#pieceTokens = pieceTokens;
    this.#maxHeld = maxHeld;
    this.#hash = new KeyedHash(options.key ?? crypto.getRandomValues(new Uint32Array(4)));
  }

  /** Follows a request that was taken in to its end. */
  follow(request: Request, stream: TokenStream): void {
    const { arrival, promptTokenCount, client, priority } = request;
    const entry: Entry = {
      request: { arrival, promptTokenCount, client, priority },
      hashIds: request.cacheable ? this.#hashIdsOf(request) : [],
      rows: null,
    };
    this.#origin ??= arrival;
    this.#entries.push(entry);
    stream
      .completion()
      .then(({ choices }) => {
        entry.rows = choices;
        this.#writeEnded();
      })
      .catch(this.#onError);
  }

  #writeEnded(): void {
    const entries = this.#entries;
    let count = 0;
    while (count < entries.length && (entries[count].rows !== null || entries.length - count > this.#maxHeld)) count++;
    for (const entry of entries.splice(0, count)) this.#writeRows(entry);
  }

  #writeRows({ request, hashIds, rows }: Entry): void {
    const { arrival, promptTokenCount, client, priority } = request;
    for (const { tokenIds, timing } of rows ?? []) {
      const { submittedAt, firstTokenAt, finishedAt } = timing;
      if (firstTokenAt === null) continue;
      const row: Row = {
        timestamp: milliseconds(arrival - this.#origin!),
        input_length: promptTokenCount,
        output_length: tokenIds.length,
        piece_tokens: this.#pieceTokens,
        hash_ids: hashIds,
        ttft_ms: milliseconds(firstTokenAt - submittedAt),
        e2e_ms: milliseconds(finishedAt - submittedAt),
        ...(client !== "" && { client: this.#hashOfText(client) }),
        ...(priority !== 0 && { priority }),
      };
      this.#write(JSON.stringify(row));
    }
  }

  /** An id of each whole piece: of its tokens, of what comes before, and of whose cache it is. */
  #hashIdsOf({ tokens, promptTokenCount, cacheSalt, adapterId }: Request): number[] {
    const hash = this.#hash;
    this.#hashOfText(cacheSalt);
    let [low, high] = [hash.low ^ adapterId, hash.high];
    return Array.from({ length: Math.floor(promptTokenCount / this.#pieceTokens) }, (_, piece) => {
      hash.begin();
      hash.add(low);
      hash.add(high);
      for (let i = 0; i < this.#pieceTokens; i++) hash.add(tokens[piece * this.#pieceTokens + i]);
      hash.end();
      [low, high] = [hash.low, hash.high];
      return hash.value;
    });
  }

  #hashOfText(text: string): number {
    this.#hash.begin();
    for (let i = 0; i < text.length; i++) this.#hash.add(text.charCodeAt(i));
    this.#hash.end();
    return this.#hash.value;
  }
}

/** The recorder of an engine that is to be recorded, with pieces of the size of its blocks; else null. */
export function recorderOf(
  write: ((line: string) => void) | undefined,
  { blockSize }: { readonly blockSize: number },
  onError: (error: unknown) => void,
): TraceRecorder | null {
  return write === undefined ? null : new TraceRecorder({ write, onError, pieceTokens: blockSize });
}

function milliseconds(seconds: number): number {
  return Number((MILLISECONDS * seconds).toFixed(DIGITS));
}
