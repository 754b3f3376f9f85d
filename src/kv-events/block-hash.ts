import { createHash } from "node:crypto";

/** Beginnings of a domain: what a first block's hash is chained from. */
export interface HashDomain {
  readonly salt: string;
  readonly adapterId: number;
}

/** Before the salt of a first block: hashes of another layout would begin otherwise. */
const LAYOUT = "bstar-kv-1";

/**
 * The 64-bit hash of a block: the first 8 bytes, big-endian, of SHA-256 over
 * - of a first block (`parent` is null): "bstar-kv-1", the adapter id as u32, the salt's length in bytes as u32, the
 *   salt as UTF-8; of any other: the parent's hash as u64;
 * - the token ids, each as u32.
 *
 * All integers are big-endian. Every server gives equal beginnings equal hashes. SHA-256 keeps a user from making
 * prompts whose hashes collide with those of others.
 */
export function blockHash(parent: bigint | null, tokenIds: ArrayLike<number>, domain: HashDomain): bigint {
  const hash = createHash("sha256").update(parent === null ? domainBytes(domain) : parentBytes(parent));
  const tokens = Buffer.alloc(4 * tokenIds.length);
  for (let i = 0; i < tokenIds.length; i++) tokens.writeUInt32BE(tokenIds[i] >>> 0, 4 * i);
  return hash.update(tokens).digest().readBigUInt64BE(0);
}

function parentBytes(parent: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(parent);
  return bytes;
}

function domainBytes({ salt, adapterId }: HashDomain): Buffer {
  const text = Buffer.from(salt, "utf8");
  const head = Buffer.alloc(8);
  head.writeUInt32BE(adapterId >>> 0, 0);
  head.writeUInt32BE(text.length, 4);
  return Buffer.concat([Buffer.from(LAYOUT), head, text]);
}
