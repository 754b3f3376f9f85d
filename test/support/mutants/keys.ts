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

/** The hash of Java's strings, 32 bits. */
function times31(numbers: readonly number[]): number {
  return numbers.reduce((hash, each) => (Math.imul(hash, 31) + each) | 0, 0);
}

const withAdapter = (bug: string, change: (adapterId: number) => unknown): Mutant =>
  withKey(bug, (tokens, { salt, adapterId }) => JSON.stringify([salt, change(adapterId), tokens]));

/** The tokens themselves are of no account, only what is made of them. */
const withTokens = (bug: string, change: (tokens: readonly number[]) => unknown): Mutant =>
  withKey(bug, (tokens, { salt, adapterId }) => JSON.stringify([salt, adapterId, tokens.length, change(tokens)]));

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
  withAdapter("adapter ids are cut to 24 bits", (adapterId) => adapterId & 0xffffff),
  withAdapter("adapter ids are rounded to float32", (adapterId) => Math.fround(adapterId)),
  withAdapter("an adapter is there or not", (adapterId) => adapterId > 0),
  withSalt("salts are upper-cased", (salt) => salt.toUpperCase()),
  withSalt("salts are normalized for compatibility", (salt) => salt.normalize("NFKC")),
  withSalt("white space in salts is collapsed", (salt) => salt.replaceAll(/\s+/g, " ")),
  withSalt("salts are read as numbers", (salt) => (salt === "" ? "" : String(Number(salt)).replace("NaN", salt))),
  withSalt("of each character of a salt the low byte is kept", (salt) => salt.replaceAll(/./gs, lowByte)),
  withSalt("salts are written as UTF-8", (salt) => new TextDecoder().decode(new TextEncoder().encode(salt))),
  withSalt("of salts the first and last 64 characters are kept", (salt) => salt.slice(0, 64) + salt.slice(-64)),
  withSalt("of salts the last 64 characters are kept", (salt) => salt.slice(-64)),
  withSalt("of salts the length is kept", (salt) => String(salt.length)),
  withSalt("an empty salt is null", (salt) => salt || "null"),
  withKey("salt and tokens are joined without a separator", (tokens, { salt, adapterId }) =>
    [adapterId, salt + tokens.join(",")].join(":"),
  ),
  withKey("adapter and tokens are joined without a separator", (tokens, { salt, adapterId }) =>
    [salt, adapterId + tokens.join(",")].join(":"),
  ),
  withTokens("token ids are summed", (tokens) => tokens.reduce((sum, each) => sum + each, 0)),
  withTokens("token ids are taken in any order", (tokens) => tokens.toSorted((a, b) => a - b)),
  withTokens("a 32-bit hash of the tokens is taken for the tokens", times31),
  withTokens("token 0 counts as none", (tokens) => tokens.filter(Boolean)),
  withToken("token ids are cut to 24 bits", (token) => token & 0xffffff),
];

function lowByte(character: string): string {
  return String.fromCharCode(character.charCodeAt(0) & 0xff);
}
