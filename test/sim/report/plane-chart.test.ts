import { expect, test } from "vitest";
import { legible } from "../../../src/sim/report/plane-chart.ts";
import type { Mark } from "../../../src/sim/report/marks.ts";

const mark = (tpot: number, throughput: number, load: string): Mark => ({
  series: "a",
  hardware: "",
  model: "",
  policy: "",
  load,
  order: 0,
  throughput,
  tpot,
  ttft: null,
  saturated: false,
  remark: "",
  tip: "",
});

test("of texts that would cover each other one is shown: the last", () => {
  const marks = [mark(10, 100, "1/s"), mark(10.1, 101, "2/s"), mark(10, 500, "3/s"), mark(100, 1000, "4/s")];
  expect(legible(marks, "load", "tpot").map(({ load }) => load)).toEqual(["4/s", "3/s", "2/s"]);
});

test("a mark without a text needs no room, and one alone has all", () => {
  expect(legible([mark(10, 1, "1/s"), mark(10, 1, "")], "load", "tpot").map(({ load }) => load)).toEqual(["1/s"]);
  expect(legible([], "load", "tpot")).toEqual([]);
});
