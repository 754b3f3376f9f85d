/** Checks of an engine's options before anything is made of them. The user of a number or a policy checks it. */
import type { BackendInfo } from "../backends/backend.ts";
import { InvalidOptionError } from "../errors.ts";
import { checkOptions, type OptionKind } from "../option-checks.ts";
import { SCHEDULER_OPTIONS } from "../scheduler/options.ts";
import { assertWithin, type EngineOptions } from "./options.ts";

const { onEnd: _onEnd, groups: _groups, ...schedulers } = SCHEDULER_OPTIONS;

/** Every option that there is. */
const KINDS: Readonly<Record<keyof EngineOptions, OptionKind>> = {
  ...schedulers,
  backend: ["execute", "readBlocks", "writeBlocks", "dispose"],
  tokenizer: ["encode", "tokenBytes"],
  chat: ["render"],
  grammars: ["mask"],
  stopTokenIds: "ids",
  recover: "function",
  clock: "function",
  timer: "function",
  record: "function",
  onStep: "function",
  onCalibrated: "function",
};

/**
 * The backend's limits. Throws `InvalidOptionError` that names the option if it is unknown, of another type, or beyond
 * the limits.
 */
export function infoOf(options: EngineOptions): BackendInfo {
  checkOptions(options, KINDS);
  const { backend } = options;
  if (backend === undefined) throw new InvalidOptionError("backend must be a backend, got undefined");
  if (backend.info === undefined) throw new InvalidOptionError("backend must be a backend, and has no info");
  if (typeof backend.lost?.then !== "function") {
    throw new InvalidOptionError("backend must be a backend, and its lost is no promise");
  }
  assertWithin(options, backend.info);
  return backend.info;
}
