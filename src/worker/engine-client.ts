import type { Beam, BeamSearchRequest } from "../engine/beam-search.ts";
import type { EngineExplanation, EngineRequest, EngineStats, PrefixQuery, PromptInput } from "../engine/options.ts";
import type { TokenStream } from "../engine/token-stream.ts";
import type { RequestId } from "../request.ts";

type Later<T> = T | Promise<T>;

/**
 * What a server needs of an engine, wherever the engine runs. `Engine` answers at once, `WorkerEngine` when its worker
 * has answered: code that awaits each answer works with both. Errors equal `Engine`'s, thrown or as rejections.
 */
export interface EngineClient extends AsyncDisposable {
  submit(request: EngineRequest & PromptInput): Later<TokenStream>;
  beamSearch(request: BeamSearchRequest & PromptInput): Promise<readonly Beam[]>;
  abort(id: RequestId, choice?: number): Later<void>;
  pause(id: RequestId, choice?: number): Later<boolean>;
  resume(id: RequestId, choice?: number): Later<boolean>;
  freeze(): Later<void>;
  unfreeze(): Later<void>;
  resetPrefixCache(options?: { readonly recompute?: boolean }): Promise<void>;
  /** Seconds on the engine's clock, which `deadline` is on. */
  now(): number;
  explain(id: RequestId, choice?: number): Later<EngineExplanation | undefined>;
  cachedTokens(query: PrefixQuery & PromptInput): Later<number>;
  tokenize(prompt: PrefixQuery & PromptInput): Later<ArrayLike<number>>;
  detokenize(tokenIds: ArrayLike<number>, options?: { readonly skipSpecialTokens?: boolean }): Later<string>;
  stats(): Later<EngineStats>;
  dispose(): Promise<void>;
}
