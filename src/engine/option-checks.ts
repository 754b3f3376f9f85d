/**
 * Checks of an engine's options before anything is made of them. Numbers and policies are checked by those that use
 * them.
 */
import type { BackendInfo } from "../backends/backend.ts";
import { InvalidOptionError } from "../errors.ts";
import { unknownName } from "../unknown-name.ts";
import { assertWithin, type EngineOptions } from "./options.ts";

/**
 * What an option holds: a function, an object with these methods, a list of token ids, or what the scheduler checks.
 */
type Kind = "function" | "ids" | "scheduler's" | readonly string[];

/** Every option that there is. */
const KINDS: Readonly<Record<keyof EngineOptions, Kind>> = {
  backend: ["execute", "readBlocks", "writeBlocks", "dispose"],
  tokenizer: ["encode", "tokenBytes"],
  chat: ["render"],
  decisionLog: ["note"],
  stopTokenIds: "ids",
  recover: "function",
  clock: "function",
  timer: "function",
  onStep: "function",
  onCalibrated: "function",
  onKvEvent: "function",
  worthSwapping: "function",
  hash: "function",
  blockCount: "scheduler's",
  blockSize: "scheduler's",
  maxRequests: "scheduler's",
  tokenBudget: "scheduler's",
  contextLength: "scheduler's",
  maxWaitingRequests: "scheduler's",
  maxWaitingTokens: "scheduler's",
  longPrefillThreshold: "scheduler's",
  maxPartialPrefills: "scheduler's",
  maxLongPartialPrefills: "scheduler's",
  maxAdapters: "scheduler's",
  maxEditsPerStep: "scheduler's",
  maxFailures: "scheduler's",
  hostBlockCount: "scheduler's",
  vocabSize: "scheduler's",
  queue: "scheduler's",
  admission: "scheduler's",
  preemption: "scheduler's",
  chunking: "scheduler's",
  budget: "scheduler's",
  eviction: "scheduler's",
  drafter: "scheduler's",
};

/**
 * The backend's limits. Throws `InvalidOptionError` that names the option: one that does not exist, holds something
 * else, or is beyond them.
 */
export function infoOf(options: EngineOptions): BackendInfo {
  for (const [name, value] of Object.entries(options)) {
    if (!Object.hasOwn(KINDS, name)) throw unknownName("option", name, Object.keys(KINDS));
    if (value !== undefined) checkValue(name, value, KINDS[name as keyof EngineOptions]);
  }
  const { backend } = options;
  if (backend === undefined) throw new InvalidOptionError("backend must be a backend, got undefined");
  if (backend.info === undefined) throw new InvalidOptionError("backend must be a backend, and has no info");
  if (typeof backend.lost?.then !== "function") {
    throw new InvalidOptionError("backend must be a backend, and its lost is no promise");
  }
  assertWithin(options, backend.info);
  return backend.info;
}

function checkValue(name: string, value: unknown, kind: Kind): void {
  if (kind === "function") {
    if (typeof value !== "function") throw new InvalidOptionError(`${name} must be a function, got ${shown(value)}`);
  } else if (kind === "ids") checkIds(name, value);
  else if (kind !== "scheduler's") checkMethods(name, value, kind);
}

function checkIds(name: string, value: unknown): void {
  if (!Array.isArray(value)) throw new InvalidOptionError(`${name} must be an array of token ids, got ${shown(value)}`);
  for (const [i, id] of value.entries()) {
    if (!Number.isInteger(id) || id < 0) {
      throw new InvalidOptionError(`${name}[${i}] must be an integer >= 0, got ${shown(id)}`);
    }
  }
}

function checkMethods(name: string, value: unknown, methods: readonly string[]): void {
  if (value === null || typeof value !== "object") {
    throw new InvalidOptionError(`${name} must be an object, got ${shown(value)}`);
  }
  // Backends and tokenizers are often made by promises.
  if ("then" in value) throw new InvalidOptionError(`${name} is a promise: await it first`);
  const missing = methods.find((method) => typeof (value as Record<string, unknown>)[method] !== "function");
  if (missing !== undefined) throw new InvalidOptionError(`${name} has no method ${missing}`);
}

function shown(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}
