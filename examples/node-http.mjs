// The handler in a bare server of Node, with a chat page at "/": node node-http.mjs
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { createHandler } from "bstar/server";
import { openEngine } from "./engine.mjs";
import { answer } from "./to-web.mjs";

const handler = createHandler(await openEngine());
const page = await readFile(new URL("./chat.html", import.meta.url));

const server = createServer((incoming, outgoing) => {
  if (incoming.url === "/") outgoing.writeHead(200, { "content-type": "text/html; charset=utf-8" }).end(page);
  else void answer(handler, incoming, outgoing);
});
server.listen(Number(process.env.PORT ?? 8000), "127.0.0.1", () => {
  console.log(`listening on http://127.0.0.1:${server.address().port}`);
});
