import { describe, expect, test } from "vitest";
import { InvalidOptionError } from "../../src/errors.ts";
import { fixed } from "../../src/policies/budget/fixed.ts";
import { KvCache } from "../../src/blocks/kv-cache.ts";
import { lru } from "../../src/policies/eviction/lru.ts";
import { resolveOptions, type SchedulerOptions } from "../../src/scheduler/options.ts";

describe("resolveOptions", () => {
  test("fills in defaults", () => {
    const options = resolveOptions({ blockCount: 10 });
    expect(options).toMatchObject({
      blockSize: 16,
      maxRequests: 256,
      contextLength: 161,
      maxWaitingRequests: 4096,
      maxWaitingTokens: 2 ** 24,
      maxFailures: 3,
      hostBlockCount: 0,
      groups: [{ window: null }],
    });
    expect(options).toMatchObject({
      longPrefillThreshold: Infinity,
      maxPartialPrefills: Infinity,
      maxLongPartialPrefills: Infinity,
      maxAdapters: Infinity,
    });
    expect(
      [options.queue, options.admission, options.preemption, options.chunking, options.budget, options.eviction].map(
        ({ name }) => name,
      ),
    ).toEqual(["fcfs", "watermark", "last-in", "fcfs", "fixed", "lru"]);
    expect(options.budget.tokens()).toBe(512);
  });

  test("keeps what is given; a budget policy stands above the number", () => {
    expect(resolveOptions({ blockCount: 10, tokenBudget: 9 }).budget.maxTokens).toBe(9);
    expect(resolveOptions({ blockCount: 10, tokenBudget: 9, budget: fixed(4) }).budget.maxTokens).toBe(4);
    expect(resolveOptions({ blockCount: 10, blockSize: 4, contextLength: 7, maxRequests: 1 })).toMatchObject({
      blockSize: 4,
      contextLength: 7,
      maxRequests: 1,
    });
  });

  test("gives each scheduler policies of its own: they keep state", () => {
    expect(resolveOptions({ blockCount: 1 }).queue).not.toBe(resolveOptions({ blockCount: 1 }).queue);
    expect(resolveOptions({ blockCount: 1 }).eviction).not.toBe(resolveOptions({ blockCount: 1 }).eviction);
  });

  const limits = {
    blockCount: 2 ** 24,
    blockSize: 1024,
    maxRequests: 2 ** 15,
    tokenBudget: 2 ** 24,
    contextLength: 2 ** 30 - 2,
    maxWaitingRequests: Infinity,
    maxWaitingTokens: Infinity,
    longPrefillThreshold: Infinity,
    maxPartialPrefills: Infinity,
    maxLongPartialPrefills: Infinity,
    maxAdapters: Infinity,
    maxFailures: Infinity,
    vocabSize: 2 ** 31,
  } as const satisfies Partial<Record<keyof SchedulerOptions, number>>;
  const refused = (options: Record<string, unknown>): string => {
    try {
      resolveOptions({ blockCount: 1, ...options });
    } catch (error) {
      expect(error).toBeInstanceOf(InvalidOptionError);
      return (error as Error).message;
    }
    return "taken";
  };

  test.each(Object.entries(limits))("%s is an integer from 1 to %s", (name, most) => {
    const range = most === Infinity ? ">= 1" : `in [1, ${most}]`;
    const wrong: readonly [unknown, string][] = [
      [0, "0"],
      [-1, "-1"],
      [1.5, "1.5"],
      [Number.NaN, "NaN"],
      [2 ** 60, "1152921504606847000"],
      [null, "null"],
      ["4", '"4"'],
      [3n, "3n"],
      [[], "[]"],
      [true, "true"],
    ];
    for (const [value, text] of wrong) {
      expect(refused({ [name]: value })).toBe(`${name} must be an integer ${range}, got ${text}`);
    }
  });

  test("hostBlockCount is an integer from 0", () => {
    expect(refused({ hostBlockCount: -1 })).toBe("hostBlockCount must be an integer in [0, 16777216], got -1");
    expect(refused({ hostBlockCount: null })).toBe("hostBlockCount must be an integer in [0, 16777216], got null");
    expect(refused({ hostBlockCount: 0 })).toBe("taken");
  });

  test.each(["hash", "onEnd", "onKvEvent", "worthSwapping"])("%s is a function", (name) => {
    for (const value of [null, 5, {}, "x", Promise.resolve()]) {
      expect(refused({ [name]: value })).toMatch(`${name} must be a function, got `);
    }
  });

  test("decisionLog is a log", () => {
    expect(refused({ decisionLog: 5 })).toBe("decisionLog must be an object, got 5");
    expect(refused({ decisionLog: {} })).toBe("decisionLog has no method note");
  });

  test.each<[unknown, string]>([
    [[], "groups must be an array of one group at least, got []"],
    [null, "groups must be an array of one group at least, got null"],
    [5, "groups must be an array of one group at least, got 5"],
    [[null], "groups[0] must be an object, got null"],
    ...[0, -1, 1.5, "8", Number.NaN, undefined, Infinity].map((window): [unknown, string] => [
      [{ window: null }, { window }],
      `groups[1].window must be null or an integer in [1, 1073741822], got ${typeof window === "string" ? '"8"' : String(window)}`,
    ]),
    [[{}], "groups[0].window must be null or an integer in [1, 1073741822], got undefined"],
  ])("groups are not %o", (groups, message) => {
    expect(refused({ groups })).toBe(message);
    expect(() => new KvCache({ blockCount: 4, blockSize: 4, eviction: lru(), groups: groups as never })).toThrow(
      new InvalidOptionError(message),
    );
  });

  test("an option that does not exist is refused, in a cache too", () => {
    expect(refused({ tokenBugdet: 4 })).toMatch(/^unknown option "tokenBugdet"; known: blockCount, /);
    expect(refused({ constructor: 4 })).toMatch(/^unknown option "constructor"/);
    const cache = { blockCount: 4, blockSize: 4, eviction: lru() };
    expect(() => new KvCache({ ...cache, onEvnt: 5 } as never)).toThrow('unknown option "onEvnt"');
    expect(() => new KvCache({ ...cache, eviction: {} } as never)).toThrow("eviction has no method attach");
    expect(() => resolveOptions(null as never)).toThrow(new InvalidOptionError("options must be an object, got null"));
  });

  test("columns are made for a budget policy's most tokens", () => {
    for (const maxTokens of [0, 1.5, undefined, 2 ** 53, 3n]) {
      expect(refused({ budget: { name: "odd", maxTokens, tokens: () => 1 } })).toMatch(
        /^maxTokens of budget policy odd must be an integer in \[1, 16777216\], got /,
      );
    }
  });
});
