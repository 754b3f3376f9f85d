import { setTimeout as delay } from "node:timers/promises";
import type { Backend } from "../../backends/backend.ts";
import { Engine } from "../../engine/engine.ts";
import type { StepEvent } from "../../engine/options.ts";
import type { SamplingParams } from "../../sampling-params.ts";
import type { StepPlan } from "../../step.ts";
import type { Tokenizer } from "../../tokenizer.ts";
import type { Frame, StepView } from "./frame.ts";
import type { ScriptedRequest } from "./script.ts";
import { endOf, flat } from "./paint.ts";
import { summarize, type Summary } from "./summary.ts";
import { type News, Track } from "./track.ts";
import { sharesOf, type Share, watchBackend } from "./watch-backend.ts";

export interface DemoRunOptions {
  /** The run owns it. */
  readonly backend: Backend;
  readonly tokenizer: Tokenizer;
  readonly stopTokenIds: readonly number[];
  readonly script: readonly ScriptedRequest[];
  /** Request i draws with seed + i. */
  readonly sampling: Partial<SamplingParams> & { readonly seed: number };
  /** 2 lets the requests come twice as fast. */
  readonly speed: number;
  /** For people: model and backend. */
  readonly title: string;
  readonly onEvent: (event: DemoEvent) => void;
}

/** Something worth a line of text. */
export interface DemoEvent {
  /** Seconds since the start. */
  readonly at: number;
  readonly id: string;
  readonly what: string;
}

/** Steps that the view may look back on: more than a terminal is wide. */
const HISTORY_STEPS = 512;

/** Characters of a prompt's end that a line shows before its answer. */
const PROMPT_SHOWN = 60;

/** The scripted requests on their way through one engine, observed. Request i has the id i there. */
export class DemoRun implements AsyncDisposable {
  readonly #options: DemoRunOptions;
  readonly #engine: Engine;
  readonly #tracks: readonly Track[];
  readonly #start: number;
  /** Of plans that are not committed, by their index. */
  readonly #shares = new Map<number, Share[]>();
  readonly #history: number[] = [];
  #step: StepView;
  #peakBlocks = 0;

  constructor(options: DemoRunOptions) {
    const { backend, tokenizer, stopTokenIds } = options;
    this.#options = options;
    this.#tracks = options.script.map((request) => new Track(request));
    this.#engine = new Engine({
      backend: watchBackend(backend, (plan) => this.#planned(plan)),
      tokenizer,
      stopTokenIds,
      clock: now,
      onStep: (step) => this.#stepped(step),
    });
    this.#step = { index: 0, tokenBudget: backend.info.maxTokens, shares: [] };
    this.#start = now();
  }

  /** Resolves when every request has ended; after an abort, no further request arrives. */
  async play(signal: AbortSignal): Promise<void> {
    await Promise.all(this.#tracks.map((track, row) => this.#playOne(track, row, signal)));
  }

  /** Whether some request ended by an error. */
  get failed(): boolean {
    return this.#tracks.some(({ error }) => error !== null);
  }

  frame(): Frame {
    const stats = this.#engine.stats();
    const seconds = now() - this.#start;
    return {
      title: this.#options.title,
      seconds,
      rows: this.#tracks.map((track, row) => track.toRow(this.#engine.explain(row))),
      step: this.#step,
      history: [...this.#history],
      blocks: this.#engine.scheduler
        .blockOwners()
        .map(({ state, request }) => (request === null ? state : (request as number))),
      running: stats.running,
      waiting: stats.waiting,
      finished: this.#tracks.filter(({ ended }) => ended).length,
      preemptions: stats.preemptions,
      tokensPerSecond: this.#tracks.reduce((sum, { tokenTimes }) => sum + tokenTimes.length, 0) / seconds,
    };
  }

  summary(): Summary {
    return summarize(this.#tracks, this.#engine.stats(), this.#peakBlocks);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#engine.dispose();
  }

  async #playOne(track: Track, row: number, signal: AbortSignal): Promise<void> {
    const { prompt, maxTokens, arrivalMs } = track.request;
    const interrupted = await delay(arrivalMs / this.#options.speed, false, { signal }).catch(() => true);
    if (interrupted) return;
    track.arrived = true;
    try {
      const { sampling } = this.#options;
      const stream = this.#engine.submit({
        id: row,
        prompt,
        maxTokens,
        sampling: { ...sampling, seed: sampling.seed + row },
        signal,
      });
      track.promptTokens = stream.promptTokenIds.length;
      this.#tell(track, `comes with ${track.promptTokens} prompt tokens`);
      for await (const { text, finishReason } of stream) {
        track.text += text;
        // The completion tells how the request ended. Reading on would throw its error.
        if (finishReason !== null) break;
      }
      track.complete(await stream.completion());
    } catch (error) {
      track.refusal = error instanceof Error ? error : new Error(String(error));
    }
    this.#tellEnd(track);
  }

  #tellEnd(track: Track): void {
    const { completion, error } = track;
    if (error !== null) this.#tell(track, `failed: ${error.message}`);
    else {
      this.#tell(
        track,
        `ends after ${completion!.tokenIds.length} tokens (${completion!.finishReason}): ` +
          `${endOf(flat(track.request.prompt), PROMPT_SHOWN)}${track.text}`,
      );
    }
  }

  #tell({ request }: Track, what: string): void {
    this.#options.onEvent({ at: now() - this.#start, id: request.id, what });
  }

  #planned(plan: StepPlan): void {
    this.#shares.set(plan.index, sharesOf(plan));
    this.#peakBlocks = Math.max(this.#peakBlocks, this.#engine.stats().heldBlocks);
    this.#look(now()); // a request that this plan preempted may end with the one before it
  }

  #stepped({ index, tokenCount, tokenBudget, startedAt, seconds }: StepEvent): void {
    this.#step = {
      index,
      tokenBudget,
      shares: (this.#shares.get(index) ?? []).map(({ id, tokens }) => ({ row: id as number, tokens })),
    };
    this.#shares.delete(index);
    this.#history.push(tokenCount);
    if (this.#history.length > HISTORY_STEPS) this.#history.shift();
    this.#look(startedAt + seconds);
  }

  #look(time: number): void {
    for (const [row, track] of this.#tracks.entries()) {
      const explanation = this.#engine.explain(row);
      if (explanation === undefined) continue;
      for (const news of track.observe(explanation, time)) this.#tell(track, NEWS[news]);
    }
  }
}

const NEWS: Readonly<Record<News, string>> = {
  "first token": "has its first token",
  preempted: "is preempted: its blocks go to older requests, and it is computed again",
};

function now(): number {
  return performance.now() / 1000;
}
