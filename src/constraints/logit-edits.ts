import type { SamplingParams } from "../sampling-params.ts";
import type { EditColumns } from "../step.ts";

/** What makes the edits of one sequence. */
export interface LogitEditOptions {
  readonly sampling: SamplingParams;
  readonly stopTokenIds: readonly number[];
  readonly promptTokenCount: number;
}

/** Whether the parameters change logits. */
export function hasEdits({ sampling, stopTokenIds }: Pick<LogitEditOptions, "sampling" | "stopTokenIds">): boolean {
  return (
    countsTokens(sampling) ||
    sampling.badTokenIds.length > 0 ||
    (sampling.minTokens > 0 && stopTokenIds.length > 0) ||
    Object.keys(sampling.logitBias).length > 0
  );
}

/** Whether the edits depend on the tokens of the sequence. */
export function countsTokens(sampling: SamplingParams): boolean {
  return sampling.repetitionPenalty !== 1 || sampling.presencePenalty !== 0 || sampling.frequencyPenalty !== 0;
}

/** The sample that edits are for. */
export interface Moment {
  readonly length: number;
  readonly more: ReadonlyMap<number, number>;
  readonly mayStop: boolean;
}

/** Entries that a sequence has room for at first. */
const FIRST_ROOM = 16;

/**
 * The edits of one sequence's logits: bias, banned ids, least length and penalties, one edit an id. Repetition counts
 * prompt and answer, presence and frequency the answer alone.
 *
 * Law: after `take` of the sequence's tokens, with any number of them undone and taken again, the edits are those that
 * the tokens alone say.
 */
export class LogitEdits {
  readonly #sampling: SamplingParams;
  readonly #promptTokenCount: number;
  readonly #counts: boolean;
  /** Ids that end the sequence, banned until `minTokens` are there. */
  readonly #stops: readonly number[];
  readonly #places = new Map<number, number>();
  /** Entries that stand for ever: of bias and banned ids. */
  readonly #fixedCount: number;
  #count = 0;
  #length = 0;
  // [count] the edit of each entry, and how often the sequence has its id.
  #ids = new Int32Array(FIRST_ROOM);
  #bias = new Float32Array(FIRST_ROOM);
  #scale = new Float32Array(FIRST_ROOM);
  #penalty = new Float32Array(FIRST_ROOM);
  #inPrompt = new Int32Array(FIRST_ROOM);
  #inAnswer = new Int32Array(FIRST_ROOM);

  constructor({ sampling, stopTokenIds, promptTokenCount }: LogitEditOptions) {
    this.#sampling = sampling;
    this.#promptTokenCount = promptTokenCount;
    this.#counts = countsTokens(sampling);
    this.#stops = sampling.minTokens > 0 ? [...new Set(stopTokenIds)] : [];
    const banned = new Set(sampling.badTokenIds);
    for (const tokenId of new Set([...Object.keys(sampling.logitBias).map(Number), ...banned])) {
      this.#add(tokenId, banned.has(tokenId) ? Number.NEGATIVE_INFINITY : sampling.logitBias[tokenId]);
    }
    this.#fixedCount = this.#count;
  }

  /** Most edits that `write` writes now. */
  get count(): number {
    return this.#count + this.#stops.length;
  }

  /** The sequence goes on with this token. */
  take(tokenId: number): void {
    const inPrompt = this.#length++ < this.#promptTokenCount;
    if (!this.#counts || (inPrompt && this.#sampling.repetitionPenalty === 1)) return;
    const place = this.#places.get(tokenId) ?? this.#add(tokenId, 0);
    if (inPrompt) this.#inPrompt[place]++;
    else this.#inAnswer[place]++;
    this.#weigh(place);
  }

  /** Forgets the last token taken, which is of the answer. */
  undo(tokenId: number): void {
    this.#length--;
    if (!this.#counts) return;
    const place = this.#places.get(tokenId)!;
    this.#inAnswer[place]--;
    this.#weigh(place);
    // What the last token brought in stands last.
    const isUnused = this.#inPrompt[place] + this.#inAnswer[place] === 0;
    if (!isUnused || place < this.#fixedCount || place !== this.#count - 1) return;
    this.#count--;
    this.#places.delete(tokenId);
  }

  /**
   * Writes the edits of the token that comes behind `length` tokens, from place `at` on; returns the place behind them.
   * `length` is that of the tokens taken; where nothing counts them it may be greater. `more`: bias beside its own, by
   * id. `mayStop`: stop ids stay allowed.
   */
  write(columns: EditColumns, at: number, { length, more, mayStop }: Moment): number {
    const { tokenIds, bias, scale, penalty } = columns;
    for (let i = 0; i < this.#count; i++) {
      tokenIds[at + i] = this.#ids[i];
      bias[at + i] = this.#bias[i];
      scale[at + i] = this.#scale[i];
      penalty[at + i] = this.#penalty[i];
    }
    const tooShort = !mayStop && length - this.#promptTokenCount < this.#sampling.minTokens;
    let end = at + this.#count;
    for (const [tokenId, value] of more) {
      if (!tooShort || !this.#stops.includes(tokenId)) end = this.#addBias(columns, at, end, tokenId, value);
    }
    if (tooShort) {
      for (const tokenId of this.#stops) end = this.#addBias(columns, at, end, tokenId, Number.NEGATIVE_INFINITY);
    }
    return end;
  }

  /** To the id's edit, which begins at `at` where it is one of the entries, or with one more at `end`. */
  #addBias(
    { tokenIds, bias, scale, penalty }: EditColumns,
    at: number,
    end: number,
    id: number,
    value: number,
  ): number {
    const place = this.#places.get(id);
    if (place !== undefined) {
      bias[at + place] = value === Number.NEGATIVE_INFINITY ? value : bias[at + place] + value;
      return end;
    }
    tokenIds[end] = id;
    bias[end] = value;
    scale[end] = 1;
    penalty[end] = 0;
    return end + 1;
  }

  #weigh(place: number): void {
    const { repetitionPenalty, presencePenalty, frequencyPenalty } = this.#sampling;
    const times = this.#inAnswer[place];
    this.#scale[place] = this.#inPrompt[place] + times > 0 ? repetitionPenalty : 1;
    this.#penalty[place] = times > 0 ? presencePenalty + times * frequencyPenalty : 0;
  }

  #add(tokenId: number, bias: number): number {
    const place = this.#count++;
    if (place === this.#ids.length) this.#grow();
    this.#places.set(tokenId, place);
    this.#ids[place] = tokenId;
    this.#bias[place] = bias;
    this.#scale[place] = 1;
    this.#penalty[place] = 0;
    this.#inPrompt[place] = 0;
    this.#inAnswer[place] = 0;
    return place;
  }

  #grow(): void {
    this.#ids = doubled(this.#ids);
    this.#inPrompt = doubled(this.#inPrompt);
    this.#inAnswer = doubled(this.#inAnswer);
    this.#bias = doubled(this.#bias);
    this.#scale = doubled(this.#scale);
    this.#penalty = doubled(this.#penalty);
  }
}

function doubled<T extends Int32Array | Float32Array>(array: T): T {
  const length = 2 * array.length;
  const longer = (array instanceof Int32Array ? new Int32Array(length) : new Float32Array(length)) as T;
  longer.set(array);
  return longer;
}
