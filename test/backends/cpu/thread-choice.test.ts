import { expect, test } from "vitest";
import { ThreadChoice } from "../../../src/backends/cpu/thread-choice.ts";

/** Steps of `tokens` tokens, whose seconds `cost` gives by the number of threads; returns the numbers chosen. */
function chosen(
  choice: ThreadChoice,
  clock: { now: number },
  steps: number,
  tokens: number,
  cost: (threads: number) => number,
): number[] {
  return Array.from({ length: steps }, () => {
    const threads = choice.choose(tokens);
    clock.now += cost(threads);
    choice.done();
    return threads;
  });
}

const share = (choices: readonly number[], threads: number): number =>
  choices.filter((each) => each === threads).length / choices.length;

test("threads share steps where that is faster, one is tried now and then", () => {
  const clock = { now: 0 };
  const choices = chosen(new ThreadChoice(4, () => clock.now), clock, 640, 1, (threads) => 1 / threads);
  expect(share(choices, 4)).toBeGreaterThan(0.9);
  expect(choices).toContain(1);
});

test("one thread computes where meetings cost more than they save, for that size of step alone", () => {
  const clock = { now: 0 };
  const choice = new ThreadChoice(2, () => clock.now);
  const small = chosen(choice, clock, 640, 1, (threads) => threads);
  const large = chosen(choice, clock, 64, 512, (threads) => 1 / threads);
  expect(share(small.slice(64), 1)).toBeGreaterThan(0.9);
  expect(share(large, 2)).toBeGreaterThan(0.9);
});

test("it goes back when the machine has better minutes again", () => {
  const clock = { now: 0 };
  const choice = new ThreadChoice(2, () => clock.now);
  chosen(choice, clock, 256, 1, (threads) => threads);
  const later = chosen(choice, clock, 1280, 1, (threads) => 1 / threads);
  expect(share(later.slice(-128), 2)).toBeGreaterThan(0.9);
});

test("a single thread is never asked", () => {
  const clock = { now: 0 };
  expect(new Set(chosen(new ThreadChoice(1, () => clock.now), clock, 200, 1, () => 1))).toEqual(new Set([1]));
});
