import type { Arrival } from "../arrival.ts";
import { cellsOf, numberIn, tokensIn } from "./row-fields.ts";
import { csvFormat, type RowFormat } from "./row-format.ts";

/** Requests with their times in seconds, as Vidur's trace generator reads them. Source: microsoft/vidur. */
export const vidur: RowFormat = csvFormat(
  "Vidur",
  ["arrived_at,num_prefill_tokens,num_decode_tokens"],
  (line): Arrival => {
    const [at, prompt, output] = cellsOf(line, 3);
    return {
      at: numberIn("arrived_at", at, 0),
      promptTokens: tokensIn("num_prefill_tokens", prompt),
      outputTokens: tokensIn("num_decode_tokens", output),
    };
  },
);
