/**
 * Tokenizers that scripts/rust-goldens.ts asks the Rust library about, and tests ask ours: three models, and parts
 * around them.
 */

/** One tokenizer, and texts with the ids and the decoded text of the Rust library. */
export interface GoldenCase {
  readonly model: string;
  readonly normalizer: unknown;
  readonly preTokenizer: unknown;
  readonly added: readonly object[];
  readonly texts: readonly (readonly [text: string, ids: readonly number[], decoded: string])[];
}

const CHARACTERS = Array.from("abcdefghijklmnopqrstuvwxyzABCDE0123456789 ▁!?'-_.$<>/\n\té漢σßx²½");
const SINGLE = [...new Set(CHARACTERS)];
const BYTES = Array.from({ length: 256 }, (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`);

/** GPT-2's characters for bytes, in their order. */
const BYTE_CHARACTERS = ((): string[] => {
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) =>
    /[!-~¡-¬®-ÿ]/.test(String.fromCharCode(byte)) ? String.fromCharCode(byte) : String.fromCharCode(next++),
  );
})();

const idsOf = (tokens: readonly string[]): Record<string, number> =>
  Object.fromEntries(tokens.map((token, id) => [token, id]));
const bpe = (tokens: readonly string[], merges: readonly string[], fields: object): object => ({
  type: "BPE",
  dropout: null,
  continuing_subword_prefix: null,
  end_of_word_suffix: null,
  ignore_merges: false,
  vocab: idsOf([...tokens, ...merges.map((merge) => merge.replace(" ", ""))]),
  merges,
  ...fields,
});

/** By name: a model, and the decoder that goes with it. */
export const MODELS: Readonly<
  Record<string, { readonly model: object; readonly size: number; readonly decoder: object }>
> = {
  bytes: {
    model: bpe(BYTE_CHARACTERS, ["a b", "Ġ a", "Ġa b", "Ġ Ġ", "Ã ©", "1 2"], {
      unk_token: null,
      fuse_unk: false,
      byte_fallback: false,
    }),
    size: 262,
    decoder: { type: "ByteLevel", add_prefix_space: true, trim_offsets: true, use_regex: true },
  },
  fallback: {
    model: bpe(["<unk>", ...BYTES, ...SINGLE], ["a b", "▁ a", "▁a b", "▁ ▁", "1 2"], {
      unk_token: "<unk>",
      fuse_unk: true,
      byte_fallback: true,
    }),
    size: 262 + SINGLE.length,
    decoder: {
      type: "Sequence",
      decoders: [
        { type: "Replace", pattern: { String: "▁" }, content: " " },
        { type: "ByteFallback" },
        { type: "Fuse" },
        { type: "Strip", content: " ", start: 1, stop: 0 },
      ],
    },
  },
  unigram: {
    model: {
      type: "Unigram",
      unk_id: 0,
      byte_fallback: true,
      vocab: [
        ["<unk>", 0],
        ...BYTES.map((token) => [token, -20]),
        ...SINGLE.map((token, i) => [token, -3 - i / 10]),
        ["ab", -4.5],
        ["▁a", -5.5],
        ["▁▁", -6.5],
      ],
    },
    size: 260 + SINGLE.length,
    decoder: { type: "Metaspace", replacement: "▁", prepend_scheme: "always", split: true },
  },
};

/** The tokenizer.json of a case. Added tokens take the ids behind the model's. */
export function tokenizerOf({
  model: name,
  normalizer,
  preTokenizer,
  added,
}: Omit<GoldenCase, "texts">): Record<string, unknown> {
  const { model, size, decoder } = MODELS[name];
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: added.map((token, i) => ({ id: size + i, special: false, ...token })),
    normalizer,
    pre_tokenizer: preTokenizer,
    post_processor: null,
    decoder,
    model,
  };
}
