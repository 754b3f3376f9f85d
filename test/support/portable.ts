import { injectFaults } from "../../src/testing/fault-injection.ts";

/** Seeds that every runtime runs. */
const SEEDS = 5;

/**
 * One line that says what the core did: engine, scheduler, blocks and policies under fault injection. Equal on every
 * runtime.
 */
export async function portableReport(): Promise<string> {
  const hashes: number[] = [];
  for (let seed = 0; seed < SEEDS; seed++) hashes.push((await injectFaults(seed)).decisionHash);
  return `portable ${hashes.join(" ")}`;
}
