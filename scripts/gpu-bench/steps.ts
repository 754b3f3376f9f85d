import type { Backend } from "../../src/backends/backend.ts";
import { PlanDriver } from "../../src/testing/index.ts";

export interface Speed {
  readonly secondsPerStep: number;
  readonly tokensPerSecond: number;
}

const STEPS = 20;
const PROMPT = 16;

/** Steps of one token for each of `sequences`, after a prompt of 16 tokens each. */
export async function decodeSpeed(backend: Backend, sequences: number): Promise<Speed> {
  const driver = new PlanDriver(backend);
  const all = Array.from({ length: sequences }, (_, i) => driver.start(promptOf(PROMPT, i)));
  for (const sequence of all) await driver.step([{ sequence }]);
  const step = (): Promise<unknown> => driver.step(all.map((sequence) => ({ sequence })));
  await step(); // the first one warms up
  const began = performance.now();
  for (let i = 0; i < STEPS; i++) await step();
  for (const sequence of all) driver.finish(sequence);
  return speedOf((performance.now() - began) / STEPS, sequences);
}

/** A prompt of `tokens` tokens in one step, the median of five. */
export async function prefillSpeed(backend: Backend, tokens: number): Promise<Speed> {
  const driver = new PlanDriver(backend);
  const times: number[] = [];
  for (let i = 0; i < 6; i++) {
    const sequence = driver.start(promptOf(tokens, i));
    const began = performance.now();
    await driver.step([{ sequence }]);
    times.push(performance.now() - began);
    driver.finish(sequence);
  }
  return speedOf(times.slice(1).toSorted((a, b) => a - b)[2], tokens);
}

function promptOf(length: number, seed: number): number[] {
  return Array.from({ length }, (_, i) => (7 * i + 31 * seed) % 1000);
}

function speedOf(milliseconds: number, tokens: number): Speed {
  return { secondsPerStep: milliseconds / 1000, tokensPerSecond: (1000 * tokens) / milliseconds };
}
