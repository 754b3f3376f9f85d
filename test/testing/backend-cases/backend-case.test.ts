import { expect, test } from "vitest";
import { withBackend } from "../../../src/testing/backend-cases/backend-case.ts";
import { faulty } from "../../support/faulty-backend.ts";

const sizes = { blockSize: 4, blockCount: 5, maxTokens: 8, maxRequests: 2, hostBlockCount: 0, keepLogits: false };

test("makes a backend of the sizes, gives it to the body and disposes it, even after an error", async () => {
  let disposed = 0;
  const make = faulty(() => ({ dispose: async () => void disposed++ }));
  expect(await withBackend({ make, sizes }, async ({ info }) => info.blockCount)).toBe(5);
  await expect(withBackend({ make, sizes }, () => Promise.reject(new Error("failed")))).rejects.toThrow("failed");
  expect(disposed).toBe(2);
});
