import type { LogprobColumns, LogprobWriter, Sampler } from "../../../src/sampling/index.ts";
import type { SamplingColumns, StepPlan, StepResult } from "../../../src/step.ts";
import type { ToyRow } from "../toy-backend.ts";
import { type BackendMutant, ToyBackend } from "./backend-mutant.ts";

/** Samples with other columns than the plan's. */
function withColumns(
  change: (columns: SamplingColumns, plan: StepPlan) => Partial<SamplingColumns>,
): typeof ToyBackend {
  return class extends ToyBackend {
    override choose(sampler: Sampler, logits: Float32Array, plan: StepPlan, sample: number): number {
      const sampling = { ...plan.sampling, ...change(plan.sampling, plan) };
      return super.choose(sampler, logits, { ...plan, sampling }, sample);
    }
  };
}

/** The row of the first sample that each sample shares its token row with. */
function firstOfRow({ sampleRows, sampleCount }: StepPlan): number[] {
  const rows = [...sampleRows.subarray(0, sampleCount)];
  return rows.map((row) => rows.indexOf(row));
}

const OneSampleARow = withColumns(({ choice }, plan) => {
  const first = firstOfRow(plan);
  return { choice: choice.map((each, i) => choice[first[i]] ?? each) };
});

/** Only the first sample of a row is chosen; the others keep what was there. */
class LaterChoicesAreZero extends ToyBackend {
  override choose(sampler: Sampler, logits: Float32Array, plan: StepPlan, sample: number): number {
    return firstOfRow(plan)[sample] === sample ? super.choose(sampler, logits, plan, sample) : 0;
  }
}

/** Sample i is taken after the i-th request's last token. */
class LastTokenOfRequest extends ToyBackend {
  override positionOf({ contextLengths, sampleIndptr, requestCount, ...plan }: StepPlan, sample: number): number {
    const request = sampleIndptr.subarray(1, requestCount + 1).findIndex((end) => sample < end);
    return plan.sampleCount > 0 ? contextLengths[request] - 1 : 0;
  }
}

/** Log probabilities are those after temperature. */
class LogprobsOfDistribution extends ToyBackend {
  override writeLogprobs(
    writer: LogprobWriter,
    columns: LogprobColumns,
    logits: Float32Array,
    plan: StepPlan,
    sample: number,
  ): void {
    super.writeLogprobs(
      writer,
      columns,
      logits.map((each) => each / 2),
      plan,
      sample,
    );
  }
}

class OneLogprobTooFew extends ToyBackend {
  override writeLogprobs(
    writer: LogprobWriter,
    columns: LogprobColumns,
    logits: Float32Array,
    { sampling, ...plan }: StepPlan,
    sample: number,
  ): void {
    const logprobs = sampling.logprobs.map((wanted) => Math.max(wanted - 1, Math.min(wanted, 0)));
    super.writeLogprobs(writer, columns, logits, { ...plan, sampling: { ...sampling, logprobs } }, sample);
  }
}

class GreedyTakesTheLast extends ToyBackend {
  override choose(sampler: Sampler, logits: Float32Array, plan: StepPlan, sample: number): number {
    if (plan.sampling.temperature[sample] > 0) return super.choose(sampler, logits, plan, sample);
    return logits.lastIndexOf(Math.max(...logits));
  }

  /** Tokens 2i and 2i + 1 are tied. */
  override logitsOf(plan: StepPlan): Float32Array {
    const logits = super.logitsOf(plan);
    return logits.map((_, i) => logits[i - ((i % this.info.vocabSize) % 2)]);
  }
}

class PositionOfTheRow extends ToyBackend {
  override choose(sampler: Sampler, logits: Float32Array, plan: StepPlan, sample: number): number {
    return sampler.sample(logits, plan.sampling, sample, this.positionOf(plan, sample));
  }
}

class NeverFlags extends ToyBackend {
  override flagsOf(): number {
    return 0;
  }
}

class FlagsTheStep extends ToyBackend {
  override sampled(plan: StepPlan, logits: Float32Array): StepResult {
    const result = super.sampled(plan, logits);
    return { ...result, sampleFlags: result.sampleFlags?.fill(Math.max(0, ...result.sampleFlags)) };
  }
}

class SamplesByRow extends ToyBackend {
  override input({ tokenIds }: StepPlan, token: number): number {
    return tokenIds[token] < 0 ? (this.samples[token] ?? 0) : tokenIds[token];
  }
}

class SamplesOfTheFirst extends ToyBackend {
  override input({ tokenIds }: StepPlan, token: number): number {
    return tokenIds[token] < 0 ? this.samples[0] : tokenIds[token];
  }
}

/** A token of a chunk sees those behind it. */
class SeesWhatComes extends ToyBackend {
  override lastSeen({ contextLengths }: StepPlan, { request }: ToyRow): number {
    return contextLengths[request] - 1;
  }
}

/** Each row is written when it is computed: what a row behind it writes is not there yet. */
class WritesRowByRow extends ToyBackend {
  override run(plan: StepPlan): StepResult {
    const shared = plan.requestCount > 1;
    if (!shared) return super.run(plan);
    const last = plan.requestCount - 1;
    const tokens = plan.queryIndptr[last];
    const before = this.device.slice();
    const result = super.run(plan);
    // The last row's own tokens are there, those of the rows before it are not.
    const own = new Set(plan.groups.flatMap(({ slotMapping }) => [...slotMapping.subarray(tokens, plan.tokenCount)]));
    const now = this.device.slice();
    for (let slot = 0; slot < before.length; slot++) if (!own.has(slot)) this.device[slot] = before[slot];
    const logits = this.logitsOf(plan);
    this.device.set(now);
    result.logits?.set(
      logits.subarray(plan.sampleIndptr[last] * this.info.vocabSize),
      plan.sampleIndptr[last] * this.info.vocabSize,
    );
    return result;
  }
}

export const sampleMutants: readonly BackendMutant[] = [
  { bug: "a row sampled several times gives one token", Backend: OneSampleARow },
  { bug: "a row's later samples are left out", Backend: LaterChoicesAreZero },
  { bug: "samples are taken after the last token of a request", Backend: LastTokenOfRequest },
  { bug: "log probabilities are of the distribution after temperature", Backend: LogprobsOfDistribution },
  { bug: "the last of the top log probabilities is missing", Backend: OneLogprobTooFew },
  { bug: "greedy takes the last of equal ids", Backend: GreedyTakesTheLast },
  { bug: "a draw has its row's position", Backend: PositionOfTheRow },
  { bug: "the choice is ignored", Backend: withColumns(({ choice }) => ({ choice: choice.map(() => 0) })) },
  {
    bug: "the high word of the seed is ignored",
    Backend: withColumns(({ seed }) => ({ seed: seed.map((word, i) => (i % 2 === 0 ? word : 0)) })),
  },
  {
    bug: "every sample has the first one's seed",
    Backend: withColumns(({ seed }) => ({ seed: seed.map((_, i) => seed[i % 2]) })),
  },
  {
    bug: "every sample has the first one's temperature",
    Backend: withColumns(({ temperature }) => ({ temperature: temperature.map(() => temperature[0]) })),
  },
  { bug: "top-k is ignored", Backend: withColumns(({ topK }) => ({ topK: topK.map(() => 0) })) },
  { bug: "top-p is ignored", Backend: withColumns(({ topP }) => ({ topP: topP.map(() => 1) })) },
  { bug: "min-p is ignored", Backend: withColumns(({ minP }) => ({ minP: minP.map(() => 0) })) },
  { bug: "logits that are NaN are not flagged", Backend: NeverFlags },
  { bug: "one NaN flags the whole step", Backend: FlagsTheStep },
  { bug: "samples are fed back by row", Backend: SamplesByRow },
  { bug: "every sample fed back is the first", Backend: SamplesOfTheFirst },
  { bug: "a token sees those behind it", Backend: SeesWhatComes },
  { bug: "rows do not see what others of the step write", Backend: WritesRowByRow },
];
