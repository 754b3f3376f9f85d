import { InvalidOptionError } from "../errors.ts";
import { integerOption } from "../option-checks.ts";
import { ApiError } from "./openai/api-error.ts";
import { RateLimit } from "./rate-limit.ts";

/** A client's key, and what it may use. */
export interface ApiKey {
  /** The secret: 16 characters at least, so that it cannot be guessed. */
  readonly key: string;
  /** In logs and metrics, and the client that fair policies know: unique. */
  readonly name: string;
  /** Most requests a minute, of which as many may come at once. Default no limit. */
  readonly requestsPerMinute?: number;
  /** Most tokens a minute, prompts and answers together. Default no limit. */
  readonly tokensPerMinute?: number;
  /**
   * Keys of the same salt find each other's prompts in the prefix cache. Default: the name, so that no other key shares
   * them.
   */
  readonly cacheSalt?: string;
}

/** Shortest key: 16 characters of 64 kinds are 96 bits. */
const MIN_KEY = 16;

/** A key that was recognized, and what it has used. */
export interface Client {
  readonly name: string;
  readonly cacheSalt: string;
  readonly requests: RateLimit | null;
  readonly tokens: RateLimit | null;
}

/** Recognizes keys by their SHA-256, all of which are compared in full: the time tells nothing about a key. */
export class KeyRing {
  readonly #clients: Promise<readonly { readonly digest: Uint8Array; readonly client: Client }[]>;

  /** `clock` in seconds. Throws `InvalidOptionError`. */
  constructor(keys: readonly ApiKey[], clock: () => number) {
    checkKeys(keys);
    this.#clients = Promise.all(
      keys.map(async ({ key, name, cacheSalt = name, requestsPerMinute, tokensPerMinute }) => ({
        digest: await digestOf(key),
        client: {
          name,
          cacheSalt,
          requests: requestsPerMinute === undefined ? null : new RateLimit(requestsPerMinute, clock),
          tokens: tokensPerMinute === undefined ? null : new RateLimit(tokensPerMinute, clock),
        },
      })),
    );
  }

  /** Whose `authorization: Bearer KEY` it is. Throws a 401. */
  async clientOf(headers: Headers): Promise<Client> {
    const given = /^Bearer +(\S+)$/i.exec(headers.get("authorization") ?? "")?.[1];
    if (given === undefined) {
      throw new ApiError(401, "a key is needed: send the header authorization: Bearer KEY", {
        code: "invalid_api_key",
      });
    }
    const digest = await digestOf(given);
    let found: Client | null = null;
    for (const each of await this.#clients) if (areEqual(each.digest, digest)) found = each.client;
    if (found === null) throw new ApiError(401, "the key is not known", { code: "invalid_api_key" });
    return found;
  }
}

/** A key has used up its minute. `wait` in seconds. */
export function rateLimited(what: string, perMinute: number, wait: number): ApiError {
  return new ApiError(429, `the key's limit is ${perMinute} ${what} a minute`, {
    code: "rate_limit_exceeded",
    // What is more than a minute has will never be taken.
    ...(Number.isFinite(wait) && { retryAfter: wait }),
  });
}

function checkKeys(keys: readonly ApiKey[]): void {
  const names = new Set<string>();
  for (const [i, { key, name, requestsPerMinute, tokensPerMinute }] of keys.entries()) {
    if (typeof key !== "string" || key.length < MIN_KEY || /\s/.test(key)) {
      throw new InvalidOptionError(`keys[${i}].key must have ${MIN_KEY} characters at least and no white space`);
    }
    if (typeof name !== "string" || name === "" || names.has(name)) {
      throw new InvalidOptionError(`keys[${i}].name must be a name that no other key has, got ${JSON.stringify(name)}`);
    }
    names.add(name);
    for (const [limit, value] of Object.entries({ requestsPerMinute, tokensPerMinute })) {
      if (value !== undefined) integerOption(`keys[${i}].${limit}`, value, { least: 1 });
    }
  }
}

async function digestOf(key: string): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(key)));
}

/** Looks at every byte, whatever the first difference. Both have 32. */
function areEqual(a: Uint8Array, b: Uint8Array): boolean {
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= a[i] ^ b[i];
  return difference === 0;
}
