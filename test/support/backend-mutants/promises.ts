import type { SamplingColumns, StepPlan, StepResult } from "../../../src/step.ts";
import { type BackendMutant, ToyBackend, WINDOWED } from "./backend-mutant.ts";

/** A turn of the event loop. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** A device that begins everything a turn late, in order. It keeps the contract. */
export class LateBackend extends ToyBackend {
  readonly #failures: unknown[] = [];

  override async execute(plan: StepPlan): Promise<StepResult> {
    const early = structuredClone(plan);
    const failures = this.#failures.length;
    await turn();
    if (this.#failures.length > failures) throw this.#failures.at(-1) as Error;
    return super.execute(this.columnsOf(early, plan)).catch((error: unknown) => {
      this.#failures.push(error);
      throw error as Error;
    });
  }

  /** `late`: the plan's own columns, which the next plan may have written over. */
  columnsOf(early: StepPlan, _late: StepPlan): StepPlan {
    return early;
  }

  override async readBlocks(blocks: ArrayLike<number>): Promise<Uint8Array> {
    const asked = Array.from(blocks);
    await turn();
    return super.readBlocks(asked);
  }

  override async writeBlocks(blocks: ArrayLike<number>, data: Uint8Array): Promise<void> {
    const [asked, bytes] = [Array.from(blocks), data.slice()];
    await turn();
    await super.writeBlocks(asked, bytes);
  }
}

/** Some columns are read a turn after `execute` has returned, all others at once. */
function late(pick: (late: StepPlan, early: StepPlan) => Partial<StepPlan>): typeof ToyBackend {
  return class extends LateBackend {
    override columnsOf(early: StepPlan, plan: StepPlan): StepPlan {
      return { ...early, ...pick(plan, early) };
    }
  };
}

const lateColumn = (name: keyof StepPlan): typeof ToyBackend => late((plan) => ({ [name]: plan[name] }));
const lateSampling = (name: keyof SamplingColumns): typeof ToyBackend =>
  late(({ sampling }, early) => ({ sampling: { ...early.sampling, [name]: sampling[name] } }));
const lateGroups = (name: "slotMapping" | "tables" | "changes"): typeof ToyBackend =>
  late(({ groups }, early) => ({ groups: early.groups.map((group, i) => ({ ...group, [name]: groups[i][name] })) }));

class OneResult extends ToyBackend {
  readonly #ids = new Int32Array(64);

  override async execute(plan: StepPlan): Promise<StepResult> {
    const result = await super.execute(plan);
    this.#ids.set(result.tokenIds);
    return { ...result, tokenIds: this.#ids };
  }
}

class FailsAlone extends ToyBackend {
  override async execute(plan: StepPlan): Promise<StepResult> {
    const result = this.run(plan);
    await Promise.resolve();
    return result;
  }
}

class FailsForGood extends ToyBackend {
  #error: unknown = null;

  override async execute(plan: StepPlan): Promise<StepResult> {
    if (this.#error !== null) throw this.#error as Error;
    return super.execute(plan).catch((error: unknown) => {
      this.#error = error;
      throw error as Error;
    });
  }
}

/** What failed was half done: its tables are forgotten, and the next plan's whole tables are not taken. */
class ForgetsTables extends ToyBackend {
  override checkAdapters(plan: StepPlan): void {
    try {
      super.checkAdapters(plan);
    } catch (error) {
      for (const tables of this.tables) tables.fill(0);
      throw error;
    }
  }

  override applyChange(plan: StepPlan, group: number, slot: number, first: number, end: number): void {
    super.applyChange(plan, group, slot, Math.max(first, end - 1), end);
  }
}

class ReadsInOrderOfIds extends ToyBackend {
  override readBlocks(blocks: ArrayLike<number>): Promise<Uint8Array> {
    return super.readBlocks(Array.from(blocks).toSorted((a, b) => a - b));
  }
}

class WritesLate extends ToyBackend {
  override async writeBlocks(blocks: ArrayLike<number>, data: Uint8Array): Promise<void> {
    await turn();
    await super.writeBlocks(blocks, data);
  }
}

class WritesOneBlock extends ToyBackend {
  override writeBlocks(blocks: ArrayLike<number>, data: Uint8Array): Promise<void> {
    return super.writeBlocks(Array.from(blocks).slice(0, 1), data);
  }
}

class LastBlockUnusable extends ToyBackend {
  override bytesOf(block: number): Uint8Array {
    return super.bytesOf(Math.min(block, this.info.blockCount - 1));
  }

  override blockOf(...args: Parameters<ToyBackend["blockOf"]>): number {
    return Math.min(super.blockOf(...args), this.info.blockCount - 1);
  }
}

class DisposeDoesNothing extends ToyBackend {
  override async dispose(): Promise<void> {}
}

export const promiseMutants: readonly BackendMutant[] = [
  ...(
    [
      "tokenIds",
      "positions",
      "requestSlots",
      "adapterIds",
      "sampleIndptr",
      "sampleRows",
      "swapOuts",
      "swapIns",
      "copies",
    ] as const
  ).map((name) => ({ bug: `${name} is read late`, Backend: lateColumn(name) })),
  ...(["slotMapping", "tables", "changes"] as const).map((name) => ({
    bug: `${name} of a group is read late`,
    Backend: lateGroups(name),
  })),
  ...(["temperature", "topK", "topP", "minP", "seed", "choice", "logprobs"] as const).map((name) => ({
    bug: `${name} is read late`,
    Backend: lateSampling(name),
  })),
  ...(["tokenCount", "requestCount", "sampleCount", "copyCount", "swapOutCount", "swapInCount"] as const).map(
    (name) => ({
      bug: `${name} is read late`,
      Backend: lateColumn(name),
    }),
  ),
  { bug: "tables of a ring are read late", Backend: lateGroups("tables"), groups: WINDOWED },
  { bug: "one array of ids is every step's result", Backend: OneResult },
  { bug: "the step behind a failed one goes on", Backend: FailsAlone },
  { bug: "a failed step fails all that come later", Backend: FailsForGood },
  { bug: "of each change the last block is applied", Backend: ForgetsTables },
  { bug: "blocks are read in the order of their ids", Backend: ReadsInOrderOfIds },
  { bug: "blocks are written a turn late", Backend: WritesLate },
  { bug: "of several blocks the first is written", Backend: WritesOneBlock },
  { bug: "the last block is the one before it", Backend: LastBlockUnusable },
  { bug: "a backend that was disposed goes on", Backend: DisposeDoesNothing },
];
