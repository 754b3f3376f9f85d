import { describe, expect, test } from "vitest";
import { assert, AssertionError } from "../src/assert.ts";

describe("assert", () => {
  test("does nothing where the condition holds, and builds no message", () => {
    let built = 0;
    assert(true, () => `message ${++built}`);
    assert(true, "message");
    expect(built).toBe(0);
  });

  test("throws the message, given or built", () => {
    expect(() => assert(false, "a law is broken")).toThrow(new AssertionError("a law is broken"));
    expect(() => assert(false, () => `block ${3} is free`)).toThrow(new AssertionError("block 3 is free"));
  });

  test("throws an error that tells a bug from a user's mistake", () => {
    const error = new AssertionError("x");
    expect([error.name, error instanceof Error, "code" in error]).toEqual(["AssertionError", true, false]);
  });
});
