import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { benchResultFromJson } from "../../../src/sim/index.ts";
import { bstar } from "../../support/cli-io.ts";
import { openAiServer } from "../../support/openai-server.ts";

let folder = "";
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), "bstar-bench-"))));
afterAll(() => rmSync(folder, { recursive: true }));

type Line = Record<string, number> & { errors: Record<string, number> };

/** `bstar bench serve` with these words. */
const bench = (words: string) => bstar(["bench", "serve", ...words.split(" ")]);

/** The lines of a run that has to go well. */
async function linesOf(words: string): Promise<Line[]> {
  const { code, out, err } = await bench(`${words} --json`);
  expect([code, err]).toEqual([0, ""]);
  return out
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Line);
}

describe("one run", () => {
  test("gives the keys of vLLM's bench serve, from what the server counts", async () => {
    await using server = await openAiServer();
    const [line] = await linesOf(`--url ${server.url} --rate 2000 --requests 20 --prompt-tokens 105 --output-tokens 7`);
    expect(line).toMatchObject({
      model_id: "fake-model",
      num_prompts: 20,
      completed: 20,
      failed: 0,
      request_rate: 2000,
      max_concurrency: null,
      total_input_tokens: 20 * 105,
      total_output_tokens: 140,
      request_goodput: null,
      errors: {},
    });
    for (const name of ["ttft", "tpot", "itl", "e2el"]) {
      const [median, p90, p99] = ["median", "p90", "p99"].map((figure) => line[`${figure}_${name}_ms`]);
      expect([median <= p90, p90 <= p99, line[`mean_${name}_ms`] > 0, line[`std_${name}_ms`] >= 0]).not.toContain(
        false,
      );
    }
    expect(line["mean_e2el_ms"]).toBeGreaterThanOrEqual(line["mean_ttft_ms"]);
    expect(line["output_throughput"]).toBeCloseTo(140 / line["duration"], 6);
    expect(benchResultFromJson(line)).toMatchObject({ promptTokens: 105, outputTokens: 7, rate: 2000 });
    const { body, path } = server.asked[2];
    expect(path).toBe("/v1/completions");
    expect(body).toMatchObject({ model: "fake-model", stream: true, stream_options: { include_usage: true } });
    expect(new Set(server.asked.map((asked) => asked.body.prompt)).size).toBe(22);
  });

  test("asks for the chat, with a key, and past the end where it is told to", async () => {
    await using server = await openAiServer();
    const key = join(folder, "key");
    writeFileSync(key, "secret\n");
    await linesOf(
      `--url ${server.url}/v1/ --rate 1000 --requests 2 --model other --endpoint chat ` +
        `--api-key-file ${key} --ignore-eos`,
    );
    expect(server.asked.at(-1)).toMatchObject({
      path: "/v1/chat/completions",
      authorization: "Bearer secret",
      body: { model: "other", ignore_eos: true, messages: [{ role: "user" }] },
    });
  });

  test("users wait for their answers", async () => {
    await using server = await openAiServer();
    const [line] = await linesOf(`--url ${server.url} --concurrency 3 --requests 12 --output-tokens 4`);
    expect(line).toMatchObject({ completed: 12, max_concurrency: 3, request_rate: "inf" });
  });

  test("prompts of a workload with a shared prefix begin alike", async () => {
    await using server = await openAiServer({ tokensOf: (words) => words });
    await linesOf(
      `--url ${server.url} --workload shared-prefix --rate 5000 --requests 40 --prompt-tokens 8 --output-tokens 1`,
    );
    const heads = server.asked.slice(2).map(({ body }) => body.prompt!.split(" ").slice(0, 1024).join(" "));
    expect(new Set(heads).size).toBe(8);
    expect(server.asked.at(-1)!.body.prompt!.split(" ")).toHaveLength(1024 + 8);
  });

  test("requests that fail are counted, and make the exit code 1", async () => {
    await using server = await openAiServer({ fails: (n) => n % 4 === 3 });
    const { code, out } = await bench(`--url ${server.url} --rate 1000 --requests 8 --output-tokens 3 --json`);
    const line = JSON.parse(out) as Line;
    expect([code, line["completed"], line["failed"]]).toEqual([1, 6, 2]);
    expect(line.errors).toEqual({ '503: {"error":{"message":"the queue is full"}}': 2 });
  });

  test("a server that does not count tokens has its pieces counted, and that is said", async () => {
    await using server = await openAiServer({ hasUsage: false });
    const { code, out, err } = await bench(`--url ${server.url} --rate 1000 --requests 3 --output-tokens 5 --json`);
    expect([code, err]).toEqual([0, "bstar: the server does not count tokens: a word is taken for one\n"]);
    expect(JSON.parse(out)).toMatchObject({ total_input_tokens: 0, total_output_tokens: 15 });
  });

  test("promises add goodput", async () => {
    await using server = await openAiServer();
    const words = `--url ${server.url} --rate 1000 --requests 4 --output-tokens 3`;
    const [kept] = await linesOf(`${words} --slo-ttft 1000`);
    expect(kept["request_goodput"]).toBe(kept["request_throughput"]);
    const [broken] = await linesOf(`${words} --slo-tpot 0.000000001`);
    expect(broken["request_goodput"]).toBe(0);
  });

  test("prints a table for people", async () => {
    await using server = await openAiServer();
    const { out } = await bench(`--url ${server.url} --rate 1000 --requests 3`);
    expect(out).toContain("fake-model, 1000 requests/s");
    expect(out).toContain("3 of 3 requests");
    expect(out).toMatch(/first token \(TTFT\) +\S+ \S+/);
  });
});

test("a trace gives the lengths and times", async () => {
  await using server = await openAiServer();
  const trace = join(folder, "trace.csv");
  const rows = Array.from({ length: 5 }, (_, i) => `2023-11-16 18:00:00.0${i}0,${45 + 10 * i},${2 + i}`);
  writeFileSync(trace, `TIMESTAMP,ContextTokens,GeneratedTokens\n${rows.join("\n")}\n`);
  const [own] = await linesOf(`--url ${server.url} --trace ${trace}`);
  expect(own).toMatchObject({ completed: 5, total_input_tokens: 325, total_output_tokens: 20, request_rate: "inf" });
  expect(own["duration"]).toBeGreaterThan(0.039);
  const [poisson] = await linesOf(`--url ${server.url} --trace ${trace} --rate 5000 --requests 3`);
  expect(poisson).toMatchObject({ completed: 3, total_output_tokens: 9 });
});

test("a sweep gives a line a rate, and the plane has the simulator's line beside the measured one", async () => {
  await using server = await openAiServer();
  const plane = join(folder, "plane.svg");
  const { code, out, err } = await bench(
    `--url ${server.url} --sweep --rate 50,400 --requests 6 --output-tokens 4 --json ` +
      `--plane ${plane} --gpu a100-80gb --shape llama-3-8b`,
  );
  expect([code, err]).toEqual([0, `bstar: wrote ${plane}\n`]);
  const lines = out.trim().split("\n");
  expect(lines.map((line) => (JSON.parse(line) as Line)["request_rate"])).toEqual([50, 400]);
  const svg = readFileSync(plane, "utf8");
  for (const text of ["measured", "simulated: a100-80gb", "50 requests/s", "400 requests/s"]) {
    expect(svg).toContain(text);
  }
});

describe("what cannot be used is refused", () => {
  test.each([
    ["--rate 1 --concurrency 2", "give either --rate or --concurrency"],
    ["--rate 1,2", "several values of an option need --sweep"],
    ["--trace x.csv --workload poisson", "give either --trace or --workload"],
    ["--workload closed-loop --rate 1", "--rate has no effect in a closed loop"],
    ["--workload gamma --concurrency 1", "--concurrency is of the workload closed-loop"],
    ["--json", "give --rate, --concurrency or --trace"],
  ])("%s", async (words, message) => {
    const { code, err } = await bench(`--url http://127.0.0.1:1 ${words}`);
    expect([code, err]).toEqual([2, expect.stringContaining(message)]);
  });

  test("a URL that is none, and a server that is not there", async () => {
    expect(await bench("--url ftp://x --rate 1")).toMatchObject({ code: 2 });
    const { code, err } = await bench("--url http://127.0.0.1:1 --rate 1");
    expect([code, err]).toEqual([1, expect.stringContaining("127.0.0.1:1")]);
  });
});
