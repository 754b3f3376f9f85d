/** A request that is to come. */
export interface Arrival {
  /** Seconds since the workload's start. */
  readonly at: number;
  readonly promptTokens: number;
  readonly outputTokens: number;
  /** Known tokens that the prompt begins with, such as a session's turns before. Not kept. */
  readonly history?: Int32Array;
  /**
   * Names of the pieces that follow, each of `pieceTokens` tokens: equal names are equal tokens. What follows them is
   * this request's alone.
   */
  readonly pieces?: readonly number[];
  readonly pieceTokens?: number;
  /** Whose request this is. */
  readonly client?: string;
  /** Lower runs first under the `priority` policies. */
  readonly priority?: number;
  /** What a server measured of it; of a recording. */
  readonly measured?: MeasuredTimes;
  /** Seconds after arrival by which it has to be done, else it ends with an error. */
  readonly deadlineSeconds?: number;
}

/** Seconds from a request's arrival, as a server measured them. */
export interface MeasuredTimes {
  readonly ttftSeconds: number;
  /** To the last token. */
  readonly e2eSeconds: number;
}

/** Requests in order of time. */
export interface Workload {
  /** When the next request comes; `Infinity` where none is known of. */
  readonly nextAt: number;
  /** Takes the next request out. Only where there is one. */
  take(): Arrival;
  /** More requests have to be read before `nextAt` is true. */
  readonly starved: boolean;
  /** Reads on. Rejects with `TraceError` where the trace is malformed. */
  refill(): Promise<void>;
  /** False where no two prompts begin alike: then nothing is looked up or kept for others. Default true. */
  readonly sharesPrefixes?: boolean;
  /**
   * A request that was taken ended, or was refused: closed loops and sessions go on from here. `tokens` are valid until
   * it returns.
   */
  ended?(arrival: Arrival, tokens: Int32Array | null, now: number): void;
}
