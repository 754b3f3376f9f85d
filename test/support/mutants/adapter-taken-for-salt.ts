import type { Domain } from "../../../src/testing/index.ts";
import { PagedAllocator } from "../paged-allocator.ts";
import type { Mutant } from "./mutant.ts";

class AdapterTakenForSalt extends PagedAllocator {
  override keyText(tokens: readonly number[], { salt, adapterId }: Domain): string {
    return super.keyText(tokens, { salt: `${salt}${adapterId}`, adapterId: 0 });
  }
}

export const adapterTakenForSalt: Mutant = {
  bug: "salt and adapter are written into the key one behind the other",
  like: "vLLM issue 44701, sglang issue 24579, openvino.genai 3722",
  make: (sizes) => new AdapterTakenForSalt(sizes),
};
