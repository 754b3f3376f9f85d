// The handler as a middleware of Express: npm install express; node express.mjs
import { createHandler } from "bstar/server";
import express from "express";
import { openEngine } from "./engine.mjs";
import { answer } from "./to-web.mjs";

const handler = createHandler(await openEngine());
const app = express();
app.get("/", (_request, response) => response.send("an Express application"));
// Before any parser of bodies: the handler reads its own, with its own limits.
app.use("/v1", (request, response) => answer(handler, request, response));

const server = app.listen(Number(process.env.PORT ?? 8000), "127.0.0.1", () => {
  console.log(`listening on http://127.0.0.1:${server.address().port}`);
});
