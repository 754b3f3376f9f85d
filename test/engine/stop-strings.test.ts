import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { StopStrings } from "../../src/engine/stop-strings.ts";
import { InvalidRequestError } from "../../src/errors.ts";

/** All that comes out of the pieces, up to the stop string where there is one. */
function run(stops: readonly string[], pieces: readonly string[]): { text: string; found: boolean } {
  const finder = new StopStrings(stops);
  let text = "";
  for (const piece of pieces) {
    text += finder.push(piece);
    if (finder.found) return { text, found: true };
  }
  return { text: text + finder.end(), found: false };
}

/** The same, letter by letter: the first place at which a stop string ends, the longest of those that end there. */
function cut(stops: readonly string[], text: string): { text: string; found: boolean } {
  for (let end = 1; end <= text.length; end++) {
    const ending = stops.filter((stop) => text.slice(0, end).endsWith(stop));
    if (ending.length > 0) {
      return { text: text.slice(0, end - Math.max(...ending.map(({ length }) => length))), found: true };
    }
  }
  return { text, found: false };
}

describe("StopStrings", () => {
  test("passes everything through where there are none", () => {
    const none = new StopStrings();
    expect([none.push("a"), none.push(""), none.push("bc"), none.end(), none.found]).toEqual([
      "a",
      "",
      "bc",
      "",
      false,
    ]);
  });

  test("holds back what may become a stop string, and no more", () => {
    const stops = new StopStrings(["\n\n", "END"]);
    expect([stops.push("one"), stops.push(" E"), stops.push("N"), stops.push("T")]).toEqual(["one", " ", "", "ENT"]);
    expect([stops.push("\n"), stops.push("E"), stops.push("ND x"), stops.found]).toEqual(["", "\n", "", true]);
  });

  test("gives back at the end what no stop string came of", () => {
    const stops = new StopStrings(["END"]);
    expect([stops.push("the EN"), stops.end(), stops.end(), stops.found]).toEqual(["the ", "EN", "", false]);
  });

  test("the one that is complete first counts, the longest of several", () => {
    expect(run(["b", "a"], ["xaybz"])).toEqual({ text: "x", found: true });
    expect(run(["aab"], ["aaab"])).toEqual({ text: "a", found: true });
    for (const pieces of [["abcd"], ["a", "b", "c", "d"], ["ab", "cd"]]) {
      expect(run(["abcd", "bc"], pieces)).toEqual({ text: "a", found: true });
      expect(run(["c", "bc"], pieces)).toEqual({ text: "a", found: true });
    }
  });

  test("any cutting of the text gives the same", () => {
    const letters = fc.constantFrom("a", "b", "é");
    const stop = fc.array(letters, { minLength: 1, maxLength: 4 }).map((parts) => parts.join(""));
    fc.assert(
      fc.property(
        fc.array(stop, { maxLength: 4 }),
        fc.array(fc.array(letters, { maxLength: 4 }), { maxLength: 12 }),
        (stops, parts) => {
          const pieces = parts.map((part) => part.join(""));
          expect(run(stops, pieces)).toEqual(cut(stops, pieces.join("")));
        },
      ),
      { numRuns: 500 },
    );
  });

  test.each<[readonly string[], string]>([
    [[""], `stop must hold non-empty strings, got ""`],
    [["a", 5 as unknown as string], "stop must hold non-empty strings, got 5"],
    [Array.from({ length: 17 }, (_, i) => String(i)), "stop has 17 strings, the limit is 16"],
  ])("refuses %o", (stops, message) => expect(() => new StopStrings(stops)).toThrow(new InvalidRequestError(message)));
});
