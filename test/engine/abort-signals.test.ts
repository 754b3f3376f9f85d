import { getEventListeners } from "node:events";
import { expect, test, vi } from "vitest";
import { abortReason, onAbort } from "../../src/engine/abort-signals.ts";
import { AbortedError, InvalidRequestError } from "../../src/errors.ts";
import { setUp } from "../support/engines.ts";

test("a signal that many share has one listener, which goes with the last of them", () => {
  const { signal } = new AbortController();
  const stops = Array.from({ length: 100 }, () => onAbort(signal, () => {}));
  expect(getEventListeners(signal, "abort")).toHaveLength(1);
  for (const stop of stops.slice(1)) stop();
  expect(getEventListeners(signal, "abort")).toHaveLength(1);
  stops[0]();
  stops[0]();
  expect(getEventListeners(signal, "abort")).toHaveLength(0);
});

test("an abort calls each callback that is registered, and each registration of one function", () => {
  const controller = new AbortController();
  const [kept, dropped, twice] = [vi.fn<() => void>(), vi.fn<() => void>(), vi.fn<() => void>()];
  onAbort(controller.signal, kept);
  onAbort(controller.signal, dropped)();
  onAbort(controller.signal, twice);
  onAbort(controller.signal, twice);
  controller.abort();
  expect([kept, dropped, twice].map(({ mock }) => mock.calls.length)).toEqual([1, 0, 2]);
});

test("a callback that throws keeps no other from being called", () => {
  const target = new EventTarget() as AbortSignal;
  const after = vi.fn<() => void>();
  let listener: (() => void) | undefined;
  target.addEventListener = (_: string, added: unknown) => (listener = added as () => void);
  onAbort(target, () => {
    throw new Error("first");
  });
  onAbort(target, after);
  expect(() => listener!.call(target)).toThrow("first");
  expect(after).toHaveBeenCalledOnce();
});

test("the reason is the signal's where it aborted, else an AbortedError", () => {
  expect(abortReason("a", AbortSignal.abort("enough"))).toBe("enough");
  expect(abortReason("a", AbortSignal.abort())).toBeInstanceOf(DOMException);
  expect(abortReason("a", new AbortController().signal)).toEqual(new AbortedError("request a was aborted"));
  expect(abortReason("a", undefined)).toEqual(new AbortedError("request a was aborted"));
});

test.each([5, "abort", {}, { aborted: true }])(
  "a signal that is none is refused, and nothing has changed: %j",
  async (value) => {
    const { engine } = setUp();
    const before = engine.stats();
    const request = { promptTokenIds: [1, 2], maxTokens: 3, signal: value as AbortSignal };
    expect(() => engine.submit(request)).toThrow(InvalidRequestError);
    expect(() => engine.beamSearch({ ...request, width: 2 })).toThrow(InvalidRequestError);
    expect(engine.stats()).toEqual(before);
    await engine.dispose();
  },
);
