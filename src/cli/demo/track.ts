import type { Completion } from "../../engine/token-stream.ts";
import type { Explanation } from "../../scheduler/inspect/explanation.ts";
import type { FrameRow, Phase } from "./frame.ts";
import type { ScriptedRequest } from "./script.ts";

/** What is worth telling of a request on its way. */
export type News = "first token" | "preempted";

/** What is known of one request of the demonstration, from before it comes until after it has ended. */
export class Track {
  readonly request: ScriptedRequest;
  arrived = false;
  promptTokens = 0;
  text = "";
  preemptions = 0;
  /** When each token came, on the engine's clock. */
  readonly tokenTimes: number[] = [];
  completion: Completion | null = null;
  /** Why it never got into the engine. */
  refusal: Error | null = null;

  constructor(request: ScriptedRequest) {
    this.request = request;
  }

  get ended(): boolean {
    return this.completion !== null || this.refusal !== null;
  }

  get error(): Error | null {
    return this.refusal ?? this.completion?.error ?? null;
  }

  /** Takes in how it stands; tokens that are new came at `now`. Returns what is worth telling. */
  observe({ tokenCount, preemptionCount }: Explanation, now: number): News[] {
    const news: News[] = [];
    if (this.tokenTimes.length === 0 && tokenCount > this.promptTokens) news.push("first token");
    while (this.tokenTimes.length < tokenCount - this.promptTokens) this.tokenTimes.push(now);
    for (; this.preemptions < preemptionCount; this.preemptions++) news.push("preempted");
    return news;
  }

  /** Its last token came with the step that ended it, of which the scheduler tells nothing any more. */
  complete(completion: Completion): void {
    this.completion = completion;
    while (this.tokenTimes.length < completion.tokenIds.length) this.tokenTimes.push(completion.timing.finishedAt);
  }

  /** Its line of the view; `explanation` is undefined before it comes and after it has ended. */
  toRow(explanation: Explanation | undefined): FrameRow {
    const { id, prompt, maxTokens } = this.request;
    const phase = this.#phase(explanation);
    const filling = explanation !== undefined && phase !== "decode";
    const produced = { done: this.tokenTimes.length, of: this.ended ? this.tokenTimes.length : maxTokens };
    const progress = filling ? { done: explanation.computedTokenCount, of: explanation.tokenCount } : produced;
    return { id, phase, progress, prompt, text: this.text };
  }

  #phase(explanation: Explanation | undefined): Phase {
    if (!this.arrived) return "coming";
    if (this.ended || explanation === undefined) return this.error === null ? "done" : "failed";
    if (explanation.state === "preempted") return "preempted";
    if (explanation.state !== "running") return "waiting";
    const decoding = this.tokenTimes.length > 0 && explanation.tokenCount - explanation.computedTokenCount <= 1;
    return decoding ? "decode" : "prefill";
  }
}
