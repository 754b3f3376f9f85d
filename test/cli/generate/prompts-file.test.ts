import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { UsageError } from "../../../src/cli/failure.ts";
import { parsePrompts, readPromptsFile } from "../../../src/cli/generate/prompts-file.ts";
import { memoryIo } from "../../support/cli-io.ts";

const parse = (text: string) => parsePrompts({ text, name: "p.jsonl" });
const readPrompts = async (...of: Parameters<typeof readPromptsFile>) => parsePrompts(await readPromptsFile(...of));

describe("parsePrompts", () => {
  test("one prompt a line, with what the line says about it", () => {
    const lines = [
      '{"id":"a","prompt":"Once"}',
      '{"id":7,"prompt":"","maxTokens":3,"temperature":0.5,"topK":4,"topP":0.9,"minP":0.1,"seed":5,"stop":"."}',
    ];
    expect(parse(lines.join("\n"))).toEqual([
      { id: "a", text: "Once", maxTokens: undefined, sampling: {}, stop: undefined },
      {
        id: 7,
        text: "",
        maxTokens: 3,
        sampling: { temperature: 0.5, topK: 4, topP: 0.9, minP: 0.1, seed: 5 },
        stop: ["."],
      },
    ]);
  });

  test("edits of logits and a response format", () => {
    const sampling = { repetitionPenalty: 1.5, minTokens: 2, logitBias: { 5: -1 }, badTokenIds: [7] };
    const responseFormat = { type: "choice", choices: ["a"] };
    const line = JSON.stringify({ id: 1, prompt: "x", ...sampling, responseFormat, promptLogprobs: 2 });
    expect(parse(line)).toEqual([expect.objectContaining({ sampling, responseFormat, promptLogprobs: 2 })]);
    expect(() => parse('{"prompt":"x","badTokenIds":[-1]}')).toThrow("badTokenIds[0] must be an integer >= 0, got -1");
  });

  test("ids in the place of a text", () => {
    expect(parse('{"id":"a","promptTokenIds":[5,0,7]}')).toMatchObject([{ id: "a", text: null, tokenIds: [5, 0, 7] }]);
  });

  test("empty lines, line ends of Windows, a byte order mark do no harm", async () => {
    const stdin = '\ufeff{"id":"a","prompt":"x"}\r\n\r\n  \n{"prompt":"y"}\n\n';
    const prompts = await readPrompts("-", memoryIo({ stdin }).stdin);
    expect(prompts.map(({ id, text }) => [id, text])).toEqual([
      ["a", "x"],
      [1, "y"],
    ]);
  });

  test.each<[string, string]>([
    ['{"id":"a","prompt":"x"}\n{"id":"b","prompt":', "p.jsonl, line 2 is not JSON"],
    ["\n\n{nope}", "p.jsonl, line 3 is not JSON"],
    ["[]", 'p.jsonl, line 1 must be an object like {"id": "a", "prompt": "Once"}'],
    ["null", "p.jsonl, line 1 must be an object"],
    ['{"id":"a"}', 'p.jsonl, line 1 "prompt" or "promptTokenIds" is missing'],
    ['{"prompt":"x","source":"book"}', 'p.jsonl, line 1 has an unknown key "source"; did you mean "stop"?'],
    ['{"prompt":"x","promptTokenIds":[1]}', 'p.jsonl, line 1 has both "prompt" and "promptTokenIds", give one'],
    ['{"promptTokenIds":[1,-1]}', "p.jsonl, line 1 promptTokenIds must be a list of token ids, got [1,-1]"],
    ['{"promptTokenIds":"1"}', 'p.jsonl, line 1 promptTokenIds must be a list of token ids, got "1"'],
    ['{"id":"a","prompt":5}', "p.jsonl, line 1 prompt must be text, got 5"],
    ['{"id":null,"prompt":"x"}', "p.jsonl, line 1 id must be text or an integer, got null"],
    ['{"id":1.5,"prompt":"x"}', "p.jsonl, line 1 id must be text or an integer, got 1.5"],
    ['{"prompt":"x","maxTokens":0}', "p.jsonl, line 1 maxTokens must be an integer >= 1, got 0"],
    ['{"prompt":"x","maxTokens":"5"}', 'p.jsonl, line 1 maxTokens must be an integer >= 1, got "5"'],
    ['{"prompt":"x","temperature":-1}', "p.jsonl, line 1 temperature must be a finite number >= 0, got -1"],
    ['{"prompt":"x","topP":"high"}', 'p.jsonl, line 1 topP must be a number, got "high"'],
    ['{"prompt":"x","stop":[""]}', 'p.jsonl, line 1 stop must be a non-empty text or a list of them, got [""]'],
    ['{"prompt":"x","max_tokens":5}', 'p.jsonl, line 1 has an unknown key "max_tokens"; did you mean "maxTokens"?'],
    ['{"id":"a","prompt":"x"}\n\n{"id":"a","prompt":"y"}', 'p.jsonl, line 3 id "a" is on line 1 already'],
    ["", "p.jsonl has no prompts"],
    ["\n \n", "p.jsonl has no prompts"],
  ])("%j is refused", (text, message) => {
    expect(() => parse(text)).toThrow(UsageError);
    expect(() => parse(text)).toThrow(message);
  });

  test("a line's number is the file's, not the parser's own", () => {
    expect(() => parse('{"prompt":"x"}\n{"prompt" "y"}')).toThrow(/^p\.jsonl, line 2 is not JSON \((?!.*line 1).*\)$/);
  });

  test("every prompt comes back as it was written", () => {
    const prompts = fc.uniqueArray(
      fc.record({ id: fc.oneof(fc.string(), fc.maxSafeInteger()), prompt: fc.string({ unit: "grapheme" }) }),
      { minLength: 1, maxLength: 10, selector: ({ id }) => id },
    );
    fc.assert(
      fc.property(prompts, (written) => {
        const read = parse(written.map((line) => JSON.stringify(line)).join("\n"));
        expect(read.map(({ id, text }) => ({ id, prompt: text }))).toEqual(written);
      }),
      { numRuns: 50 },
    );
  });

  test("whatever the bytes, the answer is prompts or a UsageError", () => {
    const lines = fc.array(fc.oneof(fc.json(), fc.string(), fc.constant('{"prompt":"x"}')));
    fc.assert(
      fc.property(lines, (texts) => {
        try {
          expect(parse(texts.join("\n")).length).toBeGreaterThan(0);
        } catch (error) {
          expect(error).toBeInstanceOf(UsageError);
        }
      }),
      { numRuns: 100 },
    );
  });
});

describe("readPrompts", () => {
  const folder = mkdtempSync(join(tmpdir(), "bstar-prompts-"));
  afterAll(() => rmSync(folder, { recursive: true }));

  test("reads a file, or standard input", async () => {
    const file = join(folder, "p.jsonl");
    writeFileSync(file, '{"id":"a","prompt":"x"}\n');
    expect(await readPrompts(file, memoryIo().stdin)).toMatchObject([{ id: "a", text: "x" }]);
    expect(await readPrompts("-", memoryIo({ stdin: '{"id":"b","prompt":"y"}' }).stdin)).toMatchObject([
      { id: "b", text: "y" },
    ]);
  });

  test("what is not UTF-8 is refused", async () => {
    const file = join(folder, "bytes.jsonl");
    writeFileSync(file, Uint8Array.of(0x7b, 0xff, 0x7d));
    await expect(readPrompts(file, memoryIo().stdin)).rejects.toThrow("bytes.jsonl is not UTF-8 text");
  });

  test("names the file that cannot be read, and standard input that is empty", async () => {
    await expect(readPrompts(join(folder, "none.jsonl"), memoryIo().stdin)).rejects.toThrow(
      /none\.jsonl cannot be read \(ENOENT/,
    );
    await expect(readPrompts(folder, memoryIo().stdin)).rejects.toThrow(/cannot be read \(EISDIR/);
    await expect(readPrompts("-", memoryIo().stdin)).rejects.toThrow("standard input has no prompts");
  });
});
