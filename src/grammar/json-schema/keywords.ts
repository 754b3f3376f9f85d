import { type SchemaObject, own, refuse, text } from "./schema.ts";

export const TYPES = ["object", "array", "string", "number", "integer", "boolean", "null"] as const;
export type TypeName = (typeof TYPES)[number];

/** Keywords that say nothing about what is valid. */
const ANNOTATIONS = new Set([
  "title",
  "description",
  "default",
  "examples",
  "example",
  "deprecated",
  "readOnly",
  "writeOnly",
  "$comment",
  "$schema",
  "$id",
  "$defs",
  "definitions",
]);

/** Keywords that any type may have. */
const GENERAL = new Set(["type", "enum", "const", "anyOf", "oneOf", "allOf", "$ref"]);

/** Keywords that say something about one type alone. */
const BY_TYPE: Readonly<Record<string, TypeName>> = {
  properties: "object",
  required: "object",
  additionalProperties: "object",
  propertyNames: "object",
  minProperties: "object",
  maxProperties: "object",
  items: "array",
  prefixItems: "array",
  additionalItems: "array",
  minItems: "array",
  maxItems: "array",
  uniqueItems: "array",
  minLength: "string",
  maxLength: "string",
  pattern: "string",
  format: "string",
  minimum: "number",
  maximum: "number",
  exclusiveMinimum: "number",
  exclusiveMaximum: "number",
  multipleOf: "number",
};

/** Throws for the first keyword that cannot be enforced: none is ever ignored. */
export function checkKeywords(schema: SchemaObject, path: string): void {
  for (const keyword of Object.keys(schema)) {
    if (ANNOTATIONS.has(keyword) || GENERAL.has(keyword) || Object.hasOwn(BY_TYPE, keyword)) continue;
    refuse(path, `the keyword "${keyword}" is not supported`);
  }
}

/** Keywords of the schema besides annotations. */
export function activeKeywords(schema: SchemaObject): string[] {
  return Object.keys(schema).filter((keyword) => !ANNOTATIONS.has(keyword));
}

/**
 * Types that the schema allows. Where it names none, keywords of a type mean that type: a valid, narrower reading, and
 * the one that is meant.
 */
export function typesOf(schema: SchemaObject, path: string): readonly TypeName[] {
  const named = own(schema, "type");
  if (named !== undefined) return (Array.isArray(named) ? named : [named]).map((name) => asType(name, path));
  const implied = new Set(activeKeywords(schema).flatMap((keyword) => BY_TYPE[keyword] ?? []));
  return implied.size > 0 ? [...implied] : TYPES.filter((name) => name !== "integer");
}

function asType(name: unknown, path: string): TypeName {
  if (!TYPES.includes(name as TypeName)) refuse(`${path}/type`, `unknown type ${text(name)}`);
  return name as TypeName;
}

/** The type of a JSON value; integers are numbers, too. */
export function typeOfValue(value: unknown): TypeName {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  if (typeof value === "number") return Number.isInteger(value) ? "integer" : "number";
  return typeof value as TypeName;
}

export function allowsType(types: readonly TypeName[], type: TypeName): boolean {
  return types.includes(type) || (type === "integer" && types.includes("number"));
}
