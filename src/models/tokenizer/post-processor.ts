import { InvalidModelError, UnsupportedModelError } from "../../errors.ts";
import { excerpt, isObject, type JsonObject } from "../../json.ts";

/** Ids that stand around a text. */
export interface Surrounding {
  readonly before: readonly number[];
  readonly after: readonly number[];
}

const NOTHING: Surrounding = { before: [], after: [] };

/**
 * What the `post_processor` of a tokenizer.json puts around a single text; null where it has no template, so that
 * tokenizer_config.json may say it. Throws `UnsupportedModelError` for a kind that is not implemented, by name.
 */
export function parsePostProcessor(config: unknown): Surrounding | null {
  if (config === null || config === undefined) return null;
  if (!isObject(config)) {
    throw new InvalidModelError(`tokenizer.json: post_processor must be an object, got ${excerpt(config)}`);
  }
  switch (config["type"]) {
    case "ByteLevel":
      return null;
    case "TemplateProcessing":
      return template(config);
    case "BertProcessing":
    case "RobertaProcessing":
      return { before: [idOf(config["cls"])], after: [idOf(config["sep"])] };
    case "Sequence":
      return sequence(config["processors"]);
    default:
      throw new UnsupportedModelError(`tokenizer.json: post_processor ${excerpt(config["type"])} is not implemented`);
  }
}

function sequence(processors: unknown): Surrounding | null {
  if (!Array.isArray(processors)) {
    throw new InvalidModelError("tokenizer.json: post_processor Sequence has no list of processors");
  }
  const templates = processors.map((each) => parsePostProcessor(each)).filter((each) => each !== null);
  if (templates.length > 1) {
    throw new UnsupportedModelError(
      "tokenizer.json: post_processor Sequence with more than one template is not implemented",
    );
  }
  return templates[0] ?? null;
}

function template(config: JsonObject): Surrounding {
  const { single, special_tokens: tokens } = config;
  if (!Array.isArray(single)) throw new InvalidModelError("tokenizer.json: TemplateProcessing has no list single");
  const sides: [number[], number[]] = [[], []];
  let texts = 0;
  for (const piece of single as unknown[]) {
    const fields = isObject(piece) ? piece : {};
    if (isObject(fields["SpecialToken"])) {
      sides[Math.min(texts, 1)].push(...idsOf(tokens, fields["SpecialToken"]["id"]));
    } else if (isObject(fields["Sequence"]) && fields["Sequence"]["id"] === "A") texts++;
    else {
      throw new UnsupportedModelError(`tokenizer.json: TemplateProcessing piece ${excerpt(piece)} is not implemented`);
    }
  }
  if (texts !== 1) {
    throw new UnsupportedModelError(
      `tokenizer.json: TemplateProcessing with the text ${texts} times is not implemented`,
    );
  }
  return sides[0].length + sides[1].length === 0 ? NOTHING : { before: sides[0], after: sides[1] };
}

function idsOf(tokens: unknown, name: unknown): number[] {
  const entry = isObject(tokens) && typeof name === "string" && Object.hasOwn(tokens, name) ? tokens[name] : undefined;
  const ids = isObject(entry) ? entry["ids"] : undefined;
  if (Array.isArray(ids) && ids.every((id) => Number.isInteger(id))) return ids as number[];
  throw new InvalidModelError(
    `tokenizer.json: TemplateProcessing names ${excerpt(name)}, which special_tokens does not have`,
  );
}

/** `["[CLS]", 101]`. */
function idOf(pair: unknown): number {
  if (Array.isArray(pair) && Number.isInteger(pair[1])) return pair[1] as number;
  throw new InvalidModelError(`tokenizer.json: post_processor has ${excerpt(pair)}, expected a token and its id`);
}
