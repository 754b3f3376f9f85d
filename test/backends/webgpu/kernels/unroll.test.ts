import { expect, test } from "vitest";
import { unroll } from "../../../../src/backends/webgpu/kernels/unroll.ts";

test("blocks are repeated with their number alone and at the end of names, also inside each other", () => {
  const text = [
    "a",
    "  // for each STEP",
    "  // for each ROW",
    "  s_ROW += w_STEP[STEP] * ROWS;",
    "  // end ROW",
    "  // end STEP",
  ];
  expect(unroll(`${text.join("\n")}\n`, { STEP: 2, ROW: 2 })).toBe(
    "a\n  s_0 += w_0[0] * ROWS;\n  s_1 += w_0[0] * ROWS;\n  s_0 += w_1[1] * ROWS;\n  s_1 += w_1[1] * ROWS;\n",
  );
});

test("a text without the block stays as it is", () => expect(unroll("ROW\n", { ROW: 3 })).toBe("ROW\n"));
