import { MAX_TOP_LOGPROBS } from "./config.ts";
import { withDefaults } from "./option-checks.ts";
import { check, checkFields, checkTokenIds, isIntegerIn } from "./request-checks.ts";

/** How the next token is chosen; see `sampling/` for the exact rule. */
export interface SamplingParams {
  /** 0 is greedy; else logits are divided by it. Default 0. */
  readonly temperature: number;
  /** Keep the k likeliest tokens (ties with the k-th are kept); 0 keeps all. Default 0. */
  readonly topK: number;
  /** Keep the smallest set of likeliest tokens whose probability reaches p, in (0, 1]. Default 1. */
  readonly topP: number;
  /** Keep tokens at least minP times as likely as the likeliest, in [0, 1]. Default 0. */
  readonly minP: number;
  /** Non-negative integer up to 2^53 - 1. Default 0. */
  readonly seed: number;
  /** Top log probabilities wanted beside the chosen token's, 0..20; -1 for none at all. Default -1. */
  readonly logprobs: number;
  /** Logits of tokens in the prompt or the answer: above 0 divided by it, else multiplied. Above 0. Default 1. */
  readonly repetitionPenalty: number;
  /** Taken off the logits of tokens in the answer. Default 0. */
  readonly presencePenalty: number;
  /** Taken off the logits of tokens in the answer, once for each time. Default 0. */
  readonly frequencyPenalty: number;
  /** Added to the logit of each id: finite, or minus infinity, which bans it. Default none. */
  readonly logitBias: Readonly<Record<number, number>>;
  /** Ids that are never chosen. Default none. */
  readonly badTokenIds: readonly number[];
  /** Tokens of the answer before which no stop id is chosen. Default 0. */
  readonly minTokens: number;
}

/** The defaults: greedy. */
export const GREEDY: SamplingParams = Object.freeze({
  temperature: 0,
  topK: 0,
  topP: 1,
  minP: 0,
  seed: 0,
  logprobs: -1,
  repetitionPenalty: 1,
  presencePenalty: 0,
  frequencyPenalty: 0,
  logitBias: Object.freeze({}),
  badTokenIds: Object.freeze([]),
  minTokens: 0,
});

/** Ids of `logitBias`, and of `badTokenIds`: each travels with every step, and OpenAI's API takes 1,024. */
export const MAX_LISTED_IDS = 4096;

/** Fills in defaults and checks ranges. Throws `InvalidRequestError` that names the field and the value. */
export function resolveSampling(params: Partial<SamplingParams> | undefined): SamplingParams {
  if (params === undefined) return GREEDY;
  checkFields("sampling", params, Object.keys(GREEDY));
  const p = withDefaults(GREEDY, params);
  check(Number.isFinite(p.temperature) && p.temperature >= 0, "temperature", p.temperature, "a finite number >= 0");
  check(isIntegerIn(p.topK, 0, 2 ** 31 - 1), "topK", p.topK, "an integer >= 0 (0 keeps all)");
  check(p.topP > 0 && p.topP <= 1, "topP", p.topP, "in (0, 1]");
  check(p.minP >= 0 && p.minP <= 1, "minP", p.minP, "in [0, 1]");
  check(isIntegerIn(p.seed, 0, Number.MAX_SAFE_INTEGER), "seed", p.seed, "an integer in [0, 2^53)");
  const wanted = `an integer in [-1, ${MAX_TOP_LOGPROBS}]`;
  check(isIntegerIn(p.logprobs, -1, MAX_TOP_LOGPROBS), "logprobs", p.logprobs, wanted);
  checkEdits(p);
  return { ...p, badTokenIds: [...p.badTokenIds], logitBias: { ...p.logitBias } };
}

function checkEdits(p: SamplingParams): void {
  const { repetitionPenalty, minTokens, badTokenIds, logitBias } = p;
  const isScale = Number.isFinite(repetitionPenalty) && isPositiveReal(Math.fround(repetitionPenalty));
  check(isScale, "repetitionPenalty", repetitionPenalty, "a finite number above 0");
  for (const name of ["presencePenalty", "frequencyPenalty"] as const) {
    check(Number.isFinite(p[name]), name, p[name], "a finite number");
  }
  check(isIntegerIn(minTokens, 0, Number.MAX_SAFE_INTEGER), "minTokens", minTokens, "an integer >= 0");
  checkTokenIds("badTokenIds", badTokenIds, MAX_LISTED_IDS);
  const isRecord = logitBias !== null && typeof logitBias === "object" && !Array.isArray(logitBias);
  check(isRecord, "logitBias", logitBias, "an object of numbers by token id");
  const entries = Object.entries(logitBias);
  check(entries.length <= MAX_LISTED_IDS, "logitBias", `${entries.length} ids`, `of ${MAX_LISTED_IDS} ids at most`);
  for (const [id, bias] of entries) {
    check(/^\d{1,10}$/.test(id) && isIntegerIn(Number(id), 0, 2 ** 31 - 1), "logitBias", id, "by token ids");
    const isBias = Number.isFinite(Math.fround(bias)) || bias === Number.NEGATIVE_INFINITY;
    check(isBias, `logitBias[${id}]`, bias, "a finite number or -Infinity");
  }
}

function isPositiveReal(value: number): boolean {
  return Number.isFinite(value) && value > 0;
}
