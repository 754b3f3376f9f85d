import type { Arrival } from "../arrival.ts";
import { cellsOf, shown, tokensIn } from "./row-fields.ts";
import type { RowFormat } from "./row-format.ts";

/** 2023-11-16 18:15:46.6805900, with any number of decimals and, as in the trace of 2024, an offset of zero. */
const TIMESTAMP = /^(\d{4})-(\d\d)-(\d\d)[ T](\d\d):(\d\d):(\d\d)(\.\d+)?(?:Z|\+00:00)?$/;

/** Azure's inference traces: `TIMESTAMP,ContextTokens,GeneratedTokens`. Source: Splitwise (ISCA 2024), Azure/AzurePublicDataset. */
export const azure: RowFormat = {
  name: "Azure",
  hasTimes: true,
  recognizes: (firstLine) => firstLine.toLowerCase() === "timestamp,contexttokens,generatedtokens",
  headerLines: 1,
  parse(line): Arrival {
    const [timestamp, prompt, output] = cellsOf(line, 3);
    return { at: secondsOf(timestamp), promptTokens: tokensIn("ContextTokens", prompt), outputTokens: tokensIn("GeneratedTokens", output) };
  },
};

function secondsOf(timestamp: string): number {
  const match = TIMESTAMP.exec(timestamp);
  if (match === null) throw new Error(`TIMESTAMP must look like 2023-11-16 18:15:46.6805900, got ${shown(timestamp)}`);
  const [, year, month, day, hour, minute, second, fraction = "0"] = match;
  return Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second)) / 1000 + Number(fraction);
}
