import { type CodePointSet, MAX_CODE_POINT, difference, utf8 } from "../../constraints/code-points.ts";
import { EMPTY, type Expression, NOTHING, choice, literal, repeat, sequence } from "../../constraints/expression.ts";
import { type JsonSyntax, STRING, quoted } from "../json.ts";
import {
  type Schema,
  type SchemaObject,
  asCount,
  asNames,
  asSchema,
  asSchemaMap,
  own,
  pointerToken,
  refuse,
} from "./schema.ts";

type Compile = (schema: Schema, path: string) => Expression;

interface Property {
  /** As JSON text, quotes included. */
  readonly name: Expression;
  readonly value: Expression;
  readonly required: boolean;
}

/**
 * Objects: declared properties in the order of their declaration, then additional ones. An absent
 * `additionalProperties` beside `properties` means false: a valid, narrower reading.
 */
export function objectExpression(schema: SchemaObject, path: string, json: JsonSyntax, compile: Compile): Expression {
  const least = asCount(schema, "minProperties", 0, path);
  const most = asCount(schema, "maxProperties", Number.POSITIVE_INFINITY, path);
  const properties = propertiesOf(schema, path, compile);
  const additional = additionalMember(schema, path, json, compile);
  if (additional !== null && least > properties.filter(({ required }) => required).length + 1) {
    refuse(
      `${path}/minProperties`,
      "beyond the required properties only one more can be demanded: additional names may repeat",
    );
  }
  return json.braces(new Members(properties, additional, json, least, most).from(0, 0));
}

function propertiesOf(schema: SchemaObject, path: string, compile: Compile): Property[] {
  const required = new Set(asNames(schema, "required", path));
  const declared = asSchemaMap(own(schema, "properties") ?? {}, `${path}/properties`);
  const properties = declared.map(([name, inner]) => ({
    name: literal(JSON.stringify(name)),
    value: compile(inner, `${path}/properties/${pointerToken(name)}`),
    required: required.delete(name),
  }));
  const rest = own(schema, "additionalProperties") ?? !Object.hasOwn(schema, "properties");
  for (const name of required) {
    if (rest === false) {
      refuse(`${path}/required`, `"${name}" is not declared in "properties", and no others are allowed`);
    }
    const value = compile(asSchema(rest, `${path}/additionalProperties`), `${path}/additionalProperties`);
    properties.push({ name: literal(JSON.stringify(name)), value, required: true });
  }
  return properties;
}

/** One more member, whose name is none of the declared ones; null where none is allowed. */
function additionalMember(schema: SchemaObject, path: string, json: JsonSyntax, compile: Compile): Expression | null {
  const declared = [
    ...new Set([
      ...Object.keys((own(schema, "properties") ?? {}) as SchemaObject),
      ...asNames(schema, "required", path),
    ]),
  ];
  const given = own(schema, "additionalProperties");
  const rest =
    given === undefined ? !Object.hasOwn(schema, "properties") : asSchema(given, `${path}/additionalProperties`);
  if (rest === false) return null;
  const names = own(schema, "propertyNames");
  if (names !== undefined && declared.length > 0) {
    refuse(`${path}/propertyNames`, "is not supported beside declared properties");
  }
  const name =
    names === undefined ? nameOtherThan(declared) : nameBy(asSchema(names, `${path}/propertyNames`), path, compile);
  return json.member(name, compile(rest, `${path}/additionalProperties`));
}

function nameBy(schema: Schema, path: string, compile: Compile): Expression {
  const typed =
    typeof schema === "object" && own(schema, "type") === undefined ? { ...schema, type: "string" } : schema;
  return typed === true ? STRING : compile(typed, `${path}/propertyNames`);
}

/** Characters of additional names: without escapes, a name has one spelling and can be compared. */
const NAME_CHARACTERS: CodePointSet = difference(
  [[0x20, MAX_CODE_POINT]],
  [
    [0x22, 0x22],
    [0x5c, 0x5c],
  ],
);
const ANY_REST = repeat(utf8(NAME_CHARACTERS), 0, Number.POSITIVE_INFINITY);

function nameOtherThan(names: readonly string[]): Expression {
  return names.length === 0
    ? STRING
    : quoted(
        otherThan(
          names.map((name) => Array.from(name, (c) => c.codePointAt(0)!)),
          0,
        ),
      );
}

/** Texts that are none of `names`, of which all begin with the same `depth` characters. */
function otherThan(names: readonly (readonly number[])[], depth: number): Expression {
  const byNext = new Map<number, (readonly number[])[]>();
  for (const name of names) {
    if (name.length > depth) byNext.set(name[depth], [...(byNext.get(name[depth]) ?? []), name]);
  }
  const taken: CodePointSet = [...byNext.keys()].sort((a, b) => a - b).map((point) => [point, point]);
  const options = Array.from(byNext, ([point, rest]) => sequence(utf8([[point, point]]), otherThan(rest, depth + 1)));
  options.push(sequence(utf8(difference(NAME_CHARACTERS, taken)), ANY_REST));
  if (names.every((name) => name.length !== depth)) options.push(EMPTY);
  return choice(...options);
}

/** All orders in which members may follow: declared ones in order, each there or not, then additional ones. */
class Members {
  readonly #properties: readonly Property[];
  readonly #additional: Expression | null;
  readonly #json: JsonSyntax;
  readonly #least: number;
  readonly #most: number;
  readonly #made = new Map<string, Expression>();

  constructor(
    properties: readonly Property[],
    additional: Expression | null,
    json: JsonSyntax,
    least: number,
    most: number,
  ) {
    this.#properties = properties;
    this.#additional = additional;
    this.#json = json;
    this.#least = least;
    this.#most = most;
  }

  /** What follows `count` members, from declared property `index` on. */
  from(index: number, count: number): Expression {
    // Counts that no bound tells apart share an expression; the first member alone has no comma before it.
    const seen = this.#most === Number.POSITIVE_INFINITY ? Math.min(count, Math.max(1, this.#least)) : count;
    const key = `${index} ${seen}`;
    let made = this.#made.get(key);
    if (made === undefined) {
      made = index === this.#properties.length ? this.#rest(seen) : this.#property(index, seen);
      this.#made.set(key, made);
    }
    return made;
  }

  #property(index: number, count: number): Expression {
    const { name, value, required } = this.#properties[index];
    const there =
      count < this.#most
        ? sequence(this.#comma(count), this.#json.member(name, value), this.from(index + 1, count + 1))
        : NOTHING;
    return required ? there : choice(there, this.from(index + 1, count));
  }

  #rest(count: number): Expression {
    const least = Math.max(0, this.#least - count);
    if (this.#additional === null) return least === 0 ? EMPTY : NOTHING;
    if (count >= this.#most) return least === 0 ? EMPTY : NOTHING;
    const more = repeat(sequence(this.#json.comma, this.#additional), 0, this.#most - count - 1);
    const some = sequence(this.#comma(count), this.#additional, more);
    return least === 0 ? choice(EMPTY, some) : some;
  }

  #comma(count: number): Expression {
    return count === 0 ? EMPTY : this.#json.comma;
  }
}
