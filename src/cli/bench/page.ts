import { formatSeconds, significant } from "../../roofline/format.ts";
import { align } from "../align.ts";

const NAMES = [
  ["first token (TTFT)", "ttft"],
  ["between pieces (ITL)", "itl"],
  ["a token (TPOT)", "tpot"],
  ["whole answer", "e2el"],
] as const;

const COLUMNS = ["mean", "median", "p90", "p99"] as const;

/** A result for people, from the keys of its JSON. */
export function benchPage(result: Readonly<Record<string, unknown>>): string {
  const number = (key: string): number => Number(result[key] ?? 0);
  const load =
    result["max_concurrency"] === null
      ? `${result["request_rate"] as number} requests/s`
      : `${number("max_concurrency")} users`;
  const goodput =
    result["request_goodput"] === null ? "" : `, ${significant(number("request_goodput"))} requests/s kept the promise`;
  const lines = [
    `${result["model_id"] as string}, ${load}`,
    `  ${number("completed")} of ${number("num_prompts")} requests in ${formatSeconds(number("duration"))}${goodput}`,
    `  ${significant(number("request_throughput"))} requests/s, ${significant(number("output_throughput"))} output ` +
      `tokens/s, ${significant(number("total_token_throughput"))} tokens/s`,
    ...Object.entries(result["errors"] as Record<string, number>).map(([error, count]) => `  ${count} x ${error}`),
  ];
  const rows = NAMES.map(([title, name]) => [
    title,
    ...COLUMNS.map((column) => {
      const value = result[`${column}_${name}_ms`] as number | null;
      return value === null ? "-" : formatSeconds(value / 1000);
    }),
  ]);
  return `\n${lines.join("\n")}\n\n${align([["", ...COLUMNS], ...rows])}\n`;
}
