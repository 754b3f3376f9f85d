import { type Expression, NOTHING, type Rule, choice, rule } from "../../constraints/expression.ts";
import { BOOLEAN, type JsonSyntax, NULL, jsonSyntax } from "../json.ts";
import { areDisjoint } from "./alternatives.ts";
import { arrayExpression } from "./arrays.ts";
import { type TypeName, activeKeywords, checkKeywords, typesOf } from "./keywords.ts";
import { mergeSchemas } from "./merge.ts";
import { objectExpression } from "./objects.ts";
import { numberExpression, stringExpression, valuesExpression } from "./scalars.ts";
import { type Schema, type SchemaObject, asSchema, asSchemas, checkExtent, refuse, text } from "./schema.ts";

export interface JsonOptions {
  /**
   * One space or line break may stand between tokens, as models write JSON; without, more text is forced. Default true.
   */
  readonly whiteSpace?: boolean;
}

/** JSON texts of any value. */
export function jsonValue({ whiteSpace = true }: JsonOptions = {}): Expression {
  return jsonSyntax(whiteSpace).value;
}

/** JSON texts of any object: OpenAI's `json_object`. */
export function jsonObject({ whiteSpace = true }: JsonOptions = {}): Expression {
  return jsonSyntax(whiteSpace).object;
}

/**
 * JSON texts that a schema accepts: all that match are valid, and for each valid value that the narrower readings of
 * `objects.ts` and `arrays.ts` keep, some text matches. Throws `ConstraintError` that names the first keyword that
 * cannot be enforced.
 */
export function jsonSchema(schema: unknown, { whiteSpace = true }: JsonOptions = {}): Expression {
  checkExtent(schema);
  return new SchemaCompiler(asSchema(schema, ""), jsonSyntax(whiteSpace)).root();
}

/**
 * Schemas made of a schema by merging: more than a schema of 64 KiB needs, few enough for the stack where one never
 * ends.
 */
const MAX_REWRITES = 500;

class SchemaCompiler {
  readonly #root: Schema;
  readonly #json: JsonSyntax;
  readonly #rules = new Map<string, Rule>();
  #rewrites = 0;

  constructor(root: Schema, json: JsonSyntax) {
    this.#root = root;
    this.#json = json;
  }

  root(): Expression {
    return this.#reference("#", "", {});
  }

  readonly #compile = (schema: Schema, path: string): Expression => {
    if (schema === false) return NOTHING;
    if (schema === true) return this.#json.value;
    checkKeywords(schema, path);
    if (activeKeywords(schema).length === 0) return this.#json.value;
    return this.#combined(schema, path) ?? this.#plain(schema, path);
  };

  /** Keywords that bring other schemas in: each is merged with what stands beside it. Null where there is none. */
  #combined(schema: SchemaObject, path: string): Expression | null {
    const { $ref, allOf, anyOf, oneOf } = schema;
    if ($ref !== undefined) return this.#reference($ref, path, without(schema, "$ref"));
    if (allOf !== undefined) {
      const parts = asSchemas(allOf, `${path}/allOf`).map((part) => this.#flatten(part, path));
      return this.#rewritten(
        parts.reduce((merged, part) => mergeSchemas(merged, part, path), without(schema, "allOf")),
        path,
      );
    }
    if (anyOf !== undefined) {
      return this.#anyOf(asSchemas(anyOf, `${path}/anyOf`), without(schema, "anyOf"), `${path}/anyOf`);
    }
    if (oneOf !== undefined) {
      return this.#oneOf(asSchemas(oneOf, `${path}/oneOf`), without(schema, "oneOf"), `${path}/oneOf`);
    }
    return null;
  }

  #anyOf(options: readonly Schema[], beside: SchemaObject, path: string): Expression {
    const alone = activeKeywords(beside).length === 0;
    const merged = options.map((option) => (alone ? option : mergeSchemas(beside, this.#flatten(option, path), path)));
    return choice(...merged.map((option, i) => this.#rewritten(option, `${path}/${i}`)));
  }

  #oneOf(options: readonly Schema[], beside: SchemaObject, path: string): Expression {
    const flat = options.map((option) => this.#flatten(option, path));
    for (const [i, a] of flat.entries()) {
      const j = flat.findIndex((b, at) => at > i && !areDisjoint(a, b));
      if (j >= 0) {
        refuse(path, `${i} and ${j} may both hold; only options that exclude each other are supported: use anyOf`);
      }
    }
    return this.#anyOf(options, beside, path);
  }

  #rewritten(schema: Schema, path: string): Expression {
    if (++this.#rewrites > MAX_REWRITES) refuse(path, "its references and combinations do not end");
    return this.#compile(schema, path);
  }

  /** A schema without a reference at its top. */
  #flatten(schema: Schema, path: string): Schema {
    let flat = schema;
    for (let i = 0; typeof flat === "object" && flat.$ref !== undefined; i++) {
      if (i > MAX_REWRITES) refuse(path, "its references do not end");
      flat = mergeSchemas(this.#resolve(flat.$ref, path), without(flat, "$ref"), path);
    }
    return flat;
  }

  #plain(schema: SchemaObject, path: string): Expression {
    const types = typesOf(schema, path);
    if (Object.hasOwn(schema, "const") || Object.hasOwn(schema, "enum")) {
      const other = activeKeywords(schema).find((keyword) => !["const", "enum", "type"].includes(keyword));
      if (other !== undefined) refuse(path, `the keyword "${other}" is not supported beside "enum" or "const"`);
      return valuesExpression(schema, types, path);
    }
    return choice(...types.map((type) => this.#typed(schema, type, path)));
  }

  #typed(schema: SchemaObject, type: TypeName, path: string): Expression {
    switch (type) {
      case "object":
        return objectExpression(schema, path, this.#json, this.#compile);
      case "array":
        return arrayExpression(schema, path, this.#json, this.#compile);
      case "string":
        return stringExpression(schema, path);
      case "number":
      case "integer":
        return numberExpression(schema, type === "integer", path);
      case "boolean":
        return BOOLEAN;
      case "null":
        return NULL;
    }
  }

  /** One rule for a reference and what stands beside it, so that recursion ends. */
  #reference(reference: unknown, path: string, beside: SchemaObject): Expression {
    const alone = activeKeywords(beside).length === 0;
    const name = alone ? String(reference) : `${String(reference)} ${JSON.stringify(beside)}`;
    let made = this.#rules.get(name);
    if (made === undefined) {
      made = rule(name);
      this.#rules.set(name, made);
      const target = this.#resolve(reference, path);
      made.body = this.#compile(alone ? target : mergeSchemas(target, beside, path), String(reference).slice(1));
    }
    return made;
  }

  #resolve(reference: unknown, path: string): Schema {
    if (typeof reference !== "string" || !/^#(\/|$)/.test(reference)) {
      refuse(`${path}/$ref`, `only references within the schema (#/...) are supported, got ${text(reference)}`);
    }
    let target: unknown = this.#root;
    for (const part of reference.split("/").slice(1)) {
      const name = decodeURIComponent(part).replaceAll("~1", "/").replaceAll("~0", "~");
      const known = target !== null && typeof target === "object" && Object.hasOwn(target, name);
      if (!known) refuse(`${path}/$ref`, `${text(reference)} leads nowhere`);
      target = (target as SchemaObject)[name];
    }
    return asSchema(target, `${path}/$ref`);
  }
}

function without(schema: SchemaObject, keyword: string): SchemaObject {
  return Object.fromEntries(Object.entries(schema).filter(([name]) => name !== keyword));
}
