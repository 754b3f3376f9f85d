import type { Backend } from "../../backends/backend.ts";

/** What a case asks of a backend. */
export interface BackendSizes {
  readonly blockCount: number;
  readonly blockSize: number;
  readonly maxTokens: number;
  readonly maxRequests: number;
  readonly hostBlockCount: number;
  readonly keepLogits: boolean;
}

/**
 * Makes a backend of exactly these sizes, always with the same model; where it has no host tier, `info` may say 0
 * blocks.
 */
export type MakeBackend = (sizes: BackendSizes) => Backend | Promise<Backend>;

/** A case that has its backend maker already. */
export interface ConformanceCase {
  readonly name: string;
  /** Rejects where the backend breaks the rule; the message says what differs and where. */
  run(): Promise<void>;
}

/** What a case tests. */
export interface Subject {
  readonly make: MakeBackend;
  readonly sizes: BackendSizes;
  readonly oracle: MakeBackend | null;
  /** Largest absolute difference of a logit from the oracle's. */
  readonly tolerance: number;
}

/** A rule, and how to find out whether a backend keeps it. */
export interface BackendCase {
  readonly name: string;
  run(subject: Subject): Promise<void>;
}

/** Runs `body` with a backend that is disposed afterwards, whatever happens. */
export async function withBackend<T>(
  { make, sizes }: Pick<Subject, "make" | "sizes">,
  body: (backend: Backend) => Promise<T>,
): Promise<T> {
  const backend = await make(sizes);
  try {
    return await body(backend);
  } finally {
    await backend.dispose();
  }
}
