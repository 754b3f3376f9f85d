import type { Arrival } from "../arrival.ts";
import { cellsOf, tokensIn } from "./row-fields.ts";
import { csvFormat, type RowFormat } from "./row-format.ts";

/** Lengths of ShareGPT conversations without times, as Vidur writes them. */
export const shareGpt: RowFormat = csvFormat(
  "ShareGPT lengths",
  ["num_prefill_tokens,num_decode_tokens,num_total_tokens,pd_ratio"],
  (line): Arrival => {
    const [prompt, output] = cellsOf(line, 4);
    return {
      at: 0,
      promptTokens: tokensIn("num_prefill_tokens", prompt),
      outputTokens: tokensIn("num_decode_tokens", output),
    };
  },
  false,
);
