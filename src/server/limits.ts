import { MAX_CHOICES } from "../config.ts";
import { InvalidOptionError } from "../errors.ts";
import { withDefaults } from "../option-checks.ts";

/** What one request and one connection may cost. Each is an option of `createHandler`; 0 is no value of any. */
export interface ServerLimits {
  /** Bytes of a body. A context of 1 Mi tokens is about 4 MiB of text. */
  readonly bodyBytes: number;
  /** Seconds in which a body must have come: a client that sends a byte a minute would hold its memory for hours. */
  readonly bodySeconds: number;
  /** Levels of arrays and objects in a body: what walks a value recurses, and tool schemas need about ten. */
  readonly jsonDepth: number;
  /** Messages of a conversation. A template renders each of them twice. */
  readonly messages: number;
  /** Tools of a conversation. OpenAI's limit. */
  readonly tools: number;
  /** Prompts of one completion request. Each is a request of the engine's queue, which takes 4,096. */
  readonly prompts: number;
  /** Answers to one prompt. OpenAI's limit, and the engine's. */
  readonly choices: number;
  /** Stop strings. Each is looked for behind every token. */
  readonly stops: number;
  /** Entries of `logit_bias`. OpenAI's limit. */
  readonly logitBias: number;
  /** Bytes of a stream that the client has not taken. A reader so far behind has gone away or attacks. */
  readonly unsentBytes: number;
}

/** The defaults. */
export const SERVER_LIMITS: ServerLimits = Object.freeze({
  bodyBytes: 4 * 2 ** 20,
  bodySeconds: 30,
  jsonDepth: 64,
  messages: 2048,
  tools: 128,
  prompts: 256,
  choices: MAX_CHOICES,
  stops: 16,
  logitBias: 300,
  unsentBytes: 256 * 1024,
});

/** Fills in defaults. Throws `InvalidOptionError` for a name that does not exist, and for a value that is no limit. */
export function limitsOf(given: Partial<ServerLimits> = {}): ServerLimits {
  for (const [name, value] of Object.entries(given)) {
    if (!Object.hasOwn(SERVER_LIMITS, name)) {
      throw new InvalidOptionError(`limits.${name} does not exist; there are ${Object.keys(SERVER_LIMITS).join(", ")}`);
    }
    if (value !== undefined && !(Number.isFinite(value) && value > 0)) {
      throw new InvalidOptionError(`limits.${name} must be a number above 0, got ${String(value)}`);
    }
  }
  const limits = withDefaults(SERVER_LIMITS, given);
  if (limits.choices > MAX_CHOICES) {
    throw new InvalidOptionError(`limits.choices is ${limits.choices}, the engine takes ${MAX_CHOICES} at most`);
  }
  return limits;
}
