// The handler in Bun: bun bun.mjs
import { createHandler } from "bstar/server";
import { openEngine } from "./engine.mjs";

const handler = createHandler(await openEngine());
const { port } = Bun.serve({
  hostname: "127.0.0.1",
  port: Number(Bun.env.PORT ?? 8000),
  fetch: handler,
  idleTimeout: 255,
});
console.log(`listening on http://127.0.0.1:${port}`);
