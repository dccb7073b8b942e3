# SPDX-License-Identifier: Apache-2.0
"""Writes the bundled model as a GGUF file: matrices Q8_0, norms F32."""

import json
import os
import struct

import numpy as np

F32, Q8_0 = 0, 8
U32, FLOAT, BOOL, STRING, ARRAY = 4, 6, 7, 8, 9
INT32 = 5
NORMAL, CONTROL = 1, 3


def q8_0(matrix: np.ndarray) -> bytes:
    blocks = matrix.astype(np.float32).reshape(-1, 32)
    scale = (np.abs(blocks).max(1) / 127).astype(np.float16)
    inverse = np.where(scale == 0, 0, 1 / np.where(scale == 0, 1, scale.astype(np.float32)))
    quantised = np.clip(np.rint(blocks * inverse[:, None]), -127, 127).astype(np.int8)
    return b"".join(s.tobytes() + q.tobytes() for s, q in zip(scale, quantised))


def string(text: str) -> bytes:
    raw = text.encode()
    return struct.pack("<Q", len(raw)) + raw


def array(kind: int, values: list) -> bytes:
    head = struct.pack("<IQ", kind, len(values))
    if kind == STRING:
        return head + b"".join(string(v) for v in values)
    return head + b"".join(struct.pack("<i", v) for v in values)


def write_model(path: str, c, tokenizer, state: dict) -> None:
    definition = json.loads(tokenizer.to_str())["model"]
    vocabulary = sorted(definition["vocab"].items(), key=lambda item: item[1])
    tokens = [text for text, _ in vocabulary]
    merges = [m if isinstance(m, str) else " ".join(m) for m in definition["merges"]]
    end = definition["vocab"]["<|endoftext|>"]
    keys: list[tuple[str, int, bytes]] = []

    def add(name: str, kind: int, data: bytes) -> None:
        keys.append((name, kind, data))

    add("general.architecture", STRING, string("qwen3"))
    add("general.name", STRING, string("Luoshu stories"))
    add("general.license", STRING, string("apache-2.0"))
    for name, value in [("block_count", c.layers), ("context_length", c.context), ("embedding_length", c.d), ("feed_forward_length", c.ff),
                        ("attention.head_count", c.heads), ("attention.head_count_kv", c.kv_heads), ("attention.key_length", c.head_dim),
                        ("attention.value_length", c.head_dim), ("vocab_size", c.vocab)]:
        add("qwen3." + name, U32, struct.pack("<I", value))
    add("qwen3.attention.layer_norm_rms_epsilon", FLOAT, struct.pack("<f", c.eps))
    add("qwen3.rope.freq_base", FLOAT, struct.pack("<f", c.rope_base))
    add("tokenizer.ggml.model", STRING, string("gpt2"))
    add("tokenizer.ggml.pre", STRING, string("qwen2"))
    add("tokenizer.ggml.tokens", ARRAY, array(STRING, tokens))
    add("tokenizer.ggml.token_type", ARRAY, array(INT32, [CONTROL if i == end else NORMAL for i in range(len(tokens))]))
    add("tokenizer.ggml.merges", ARRAY, array(STRING, merges))
    add("tokenizer.ggml.eos_token_id", U32, struct.pack("<I", end))
    add("tokenizer.ggml.add_bos_token", BOOL, b"\0")

    tensors = []
    for name, value in state.items():
        data = value.detach().float().numpy()
        raw = q8_0(data) if data.ndim == 2 else data.astype(np.float32).tobytes()
        tensors.append((name, data.shape[::-1], Q8_0 if data.ndim == 2 else F32, raw))
    out = bytearray(b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(keys)))
    for name, kind, data in keys:
        out += string(name) + struct.pack("<I", kind) + data
    offset = 0
    for name, shape, kind, raw in tensors:
        out += string(name) + struct.pack("<I", len(shape)) + struct.pack(f"<{len(shape)}Q", *shape) + struct.pack("<IQ", kind, offset)
        offset += (len(raw) + 31) // 32 * 32
    out += b"\0" * (-len(out) % 32)
    for _, _, _, raw in tensors:
        out += raw + b"\0" * (-len(raw) % 32)
    with open(path + ".part", "wb") as f:
        f.write(out)
    os.replace(path + ".part", path)
