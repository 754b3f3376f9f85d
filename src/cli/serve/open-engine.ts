import { contextThatFits } from "../../blocks/accounting.ts";
import { Engine } from "../../engine/engine.ts";
import { grammars } from "../../grammar/index.ts";
import type { OpenedModel } from "../../models/index.ts";
import type { MeasuredBudget } from "../../policies/budget/measured.ts";
import { admissionNamed, evictionNamed, preemptionNamed, queueNamed } from "../../policies/names.ts";
import { chunkingNamed } from "../../prefill/names.ts";
import type { EngineEvents } from "../../worker/index.ts";
import { chooseBackend, type Openers } from "../choose-backend.ts";
import { budgetOf } from "../engine-options.ts";
import { UsageError } from "../failure.ts";
import { defaultBlockCount } from "../generate/block-count.ts";
import type { Io } from "../io.ts";
import type { ServedEngineOptions } from "./options.ts";
import { recordTo } from "./recording.ts";

/** What the server says of its engine. */
export interface EngineFacts {
  readonly backendName: string;
  /** Most tokens of a request: the model's, or what the pool holds. */
  readonly contextLength: number;
}

/** The engine that the options describe; it takes the model's weights, whose files the caller closes. */
export async function openEngine(
  options: ServedEngineOptions,
  { model, tokenizer, eosTokenIds, chat, contextLength: longest }: OpenedModel,
  { io, events, openers }: { io: Pick<Io, "stderr">; events: EngineEvents; openers?: Openers },
): Promise<{ readonly engine: Engine; readonly info: EngineFacts }> {
  const { blockSize, tokenBudget: maxTokens, maxRequests, kv, maxWaiting } = options;
  const lengths = Array.from({ length: maxRequests }, () => longest);
  const demand = { lengths, maxRequests, blockSize, kv: kv ?? "f32" };
  const blockCount = options.blocks ?? defaultBlockCount(model.config, demand);
  const sizes = { model, blockCount, blockSize, maxTokens, maxRequests, ...(kv === undefined ? {} : { kv }) };
  const backend = await chooseBackend(options.backend, sizes, io, openers);
  const { groups, name: backendName, contextLength: ofBackend } = backend.info;
  const limit = Math.min(longest, ofBackend);
  const contextLength = contextThatFits({ blockCount: backend.info.blockCount, blockSize, groups, limit });
  const { record } = options;
  const engine = new Engine({
    backend,
    record: record === undefined ? undefined : recordTo(record, io),
    tokenizer,
    chat,
    grammars: grammars({ tokenizer, vocabSize: backend.info.vocabSize }),
    stopTokenIds: eosTokenIds,
    contextLength,
    maxWaitingRequests: maxWaiting,
    ...policiesOf(options),
    ...events,
  });
  return { engine, info: { backendName, contextLength } };
}

/** The policies of the same names that `bstar simulate` takes. Throws `UsageError`. */
export function policiesOf(options: ServedEngineOptions) {
  const { queue, admission, preemption, chunking, eviction, targetMs } = options;
  const budget = budgetOf(options);
  return {
    queue: queueNamed(queue),
    admission: admissionNamed(admission),
    preemption: preemptionNamed(preemption),
    chunking: chunkingNamed(chunking, sloOf(chunking, budget, targetMs)),
    eviction: evictionNamed(eviction),
    budget,
  };
}

function sloOf(chunking: string, budget: MeasuredBudget | undefined, targetMs: number | undefined) {
  if (chunking !== "slo") return {};
  if (budget === undefined || targetMs === undefined) {
    throw new UsageError("--chunking slo needs a target to keep: give --budget measured --target-ms, too");
  }
  return { target: targetMs / 1000, stepTime: (tokens: number) => budget.predict(tokens) };
}
