import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { UsageError } from "../../src/cli/failure.ts";
import { openModel } from "../../src/cli/model-source.ts";
import { InvalidModelError } from "../../src/errors.ts";

test("builtin is the model that ships with the package", async () => {
  expect(await openModel("builtin")).toMatchObject({ name: "builtin", contextLength: expect.any(Number) });
});

test.each([
  ["no-such-folder", 'does not exist'],
  ["", 'does not exist'],
  ["package.json", "is neither a folder nor a .gguf file"],
])("%j is bad usage", async (folder, problem) => {
  await expect(openModel(folder)).rejects.toThrow(UsageError);
  await expect(openModel(folder)).rejects.toThrow(`--model: "${folder}" ${problem}`);
});

test("a folder without a model is a damaged model", async () => {
  const folder = fileURLToPath(new URL(".", import.meta.url));
  await expect(openModel(folder)).rejects.toThrow(InvalidModelError);
});
