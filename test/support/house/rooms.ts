/** The rooms of src and who may import whom. Each row is a whole answer, nothing is inherited. */

const UP_TO_ROOFLINE = ["root", "collections", "blocks", "sampling", "roofline"];
const UP_TO_POLICIES = [...UP_TO_ROOFLINE, "prefill", "policies"];
const UP_TO_SCHEDULER = [...UP_TO_POLICIES, "constraints", "scheduler"];
const UP_TO_ENGINE = [...UP_TO_SCHEDULER, "engine", "backend"];

/** Room -> rooms that its files may import, beside their own. */
export const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  root: [],
  collections: ["root"],
  blocks: ["root", "collections"],
  constraints: ["root"],
  grammar: ["root", "constraints"],
  sampling: ["root"],
  families: ["root"],
  quantization: ["root"],
  roofline: ["root", "families", "quantization"],
  prefill: UP_TO_ROOFLINE,
  policies: UP_TO_ROOFLINE,
  scheduler: [...UP_TO_POLICIES, "constraints"],
  backend: ["root"],
  engine: [...UP_TO_SCHEDULER, "backend"],
  index: UP_TO_ENGINE,
  models: ["root", "families", "quantization"],
  "backends/reference": ["root", "backend", "sampling", "quantization"],
  "backends/cpu": ["root", "backend", "quantization"],
  "backends/webgpu": ["root", "backend", "sampling", "quantization"],
  "backends/simulated": ["root", "backend", "sampling", "roofline"],
  sim: [...UP_TO_SCHEDULER, "families", "backend", "backends/simulated"],
  worker: UP_TO_ENGINE,
  "kv-events": ["root", "blocks"],
  server: [...UP_TO_ENGINE, "models", "worker", "kv-events"],
  cli: [
    ...UP_TO_ENGINE,
    "grammar",
    "families",
    "quantization",
    "index",
    "models",
    "backends/reference",
    "backends/cpu",
    "backends/webgpu",
    "backends/simulated",
    "sim",
    "worker",
    "kv-events",
    "server",
  ],
  testing: [
    ...UP_TO_ENGINE,
    "families",
    "quantization",
    "index",
    "grammar",
    "models",
    "backends/reference",
    "backends/cpu",
    "backends/webgpu",
    "backends/simulated",
    "sim",
    "worker",
    "kv-events",
    "server",
  ],
};

/**
 * Where time and randomness are arguments and nothing waits: one scheduler serves production, simulation and fault
 * injection.
 */
export const PURE_ROOMS: ReadonlySet<string> = new Set([
  "root",
  "families",
  "quantization",
  "constraints",
  "grammar",
  ...UP_TO_SCHEDULER,
]);

/** Packages that a room may import; everything else of the library is its own code. */
export const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  models: ["@huggingface/hub", "@huggingface/jinja", "oniguruma-to-es"],
  server: ["@hono/node-server", "@opentelemetry/api", "hono", "prom-client", "zod"],
  cli: ["commander", "pino", "webgpu", "tinypool", "eventsource-parser"],
  "kv-events": ["zeromq", "@msgpack/msgpack"],
  sim: ["vega", "vega-lite"],
  "backends/webgpu": ["webgpu"],
  testing: ["fast-check", "vitest"],
};

/** Files that may name `node:` modules and Node's globals; the rest runs in browsers, workers, Deno and Bun alike. */
export const NODE_FILES: readonly RegExp[] = [
  /^src\/cli\//,
  /^src\/backends\/cpu\/spawn\.ts$/,
  /^src\/models\/node\.ts$/,
  /^src\/models\/hub\/(hub|store)\.ts$/,
  /^src\/worker\/own-channel\.ts$/,
  /^src\/kv-events\//,
  /^src\/server\/node\.ts$/,
  /^src\/sim\/.*file.*\.ts$/,
];

/**
 * "src/policies/queue/fcfs.ts" -> "policies"; "src/index.ts" -> "index"; other files of src itself -> "root";
 * files of src/backends itself -> "backend"; "src/backends/webgpu/…" -> "backends/webgpu"; null outside src.
 */
export function roomOf(path: string): string | null {
  const [top, first, second] = path.split("/");
  if (top !== "src") return null;
  if (second === undefined) return first === "index.ts" ? "index" : "root";
  if (first !== "backends") return first;
  return second.endsWith(".ts") ? "backend" : `backends/${second}`;
}
