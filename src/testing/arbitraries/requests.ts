import type { RequestInput } from "../../request.ts";
import type { Arbitrary, FastCheck } from "../fast-check.ts";
import { arrivalTimes, type ArrivalOptions } from "./arrivals.ts";
import { promptFamilies, promptRecipes, type PromptOptions } from "./prompts.ts";

export interface RequestOptions extends PromptOptions, Omit<ArrivalOptions, "count"> {
  /** Most requests. Default 8. */
  readonly count?: number;
  /** Most tokens that one produces. Default 12. */
  readonly maxTokens?: number;
  readonly salts?: readonly string[];
  readonly adapterIds?: readonly number[];
}

/** A request and when it is submitted. */
export interface TimedRequest {
  readonly at: number;
  readonly request: RequestInput;
}

/** Requests of a few prompt families in order of arrival, with ids 0, 1, 2 … */
export function requests(fc: FastCheck, options: RequestOptions = {}): Arbitrary<TimedRequest[]> {
  const { count = 8, maxTokens = 12, salts = [""], adapterIds = [0] } = options;
  const recipe = fc.record({
    prompt: promptRecipes(fc, options),
    maxTokens: fc.integer({ min: 1, max: maxTokens }),
    cacheSalt: fc.constantFrom(...salts),
    adapterId: fc.constantFrom(...adapterIds),
    priority: fc.integer({ min: -1, max: 1 }),
    skipPrefixCache: fc.boolean(),
  });
  const recipes = fc.array(recipe, { minLength: 1, maxLength: count, size: "max" });
  return fc
    .tuple(promptFamilies(fc, options), recipes, arrivalTimes(fc, { ...options, count }))
    .map(([families, list, times]) =>
      list.map(({ prompt, ...rest }, id) => ({
        at: times[id],
        request: { id, promptTokenIds: families.prompt(prompt), ...rest },
      })),
    );
}
