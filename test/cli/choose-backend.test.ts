import { expect, test } from "vitest";
import type { Backend } from "../../src/backends/backend.ts";
import { type BackendSizes, chooseBackend, type OpenBackend } from "../../src/cli/choose-backend.ts";
import { DeviceUnavailableError, InvalidOptionError } from "../../src/errors.ts";
import { randomModel } from "../../src/testing/index.ts";
import { memoryIo } from "../support/cli-io.ts";

const sizes: BackendSizes = { model: randomModel(1), blockCount: 4, blockSize: 4, maxTokens: 8, maxRequests: 2 };
const named = (name: string): Backend => ({ info: { name } }) as Backend;
const reference: OpenBackend = async () => named("reference");
const webgpu: OpenBackend = async () => named("webgpu (test)");
const unavailable: OpenBackend = async () => {
  throw new DeviceUnavailableError("no adapter:\n install one");
};

test("WebGPU is taken where it can be had", async () => {
  const io = memoryIo();
  const { info } = await chooseBackend(undefined, sizes, io, { webgpu, reference });
  expect(info.name).toBe("webgpu (test)");
  expect(io.stderr.text).toBe("");
});

test("the reference takes its place, and one line says why and how to change it", async () => {
  const io = memoryIo();
  const { info } = await chooseBackend(undefined, sizes, io, { webgpu: unavailable, reference });
  expect(info.name).toBe("reference");
  expect(io.stderr.text).toMatch(/^bstar: .*no adapter: install one.*"bstar doctor".*--backend reference.*\n$/);
});

test("a backend that was asked for is never replaced", async () => {
  const io = memoryIo();
  await expect(chooseBackend("webgpu", sizes, io, { webgpu: unavailable, reference })).rejects.toThrow(DeviceUnavailableError);
  expect((await chooseBackend("reference", sizes, io, { webgpu, reference })).info.name).toBe("reference");
  expect(io.stderr.text).toBe("");
});

test("options that cannot be are refused, not tried elsewhere", async () => {
  const bad: OpenBackend = async () => {
    throw new InvalidOptionError("blockSize must be …");
  };
  await expect(chooseBackend(undefined, sizes, memoryIo(), { webgpu: bad, reference })).rejects.toThrow(InvalidOptionError);
});

test("the real reference backend has the sizes asked for", async () => {
  const backend = await chooseBackend("reference", sizes, memoryIo());
  expect(backend.info).toMatchObject({ name: "reference", blockCount: 4, blockSize: 4, maxTokens: 8, maxRequests: 2 });
  await backend.dispose();
});
