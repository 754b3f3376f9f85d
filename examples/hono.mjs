// The handler inside a Hono application, on Node: npm install hono @hono/node-server; node hono.mjs
import { serve } from "@hono/node-server";
import { createHandler } from "bstar/server";
import { Hono } from "hono";
import { openEngine } from "./engine.mjs";

const handler = createHandler(await openEngine());
const app = new Hono();
app.get("/", (context) => context.text("a Hono application"));
app.all("/v1/*", (context) => handler(context.req.raw));

serve({ fetch: app.fetch, hostname: "127.0.0.1", port: Number(process.env.PORT ?? 8000) }, ({ port }) => {
  console.log(`listening on http://127.0.0.1:${port}`);
});
