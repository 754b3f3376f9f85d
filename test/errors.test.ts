import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { describe, expect, test } from "vitest";
import * as errors from "../src/errors.ts";
import { BstarError } from "../src/errors.ts";

/** Codes are part of the public API: programs compare them, so a change here is a breaking one. */
const CODES: Readonly<Record<string, string>> = {
  InvalidPolicyError: "invalid_policy",
  InvalidResultError: "invalid_result",
  InvalidRequestError: "invalid_request",
  InvalidOptionError: "invalid_option",
  InfeasibleRequestError: "infeasible_request",
  QueueFullError: "queue_full",
  StepFailedError: "step_failed",
  TimeoutError: "timeout",
  AbortedError: "aborted",
  DisposedError: "disposed",
  DeviceLostError: "device_lost",
  DeviceUnavailableError: "device_unavailable",
  DeviceLimitError: "device_limit",
  OutOfMemoryError: "out_of_memory",
  InvalidModelError: "invalid_model",
  UnsupportedModelError: "unsupported_model",
  MissingPackageError: "missing_package",
  ConstraintError: "constraint",
  DownloadError: "download_failed",
  InvalidLogitsError: "invalid_logits",
  WorkerLostError: "worker_lost",
};

const classes = Object.entries(errors).filter(([name]) => name !== "BstarError") as [
  string,
  new (message: string, options?: ErrorOptions) => BstarError,
][];

describe("errors", () => {
  test("each has its code, and no two have the same", () => {
    const codes = Object.fromEntries(classes.map(([name, Class]) => [name, new Class("m").code]));
    expect(codes).toEqual(CODES);
    expect(new Set(Object.values(codes)).size).toBe(classes.length);
  });

  test.each(classes)("%s is a BstarError with its own name, message and stack", (name, Class) => {
    const error = new Class("what happened");
    expect(error).toBeInstanceOf(BstarError);
    expect([error.name, error.message, String(error)]).toEqual([name, "what happened", `${name}: what happened`]);
    expect(error.stack).toContain("errors.test.ts");
  });

  test("keep their names in a minified bundle", async () => {
    const entry = fileURLToPath(new URL("../src/errors.ts", import.meta.url));
    const { outputFiles } = await build({
      entryPoints: [entry],
      bundle: true,
      minify: true,
      format: "esm",
      write: false,
    });
    const bundled = (await import(
      /* @vite-ignore */ `data:text/javascript,${encodeURIComponent(outputFiles[0].text)}`
    )) as typeof errors;
    const names = classes.map(
      ([name]) => new (bundled[name as keyof typeof errors] as new (message: string) => Error)("m").name,
    );
    expect(names).toEqual(classes.map(([name]) => name));
  });

  test("those that wrap another error keep it as their cause", () => {
    const cause = new Error("below");
    for (const Class of [
      errors.StepFailedError,
      errors.DeviceLostError,
      errors.DeviceUnavailableError,
      errors.OutOfMemoryError,
      errors.InvalidModelError,
      errors.MissingPackageError,
    ]) {
      expect(new Class("above", { cause }).cause).toBe(cause);
    }
  });
});
