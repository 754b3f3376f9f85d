import type { RequestView } from "../request.ts";

/** The step as far as it is decided when a prompt asks for its share. Counts are tokens. */
export interface ChunkStep {
  /** Unused budget, > 0. */
  readonly remaining: number;
  /** The whole step's budget. */
  readonly budget: number;
  /** Requests whose gap is one: each has its token already. */
  readonly decodeCount: number;
  /** Running prompts that have not had their turn in this step, this one included. */
  readonly prefillsLeft: number;
  /** Tokens that these lack, this one's included. */
  readonly gapLeft: number;
  readonly blockSize: number;
}

/**
 * How many tokens of a prompt go into this step. Pure.
 * Law: 0 <= chunk <= min(gap, remaining), and a prompt that is alone in an empty step gets at least one token.
 */
export interface ChunkPolicy {
  readonly name: string;
  /** It never divides a prompt: one beyond the budget is then refused at submit. */
  readonly wholePrompts?: boolean;
  /** `gap`: known tokens that are not in the cache yet, > 1 or the last of a prompt. */
  chunk(request: RequestView, gap: number, step: ChunkStep): number;
}
