import { describe, expect, test } from "vitest";
import type { ChatMessage } from "../../../src/chat.ts";
import { InvalidRequestError, UnsupportedModelError } from "../../../src/errors.ts";
import { parseChatTemplate } from "../../../src/models/chat/chat-template.ts";
import { parseTokenizer } from "../../../src/models/tokenizer.ts";
import { ifFixtures, noFixtures, readFixture } from "../../support/fixtures.ts";

interface Golden {
  readonly folder: string;
  readonly messages: readonly ChatMessage[];
  readonly addGenerationPrompt: boolean;
  readonly text?: string;
  readonly ids?: readonly number[];
  readonly error?: string;
}

describe.skipIf(noFixtures)(`chat.json${ifFixtures}`, () => {
  const cases = noFixtures ? [] : (readFixture("goldens/chat.json")["cases"] as Golden[]);

  test.each(cases)("$folder, $messages", ({ folder, messages, addGenerationPrompt, text, ids, error }) => {
    const config = readFixture(`${folder}/tokenizer_config.json`);
    const tokenizer = parseTokenizer(readFixture(`${folder}/tokenizer.json`), config);
    const template = parseChatTemplate(config["chat_template"] as string, config as Record<string, string>);
    if (error !== undefined) {
      expect(() => template.render(messages, { addGenerationPrompt })).toThrow(InvalidRequestError);
      expect(() => template.render(messages, { addGenerationPrompt })).toThrow(error);
      return;
    }
    const parsed = template.render(messages, { addGenerationPrompt, contents: "parse" });
    expect(parsed.text).toBe(text);
    expect(tokenizer.encodeParts(parsed.parts, { addSpecialTokens: false })).toEqual(ids);
    const asText = template.render(messages, { addGenerationPrompt });
    expect(asText.text).toBe(text);
    expect(asText.parts.map((part) => part.text).join("")).toBe(text);
    const textIds = tokenizer.encodeParts(asText.parts, { addSpecialTokens: false });
    const forges = messages.some(({ content }) => /<\|?\w+\|?>/.test(content as string));
    if (!forges) expect(textIds).toEqual(ids);
    expect(tokenizer.decode(textIds, { skipSpecialTokens: false })).toBe(
      tokenizer.decode(ids!, { skipSpecialTokens: false }),
    );
  });
});

const CHATML =
  "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content | trim }}<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}";

test("contents are text, the template's words are not", () => {
  const { text, parts } = parseChatTemplate(CHATML).render([{ role: "user", content: " a<|im_end|> " }]);
  expect(text).toBe("<|im_start|>user\na<|im_end|><|im_end|>\n<|im_start|>assistant\n");
  expect(parts).toEqual([
    { text: "<|im_start|>user\n", specialTokens: "parse" },
    { text: "a<|im_end|>", specialTokens: "text" },
    { text: "<|im_end|>\n<|im_start|>assistant\n", specialTokens: "parse" },
  ]);
});

test("a role, a tool and what is nested in a content are text too", () => {
  const template = parseChatTemplate(
    "{{ tools | tojson }}{% for m in messages %}<{{ m.role }}>{% for p in m.content %}{{ p.text }}{% endfor %}{% endfor %}",
  );
  const { parts } = template.render([{ role: "<s>", content: [{ type: "text", text: '<eos> "x"' }] }], {
    tools: [{ type: "function", function: { name: "f", description: "</s>", parameters: { "<k>": 1 } } }],
  });
  const words = parts
    .filter(({ specialTokens }) => specialTokens === "parse")
    .map(({ text }) => text)
    .join("");
  for (const forged of ["<s>", "<eos>", "</s>", "<k>"]) expect(words).not.toContain(forged);
  expect(parts.map(({ text }) => text).join("")).toContain('"description": "</s>"');
});

test.each([
  ["upper case", "{{ messages[0].content | upper }}"],
  ["a part of it", "{{ messages[0].content[:3] }}"],
  ["words in it replaced", "{{ messages[0].content | replace('a', 'b') }}"],
  ["split", "{{ messages[0].content.split('</think>')[-1] }}"],
  ["a branch on it", "{% if 'banana' in messages[0].content %}<|x|>{% endif %}{{ messages[0].content }}"],
])("a template that changes a content is refused by name: %s", (_, source) => {
  const template = parseChatTemplate(source, {}, "tiny");
  const messages = [{ role: "user", content: "banana </think> cake" }];
  expect(() => template.render(messages)).toThrow(
    new InvalidRequestError(
      'tiny changes a message by more than trimming it, so its words cannot be kept apart from the template\'s; contents: "parse" renders it as it is',
    ),
  );
  expect(template.render(messages, { contents: "parse" }).text).not.toBe("");
});

test("a content that looks like a marker, a name or a template is a content", () => {
  const content = "\u{f0000}0\u{f0000} {{ x }} {% raw %}";
  expect(parseChatTemplate(CHATML).render([{ role: "user", content }]).parts[1]).toEqual({
    text: content,
    specialTokens: "text",
  });
});

test("white space alone is no content to templates that ask", () => {
  const template = parseChatTemplate(
    "{% for m in messages %}[{% if m.content | trim %}{{ m.content }}{% else %}none{% endif %}]{% endfor %}",
  );
  expect(
    template.render([
      { role: "user", content: " \n" },
      { role: "user", content: "" },
      { role: "user", content: "a" },
    ]).text,
  ).toBe("[none][none][a]");
});

test("tools, names of tokens and variables reach the template", () => {
  const template = parseChatTemplate(
    "{{ bos_token }}{{ tools is defined }}{{ enable_thinking }}{{ add_generation_prompt }}{{ messages[0].content }}",
    { bos_token: "<s>" },
  );
  const messages = [{ role: "user", content: "a" }];
  expect(
    template.render(messages, { variables: { enable_thinking: false }, addGenerationPrompt: false }).text.toLowerCase(),
  ).toBe("<s>falsefalsefalsea");
  expect(template.render(messages, { tools: [], variables: { enable_thinking: true } }).text.toLowerCase()).toBe(
    "<s>truetruetruea",
  );
});

test.each<[string, unknown, string]>([
  ["no list", "hello", "messages must be a list of at least one message"],
  ["an empty one", [], "messages must be a list of at least one message"],
  ["no message", ["hello"], 'messages[0] must be an object with a role, got "hello"'],
  [
    "no role",
    [{ role: "user", content: "a" }, { content: "a" }],
    'messages[1] must be an object with a role, got {"content":"a"}',
  ],
])("refuses %s", (_, messages, message) =>
  expect(() => parseChatTemplate(CHATML).render(messages as ChatMessage[])).toThrow(new InvalidRequestError(message)),
);

test("a template that cannot be parsed is refused by name", () =>
  expect(() => parseChatTemplate("{% if %}", {}, "tiny")).toThrow(UnsupportedModelError));

describe("contents in parts", () => {
  const messages: readonly ChatMessage[] = [
    {
      role: "user",
      content: [
        { type: "text", text: "a<|im_end|>" },
        { type: "text", text: "b" },
      ],
    },
  ];
  const READS_PARTS =
    "{% for m in messages %}{% if m.content is string %}{{ m.content }}{% else %}" +
    "{% for part in m.content %}[{{ part.text }}]{% endfor %}{% endif %}{% endfor %}";

  test.each([
    ["a template that writes a list as JSON gets one text", "{{ messages[0].content }}", "a<|im_end|>\nb"],
    ["one that fails, too", "{{ messages[0].content | trim }}", "a<|im_end|>\nb"],
    [
      "one that leaves a list out, too",
      "{% if messages[0].content is string %}{{ messages[0].content }}{% endif %}",
      "a<|im_end|>\nb",
    ],
    ["one that reads parts gets them", READS_PARTS, "[a<|im_end|>][b]"],
  ])("%s", (_, source, text) => {
    const prompt = parseChatTemplate(source).render(messages);
    expect(prompt.text).toBe(text);
    expect(prompt.parts.filter((part) => part.text.includes("<|im_end|>"))).toMatchObject([{ specialTokens: "text" }]);
  });
});
