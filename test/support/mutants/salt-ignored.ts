import type { Domain } from "../../../src/testing/index.ts";
import { PagedAllocator } from "../paged-allocator.ts";
import type { Mutant } from "./mutant.ts";

class SaltIgnored extends PagedAllocator {
  override keyText(tokens: readonly number[], domain: Domain): string {
    return super.keyText(tokens, { ...domain, salt: "" });
  }
}

export const saltIgnored: Mutant = {
  bug: "salts share cached blocks",
  like: "vLLM issue 44701, sglang issue 24579, openvino.genai 3722",
  make: (sizes) => new SaltIgnored(sizes),
};
