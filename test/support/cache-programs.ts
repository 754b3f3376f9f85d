import fc from "fast-check";
import { expect } from "vitest";
import type { CacheDrive } from "./cache-drive.ts";

/** Tokens of which there are so few that beginnings are shared all the time. */
const tokens = (most: number) => fc.array(fc.integer({ min: 0, max: 1 }), { minLength: 1, maxLength: most });
const command = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      verb: fc.constant("admit" as const),
      tokens: tokens(9),
      salt: fc.constantFrom("", "", "", "x"),
      cacheable: fc.constantFrom(true, true, true, false),
    }),
  },
  { weight: 6, arbitrary: fc.record({ verb: fc.constant("advance" as const), which: fc.nat(20), tokens: tokens(5) }) },
  { weight: 2, arbitrary: fc.record({ verb: fc.constant("fork" as const), which: fc.nat(20) }) },
  { weight: 3, arbitrary: fc.record({ verb: fc.constant("end" as const), which: fc.nat(20) }) },
  { weight: 1, arbitrary: fc.record({ verb: fc.constantFrom("drop" as const, "forget" as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({ verb: fc.constant("lookup" as const), tokens: tokens(12), salt: fc.constantFrom("", "x") }),
  },
);
/** Commands of one plan, and what becomes of it. */
export const cachePlan = fc.record({
  commands: fc.array(command, { minLength: 1, maxLength: 3 }),
  fate: fc.constantFrom("commit", "commit", "commit", "fail", "fail after it ran"),
});

type CachePlan = typeof cachePlan extends fc.Arbitrary<infer Plan> ? Plan : never;

/** Lookups are compared with a search through everything; afterwards the drive's laws hold. */
export function runCachePlan(drive: CacheDrive, { commands, fate }: CachePlan): void {
  const touched = new Set<unknown>();
  for (const each of commands) {
    const holder =
      "which" in each && drive.holders.length > 0 ? drive.holders[each.which % drive.holders.length] : undefined;
    if (each.verb === "admit") {
      if (drive.admit(each.tokens, each) >= 0) touched.add(drive.holders.at(-1));
    } else if (each.verb === "lookup") {
      const { found, expected } = drive.lookup(each.tokens, each.salt);
      if (touched.size === 0) expect(found).toBe(expected);
    } else if (each.verb === "drop") drive.kv.prefixes.dropCached();
    else if (each.verb === "forget") {
      if (touched.size === 0) drive.kv.forgetPrefixes();
    }
    // A plan has a request once; between plans they are forked and end.
    else if (holder !== undefined && !touched.has(holder)) {
      if (each.verb === "advance" && drive.advance(holder, each.tokens)) touched.add(holder);
      if (each.verb === "fork" && touched.size === 0) drive.fork(holder);
      if (each.verb === "end") drive.end(holder);
    }
  }
  if (fate === "commit") drive.commit();
  else drive.rollBack(fate === "fail after it ran");
  drive.check();
}
