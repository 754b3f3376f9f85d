import type { Arrival } from "../arrival.ts";
import { cellsOf, shown, tokensIn } from "./row-fields.ts";
import { csvFormat, type RowFormat } from "./row-format.ts";

/** 2023-11-16 18:15:46.6805900, with any number of decimals and, as in the trace of 2024, an offset of zero. */
const TIMESTAMP = /^(\d{4})-(\d\d)-(\d\d)[ T](\d\d):(\d\d):(\d\d)(\.\d+)?(?:Z|\+00:00)?$/;

const MILLISECONDS = 1000;
const ZERO = 0x30;

/**
 * Azure's inference traces of 2023 and 2024: `TIMESTAMP,ContextTokens,GeneratedTokens`. Source: Splitwise (ISCA 2024),
 * Azure/AzurePublicDataset.
 */
export const azure: RowFormat = csvFormat("Azure", ["TIMESTAMP,ContextTokens,GeneratedTokens"], (line): Arrival => {
  const [timestamp, prompt, output] = cellsOf(line, 3);
  return {
    at: secondsOf(timestamp),
    promptTokens: tokensIn("ContextTokens", prompt),
    outputTokens: tokensIn("GeneratedTokens", output),
  };
});

/** Seconds of the day that was read last: a trace has thousands of rows a day. */
let known = { day: "", seconds: 0 };

/** Read by place: taking the pattern's groups apart takes longer than all else of a row. */
function secondsOf(timestamp: string): number {
  if (!TIMESTAMP.test(timestamp)) {
    throw new Error(`TIMESTAMP must look like 2023-11-16 18:15:46.6805900, got ${shown(timestamp)}`);
  }
  const [hour, minute, second] = [twoDigits(timestamp, 11), twoDigits(timestamp, 14), twoDigits(timestamp, 17)];
  const day = timestamp.slice(0, 10);
  if (day !== known.day) known = { day, seconds: Date.parse(`${day}T00:00:00Z`) / MILLISECONDS };
  if (!isDate(known) || hour >= 24 || minute >= 60 || second >= 60) {
    throw new Error(`TIMESTAMP is no date: ${shown(timestamp)}`);
  }
  return known.seconds + 3600 * hour + 60 * minute + second + Number.parseFloat(`0${timestamp.slice(19)}`);
}

function twoDigits(text: string, at: number): number {
  return 10 * text.charCodeAt(at) + text.charCodeAt(at + 1) - 11 * ZERO;
}

/** A day beyond its month's last is carried over into the next month, or not understood. */
function isDate({ day, seconds }: { readonly day: string; readonly seconds: number }): boolean {
  return new Date(seconds * MILLISECONDS).getUTCDate() === Number(day.slice(8));
}
