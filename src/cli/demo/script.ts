import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { InvalidModelError } from "../../errors.ts";
import { builtinModelFolder } from "../../models/node.ts";

/** A prompt and when it comes. */
export interface ScriptedRequest {
  readonly id: string;
  readonly prompt: string;
  readonly maxTokens: number;
  /** After the start. */
  readonly arrivalMs: number;
}

/** The requests of the demonstration: prompts.jsonl of the built-in model. */
export async function readScript(): Promise<ScriptedRequest[]> {
  return parseScript(await readFile(join(builtinModelFolder(), "prompts.jsonl"), "utf8"));
}

/** Throws `InvalidModelError` that names the line. */
export function parseScript(text: string): ScriptedRequest[] {
  return text
    .trimEnd()
    .split("\n")
    .map((line, index) => {
      const request = parse(line) as Partial<ScriptedRequest> | null;
      const { id, prompt, maxTokens, arrivalMs } = request ?? {};
      const ok =
        typeof id === "string" &&
        typeof prompt === "string" &&
        typeof maxTokens === "number" &&
        typeof arrivalMs === "number";
      if (!ok) {
        throw new InvalidModelError(
          `prompts.jsonl, line ${index + 1} must be {"id", "prompt", "maxTokens", "arrivalMs"}, got ${line}`,
        );
      }
      return { id, prompt, maxTokens, arrivalMs };
    });
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}
