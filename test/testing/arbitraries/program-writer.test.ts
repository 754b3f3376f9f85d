import { expect, test } from "vitest";
import { NO_DOMAIN } from "../../../src/testing/allocator/allocator.ts";
import { DRAWS, ProgramWriter, type Setting } from "../../../src/testing/arbitraries/program-writer.ts";
import { SeededRandom } from "../../../src/testing/seeded-random.ts";

const SETTING: Setting = {
  sizes: { blockCount: 8, blockSize: 2, maxTokens: 20, windows: [null], hostBlockCount: 4 },
  alphabet: [5, 6, 7],
  domains: [NO_DOMAIN, { salt: "x", adapterId: 3 }],
  texts: [
    [0, 1, 2, 0],
    [2, 2, 1, 0],
  ],
  weights: [
    ["allocate", 5],
    ["append", 3],
    ["continue", 2],
    ["free", 2],
    ["fork", 2],
    ["lookup", 2],
    ["swapOut", 1],
    ["swapIn", 2],
  ],
  sequences: 4,
};

function write(count: number, setting: Partial<Setting> = {}) {
  const random = new SeededRandom(1);
  const writer = new ProgramWriter({ ...SETTING, ...setting });
  const draw = (): number => random.integer(0, DRAWS - 1);
  return Array.from({ length: count }, () =>
    writer.write({ kind: draw(), pick: draw(), size: draw(), tail: [random.integer(0, 2)] }),
  );
}

test("most commands make sense where they stand", () => {
  const live = new Set<number>();
  let senseless = 0;
  for (const command of write(500)) {
    if (command.kind === "allocate") live.add(command.sequence);
    else if (command.kind === "fork") live.add(command.child);
    else if (command.kind === "free") senseless += live.delete(command.sequence) ? 0 : 1;
    else if (command.kind === "append") senseless += live.has(command.sequence) ? 0 : 1;
  }
  expect(senseless).toBeLessThan(10);
});

test("tokens are of the alphabet, sequences below their number, domains of the set", () => {
  for (const command of write(300)) {
    if ("tokens" in command) for (const token of command.tokens) expect(SETTING.alphabet).toContain(token);
    if ("sequence" in command) expect(command.sequence).toBeLessThan(4);
    if (command.kind === "lookup") expect(["", "x", undefined]).toContain(command.salt);
  }
});

test("kinds come by their weights, custom ones by name", () => {
  const kinds = write(100, {
    weights: [
      ["allocate", 1],
      ["custom:trim", 3],
    ],
  }).filter(({ kind }) => kind === "custom");
  expect(kinds.length).toBeGreaterThan(50);
  expect(kinds[0]).toMatchObject({ name: "trim" });
});
