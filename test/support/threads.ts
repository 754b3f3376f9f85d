/** Worker threads that were started while a function ran, so that a test can kill them. */
import type { Worker } from "node:worker_threads";

export async function threadsOf<T>(
  run: () => Promise<T>,
): Promise<{ readonly value: T; readonly threads: readonly Worker[] }> {
  const module = process.getBuiltinModule("node:worker_threads");
  const Original = module.Worker;
  const threads: Worker[] = [];
  module.Worker = class extends Original {
    constructor(...parameters: ConstructorParameters<typeof Worker>) {
      super(...parameters);
      threads.push(this);
    }
  };
  try {
    return { value: await run(), threads };
  } finally {
    module.Worker = Original;
  }
}
