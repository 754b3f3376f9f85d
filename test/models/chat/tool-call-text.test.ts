import { expect, test } from "vitest";
import { parseCallList, parseJsonCall } from "../../../src/models/chat/tool-call-text.ts";

test.each([
  ['{"name":"f","arguments":{"a":[1]}}', [{ name: "f", arguments: '{"a":[1]}' }]],
  [' {"name":"f","parameters":{}} ', [{ name: "f", arguments: "{}" }]],
  ['{"name":"f","arguments":"{}"}', [{ name: "f", arguments: "{}" }]],
  ['{"name":"f"}', null],
  ['{"name":1,"arguments":{}}', null],
  ['{"name":"f","arguments":[]}', null],
  ["f()", null],
])("%s", (text, calls) => expect(parseJsonCall(text)).toEqual(calls));

test.each([
  ['[{"name":"f","arguments":{}}]', [{ name: "f", arguments: "{}" }]],
  ['f[ARGS]{"a":1}', [{ name: "f", arguments: '{"a":1}' }]],
  ['[{"name":"f","arguments":{}},{}]', null],
  ["[]", null],
  ["f[ARGS]{", null],
])("%s in a list", (text, calls) => expect(parseCallList(text)).toEqual(calls));
