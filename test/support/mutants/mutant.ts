import type { Allocator, AllocatorSizes } from "../../../src/testing/index.ts";

/** A bug planted into `PagedAllocator`. */
export interface Mutant {
  /** What it does wrong. */
  readonly bug: string;
  /** Where a real engine had a bug of this kind; see the table in docs/testing-kit.md. */
  readonly like?: string;
  readonly make: (sizes: AllocatorSizes) => Allocator;
}
