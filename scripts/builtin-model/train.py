"""Trains the built-in model of bstar: corpus -> tokenizer -> Llama -> safetensors.

    python3 train.py                              stage 1
    python3 train.py --stage 2                    stage 2
    python3 train.py --stage 3                    stage 3
    python3 train.py --stage 4                    stage 4: the model that is shipped
    python3 train.py --steps 200 --docs 5000      a quick try

Runs on one CPU thread and is deterministic for a given seed and library version.
Needs torch and numpy only.
"""
import argparse
import json
import math
import os
import random
import time

import torch
import torch.nn.functional as F

import bpe
import corpus
import safetensors_io

HERE = os.path.dirname(os.path.abspath(__file__))
OUT = os.path.normpath(os.path.join(HERE, "..", "..", "models", "builtin"))

CONFIG = {
    "architectures": ["LlamaForCausalLM"],
    "model_type": "llama",
    "hidden_act": "silu",
    "hidden_size": 128,
    "intermediate_size": 384,
    "num_hidden_layers": 6,
    "num_attention_heads": 8,
    "num_key_value_heads": 4,
    "head_dim": 16,
    "vocab_size": 1536,
    "max_position_embeddings": 512,
    "rms_norm_eps": 1e-5,
    "rope_theta": 10000.0,
    "rope_scaling": None,
    "attention_bias": False,
    "mlp_bias": False,
    "tie_word_embeddings": True,
    "bos_token_id": bpe.BOS,
    "eos_token_id": bpe.EOS,
    "pad_token_id": bpe.PAD,
    "use_cache": True,
    "torch_dtype": "bfloat16",
}

# Stage 1 teaches the language. The other stages go on from the stored weights with many
# more names, so that a name must be looked up in the text and cannot be guessed. In
# stage 3 most documents are texts in which named people do something; because that makes
# the model forget the rest, its result is blended with the weights it began with, and
# stage 4 ends with a small learning rate on the usual mixture.
# phases: (share of the steps, row length, rows). Short rows are cheap and teach
# the language; the long ones at the end teach the far positions.
STAGES = {
    1: {
        "steps": 2500,
        "docs": 80000,
        "seed": 0,
        "rate": 1.0,
        "corpus": {},
        "phases": [(0.60, 128, 16), (0.25, 256, 8), (0.10, 512, 4), (0.05, 1024, 2)],
    },
    2: {
        "steps": 900,
        "docs": 30000,
        "seed": 100,
        "rate": 0.6,
        "corpus": {"more_names": True},
        "phases": [(0.40, 128, 16), (0.40, 256, 8), (0.13, 512, 4), (0.07, 1024, 2)],
    },
    3: {
        "steps": 800,
        "docs": 20000,
        "seed": 200,
        "rate": 0.7,
        "corpus": {"more_names": True, "focus": 4},
        "blend": 0.6,
        "phases": [(0.40, 128, 16), (0.43, 256, 8), (0.10, 512, 4), (0.07, 1024, 2)],
    },
    4: {
        "steps": 400,
        "docs": 12000,
        "seed": 300,
        "rate": 0.4,
        "corpus": {"more_names": True, "focus": 2},
        "phases": [(0.30, 128, 16), (0.50, 256, 8), (0.13, 512, 4), (0.07, 1024, 2)],
    },
}


# ------------------------------------------------------------------ data


class Rows:
    """Packs documents into rows. Every row begins with a document's <bos>, as a
    prompt does; the document that no longer fits is cut at the row's end."""

    def __init__(self, docs, seed):
        self.docs, self.rng = docs, random.Random(seed)
        self.order = []

    def next_doc(self):
        if not self.order:
            self.order = list(range(len(self.docs)))
            self.rng.shuffle(self.order)
        return self.docs[self.order.pop()]

    def batch(self, rows, length):
        out = []
        for _ in range(rows):
            row = []
            while len(row) <= length:
                row += self.next_doc()
            out.append(row[: length + 1])
        data = torch.tensor(out)
        return data[:, :-1], data[:, 1:]


# ----------------------------------------------------------------- model


def init_weights(seed):
    """Weights by their Hugging Face names, so that saving needs no translation."""
    c, gen = CONFIG, torch.Generator().manual_seed(seed)
    d, ff, hd = c["hidden_size"], c["intermediate_size"], c["head_dim"]
    q, kv = c["num_attention_heads"] * hd, c["num_key_value_heads"] * hd

    def normal(rows, cols, std):
        return torch.randn(rows, cols, generator=gen) * std

    w = {"model.embed_tokens.weight": normal(c["vocab_size"], d, 0.03)}
    # Layers that write to the residual stream start smaller, or the sum of
    # twelve of them would be too large at the beginning.
    out = d**-0.5 / math.sqrt(2 * c["num_hidden_layers"])
    for i in range(c["num_hidden_layers"]):
        p = f"model.layers.{i}."
        w[p + "input_layernorm.weight"] = torch.ones(d)
        w[p + "self_attn.q_proj.weight"] = normal(q, d, d**-0.5)
        w[p + "self_attn.k_proj.weight"] = normal(kv, d, d**-0.5)
        w[p + "self_attn.v_proj.weight"] = normal(kv, d, d**-0.5)
        w[p + "self_attn.o_proj.weight"] = normal(d, q, out)
        w[p + "post_attention_layernorm.weight"] = torch.ones(d)
        w[p + "mlp.gate_proj.weight"] = normal(ff, d, d**-0.5)
        w[p + "mlp.up_proj.weight"] = normal(ff, d, d**-0.5)
        w[p + "mlp.down_proj.weight"] = normal(d, ff, out)
    w["model.norm.weight"] = torch.ones(d)
    for t in w.values():
        t.requires_grad_(True)
    return w


def rms_norm(x, weight):
    return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + CONFIG["rms_norm_eps"]) * weight


def rope_tables(length):
    half = CONFIG["head_dim"] // 2
    freq = CONFIG["rope_theta"] ** (-torch.arange(half).float() / half)
    angle = torch.outer(torch.arange(length).float(), freq)
    return torch.cat([angle.cos()] * 2, -1), torch.cat([angle.sin()] * 2, -1)


def rotate(x, cos, sin):
    """Half-split rotation: dimension i turns together with dimension i + half."""
    a, b = x.chunk(2, -1)
    return x * cos + torch.cat([-b, a], -1) * sin


def attention(w, p, x, cos, sin, mask):
    b, t, _ = x.shape
    hd, nh, nkv = CONFIG["head_dim"], CONFIG["num_attention_heads"], CONFIG["num_key_value_heads"]
    q = (x @ w[p + "q_proj.weight"].T).view(b, t, nh, hd).transpose(1, 2)
    k = (x @ w[p + "k_proj.weight"].T).view(b, t, nkv, hd).transpose(1, 2)
    v = (x @ w[p + "v_proj.weight"].T).view(b, t, nkv, hd).transpose(1, 2)
    q, k = rotate(q, cos, sin) * hd**-0.5, rotate(k, cos, sin)
    # The query heads of one group lie next to each other: fold them into rows.
    q = q.reshape(b * nkv, (nh // nkv) * t, hd)
    k, v = k.reshape(b * nkv, t, hd), v.reshape(b * nkv, t, hd)
    scores = torch.baddbmm(mask, q, k.transpose(1, 2))
    y = torch.bmm(scores.softmax(-1), v).view(b, nh, t, hd)
    return y.transpose(1, 2).reshape(b, t, nh * hd) @ w[p + "o_proj.weight"].T


def forward(w, ids):
    t = ids.shape[1]
    cos, sin = rope_tables(t)
    group = CONFIG["num_attention_heads"] // CONFIG["num_key_value_heads"]
    mask = torch.full((t, t), -1e30).triu(1).repeat(group, 1).unsqueeze(0)
    x = F.embedding(ids, w["model.embed_tokens.weight"])
    for i in range(CONFIG["num_hidden_layers"]):
        p = f"model.layers.{i}."
        x = x + attention(w, p + "self_attn.", rms_norm(x, w[p + "input_layernorm.weight"]), cos, sin, mask)
        h = rms_norm(x, w[p + "post_attention_layernorm.weight"])
        h = F.silu(h @ w[p + "mlp.gate_proj.weight"].T) * (h @ w[p + "mlp.up_proj.weight"].T)
        x = x + h @ w[p + "mlp.down_proj.weight"].T
    return rms_norm(x, w["model.norm.weight"]) @ w["model.embed_tokens.weight"].T


def loss_of(w, inputs, targets):
    logits = forward(w, inputs)
    return F.cross_entropy(logits.reshape(-1, logits.shape[-1]), targets.reshape(-1))


def held_out_loss(w, rows, batches=16, length=512):
    with torch.no_grad():
        return sum(loss_of(w, *rows.batch(2048 // length, length)).item() for _ in range(batches)) / batches


# ------------------------------------------------------------- optimizer


def orthogonalize(g):
    """Newton-Schulz steps that bring all singular values of g close to one."""
    x = g / (g.norm() + 1e-7)
    tall = x.shape[0] > x.shape[1]
    x = x.T if tall else x
    for _ in range(5):
        a = x @ x.T
        x = 3.4445 * x + (-4.7750 * a + 2.0315 * a @ a) @ x
    return x.T if tall else x


class Muon:
    """Momentum whose step is orthogonalized: it learns these small matrices in
    clearly fewer steps than Adam, which matters on one CPU thread."""

    def __init__(self, params, momentum=0.95, decay=0.02):
        self.params, self.momentum, self.decay = params, momentum, decay
        self.buffers = [torch.zeros_like(p) for p in params]

    def step(self, lr):
        for p, buf in zip(self.params, self.buffers):
            buf.mul_(self.momentum).add_(p.grad)
            g = orthogonalize(p.grad + self.momentum * buf)
            p.mul_(1 - lr * self.decay)
            p.add_(g, alpha=-lr * max(1.0, p.shape[0] / p.shape[1]) ** 0.5)


def schedule(step, steps):
    """Warm-up, a long plateau, and a slow fall to zero over the second half."""
    if step < 40:
        return (step + 1) / 40
    return min(1.0, (steps - step) / (0.55 * steps))


def train(w, rows, held_out, steps, stage, log):
    matrices = [t for n, t in w.items() if n.endswith("proj.weight")]
    others = [t for n, t in w.items() if not n.endswith("proj.weight")]
    muon, adam = Muon(matrices), torch.optim.AdamW(others, lr=4e-3, betas=(0.9, 0.97), weight_decay=0.0)
    start, average = time.time(), None
    for step in range(steps):
        done, length, count = 0.0, *stage["phases"][-1][1:]
        for share, t, n in stage["phases"]:
            done += share
            if step < done * steps:
                length, count = t, n
                break
        loss = loss_of(w, *rows.batch(count, length))
        loss.backward()
        torch.nn.utils.clip_grad_norm_(others, 1.0)
        scale = stage["rate"] * schedule(step, steps)
        with torch.no_grad():
            muon.step(0.02 * scale)
        for group in adam.param_groups:
            group["lr"] = 4e-3 * scale
        adam.step()
        for t in w.values():
            t.grad = None
        average = loss.item() if average is None else 0.95 * average + 0.05 * loss.item()
        if (step + 1) % 50 == 0:
            note = f" held-out {held_out_loss(w, held_out, 4, length):.3f}" if (step + 1) % 250 == 0 else ""
            log(f"step {step + 1}/{steps} loss {average:.3f}{note} {time.time() - start:.0f} s")
    return time.time() - start


# ---------------------------------------------------------------- output


def write_json(name, data):
    with open(os.path.join(OUT, name), "w", encoding="utf-8") as f:
        json.dump(data, f, indent=1)
        f.write("\n")


def write_configs():
    write_json("config.json", CONFIG)
    write_json("generation_config.json", {"bos_token_id": bpe.BOS, "eos_token_id": bpe.EOS, "pad_token_id": bpe.PAD})
    write_json(
        "tokenizer_config.json",
        {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "bos_token": "<|bos|>",
            "eos_token": "<|eos|>",
            "pad_token": "<|pad|>",
            "add_bos_token": True,
            "add_eos_token": False,
            "model_max_length": CONFIG["max_position_embeddings"],
            "clean_up_tokenization_spaces": False,
        },
    )


def load_weights():
    """The stored weights, to go on from. Rounding to BF16 does no harm at this point."""
    stored = safetensors_io.load(os.path.join(OUT, "model.safetensors"))
    return {n: torch.tensor(t, dtype=torch.float32).requires_grad_(True) for n, t in stored.items()}


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--stage", type=int, choices=[1, 2, 3, 4], default=1)
    ap.add_argument("--seed", type=int, default=1234)
    ap.add_argument("--steps", type=int, help="default: as many as the stage needs")
    ap.add_argument("--docs", type=int)
    ap.add_argument("--threads", type=int, default=1)
    args = ap.parse_args()
    stage = STAGES[args.stage]
    steps, count = args.steps or stage["steps"], args.docs or stage["docs"]
    seed = args.seed + stage["seed"]
    torch.set_num_threads(args.threads)
    torch.manual_seed(seed)
    os.makedirs(OUT, exist_ok=True)

    begin = time.time()
    texts = corpus.documents(seed, count, **stage["corpus"])
    seen = set(texts)
    held = [t for t in corpus.documents(args.seed + 1, 3000) if t not in seen]
    if args.stage == 1:
        tokenizer, w = bpe.Tokenizer(bpe.train(texts[:6000], CONFIG["vocab_size"])), init_weights(seed)
    else:
        tokenizer, w = bpe.Tokenizer.load(os.path.join(OUT, "tokenizer.json")), load_weights()
    docs = list(bpe.training_ids(tokenizer, texts, seed))
    held_docs = [[bpe.BOS] + tokenizer.encode(t) + [bpe.EOS] for t in held]
    print(f"{len(docs)} documents, {sum(map(len, docs))} tokens, {time.time() - begin:.0f} s", flush=True)
    print(f"{sum(t.numel() for t in w.values())} parameters", flush=True)
    seconds = train(w, Rows(docs, seed), Rows(held_docs, seed), steps, stage, lambda s: print(s, flush=True))

    stored = {n: t.detach().to(torch.bfloat16) for n, t in w.items()}
    if "blend" in stage:
        start, share = load_weights(), stage["blend"]
        stored = {n: ((1 - share) * start[n].detach().double() + share * t.double()).to(torch.bfloat16) for n, t in stored.items()}
    rounded = {n: t.float() for n, t in stored.items()}
    loss = held_out_loss(rounded, Rows(held_docs, args.seed))
    safetensors_io.save_bf16(os.path.join(OUT, "model.safetensors"), {n: t.view(torch.int16).numpy() for n, t in stored.items()})
    tokenizer.save(os.path.join(OUT, "tokenizer.json"))
    write_configs()
    print(f"held-out loss of the stored weights {loss:.4f}, training took {seconds:.0f} s", flush=True)


if __name__ == "__main__":
    main()
