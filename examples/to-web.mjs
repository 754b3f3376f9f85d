// Node's requests and responses as web-standard ones, and back.
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

/** Answers a request of `node:http` (or of Express, which extends it) with a handler of web-standard requests. */
export async function answer(handler, incoming, outgoing) {
  const left = new AbortController();
  // A client that leaves ends its request: the blocks are free before the next step.
  outgoing.on("close", () => left.abort());
  const { method, headers, socket } = incoming;
  const hasBody = method !== "GET" && method !== "HEAD";
  const request = new Request(new URL(incoming.originalUrl ?? incoming.url, `http://${socket.localAddress}`), {
    method,
    headers: Object.entries(headers).flatMap(([name, value]) => [value].flat().map((each) => [name, each])),
    signal: left.signal,
    ...(hasBody ? { body: Readable.toWeb(incoming), duplex: "half" } : {}),
  });
  const response = await handler(request);
  outgoing.writeHead(response.status, Object.fromEntries(response.headers));
  if (response.body === null) outgoing.end();
  else await pipeline(Readable.fromWeb(response.body), outgoing).catch(() => {});
}
