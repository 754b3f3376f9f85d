/**
 * Runs `work` and ends it after `milliseconds`, whatever it is busy with: a loop, or one regular expression that
 * backtracks. Returns undefined where it was ended. Node's `vm` does this from a second thread; a call costs 0.1 to 1
 * ms. Where there is no `vm` (browsers), `work` runs to its end: `canEnd` is false there.
 *
 * What runs inside may be ended anywhere, so it must change nothing that outlives it.
 */
export function withTimeLimit<T>(milliseconds: number, work: () => T): { readonly value: T } | undefined {
  const timed = lookUp();
  if (timed === undefined) return { value: work() };
  context ??= timed.createContext({ work });
  context.work = work;
  try {
    return { value: timed.runInContext("work()", context, { timeout: milliseconds }) as T };
  } catch (error) {
    if ((error as { code?: unknown }).code === "ERR_SCRIPT_EXECUTION_TIMEOUT") return undefined;
    throw error;
  } finally {
    context.work = undefined;
  }
}

/** Whether `withTimeLimit` can end what it runs. */
export function canEnd(): boolean {
  return lookUp() !== undefined;
}

type Context = { work: unknown };

interface Vm {
  createContext(globals: Context): Context;
  runInContext(code: string, context: Context, options: { timeout: number }): unknown;
}

let context: Context | undefined;
let vm: Vm | undefined;

/** Asked for without an import, so that bundlers for browsers see none. */
function lookUp(): Vm | undefined {
  const host = (globalThis as { process?: { getBuiltinModule?: (name: string) => unknown } }).process;
  vm ??= host?.getBuiltinModule?.("node:vm") as Vm | undefined;
  return vm;
}
