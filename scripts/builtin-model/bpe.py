"""A byte-level BPE tokenizer (GPT-2 style): training, encoding and tokenizer.json.

The pre-tokenizer splits text into words with an optional leading space; the
bytes of each word are mapped to printable characters and merged in pairs. The
alphabet holds all 256 bytes, so that every text can be encoded and restored.
"""
import collections
import json
import random
import re

SPECIALS = ["<|pad|>", "<|bos|>", "<|eos|>"]
PAD, BOS, EOS = 0, 1, 2

# The GPT-2 pattern, written for Python's re: [^\W\d_] stands for a letter.
PATTERN = re.compile(r"'(?:[sdmt]|ll|ve|re)| ?[^\W\d_]+| ?\d+| ?(?:_|[^\s\w])+|\s+(?!\S)|\s+")


def byte_alphabet():
    """GPT-2's map from a byte to a printable character."""
    keep = list(range(33, 127)) + list(range(161, 173)) + list(range(174, 256))
    table, extra = {}, 0
    for b in range(256):
        if b in keep:
            table[b] = chr(b)
        else:
            table[b] = chr(256 + extra)
            extra += 1
    return table


BYTE_TO_CHAR = byte_alphabet()
CHAR_TO_BYTE = {c: b for b, c in BYTE_TO_CHAR.items()}


def words(text):
    for word in PATTERN.findall(text):
        yield "".join(BYTE_TO_CHAR[b] for b in word.encode("utf-8"))


def merge_pair(symbols, pair):
    out, i = [], 0
    while i < len(symbols):
        if i + 1 < len(symbols) and (symbols[i], symbols[i + 1]) == pair:
            out.append(symbols[i] + symbols[i + 1])
            i += 2
        else:
            out.append(symbols[i])
            i += 1
    return out


def train(texts, vocab_size):
    """The most frequent pair is merged until the vocabulary is full.

    Ties go to the pair that comes first in the alphabet, so the result does
    not depend on the order in which a dictionary happens to be filled.
    """
    counts = collections.Counter(w for t in texts for w in words(t))
    entries = [(list(w), n) for w, n in sorted(counts.items())]
    merges = []
    while len(SPECIALS) + 256 + len(merges) < vocab_size:
        pairs = collections.Counter()
        for symbols, n in entries:
            for pair in zip(symbols, symbols[1:]):
                pairs[pair] += n
        best = min(pairs, key=lambda p: (-pairs[p], p))
        merges.append(best)
        entries = [(merge_pair(s, best) if best[0] in s else s, n) for s, n in entries]
    return merges


class Tokenizer:
    def __init__(self, merges):
        self.merges = merges
        self.rank = {m: i for i, m in enumerate(merges)}
        tokens = SPECIALS + [BYTE_TO_CHAR[b] for b in sorted(BYTE_TO_CHAR, key=lambda b: BYTE_TO_CHAR[b])]
        tokens += [a + b for a, b in merges]
        self.vocab = {t: i for i, t in enumerate(tokens)}
        assert len(self.vocab) == len(tokens), "two merges gave the same token"
        self.tokens = tokens
        self.cache = {}

    @classmethod
    def load(cls, path):
        data = json.load(open(path, encoding="utf-8"))
        return cls([tuple(m.split(" ")) for m in data["model"]["merges"]])

    def encode_word(self, word, rng=None, drop=0.0):
        """With drop > 0 some merges are left out: other spellings of the same word."""
        symbols = list(word)
        while len(symbols) > 1:
            ranked = [(self.rank[p], p) for p in zip(symbols, symbols[1:]) if p in self.rank and not (drop and rng.random() < drop)]
            if not ranked:
                break
            symbols = merge_pair(symbols, min(ranked)[1])
        return [self.vocab[s] for s in symbols]

    def encode(self, text, rng=None, drop=0.0):
        ids = []
        for word in words(text):
            if drop:
                ids += self.encode_word(word, rng, drop)
                continue
            if word not in self.cache:
                self.cache[word] = self.encode_word(word)
            ids += self.cache[word]
        return ids

    def decode(self, ids):
        data = bytes(CHAR_TO_BYTE[c] for i in ids if i >= len(SPECIALS) for c in self.tokens[i])
        return data.decode("utf-8", "replace")

    def save(self, path):
        special = [
            {"id": i, "content": t, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
            for i, t in enumerate(SPECIALS)
        ]
        bos = {"SpecialToken": {"id": "<|bos|>", "type_id": 0}}
        level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
        data = {
            "version": "1.0",
            "truncation": None,
            "padding": None,
            "added_tokens": special,
            "normalizer": None,
            "pre_tokenizer": level,
            "post_processor": {
                "type": "TemplateProcessing",
                "single": [bos, {"Sequence": {"id": "A", "type_id": 0}}],
                "pair": [bos, {"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
                "special_tokens": {"<|bos|>": {"id": "<|bos|>", "ids": [BOS], "tokens": ["<|bos|>"]}},
            },
            "decoder": dict(level, add_prefix_space=True),
            "model": {
                "type": "BPE",
                "dropout": None,
                "unk_token": None,
                "continuing_subword_prefix": "",
                "end_of_word_suffix": "",
                "fuse_unk": False,
                "byte_fallback": False,
                "ignore_merges": False,
                "vocab": self.vocab,
                "merges": [a + " " + b for a, b in self.merges],
            },
        }
        with open(path, "w", encoding="utf-8") as f:
            json.dump(data, f, ensure_ascii=False, indent=1)
            f.write("\n")


def training_ids(tokenizer, texts, seed):
    """Each text as <bos> ids <eos>. A few texts are spelled with missing merges:
    so the model also meets the small pieces that an unusual prompt is made of."""
    rng = random.Random(seed)
    for text in texts:
        drop = 0.15 if rng.random() < 0.04 else 0.0
        yield [BOS] + tokenizer.encode(text, rng, drop) + [EOS]
