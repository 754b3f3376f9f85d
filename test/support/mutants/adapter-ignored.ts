import type { Domain } from "../../../src/testing/index.ts";
import { PagedAllocator } from "../paged-allocator.ts";
import type { Mutant } from "./mutant.ts";

class AdapterIgnored extends PagedAllocator {
  override keyText(tokens: readonly number[], domain: Domain): string {
    return super.keyText(tokens, { ...domain, adapterId: 0 });
  }
}

export const adapterIgnored: Mutant = {
  bug: "adapters share cached blocks",
  like: "vLLM issue 44701, sglang issue 24579, openvino.genai 3722",
  make: (sizes) => new AdapterIgnored(sizes),
};
