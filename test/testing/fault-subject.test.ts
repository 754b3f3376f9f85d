import { expect, test } from "vitest";
import { ContextSubject, misshapen } from "../../src/testing/fault-subject.ts";
import { SeededRandom } from "../../src/testing/seeded-random.ts";

const subjectOf = (seed: number) => new ContextSubject(new SeededRandom(seed), new SeededRandom(1000 + seed));

test("a seed decides the device and its requests, which have an answer for each choice", () => {
  const [first, second] = [subjectOf(3), subjectOf(3)];
  expect(first.info).toEqual(second.info);
  while (first.drawnCount < first.requestCount) {
    const { input, answers } = first.drawRequest();
    expect(second.drawRequest()).toEqual({ input, answers });
    expect(answers).toHaveLength(input.n ?? 1);
  }
});

test("a misshapen device has a block group more", () => {
  const subject = subjectOf(1);
  expect(misshapen(subject.info).groups).toHaveLength(subject.info.groups.length + 1);
  expect(subject.misshapenDevice().info.groups).toHaveLength(subject.info.groups.length + 1);
});
