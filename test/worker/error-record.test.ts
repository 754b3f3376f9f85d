import { expect, test } from "vitest";
import { AssertionError } from "../../src/assert.ts";
import * as errors from "../../src/errors.ts";
import { errorOf, recordOf } from "../../src/worker/error-record.ts";

const { BstarError, ...named } = errors;
const there = (error: unknown): Error => errorOf(structuredClone(recordOf(error)));

test.each(Object.entries(named))("%s keeps its class, code and message", (name, Class) => {
  const error = there(new Class("what happened"));
  expect(error).toBeInstanceOf(Class);
  expect(error).toMatchObject({ name, code: new Class("").code, message: "what happened" });
});

test("others keep what they have", () => {
  expect(there(new AssertionError("a law"))).toBeInstanceOf(AssertionError);
  expect(there(new RangeError("too far"))).toBeInstanceOf(RangeError);
  class UsageError extends BstarError {
    override readonly name: string = "UsageError";
  }
  const usage = there(new UsageError("bad_usage", "no such option"));
  expect(usage).toBeInstanceOf(BstarError);
  expect(usage).toMatchObject({ code: "bad_usage", message: "no such option" });
  expect(there(new DOMException("gone", "AbortError"))).toMatchObject({ name: "AbortError", message: "gone" });
  expect(there("a word")).toEqual(new Error("a word"));
});

test("the cause and the place come along, and a circle of causes ends", () => {
  const failed = new errors.StepFailedError("no luck", { cause: new errors.DeviceLostError("pulled out") });
  expect(there(failed).cause).toBeInstanceOf(errors.DeviceLostError);
  expect(there(failed).stack).toBe(failed.stack);
  const circle = new Error("round");
  circle.cause = circle;
  let depth = 0;
  for (let error: unknown = there(circle); error instanceof Error; error = error.cause) depth++;
  expect(depth).toBe(9);
});
