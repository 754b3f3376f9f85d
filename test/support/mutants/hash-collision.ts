import type { Domain } from "../../../src/testing/index.ts";
import { PagedAllocator } from "../paged-allocator.ts";
import type { Mutant } from "./mutant.ts";

class HashCollision extends PagedAllocator {
  override keyText(tokens: readonly number[], domain: Domain): string {
    const hash = tokens.reduce((sum, token) => (sum * 5 + token + 1) % 256, 0);
    return JSON.stringify([domain.salt, domain.adapterId, tokens.length, hash]);
  }
}

export const hashCollision: Mutant = {
  bug: "an eight-bit hash of the tokens is taken for the tokens",
  like: "vLLM issue 44701, sglang issue 24579, openvino.genai 3722",
  make: (sizes) => new HashCollision(sizes),
};
