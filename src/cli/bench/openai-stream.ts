import { EventSourceParserStream } from "eventsource-parser/stream";
import { BstarError } from "../../errors.ts";

/** A server, and how it is asked. */
export interface Target {
  /** Up to the path of the API: "http://127.0.0.1:8000/v1". */
  readonly base: string;
  readonly model: string;
  readonly endpoint: "completions" | "chat";
  readonly apiKey: string | null;
  /** Go on past the end of the text, for answers of a known length: a field of vLLM's, which others may refuse. */
  readonly ignoreEos: boolean;
  /** A request that takes longer has failed. */
  readonly timeoutSeconds: number;
}

/** What came of one request. Seconds of the clock. */
export interface Outcome {
  readonly sentAt: number;
  /** Null where no text came. */
  readonly firstTokenAt: number | null;
  readonly doneAt: number;
  /** Between two pieces of text: a server that sends several tokens at once has fewer. */
  readonly gaps: readonly number[];
  /** Null where the server does not tell. */
  readonly promptTokens: number | null;
  /** As the server counts them; else the number of pieces. */
  readonly outputTokens: number;
  readonly error: string | null;
}

interface Chunk {
  readonly choices?: readonly {
    readonly text?: string;
    readonly delta?: { readonly content?: string | null; readonly reasoning_content?: string | null };
  }[];
  readonly usage?: { readonly prompt_tokens?: number; readonly completion_tokens?: number } | null;
  readonly error?: { readonly message?: string };
}

/** Bytes of an error's body that are shown. */
const SHOWN_ERROR = 300;

/** Asks for one answer as a stream. Never rejects. */
export async function streamOne(
  target: Target,
  request: { readonly prompt: string; readonly maxTokens: number },
  clock: () => number,
  signal: AbortSignal,
): Promise<Outcome> {
  const sentAt = clock();
  const times: number[] = [];
  let usage: Chunk["usage"];
  let error: string | null = null;
  try {
    for await (const chunk of chunksOf(await ask(target, request, signal))) {
      if (chunk.error !== undefined) throw new Error(chunk.error.message ?? "an error without a message");
      if (hasText(chunk)) times.push(clock());
      usage = chunk.usage ?? usage;
    }
    if (times.length === 0 && (usage?.completion_tokens ?? 0) === 0) error = "the answer has no text";
  } catch (thrown) {
    error = messageOf(thrown);
  }
  return {
    sentAt,
    firstTokenAt: times[0] ?? null,
    doneAt: clock(),
    gaps: times.slice(1).map((at, i) => at - times[i]),
    promptTokens: usage?.prompt_tokens ?? null,
    outputTokens: usage?.completion_tokens ?? times.length,
    error,
  };
}

/** The name of the first model that the server lists. Rejects with a `BstarError` where it cannot be had. */
export async function firstModel(
  { base, apiKey }: Pick<Target, "base" | "apiKey">,
  signal: AbortSignal,
): Promise<string> {
  const unreachable = (why: string): BstarError => new BstarError("no_server", `${base}/models ${why}`);
  const response = await fetch(`${base}/models`, { headers: headersOf(apiKey), signal }).catch((error: unknown) => {
    throw unreachable(`cannot be had: ${messageOf(error)}`);
  });
  if (!response.ok) throw unreachable(`answers ${response.status}`);
  const { data } = (await response.json()) as { data?: readonly { id?: unknown }[] };
  const id = data?.[0]?.id;
  if (typeof id !== "string") throw unreachable("lists no model");
  return id;
}

async function ask(
  { base, model, endpoint, apiKey, ignoreEos, timeoutSeconds }: Target,
  { prompt, maxTokens }: { readonly prompt: string; readonly maxTokens: number },
  signal: AbortSignal,
): Promise<Response> {
  const input = endpoint === "chat" ? { messages: [{ role: "user", content: prompt }] } : { prompt };
  const body = {
    model,
    ...input,
    max_tokens: maxTokens,
    temperature: 0,
    stream: true,
    stream_options: { include_usage: true },
    ...(ignoreEos ? { ignore_eos: true } : {}),
  };
  const response = await fetch(`${base}/${endpoint === "chat" ? "chat/completions" : "completions"}`, {
    method: "POST",
    headers: { ...headersOf(apiKey), "content-type": "application/json" },
    body: JSON.stringify(body),
    signal: AbortSignal.any([signal, AbortSignal.timeout(1000 * timeoutSeconds)]),
  });
  if (!response.ok) throw new Error(`${response.status}: ${(await response.text()).slice(0, SHOWN_ERROR)}`);
  return response;
}

/** The events of an answer, up to "[DONE]" or its end. */
async function* chunksOf({ body }: Response): AsyncGenerator<Chunk> {
  if (body === null) throw new Error("the answer has no body");
  const events = body.pipeThrough(new TextDecoderStream()).pipeThrough(new EventSourceParserStream());
  for await (const { data } of events) {
    if (data === "[DONE]") return;
    yield JSON.parse(data) as Chunk;
  }
}

function hasText({ choices }: Chunk): boolean {
  return (choices ?? []).some(
    ({ text, delta }) => (text ?? delta?.content ?? "") !== "" || (delta?.reasoning_content ?? "") !== "",
  );
}

function headersOf(apiKey: string | null): Record<string, string> {
  return apiKey === null ? {} : { authorization: `Bearer ${apiKey}` };
}

/** `fetch` hides what happened in the cause. */
function messageOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  return thrown.cause instanceof Error ? `${thrown.message}: ${thrown.cause.message}` : thrown.message;
}
