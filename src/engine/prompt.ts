import { InvalidRequestError } from "../errors.ts";
import type { EngineOptions, EngineRequest } from "./options.ts";
import { StopStrings } from "./stop-strings.ts";

/** The ids of a request's prompt. Throws `InvalidRequestError`; the scheduler checks what it is told of them further. */
export function promptTokenIdsOf({ prompt, promptTokenIds }: Pick<EngineRequest, "prompt" | "promptTokenIds">, { tokenizer, backend }: EngineOptions): ArrayLike<number> {
  if ((prompt === undefined) === (promptTokenIds === undefined)) throw new InvalidRequestError("exactly one of prompt and promptTokenIds is needed");
  const ids = promptTokenIds === undefined ? encode(prompt!, tokenizer) : promptTokenIds;
  const { vocabSize } = backend.info;
  for (let i = 0; i < (ids?.length ?? 0); i++) {
    if (ids[i] >= vocabSize) throw new InvalidRequestError(`promptTokenIds[${i}] is ${ids[i]}, the vocabulary has ${vocabSize} ids`);
  }
  return ids;
}

function encode(prompt: string, tokenizer: EngineOptions["tokenizer"]): number[] {
  if (typeof prompt !== "string") throw new InvalidRequestError(`prompt must be text, got ${String(prompt)}`);
  if (tokenizer === undefined) throw new InvalidRequestError("a text prompt needs an engine with a tokenizer");
  return tokenizer.encode(prompt);
}

/** Stop strings are texts, and need a tokenizer. Throws `InvalidRequestError`. */
export function assertStops({ stop }: EngineRequest, { tokenizer }: EngineOptions): void {
  void new StopStrings(stop);
  if (stop?.length && tokenizer === undefined) throw new InvalidRequestError("stop strings need an engine with a tokenizer");
}

/** Ids that end the request: the engine's, unless it goes on past them, and its own. */
export function stopTokenIdsOf({ stopTokenIds = [], ignoreStopTokenIds = false }: EngineRequest, { stopTokenIds: always = [] }: EngineOptions): readonly number[] {
  return ignoreStopTokenIds ? stopTokenIds : [...always, ...stopTokenIds];
}
