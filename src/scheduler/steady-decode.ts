import { NONE, type Entry } from "./entry.ts";

/** Whether the request was issued a decode, and one is all that the next steps issue and the plans in flight have of it. */
export function isSteady(entry: Entry, inFlight: number): boolean {
  const sequence = entry.sequence!;
  const { computedTokenCount } = entry;
  if (entry.chunk !== 1 || entry.row === NONE || entry.pendingCount !== inFlight || entry.inFlightCount !== inFlight) return false;
  if (entry.serial || sequence.forked || entry.failureCount > 0 || computedTokenCount < entry.knownComputed || computedTokenCount + 1 >= entry.maxLength) return false;
  return computedTokenCount + 1 === entry.tokenCount + inFlight && sequence.capacity - computedTokenCount < sequence.blockSize;
}
