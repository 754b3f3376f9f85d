import { readFileSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Grammar } from "../../../src/constraints/grammar.ts";
import { ConstraintError } from "../../../src/errors.ts";
import { jsonSchema } from "../../../src/grammar/json-schema/compile.ts";
import { SeededRandom } from "../../../src/testing/seeded-random.ts";
import { byteGrammar, randomText } from "../../support/constraints/byte-vocabulary.ts";
import { soakCount } from "../../support/soak.ts";
import { schemas } from "../../support/constraints/schemas.ts";

const RUNS = soakCount(60);

const ajv = new Ajv2020({ strict: false, logger: false, ownProperties: true });
addFormats.default(ajv);

/** The compiled schema; null where it is refused by name, or no text satisfies it. */
function compiled(schema: unknown): Grammar | null {
  try {
    return byteGrammar(jsonSchema(schema));
  } catch (error) {
    if (error instanceof ConstraintError) return null;
    throw error;
  }
}

test("whatever a grammar of a random schema lets through, ajv finds valid", () => {
  let texts = 0;
  fc.assert(
    fc.property(schemas, fc.nat(), (schema, seed) => {
      const grammar = compiled(schema);
      if (grammar === null) return;
      const valid = ajv.compile(schema as object);
      for (let i = 0; i < 8; i++) {
        const written = randomText(grammar, new SeededRandom(seed + i));
        if (written === null) continue;
        texts++;
        expect(valid(JSON.parse(written)), `${written} under ${JSON.stringify(schema)}`).toBe(true);
      }
    }),
    { numRuns: RUNS },
  );
  expect(texts).toBeGreaterThan(RUNS);
});

describe("json-schema-test-suite", () => {
  const root = join(
    dirname(createRequire(import.meta.url).resolve("json-schema-test-suite/package.json")),
    "tests/draft4",
  );
  interface Group {
    readonly description: string;
    readonly schema: unknown;
    readonly tests: readonly { readonly description: string; readonly data: unknown; readonly valid: boolean }[];
  }

  test.each(readdirSync(root).filter((name) => name.endsWith(".json")))(
    "%s: nothing invalid is let through",
    (file) => {
      for (const { description, schema, tests } of JSON.parse(readFileSync(join(root, file), "utf8")) as Group[]) {
        const grammar = compiled(schema);
        if (grammar === null) continue;
        for (const { description: name, data, valid } of tests) {
          if (!valid) expect(grammar.matches(JSON.stringify(data)), `${description}: ${name}`).toBe(false);
        }
      }
    },
  );
});

describe("what is valid is let through", () => {
  test.each<[string, unknown, unknown[]]>([
    ["any value", true, [1, "a", null, [], {}, { a: [{}] }]],
    ["integers", { type: "integer", minimum: -5, maximum: 120 }, [-5, 0, 7, 99, 120]],
    ["decimals", { type: "number", exclusiveMinimum: 0.25, maximum: 3 }, [0.251, 1, 2.99, 3]],
    [
      "properties in order",
      { type: "object", properties: { a: {}, b: { type: "string" } }, required: ["b"] },
      [{ b: "x" }, { a: 1, b: "" }],
    ],
    [
      "additional properties",
      { type: "object", properties: { a: {} }, additionalProperties: { type: "null" } },
      [{ a: 1, ab: null }, { b: null }],
    ],
    ["a pattern within", { type: "string", pattern: "b" }, ["b", "abc", '"b\\']],
    [
      "recursion",
      { $ref: "#/$defs/t", $defs: { t: { type: "array", items: { $ref: "#/$defs/t" } } } },
      [[], [[], [[[]]]]],
    ],
    ["a reference with neighbours", { $defs: { a: { type: "integer" } }, $ref: "#/$defs/a", maximum: 3 }, [-1, 3]],
    [
      "prefix items",
      { type: "array", prefixItems: [{ type: "integer" }, { type: "string" }], items: false },
      [[], [1], [1, "a"]],
    ],
    ["values", { enum: ["a", 1, []] }, ["a", 1, []]],
    ["an empty object", { type: "object", properties: {} }, [{}]],
    [
      "one of several",
      {
        oneOf: [
          { type: "object", properties: { k: { const: "x" } }, required: ["k"] },
          { type: "object", properties: { k: { const: "y" }, v: {} }, required: ["k"] },
        ],
      },
      [{ k: "x" }, { k: "y", v: 1 }],
    ],
  ])("%s", (_, schema, values) => {
    const grammar = byteGrammar(jsonSchema(schema));
    for (const value of values) {
      expect(grammar.matches(JSON.stringify(value)), JSON.stringify(value)).toBe(true);
      expect(grammar.matches(JSON.stringify(value, null, 2)), JSON.stringify(value, null, 2)).toBe(true);
    }
  });

  test("without white space, all that has one spelling is forced", () => {
    const schema = {
      type: "object",
      properties: { name: { const: "Ada" }, age: { type: "integer" } },
      required: ["name", "age"],
    };
    const mask = byteGrammar(jsonSchema(schema, { whiteSpace: false })).mask();
    expect(String.fromCharCode(...mask.forcedTokens(100))).toBe('{"name":"Ada","age":');
  });
});

describe("what cannot be enforced is named", () => {
  test.each<[unknown, RegExp]>([
    [{ type: "object", properties: { a: { not: {} } } }, /schema \/properties\/a: the keyword "not" is not supported/],
    [{ uniqueItems: true }, /"uniqueItems"/],
    [{ multipleOf: 0.01 }, /\/multipleOf: only 1/],
    [{ oneOf: [{ type: "integer" }, { type: "number" }] }, /0 and 1 may both hold/],
    [{ $ref: "https://example.com/x" }, /only references within the schema/],
    [{ $ref: "#/$defs/none" }, /leads nowhere/],
    [{ type: "string", pattern: "(?=a)" }, /lookaround/],
    [{ type: "string", pattern: "a", maxLength: 3 }, /only one of "pattern"/],
    [{ type: "strnig" }, /unknown type "strnig"/],
    [{ minItems: -1 }, /minItems: must be an integer >= 0/],
    [{ items: 5 }, /must be an object or a boolean/],
    [{ format: "isbn" }, /unknown format "isbn"/],
    [[], /must be an object or a boolean/],
    [{ type: "object", properties: { a: { $ref: "#" } }, required: ["a"] }, /no text matches/],
    [{ $ref: "#" }, /no text matches/],
    [{ allOf: [{ pattern: "a" }, { pattern: "b" }] }, /"pattern" stands in two schemas/],
    [{ type: "object", anyOf: [{ $ref: "#" }] }, /do not end|no text matches/],
  ])("%j", (schema, message) => {
    expect(() => byteGrammar(jsonSchema(schema))).toThrow(message);
    expect(() => byteGrammar(jsonSchema(schema))).toThrow(ConstraintError);
  });

  test("more values than a schema may have", () => {
    expect(() => jsonSchema({ enum: Array.from({ length: 12_000 }, (_, i) => `${i}`) })).toThrow(/longer than 65536/);
  });

  test("a schema nested too deep", () => {
    let schema: unknown = {};
    for (let i = 0; i < 10_000; i++) schema = { items: schema };
    expect(() => jsonSchema(schema)).toThrow(/nested more than 32 deep/);
  });
});
