import { describe, expect, test } from "vitest";
import type { Backend } from "../../src/backends/backend.ts";
import { Device, MAX_LOSSES } from "../../src/engine/device.ts";
import type { Engine } from "../../src/engine/engine.ts";
import { DeviceLostError, InvalidOptionError } from "../../src/errors.ts";
import { expectedOf, promptOf, setUp as setUpEngine, someTurns } from "../support/engines.ts";
import { ScriptedBackend } from "../support/scripted-backend.ts";

function setUp(recover?: () => Promise<Backend>) {
  const backend = new ScriptedBackend();
  let told = 0;
  const device = new Device({ backend, recover, onLost: () => void told++ });
  return { device, backend, told: () => told };
}

describe("Device", () => {
  test("hears of the loss from the backend itself, once", async () => {
    const { device, backend, told } = setUp();
    backend.lose("unplugged");
    await Promise.resolve();
    expect([device.loss, device.lossIsNews, told()]).toEqual([new DeviceLostError("unplugged"), true, 1]);
    device.lose(new DeviceLostError("a step says so, too"));
    expect(device.loss?.message).toBe("unplugged");
  });

  test("takes another one's word no more once it was replaced, or disposed", async () => {
    const spare = new ScriptedBackend();
    const { device, backend, told } = setUp(async () => spare);
    device.lose(new DeviceLostError("a step says so"));
    expect(await device.replace()).toBeNull();
    backend.lose("late");
    await Promise.resolve();
    expect([device.backend, device.loss, told(), backend.disposals]).toEqual([spare, null, 0, 1]);
    await device.dispose();
    spare.lose("gone with it");
    await Promise.resolve();
    expect([device.loss, told(), spare.disposals]).toEqual([null, 0, 1]);
  });

  test("a lost backend's dispose may fail: there is nothing to give back", async () => {
    const { device, backend } = setUp(async () => new ScriptedBackend());
    backend.dispose = () => Promise.reject(new Error("no device"));
    device.lose(new DeviceLostError("unplugged"));
    expect(await device.replace()).toBeNull();
    const alone = setUp();
    alone.backend.dispose = () => {
      throw new Error("no device");
    };
    alone.device.lose(new DeviceLostError("unplugged"));
    expect(await alone.device.replace()).toEqual(new DeviceLostError("unplugged"));
    await expect(alone.device.dispose()).resolves.toBeUndefined();
  });

  test("the failing dispose of one that works is told", async () => {
    const { device, backend } = setUp();
    backend.dispose = () => Promise.reject(new Error("stuck"));
    await expect(device.dispose()).rejects.toThrow("stuck");
  });

  test.each([
    [
      "of another shape",
      new ScriptedBackend({ info: { groups: [{ window: 8 }] } }),
      "recover() gave backend scripted with windows [8], the lost one had [none]",
    ],
    [
      "of another vocabulary",
      new ScriptedBackend({ info: { vocabSize: 5 } }),
      "recover() gave backend scripted with vocabSize 5, the lost one had 50021",
    ],
    [
      "that is smaller",
      new ScriptedBackend({ info: { blockCount: 5 } }),
      "recover() gave backend scripted with blockCount 5, the lost one had 64",
    ],
  ])("another backend %s is given back", async (_what, misfit, message) => {
    const { device, backend } = setUp(async () => misfit);
    device.lose(new DeviceLostError("unplugged"));
    const error = await device.replace();
    expect(error).toEqual(
      new DeviceLostError(`unplugged; no other device could be made: InvalidOptionError: ${message}`),
    );
    expect(error?.cause).toBeInstanceOf(InvalidOptionError);
    expect([misfit.disposals, backend.disposals, device.loss?.message, device.lossIsNews]).toEqual([
      1,
      1,
      "unplugged",
      false,
    ]);
  });

  test("the lost backend itself is no other one", async () => {
    const { device, backend } = setUp(async () => backend);
    device.lose(new DeviceLostError("unplugged"));
    expect((await device.replace())?.message).toContain("back, which was lost");
    expect(backend.disposals).toBe(1);
  });

  test("tries again whenever it is asked to", async () => {
    let tries = 0;
    const { device, backend } = setUp(async () => {
      if (++tries < 3) throw new Error("not yet");
      return new ScriptedBackend();
    });
    device.lose(new DeviceLostError("unplugged"));
    expect([
      (await device.replace()) === null,
      (await device.replace()) === null,
      (await device.replace()) === null,
    ]).toEqual([false, false, true]);
    expect(backend.disposals).toBe(1);
  });

  test("gives up where one device after the other is lost without a token, and counts anew", async () => {
    const { device } = setUp(async () => new ScriptedBackend());
    const loseOne = async (): Promise<DeviceLostError | null> => {
      device.lose(new DeviceLostError("killed"));
      return device.replace();
    };
    for (let loss = 0; loss < MAX_LOSSES; loss++) expect(await loseOne()).toBeNull();
    expect((await loseOne())?.message).toBe(
      `killed; the ${MAX_LOSSES} devices before it were lost, too, without a token produced`,
    );
    expect(await device.replace()).toBeNull();
    for (let loss = 0; loss < MAX_LOSSES - 1; loss++) expect(await loseOne()).toBeNull();
    device.worked();
    expect(await loseOne()).toBeNull();
  });
});

describe("an engine's device", () => {
  const answersOf = (engine: Engine) =>
    Promise.all(
      [1, 2, 3].map((n) => engine.submit({ id: n, promptTokenIds: promptOf(n), maxTokens: 12 }).completion()),
    );

  test("that is lost ends all, where nothing was said about another one", async () => {
    const { engine, backend } = setUpEngine(
      {},
      { fails: (_plan, executed) => (executed === 3 ? new DeviceLostError("unplugged") : undefined) },
    );
    for (const { finishReason, error, tokenIds, id } of await answersOf(engine)) {
      expect([finishReason, error]).toEqual(["error", new DeviceLostError("unplugged")]);
      expect(tokenIds).toEqual(expectedOf(Number(id), tokenIds.length));
    }
    expect([backend.disposals, engine.stats().heldBlocks, engine.stats().failed]).toEqual([1, 0, 3]);
    await engine.dispose();
  });

  test("that is lost is replaced, and nobody notices", async () => {
    const spare = new ScriptedBackend();
    const { engine, backend } = setUpEngine(
      { recover: async () => spare },
      { fails: (_plan, executed) => (executed === 3 ? new DeviceLostError("unplugged") : undefined) },
    );
    for (const { id, tokenIds } of await answersOf(engine)) expect(tokenIds).toEqual(expectedOf(Number(id), 12));
    expect([backend.disposals, spare.disposals, spare.executed > 3]).toEqual([1, 0, true]);
    await engine.dispose();
    expect(spare.disposals).toBe(1);
  });

  test("that is lost with no other to be had ends all, and says both reasons", async () => {
    const recover = async () => Promise.reject(new Error("no adapter"));
    const { engine } = setUpEngine({ recover }, { fails: () => new DeviceLostError("unplugged") });
    for (const { error } of await answersOf(engine)) {
      expect(error).toEqual(new DeviceLostError("unplugged; no other device could be made: Error: no adapter"));
    }
    expect(engine.stats()).toMatchObject({ failed: 3, heldBlocks: 0, plansInFlight: 0 });
    await engine.dispose();
  });
});

describe("a device that is lost while nothing runs", () => {
  test("is replaced at once, before anybody asks", async () => {
    const spare = new ScriptedBackend();
    const { engine, backend } = setUpEngine({ recover: async () => spare });
    await engine.submit({ promptTokenIds: promptOf(1), maxTokens: 5 }).completion();
    expect(engine.stats().cachedBlocks).toBeGreaterThan(0);
    backend.lose("unplugged");
    await someTurns();
    expect([backend.disposals, engine.stats().cachedBlocks]).toEqual([1, 0]);
    const { executed } = backend;
    expect((await engine.submit({ promptTokenIds: promptOf(1), maxTokens: 5 }).completion()).tokenIds).toEqual(
      expectedOf(1, 5),
    );
    expect([backend.executed, spare.executed > 0]).toEqual([executed, true]);
    await engine.dispose();
    expect([backend.disposals, spare.disposals]).toEqual([1, 1]);
  });

  test("without another the next request is told why, and so is one that is paused", async () => {
    const { engine, backend } = setUpEngine();
    const paused = engine.submit({ id: "p", promptTokenIds: promptOf(2), maxTokens: 5 });
    engine.pause("p");
    await someTurns();
    backend.lose("unplugged");
    expect((await paused.completion()).error).toEqual(new DeviceLostError("unplugged"));
    expect((await engine.submit({ promptTokenIds: promptOf(1), maxTokens: 5 }).completion()).error).toEqual(
      new DeviceLostError("unplugged"),
    );
    expect([backend.executed, backend.disposals]).toEqual([0, 1]);
    await engine.dispose();
  });

  test("where no other could be had, the next request asks again", async () => {
    const spares = [new ScriptedBackend()];
    let asked = 0;
    const { engine, backend } = setUpEngine({
      recover: async () => (asked++ < 2 ? Promise.reject(new Error("not yet")) : spares.pop()!),
    });
    backend.lose("unplugged");
    await someTurns();
    const answer = () => engine.submit({ promptTokenIds: promptOf(1), maxTokens: 5 }).completion();
    expect([(await answer()).error?.message, asked]).toEqual([
      "unplugged; no other device could be made: Error: not yet",
      2,
    ]);
    expect((await answer()).tokenIds).toEqual(expectedOf(1, 5));
    await engine.dispose();
  });

  test("is nobody's matter any more once the engine is disposed", async () => {
    let asked = 0;
    const { engine, backend } = setUpEngine({ recover: async () => (asked++, new ScriptedBackend()) });
    await engine.dispose();
    backend.lose("unplugged");
    await someTurns();
    expect([asked, backend.disposals]).toEqual([0, 1]);
  });

  test("one that is lost again and again ends the request, not the patience", async () => {
    const dying = () => new ScriptedBackend({ fails: () => new DeviceLostError("this prompt kills it") });
    let made = 0;
    const { engine } = setUpEngine(
      { recover: async () => (made++, dying()) },
      { fails: () => new DeviceLostError("this prompt kills it") },
    );
    const { error } = await engine.submit({ promptTokenIds: [1], maxTokens: 5 }).completion();
    expect([error?.message, made]).toEqual([
      `this prompt kills it; the ${MAX_LOSSES} devices before it were lost, too, without a token produced`,
      MAX_LOSSES,
    ]);
    await engine.dispose();
  });

  test("and whose dispose fails, costs nobody anything", async () => {
    const { engine, backend } = setUpEngine(
      { recover: async () => new ScriptedBackend() },
      { fails: (_plan, executed) => (executed === 2 ? new DeviceLostError("unplugged") : undefined) },
    );
    backend.dispose = () => Promise.reject(new Error("no device to give back"));
    expect((await engine.submit({ promptTokenIds: promptOf(1), maxTokens: 9 }).completion()).tokenIds).toEqual(
      expectedOf(1, 9),
    );
    await engine.dispose();
  });
});
