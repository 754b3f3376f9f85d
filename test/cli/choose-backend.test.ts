import { expect, test } from "vitest";
import type { Backend } from "../../src/backends/backend.ts";
import { type BackendSizes, chooseBackend, type OpenBackend, type Openers } from "../../src/cli/choose-backend.ts";
import { Engine } from "../../src/engine/engine.ts";
import { thenClose } from "../../src/cli/model-source.ts";
import { DeviceLimitError, DeviceUnavailableError, InvalidModelError, InvalidOptionError } from "../../src/errors.ts";
import { loadModel, openModel } from "../../src/models/index.ts";
import { randomModel } from "../../src/testing/index.ts";
import { memoryIo } from "../support/cli-io.ts";

const sizes: BackendSizes = { model: randomModel(1), blockCount: 4, blockSize: 4, maxTokens: 8, maxRequests: 2 };
const named = (name: string): Backend => ({ info: { name } }) as Backend;
const reference: OpenBackend = async () => named("reference");
const webgpu: OpenBackend = async () => named("webgpu (test)");
const unavailable: OpenBackend = async () => {
  throw new DeviceUnavailableError("no adapter:\n install one");
};

const cpu: OpenBackend = async () => named("cpu (test)");
const all: Openers = { gpu: async () => named("webgpu (GPU)"), webgpu, cpu, reference };

test("a GPU comes first, then the CPU, silently; a software adapter is never chosen", async () => {
  const io = memoryIo();
  expect((await chooseBackend(undefined, sizes, io, all)).info.name).toBe("webgpu (GPU)");
  expect((await chooseBackend(undefined, sizes, io, { ...all, gpu: unavailable })).info.name).toBe("cpu (test)");
  expect(io.stderr.text).toBe("");
});

test("the reference takes their place, and one line says why and how to change it", async () => {
  const io = memoryIo();
  const { info } = await chooseBackend(undefined, sizes, io, { ...all, gpu: unavailable, cpu: unavailable });
  expect(info.name).toBe("reference");
  expect(io.stderr.text).toMatch(/^bstar: .*no adapter: install one.*"bstar doctor".*--backend reference.*\n$/);
});

test("a backend that was asked for is never replaced", async () => {
  const io = memoryIo();
  await expect(chooseBackend("webgpu", sizes, io, { ...all, webgpu: unavailable })).rejects.toThrow(
    DeviceUnavailableError,
  );
  await expect(chooseBackend("cpu", sizes, io, { ...all, cpu: unavailable })).rejects.toThrow(DeviceUnavailableError);
  expect((await chooseBackend("reference", sizes, io, all)).info.name).toBe("reference");
  expect(io.stderr.text).toBe("");
});

test("what cannot be anywhere is refused, not tried elsewhere", async () => {
  const bad: OpenBackend = async () => {
    throw new InvalidOptionError("blockSize must be …");
  };
  const tooLarge: OpenBackend = async () => {
    throw new DeviceLimitError("WebAssembly's memory ends at 4.00 GiB …");
  };
  await expect(chooseBackend(undefined, sizes, memoryIo(), { ...all, gpu: bad })).rejects.toThrow(InvalidOptionError);
  await expect(
    chooseBackend(undefined, sizes, memoryIo(), { ...all, gpu: unavailable, cpu: tooLarge }),
  ).rejects.toThrow(DeviceLimitError);
});

test("the real CPU backend has the sizes asked for", async () => {
  const backend = await chooseBackend("cpu", sizes, memoryIo());
  expect(backend.info).toMatchObject({ blockCount: 4, blockSize: 4, maxTokens: 8, maxRequests: 2 });
  expect(backend.info.name).toMatch(/^cpu \(\d+ threads?\)$/);
  await backend.dispose();
});

test("the real reference backend has the sizes asked for", async () => {
  const backend = await chooseBackend("reference", sizes, memoryIo());
  expect(backend.info).toMatchObject({ name: "reference", blockCount: 4, blockSize: 4, maxTokens: 8, maxRequests: 2 });
  await backend.dispose();
});

test.each(["cpu", "reference"] as const)(
  "the %s backend reads the tensors of an opened model, which can be closed afterwards",
  async (name) => {
    const opened = await openModel("builtin");
    const resident = (await loadModel("builtin")).model;
    const answer = async (backend: Backend): Promise<readonly number[]> => {
      await using engine = new Engine({ backend });
      return (await engine.submit({ promptTokenIds: [3, 1, 4, 1, 5], maxTokens: 8 }).completion()).tokenIds;
    };
    const backend = await thenClose(
      opened,
      chooseBackend(name, { ...sizes, blockCount: 8, model: opened.model }, memoryIo()),
    );
    await expect(opened.model.finalNorm.read()).rejects.toThrow(InvalidModelError);
    expect(await answer(backend)).toEqual(
      await answer(await chooseBackend(name, { ...sizes, blockCount: 8, model: resident }, memoryIo())),
    );
  },
);
