import { DEFAULT_MAX_WAITING_REQUESTS } from "../../config.ts";
import type { OpenedModel } from "../../models/index.ts";
import { createHandler, type Handler } from "../../server/index.ts";
import { EXIT_FAILED, UsageError } from "../failure.ts";
import type { Io } from "../io.ts";
import { appendLine, dropUnfinishedLine, wholeLines } from "../lines-file.ts";
import { thenClose } from "../model-source.ts";
import { openEngine } from "../serve/open-engine.ts";
import { DEFAULT_POLICIES } from "../serve/options.ts";
import type { BatchLine } from "./batch-file.ts";
import type { GenerateOptions } from "./options.ts";

/** A line of the output, as OpenAI writes it. */
interface OutputLine {
  readonly id: string;
  readonly custom_id: string;
  readonly response: { readonly status_code: number; readonly request_id: string; readonly body: unknown };
  readonly error: null;
}

/**
 * Requests under way: keeps a scheduler of 256 busy, and far below the queue's limit even with several choices each.
 */
const MAX_OUTSTANDING = 512;

/** Bodies on disk are the user's own: their limit is that of the file. */
const BODY_BYTES = 256 * 1024 * 1024;

/**
 * Answers a batch through the server's own handler, each line as the API would answer it, as answers come. With `out`
 * lines are appended there; without it they go to standard output. A request that is refused or fails has its error in
 * its line, and makes the exit code 1.
 */
export async function runBatch(
  lines: readonly BatchLine[],
  { options, loaded, io }: { options: GenerateOptions; loaded: OpenedModel; io: Io },
): Promise<void> {
  const { out } = options;
  const settings = { ...options, ...DEFAULT_POLICIES, maxWaiting: DEFAULT_MAX_WAITING_REQUESTS };
  const { engine: opened, info } = await thenClose(loaded, openEngine(settings, loaded, { io, events: {} }));
  await using engine = opened;
  const { name, tokenizer, chat } = loaded;
  const model = { name, tokenizer, chat, contextLength: info.contextLength };
  const handler = createHandler({ engine, model, limits: { bodyBytes: BODY_BYTES } });
  let failed = 0;
  const answerNext = async (queue: Iterator<BatchLine>): Promise<void> => {
    for (let next = queue.next(); next.done !== true && !io.signal.aborted; next = queue.next()) {
      const line = await answer(next.value, { handler, model: name, signal: io.signal });
      // An answer that was cut is asked for again by the next run.
      if (io.signal.aborted) return;
      if (line.response.status_code >= 400) failed++;
      if (out === undefined) await io.stdout.write(`${JSON.stringify(line)}\n`);
      else appendLine(out, line);
    }
  };
  const queue = lines.values();
  await Promise.all(Array.from({ length: Math.min(MAX_OUTSTANDING, lines.length) }, () => answerNext(queue)));
  if (failed > 0 || io.signal.aborted) io.exitCode = EXIT_FAILED;
}

/**
 * The lines that the file has no answer of; what failed there for the server's reasons is asked again. Cuts off a line
 * that was not written to its end. Throws `UsageError` for a file of something else.
 */
export function remainingLines(lines: readonly BatchLine[], out: string | undefined): readonly BatchLine[] {
  if (out === undefined) return lines;
  dropUnfinishedLine(out);
  const done = new Set<string>();
  for (const [i, text] of wholeLines(out).entries()) {
    if (text === "") continue;
    const { custom_id: id, response } = parseOutput(text, `${out}:${i + 1}`);
    if (response.status_code < 500) done.add(id);
  }
  return lines.filter(({ customId }) => !done.has(customId));
}

function parseOutput(text: string, where: string): OutputLine {
  try {
    const line = JSON.parse(text) as OutputLine;
    if (typeof line.custom_id === "string" && typeof line.response.status_code === "number") return line;
  } catch {
    // Said below.
  }
  throw new UsageError(`--out: ${where} is no line of a batch's output`);
}

async function answer(
  { customId, url, body }: BatchLine,
  { handler, model, signal }: { handler: Handler; model: string; signal: AbortSignal },
): Promise<OutputLine> {
  // Files are written for models of other names: the command line says which one answers. Nothing is streamed.
  const sent = JSON.stringify({ ...body, model, stream: false });
  const headers = { "content-type": "application/json" };
  const response = await handler(new Request(`http://batch${url}`, { method: "POST", body: sent, headers, signal }));
  const requestId = response.headers.get("x-request-id") ?? crypto.randomUUID();
  const answered = { status_code: response.status, request_id: requestId, body: await response.json() };
  return { id: `batch_req_${requestId}`, custom_id: customId, response: answered, error: null };
}
