import type { Arrival } from "../arrival.ts";
import { hashedRows } from "./mooncake.ts";
import { numberIn, shown, tokensIn } from "./row-fields.ts";
import type { RowFormat } from "./row-format.ts";

const MILLISECONDS = 1000;

/**
 * What an `Engine` writes to its option `record`: rows like Mooncake's, in milliseconds, with the tokens that an id
 * stands for and the times that the engine measured.
 */
export const recording: RowFormat = hashedRows({
  name: "recording of bstar",
  secondsPerUnit: 1 / MILLISECONDS,
  keys: ["timestamp", "input_length", "output_length", "piece_tokens"],
  more(row): Partial<Arrival> {
    const { client, priority, ttft_ms: ttft, e2e_ms: e2e } = row;
    return {
      pieceTokens: tokensIn("piece_tokens", row["piece_tokens"]),
      ...(client !== undefined && { client: String(finiteIn("client", client)) }),
      ...(priority !== undefined && { priority: finiteIn("priority", priority) }),
      ...(ttft !== undefined && {
        measured: {
          ttftSeconds: numberIn("ttft_ms", ttft, 0) / MILLISECONDS,
          e2eSeconds: numberIn("e2e_ms", e2e, Number(ttft)) / MILLISECONDS,
        },
      }),
    };
  },
});

function finiteIn(name: string, value: unknown): number {
  if (Number.isFinite(value)) return value as number;
  throw new Error(`${name} must be a finite number, got ${shown(value)}`);
}
