/** Small tokenizer.json files of the kinds that Llama models have. */

interface AddedToken {
  readonly id: number;
  readonly content: string;
  readonly special: boolean;
  readonly single_word: boolean;
  readonly lstrip: boolean;
  readonly rstrip: boolean;
  readonly normalized: boolean;
}

/** Loose on purpose: tests break it. */
export type TokenizerJson = Record<string, unknown> & { model: Record<string, unknown>; added_tokens: unknown[] };

/**
 * Llama 3's kind: characters stand for bytes. 0 is `<|bos|>`, 1 `<|eos|>`, 2 the ordinary added token `<tool é>`, then
 * 256 bytes and some merges.
 */
export function byteLevelTokenizerJson(): TokenizerJson {
  const added = [addedToken(0, "<|bos|>"), addedToken(1, "<|eos|>"), addedToken(2, "<tool é>", false)];
  return tokenizerJson(added, {
    vocab: [...byteCharacters(), "Ġt", "he", "Ġthe", "Ã©"],
    merges: ["Ġ t", "h e", "Ġt he", "Ã ©"],
    pre_tokenizer: { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: true },
    decoder: { type: "ByteLevel", add_prefix_space: true, trim_offsets: true, use_regex: true },
  });
}

/**
 * Llama 2's kind: characters, and bytes as `<0xXX>` for the others; a space is put in front. 0 is `<unk>`, 1 `<s>`, 2
 * `</s>`.
 */
export function byteFallbackTokenizerJson(): TokenizerJson {
  const byteTokens = Array.from(
    { length: 256 },
    (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`,
  );
  return tokenizerJson([addedToken(0, "<unk>"), addedToken(1, "<s>"), addedToken(2, "</s>")], {
    vocab: [...byteTokens, "▁", "▁▁", "▁t", "t", "h", "e", "he", "▁the", "é"],
    merges: ["▁ t", "h e", "▁t he", "▁ ▁"],
    byte_fallback: true,
    normalizer: sequence(
      "normalizers",
      { type: "Prepend", prepend: "▁" },
      { type: "Replace", pattern: { String: " " }, content: "▁" },
    ),
    decoder: sequence(
      "decoders",
      { type: "Replace", pattern: { String: "▁" }, content: " " },
      { type: "ByteFallback" },
      { type: "Fuse" },
      { type: "Strip", content: " ", start: 1, stop: 0 },
    ),
  });
}

/** The Metaspace kind, without bytes: characters that it does not know become `<unk>`. */
export function metaspaceTokenizerJson(): TokenizerJson {
  const metaspace = { type: "Metaspace", replacement: "▁", prepend_scheme: "first", split: false };
  return tokenizerJson([addedToken(0, "<unk>"), addedToken(1, "<s>"), addedToken(2, "</s>")], {
    vocab: ["▁", "▁▁", "▁t", "t", "h", "e", "he", "▁the", "é"],
    merges: ["▁ t", "h e", "▁t he", "▁ ▁"],
    pre_tokenizer: metaspace,
    decoder: metaspace,
  });
}

interface Parts {
  readonly vocab: readonly string[];
  readonly merges: readonly string[];
  readonly byte_fallback?: boolean;
  readonly normalizer?: unknown;
  readonly pre_tokenizer?: unknown;
  readonly decoder: unknown;
}

/** Added tokens take the first ids; the first or, where 0 is `<unk>`, the second of them begins a text. */
function tokenizerJson(added: readonly AddedToken[], parts: Parts): TokenizerJson {
  const tokens = [...added.map(({ content }) => content), ...parts.vocab];
  const begin = added[0].content === "<unk>" ? added[1] : added[0];
  return {
    version: "1.0",
    added_tokens: [...added],
    normalizer: parts.normalizer ?? null,
    pre_tokenizer: parts.pre_tokenizer ?? null,
    post_processor: template(begin),
    decoder: parts.decoder,
    model: {
      type: "BPE",
      unk_token: added[0].content === "<unk>" ? "<unk>" : null,
      fuse_unk: true,
      byte_fallback: parts.byte_fallback ?? false,
      vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
      merges: [...parts.merges],
    },
  };
}

function template({ id, content }: AddedToken): unknown {
  const single = [{ SpecialToken: { id: content, type_id: 0 } }, { Sequence: { id: "A", type_id: 0 } }];
  return {
    type: "TemplateProcessing",
    single,
    pair: single,
    special_tokens: { [content]: { id: content, ids: [id], tokens: [content] } },
  };
}

function addedToken(id: number, content: string, special = true): AddedToken {
  return { id, content, special, single_word: false, lstrip: false, rstrip: false, normalized: false };
}

function sequence(key: string, ...steps: readonly unknown[]): unknown {
  return { type: "Sequence", [key]: steps };
}

/**
 * The 256 characters of a byte-level vocabulary, in the order of their bytes: written out from its definition, apart
 * from the source's table.
 */
function byteCharacters(): string[] {
  const printable = (byte: number): boolean => /[!-~¡-¬®-ÿ]/.test(String.fromCharCode(byte));
  const others = Array.from({ length: 256 }, (_, byte) => byte).filter((byte) => !printable(byte));
  return Array.from({ length: 256 }, (_, byte) =>
    String.fromCharCode(printable(byte) ? byte : 256 + others.indexOf(byte)),
  );
}
