import type { BackendName } from "../choose-backend.ts";

/** The options of `bstar demo`, checked one by one. */
export interface DemoOptions {
  readonly backend?: BackendName;
  readonly seed: number;
  readonly temperature: number;
  readonly tokenBudget: number;
  readonly blocks: number;
  readonly speed: number;
}
