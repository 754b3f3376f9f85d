import { assert, AssertionError } from "../assert.ts";
import type { Choice, TokenDelta, TokenStream } from "../engine/token-stream.ts";
import type { Sequence } from "../scheduler/sequence.ts";
import type { Answer } from "./driven-request.ts";

/** A request of a fault run, its reader, and what has to come out. */
export class FaultClient {
  readonly stream: TokenStream;
  readonly controller: AbortController;
  /** [choices] */
  readonly entries: readonly Sequence[];
  /** Ends that are not of its own making. */
  readonly allowed = new Set<string>();
  over = false;
  /** Its reader went away. */
  left = false;
  reading = false;
  paused = false;
  /** [choices] */
  readonly #answers: readonly Answer[];
  /** [choices] tokens read. */
  readonly #tokens: number[][];
  /** By choice: output tokens when it was aborted. No more may come. */
  readonly #closedAt = new Map<number, number>();
  /** Ends read, one a choice. */
  #ends = 0;

  constructor(options: {
    stream: TokenStream;
    controller: AbortController;
    entries: readonly Sequence[];
    answers: readonly Answer[];
  }) {
    this.stream = options.stream;
    this.controller = options.controller;
    this.entries = options.entries;
    this.#answers = options.answers;
    this.#tokens = options.answers.map(() => []);
  }

  get choiceCount(): number {
    return this.#answers.length;
  }

  /** The choice, or all of them, was aborted just now. */
  close(choice?: number): void {
    for (const entry of this.entries) {
      if (choice === undefined || entry.choice === choice) this.#closedAt.set(entry.choice, entry.outputTokenCount);
    }
  }

  take({ choice, tokenIds, finishReason }: TokenDelta): void {
    this.#tokens[choice].push(...tokenIds);
    if (finishReason !== null) this.#ends++;
    if (this.#ends === this.choiceCount) this.over = true;
  }

  /** Its stream has no more to read, or threw the error that the request ended with. */
  finish(): void {
    this.over = true;
  }

  /** After the end: each choice ended once, for a reason that was given, with the tokens that its context gives. */
  async check(): Promise<void> {
    const { choices } = await this.stream.completion();
    const isTold = this.left || this.#ends === this.choiceCount || choices.some(({ error }) => error !== null);
    assert(
      isTold,
      () => `request ${String(this.stream.id)} has ${this.choiceCount} answers and ended ${this.#ends} times`,
    );
    for (const choice of choices) this.#checkChoice(choice);
  }

  #checkChoice({ choice, tokenIds, finishReason, error }: Choice): void {
    const name = `request ${String(this.stream.id)}#${choice}`;
    const answer = this.#answers[choice];
    assert(!(error instanceof AssertionError), () => `${name} ended by a broken law: ${error?.message}`);
    assert(
      tokenIds.every((token, i) => token === answer.tokenIds[i]),
      () => `${name} got [${tokenIds.join(" ")}], its context gives [${answer.tokenIds.join(" ")}]`,
    );
    const read = this.#tokens[choice];
    assert(
      read.every((token, i) => token === tokenIds[i]),
      () => `${name}: its reader got [${read.join(" ")}] of [${tokenIds.join(" ")}]`,
    );
    const most = this.#closedAt.get(choice) ?? Number.POSITIVE_INFINITY;
    assert(tokenIds.length <= most, () => `${name} was aborted with ${most} tokens and has ${tokenIds.length}`);
    const complete = finishReason === answer.reason && tokenIds.length === answer.tokenIds.length;
    assert(
      complete || this.allowed.has(finishReason),
      () => `${name} ended by ${finishReason} after ${tokenIds.length} of ${answer.tokenIds.length} tokens`,
    );
  }
}
