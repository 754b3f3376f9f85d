import { type TypeName, allowsType, typeOfValue, typesOf } from "./keywords.ts";
import { equalJson } from "./merge.ts";
import { type Schema, type SchemaObject, own } from "./schema.ts";

/** True where no value satisfies both schemas, as far as types, constants and a discriminating property tell. */
export function areDisjoint(a: Schema, b: Schema): boolean {
  if (typeof a === "boolean" || typeof b === "boolean") return a === false || b === false;
  const valuesA = constantsOf(a);
  const valuesB = constantsOf(b);
  if (valuesA !== null && valuesB !== null) {
    return !valuesA.some((value) => valuesB.some((other) => equalJson(value, other)));
  }
  if (!shareType(typesWithin(a, valuesA), typesWithin(b, valuesB))) return true;
  return isOnlyObject(a) && isOnlyObject(b) && haveDiscriminator(a, b);
}

/** Values of `const` or `enum`; null where any may be. */
function constantsOf(schema: SchemaObject): readonly unknown[] | null {
  if (Object.hasOwn(schema, "const")) return [schema.const];
  const listed = own(schema, "enum");
  return Array.isArray(listed) ? listed : null;
}

function typesWithin(schema: SchemaObject, values: readonly unknown[] | null): readonly TypeName[] {
  // Without a type, keywords of one type say nothing about values of another.
  if (own(schema, "type") === undefined && values === null) return typesOf({}, "");
  return values === null ? typesOf(schema, "") : values.map(typeOfValue);
}

function shareType(a: readonly TypeName[], b: readonly TypeName[]): boolean {
  return a.some((type) => allowsType(b, type)) || b.some((type) => allowsType(a, type));
}

function isOnlyObject(schema: SchemaObject): boolean {
  return own(schema, "type") === "object";
}

function haveDiscriminator(a: SchemaObject, b: SchemaObject): boolean {
  const required = (own(b, "required") ?? []) as readonly string[];
  return ((own(a, "required") ?? []) as readonly string[]).some((name) => {
    const left = propertyOf(a, name);
    const right = propertyOf(b, name);
    return required.includes(name) && left !== undefined && right !== undefined && areDisjoint(left, right);
  });
}

function propertyOf(schema: SchemaObject, name: string): Schema | undefined {
  return own((own(schema, "properties") ?? {}) as SchemaObject, name) as Schema | undefined;
}
