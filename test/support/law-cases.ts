/** Small programs by which a planted bug breaks a law, and the right allocator does not. */
import { expect } from "vitest";
import { findBreach } from "../../src/testing/allocator/breach.ts";
import type { Law } from "../../src/testing/allocator/moment.ts";
import type { AllocatorSizes, Command } from "../../src/testing/index.ts";
import type { Mutant } from "./mutants/mutant.ts";
import { PagedAllocator } from "./paged-allocator.ts";

export type LawCase = readonly [
  law: string,
  mutant: Mutant,
  of: AllocatorSizes,
  commands: readonly Command[],
  detail: string,
];

export function expectBroken(laws: readonly Law[], [name, { make }, sizes, commands, detail]: LawCase): void {
  const law = [laws.find((each) => each.name === name)!];
  expect(findBreach(make, { sizes, commands }, { laws: law })?.detail).toBe(detail);
  expect(findBreach((each) => new PagedAllocator(each), { sizes, commands }, { laws: law })).toBeNull();
}
