/** The options of `bstar bench serve`, checked one by one. */
export interface BenchServeOptions {
  readonly url: string;
  /** Default: the first that the server lists. */
  readonly model?: string;
  readonly endpoint: "completions" | "chat";
  readonly apiKeyFile?: string;
  readonly ignoreEos?: boolean;
  readonly timeout: number;
  readonly rate?: readonly number[];
  readonly concurrency?: readonly number[];
  readonly trace?: string;
  readonly workload?: string;
  readonly requests: number;
  readonly promptTokens?: number;
  readonly outputTokens?: number;
  readonly lengthCv?: number;
  readonly sharedTokens?: number;
  readonly seed: number;
  readonly sloTtft?: number;
  readonly sloTpot?: number;
  readonly sweep?: boolean;
  readonly json?: boolean;
  /** SVG file of the plane. */
  readonly plane?: string;
  /** Hardware and model of the simulator's line in it. */
  readonly gpu?: string;
  readonly shape?: string;
}
