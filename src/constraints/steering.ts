import { assert } from "../assert.ts";
import { ConstraintError, InfeasibleRequestError, InvalidRequestError } from "../errors.ts";
import type { LogitsProcessor } from "../request.ts";
import type { EditColumns } from "../step.ts";
import { maskWordCount, type TokenMask } from "../token-mask.ts";
import { type LogitEditOptions, LogitEdits, countsTokens, hasEdits } from "./logit-edits.ts";

/** What steers the samples of one sequence. */
export interface SteeringOptions extends LogitEditOptions {
  /** The steering's own: nothing else advances it. */
  readonly mask: TokenMask | null;
  readonly processors: readonly LogitsProcessor[];
  readonly vocabSize: number;
  /** Most edits of one sample. */
  readonly maxEdits: number;
}

const NOTHING: ReadonlyMap<number, number> = new Map();

/**
 * What one sequence does to its next sample: edits of single logits, and a mask. It follows the known tokens; guesses
 * behind them are taken and undone within one call.
 *
 * Law: what it writes depends on the sequence's tokens alone, not on the steps that brought them.
 */
export class Steering {
  /** Whether its edits depend on the tokens of the sequence: each sample then waits for the one before it. */
  readonly needsHost: boolean;
  readonly #options: SteeringOptions;
  readonly #edits: LogitEdits;
  readonly #mask: TokenMask | null;
  #length = 0;
  #last = -1;
  /** The length for which `prepare` has done its work. */
  #preparedAt = -1;
  #isReady = false;
  /** Bias that the processors gave for the next sample. */
  #more = NOTHING;
  /** Masks of the next sample, and of those behind drafts. */
  readonly #masks: Int32Array[] = [];

  constructor(options: SteeringOptions) {
    this.#options = options;
    this.#edits = new LogitEdits(options);
    this.#mask = options.mask;
    this.needsHost = options.mask !== null || options.processors.length > 0 || countsTokens(options.sampling);
  }

  /** Whether the samples have a mask. */
  get masks(): boolean {
    return this.#mask !== null;
  }

  /** Whether edits and mask of the next sample are known. */
  get isReady(): boolean {
    return !this.needsHost || this.#isReady;
  }

  /** Whether the mask allows no further token and no stop id is there to say so. */
  get isOver(): boolean {
    return this.#options.stopTokenIds.length === 0 && this.#mask?.isDone === true;
  }

  /** Most edits of the next sample. */
  get editCount(): number {
    return this.#edits.count + this.#more.size;
  }

  /** Most edits of any sample of a sequence that grows to `maxLength` tokens; after `prepare` for its prompt. */
  mostEdits(maxLength: number): number {
    const { promptTokenCount, vocabSize, sampling } = this.#options;
    return this.editCount + (countsTokens(sampling) ? Math.min(vocabSize, maxLength - promptTokenCount) : 0);
  }

  /** One for another sequence with the same prompt, which has taken no token. */
  fork(): Steering {
    const mask = this.#mask?.fork() ?? null;
    mask?.rollback(Math.max(0, this.#length - this.#options.promptTokenCount));
    return new Steering({ ...this.#options, mask });
  }

  /**
   * Takes the known tokens in and makes ready what the next sample needs: `isReady` says whether it is there. Throws
   * what the mask or a processor throws, and `InvalidRequestError` or `InfeasibleRequestError` for a processor's
   * answer.
   */
  prepare(tokens: Int32Array, count: number): void {
    if (this.#preparedAt === count && this.#isReady) return;
    while (this.#length < count) this.take(tokens[this.#length]);
    if (this.isOver) return;
    if (this.#preparedAt !== count) this.#more = this.#askProcessors(tokens.subarray(0, count));
    this.#preparedAt = count;
    this.#isReady = this.#mask === null || this.#mask.fill(this.#maskRow(0));
  }

  /** The last of `count` known tokens gives way to another one. */
  forgetLast(count: number): void {
    if (this.#length < count) return;
    this.undo(this.#last);
    this.#preparedAt = -1;
    this.#isReady = false;
  }

  /** How many of the guesses may follow the known tokens: their masks are then known. Only where it is ready. */
  draft(guesses: ArrayLike<number>): number {
    if (this.#options.processors.length > 0) return 0;
    let count = 0;
    while (count < guesses.length && this.#mayDraft(guesses[count], count + 1)) count++;
    for (let i = count - 1; i >= 0; i--) this.undo(guesses[i]);
    return count;
  }

  /** Ids, `most` at most, that the mask forces: guesses that a step may check. */
  forcedTokens(most: number): readonly number[] {
    return this.#options.processors.length > 0 ? [] : (this.#mask?.forcedTokens(most) ?? []);
  }

  /** Writes the edits of the token at `position`, from place `at` on; returns the place behind them. */
  writeEdits(columns: EditColumns, at: number, position: number): number {
    assert(
      !this.needsHost || position === this.#length,
      () => `edits for ${position}, ${this.#length} tokens are known`,
    );
    const mayStop = this.#mask?.isDone === true;
    return this.#edits.write(columns, at, { length: position, more: this.#more, mayStop });
  }

  /** The mask of the sample behind `drafts` guesses. */
  maskOf(drafts: number): Int32Array {
    return this.#masks[drafts];
  }

  /** The sequence goes on with this token. */
  take(tokenId: number): void {
    const isAnswer = this.#length >= this.#options.promptTokenCount;
    if (isAnswer && this.#mask?.accept(tokenId) === false) {
      throw new ConstraintError(
        `the request's mask does not allow token ${tokenId}: edits ban what it allows, or the backend has no masks`,
      );
    }
    this.#edits.take(tokenId);
    this.#length++;
    this.#last = tokenId;
  }

  /** Forgets the last token taken. */
  undo(tokenId: number): void {
    this.#edits.undo(tokenId);
    this.#length--;
    if (this.#length >= this.#options.promptTokenCount) this.#mask?.rollback(1);
  }

  #mayDraft(guess: number, row: number): boolean {
    if (this.#mask !== null && !this.#mask.accept(guess)) return false;
    this.#edits.take(guess);
    this.#length++;
    if (this.#mask === null || this.#fills(row)) return true;
    this.undo(guess);
    return false;
  }

  /** False where the mask is not ready, or nothing may follow: the sample in front of the guess is the last one. */
  #fills(row: number): boolean {
    try {
      return this.#mask!.fill(this.#maskRow(row));
    } catch (error) {
      if (error instanceof ConstraintError) return false;
      throw error;
    }
  }

  #maskRow(row: number): Int32Array {
    return (this.#masks[row] ??= new Int32Array(maskWordCount(this.#options.vocabSize)));
  }

  #askProcessors(tokenIds: Int32Array): ReadonlyMap<number, number> {
    const { processors, promptTokenCount, vocabSize, maxEdits } = this.#options;
    if (processors.length === 0) return NOTHING;
    const more = new Map<number, number>();
    for (const [i, processor] of processors.entries()) {
      for (const [tokenId, bias] of processor({ tokenIds, promptTokenCount })) {
        if (!Number.isInteger(tokenId) || tokenId < 0 || tokenId >= vocabSize || !isNumber(bias)) {
          throw new InvalidRequestError(
            `logitsProcessors[${i}] gave [${String(tokenId)}, ${bias}], not an id below ${vocabSize} and a number`,
          );
        }
        more.set(tokenId, (more.get(tokenId) ?? 0) + bias);
      }
    }
    if (this.#edits.count + more.size > maxEdits) {
      throw new InfeasibleRequestError(
        `logitsProcessors gave ${more.size} edits beside ${this.#edits.count}, maxEditsPerStep is ${maxEdits}`,
      );
    }
    return more;
  }
}

/** The steering of a sequence; null where its logits stay as they are. */
export function steeringOf(options: SteeringOptions): Steering | null {
  return options.mask !== null || options.processors.length > 0 || hasEdits(options) ? new Steering(options) : null;
}

function isNumber(value: unknown): boolean {
  return typeof value === "number" && !Number.isNaN(value);
}
