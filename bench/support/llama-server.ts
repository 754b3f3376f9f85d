/**
 * llama.cpp behind the smallest handler: `node llama-server.ts MODEL.gguf USERS` answers `/v1/models` and streamed
 * `/v1/completions`, each user with a sequence of its own, whose cache keeps what the next prompt begins with.
 */
import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { availableParallelism } from "node:os";
import { json } from "node:stream/consumers";
import { type LlamaSequence, loadLlamaCpp } from "./llama-cpp.ts";

const [modelPath, users] = process.argv.slice(2);
const llama = await (await loadLlamaCpp())!.getLlama({ gpu: false, build: "never", logLevel: "error" });
const model = await llama.loadModel({ modelPath });
/** One core is left to HTTP and the clients: its threads spin for each other, and stand still on a core that is taken. */
const threads = Math.max(1, availableParallelism() - 1);
const context = await model.createContext({ contextSize: 1024, batchSize: 512, sequences: Number(users), threads });
const free = Array.from({ length: Number(users) }, () => context.getSequence());
const waiting: ((sequence: LlamaSequence) => void)[] = [];

const server = createServer((request, response) => {
  if (request.url === "/v1/models") response.end(JSON.stringify({ object: "list", data: [{ id: "llama.cpp" }] }));
  else void json(request).then((body) => complete(body as Body, response));
});
await once(server.listen(0, "127.0.0.1"), "listening");
console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);

interface Body {
  readonly prompt: string;
  readonly max_tokens: number;
}

async function complete({ prompt, max_tokens: maxTokens }: Body, response: ServerResponse): Promise<void> {
  const sequence = free.pop() ?? (await new Promise<LlamaSequence>((resolve) => waiting.push(resolve)));
  const send = (data: object): void => void response.write(`data: ${JSON.stringify(data)}\n\n`);
  response.writeHead(200, { "content-type": "text/event-stream" });
  const ids = model.tokenize(prompt);
  await sequence.adaptStateToTokens(ids, false);
  let count = 0;
  const options = { temperature: 0, yieldEogToken: true };
  for await (const id of sequence.evaluate(ids.slice(sequence.nextTokenIndex), options)) {
    send({ choices: [{ index: 0, text: model.detokenize([id]) }] });
    if (++count === maxTokens) break;
  }
  send({ choices: [], usage: { prompt_tokens: ids.length, completion_tokens: count } });
  response.end("data: [DONE]\n\n");
  const next = waiting.shift();
  if (next === undefined) free.push(sequence);
  else next(sequence);
}
