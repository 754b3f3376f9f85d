/**
 * A setup file of every test file. Dawn's binding for Node asks for its next look at the device with `setImmediate`, so
 * that a wait keeps a whole core busy, which the software adapter needs: `bstar doctor` took 13 s of two shared cores,
 * and takes 3.5 s with a look each millisecond. Only tests wait so: a decode step of a small model would take a
 * millisecond more.
 */
const POLLS = Symbol.for("bstar.test.webgpu-waits");

type Immediate = typeof setImmediate & { [POLLS]?: true };

const immediate = globalThis.setImmediate as Immediate;

// Setup files run once for each test file, and files share their worker's globals.
if (immediate[POLLS] !== true) {
  const paced = (run: (...values: unknown[]) => void, ...values: unknown[]): unknown =>
    isNative(run) ? setTimeout(run, 1, ...values) : immediate(run, ...values);
  // What promisify finds on `setImmediate` stays.
  globalThis.setImmediate = Object.assign(Object.defineProperties(paced, Object.getOwnPropertyDescriptors(immediate)), {
    [POLLS]: true,
  }) as unknown as Immediate;
}

/** Functions of addons have no source text. */
function isNative(run: unknown): boolean {
  return Function.prototype.toString.call(run).includes("[native code]");
}
