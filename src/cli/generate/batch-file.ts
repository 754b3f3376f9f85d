import { UsageError } from "../failure.ts";
import { checkKeys, parseLines, type PromptsFile } from "./prompts-file.ts";

/** A line of OpenAI's batch files: a request that the API would be sent. */
export interface BatchLine {
  readonly customId: string;
  /** Path of the API, such as "/v1/chat/completions". */
  readonly url: string;
  readonly body: object;
}

const KEYS = ["custom_id", "method", "url", "body"];

/** Whether the first line is one of a batch, by its `custom_id`. */
export function isBatch({ text }: PromptsFile): boolean {
  const first = text.split("\n").find((line) => line.trim() !== "");
  try {
    const json: unknown = JSON.parse(first ?? "");
    return json !== null && typeof json === "object" && "custom_id" in json;
  } catch {
    return false;
  }
}

/** The lines of a batch. Empty lines are skipped. Throws `UsageError` that names the file and the line. */
export function parseBatch(file: PromptsFile): BatchLine[] {
  return parseLines(file, { parse: parseLine, key: "custom_id", keyOf: ({ customId }) => customId });
}

function parseLine(line: string): BatchLine {
  const json: unknown = JSON.parse(line);
  if (json === null || typeof json !== "object" || Array.isArray(json)) {
    throw new UsageError(`must be an object with ${KEYS.join(", ")}`);
  }
  const fields = json as Record<string, unknown>;
  checkKeys(fields, KEYS);
  const { custom_id: customId, method, url, body } = fields;
  if (typeof customId !== "string" || customId === "") {
    throw new UsageError(`custom_id must be a text that is not empty, got ${JSON.stringify(customId)}`);
  }
  if (method !== "POST") throw new UsageError(`method must be "POST", got ${JSON.stringify(method)}`);
  if (typeof url !== "string" || !url.startsWith("/v1/")) {
    throw new UsageError(`url must be a path such as "/v1/chat/completions", got ${JSON.stringify(url)}`);
  }
  if (body === null || typeof body !== "object" || Array.isArray(body)) {
    throw new UsageError(`body must be an object, got ${JSON.stringify(body)}`);
  }
  return { customId, url, body };
}
