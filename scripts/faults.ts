/**
 * Fault injection over many seeds: `npm run faults -- [--seed FIRST] [--count N]`. Without --count one seed is replayed
 * with its report; with it a line of progress goes to stderr. Exit code 1 at the first broken law, which names its
 * seed.
 */
import { parseArgs } from "node:util";
import { injectFaults } from "../src/testing/fault-injection.ts";

const PROGRESS_MILLISECONDS = 1000;

const { values } = parseArgs({
  options: { seed: { type: "string", default: "0" }, count: { type: "string", default: "1" } },
});
const first = wholeNumber("--seed", values.seed);
const count = wholeNumber("--count", values.count);

let shown = performance.now();
try {
  for (let seed = first; seed < first + count; seed++) {
    const report = await injectFaults(seed);
    if (count === 1) process.stdout.write(`${JSON.stringify(report)}\n`);
    else if (performance.now() - shown > PROGRESS_MILLISECONDS) {
      shown = performance.now();
      process.stderr.write(`\r${seed - first + 1} of ${count} seeds`);
    }
  }
  if (count > 1) {
    process.stdout.write(
      `\n${count} seeds from ${first}: every request ended once, with the right tokens, and all blocks are back\n`,
    );
  }
} catch (error) {
  process.stderr.write(`\n${(error as Error).message}\n`);
  process.exitCode = 1;
}

function wholeNumber(name: string, text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 0) return value;
  process.stderr.write(`${name} must be a whole number, got ${text}\n`);
  process.exit(2);
}
