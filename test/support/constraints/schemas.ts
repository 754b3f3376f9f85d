import fc from "fast-check";

const names = fc.constantFrom("a", "b", "ab", "名", "with space", 'quo"te', "toString", "__proto__x", "id");

/** ajv compares values by their own `toString` and `valueOf`, where they have one. */
const values = fc
  .jsonValue({ maxDepth: 1 })
  .filter((value) => !/"(?:toString|valueOf|__proto__)":/.test(JSON.stringify(value)));

const scalar = fc.oneof(
  fc.constant({ type: "string" }),
  fc.record({
    type: fc.constant("string"),
    minLength: fc.integer({ min: 0, max: 3 }),
    maxLength: fc.integer({ min: 3, max: 6 }),
  }),
  fc.record({
    type: fc.constant("string"),
    pattern: fc.constantFrom("^[a-z]{1,3}$", "b+", "^é|ü$", '^"\\\\\\d$', "^(?:x|yz)*$", "\\s"),
  }),
  fc.record({
    type: fc.constant("string"),
    format: fc.constantFrom(
      "date",
      "time",
      "date-time",
      "email",
      "hostname",
      "ipv4",
      "ipv6",
      "uri",
      "uuid",
      "duration",
    ),
  }),
  fc.record(
    {
      type: fc.constantFrom("integer", "number"),
      minimum: fc.integer({ min: -120, max: 20 }),
      maximum: fc.integer({ min: 21, max: 1200 }),
    },
    { requiredKeys: ["type"] },
  ),
  fc.record({
    type: fc.constantFrom("integer", "number"),
    exclusiveMinimum: fc.double({ min: -3, max: 1, noNaN: true }),
    exclusiveMaximum: fc.double({ min: 2.5, max: 40, noNaN: true }),
  }),
  fc.constantFrom({ type: "boolean" }, { type: "null" }, { type: ["string", "null"] }, true, {}),
  fc.record({
    enum: fc.uniqueArray(values, { minLength: 1, maxLength: 4, comparator: "SameValue" }),
  }),
  fc.record({ const: values }),
);

/** Schemas of keywords that are enforced, with references to `#/$defs/node`, which refers to itself. */
export const schemas: fc.Arbitrary<unknown> = fc
  .letrec<{ schema: unknown; object: unknown }>((tie) => ({
    schema: fc.oneof(
      { depthSize: "small", maxDepth: 3 },
      scalar,
      tie("object"),
      fc.record(
        {
          type: fc.constant("array"),
          items: tie("schema"),
          minItems: fc.nat(2),
          maxItems: fc.integer({ min: 2, max: 4 }),
        },
        { requiredKeys: ["type"] },
      ),
      fc.record({
        type: fc.constant("array"),
        prefixItems: fc.array(tie("schema"), { minLength: 1, maxLength: 3 }),
        items: tie("schema"),
      }),
      fc.record({ anyOf: fc.array(tie("schema"), { minLength: 1, maxLength: 3 }) }),
      fc.record({ oneOf: fc.constant([{ type: "integer" }, { type: "string" }, { type: "object" }]) }),
      fc.record({ allOf: fc.tuple(tie("object"), fc.constant({ type: "object" })) }),
      fc.constant({ $ref: "#/$defs/node" }),
    ),
    object: fc
      .record(
        {
          type: fc.constant("object"),
          properties: fc.dictionary(names, tie("schema"), { maxKeys: 3 }),
          additionalProperties: fc.oneof(fc.boolean(), tie("schema")),
          minProperties: fc.nat(1),
          maxProperties: fc.integer({ min: 1, max: 4 }),
        },
        { requiredKeys: ["type"] },
      )
      .chain((object) => {
        const known = Object.keys(object.properties ?? {});
        return fc.subarray(known).map((required) => (required.length > 0 ? { ...object, required } : object));
      }),
  }))
  .schema.map((schema) => ({
    allOf: [schema],
    $defs: {
      node: {
        type: "object",
        properties: { value: { type: "integer" }, next: { anyOf: [{ $ref: "#/$defs/node" }, { type: "null" }] } },
        required: ["next"],
      },
    },
  }));
