import { type Schema, type SchemaObject, asSchema, own, pointerToken, refuse } from "./schema.ts";
import { type TypeName, TYPES, activeKeywords, allowsType } from "./keywords.ts";

type Combine = (a: unknown, b: unknown, path: string) => unknown;

const larger: Combine = (a, b) => Math.max(a as number, b as number);
const smaller: Combine = (a, b) => Math.min(a as number, b as number);

/** Keywords that two schemas may both have, and what then holds. */
const COMBINED: Readonly<Record<string, Combine>> = {
  type: (a, b) => commonTypes(asList(a) as TypeName[], asList(b) as TypeName[]),
  required: (a, b) => [...new Set([...asList(a), ...asList(b)])],
  enum: (a, b) => asList(a).filter((value) => asList(b).some((other) => equalJson(value, other))),
  properties: mergeProperties,
  items: (a, b, path) => mergeSchemas(asSchema(a, path), asSchema(b, path), path),
  minimum: larger,
  exclusiveMinimum: larger,
  minLength: larger,
  minItems: larger,
  minProperties: larger,
  maximum: smaller,
  exclusiveMaximum: smaller,
  maxLength: smaller,
  maxItems: smaller,
  maxProperties: smaller,
};

/** A schema that is satisfied by what satisfies both. Refuses by name what cannot be combined. */
export function mergeSchemas(a: Schema, b: Schema, path: string): Schema {
  if (a === false || b === false) return false;
  if (a === true) return b;
  if (b === true) return a;
  checkClosed(a, b, path);
  const merged: Record<string, unknown> = { ...a };
  for (const keyword of activeKeywords(b)) {
    const ours = own(a, keyword);
    const theirs = own(b, keyword);
    if (ours === undefined || equalJson(ours, theirs)) merged[keyword] = theirs;
    else if (Object.hasOwn(COMBINED, keyword)) merged[keyword] = COMBINED[keyword](ours, theirs, path);
    else refuse(path, `the keyword "${keyword}" stands in two schemas that hold at once; that is not supported`);
  }
  return merged;
}

/** `additionalProperties` of one schema speaks of that schema's own properties alone: merged, it would mean others. */
function checkClosed(a: SchemaObject, b: SchemaObject, path: string): void {
  for (const [closed, other] of [
    [a, b],
    [b, a],
  ]) {
    const additional = own(closed, "additionalProperties");
    if (additional === undefined || additional === true) continue;
    const known = Object.keys(own(closed, "properties") ?? {});
    const stranger = Object.keys((own(other, "properties") ?? {}) as SchemaObject).find(
      (name) => !known.includes(name),
    );
    if (stranger !== undefined) {
      refuse(path, `"additionalProperties" beside a schema that declares "${stranger}" is not supported`);
    }
  }
}

function mergeProperties(a: unknown, b: unknown, path: string): unknown {
  const merged: Record<string, unknown> = { ...(a as SchemaObject) };
  for (const [name, schema] of Object.entries(b as SchemaObject)) {
    const inner = `${path}/properties/${pointerToken(name)}`;
    const ours = own(merged, name);
    merged[name] = ours === undefined ? schema : mergeSchemas(asSchema(ours, inner), asSchema(schema, inner), inner);
  }
  return merged;
}

function commonTypes(a: readonly TypeName[], b: readonly TypeName[]): TypeName[] {
  return TYPES.filter((type) => allowsType(a, type) && allowsType(b, type) && (a.includes(type) || b.includes(type)));
}

function asList(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [value];
}

/** Equality of JSON values: the order of an object's keys does not matter. */
export function equalJson(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (a === null || b === null || typeof a !== "object" || typeof b !== "object") return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && equalJson((a as SchemaObject)[key], (b as SchemaObject)[key]))
  );
}
