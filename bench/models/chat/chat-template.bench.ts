import { parseChatTemplate } from "../../../src/models/chat/chat-template.ts";
import type { Suite } from "../../bench.ts";

/** A template as published ones are: roles, tools, a default system message, trimming. */
const SOURCE = `{{- bos_token }}
{%- if messages[0].role == 'system' %}{% set system = messages[0].content | trim %}{% set rest = messages[1:] %}{% else %}{% set system = 'Answer briefly.' %}{% set rest = messages %}{% endif %}
{{- '<|start_header_id|>system<|end_header_id|>\\n\\n' + system }}
{%- if tools is defined and tools %}{{- '\\n\\n# Tools\\n' }}{% for tool in tools %}{{- tool | tojson(indent=4) + '\\n' }}{% endfor %}{% endif %}
{{- '<|eot_id|>' }}
{%- for message in rest %}
{{- '<|start_header_id|>' + message.role + '<|end_header_id|>\\n\\n' + message.content | trim + '<|eot_id|>' }}
{%- endfor %}
{%- if add_generation_prompt %}{{- '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}{% endif %}`;

const TURNS = 20;

export default function (suite: Suite): void {
  const template = parseChatTemplate(SOURCE, { bos_token: "<|begin_of_text|>" });
  const messages = Array.from({ length: TURNS }, (_, i) => ({
    role: i % 2 === 0 ? "user" : "assistant",
    content: `${"Some words of a conversation. ".repeat(20)}${i}`,
  }));
  suite.add(`render ${TURNS} turns, contents as text`, () => template.render(messages), {
    aim: "< 10 ms: a tenth of the limit",
  });
  suite.add(`render ${TURNS} turns, contents parsed`, () => template.render(messages, { contents: "parse" }));
  suite.add("parse the template", () => parseChatTemplate(SOURCE));
}
