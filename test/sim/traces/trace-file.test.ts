import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Arrival, Workload } from "../../../src/sim/arrival.ts";
import { TextLines } from "../../../src/sim/traces/text-lines.ts";
import { TraceError } from "../../../src/sim/traces/trace-error.ts";
import { openTrace } from "../../../src/sim/traces/trace-file.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "bstar-trace-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, name.endsWith(".gz") ? gzipSync(text) : text);
  return path;
}

async function arrivalsOf(workload: Workload): Promise<Arrival[]> {
  const arrivals: Arrival[] = [];
  for (;;) {
    while (workload.starved) await workload.refill();
    if (workload.nextAt === Number.POSITIVE_INFINITY) return arrivals;
    arrivals.push(workload.take());
  }
}
const read = async (name: string, text: string) => arrivalsOf((await openTrace(file(name, text), 0)).workload);

const AZURE = "TIMESTAMP,ContextTokens,GeneratedTokens\n";
const RATES = "client,window_start_s,rate_rps,cv,arrival,param1,param2\n";
const LENGTHS = `{"client":0,"window_start_s":0,"input_tokens":{"10":1},"output_tokens":{"5":0.5,"7":0.5}}\n`;

describe("Azure", () => {
  test("times count from the first row", async () => {
    const rows = "2023-11-16 18:15:46.6805900,374,44\r\n2023-11-16 18:16:46.9305900,10,1\r\n";
    expect(await read("azure.csv", AZURE + rows)).toEqual([
      { at: 0, promptTokens: 374, outputTokens: 44 },
      { at: expect.closeTo(60.25, 6), promptTokens: 10, outputTokens: 1 },
    ]);
  });

  test("packed, without a last line break, with a byte order mark", async () => {
    expect(await read("azure.csv.gz", `\uFEFF${AZURE}2024-05-10 00:00:00.009930+00:00,3,4`)).toEqual([
      { at: 0, promptTokens: 3, outputTokens: 4 },
    ]);
  });
});

describe("Mooncake", () => {
  const row = (value: object) => `${JSON.stringify(value)}\n`;

  test("hash_ids are pieces of 512 tokens, or of 16", async () => {
    const rows =
      row({ timestamp: 1000, input_length: 1025, output_length: 2, hash_ids: [1, 2, 3] }) +
      row({ timestamp: 1500, input_length: 40, output_length: 2, hash_ids: [1, 2] });
    expect(await read("mooncake.jsonl", rows)).toEqual([
      { at: 0, promptTokens: 1025, outputTokens: 2, pieces: [1, 2, 3], pieceTokens: 512 },
      { at: 0.5, promptTokens: 40, outputTokens: 2, pieces: [1, 2], pieceTokens: 16 },
    ]);
  });

  test("without hash_ids there are lengths alone", async () => {
    expect(await read("plain.jsonl", row({ timestamp: 0, input_length: 5, output_length: 2 }))).toEqual([
      { at: 0, promptTokens: 5, outputTokens: 2 },
    ]);
  });
});

describe("other traces are recognized by their keys and headers", () => {
  test("BurstGPT, whatever columns its version has beside those needed", async () => {
    const first =
      "Timestamp,Model,Request tokens,Response tokens,Total tokens,Log Type\n5,ChatGPT,472,18,490,Conversation log\n";
    expect(await read("burst1.csv", first)).toEqual([
      { at: 0, promptTokens: 472, outputTokens: 18, client: "ChatGPT" },
    ]);
    const second =
      "Timestamp,Session ID,Elapsed time,Model,Request tokens,Response tokens,Total tokens,Log Type\n5,a,1,GPT-4,4,2,6,x\n45,a,1,GPT-4,8,3,11,x\n";
    expect((await read("burst2.csv", second)).map(({ at, promptTokens }) => [at, promptTokens])).toEqual([
      [0, 4],
      [40, 8],
    ]);
  });

  test("Qwen-Bailian's times are seconds, Mooncake's milliseconds", async () => {
    const common = { input_length: 20, output_length: 2, hash_ids: [7, 8] };
    const at = async (name: string, row: object): Promise<number[]> =>
      (await read(name, [0, 30].map((timestamp) => `${JSON.stringify({ ...row, timestamp })}\n`).join(""))).map(
        (arrival) => arrival.at,
      );
    expect(await at("qwen.jsonl", { chat_id: 1, parent_chat_id: -1, type: "text", turn: 1, ...common })).toEqual([
      0, 30,
    ]);
    expect(await at("moon.jsonl", common)).toEqual([0, 0.03]);
  });

  test("Vidur has seconds, and Azure's trace of 2024 an offset", async () => {
    expect(await read("vidur.csv", "arrived_at,num_prefill_tokens,num_decode_tokens\n1.5,10,20\n2,1,1\n")).toEqual([
      { at: 0, promptTokens: 10, outputTokens: 20 },
      { at: 0.5, promptTokens: 1, outputTokens: 1 },
    ]);
    expect(
      await read("azure24.csv", "TIMESTAMP,ContextTokens,GeneratedTokens\n2024-05-10 00:00:00.009930+00:00,2162,5\n"),
    ).toEqual([{ at: 0, promptTokens: 2162, outputTokens: 5 }]);
  });

  test("ShareGPT's conversations are a request an answer, vLLM's results a request a length; neither has times", async () => {
    const talk = [
      {
        id: "x",
        conversations: [
          { from: "human", value: "a".repeat(40) },
          { from: "gpt", value: "b".repeat(20) },
          { from: "human", value: "c" },
          { from: "gpt", value: "d" },
        ],
      },
    ];
    const open = await openTrace(file("talk.json", JSON.stringify(talk, null, 1)), 0);
    expect(open.hasTimes).toBe(false);
    expect(await arrivalsOf(open.workload)).toEqual([
      { at: 0, promptTokens: 10, outputTokens: 5 },
      { at: 0, promptTokens: 16, outputTokens: 1 },
    ]);
    expect(
      await read(
        "bench.json",
        JSON.stringify({ date: "x", input_lens: [10, 20, 30], output_lens: [5, 0, 6], ttfts: [] }),
      ),
    ).toEqual([
      { at: 0, promptTokens: 10, outputTokens: 5 },
      { at: 0, promptTokens: 30, outputTokens: 6 },
    ]);
    await expect(read("bad.json", "[{}]")).rejects.toThrow(/bad\.json: conversation 0 has no list "conversations"/);
    await expect(read("cut.json", "[{")).rejects.toThrow(TraceError);
  });

  test("a JSONL of no known keys is refused", async () => {
    await expect(read("odd.jsonl", '{"prompt":"x","time":3}\n')).rejects.toThrow(
      /odd\.jsonl:1: .* begins no known trace/,
    );
  });
});

test("ids of 64 bits keep apart what differs in the last bit, and small ones name themselves", async () => {
  const rows = ["9223372036854775807, 3", "9223372036854775806, 3", "9223372036854775807, 1073741824"].map(
    (ids, i) => `{"timestamp":${i},"input_length":1024,"output_length":1,"hash_ids":[${ids}]}\n`,
  );
  const [a, b, c] = (await read("wide.jsonl", rows.join(""))).map(({ pieces }) => pieces!);
  expect([a[0] === c[0], a[0] === b[0], a[1], b[1], c[1] < 2 ** 30]).toEqual([true, false, 3, 3, true]);
});

test("rows that cannot be used are skipped and counted where that is asked for", async () => {
  const path = file(
    "mixed.csv",
    `${AZURE}2023-11-16 18:15:46,1,2\n2023-11-16 18:15:47,1,0\nno\n2023-11-16 18:15:48,3,4\n`,
  );
  const { workload, skippedRows } = await openTrace(path, 0, "skip");
  expect((await arrivalsOf(workload)).map(({ at, promptTokens }) => [at, promptTokens])).toEqual([
    [0, 1],
    [2, 3],
  ]);
  expect(skippedRows()).toBe(2);
});

test("blank lines before the header are no header", async () => {
  expect(await read("blank.csv", `\n \n${AZURE}2023-11-16 18:15:46,1,2\n`)).toEqual([
    { at: 0, promptTokens: 1, outputTokens: 2 },
  ]);
});

test("a line of megabytes is read in linear time, one of a hundred is refused", async () => {
  const lines = new TextLines();
  const piece = "x".repeat(2 ** 16);
  for (let i = 0; i < 1000; i++) expect(lines.push(piece)).toEqual([]);
  expect(lines.push("\r\nnext\n").map((line) => line.trim().length)).toEqual([1000 * 2 ** 16, 4]);
  expect(() => Array.from({ length: 1100 }, () => lines.push(piece))).toThrow(
    /line 1 is longer than 67108864 characters/,
  );
});

test("ShareGPT has lengths without times", async () => {
  const path = file("sharegpt.csv", "num_prefill_tokens,num_decode_tokens,num_total_tokens,pd_ratio\n12,8,20,1.5\n");
  const { workload, hasTimes } = await openTrace(path, 0);
  expect(hasTimes).toBe(false);
  expect(await arrivalsOf(workload)).toEqual([{ at: 0, promptTokens: 12, outputTokens: 8 }]);
});

describe("ServeGen", () => {
  test("clients come at their windows' rates, those without lengths through the others", async () => {
    file("s_lengths.jsonl.gz", LENGTHS);
    const path = file("s_rates.csv.gz", `${RATES}0,0,1.5,1,Gamma,1,0.5\n0,600,1,1,Weibull,1,1\n1,0,0.5,1,,,\n`);
    const { workload, hasTimes } = await openTrace(path, 7);
    const arrivals = await arrivalsOf(workload);
    const inFirst = arrivals.filter(({ at }) => at < 600).length;
    expect(hasTimes).toBe(true);
    // 2 and 1 a second for 600 s: five standard deviations of a Poisson count.
    expect(Math.abs(inFirst - 1200)).toBeLessThan(175);
    expect(Math.abs(arrivals.length - inFirst - 600)).toBeLessThan(125);
    expect(arrivals.map(({ at }) => at)).toEqual(arrivals.map(({ at }) => at).toSorted((a, b) => a - b));
    expect(
      new Set(arrivals.map(({ promptTokens, outputTokens, client }) => `${client}: ${promptTokens}, ${outputTokens}`)),
    ).toEqual(new Set(["client 0: 10, 5", "client 0: 10, 7"]));
    expect(await arrivalsOf((await openTrace(path, 7)).workload)).toEqual(arrivals);
    expect(await arrivalsOf((await openTrace(path, 8)).workload)).not.toEqual(arrivals);
  });

  test("rates without lengths beside them are refused, with the name that is wanted", async () => {
    await expect(openTrace(file("alone_rates.csv", RATES), 0)).rejects.toThrow(
      /alone_rates\.csv holds ServeGen rates; .*alone_lengths\.jsonl/,
    );
    await expect(openTrace(file("odd.csv", RATES), 0)).rejects.toThrow(/NAME_lengths\.jsonl for NAME_rates\.csv/);
  });

  test.each([
    [
      "bad rate",
      `${RATES}0,0,fast,1,Gamma,1,1\n`,
      LENGTHS,
      /bad rate_rates\.csv:2: rate_rps must be a number >= 0, got "fast"/,
    ],
    [
      "bad law",
      `${RATES}0,0,1,1,Pareto,1,1\n`,
      LENGTHS,
      /bad law_rates\.csv:2: arrival must be Gamma, Weibull or empty, got "Pareto"/,
    ],
    [
      "bad lengths",
      `${RATES}0,0,1,1,Gamma,1,1\n`,
      `${LENGTHS}{"client":1,"window_start_s":0,"input_tokens":[],"output_tokens":{}}\n`,
      /bad lengths_lengths\.jsonl:2: input_tokens must be an object of lengths/,
    ],
    ["no json", `${RATES}0,0,1,1,Gamma,1,1\n`, `${LENGTHS}no\n`, /no json_lengths\.jsonl:2: /],
    ["null row", `${RATES}0,0,1,1,Gamma,1,1\n`, "null\n", /null row_lengths\.jsonl:1: /],
  ])("%s names file and line", async (name, rates, lengths, message) => {
    file(`${name}_lengths.jsonl`, lengths);
    const opened = openTrace(file(`${name}_rates.csv`, rates), 0);
    await expect(opened).rejects.toThrow(message);
    await expect(opened).rejects.toBeInstanceOf(TraceError);
  });
});

describe("a malformed row names file, line and what is wrong", () => {
  const ROW = "2023-11-16 18:15:46,1,2\n";
  test.each([
    [
      "a.csv",
      `${AZURE}${ROW}2023-11-16 18:15:47,many,2\n`,
      /a\.csv:3: ContextTokens must be an integer >= 1, got "many"$/,
    ],
    ["b.csv", `${AZURE}yesterday,1,2\n`, /b\.csv:2: TIMESTAMP must look like .*got "yesterday"$/],
    ["c.csv", `${AZURE}${ROW}\n2023-11-16 18:15:47,1\n`, /c\.csv:4: 3 columns are expected, there are 2$/],
    ["d.csv", `${AZURE}${ROW}2023-11-16 18:15:45,1,2\n`, /d\.csv:3: its time is before the one of the row above$/],
    ["e.csv", `${AZURE}"2023-11-16 18:15:46",1,2\n`, /e\.csv:2: quoted values are not understood$/],
    ["f.csv", `${AZURE}2023-11-16 18:15:46,1,0\n`, /f\.csv:2: GeneratedTokens must be an integer >= 1, got "0"$/],
    ["g.jsonl", `{"timestamp":0,"input_length":5,"output_length":1}\n{"timestamp":\n`, /g\.jsonl:2: no JSON object: /],
    [
      "h.jsonl",
      `{"timestamp":-1,"input_length":5,"output_length":1}\n`,
      /h\.jsonl:1: timestamp must be a number >= 0, got -1$/,
    ],
    [
      "i.jsonl",
      `{"timestamp":0,"input_length":5,"output_length":1,"hash_ids":[1.5]}\n`,
      /i\.jsonl:1: hash_ids must be an array of integers >= 0, got \[1\.5\]$/,
    ],
    [
      "j.jsonl",
      `{"timestamp":0,"input_length":5000,"output_length":1,"hash_ids":[1]}\n`,
      /j\.jsonl:1: 1 hash_ids fit 5000 tokens neither at 512 nor at 16 tokens an id$/,
    ],
    [
      "k.csv",
      "a,b\n1,2\n",
      /k\.csv:1: "a,b" begins no known trace; known: Azure, Mooncake, recording of bstar, Qwen-Bailian, BurstGPT, Vidur, ShareGPT lengths, ServeGen rates, ShareGPT JSON, results of vLLM's bench serve$/,
    ],
    ["n.csv", `${AZURE}2023-13-41 18:15:46,1,2\n`, /n\.csv:2: TIMESTAMP is no date: "2023-13-41 18:15:46"$/],
    ["o.csv", `${AZURE}2023-02-29 18:15:46,1,2\n`, /o\.csv:2: TIMESTAMP is no date/],
    ["p.csv", `${AZURE}2023-02-28 24:00:00,1,2\n`, /p\.csv:2: TIMESTAMP is no date/],
    ["q.csv", `${AZURE}2023-02-28 23:60:00,1,2\n`, /q\.csv:2: TIMESTAMP is no date/],
    [
      "r.csv",
      `${AZURE}2023-11-16 18:15:46,1,999999999999\n`,
      /r\.csv:2: GeneratedTokens must be an integer >= 1 and at most 268435456, got "999999999999"$/,
    ],
    ["l.csv", AZURE, /l\.csv holds no requests$/],
    ["m.csv", "", /m\.csv holds no requests$/],
  ])("%s", async (name, text, message) => {
    const reading = read(name, text);
    await expect(reading).rejects.toThrow(message);
    await expect(reading).rejects.toBeInstanceOf(TraceError);
  });

  test("a file that is not there, or is not what its name says", async () => {
    await expect(openTrace(join(folder, "absent.csv"), 0)).rejects.toThrow(/cannot read .*absent\.csv: .*no such file/);
    writeFileSync(join(folder, "false.csv.gz"), "not packed");
    await expect(openTrace(join(folder, "false.csv.gz"), 0)).rejects.toThrow(/cannot read .*false\.csv\.gz: /);
  });
});
