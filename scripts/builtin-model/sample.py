"""Prints continuations of the stored model: python3 sample.py [temperature] [prompt ...]"""
import os
import sys

import torch

import bpe
import safetensors_io
import train

PROMPTS = [
    "",
    "Once upon a time",
    "The old lighthouse",
    "Question: why",
    "How to make tea",
    "Hello",
    "The quick brown fox",
    "In the year 2050, robots",
    "Dear Anna,",
    "My favourite food is pizza because",
    "Tell me a story about a dragon.",
    "She opened the door and",
]


def generate(w, ids, limit, temperature, gen):
    ids = list(ids)
    with torch.no_grad():
        while len(ids) < limit:
            logits = train.forward(w, torch.tensor([ids]))[0, -1]
            nxt = int(logits.argmax()) if temperature == 0 else int(torch.multinomial((logits / temperature).softmax(-1), 1, generator=gen))
            if nxt == bpe.EOS:
                break
            ids.append(nxt)
    return ids


def main():
    temperature = float(sys.argv[1]) if len(sys.argv) > 1 else 0.0
    torch.set_num_threads(1)
    tokenizer = bpe.Tokenizer.load(os.path.join(train.OUT, "tokenizer.json"))
    w = {n: torch.tensor(t).float() for n, t in safetensors_io.load(os.path.join(train.OUT, "model.safetensors")).items()}
    gen = torch.Generator().manual_seed(1)
    for prompt in sys.argv[2:] or PROMPTS:
        ids = generate(w, [bpe.BOS] + tokenizer.encode(prompt), 300, temperature, gen)
        print("[" + prompt + "]" + tokenizer.decode(ids)[len(prompt) :] + "\n-----", flush=True)


if __name__ == "__main__":
    main()
