import { describe, expect, test } from "vitest";
import { findBreach } from "../../../../src/testing/allocator/breach.ts";
import { countLaws } from "../../../../src/testing/allocator/laws/counts.ts";
import type { AllocatorSizes, BlockCounts, Command } from "../../../../src/testing/index.ts";
import type { Mutant } from "../../../support/mutants/mutant.ts";
import { counterAfterSwap } from "../../../support/mutants/counter-after-swap.ts";
import { doubleFree } from "../../../support/mutants/double-free.ts";
import { exhaustionFailsAnother } from "../../../support/mutants/exhaustion-fails-another.ts";
import { exhaustionKeepsHalf } from "../../../support/mutants/exhaustion-keeps-half.ts";
import { hostDoubleFree } from "../../../support/mutants/host-double-free.ts";
import { lostOnAbortForked } from "../../../support/mutants/lost-on-abort-forked.ts";
import { lostOnAbortInFlight } from "../../../support/mutants/lost-on-abort-in-flight.ts";
import { lostOnAbortSwapped } from "../../../support/mutants/lost-on-abort-swapped.ts";
import { refusesWhatFits } from "../../../support/mutants/refuses-what-fits.ts";
import { PagedAllocator } from "../../../support/paged-allocator.ts";

const SIZES: AllocatorSizes = { blockCount: 2, blockSize: 2, maxTokens: 16, windows: [null], hostBlockCount: 2 };
const allocate = (sequence: number, ...tokens: number[]): Command => ({ kind: "allocate", sequence, tokens });

/** What is said of a broken law; null where it holds. */
function breachOf(name: string, { make }: Pick<Mutant, "make">, commands: readonly Command[]): string | null {
  const law = countLaws.find((each) => each.name === name)!;
  return findBreach(make, { sizes: SIZES, commands }, { laws: [law] })?.detail ?? null;
}

const CASES: readonly (readonly [law: string, mutant: Mutant, commands: readonly Command[], detail: string])[] = [
  [
    "free, cached and held blocks add up to the pool",
    doubleFree,
    [allocate(0, 1)],
    "blocks: 3 free + 0 cached + 0 held is not 2",
  ],
  [
    "free, cached and held blocks add up to the pool",
    counterAfterSwap,
    [allocate(0, 1), { kind: "swapOut", sequence: 0 }, { kind: "swapIn", sequence: 0 }],
    "blocks: 0 free + 0 cached + 1 held is not 2",
  ],
  [
    "free, cached and held blocks of host memory add up",
    hostDoubleFree,
    [allocate(0, 1), { kind: "swapOut", sequence: 0 }, { kind: "swapIn", sequence: 0 }],
    "host blocks: 3 free + 0 cached + -1 held is not 2",
  ],
  [
    "the tables name exactly the held blocks",
    lostOnAbortInFlight,
    [allocate(0, 1), { kind: "issue" }, { kind: "free", sequence: 0 }],
    "1 blocks are held, 0 are in tables",
  ],
  [
    "exactly the swapped-out sequences hold host memory",
    lostOnAbortSwapped,
    [allocate(0, 1), { kind: "swapOut", sequence: 0 }, { kind: "free", sequence: 0 }],
    "1 host blocks are held, the sequences that were swapped out have 0",
  ],
  [
    "free releases exactly the blocks that no other sequence holds",
    lostOnAbortForked,
    [allocate(0, 1), { kind: "fork", sequence: 0, child: 1 }],
    "sequence 1 was the only one to hold 1 blocks, 0 came back",
  ],
  [
    "nothing is held where there is no sequence",
    lostOnAbortForked,
    [allocate(0, 1), { kind: "fork", sequence: 0, child: 1 }],
    "1 blocks are held by nobody",
  ],
  [
    "nothing is held where there is no sequence",
    lostOnAbortSwapped,
    [allocate(0, 1), { kind: "swapOut", sequence: 0 }],
    "1 blocks are held by nobody",
  ],
  [
    "no sequence loses blocks to an allocation of another",
    exhaustionFailsAnother,
    [allocate(0, 1, 2, 3), allocate(1, 1)],
    "allocate of sequence 1 changed the table of sequence 0",
  ],
  [
    "a refusal changes nothing",
    exhaustionFailsAnother,
    [allocate(0, 1, 2, 3), allocate(1, 1)],
    "0 free, 0 cached, 2 held became 1 free, 1 cached, 0 held, although there was no room",
  ],
  [
    "a refusal changes nothing",
    exhaustionKeepsHalf,
    [allocate(0, 1), { kind: "append", sequence: 0, tokens: [2, 3, 4, 5] }],
    "1 free, 0 cached, 1 held became 0 free, 0 cached, 2 held, although there was no room",
  ],
  [
    "what fits is not refused",
    refusesWhatFits,
    [allocate(0, 1, 2, 3)],
    "allocate was refused with 2 blocks to be had, 2 are enough",
  ],
  [
    "what fits is not refused",
    refusesWhatFits,
    [allocate(0, 1), allocate(1, 2)],
    "allocate was refused with 1 blocks to be had, 1 are enough",
  ],
  [
    "what fits is not refused",
    refusesWhatFits,
    [allocate(0, 1), { kind: "commit" }, { kind: "append", sequence: 0, tokens: [2, 3] }],
    "append was refused with 1 blocks to be had, 1 are enough",
  ],
];

describe("laws of counts", () => {
  test.each(CASES)("%s (case %#)", (law, mutant, commands, detail) => {
    expect(breachOf(law, mutant, commands)).toBe(detail);
    expect(breachOf(law, { make: (sizes) => new PagedAllocator(sizes) }, commands)).toBeNull();
  });

  test.each([
    ["a negative count", { free: 3, cached: -1, held: 0 }],
    ["half a block", { free: 1.5, cached: 0.5, held: 0 }],
    ["no number", { free: Number.NaN, cached: 0, held: 2 }],
  ])("%s is no count", (_, counts: BlockCounts) => {
    const make = (sizes: AllocatorSizes) => Object.assign(new PagedAllocator(sizes), { stats: () => counts });
    expect(breachOf("free, cached and held blocks add up to the pool", { make }, [allocate(0, 1)])).toContain(
      "is not 2",
    );
  });

  test("a refused swap says how much host memory there was", () => {
    const make = (sizes: AllocatorSizes) => Object.assign(new PagedAllocator(sizes), { swapOut: () => null });
    expect(breachOf("what fits is not refused", { make }, [allocate(0, 1), { kind: "swapOut", sequence: 0 }])).toBe(
      "swapOut of 1 blocks was refused with 2 host blocks to be had",
    );
  });

  test("host memory that nobody counts as held is found too", () => {
    const make = (sizes: AllocatorSizes) =>
      Object.assign(new PagedAllocator(sizes), { hostStats: () => ({ free: 2, cached: 0, held: 0 }) });
    const commands: Command[] = [
      allocate(0, 1),
      { kind: "swapOut", sequence: 0 },
      { kind: "commit" },
      { kind: "commit" },
    ];
    expect(breachOf("exactly the swapped-out sequences hold host memory", { make }, commands)).toBe(
      "no host block is held, although a sequence was swapped out",
    );
  });
});
