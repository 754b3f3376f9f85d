import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { ifShared, noSharedModels, sharedModels } from "../../support/model-files.ts";
import { run } from "../../../src/cli/run.ts";
import { memoryIo, bstar } from "../../support/cli-io.ts";

interface Line {
  readonly id: string | number;
  readonly prompt: string;
  readonly promptTokenIds: number[];
  readonly tokenIds: number[];
  readonly text: string;
  readonly finishReason: string;
  readonly error?: { readonly code: string; readonly message: string };
}

const onReference = (...args: string[]): string[] => ["generate", "--backend", "reference", ...args];
const parseLines = (out: string): Line[] =>
  out
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Line);

describe("with the built-in model", () => {
  test("one prompt streams its text, and nothing else, to standard output", async () => {
    const { code, out, err } = await bstar(onReference("-p", "Once upon a time", "--max-tokens", "12"));
    const [line] = parseLines((await bstar(onReference("-p", "Once upon a time", "--max-tokens", "12", "--json"))).out);
    expect({ code, out, err }).toEqual({ code: 0, out: `${line.text}\n`, err: "" });
    expect(line).toMatchObject({ id: 0, prompt: "Once upon a time" });
    expect(line.tokenIds.length).toBeLessThanOrEqual(12);
    expect(line.text.trim()).not.toBe("");
  });

  test("an empty prompt begins with the begin-of-text id", async () => {
    const { code, out } = await bstar(onReference("-p", "", "--max-tokens", "4", "--json"));
    expect(code).toBe(0);
    expect(parseLines(out)[0]).toMatchObject({ prompt: "", promptTokenIds: [1] });
  });

  test("several prompts print a block each, in order", async () => {
    const { out } = await bstar(onReference("-p", "Dear Nora,", "-p", "The old", "--max-tokens", "5"));
    expect(out).toMatch(
      /^── 0 · \d tokens? · (length|stop)\nDear Nora,[^]*\n── 1 · \d tokens? · (length|stop)\nThe old[^]*\n\n$/,
    );
  });

  test("prompts from standard input answer in the order of the input, each by its own line's wishes", async () => {
    const stdin =
      '{"id":"long","prompt":"Once","maxTokens":20}\n{"id":7,"prompt":"How to make tea","maxTokens":2}\n{"id":"cut","prompt":"Once","maxTokens":20,"stop":"e"}\n';
    const { code, out } = await bstar(onReference("--prompts", "-", "--json"), { stdin });
    const [long, short, cut] = parseLines(out);
    expect(code).toBe(0);
    expect([long.id, short.id, cut.id]).toEqual(["long", 7, "cut"]);
    expect(short.tokenIds.length).toBe(2);
    expect(cut).toMatchObject({ finishReason: "stop", text: long.text.slice(0, long.text.indexOf("e")) });
  });

  test("a line of ids gives what its text gives", async () => {
    const [text] = parseLines((await bstar(onReference("-p", "Once upon a time", "--max-tokens", "6", "--json"))).out);
    const stdin = `${JSON.stringify({ id: "ids", promptTokenIds: text.promptTokenIds })}\n`;
    const [ids] = parseLines(
      (await bstar(onReference("--prompts", "-", "--max-tokens", "6", "--json"), { stdin })).out,
    );
    expect(ids).toEqual({ ...text, id: "ids", prompt: null });
  });

  test("weights and keys of few bits are still the model", async () => {
    const wide = parseLines((await bstar(onReference("-p", "Once upon a time", "--max-tokens", "6", "--json"))).out);
    expect(
      parseLines(
        (
          await bstar(
            onReference("-p", "Once upon a time", "--max-tokens", "6", "--json", "--quantize", "q8_0", "--kv", "f16"),
          )
        ).out,
      ),
    ).toEqual(wide);
  });

  test("a request that can never fit has its own error; the others go on, and the exit code is 1", async () => {
    const stdin =
      '{"id":"big","prompt":"Once upon a time","maxTokens":500}\n{"id":"small","prompt":"Once","maxTokens":3}\n';
    const { code, out, err } = await bstar(onReference("--prompts", "-", "--json", "--blocks", "4"), { stdin });
    const [big, small] = parseLines(out);
    expect({ code, err }).toEqual({ code: 1, err: "" });
    expect(big).toMatchObject({
      id: "big",
      tokenIds: [],
      text: "",
      finishReason: "error",
      error: { code: "infeasible_request", message: expect.stringContaining("the pool has 4") },
    });
    expect(big.promptTokenIds).toHaveLength(5);
    expect(small).toMatchObject({ id: "small", finishReason: "length" });
    expect(small).not.toHaveProperty("error");
  });

  test("a single prompt that can never fit is one line on standard error", async () => {
    const { code, out, err } = await bstar(onReference("-p", "Once", "--max-tokens", "500", "--blocks", "4"));
    expect({ code, out }).toEqual({ code: 1, out: "" });
    expect(err).toMatch(/^bstar: .*the pool has 4\n$/);
  });

  test("batches, budgets, block sizes and short pools change no token", async () => {
    const stdin = readFileSync("models/builtin/prompts.jsonl", "utf8")
      .split("\n")
      .slice(0, 5)
      .join("\n")
      .replaceAll(/"maxTokens": \d+/g, '"maxTokens": 10');
    const sampled = ["--prompts", "-", "--json", "--temperature", "0.8", "--seed", "3"];
    const wanted = (await bstar(onReference(...sampled), { stdin })).out;
    for (const change of [
      ["--token-budget", "7"],
      ["--block-size", "4"],
      ["--blocks", "6"],
      ["--max-requests", "1"],
    ]) {
      expect((await bstar(onReference(...sampled, ...change), { stdin })).out).toBe(wanted);
    }
    expect((await bstar(onReference(...sampled, "--seed", "4"), { stdin })).out).not.toBe(wanted);
  });

  test("a measured budget is found first, told in a line, and changes no token", async () => {
    const prompt = ["-p", "Once upon a time", "--max-tokens", "6"];
    const wanted = (await bstar(onReference(...prompt))).out;
    const { out, err } = await bstar(
      onReference(...prompt, "--budget", "measured", "--token-budget", "16", "--target-ms", "1000"),
    );
    expect(out).toBe(wanted);
    expect(err).toMatch(/^bstar: B\* of this device is .*; the budget is \d+\n$/);
    expect(await bstar(onReference(...prompt, "--target-ms", "5"))).toMatchObject({
      code: 2,
      out: "",
      err: expect.stringContaining("--target-ms is for --budget measured"),
    });
  });

  test("the CPU backend's budget is measured as well", async () => {
    const prompt = ["generate", "--backend", "cpu", "-p", "Once upon a time", "--max-tokens", "6"];
    const measured = ["--budget", "measured", "--token-budget", "16", "--target-ms", "1000"];
    const { out, err } = await bstar([...prompt, ...measured]);
    expect(out).toBe((await bstar(prompt)).out);
    expect(err).toMatch(/^bstar: B\* of this device is .*; the budget is \d+\n$/);
  });

  test("interrupted, what is there is printed", async () => {
    const controller = new AbortController();
    const stdin = '{"prompt":"Once","maxTokens":1}\n{"prompt":"Twice upon","maxTokens":200}';
    const io = memoryIo({ stdin, signal: controller.signal });
    const write = io.stdout.write.bind(io.stdout);
    io.stdout.write = (text) => {
      controller.abort();
      return write(text);
    };
    await run(onReference("--prompts", "-", "--json"), io);
    expect(parseLines(io.stdout.text).map(({ finishReason }) => finishReason)).toEqual(["length", "abort"]);
  });

  test("interrupted while the model loads, nothing is printed", async () => {
    expect((await bstar(onReference("-p", "Once", "--json"), { signal: AbortSignal.abort() })).out).toBe("");
  });
});

describe.skipIf(noSharedModels)(`with the models beside the repository${ifShared}`, () => {
  const golden = noSharedModels
    ? {}
    : (JSON.parse(readFileSync(`${sharedModels}golden.json`, "utf8")) as { models: Record<string, Golden[]> }).models;

  test.each(Object.entries(golden))(
    "%s continues its prompts as the goldens do, to the end-of-text id",
    async (name, all) => {
      const cases = all.slice(0, 2);
      const folder = `${sharedModels}${name}-hf`;
      expect(existsSync(folder)).toBe(true);
      const stdin = cases.map(({ prompt }) => JSON.stringify({ prompt })).join("\n");
      const { code, out } = await bstar(
        onReference("--model", folder, "--prompts", "-", "--json", "--max-tokens", "200"),
        { stdin },
      );
      expect(code).toBe(0);
      const lines = parseLines(out);
      expect(lines.map(({ promptTokenIds, tokenIds }) => [promptTokenIds, tokenIds])).toEqual(
        cases.map(({ promptIds, genIds }) => [promptIds, genIds]),
      );
      for (const { tokenIds, finishReason } of lines) {
        expect(finishReason).toBe(tokenIds.at(-1) === 1 ? "stop" : "length");
      }
    },
  );
});

interface Golden {
  readonly prompt: string;
  readonly promptIds: number[];
  readonly genIds: number[];
}
