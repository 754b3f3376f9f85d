import { AbortedError, InvalidRequestError } from "../errors.ts";
import type { RequestId } from "../request.ts";

/**
 * Callbacks by signal. A signal has one listener of this module, however many requests share it: Node warns of a leak
 * at the eleventh listener.
 */
const callbacks = new WeakMap<AbortSignal, Set<() => void>>();

/** Throws `InvalidRequestError` where a signal is something else. */
export function checkSignal(signal: AbortSignal | undefined): void {
  if (signal && typeof signal.addEventListener !== "function") {
    throw new InvalidRequestError(`signal must be an AbortSignal, got ${JSON.stringify(signal)}`);
  }
}

/**
 * Calls `callback` when the signal aborts, until the returned function is called. A signal that is aborted already
 * calls nothing.
 */
export function onAbort(signal: AbortSignal, callback: () => void): () => void {
  const shared = callbacks.get(signal) ?? listenTo(signal);
  // Two registrations of one function are two.
  const own = (): void => callback();
  shared.add(own);
  return () => {
    shared.delete(own);
    if (shared.size > 0) return;
    callbacks.delete(signal);
    signal.removeEventListener("abort", callAll);
  };
}

/**
 * What a reader of an aborted request gets: the signal's reason where the signal aborted it, else an `AbortedError`.
 */
export function abortReason(id: RequestId, signal: AbortSignal | undefined): unknown {
  return signal?.aborted === true ? signal.reason : new AbortedError(`request ${String(id)} was aborted`);
}

function listenTo(signal: AbortSignal): Set<() => void> {
  const shared = new Set<() => void>();
  callbacks.set(signal, shared);
  signal.addEventListener("abort", callAll);
  return shared;
}

/**
 * The event's target is the signal. Each callback is called even where one before it throws; the first error is thrown
 * at the end.
 */
function callAll(this: AbortSignal): void {
  const errors: unknown[] = [];
  for (const callback of new Set(callbacks.get(this))) {
    try {
      callback();
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) throw errors[0];
}
