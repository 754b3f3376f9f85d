import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Io } from "../../src/cli/io.ts";
import { run } from "../../src/cli/run.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "bstar-roofline-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs `bstar roofline` with these arguments in this process. */
async function bstar(...args: readonly string[]): Promise<{ out: string; error: string; exitCode: number }> {
  const texts = { out: "", error: "" };
  const io: Io = {
    stdout: { write: async (text) => void (texts.out += text), terminal: null },
    stderr: { write: async (text) => void (texts.error += text), terminal: null },
    stdin: (async function* () {})(),
    env: {},
    signal: new AbortController().signal,
    exitCode: 0,
  };
  const exitCode = await run(["roofline", ...args], io);
  return { ...texts, exitCode };
}

function file(name: string, content: unknown): string {
  const path = join(folder, name);
  writeFileSync(path, JSON.stringify(content));
  return path;
}

const CONFIG = {
  model_type: "llama",
  hidden_size: 64,
  intermediate_size: 172,
  num_hidden_layers: 5,
  num_attention_heads: 8,
  num_key_value_heads: 4,
  vocab_size: 512,
  max_position_embeddings: 512,
  tie_word_embeddings: true,
};

describe("bstar roofline", () => {
  test("--json prints one object with the page's keys", async () => {
    const { out, exitCode } = await bstar("--model", "llama-7b", "--gpu", "a10", "--json");
    expect(exitCode).toBe(0);
    expect(out.endsWith("}\n")).toBe(true);
    expect(JSON.parse(out)).toMatchObject({
      maxSequences: 5,
      kvBytesPerSequence: 2 ** 31,
      weightBits: 16,
      context: 4096,
    });
  });

  test("the text has the same numbers, for people", async () => {
    const { out } = await bstar("--model", "llama-7b", "--gpu", "a100-80gb", "--context", "4096");
    expect(out).toContain("llama-7b on a100-80gb");
    expect(out).toMatch(/B\* +153 tokens a step/);
    expect(out).toMatch(/sequences that fit +33\n/);
    expect(out).toMatch(/KV a sequence +2 GiB for 4,096 tokens \(made for 2,048\)/);
  });

  test("options reach the page", async () => {
    const { out } = await bstar(
      "--model",
      "llama-3-70b",
      "--gpu",
      "h100",
      "--gpus",
      "4",
      "--weight-bits",
      "8",
      "--kv-bits",
      "8",
      "--arithmetic",
      "fp8",
      "--dollars-per-hour",
      "2",
      "--json",
    );
    expect(JSON.parse(out)).toMatchObject({
      gpus: 4,
      weightBits: 8,
      kvBits: 8,
      dollarsPerHour: 8,
      weightBytes: 70_553_706_496,
    });
  });

  test("a config.json, its folder and a GPU file do as well as names", async () => {
    file("config.json", CONFIG);
    const gpu = file("mine.json", { name: "mine", flops: { fp16: 1e13 }, bytesPerSecond: 1e11, memoryBytes: 1e9 });
    for (const model of [folder, join(folder, "config.json")]) {
      expect(JSON.parse((await bstar("--model", model, "--gpu", gpu, "--context", "512", "--json")).out)).toMatchObject(
        { gpu: "mine", bStar: 100, weightBytes: 2 * 260_032 },
      );
    }
  });

  test("a benchmark's result makes a GPU's file", async () => {
    const [result, gpu] = [join(folder, "serve.json"), join(folder, "gpu.json")];
    writeFileSync(
      result,
      JSON.stringify({
        completed: 32,
        total_input_tokens: 3200,
        total_output_tokens: 640,
        max_concurrency: 8,
        mean_tpot_ms: 20,
        mean_ttft_ms: 60,
      }),
    );
    const { out, error } = await bstar("--model", "llama-3.2-1b", "--gpu", "l4", "--fit", result);
    expect(error).toMatch(
      /times the pace of l4 before\nbstar: measured 20 ms a token, 60 ms to the first; simulated 20 ms a token/,
    );
    writeFileSync(gpu, out);
    writeFileSync(result, `${readFileSync(result, "utf8")}\n`.repeat(2));
    const twice = await bstar("--model", "llama-3.2-1b", "--gpu", "l4", "--fit", result);
    expect([twice.out, twice.error.match(/measured/g)?.length]).toEqual([out, 2]);
    expect((await bstar("--model", "llama-3.2-1b", "--gpu", gpu, "--json")).exitCode).toBe(0);
    expect((await bstar("--model", "llama-3.2-1b", "--gpu", "l4", "--fit", result, "--context", "9")).error).toMatch(
      /--context has no effect on a fit/,
    );
  });

  test("options without effect are refused", async () => {
    const of = async (...args: string[]) => (await bstar("--model", "mistral-7b", ...args)).error;
    expect(await of("--gpu", "a10", "--prompt-tokens", "300")).toMatch(
      /--prompt-tokens is of a load: give --requests-per-day, too/,
    );
    expect(await of("--requests-per-day", "1e6", "--context", "300")).toMatch(/--context has no effect on the ranking/);
  });

  test("a load ranks the catalogue", async () => {
    const args = [
      "--model",
      "mistral-7b",
      "--requests-per-day",
      "1e6",
      "--prompt-tokens",
      "300",
      "--output-tokens",
      "100",
    ];
    const { plans, refused } = JSON.parse((await bstar(...args, "--json")).out) as {
      plans: object[];
      refused: object[];
    };
    expect(plans[0]).toMatchObject({ gpu: "a10", gpus: 1, replicas: 1, dollarsPerDay: expect.closeTo(14.4, 5) });
    expect(plans.length + refused.length).toBe(76);
    expect((await bstar(...args)).out).toMatch(/1 x a10 +1 +\$14\.40/);
    expect((await bstar(...args, "--gpu", "h100")).out).not.toContain("a10");
  });

  test.each([
    [["--model", "llama-8b", "--gpu", "a10"], /unknown model "llama-8b"; known: llama-7b, .*gemma-2-2b/],
    [["--model", "llama-7b", "--gpu", "a11"], /unknown GPU "a11"; known: a10, .*rtx-pro-6000/],
    [["--gpu", "a10"], /--model is missing; known: llama-7b/],
    [["--model", "llama-7b"], /--gpu is missing; known: a10/],
    [
      ["--model", "llama-7b", "--gpu", "a10", "--context", "many"],
      /argument 'many' is invalid\. It must be an integer >= 1/,
    ],
    [["--model", "llama-7b", "--gpu", "a10", "--arithmetic", "int3"], /Allowed choices are fp16, int8, fp8/],
    [
      ["--model", "llama-2-13b", "--gpu", "a10"],
      /the weights of llama-2-13b at 16 bits take 24\.2 GiB, a10 has 24 GiB/,
    ],
    [
      ["--model", "./absent/config.json", "--gpu", "a10"],
      /cannot read \.\/absent\/config\.json as JSON: .*no such file/,
    ],
    [
      ["--model", "llama-2-70b", "--gpu", "t4", "--requests-per-day", "10"],
      /no GPU serves this load; 8 x t4: the weights/,
    ],
  ])("%j is refused in one line, with exit code 2", async (args, message) => {
    const { out, error, exitCode } = await bstar(...args);
    expect(exitCode).toBe(2);
    expect(error).toMatch(message);
    expect(error.trimEnd().split("\n")).toHaveLength(1);
    expect(out).toBe("");
  });
});
