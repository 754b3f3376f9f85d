import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { run } from "../../../src/cli/run.ts";
import { bstar, memoryIo } from "../../support/cli-io.ts";

let folder = "";
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), "bstar-batch-"))));
afterAll(() => rmSync(folder, { recursive: true }));

interface OutputLine {
  readonly id: string;
  readonly custom_id: string;
  readonly response: { readonly status_code: number; readonly request_id: string; readonly body: Body };
  readonly error: null;
}

interface Body {
  readonly object: string;
  readonly model: string;
  readonly choices: readonly { readonly text?: string; readonly message?: { readonly content: string } }[];
  readonly usage: { readonly completion_tokens: number };
  readonly error?: { readonly type: string; readonly param: string | null };
}

const line = (customId: string, body: object, url = "/v1/completions"): string =>
  JSON.stringify({ custom_id: customId, method: "POST", url, body });
const BATCH = [
  line("a", { model: "gpt-x", prompt: "Once upon a time", max_tokens: 6, temperature: 0 }),
  line("b", { messages: [{ role: "user", content: "Hello" }], max_tokens: 3, stream: true }, "/v1/chat/completions"),
  line("bad", { prompt: "Once", max_tokens: -1 }),
  line("nowhere", { input: "Once" }, "/v1/embeddings"),
].join("\n");

const generate = ["generate", "--backend", "reference", "--prompts"];
const parse = (text: string): OutputLine[] =>
  text
    .trim()
    .split("\n")
    .map((each) => JSON.parse(each) as OutputLine);

test("each line is answered as the API would answer it", async () => {
  const { code, out, err } = await bstar([...generate, "-"], { stdin: BATCH });
  expect([code, err]).toEqual([1, ""]);
  const lines = new Map(parse(out).map((each) => [each.custom_id, each]));
  expect([...lines.keys()].toSorted()).toEqual(["a", "b", "bad", "nowhere"]);
  const { id, response, error } = lines.get("a")!;
  expect([id, error]).toEqual([`batch_req_${response.request_id}`, null]);
  expect(response).toMatchObject({ status_code: 200, body: { object: "text_completion", model: "builtin" } });
  const alone = await bstar(["generate", "--backend", "reference", "-p", "Once upon a time", "--max-tokens", "6"]);
  expect(`${response.body.choices[0].text}\n`).toBe(alone.out);
  expect(lines.get("b")!.response.body).toMatchObject({ object: "chat.completion", usage: { completion_tokens: 3 } });
  expect(lines.get("bad")!.response).toMatchObject({ status_code: 400, body: { error: { param: "max_tokens" } } });
  expect(lines.get("nowhere")!.response.status_code).toBe(404);
});

test("with --out a run that was stopped goes on, and asks nothing twice", async () => {
  const out = join(folder, "answers.jsonl");
  const lines = Array.from({ length: 6 }, (_, i) => line(String(i), { prompt: `Once ${i}`, max_tokens: 2 }));
  const run1 = await bstar([...generate, "-", "--out", out], { stdin: lines.slice(0, 3).join("\n") });
  expect(run1).toEqual({ code: 0, out: "", err: "" });
  const first = readFileSync(out, "utf8");
  appendFileSync(out, '{"id": "batch_req_cut", "custom_');
  appendFileSync(out, "");
  expect(await bstar([...generate, "-", "--out", out], { stdin: lines.join("\n") })).toMatchObject({ code: 0 });
  const all = readFileSync(out, "utf8");
  expect(all.startsWith(first)).toBe(true);
  expect(
    parse(all)
      .map(({ custom_id: id }) => id)
      .toSorted(),
  ).toEqual(["0", "1", "2", "3", "4", "5"]);
  await bstar([...generate, "-", "--out", out], { stdin: lines.join("\n") });
  expect(readFileSync(out, "utf8")).toBe(all);
});

test("an answer that failed for the server's reasons is asked for again, a refusal is not", async () => {
  const out = join(folder, "failed.jsonl");
  const answered = (id: string, status: number): string =>
    `${JSON.stringify({ id: "x", custom_id: id, response: { status_code: status, request_id: "x", body: {} }, error: null })}\n`;
  writeFileSync(out, answered("lost", 503) + answered("refused", 400));
  const stdin = ["lost", "refused"].map((id) => line(id, { prompt: "Once", max_tokens: 1 })).join("\n");
  await bstar([...generate, "-", "--out", out], { stdin });
  expect(parse(readFileSync(out, "utf8")).map(({ custom_id: id }) => id)).toEqual(["lost", "refused", "lost"]);
});

test("Ctrl-C writes no half answers, and the exit code says that it is not done", async () => {
  const out = join(folder, "cut.jsonl");
  const controller = new AbortController();
  const stdin = line("a", { prompt: "Once", max_tokens: 400, ignore_eos: true });
  const io = memoryIo({ stdin, signal: controller.signal });
  const ended = run([...generate, "-", "--out", out], io);
  setTimeout(() => controller.abort(), 50);
  expect(await ended).toBe(1);
  await expect(async () => readFileSync(out)).rejects.toThrow("ENOENT");
});

describe("what cannot be used is refused before a model is loaded", () => {
  test.each([
    [`${line("a", {})}\n${line("a", {})}`, `standard input, line 2 custom_id "a" is on line 1 already`],
    [`${line("a", {})}\n{"custom_id": 3}`, "standard input, line 2 custom_id must be a text"],
    [line("a", {}).replace("POST", "GET"), `line 1 method must be "POST", got "GET"`],
    [line("a", {}, "http://x/v1"), "line 1 url must be a path"],
    [line("a", {}).replace("{}", "3"), "line 1 body must be an object, got 3"],
    [`{"custom_id": "a", "metod": "POST"}`, `line 1 has an unknown key "metod"; did you mean "method"?`],
    [`${line("a", {})}\nnonsense`, "line 2 is not JSON"],
  ])("%s", async (stdin, message) => {
    const { code, err } = await bstar([...generate, "-"], { stdin });
    expect([code, err]).toEqual([2, expect.stringContaining(message)]);
  });

  test("options that lines of this kind do not read", async () => {
    const { err } = await bstar([...generate, "-", "--max-tokens", "3"], { stdin: BATCH });
    expect(err).toContain("--max-tokens has no effect on OpenAI's batch lines");
    expect((await bstar(["generate", "-p", "x", "--out", "y"])).err).toContain("--out is of OpenAI's batch lines");
  });

  test("a file of answers that is something else", async () => {
    const out = join(folder, "other.jsonl");
    writeFileSync(out, "{}\n");
    const { code, err } = await bstar([...generate, "-", "--out", out], { stdin: BATCH });
    expect([code, err]).toEqual([2, expect.stringContaining("other.jsonl:1 is no line of a batch's output")]);
  });
});
