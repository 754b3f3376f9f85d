import { expect, test } from "vitest";
import { parseStages } from "../../../src/cli/simulate/stages.ts";

test("stages are rates and seconds", () => {
  expect(parseStages("2x60, 0.5x1.5,0x3")).toEqual([
    { rate: 2, seconds: 60 },
    { rate: 0.5, seconds: 1.5 },
    { rate: 0, seconds: 3 },
  ]);
  for (const text of ["", "2", "2:60", "x", "2x0", "1e9x1", "9999999x1", "2x60,"]) {
    expect(() => parseStages(text)).toThrow(/It must be RATExSECONDS/);
  }
});
