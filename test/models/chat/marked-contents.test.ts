import * as fc from "fast-check";
import { expect, test } from "vitest";
import { markContents, partsOf } from "../../../src/models/chat/marked-contents.ts";

test("a text made of words and contents comes apart again", () => {
  const space = fc.constantFrom("", " ", "\n", " \n ");
  const content = fc
    .tuple(
      space,
      fc.string({ minLength: 1 }).filter((text) => text.trim() !== ""),
      space,
    )
    .map((parts) => parts.join(""));
  const law = fc.property(fc.array(content, { minLength: 1, maxLength: 4 }), fc.boolean(), (contents, trims) => {
    const messages = contents.map((text) => ({ role: "user", content: text }));
    const marked = markContents({ messages, tools: undefined }, "");
    const write = (list: readonly unknown[]): string =>
      list.map((each) => `[${trims ? String(each).trim() : String(each)}]`).join("");
    const parts = partsOf(write(contents), write(marked.inputs.messages.map((message) => message.content)), marked)!;
    expect(parts.map(({ text }) => text).join("")).toBe(write(contents));
    expect(
      parts
        .filter(({ specialTokens }) => specialTokens === "parse")
        .map(({ text }) => text)
        .join(""),
    ).toBe("[]".repeat(contents.length));
  });
  fc.assert(law);
});

test("words, numbers and white space stay", () => {
  const message = {
    role: "tool",
    content: "word",
    name: "get_weather",
    count: 3,
    empty: " ",
    other: "two words",
    nothing: null,
  };
  const { inputs, contents } = markContents({ messages: [message], tools: undefined }, "");
  expect(contents).toEqual(["word", "two words"]);
  expect(inputs.messages[0]).toMatchObject({ role: "tool", name: "get_weather", count: 3, empty: " ", nothing: null });
});

test("a text that is not made of its words is null", () => {
  const marked = markContents({ messages: [{ role: "user", content: "abc" }], tools: undefined }, "");
  const rendering = `<${marked.inputs.messages[0].content as string}>`;
  expect(partsOf("<abc>", rendering, marked)).not.toBeNull();
  for (const other of ["<ABC>", "<ab>", "<abc>>", "abc>", ""]) expect(partsOf(other, rendering, marked)).toBeNull();
});
