import { expect, test } from "vitest";
import { FIRST_ADDRESS, openKernels } from "../../../src/backends/cpu/kernels.ts";
import { checkedInModule, compileKernels, moduleSource } from "../../../scripts/build-wasm.ts";

test("the checked-in module is what its sources compile to, byte by byte", async () => {
  expect(checkedInModule() === (await moduleSource()), "run npx node scripts/build-wasm.ts").toBe(true);
});

test("the kernels use no relaxed SIMD, whose results differ between machines", async () => {
  const bytes = await compileKernels();
  // Opcodes 0x100 and up of the vector prefix are LEB128 numbers of two bytes: 0xfd, 0x80..0xff, 0x02.
  const relaxed = bytes.findIndex((byte, i) => byte === 0xfd && bytes[i + 1] >= 0x80 && bytes[i + 2] === 0x02);
  expect(relaxed).toBe(-1);
});

test("constants of the kernels lie below the first address that is handed out", async () => {
  const memory = new WebAssembly.Memory({ initial: 2, maximum: 2, shared: true });
  await openKernels(memory);
  expect(new Uint8Array(memory.buffer, FIRST_ADDRESS).every((byte) => byte === 0)).toBe(true);
  expect(new Uint8Array(memory.buffer, 0, FIRST_ADDRESS).some((byte) => byte !== 0)).toBe(true);
});

test("powers and logarithms of the module have the accuracy of double precision", async () => {
  const kernels = await openKernels(new WebAssembly.Memory({ initial: 2, maximum: 2, shared: true }));
  for (const [x, y] of [
    [10_000, -0.25],
    [500_000, -0.984375],
    [2, 0.5],
  ]) {
    expect(kernels.power(x, y)).toBeCloseTo(x ** y, 14);
    expect(kernels.logarithm(x)).toBeCloseTo(Math.log(x), 13);
  }
});
