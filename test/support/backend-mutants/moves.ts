import type { StepPlan, StepResult } from "../../../src/step.ts";
import { type BackendMutant, ToyBackend } from "./backend-mutant.ts";

type Move = "swapOut" | "swapIn" | "copy";

/** Moves in another order than the contract's. */
function inOrder(...order: readonly Move[]): typeof ToyBackend {
  return class extends ToyBackend {
    override move(plan: StepPlan): void {
      const { device, host } = this;
      for (const each of order) {
        if (each === "swapOut") this.copyBlocks(plan.swapOuts, plan.swapOutCount, device, host);
        if (each === "swapIn") this.copyBlocks(plan.swapIns, plan.swapInCount, host, device);
        if (each === "copy") this.copyBlocks(plan.copies, plan.copyCount, device, device);
      }
    }
  };
}

class MovesLast extends ToyBackend {
  override run(plan: StepPlan): StepResult {
    const result = super.run({ ...plan, copyCount: 0 });
    this.copyBlocks(plan.copies, plan.copyCount, this.device, this.device);
    return result;
  }
}

class FirstPairOnly extends ToyBackend {
  override copyBlocks(pairs: Int32Array, count: number, from: Int32Array, to: Int32Array): void {
    super.copyBlocks(pairs, Math.min(1, count), from, to);
  }
}

class ReadsPastTheCount extends ToyBackend {
  override copyBlocks(pairs: Int32Array, _: number, from: Int32Array, to: Int32Array): void {
    super.copyBlocks(pairs, Math.floor(pairs.length / 2), from, to);
  }
}

class PairsTurnedRound extends ToyBackend {
  override copyBlocks(pairs: Int32Array, count: number, from: Int32Array, to: Int32Array): void {
    const turned = pairs.map((_, i) => pairs[i ^ 1] ?? 0);
    super.copyBlocks(from === to ? turned : pairs, count, from, to);
  }
}

/** The last slot of a block is forgotten. */
class ShortCopies extends ToyBackend {
  override copyBlocks(pairs: Int32Array, count: number, from: Int32Array, to: Int32Array): void {
    const { blockSize } = this.info;
    const length = Math.max(1, blockSize - 1);
    for (let i = 0; i < count; i++) {
      const [source, target] = [pairs[2 * i] * blockSize, pairs[2 * i + 1] * blockSize];
      to.set(from.subarray(source, source + length), target);
    }
  }
}

class OneHostBlock extends ToyBackend {
  override copyBlocks(pairs: Int32Array, count: number, from: Int32Array, to: Int32Array): void {
    const host = (block: number): number => Math.min(block, 1);
    const shared = pairs.map((block, i) => {
      const isHost = i % 2 === 0 ? from === this.host : to === this.host;
      return isHost ? host(block) : block;
    });
    super.copyBlocks(shared, count, from, to);
  }
}

export const moveMutants: readonly BackendMutant[] = [
  { bug: "copies come before swap-ins", Backend: inOrder("swapOut", "copy", "swapIn") },
  { bug: "copies come first", Backend: inOrder("copy", "swapOut", "swapIn") },
  { bug: "swap-ins come before swap-outs", Backend: inOrder("swapIn", "swapOut", "copy") },
  { bug: "nothing is swapped out", Backend: inOrder("swapIn", "copy") },
  { bug: "nothing is swapped in", Backend: inOrder("swapOut", "copy") },
  { bug: "nothing is copied", Backend: inOrder("swapOut", "swapIn") },
  { bug: "copies come behind the step's own tokens", Backend: MovesLast },
  { bug: "of each list the first pair is moved", Backend: FirstPairOnly },
  { bug: "a list is read past its count", Backend: ReadsPastTheCount },
  { bug: "source and target of copies are taken for each other", Backend: PairsTurnedRound },
  { bug: "the last slot of a block is not moved", Backend: ShortCopies },
  { bug: "every swap uses one host block", Backend: OneHostBlock },
];
