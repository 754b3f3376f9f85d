import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A request that the server got. */
export interface Asked {
  readonly path: string;
  readonly authorization: string | undefined;
  readonly body: {
    readonly prompt?: string;
    readonly messages?: readonly { readonly content: string }[];
    readonly max_tokens: number;
    readonly [key: string]: unknown;
  };
}

export interface OpenAiServer extends AsyncDisposable {
  readonly url: string;
  /** Requests of answers, in their order. */
  readonly asked: Asked[];
}

/** What a fake server does differently. */
export interface FakeServerOptions {
  /** Whether answers end with their counts of tokens. Default true. */
  readonly hasUsage?: boolean;
  /** Answers the n-th request with an error. */
  readonly fails?: (n: number) => boolean;
  /** Tokens of a prompt of so many words. Default 2 a word and 5 around them. */
  readonly tokensOf?: (words: number) => number;
}

/** A server with OpenAI's API that streams "word word …" as fast as it can. */
export async function openAiServer(options: FakeServerOptions = {}): Promise<OpenAiServer> {
  const asked: Asked[] = [];
  const server = createServer((request, response) => void answer(request, response, { ...options, asked }));
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { asked, hasUsage = true, fails, tokensOf = (words) => 2 * words + 5 }: FakeServerOptions & { asked: Asked[] },
): Promise<void> {
  if (request.url === "/v1/models") {
    response.end(JSON.stringify({ object: "list", data: [{ id: "fake-model" }] }));
    return;
  }
  const { authorization } = request.headers;
  const body = JSON.parse(Buffer.concat(await request.toArray()).toString()) as Asked["body"];
  asked.push({ path: request.url ?? "", authorization, body });
  if (fails?.(asked.length - 1) === true) {
    response.writeHead(503).end(JSON.stringify({ error: { message: "the queue is full" } }));
    return;
  }
  const send = (data: unknown): void => void response.write(`data: ${JSON.stringify(data)}\n\n`);
  response.writeHead(200, { "content-type": "text/event-stream" });
  const isChat = body.messages !== undefined;
  if (isChat) send({ choices: [{ delta: { role: "assistant", content: "" } }] });
  for (let i = 0; i < body.max_tokens; i++) {
    send({ choices: [isChat ? { delta: { content: " word" } } : { text: " word" }] });
    await new Promise((resolve) => setImmediate(resolve));
  }
  const prompt = body.prompt ?? body.messages!.map(({ content }) => content).join("\n");
  const usage = { prompt_tokens: tokensOf(prompt.split(" ").length), completion_tokens: body.max_tokens };
  if (hasUsage) send({ choices: [], usage });
  response.end("data: [DONE]\n\n");
}
