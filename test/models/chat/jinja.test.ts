import { describe, expect, test } from "vitest";
import { JinjaTemplate } from "../../../src/models/chat/jinja.ts";

const render = (source: string, values: Record<string, unknown> = {}): string =>
  new JinjaTemplate(source).render(values);

test("blocks take their lines along, as in transformers", () =>
  expect(render("a\n  {% if true %}\nb\n  {% endif %}\nc")).toBe("a\nb\nc"));

test.each([
  ["{{ range(3) | join(',') }}", "0,1,2"],
  ["{{ range(5, 1, -2) | join(',') }}", "5,3"],
  ["{{ range(3, 1) | join(',') }}", ""],
  ["{{ none is none }}{{ True }}", "truetrue"],
])("%s", (source, text) => expect(render(source).toLowerCase()).toBe(text));

test.each([
  ["{% for a in nothing %}x{% else %}none{% endfor %}", "none"],
  ["{% for m in [{}] %}{% for a in m.calls %}x{% endfor %}{% endfor %}|", "|"],
  ["{{ {'a': 1}[nothing] is defined }}{{ {'a': 1}[none] is defined }}", "falsefalse"],
])("what is not defined is an empty list and no key: %s", (source, text) => expect(render(source)).toBe(text));

test("strftime_now writes the day", () =>
  expect(render("{{ strftime_now('%d %b %Y %q%%') }}")).toMatch(/^\d\d [A-Z][a-z]{2} \d{4} %q%$/));

test("raise_exception raises", () =>
  expect(() => render("{{ raise_exception('no ' + x) }}", { x: "way" })).toThrow("no way"));

describe("limits", () => {
  test.each([
    [
      "time",
      "{% for a in range(10000) %}{% for b in range(10000) %}{% endfor %}{% endfor %}",
      "the template ran longer than 100 ms",
    ],
    [
      "output",
      "{% set ns = namespace(t='aaaaaaaa') %}{% for i in range(40) %}{% set ns.t = ns.t + ns.t %}{% endfor %}{{ ns.t }}",
      "the template wrote more than 8388608 characters",
    ],
    ["range", "{{ range(1000000000) }}", "range() of more than 10000 numbers"],
    ["range without steps", "{{ range(0, 1, 0) }}", "range() of more than 10000 numbers"],
  ])("%s", (_, source, message) => expect(() => render(source)).toThrow(message));

  test("of the source", () =>
    expect(() => new JinjaTemplate("a".repeat(2 ** 20 + 1))).toThrow("it has 1048577 characters, more than 1048576"));
});
