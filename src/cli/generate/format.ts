import { BstarError } from "../../errors.ts";
import type { TokenLogprobs } from "../../engine/token-stream.ts";
import { oneLine } from "../failure.ts";
import type { Result } from "./results.ts";

/** The line that `--json` prints for a result; its keys are relied on by others. */
export function jsonLine(result: Result): string {
  const { prompt, promptTokenIds, tokenIds, text, logprobs, promptLogprobs, finishReason, error } = result;
  const scored = {
    id: prompt.id,
    prompt: prompt.text,
    promptTokenIds,
    tokenIds,
    text,
    finishReason,
    ...(logprobs && { logprobs: logprobs.map((one, i) => scoredToken(tokenIds[i], one)) }),
    ...(promptLogprobs && {
      promptLogprobs: promptLogprobs.map((one, i) => one && scoredToken(promptTokenIds[i], one)),
    }),
  };
  const told = error && { error: { code: codeOf(error), message: oneLine(error.message) } };
  return `${JSON.stringify({ ...scored, ...told })}\n`;
}

function scoredToken(id: number, { logprob, top }: TokenLogprobs): object {
  return { id, logprob, top: top.map((one) => ({ id: one.tokenId, logprob: one.logprob })) };
}

function codeOf(error: Error): string {
  return error instanceof BstarError ? error.code : "unexpected";
}

/** Several results for people: a heading each, then the prompt with its continuation. */
export function textBlock({ prompt, text, tokenIds, finishReason, error }: Result): string {
  const count = tokenIds.length === 1 ? "1 token" : `${tokenIds.length} tokens`;
  const heading = `── ${prompt.id} · ${count} · ${finishReason}`;
  const trouble = error === null ? "" : `\n(${oneLine(error.message)})`;
  return `${heading}\n${prompt.text ?? ""}${text}${trouble}\n\n`;
}

/** Control characters other than tabs and line breaks, which a terminal would obey. */
// oxlint-disable-next-line no-control-regex
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;

/** Text that a model made, fit for a terminal. */
export function harmless(text: string): string {
  return text.replace(CONTROLS, "\ufffd");
}
