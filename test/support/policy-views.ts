import type { AdmissionView } from "../../src/policies/admission/admission-policy.ts";

/** A pool of blocks of 16 without windows, in which nobody runs, but for what is given. */
export function admissionView(given: Partial<AdmissionView> = {}): AdmissionView {
  const blockSize = given.blockSize ?? 16;
  return {
    blockCount: 100,
    blockSize,
    groupCount: 1,
    contextLength: 1000,
    availableBlocks: 100,
    promisedBlocks: 0,
    inFlightBlocks: 0,
    running: [],
    blocksFor: (tokens) => Math.ceil(tokens / blockSize),
    heldBlocks: (request) => Math.ceil(request.computedTokenCount / blockSize),
    ...given,
  };
}
