import type { KvCache } from "./kv-cache.ts";

/** A beginning, and who may share it. */
export interface PrefixQuery {
  readonly tokens: Int32Array;
  readonly salt: string;
  readonly adapterId: number;
}

/** How many tokens of a beginning are cached, the last token left out. Changes nothing, but a match that was looked up is void. */
export function cachedTokensOf(kv: KvCache, { tokens, salt, adapterId }: PrefixQuery): number {
  const { domains } = kv.prefixes;
  // A domain that nobody uses gets a number, under which nothing is found.
  const domain = domains.acquire(salt, adapterId);
  const count = kv.cachedTokens(domain, tokens, tokens.length);
  domains.release(domain);
  return count;
}
