import { expect, test } from "vitest";
import { parseScript, readScript } from "../../../src/cli/demo/script.ts";

test("the script has 16 requests of very different lengths, in the order they come", async () => {
  const script = await readScript();
  expect(script).toHaveLength(16);
  const lengths = script.map(({ prompt }) => prompt.length);
  expect(Math.max(...lengths)).toBeGreaterThan(20 * Math.min(...lengths));
  const arrivals = script.map(({ arrivalMs }) => arrivalMs);
  expect(arrivals).toEqual(arrivals.toSorted((a, b) => a - b));
  expect(new Set(script.map(({ id }) => id)).size).toBe(16);
});

test.each(["{", "null", '{"id":"a","prompt":"x","maxTokens":1}', '{"id":1,"prompt":"x","maxTokens":1,"arrivalMs":0}'])(
  "%j is refused with its line",
  (line) => {
    const good = '{"id":"a","prompt":"x","maxTokens":1,"arrivalMs":0}';
    expect(() => parseScript(`${good}\n${line}\n`)).toThrow(
      'prompts.jsonl, line 2 must be {"id", "prompt", "maxTokens", "arrivalMs"}',
    );
  },
);
