import { expect, test } from "vitest";
import { nextToken } from "../../src/testing/context-device.ts";
import { guessingDrafter } from "../../src/testing/guessing-drafter.ts";

test("guesses by the tokens alone, no more than wanted, sometimes right to the end and sometimes not", () => {
  const drafter = guessingDrafter(null);
  const seen = new Set<string>();
  for (let id = 0; id < 100; id++) {
    const tokens = Int32Array.of(id, 5, 6, 0, 0, 0);
    const drafts = Array.from(drafter.propose(tokens, 3, 3));
    expect([drafts.length <= 3, Array.from(drafter.propose(tokens, 3, 3))]).toEqual([true, drafts]);
    const wrong = drafts.findIndex((draft, i) => draft !== nextToken([id, 5, 6, ...drafts.slice(0, i)]));
    seen.add(drafts.length === 0 ? "none" : wrong === -1 ? "right" : wrong === 0 ? "wrong" : "wrong later");
  }
  expect([...seen].toSorted()).toEqual(["none", "right", "wrong", "wrong later"]);
});
