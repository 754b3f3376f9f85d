import { expect, test } from "vitest";
import { numericCases } from "../../../src/testing/backend-cases/numerics.ts";
import { type Fault, failingOn, faulty, onResult, runCase, shiftLogits } from "../../support/faulty-backend.ts";

/** Spoils logits once a block has been filled with foreign bytes. */
const readsUnusedSlots: Fault = (right) => {
  let poisoned = 0;
  return {
    writeBlocks: (blocks, data) => {
      poisoned = 1;
      return right.writeBlocks(blocks, data);
    },
    ...shiftLogits(() => poisoned)(right),
  };
};

const FAULTS: Readonly<Record<string, Fault>> = {
  "logits are finite": onResult(({ logits }) => void (logits![3] = Number.NaN)),
  "a batch gives each request what it gets alone": shiftLogits(({ requestCount }) => requestCount),
  "any chunking gives the same bits": shiftLogits(({ tokenCount }) => (tokenCount === 3 ? 1 : 0)),
  "prefill beside a decode changes neither": shiftLogits(({ tokenCount }) => (tokenCount === 6 ? 1 : 0)),
  "any placement of blocks gives the same bits": shiftLogits(
    ({ groups, requestSlots }) => groups[0].tables[requestSlots[0] * groups[0].stride],
  ),
  "NaN in unused slots is never read": readsUnusedSlots,
  "lengths around block boundaries": shiftLogits(({ tokenCount, contextLengths }) =>
    tokenCount === 1 && contextLengths[0] === 5 ? 1 : 0,
  ),
  "the whole context can be used": failingOn(({ contextLengths }) => contextLengths[0] === 128),
  "a step may be full": failingOn(({ tokenCount, requestCount }) => tokenCount === 64 && requestCount === 4),
  "logits agree with the oracle": shiftLogits(() => 0.002),
};

test.each(numericCases)("$name: a backend that breaks it is found out", async ({ name }) => {
  await expect(runCase(numericCases, name, faulty(FAULTS[name]))).rejects.toThrow(/logit|cannot do this/);
});

test("a difference within the tolerance agrees with the oracle", async () => {
  await runCase(numericCases, "logits agree with the oracle", faulty(shiftLogits(() => 0.0005)));
});
