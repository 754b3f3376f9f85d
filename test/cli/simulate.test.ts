import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Result } from "../../src/cli/simulate/run-settings.ts";
import { bstar } from "../support/cli-io.ts";

let folder = "";
let trace = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "bstar-simulate-"));
  const rows = Array.from({ length: 30 }, (_, i) => `2023-11-16 18:${String(15 + i)}:00,${100 + i},${10 + i}`);
  trace = file("trace.csv", `TIMESTAMP,ContextTokens,GeneratedTokens\n${rows.join("\n")}\n`);
});
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const SETUP = ["--model", "llama-2-7b", "--gpu", "a100-80gb"];
const simulate = (...args: readonly string[]) => bstar(["simulate", ...SETUP, ...args]);

async function json(...args: readonly string[]): Promise<Result> {
  const { code, out, err } = await simulate(...args, "--json");
  expect([code, err]).toEqual([0, ""]);
  return JSON.parse(out) as Result;
}

describe("one run", () => {
  test("--json prints one object with config and seed", async () => {
    const result = await json("--trace", trace, "--seed", "4");
    expect(result).toMatchObject({
      requests: { submitted: 30, completed: 30, rejected: 0, clipped: 0, dropped: 0 },
      seed: 4,
    });
    expect(result["config"]).toMatchObject({
      model: "llama-2-7b",
      gpu: "a100-80gb",
      trace,
      tokenBudget: 512,
      blockSize: 16,
      gpuBlocks: result["kv"].blockCount,
      context: 4096,
    });
    expect(result["loopSeconds"]).toBeGreaterThan(0);
  });

  test("is the same again, but for the time it took", async () => {
    const args = ["--workload", "gamma", "--rate", "5", "--requests", "40"];
    const [{ loopSeconds: _, ...first }, { loopSeconds: __, ...second }] = [await json(...args), await json(...args)];
    expect(second).toEqual(first);
    expect((await json(...args, "--seed", "1"))["ttftSeconds"]).not.toEqual(first["ttftSeconds"]);
  });

  test("--rate replaces the arrivals, --requests cuts the trace", async () => {
    const own = await json("--trace", trace);
    const fast = await json("--trace", trace, "--rate", "50");
    expect(own["durationSeconds"]).toBeGreaterThan(29 * 60);
    expect(fast["durationSeconds"]).toBeLessThan(60);
    expect(fast["requests"]).toEqual(own["requests"]);
    expect((await json("--trace", trace, "--requests", "7"))["requests"].submitted).toBe(7);
  });

  test("overrides reach the run", async () => {
    const { kv, steps, requests, config } = await json(
      "--trace",
      trace,
      "--rate",
      "100",
      "--gpu-blocks",
      "50",
      "--block-size",
      "8",
      "--max-requests",
      "3",
      "--token-budget",
      "64",
      "--context",
      "120",
    );
    expect(kv.blockCount).toBe(50);
    expect(steps.meanRequests).toBeLessThanOrEqual(3);
    expect(steps.meanTokens).toBeLessThanOrEqual(64);
    expect(requests.clipped).toBeGreaterThan(0);
    expect(config).toMatchObject({ gpuBlocks: 50, blockSize: 8, maxRequests: 3, tokenBudget: 64, context: 120 });
    expect((await json("--trace", trace, "--context", "120", "--over-context", "drop"))["requests"]).toMatchObject({
      clipped: 0,
      dropped: requests.clipped,
    });
  });

  test("the page has the figures for people", async () => {
    const { code, out } = await simulate("--trace", trace, "--slo-ttft", "1");
    expect(code).toBe(0);
    expect(out).toMatch(/llama-2-7b on 1 x a100-80gb, .*trace\.csv/);
    expect(out).toMatch(/requests +30 of 30 completed\n/);
    expect(out).toMatch(/goodput +100% of the requests kept the promise/);
    expect(out).toMatch(/first token \(TTFT\)( +[\d.]+ m?s){5}\n/);
  });
});

describe("a sweep", () => {
  const args = [
    "--sweep",
    "--workload",
    "poisson",
    "--requests",
    "20",
    "--rate",
    "1,8",
    "--queue",
    "fcfs,lpm",
    "--jobs",
    "1",
  ];
  const keys = (path: string) =>
    readFileSync(path, "utf8")
      .trimEnd()
      .split("\n")
      .map((line) => (JSON.parse(line) as { key: string }).key);

  test("has a line a run; what is done is not done again; its file makes a report", async () => {
    const path = join(folder, "sweep.jsonl");
    expect((await simulate(...args, "--out", path, "--shard", "1/2")).code).toBe(0);
    const half = readFileSync(path, "utf8");
    expect(keys(path)).toHaveLength(2);
    file("sweep.jsonl", `${half}{"key":"was cut o`);
    expect((await simulate(...args, "--out", path)).code).toBe(0);
    expect(readFileSync(path, "utf8").startsWith(half)).toBe(true);
    expect(new Set(keys(path)).size).toBe(4);
    expect(keys(path)).toHaveLength(4);

    const target = join(folder, "swept");
    const { code, err } = await bstar(["simulate", "--from", path, "--report", target]);
    expect([code, err]).toEqual([0, `bstar: wrote ${join(target, "report.html")}\n`]);
    expect(existsSync(join(target, "plane.svg"))).toBe(true);
    const page = readFileSync(join(target, "report.html"), "utf8");
    expect(page).toContain("llama-2-7b on a100-80gb: poisson");
    for (const queue of ["fcfs", "lpm"]) {
      for (const rate of [1, 8]) expect(page).toContain(`<td>${queue}, ${rate} requests/s</td>`);
    }
  });

  test("a run that is refused is a line and a failed exit, and the others go on", async () => {
    const { code, out, err } = await bstar([
      "simulate",
      "--sweep",
      "--workload",
      "poisson",
      "--requests",
      "5",
      "--model",
      "llama-2-13b",
      "--gpu",
      "a10,a100-80gb",
      "--jobs",
      "1",
    ]);
    const lines = out
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as { error?: { code: string } });
    expect(lines.filter(({ error }) => error !== undefined)).toHaveLength(1);
    expect(lines).toHaveLength(2);
    expect(code).toBe(1);
    expect(err).toMatch(/the weights of llama-2-13b.*\n.*1 of 2 runs could not be simulated/);
  });
});

describe("refusals are one line with exit code 2", () => {
  test.each([
    [["--workload", "poisson", "--model", "llama-9b"], /unknown model "llama-9b"; known: llama-7b/],
    [["--workload", "poisson", "--gpu", "a11"], /unknown GPU "a11"; known: a10/],
    [
      ["--workload", "storm"],
      /unknown workload "storm"; known: poisson, gamma, on-off, closed-loop, sessions, shared-prefix/,
    ],
    [["--workload", "poisson", "--queue", "storm"], /unknown queue "storm"; known: fcfs, /],
    [["--workload", "poisson", "--admission", "storm"], /unknown admission "storm"; known: watermark, /],
    [
      ["--workload", "poisson", "--model", "llama-2-70b"],
      /the weights of llama-2-70b at 16 bits take 128 GiB, a100-80gb has/,
    ],
    [[], /give either --trace or --workload/],
    [["--workload", "poisson", "--rate", "1,2"], /several values of an option need --sweep/],
    [["--workload", "poisson", "--rate", "0"], /'0' is invalid/],
    [["--workload", "poisson", "--over-context", "hide"], /Allowed choices are clip, drop/],
    [["--sweep", "--workload", "poisson", "--shard", "3/2"], /--shard must be k\/n with 1 <= k <= n, got "3\/2"/],
    [["--workload", "poisson", "--out", "x.jsonl"], /--out is of a sweep: give --sweep, too/],
    [["--workload", "poisson", "--shard", "1/2"], /--shard is of a sweep: give --sweep, too/],
    [["--from", "absent.jsonl"], /--from is of a report: give --report, too/],
    [["--from", "absent.jsonl", "--report", "x", "--json"], /--from takes the place of a run/],
    [["--from", "absent.jsonl", "--report", "x"], /cannot read absent\.jsonl: no such file/],
    [["--sweep", "--workload", "poisson", "--out", tmpdir()], /is no regular file/],
    [["--workload", "poisson", "--chunking", "slo"], /chunking slo needs a promise to keep: give --slo-tpot/],
    [["--workload", "poisson", "--token-budget", "10000000000"], /must be an integer from 1 to 16777216/],
    [["--trace", "absent.csv"], /cannot read absent\.csv: .*no such file/],
  ])("%j", async (args, message) => {
    const { code, out, err } = await simulate(...args);
    expect(err).toMatch(message);
    expect(err.trimEnd().split("\n")).toHaveLength(1);
    expect([code, out]).toEqual([2, ""]);
  });

  test("a malformed row names file and line", async () => {
    const broken = file(
      "broken.csv",
      "TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:15:46,1,2\n2023-11-16 18:15:47,x,2\n",
    );
    const { code, err } = await simulate("--trace", broken);
    expect(err).toBe(`bstar: ${broken}:3: ContextTokens must be an integer >= 1, got "x"\n`);
    expect(code).toBe(2);
  });

  test("a report that cannot be written says where and why, before the run", async () => {
    const { code, out, err } = await simulate(
      "--workload",
      "poisson",
      "--requests",
      "3",
      "--report",
      join(trace, "report"),
    );
    expect(err).toMatch(/^bstar: cannot write to .*trace\.csv.report: ENOTDIR: .*\n$/);
    expect([code, out]).toEqual([1, ""]);
  });

  test.skipIf(!existsSync("/proc/self"))(
    "so does one below /proc, where nobody makes folders (skipped where there is none)",
    async () => {
      const { code, err } = await simulate(
        "--workload",
        "poisson",
        "--requests",
        "3",
        "--report",
        "/proc/bstar/report",
      );
      expect([code, err]).toEqual([
        1,
        expect.stringMatching(/^bstar: cannot write to \/proc\/bstar\/report: ENOENT: .*\n$/),
      ]);
    },
  );

  test("lengths without times want a rate", async () => {
    const lengths = file(
      "lengths.csv",
      "num_prefill_tokens,num_decode_tokens,num_total_tokens,pd_ratio\n12,8,20,1.5\n",
    );
    expect((await simulate("--trace", lengths)).err).toMatch(
      /has lengths without times: give the arrivals with --rate/,
    );
    expect((await json("--trace", lengths, "--rate", "1"))["requests"].completed).toBe(1);
  });
});

describe("every option has a bound, and one without effect is refused", () => {
  const WORKLOAD = ["--workload", "closed-loop"];
  test.each([
    [["--concurrency", "100000000", ...WORKLOAD], /It must be an integer from 1 to 131072/],
    [["--requests", "9007199254740991", ...WORKLOAD], /It must be an integer from 1 to/],
    [["--rate", "1e300", "--workload", "poisson"], /above 0 and at most 1000000/],
    [["--length-cv", "1e9", ...WORKLOAD], /It must be a number from 0 to 100/],
    [["--prompt-tokens", "4000000000", ...WORKLOAD], /It must be an integer from 1 to 16777216/],
    [["--gpu-blocks", "4000000000", ...WORKLOAD], /It must be an integer from 1 to 134217728/],
    [["--slo-ttft", "1e9", ...WORKLOAD], /above 0 and at most 1000000/],
    [["--dollars-per-hour", "1e9", ...WORKLOAD], /It must be a number from 0 to 1000000/],
    [["--rate", "3", ...WORKLOAD], /--rate has no effect in a closed loop/],
    [["--concurrency", "3", "--workload", "poisson"], /--concurrency is of the workload closed-loop/],
    [["--eviction", "lru", "--prefix-cache", "off", "--workload", "poisson"], /--eviction has no effect with --prefix/],
    [["--bad-rows", "skip", "--workload", "poisson"], /--bad-rows is of a trace/],
    [["--sweep", "--json", "--workload", "poisson"], /--json has no effect in a sweep/],
    [["--engine", "tgi", "--workload", "poisson"], /unknown engine "tgi"; known: bstar, vllm-0\.15/],
    [["--arithmetic", "fp7", "--workload", "poisson"], /It must be one of fp16, int8, fp8, fp4/],
  ])("%j", async (args, message) => {
    const { code, err } = await simulate(...args);
    expect(code).toBe(2);
    expect(err).toMatch(message);
  });

  test("lengths of a workload mean nothing beside a trace, nor a run's options beside --from", async () => {
    for (const option of ["--prompt-tokens", "--output-tokens", "--length-cv"]) {
      expect((await simulate("--trace", trace, option, "3")).err).toMatch(`${option} is of a workload`);
    }
    const sweep = file("empty.jsonl", "");
    const { err } = await bstar(["simulate", "--from", sweep, "--report", "r", "--rate", "3"]);
    expect(err).toMatch(/--rate is of a run, and --from takes the place of runs/);
  });
});

describe("engines", () => {
  test("a preset gives defaults, which options override", async () => {
    const args = ["--workload", "poisson", "--requests", "5", "--prompt-tokens", "20", "--output-tokens", "5"];
    expect((await json(...args)).config).toMatchObject({ engine: "bstar", tokenBudget: 512, maxRequests: 256 });
    expect((await json(...args, "--engine", "vllm-0.15.1")).config).toMatchObject({
      engine: "vllm-0.15",
      tokenBudget: 8192,
    });
    const { config } = await json(...args, "--engine", "trtllm", "--token-budget", "99", "--admission", "watermark");
    expect(config).toMatchObject({ engine: "trtllm", tokenBudget: 99, admission: "watermark", blockSize: 32 });
  });

  test("rows that cannot be used are counted where they are skipped", async () => {
    const mixed = file(
      "mixed.csv",
      "TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:15:46,1,2\n2023-11-16 18:15:47,0,2\n",
    );
    expect((await simulate("--trace", mixed)).err).toMatch(/mixed\.csv:3: ContextTokens must be/);
    expect(await json("--trace", mixed, "--bad-rows", "skip")).toMatchObject({
      skippedRows: 1,
      requests: { completed: 1 },
    });
  });

  test("a config.json says how its weights are stored", async () => {
    const config = {
      model_type: "llama",
      architectures: ["LlamaForCausalLM"],
      hidden_size: 256,
      intermediate_size: 512,
      num_hidden_layers: 2,
      num_attention_heads: 4,
      vocab_size: 1000,
      max_position_embeddings: 2048,
      rms_norm_eps: 1e-5,
      hidden_act: "silu",
      tie_word_embeddings: false,
      quantization_config: { quant_method: "fp8" },
    };
    const path = file("fp8.json", JSON.stringify(config));
    const run = async (...more: readonly string[]) =>
      (
        await bstar([
          "simulate",
          "--model",
          path,
          "--gpu",
          "h100",
          "--workload",
          "poisson",
          "--requests",
          "3",
          "--gpu-blocks",
          "1000",
          "--json",
          ...more,
        ])
      ).out;
    expect((JSON.parse(await run()) as Result).config).toMatchObject({ weightBits: 8, arithmetic: "fp8" });
    expect((JSON.parse(await run("--weight-bits", "16", "--arithmetic", "fp16")) as Result).config).toMatchObject({
      weightBits: 16,
      arithmetic: "fp16",
    });
  });
});

test("several replicas cost as many GPUs, and a route has to be of several", async () => {
  const args = [
    "--workload",
    "poisson",
    "--rate",
    "8",
    "--requests",
    "40",
    "--prompt-tokens",
    "50",
    "--output-tokens",
    "10",
  ];
  const [one, two] = [await json(...args), await json(...args, "--replicas", "2", "--route", "least-loaded")];
  expect(two.cost.dollarsPerDay).toBe(2 * one.cost.dollarsPerDay);
  expect(two.config).toMatchObject({ replicas: 2, route: "least-loaded" });
  expect((await simulate(...args, "--route", "least-loaded")).err).toMatch(/--route is of several replicas/);
  expect((await simulate(...args, "--replicas", "2", "--route", "x")).err).toMatch(/unknown route "x"/);
});

test("a workload in stages, with uniform lengths", async () => {
  const args = [
    "--workload",
    "poisson",
    "--stages",
    "2x10,6x10",
    "--length-law",
    "uniform",
    "--length-cv",
    "0.2",
    "--prompt-tokens",
    "50",
    "--output-tokens",
    "5",
  ];
  const { requests, durationSeconds } = await json(...args);
  expect(requests.completed).toBeGreaterThan(40);
  expect(requests.completed).toBeLessThan(130);
  expect(durationSeconds).toBeLessThan(25);
  expect((await simulate("--workload", "poisson", "--stages", "2:10")).err).toMatch(/It must be RATExSECONDS/);
  expect((await simulate("--workload", "gamma", "--stages", "2x10")).err).toMatch(
    /--stages is of the workload poisson/,
  );
});
