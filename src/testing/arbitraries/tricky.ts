import { NO_DOMAIN, type Domain } from "../allocator/allocator.ts";

/**
 * Token ids of a program: each text is written in one alphabet. Besides plain ids there are ids that look alike once
 * they are joined without a separator, or cut to 8, 16 or 24 bits, and the largest ones.
 */
export const ALPHABETS: readonly (readonly number[])[] = [
  [0, 1, 2],
  [0, 1, 2],
  [1, 11, 111],
  [2, 12, 1],
  [0, 256, 512],
  [7, 65_543, 131_079],
  [3, 16_777_219, 33_554_435],
  [2_147_483_646, 2_147_483_645, 1_073_741_823],
  [10, 0, 100],
  // Hashed: to a sum, and by the hash of Java's strings, where [1, 0] is [0, 31].
  [0, 31, 1],
];

/** Domains whose salts or adapters go on in the first token, where nothing stands between them. */
export const JOINED: readonly { readonly alphabet: readonly number[]; readonly domains: readonly Domain[] }[] = [
  { alphabet: [1, 11], domains: [NO_DOMAIN, salted("1"), salted("11")] },
  { alphabet: [1, 11], domains: [adapted(1), adapted(11)] },
];

const LONG = "tenant-of-a-service-with-many-customers-".repeat(8);

/**
 * The domains of a program. Within a set they look alike to code that trims, folds, cuts, joins or hashes badly. The
 * first is the usual one.
 */
export const DOMAIN_SETS: readonly (readonly Domain[])[] = [
  [NO_DOMAIN, salted("1")],
  [NO_DOMAIN, adapted(1)],
  // Joined without a separator: salt and adapter, adapter and first token.
  [{ salt: "1", adapterId: 1 }, adapted(11)],
  [
    { salt: "0", adapterId: 1 },
    { salt: "", adapterId: 10 },
    { salt: "01", adapterId: 0 },
  ],
  [
    { salt: "1:", adapterId: 2 },
    { salt: "", adapterId: 21 },
    { salt: ":", adapterId: 2 },
  ],
  [salted("a"), salted("a1"), salted("a,1")],
  // Trimmed, folded, normalized.
  [salted("x"), salted(" x"), salted("x "), salted("X")],
  [NO_DOMAIN, salted(" "), salted("0"), salted("null"), salted("undefined")],
  [salted("\u00e9"), salted("e\u0301"), salted("e")],
  [salted("stra\u00dfe"), salted("STRASSE"), salted("strasse")],
  [salted("fi"), salted("\ufb01"), salted("\uff46i")],
  [salted("a b"), salted("a  b"), salted("a\tb"), salted("ab")],
  // Read as numbers, written as bytes.
  [salted("1"), salted("01"), salted("1.0"), salted("0x1")],
  [salted("a"), salted("\u0161"), salted("\ud800"), salted("\ud801")],
  // Cut to a length from either end, or in the middle.
  [salted(`${LONG}a`), salted(`${LONG}b`), salted(LONG)],
  [salted(`a${LONG}`), salted(`b${LONG}`)],
  [salted(`${LONG}a${LONG}`), salted(`${LONG}b${LONG}`)],
  [salted("customer-00000017"), salted("customer-00000018"), salted("customer-0")],
  // Hashed: to a sum, by the hash of Java's strings, by FNV-1a and by CRC-32, each to the same 32 bits.
  [salted("ab"), salted("ba")],
  [salted("Aa"), salted("BB")],
  [salted("costarring"), salted("liquid")],
  [salted("plumless"), salted("buckeroo")],
  // Keys of an object.
  [NO_DOMAIN, salted("__proto__"), salted("constructor")],
  // Cut to 8 and 16 bits.
  [NO_DOMAIN, adapted(256), adapted(65_536)],
  [adapted(1), adapted(257), adapted(65_537)],
  [adapted(2_147_483_647), adapted(255), adapted(65_535)],
  // Cut to 24 bits, rounded to float32.
  [adapted(1), adapted(16_777_217), adapted(16_777_216)],
];

function salted(salt: string): Domain {
  return { salt, adapterId: 0 };
}

function adapted(adapterId: number): Domain {
  return { salt: "", adapterId };
}
