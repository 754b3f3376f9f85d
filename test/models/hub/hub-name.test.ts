import { expect, test } from "vitest";
import { InvalidModelError } from "../../../src/errors.ts";
import { assertFileName, isHubName, parseHubName } from "../../../src/models/hub/hub-name.ts";

test.each([
  ["hf:org/name", { repo: "org/name", revision: "main", file: null }],
  ["hf:Qwen/Qwen2.5-0.5B@v1.0", { repo: "Qwen/Qwen2.5-0.5B", revision: "v1.0", file: null }],
  ["hf:org/name@refs/pr/1:a-Q8_0.gguf", { repo: "org/name", revision: "refs/pr/1", file: "a-Q8_0.gguf" }],
  ["hf:org/name:a.gguf", { repo: "org/name", revision: "main", file: "a.gguf" }],
])("%s", (source, name) => expect(parseHubName(source)).toEqual(name));

test.each([
  "hf:",
  "hf:name",
  "hf:org/name/x",
  "hf:../name",
  "hf:org/..",
  "hf:org/name@../../x",
  "hf:org/name@a..b",
  "hf:org/name:",
  "hf:org/name:../x.gguf",
  "hf:org/name:a/b.gguf",
  "hf:org/name:.gguf",
  `hf:org/name:${"a".repeat(300)}`,
])("%s is refused", (source) => {
  expect(() => parseHubName(source)).toThrow(InvalidModelError);
});

test.each(["a\\b", "C:x", "a\0", "-x", ".x", ""])("%j is no plain file name", (name) =>
  expect(() => assertFileName(name, "here")).toThrow(InvalidModelError),
);

test("folders and URLs are no names of the Hub", () =>
  expect(["hf:a/b", "./hf", "https://hf.co/a/b"].map(isHubName)).toEqual([true, false, false]));
