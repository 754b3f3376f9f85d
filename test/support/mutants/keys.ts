import type { Domain } from "../../../src/testing/index.ts";
import { PagedAllocator } from "../paged-allocator.ts";
import type { Mutant } from "./mutant.ts";

/** Keys that take different beginnings for the same. */
function withKey(bug: string, keyText: (tokens: readonly number[], domain: Domain) => string): Mutant {
  class BadKey extends PagedAllocator {
    override keyText(tokens: readonly number[], domain: Domain): string {
      return keyText(tokens, domain);
    }
  }
  return { bug, like: "vLLM issue 44701", make: (sizes) => new BadKey(sizes) };
}

function withSalt(bug: string, change: (salt: string) => string): Mutant {
  return withKey(bug, (tokens, { salt, adapterId }) => JSON.stringify([change(salt), adapterId, tokens]));
}

function withToken(bug: string, change: (token: number) => number): Mutant {
  return withKey(bug, (tokens, { salt, adapterId }) => JSON.stringify([salt, adapterId, tokens.map(change)]));
}

/** FNV-1a, 32 bits. */
function fnv(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

export const keyMutants: readonly Mutant[] = [
  withKey("token ids are joined without a separator", (tokens, { salt, adapterId }) =>
    JSON.stringify([salt, adapterId, tokens.length, tokens.join("")]),
  ),
  withToken("token ids are cut to 16 bits", (token) => token & 0xffff),
  withToken("token ids are cut to 8 bits", (token) => token & 0xff),
  withToken("token ids are rounded to float32", (token) => Math.fround(token)),
  withSalt("salts are trimmed", (salt) => salt.trim()),
  withSalt("salts are lower-cased", (salt) => salt.toLowerCase()),
  withSalt("salts are cut to 16 characters", (salt) => salt.slice(0, 16)),
  withSalt("salts are cut to 255 characters", (salt) => salt.slice(0, 255)),
  withSalt("salts are normalized", (salt) => salt.normalize("NFC")),
  withSalt("a 32-bit hash of the salt is taken for the salt", (salt) => String(fnv(salt))),
  withKey("adapter ids are cut to 8 bits", (tokens, { salt, adapterId }) =>
    JSON.stringify([salt, adapterId & 0xff, tokens]),
  ),
  withKey("adapter ids are cut to 16 bits", (tokens, { salt, adapterId }) =>
    JSON.stringify([salt, adapterId & 0xffff, tokens]),
  ),
];
