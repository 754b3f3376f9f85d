"""The safetensors container, as far as this model needs it: 8 bytes with the
length of a JSON header, the header, then the raw little-endian tensors."""
import json
import struct

import numpy as np


def save_bf16(path, tensors):
    """Writes tensors whose BF16 bit patterns are given as 16-bit integers."""
    header, offset = {"__metadata__": {"format": "pt"}}, 0
    for name, bits in tensors.items():
        size = bits.size * 2
        header[name] = {"dtype": "BF16", "shape": list(bits.shape), "data_offsets": [offset, offset + size]}
        offset += size
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)  # the data starts at a multiple of eight
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text)
        for bits in tensors.values():
            f.write(np.ascontiguousarray(bits).astype("<i2").tobytes())


def load(path):
    """Reads a BF16 file as float64 arrays. BF16 is the upper half of a float32."""
    data = open(path, "rb").read()
    (size,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + size])
    out = {}
    for name, info in header.items():
        if name == "__metadata__":
            continue
        begin, end = (8 + size + o for o in info["data_offsets"])
        bits = np.frombuffer(data[begin:end], "<u2").astype(np.uint32) << 16
        out[name] = bits.view(np.float32).astype(np.float64).reshape(info["shape"])
    return out
