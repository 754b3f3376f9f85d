import { BstarError } from "../errors.ts";
import { OutputClosedError } from "./failure.ts";

/** Where text goes: a terminal, a pipe, a file. */
export interface Output {
  /**
   * Resolves when the text is out of the process. Rejects with `OutputClosedError` when the reader is gone, else with
   * the cause.
   */
  write(text: string): Promise<void>;
  /** What it can show; null unless it is a terminal with a movable cursor. */
  readonly terminal: Terminal | null;
}

export interface Terminal {
  readonly columns: number;
  readonly rows: number;
  /** 1 for none, 4 for 16 colours, 8 for 256, 24 for all. */
  readonly colorBits: number;
}

/** Size of a terminal that does not tell: the classic one. */
const DEFAULT_SIZE = { columns: 80, rows: 24 } as const;

/** An output of the process. After a failed write, every later write rejects with the same failure. */
export class StreamOutput implements Output {
  readonly #stream: NodeJS.WriteStream;
  readonly #env: NodeJS.ProcessEnv;
  readonly #name: string;
  #failure: NodeJS.ErrnoException | null = null;

  constructor(stream: NodeJS.WriteStream, name: string, env: NodeJS.ProcessEnv) {
    this.#stream = stream;
    this.#env = env;
    this.#name = name;
    stream.on("error", (error: NodeJS.ErrnoException) => (this.#failure ??= error));
  }

  write(text: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#stream.write(text, (error) => {
        this.#failure ??= error ?? null;
        if (this.#failure === null) resolve();
        else reject(this.#explain(this.#failure));
      });
    });
  }

  get terminal(): Terminal | null {
    if (!this.#stream.isTTY || this.#env["TERM"] === "dumb") return null;
    const { columns, rows } = this.#stream;
    return {
      columns: columns || DEFAULT_SIZE.columns,
      rows: rows || DEFAULT_SIZE.rows,
      colorBits: this.#stream.getColorDepth(this.#env),
    };
  }

  #explain(error: NodeJS.ErrnoException): BstarError {
    if (error.code === "EPIPE") return new OutputClosedError();
    const reason = error.code === "ENOSPC" ? "no space is left on the device (ENOSPC)" : error.message;
    return new BstarError("output_failed", `cannot write to ${this.#name}: ${reason}`, { cause: error });
  }
}
