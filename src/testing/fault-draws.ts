import type { BackendInfo } from "../backends/backend.ts";
import type { SeededRandom } from "./seeded-random.ts";
import { VOCABULARY } from "./steered-token.ts";

/** Rates of what goes wrong, a turn. */
export interface Faults {
  readonly submit: number;
  readonly abort: number;
  readonly leave: number;
  readonly read: number;
  readonly fail: number;
  readonly lose: number;
  readonly pause: number;
  readonly freeze: number;
  readonly jump: number;
}

/** Most runs have few kinds of faults: what each does alone is seen, too. */
export function drawFaults(random: SeededRandom): Faults {
  const sometimes = (probability: number, rate: number): number => (random.chance(probability) ? rate : 0);
  return {
    submit: random.pick([0.1, 0.5, 1]),
    abort: sometimes(0.3, 0.05),
    leave: sometimes(0.3, 0.03),
    read: random.pick([0.1, 0.5, 1]),
    fail: sometimes(0.3, 0.15),
    lose: sometimes(0.2, 0.03),
    pause: sometimes(0.2, 0.1),
    freeze: sometimes(0.1, 0.1),
    jump: sometimes(0.3, 0.05),
  };
}

/** Nothing goes wrong, and readers read. */
export const CALM: Faults = { submit: 1, abort: 0, leave: 0, read: 1, fail: 0, lose: 0, pause: 0, freeze: 0, jump: 0 };

/** From pools that hold next to nothing to some that hold all. */
export function drawInfo(random: SeededRandom): BackendInfo {
  const window = random.integer(1, 20);
  return {
    name: "faulty",
    blockCount: random.integer(4, 40),
    hostBlockCount: random.chance(0.4) ? random.integer(1, 30) : 0,
    blockSize: random.pick([1, 2, 4, 16]),
    maxTokens: random.integer(1, 40),
    maxRequests: random.integer(1, 8),
    contextLength: random.integer(8, 200),
    vocabSize: VOCABULARY + 1,
    bytesPerBlock: 1,
    groups: random.pick([[{ window: null }], [{ window: null }], [{ window }], [{ window: null }, { window }]]),
  };
}
