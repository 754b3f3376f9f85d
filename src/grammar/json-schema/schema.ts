import { ConstraintError } from "../../errors.ts";

/** A JSON Schema as it is written. */
export type Schema = boolean | SchemaObject;
export type SchemaObject = Readonly<Record<string, unknown>>;

/** Schemas inside schemas: what clients send is far flatter, and a walk needs a bound. */
export const MAX_SCHEMA_DEPTH = 32;

/** Largest schema, in characters of its JSON text. */
export const MAX_SCHEMA_LENGTH = 64 * 1024;

/** Refuses a keyword, with its place as a JSON pointer. */
export function refuse(path: string, reason: string): never {
  throw new ConstraintError(`schema ${path === "" ? "(root)" : path}: ${reason}`);
}

/** A schema, or an error that names the place. */
export function asSchema(value: unknown, path: string): Schema {
  if (typeof value === "boolean") return value;
  if (value === null || typeof value !== "object" || Array.isArray(value)) {
    refuse(path, "a schema must be an object or a boolean");
  }
  return value as SchemaObject;
}

export function asSchemas(value: unknown, path: string): Schema[] {
  if (!Array.isArray(value) || value.length === 0) refuse(path, "must be a list of schemas, not empty");
  return value.map((item, i) => asSchema(item, `${path}/${i}`));
}

/** The named schemas of `properties` and `$defs`. */
export function asSchemaMap(value: unknown, path: string): [name: string, schema: Schema][] {
  if (value === null || typeof value !== "object" || Array.isArray(value)) refuse(path, "must be an object of schemas");
  return Object.entries(value).map(([name, schema]) => [name, asSchema(schema, `${path}/${pointerToken(name)}`)]);
}

/** A count such as `minItems`, with its default. */
export function asCount(schema: SchemaObject, keyword: string, fallback: number, path: string): number {
  const value = own(schema, keyword);
  if (value === undefined) return fallback;
  if (!Number.isInteger(value) || (value as number) < 0) {
    refuse(`${path}/${keyword}`, `must be an integer >= 0, got ${text(value)}`);
  }
  return value as number;
}

/** A number such as `minimum`; undefined where it is absent. */
export function asNumber(schema: SchemaObject, keyword: string, path: string): number | undefined {
  const value = own(schema, keyword);
  if (value === undefined) return undefined;
  if (typeof value !== "number" || !Number.isFinite(value)) {
    refuse(`${path}/${keyword}`, `must be a number, got ${text(value)}`);
  }
  return value;
}

export function asNames(schema: SchemaObject, keyword: string, path: string): string[] {
  const value = own(schema, keyword) ?? [];
  if (!Array.isArray(value) || value.some((name) => typeof name !== "string")) {
    refuse(`${path}/${keyword}`, "must be a list of names");
  }
  return [...new Set(value as string[])];
}

/** A keyword's value; names of `Object.prototype` are no keywords. */
export function own(schema: SchemaObject, keyword: string): unknown {
  return Object.hasOwn(schema, keyword) ? schema[keyword] : undefined;
}

/** A name within a JSON pointer. */
export function pointerToken(name: string): string {
  return name.replaceAll("~", "~0").replaceAll("/", "~1");
}

/** A value for an error message, shortened. */
export function text(value: unknown): string {
  const json = JSON.stringify(value) ?? String(value);
  return json.length > 60 ? `${json.slice(0, 57)}...` : json;
}

/** Checks size and depth before anything recursive looks at the schema. */
export function checkExtent(schema: unknown): void {
  const open: [value: unknown, depth: number][] = [[schema, 0]];
  let length = 0;
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [value, depth] = next;
    // A level of schema is two levels of JSON: `properties`, and the property.
    if (depth > 2 * MAX_SCHEMA_DEPTH) refuse("", `it is nested more than ${MAX_SCHEMA_DEPTH} deep`);
    length += typeof value === "string" ? value.length + 2 : 4;
    if (value !== null && typeof value === "object") {
      for (const [key, inner] of Object.entries(value)) {
        length += key.length;
        open.push([inner, depth + 1]);
      }
    }
    if (length > MAX_SCHEMA_LENGTH) refuse("", `it is longer than ${MAX_SCHEMA_LENGTH} characters`);
  }
}
