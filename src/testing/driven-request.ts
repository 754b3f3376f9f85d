import { assert } from "../assert.ts";
import type { FinishReason, RequestInput } from "../request.ts";
import type { Sequence } from "../scheduler/sequence.ts";
import { nextToken } from "./context-device.ts";
import { type DrivenSteering, steeredToken } from "./steered-token.ts";

/** What is known of a request from the start: a `ContextDevice` answers by context and choice alone. */
export interface Answer {
  readonly tokenIds: readonly number[];
  readonly reason: "stop" | "length";
}

/**
 * The answer that a prompt has to get: up to `maxLength` tokens in all, or to the first stop id. `window`: what group 0
 * sees. `given`: output tokens that a branch begins with.
 */
export function answerOf(
  promptTokenIds: readonly number[],
  maxLength: number,
  window: number | null,
  stopTokenIds: readonly number[] = [],
  choice = 0,
  given: readonly number[] = [],
  steering: DrivenSteering | null = null,
): Answer {
  const context = [...promptTokenIds, ...given];
  while (context.length < maxLength) {
    const own = nextToken(context, window, choice);
    const output = context.slice(promptTokenIds.length);
    const token =
      steering === null ? own : steeredToken(own, steering, { prompt: promptTokenIds, output, stops: stopTokenIds });
    context.push(token);
    if (stopTokenIds.includes(token)) return { tokenIds: context.slice(promptTokenIds.length), reason: "stop" };
  }
  return { tokenIds: context.slice(promptTokenIds.length), reason: "length" };
}

/**
 * One request, or one choice of it, as a drive sees it from outside: what must come, what came, and which of its tokens
 * the plans have computed. Laws: tokens come exactly once, in order and right; it ends exactly once, for a reason that
 * was given.
 */
export class DrivenRequest {
  readonly input: RequestInput & { readonly promptTokenIds: readonly number[] };
  readonly entry: Sequence;
  readonly answer: Answer;
  /** Tokens delivered. */
  delivered = 0;
  /** Tokens of its prompt that are scored, the first included: it has no log probability. */
  scored = 1;
  /** Samples of plans in flight. */
  pending = 0;
  ended: FinishReason | null = null;
  /** Ends that the drive itself asked for. */
  readonly allowedEnds = new Set<FinishReason>();
  /** The stay in which `computed` counts, and the tokens that its plans computed or the prefix cache gave. */
  stay = -1;
  computed = 0;
  /** Its last sample: which of which plan. */
  sample: { readonly plan: number; readonly index: number } = { plan: -1, index: -1 };
  /** The command in which it ended is over: no token may follow. */
  #isClosed = false;

  readonly steering: DrivenSteering | null;

  /** `given`: output tokens that a branch begins with. */
  constructor(
    input: DrivenRequest["input"],
    entry: Sequence,
    window: number | null,
    given: readonly number[] = [],
    steering: DrivenSteering | null = null,
  ) {
    this.steering = steering;
    this.input = input;
    this.entry = entry;
    this.delivered = given.length;
    const { promptTokenIds, stopTokenIds } = input;
    this.answer = answerOf(promptTokenIds, entry.maxLength, window, stopTokenIds, entry.choice, given, steering);
  }

  get runs(): boolean {
    return this.entry.state === "running";
  }

  /** Tokens that the host knows. */
  get knownCount(): number {
    return this.input.promptTokenIds.length + this.delivered;
  }

  tokenAt(position: number): number {
    const { promptTokenIds } = this.input;
    return position < promptTokenIds.length
      ? promptTokenIds[position]
      : this.answer.tokenIds[position - promptTokenIds.length];
  }

  /** A token of the prompt has its log probability, from a sample whose context gives `unsteered`. */
  receiveScore(position: number, unsteered: number, window: number | null): void {
    const { promptTokenIds, promptLogprobs = -1 } = this.input;
    assert(
      promptLogprobs >= 0 && position === this.scored && position < promptTokenIds.length && this.delivered === 0,
      () => `${this.name} got a score of prompt token ${position}, ${this.scored} comes next`,
    );
    const expected = nextToken(promptTokenIds.slice(0, position), window, this.entry.choice);
    assert(unsteered === expected, () => `${this.name} got a score of prompt token ${position} from another context`);
    this.scored++;
  }

  /** A token was delivered. */
  receive(tokenId: number): void {
    this.#checkScores();
    const place = this.delivered++;
    assert(!this.#isClosed && place < this.answer.tokenIds.length, () => `${this.name} got a token after its end`);
    assert(
      tokenId === this.answer.tokenIds[place],
      () => `${this.name} got ${tokenId} as token ${place}, its context gives ${this.answer.tokenIds[place]}`,
    );
  }

  /** The first token comes behind the scores of the whole prompt; of several choices the first has them. */
  #checkScores(): void {
    const { promptTokenIds, promptLogprobs = -1, choice = 0 } = this.input;
    if (promptLogprobs < 0 || this.delivered > 0) return;
    assert(
      this.scored === promptTokenIds.length || this.entry.choice !== choice,
      () => `${this.name} got a token with ${this.scored} of ${promptTokenIds.length} prompt tokens scored`,
    );
    this.scored = promptTokenIds.length;
  }

  /** The scheduler said that it ended. Its last tokens may follow with the same commit. */
  end(): void {
    assert(this.ended === null, () => `${this.name} ended twice: ${this.ended}, then ${this.entry.finishReason}`);
    this.ended = this.entry.finishReason;
    assert(this.ended !== null, () => `${this.name} ended without a reason`);
  }

  /** After the command in which it ended. */
  checkEnd(): void {
    this.#isClosed = true;
    const complete = this.delivered === this.answer.tokenIds.length;
    const own = complete && this.ended === this.answer.reason;
    assert(
      own || this.allowedEnds.has(this.ended!),
      () => `${this.name} ended by ${this.ended} after ${this.delivered} of ${this.answer.tokenIds.length} tokens`,
    );
    assert(
      !complete || own || this.allowedEnds.size > 0,
      () => `${this.name} has its whole answer and ended by ${this.ended}`,
    );
    assert(
      (this.ended === "error") === (this.entry.error !== null),
      () => `${this.name} ended by ${this.ended} with ${this.entry.error}`,
    );
    const produced = this.entry.outputTokenIds();
    assert(
      produced.length === this.delivered,
      () => `${this.name} has ${produced.length} tokens, ${this.delivered} were delivered`,
    );
  }

  get name(): string {
    return `request ${String(this.entry.label)}`;
  }
}
