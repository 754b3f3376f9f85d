import { describe, expect, test } from "vitest";
import { minimize } from "../../../src/testing/allocator/minimize.ts";
import type { Command, Program } from "../../../src/testing/index.ts";

function program(blockCount: number, blockSize: number, ...commands: Command[]): Program {
  return { sizes: { blockCount, blockSize, maxTokens: 40, windows: [null], hostBlockCount: 0 }, commands };
}
const allocate = (length: number): Command => ({
  kind: "allocate",
  sequence: 0,
  tokens: Array.from({ length }, () => 0),
});
/** The first command's tokens take all blocks of the pool but one. */
const leavesOneBlock = ({ sizes, commands }: Program): boolean => {
  const [first] = commands;
  return first?.kind === "allocate" && Math.ceil(first.tokens.length / sizes.blockSize) === sizes.blockCount - 1;
};

describe("minimize", () => {
  test("takes away what does not matter", () => {
    const noisy = program(2, 1, { kind: "issue" }, allocate(1), { kind: "free", sequence: 0 }, { kind: "commit" });
    expect(minimize(noisy, ({ commands }) => commands.some(({ kind }) => kind === "free")).commands).toEqual([
      { kind: "free", sequence: 0 },
    ]);
  });

  test("shrinks what only shrinks together", () => {
    expect(minimize(program(10, 4, allocate(34)), leavesOneBlock)).toEqual(program(2, 1, allocate(1)));
  });

  test("shortens tokens, never to none", () => {
    expect(minimize(program(1, 1, allocate(9)), ({ commands }) => commands.length === 1).commands).toEqual([
      allocate(1),
    ]);
  });

  test("leaves what cannot be smaller", () => {
    const least = program(3, 2, allocate(3));
    expect(minimize(least, (tried) => JSON.stringify(tried) === JSON.stringify(least))).toEqual(least);
  });

  test("gives up after a thousand tries", () => {
    let tries = 0;
    minimize(program(2, 1, ...Array.from({ length: 2000 }, (): Command => ({ kind: "issue" }))), () => tries++ < 0);
    expect(tries).toBe(1000);
  });
});
