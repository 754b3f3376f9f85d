import type { Arrival } from "../arrival.ts";
import { cellsOf, numberIn, tokensIn } from "./row-fields.ts";
import type { RowFormat } from "./row-format.ts";

const NEEDED = ["Timestamp", "Model", "Request tokens", "Response tokens"] as const;

/** Further columns of some versions of the trace. */
const OTHERS = new Set(["Session ID", "Elapsed time", "Total tokens", "Log Type"]);

/**
 * BurstGPT: seconds, model and token counts of a university's ChatGPT and GPT-4 requests; versions differ in their
 * columns. A failed request has no answer: its row is bad. Source: arXiv 2401.17644, HPMLL/BurstGPT.
 */
export const burstGpt: RowFormat = {
  name: "BurstGPT",
  hasTimes: true,
  sharesPrefixes: false,
  hasHeader: true,
  recognizes(firstLine) {
    const columns = firstLine.split(",");
    return (
      NEEDED.every((name) => columns.includes(name)) &&
      columns.every((name) => OTHERS.has(name) || (NEEDED as readonly string[]).includes(name))
    );
  },
  reader(firstLine) {
    const columns = firstLine.split(",");
    const [time, model, prompt, output] = NEEDED.map((name) => columns.indexOf(name));
    return (line): Arrival => {
      const cells = cellsOf(line, columns.length);
      return {
        at: numberIn("Timestamp", cells[time], 0),
        promptTokens: tokensIn("Request tokens", cells[prompt]),
        outputTokens: tokensIn("Response tokens", cells[output]),
        client: cells[model],
      };
    };
  },
};
