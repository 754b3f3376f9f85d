import { EMPTY, type Expression, NOTHING, choice, separated, sequence } from "../../constraints/expression.ts";
import type { JsonSyntax } from "../json.ts";
import { type Schema, type SchemaObject, asCount, asSchema, asSchemas, own, refuse } from "./schema.ts";

type Compile = (schema: Schema, path: string) => Expression;

/**
 * Arrays: the items of `prefixItems`, then of `items`. Beside `prefixItems`, an absent `items` means false: a valid,
 * narrower reading.
 */
export function arrayExpression(schema: SchemaObject, path: string, json: JsonSyntax, compile: Compile): Expression {
  if (own(schema, "uniqueItems") === true) refuse(path, 'the keyword "uniqueItems" is not supported');
  const least = asCount(schema, "minItems", 0, path);
  const most = asCount(schema, "maxItems", Number.POSITIVE_INFINITY, path);
  const { prefix, rest } = itemsOf(schema, path, compile);
  if (least > most) return NOTHING;
  return json.brackets(itemsFrom(0));

  /** What follows `count` items. */
  function itemsFrom(count: number): Expression {
    const stop = count >= least ? EMPTY : NOTHING;
    const comma = count === 0 ? EMPTY : json.comma;
    if (count < prefix.length) {
      return count < most ? choice(stop, sequence(comma, prefix[count], itemsFrom(count + 1))) : stop;
    }
    if (rest === null || count >= most) return stop;
    const list = separated(rest, json.comma, Math.max(1, least - count), most - count);
    return choice(stop, sequence(comma, list));
  }
}

interface Items {
  readonly prefix: readonly Expression[];
  /** The items behind the prefix; null where there are none. */
  readonly rest: Expression | null;
}

function itemsOf(schema: SchemaObject, path: string, compile: Compile): Items {
  const items = own(schema, "items");
  // Drafts before 2020-12 have the prefix in `items`, and the rest in `additionalItems`.
  const old = Array.isArray(items);
  const prefixName = old ? "items" : "prefixItems";
  const restName = old ? "additionalItems" : "items";
  const prefix = own(schema, prefixName) === undefined ? [] : asSchemas(schema[prefixName], `${path}/${prefixName}`);
  const rest = asSchema(own(schema, restName) ?? prefix.length === 0, `${path}/${restName}`);
  return {
    prefix: prefix.map((item, i) => compile(item, `${path}/${prefixName}/${i}`)),
    rest: rest === false ? null : compile(rest, `${path}/${restName}`),
  };
}
