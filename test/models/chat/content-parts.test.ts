import { expect, test } from "vitest";
import { joinParts, takesParts } from "../../../src/models/chat/content-parts.ts";

test("joins lists of texts alone", () => {
  const image = { role: "user", content: [{ type: "image_url" }] };
  const messages = [
    {
      role: "user",
      content: [
        { type: "text", text: "a" },
        { type: "text", text: "b" },
      ],
    },
    image,
  ];
  expect(joinParts([...messages, { role: "assistant" }])).toEqual([
    { role: "user", content: "a\nb" },
    image,
    { role: "assistant" },
  ]);
});

test("a template that fails, leaves the text out or writes JSON takes no parts", () => {
  const fails = (): string => {
    throw new Error("no list");
  };
  expect([fails, () => "", JSON.stringify].map((render) => takesParts(render))).toEqual([false, false, false]);
  expect(takesParts(([{ content }]) => (content as { text: string }[])[0].text)).toBe(true);
});
