"""Writes models/builtin/goldens.json: greedy continuations of fixed prompts.

The forward pass here is written a second time, in float64 numpy and without a
cache, straight from the definition and over the stored (rounded) weights. It
shares no code with train.py, so that a mistake there would show up here.
"""
import json
import os

import numpy as np

import bpe
import safetensors_io

HERE = os.path.dirname(os.path.abspath(__file__))
OUT = os.path.normpath(os.path.join(HERE, "..", "..", "models", "builtin"))
NEW_TOKENS = 120
MIN_MARGIN = 2e-3
WANTED = 16

LONG = """Once upon a time, there was a patient girl called Hazel. She lived in a small house near the harbour. Every morning she walked along the pier and greeted the fishermen, the gulls and the old dog that slept between the nets.

One day, her friend Otto came running down the lane. "Have you seen it?" he cried. "There is a silver boat in the bay, and nobody is in it!" Hazel put down her basket and looked out over the water. The boat was small and bright, and it turned slowly in the wind. Some people said that it belonged to a pirate. Some said that it had come from the moon. Ivo, the fisherman, shook his head and went on mending his net.

Hazel was a little afraid, but also curious. She asked Captain Ives for a long rope, and then she and Otto rowed out to the silver boat. They found a blanket, half a loaf of bread and a small wooden box. In the box there was a letter. \"Dear friend,\" it said, \"the rope came loose in the night. Please bring the boat back to Gull Island.\" Hazel and Otto looked at each other and began to laugh. They tied the rope to the silver boat and rowed it back to its owner.

The next morning,"""

CANDIDATES = [
    "",
    "Once upon a time",
    "The old lighthouse",
    "Question: Why does it rain?\nAnswer:",
    "How to make tea",
    "Hello",
    "Dear Nora,",
    "It was a cold morning in winter, and Tom was walking home from school.",
    "Mara: Good morning, Tobin!\nTobin:",
    "The market",
    "Tell me a story about a brave little owl.",
    "The dog looked at the moon and",
    "Question: Why does the sea taste of salt?\nAnswer: The sea tastes of salt because rivers carry tiny bits of stone and salt into it.\n\nQuestion: What do bees make?\nAnswer:",
    'Rosa could not find her red scarf. It was very dear to her, because her grandmother had knitted it. She looked under the bed and in every drawer, but it was not there. On the way to school she met Wren, the post rider. "What is the matter?" asked Wren.',
    "Caf\u00e9 na\u00efve \u2014 12 \u20ac \U0001f600 \u65e5\u672c",
    LONG,
    LONG.replace("The next morning,", "A week later, something else happened."),
    "My name is",
    "How to bake bread\n\n1.",
    "A fox and a hedgehog were neighbours",
    "The robot opened its eyes and saw the sea for the first time.",
    "Who is Osric?",
    "In the evening",
    "Why",
    "Things to buy at the market:",
]


class Model:
    def __init__(self, folder):
        self.c = json.load(open(os.path.join(folder, "config.json")))
        self.w = safetensors_io.load(os.path.join(folder, "model.safetensors"))

    def norm(self, x, name):
        return x / np.sqrt(np.mean(x * x, axis=1, keepdims=True) + self.c["rms_norm_eps"]) * self.w[name]

    def rope(self, x):
        """x: (positions, head_dim) of one head."""
        half = x.shape[1] // 2
        angle = np.arange(len(x))[:, None] / self.c["rope_theta"] ** (np.arange(half) / half)
        cos, sin = np.cos(angle), np.sin(angle)
        a, b = x[:, :half], x[:, half:]
        return np.concatenate([a * cos - b * sin, b * cos + a * sin], axis=1)

    def attend(self, x, p):
        c = self.c
        size, heads, group = c["head_dim"], c["num_attention_heads"], c["num_attention_heads"] // c["num_key_value_heads"]
        q, k, v = (x @ self.w[p + n + "_proj.weight"].T for n in "qkv")
        future = np.triu(np.ones((len(x), len(x)), bool), 1)
        out = []
        for h in range(heads):
            g = h // group
            qh = self.rope(q[:, h * size : (h + 1) * size])
            kh = self.rope(k[:, g * size : (g + 1) * size])
            s = np.where(future, -np.inf, qh @ kh.T / np.sqrt(size))
            e = np.exp(s - s.max(axis=1, keepdims=True))
            out.append(e / e.sum(axis=1, keepdims=True) @ v[:, g * size : (g + 1) * size])
        return np.concatenate(out, axis=1) @ self.w[p + "o_proj.weight"].T

    def last_logits(self, ids):
        x = self.w["model.embed_tokens.weight"][ids]
        for i in range(self.c["num_hidden_layers"]):
            p = f"model.layers.{i}."
            x = x + self.attend(self.norm(x, p + "input_layernorm.weight"), p + "self_attn.")
            h = self.norm(x, p + "post_attention_layernorm.weight")
            gate = h @ self.w[p + "mlp.gate_proj.weight"].T
            h = gate / (1 + np.exp(-gate)) * (h @ self.w[p + "mlp.up_proj.weight"].T)
            x = x + h @ self.w[p + "mlp.down_proj.weight"].T
        return self.w["model.embed_tokens.weight"] @ self.norm(x[-1:], "model.norm.weight")[0]


def golden(model, tokenizer, prompt):
    prompt_ids = [bpe.BOS] + tokenizer.encode(prompt)
    ids, gen, margins, top5 = list(prompt_ids), [], [], None
    while len(gen) < NEW_TOKENS:
        logits = model.last_logits(ids)
        order = np.argsort(-logits, kind="stable")
        if top5 is None:
            top5 = [[int(i), round(float(logits[i]), 6)] for i in order[:5]]
        margins.append(float(logits[order[0]] - logits[order[1]]))
        if margins[-1] < MIN_MARGIN:
            return None
        gen.append(int(order[0]))
        ids.append(gen[-1])
        if gen[-1] == bpe.EOS:
            break
    return {
        "prompt": prompt,
        "promptIds": prompt_ids,
        "genIds": gen,
        "gen": tokenizer.decode(gen),
        "minTop2LogitMargin": round(min(margins), 6),
        "top5AfterPrompt": top5,
    }


def main():
    model, tokenizer = Model(OUT), bpe.Tokenizer.load(os.path.join(OUT, "tokenizer.json"))
    entries = []
    for prompt in CANDIDATES:
        entry = golden(model, tokenizer, prompt)
        # A near tie could fall either way in float32, so such a prompt is no test.
        print("skipped" if entry is None else entry["minTop2LogitMargin"], repr(prompt[:50]), flush=True)
        if entry:
            entries.append(entry)
        if len(entries) == WANTED:
            break
    about = (
        "Greedy continuations of the built-in model (temperature 0, up to %d new tokens or <|eos|>, which is kept as the last id of genIds), "
        "computed by an independent float64 forward pass over the stored BF16 weights. minTop2LogitMargin is the smallest gap between "
        "the two best logits of the run: an exact match needs logit errors under half of it." % NEW_TOKENS
    )
    with open(os.path.join(OUT, "goldens.json"), "w", encoding="utf-8") as f:
        json.dump({"about": about, "prompts": entries}, f, ensure_ascii=False, indent=1)
        f.write("\n")


if __name__ == "__main__":
    main()
