/** One request that was answered, without a word of its prompt or its answer. */
export interface ServerLogEntry {
  readonly requestId: string;
  readonly method: string;
  readonly path: string;
  /** 499 where the client left before its answer. */
  readonly status: number;
  /** Until the answer's end. */
  readonly milliseconds: number;
  /** Name of the key, where there are keys. */
  readonly client: string | null;
  readonly promptTokens?: number;
  readonly outputTokens?: number;
  /** Of a request that failed; the message may quote the prompt, so it is left out. */
  readonly error?: { readonly code: string; readonly param: string | null };
  /** What the server itself did wrong, of a status 500. */
  readonly cause?: unknown;
}

/** Takes a line of the log; must not throw. */
export type ServerLog = (entry: ServerLogEntry) => void;
