import { adapterIgnored } from "./adapter-ignored.ts";
import { adapterTakenForSalt } from "./adapter-taken-for-salt.ts";
import { copiesWhatIsComputed } from "./copies-what-is-computed.ts";
import { copyKeptOnRollback } from "./copy-kept-on-rollback.ts";
import { copySourceLetGo } from "./copy-source-let-go.ts";
import { counterAfterSwap } from "./counter-after-swap.ts";
import { doubleFree } from "./double-free.ts";
import { evictsWithBlocksFree } from "./evicts-with-blocks-free.ts";
import { exhaustionFailsAnother } from "./exhaustion-fails-another.ts";
import { exhaustionKeepsHalf } from "./exhaustion-keeps-half.ts";
import { firstPartialMatch } from "./first-partial-match.ts";
import { forkForgetsReference } from "./fork-forgets-reference.ts";
import { hashCollision } from "./hash-collision.ts";
import { headsFreedFirst } from "./heads-freed-first.ts";
import { hitStaysEvictable } from "./hit-stays-evictable.ts";
import { hostDoubleFree } from "./host-double-free.ts";
import { remembersEverybody } from "./remembers-everybody.ts";
import { lastTokenCached } from "./last-token-cached.ts";
import { leakOnRollback } from "./leak-on-rollback.ts";
import { lostOnAbortCopying } from "./lost-on-abort-copying.ts";
import { lostOnAbortForked } from "./lost-on-abort-forked.ts";
import { lostOnAbortInFlight } from "./lost-on-abort-in-flight.ts";
import { lostOnAbortSwapped } from "./lost-on-abort-swapped.ts";
import { parentEvictedFirst } from "./parent-evicted-first.ts";
import { parentIgnored } from "./parent-ignored.ts";
import { partialOffByOne } from "./partial-off-by-one.ts";
import { refusesWhatFits } from "./refuses-what-fits.ts";
import { rolledBackBlockFound } from "./rolled-back-block-found.ts";
import { saltIgnored } from "./salt-ignored.ts";
import { sharedWrite } from "./shared-write.ts";
import { staleTable } from "./stale-table.ts";
import { swapWithoutCopy } from "./swap-without-copy.ts";
import { tooFewAfterHit } from "./too-few-after-hit.ts";
import { tooManyAtBoundary } from "./too-many-at-boundary.ts";
import { windowFreedCached } from "./window-freed-cached.ts";
import { windowSlidesAtIssue } from "./window-slides-at-issue.ts";
import { windowSlidesEarly } from "./window-slides-early.ts";
import { countMutants } from "./counts.ts";
import { keyMutants } from "./keys.ts";
import type { Mutant } from "./mutant.ts";
import { structureMutants } from "./structures.ts";
import { swapMutants } from "./swaps.ts";

/** All planted bugs. */
export const MUTANTS: readonly Mutant[] = [
  doubleFree,
  counterAfterSwap,
  lostOnAbortInFlight,
  lostOnAbortSwapped,
  lostOnAbortForked,
  lostOnAbortCopying,
  windowFreedCached,
  sharedWrite,
  hashCollision,
  parentIgnored,
  saltIgnored,
  adapterIgnored,
  adapterTakenForSalt,
  partialOffByOne,
  lastTokenCached,
  rolledBackBlockFound,
  windowSlidesEarly,
  windowSlidesAtIssue,
  copySourceLetGo,
  copiesWhatIsComputed,
  parentEvictedFirst,
  headsFreedFirst,
  tooFewAfterHit,
  tooManyAtBoundary,
  leakOnRollback,
  copyKeptOnRollback,
  forkForgetsReference,
  exhaustionFailsAnother,
  exhaustionKeepsHalf,
  staleTable,
  hostDoubleFree,
  swapWithoutCopy,
  hitStaysEvictable,
  refusesWhatFits,
  firstPartialMatch,
  evictsWithBlocksFree,
  remembersEverybody,
  ...keyMutants,
  ...countMutants,
  ...structureMutants,
  ...swapMutants,
];
