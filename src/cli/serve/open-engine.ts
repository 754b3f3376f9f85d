import { contextThatFits } from "../../blocks/accounting.ts";
import { Engine } from "../../engine/engine.ts";
import type { EngineOptions } from "../../engine/options.ts";
import type { OpenedModel } from "../../models/index.ts";
import type { MeasuredBudget } from "../../policies/budget/measured.ts";
import { admissionNamed, evictionNamed, preemptionNamed, queueNamed } from "../../policies/names.ts";
import { chunkingNamed } from "../../prefill/names.ts";
import { chooseBackend } from "../choose-backend.ts";
import { budgetOf } from "../engine-options.ts";
import { UsageError } from "../failure.ts";
import { defaultBlockCount } from "../generate/block-count.ts";
import type { Io } from "../io.ts";
import type { ServeOptions } from "./options.ts";

/** What the server knows of its engine beside it. */
export interface EngineFacts {
  /** Most tokens of a prompt and its answer. */
  readonly contextLength: number;
  readonly backendName: string;
}

/** The engine of `bstar serve`. Rejects with `UsageError` for policies that contradict each other. */
export async function openEngine(
  options: ServeOptions,
  { loaded, events, io }: { loaded: OpenedModel; events: Partial<EngineOptions>; io: Pick<Io, "stderr"> },
): Promise<{ readonly engine: Engine; readonly facts: EngineFacts }> {
  const { blockSize, tokenBudget, maxRequests, kv, maxWaiting } = options;
  const { model, tokenizer, eosTokenIds, chat } = loaded;
  const budget = budgetOf(options);
  const lengths = Array.from({ length: maxRequests }, () => loaded.contextLength);
  const blockCount =
    options.blocks ?? defaultBlockCount(model.config, { lengths, maxRequests, blockSize, kv: kv ?? "f32" });
  const sizes = { model, blockCount, blockSize, maxTokens: tokenBudget, maxRequests };
  const backend = await chooseBackend(options.backend, { ...sizes, ...(kv === undefined ? {} : { kv }) }, io);
  const { info } = backend;
  const limit = Math.min(loaded.contextLength, info.contextLength);
  const contextLength = contextThatFits({ blockCount: info.blockCount, blockSize, groups: info.groups, limit });
  const engine = new Engine({
    backend,
    tokenizer,
    chat,
    stopTokenIds: eosTokenIds,
    contextLength,
    maxWaitingRequests: maxWaiting,
    budget,
    ...policiesOf(options, budget),
    ...events,
  });
  return { engine, facts: { contextLength, backendName: info.name } };
}

/** Throws `UsageError` for options that contradict each other, before anything is loaded. */
export function checkPolicies(options: ServeOptions): void {
  policiesOf(options, budgetOf(options));
}

/** The policies of the same names that `bstar simulate` takes. Throws `UsageError`. */
function policiesOf(options: ServeOptions, budget: MeasuredBudget | undefined) {
  const { queue, admission, preemption, chunking, eviction, targetMs } = options;
  if (chunking === "slo" && targetMs === undefined) {
    throw new UsageError("--chunking slo needs a target to keep: give --budget measured --target-ms, too");
  }
  const slo = {
    ...(targetMs !== undefined && { target: targetMs / 1000 }),
    ...(budget !== undefined && { stepTime: (tokens: number) => budget.predict(tokens) }),
  };
  return {
    queue: queueNamed(queue),
    admission: admissionNamed(admission),
    preemption: preemptionNamed(preemption),
    chunking: chunkingNamed(chunking, slo),
    eviction: evictionNamed(eviction),
  };
}
