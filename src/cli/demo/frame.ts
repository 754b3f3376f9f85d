/** Where a request of the demonstration stands. */
export type Phase = "coming" | "waiting" | "prefill" | "decode" | "preempted" | "done" | "failed";

/** One request as the view shows it. */
export interface FrameRow {
  readonly id: string;
  readonly phase: Phase;
  /** Tokens done and to do: of the prompt while it prefills, of the answer afterwards. */
  readonly progress: { readonly done: number; readonly of: number };
  readonly prompt: string;
  readonly text: string;
}

/** Everything that the view shows at a moment; rows are named by their index. */
export interface Frame {
  readonly title: string;
  readonly seconds: number;
  readonly rows: readonly FrameRow[];
  readonly step: StepView;
  /** Tokens of the last steps, oldest first. */
  readonly history: readonly number[];
  /** By block: the row that holds it, or else what it is. */
  readonly blocks: readonly (number | "held" | "cached" | "free")[];
  readonly running: number;
  readonly waiting: number;
  readonly finished: number;
  readonly preemptions: number;
  readonly tokensPerSecond: number;
}

/** The newest step: which row has how many of its tokens. */
export interface StepView {
  readonly index: number;
  readonly tokenBudget: number;
  readonly shares: readonly { readonly row: number; readonly tokens: number }[];
}
