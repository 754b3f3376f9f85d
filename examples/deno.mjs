// The handler in Deno: deno run --allow-all deno.mjs
import { createHandler } from "bstar/server";
import { openEngine } from "./engine.mjs";

const handler = createHandler(await openEngine());
const onListen = ({ port }) => console.log(`listening on http://127.0.0.1:${port}`);
Deno.serve({ hostname: "127.0.0.1", port: Number(Deno.env.get("PORT") ?? 8000), onListen }, handler);
