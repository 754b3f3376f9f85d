import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Arrival, Workload } from "../../../src/sim/arrival.ts";
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
    expect(await read("azure.csv.gz", `\uFEFF${AZURE}2024-05-10 00:00:00.009930+00:00,3,4`)).toEqual([{ at: 0, promptTokens: 3, outputTokens: 4 }]);
  });
});

describe("Mooncake", () => {
  const row = (value: object) => `${JSON.stringify(value)}\n`;

  test("hash_ids are pieces of 512 tokens, or of 16", async () => {
    const rows = row({ timestamp: 1000, input_length: 1025, output_length: 2, hash_ids: [1, 2, 3] }) + row({ timestamp: 1500, input_length: 40, output_length: 2, hash_ids: [1, 2] });
    expect(await read("mooncake.jsonl", rows)).toEqual([
      { at: 0, promptTokens: 1025, outputTokens: 2, pieces: [1, 2, 3], pieceTokens: 512 },
      { at: 0.5, promptTokens: 40, outputTokens: 2, pieces: [1, 2], pieceTokens: 16 },
    ]);
  });

  test("without hash_ids there are lengths alone", async () => {
    expect(await read("plain.jsonl", row({ timestamp: 0, input_length: 5, output_length: 2 }))).toEqual([{ at: 0, promptTokens: 5, outputTokens: 2 }]);
  });
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
    expect(new Set(arrivals.map(({ promptTokens, outputTokens, client }) => `${client}: ${promptTokens}, ${outputTokens}`))).toEqual(new Set(["client 0: 10, 5", "client 0: 10, 7"]));
    expect(await arrivalsOf((await openTrace(path, 7)).workload)).toEqual(arrivals);
    expect(await arrivalsOf((await openTrace(path, 8)).workload)).not.toEqual(arrivals);
  });

  test("rates without lengths beside them are refused, with the name that is wanted", async () => {
    await expect(openTrace(file("alone_rates.csv", RATES), 0)).rejects.toThrow(/alone_rates\.csv holds ServeGen rates; .*alone_lengths\.jsonl/);
    await expect(openTrace(file("odd.csv", RATES), 0)).rejects.toThrow(/NAME_lengths\.jsonl for NAME_rates\.csv/);
  });

  test.each([
    ["bad rate", `${RATES}0,0,fast,1,Gamma,1,1\n`, LENGTHS, /bad rate_rates\.csv:2: rate_rps must be a number >= 0, got "fast"/],
    ["bad law", `${RATES}0,0,1,1,Pareto,1,1\n`, LENGTHS, /bad law_rates\.csv:2: arrival must be Gamma, Weibull or empty, got "Pareto"/],
    ["bad lengths", `${RATES}0,0,1,1,Gamma,1,1\n`, `${LENGTHS}{"client":1,"window_start_s":0,"input_tokens":[],"output_tokens":{}}\n`, /bad lengths_lengths\.jsonl:2: input_tokens must be an object of lengths/],
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
    ["a.csv", `${AZURE}${ROW}2023-11-16 18:15:47,many,2\n`, /a\.csv:3: ContextTokens must be an integer >= 1, got "many"$/],
    ["b.csv", `${AZURE}yesterday,1,2\n`, /b\.csv:2: TIMESTAMP must look like .*got "yesterday"$/],
    ["c.csv", `${AZURE}${ROW}\n2023-11-16 18:15:47,1\n`, /c\.csv:4: 3 columns are expected, there are 2$/],
    ["d.csv", `${AZURE}${ROW}2023-11-16 18:15:45,1,2\n`, /d\.csv:3: its time is before the one of the row above$/],
    ["e.csv", `${AZURE}"2023-11-16 18:15:46",1,2\n`, /e\.csv:2: quoted values are not understood$/],
    ["f.csv", `${AZURE}2023-11-16 18:15:46,1,0\n`, /f\.csv:2: GeneratedTokens must be an integer >= 1, got "0"$/],
    ["g.jsonl", `{"timestamp":0,"input_length":5,"output_length":1}\n{"timestamp":\n`, /g\.jsonl:2: no JSON object: /],
    ["h.jsonl", `{"timestamp":-1,"input_length":5,"output_length":1}\n`, /h\.jsonl:1: timestamp must be a number >= 0, got -1$/],
    ["i.jsonl", `{"timestamp":0,"input_length":5,"output_length":1,"hash_ids":[1.5]}\n`, /i\.jsonl:1: hash_ids must be an array of integers >= 0, got \[1\.5\]$/],
    ["j.jsonl", `{"timestamp":0,"input_length":5000,"output_length":1,"hash_ids":[1]}\n`, /j\.jsonl:1: 1 hash_ids fit 5000 tokens neither at 512 nor at 16 tokens an id$/],
    ["k.csv", "a,b\n1,2\n", /k\.csv:1: "a,b" begins no known trace; known: Azure, Mooncake, ShareGPT lengths, ServeGen rates$/],
    ["n.csv", `${AZURE}2023-13-41 18:15:46,1,2\n`, /n\.csv:2: TIMESTAMP is no date: "2023-13-41 18:15:46"$/],
    ["o.csv", `${AZURE}2023-02-29 18:15:46,1,2\n`, /o\.csv:2: TIMESTAMP is no date/],
    ["p.csv", `${AZURE}2023-02-28 24:00:00,1,2\n`, /p\.csv:2: TIMESTAMP is no date/],
    ["q.csv", `${AZURE}2023-02-28 23:60:00,1,2\n`, /q\.csv:2: TIMESTAMP is no date/],
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
