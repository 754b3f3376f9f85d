import type { Backend, BackendInfo } from "../../src/backends/backend.ts";
import { MAX_TOP_LOGPROBS } from "../../src/config.ts";
import { DisposedError } from "../../src/errors.ts";
import type { StepPlan, StepResult } from "../../src/step.ts";
import { ContextDevice } from "../../src/testing/context-device.ts";
import { decodeTokenBytes, type Tokenizer } from "../../src/tokenizer.ts";

const INFO: BackendInfo = {
  name: "scripted",
  blockCount: 64,
  hostBlockCount: 0,
  blockSize: 4,
  maxTokens: 32,
  maxRequests: 8,
  contextLength: 200,
  vocabSize: 50_021,
  bytesPerBlock: 0,
  groups: [{ window: null }],
};

export interface Script {
  readonly info?: Partial<BackendInfo>;
  /** The id sampled after the token at a position; default: a function of the whole context, `answerOf` knows it. */
  readonly tokenAfter?: (position: number) => number;
  /** The error of a step, by its plan and by how many were executed before; none for one that goes well. */
  readonly fails?: (plan: StepPlan, executed: number) => Error | undefined;
}

/** A backend without arithmetic, whose steps take a turn of the event loop, or wait for the test. */
export class ScriptedBackend implements Backend {
  readonly info: BackendInfo;
  readonly lost: Promise<string>;
  /** The device goes away, for the reason given. */
  readonly lose: (reason: string) => void;
  executed = 0;
  disposals = 0;
  readonly #script: Script;
  readonly #device: ContextDevice;
  #gate: Promise<void> | null = null;
  #open = (): void => {};
  /** Of a step that has not been rejected yet: those accepted behind it share it. */
  #failure: Error | null = null;

  constructor(script: Script = {}) {
    this.info = { ...INFO, ...script.info };
    let lose!: (reason: string) => void;
    this.lost = new Promise((resolve) => (lose = resolve));
    this.lose = lose;
    this.#script = script;
    this.#device = new ContextDevice(this.info);
  }

  /** Steps do not end until `release`. */
  hold(): void {
    this.#gate = new Promise((resolve) => (this.#open = resolve));
  }

  release(): void {
    this.#open();
    this.#gate = null;
  }

  async execute(plan: StepPlan): Promise<StepResult> {
    if (this.disposals > 0) throw new DisposedError("the scripted backend was used after dispose()");
    const error = this.#failure ?? this.#script.fails?.(plan, this.executed) ?? null;
    this.executed++;
    this.#failure = error;
    const result = error === null ? this.#resultOf(plan) : null;
    await (this.#gate ?? new Promise((resolve) => setImmediate(resolve)));
    if (result !== null) return result;
    if (this.#failure === error) this.#failure = null;
    throw error;
  }

  async readBlocks(): Promise<Uint8Array> {
    return new Uint8Array();
  }

  async writeBlocks(): Promise<void> {}

  async dispose(): Promise<void> {
    this.disposals++;
  }

  /** Log probabilities say where they come from: -(row + 1) of the chosen one, and of the n-th likeliest id n. */
  #resultOf(plan: StepPlan): StepResult {
    const { sampleCount } = plan;
    const samples = this.#device.run(plan);
    const { tokenAfter } = this.#script;
    if (tokenAfter !== undefined) {
      for (let i = 0; i < sampleCount; i++) samples[i] = tokenAfter(plan.positions[plan.sampleRows[i]]);
    }
    const logprobs = Float32Array.from({ length: sampleCount }, (_, i) => -1 - plan.positions[plan.sampleRows[i]]);
    const topIds = Int32Array.from({ length: sampleCount * MAX_TOP_LOGPROBS }, (_, i) => i % MAX_TOP_LOGPROBS);
    return { tokenIds: samples, logprobs, topIds, topLogprobs: Float32Array.from(topIds, (id) => -id) };
  }
}

/** One id a byte of UTF-8. */
export const byteTokenizer: Tokenizer = {
  vocabSize: 256,
  droppedLeadingSpaces: 0,
  encode: (text) => [...new TextEncoder().encode(text)],
  decode: (ids) => decodeTokenBytes(byteTokenizer, ids),
  tokenBytes: (id) => (id < 256 ? new Uint8Array([id]) : new Uint8Array()),
};

/** A script that answers with this text to any prompt of one token, and then with id 0 for ever. */
export function answering(text: string): (position: number) => number {
  const ids = byteTokenizer.encode(text);
  return (position) => ids[position] ?? 0;
}
