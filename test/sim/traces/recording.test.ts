import { expect, test } from "vitest";
import type { Arrival } from "../../../src/sim/arrival.ts";
import { recording } from "../../../src/sim/traces/recording.ts";

const ROW = {
  timestamp: 1500,
  input_length: 40,
  output_length: 5,
  piece_tokens: 16,
  hash_ids: [9007199254740991, 2],
  ttft_ms: 20,
  e2e_ms: 100,
  client: 7,
  priority: -1,
};

const read = (row: object): Arrival => recording.reader("")(JSON.stringify(row));

test("a row has its times, its prefixes and what was measured", () => {
  expect(recording.recognizes(JSON.stringify(ROW))).toBe(true);
  const { pieces, ...arrival } = read(ROW);
  expect(arrival).toEqual({
    at: 1.5,
    promptTokens: 40,
    outputTokens: 5,
    pieceTokens: 16,
    client: "7",
    priority: -1,
    measured: { ttftSeconds: 0.02, e2eSeconds: 0.1 },
  });
  expect(pieces).toHaveLength(2);
  expect(pieces![1]).toBe(2);
});

test("an id stands for as many tokens as the row says, where a Mooncake row would have to be guessed", () => {
  const row = { ...ROW, input_length: 20, hash_ids: [3] };
  expect(read(row).pieceTokens).toBe(16);
  const { piece_tokens: _, ...mooncake } = row;
  expect(recording.recognizes(JSON.stringify(mooncake))).toBe(false);
});

test.each([
  [{ ...ROW, e2e_ms: 10 }, /e2e_ms must be a number >= 20, got 10/],
  [{ ...ROW, ttft_ms: "soon" }, /ttft_ms must be a number >= 0, got "soon"/],
  [{ ...ROW, client: "alice" }, /client must be a finite number, got "alice"/],
  [{ ...ROW, piece_tokens: 0 }, /piece_tokens must be an integer >= 1, got 0/],
])("%j is refused", (row, complaint) => {
  expect(() => read(row)).toThrow(complaint);
});

test("measured times may be missing", () => {
  const { ttft_ms: _, e2e_ms: __, client: ___, ...row } = ROW;
  expect(read(row)).toMatchObject({ promptTokens: 40 });
  expect(read(row).measured).toBeUndefined();
});
