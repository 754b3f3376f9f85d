import type { PromptLogprobs, TokenLogprobs } from "../../engine/token-stream.ts";
import type { Tokenizer } from "../../tokenizer.ts";

/** What JSON has in the place of minus infinity: OpenAI's number. */
const LEAST_LOGPROB = -9999;

const DECODER = new TextDecoder("utf-8", { ignoreBOM: true });

/** Names ids for people. */
export type TokenNames = Pick<Tokenizer, "tokenBytes" | "specialTokenBytes">;

/** Bytes of any id: a special one has the bytes of its name. */
export function tokenBytesOf(tokenizer: TokenNames, id: number): Uint8Array {
  const bytes = tokenizer.tokenBytes(id);
  return bytes.length > 0 ? bytes : (tokenizer.specialTokenBytes?.(id) ?? bytes);
}

/** A token as text. A piece of a character is U+FFFD; chats also carry its bytes. */
export function tokenText(tokenizer: TokenNames, id: number): string {
  return DECODER.decode(tokenBytesOf(tokenizer, id));
}

/** `logprobs.content` of a chat: [tokenIds.length]. */
export function chatLogprobs(tokenIds: readonly number[], logprobs: readonly TokenLogprobs[], tokenizer: TokenNames) {
  const entry = (id: number, logprob: number) => ({
    token: tokenText(tokenizer, id),
    logprob: finite(logprob),
    bytes: [...tokenBytesOf(tokenizer, id)],
  });
  const content = logprobs.map(({ logprob, top }, i) => ({
    ...entry(tokenIds[i], logprob),
    top_logprobs: top.map((one) => entry(one.tokenId, one.logprob)),
  }));
  return { content, refusal: null };
}

/** `logprobs` of a completion; `offset` is where the first token begins in the answer's text, in UTF-16 units. */
export function completionLogprobs(
  tokenIds: readonly number[],
  logprobs: PromptLogprobs,
  { tokenizer, offset }: { readonly tokenizer: TokenNames; readonly offset: number },
) {
  const tokens = logprobs.map((_, i) => tokenText(tokenizer, tokenIds[i]));
  let at = offset;
  const offsets = tokens.map((token) => {
    const begin = at;
    at += token.length;
    return begin;
  });
  return {
    tokens,
    token_logprobs: logprobs.map((each) => each && finite(each.logprob)),
    top_logprobs: logprobs.map(
      (each, i) =>
        each && {
          ...Object.fromEntries(each.top.map((one) => [tokenText(tokenizer, one.tokenId), finite(one.logprob)])),
          [tokens[i]]: finite(each.logprob),
        },
    ),
    text_offset: offsets,
  };
}

function finite(logprob: number): number {
  return Math.max(logprob, LEAST_LOGPROB);
}
