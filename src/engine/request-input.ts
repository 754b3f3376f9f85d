import type { RequestId, RequestInput } from "../request.ts";
import { schedulerFields, type EngineOptions, type EngineRequest, type PromptInput } from "./options.ts";
import { promptTokenIdsOf, stopTokenIdsOf } from "./prompt.ts";
import { randomSeed } from "./random-seed.ts";
import { maskOf } from "./response-format.ts";

/**
 * What the scheduler is given for an engine's request: ids, the mask of its response format, and a seed of its own
 * where it has none. Throws what `Engine.submit` says.
 */
export function requestInputOf(
  id: RequestId,
  request: EngineRequest & PromptInput,
  options: EngineOptions,
): RequestInput {
  const promptTokenIds = promptTokenIdsOf(request, options);
  const stopTokenIds = stopTokenIdsOf(request, options);
  return {
    ...schedulerFields(request),
    id,
    promptTokenIds,
    stopTokenIds,
    mask: maskOf(request, stopTokenIds, options),
    sampling: { ...request.sampling, seed: request.sampling?.seed ?? randomSeed() },
  };
}
