import {
  type EngineFigures,
  gpuUnder,
  SERVING_MEMORY,
  SGLANG_FIGURES,
  type Setup,
  TRTLLM_12_FIGURES,
  TRTLLM_FIGURES,
  VLLM_FIGURES,
} from "../roofline/index.ts";
import { unknownName } from "../unknown-name.ts";
import type { PolicyNames } from "./named-policies.ts";
import type { MemoryOptions } from "./options.ts";

/** An engine as the simulator knows it: policies of ours, default limits, and figures of its servers. */
export interface EnginePreset {
  readonly name: string;
  /** Null: the GPU's own figures. */
  readonly figures: EngineFigures | null;
  /** Whether it decides the next step while one runs. */
  readonly planAhead: boolean;
  /** Seconds from a request's arrival until its scheduler sees it. */
  readonly frontEndSeconds: number;
  readonly blockSize: number;
  readonly maxRequests: number;
  readonly tokenBudget: number;
  readonly policies: Required<PolicyNames>;
  readonly memory: MemoryOptions;
  /** Where limits and order are from, for people. */
  readonly source: string;
}

/**
 * Fitted on the first tokens of 32 open runs of vLLM 0.15.1 (5 to 8 ms by the half of them that is used); engines
 * without such runs are given it, too.
 */
const FRONT_END_SECONDS = 6.7e-3;

const POLICIES: Required<PolicyNames> = Object.freeze({
  queue: "fcfs",
  admission: "watermark",
  preemption: "last-in",
  chunking: "fcfs",
  budget: "fixed",
  eviction: "lru",
});

const BSTAR: EnginePreset = {
  name: "bstar",
  figures: null,
  planAhead: true,
  frontEndSeconds: FRONT_END_SECONDS,
  blockSize: 16,
  maxRequests: 256,
  tokenBudget: 512,
  policies: POLICIES,
  memory: SERVING_MEMORY,
  source: "the defaults of this library; the GPU's own figures",
};

const VLLM: EnginePreset = {
  ...BSTAR,
  name: "vllm-0.15",
  figures: VLLM_FIGURES,
  tokenBudget: 8192,
  source: "vLLM 0.15 server on a GPU of 70 GiB and more: asynchronous scheduling, 8,192 tokens a step; 256 requests",
};

const TRTLLM: EnginePreset = {
  ...BSTAR,
  name: "trtllm",
  figures: TRTLLM_FIGURES,
  blockSize: 32,
  tokenBudget: 8192,
  policies: { ...POLICIES, admission: "no-evict" },
  source: "TensorRT-LLM 1.0: overlap scheduler, GUARANTEED_NO_EVICT, max_num_tokens 8,192, 32 tokens a block",
};

const PRESETS: readonly EnginePreset[] = [
  BSTAR,
  VLLM,
  {
    ...VLLM,
    name: "vllm-0.8",
    planAhead: false,
    tokenBudget: 2048,
    source: "vLLM 0.8 to 0.13: one step at a time, 2,048 tokens a step, 256 requests; times as vLLM 0.15's",
  },
  {
    ...BSTAR,
    name: "sglang",
    figures: SGLANG_FIGURES,
    tokenBudget: 8192,
    memory: { memoryShare: 0.782, reservedBytes: 0 },
    source:
      "SGLang 0.5: overlap scheduler, chunked_prefill_size 8,192; " +
      "blocks of 16 tokens in the place of single ones; memory from two runs on one H100",
  },
  TRTLLM,
  { ...TRTLLM, name: "trtllm-1.2", figures: TRTLLM_12_FIGURES, source: `${TRTLLM.source}; times of 1.2` },
  {
    ...BSTAR,
    name: "vidur",
    planAhead: false,
    frontEndSeconds: 0,
    maxRequests: 128,
    source:
      "Vidur's Sarathi scheduler: one step at a time, 512 tokens a step, 128 requests, no front end (arXiv 2405.05465)",
  },
];

/** Every preset by name, in the order of the documentation. */
export const ENGINES: ReadonlyMap<string, EnginePreset> = new Map(
  PRESETS.map((preset) => [preset.name, Object.freeze(preset)]),
);

/**
 * The preset of that name; a name with a version (`vllm-0.12.0`) is the newest preset of that engine which is not
 * newer. Throws `InvalidOptionError` that lists the known names.
 */
export function engineNamed(name: string): EnginePreset {
  const known = ENGINES.get(name);
  if (known !== undefined) return known;
  const [, family = "", version = ""] = /^([a-z]+)-(\d[\w.]*)$/.exec(name) ?? [];
  const older = PRESETS.filter(
    (preset) => familyOf(preset) === family && compareVersions(versionOf(preset), version) <= 0,
  );
  const newest = older.toSorted((a, b) => compareVersions(versionOf(b), versionOf(a)))[0];
  if (newest === undefined) throw unknownName("engine", name, ENGINES.keys(), ", or one of these with a version");
  return newest;
}

function familyOf({ name }: EnginePreset): string {
  return name.split("-", 1)[0];
}

/** "0" where the name has none: older than all. */
function versionOf({ name }: EnginePreset): string {
  return name.split("-")[1] ?? "0";
}

function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map((version) => version.split(".").map((part) => Number.parseInt(part, 10) || 0));
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** The setup as that engine runs it: the same model, the GPU with the engine's figures. */
export function setupUnder(engine: EnginePreset, setup: Setup): Setup {
  return { ...setup, gpu: gpuUnder(engine.figures, setup.gpu) };
}
