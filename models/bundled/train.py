# SPDX-License-Identifier: Apache-2.0
"""Trains the bundled model (Qwen3 architecture) on generated stories and writes it as GGUF.

train.py --minutes 45 --out luoshu-stories.gguf --log loss.csv
The learning rate follows a cosine over the time given. A checkpoint GGUF is written every five minutes.
"""

import argparse
import math
import random
import time
from dataclasses import dataclass

import torch
import torch.nn as nn
import torch.nn.functional as F
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

from export_gguf import write_model
from generate_stories import story

SPLIT = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
END = "<|endoftext|>"


@dataclass(frozen=True)
class Config:
    vocab: int = 2048
    layers: int = 6
    d: int = 128
    ff: int = 384
    heads: int = 4
    kv_heads: int = 2
    head_dim: int = 32
    eps: float = 1e-6
    rope_base: float = 10000.0
    context: int = 512


class Norm(nn.Module):
    def __init__(self, n: int, eps: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(n))
        self.eps = eps

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.rms_norm(x, (x.shape[-1],), self.weight, self.eps)


class Layer(nn.Module):
    def __init__(self, c: Config) -> None:
        super().__init__()
        self.c = c
        self.attn_norm, self.ffn_norm = Norm(c.d, c.eps), Norm(c.d, c.eps)
        self.attn_q_norm, self.attn_k_norm = Norm(c.head_dim, c.eps), Norm(c.head_dim, c.eps)
        self.attn_q = nn.Linear(c.d, c.heads * c.head_dim, bias=False)
        self.attn_k = nn.Linear(c.d, c.kv_heads * c.head_dim, bias=False)
        self.attn_v = nn.Linear(c.d, c.kv_heads * c.head_dim, bias=False)
        self.attn_output = nn.Linear(c.heads * c.head_dim, c.d, bias=False)
        self.ffn_gate = nn.Linear(c.d, c.ff, bias=False)
        self.ffn_up = nn.Linear(c.d, c.ff, bias=False)
        self.ffn_down = nn.Linear(c.ff, c.d, bias=False)

    def forward(self, x: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor) -> torch.Tensor:
        c = self.c
        b, t, _ = x.shape
        h = self.attn_norm(x)
        q = rotate(self.attn_q_norm(self.attn_q(h).view(b, t, c.heads, c.head_dim)), cos, sin).transpose(1, 2)
        k = rotate(self.attn_k_norm(self.attn_k(h).view(b, t, c.kv_heads, c.head_dim)), cos, sin).transpose(1, 2)
        v = self.attn_v(h).view(b, t, c.kv_heads, c.head_dim).transpose(1, 2)
        group = c.heads // c.kv_heads
        a = F.scaled_dot_product_attention(q, k.repeat_interleave(group, 1), v.repeat_interleave(group, 1), is_causal=True)
        x = x + self.attn_output(a.transpose(1, 2).reshape(b, t, -1))
        h = self.ffn_norm(x)
        return x + self.ffn_down(F.silu(self.ffn_gate(h)) * self.ffn_up(h))


def rotate(x: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor) -> torch.Tensor:
    a, b = x.chunk(2, -1)
    return torch.cat((a * cos - b * sin, a * sin + b * cos), -1)


class Model(nn.Module):
    def __init__(self, c: Config) -> None:
        super().__init__()
        self.c = c
        self.token_embd = nn.Embedding(c.vocab, c.d)
        self.blk = nn.ModuleList(Layer(c) for _ in range(c.layers))
        self.output_norm = Norm(c.d, c.eps)
        for name, p in self.named_parameters():
            if p.dim() == 2:
                nn.init.normal_(p, std=0.02 / (math.sqrt(2 * c.layers) if "output" in name or "down" in name else 1))
        angles = torch.outer(torch.arange(c.context).float(), c.rope_base ** (-torch.arange(0, c.head_dim, 2) / c.head_dim))
        self.register_buffer("cos", angles.cos()[:, None, :], persistent=False)
        self.register_buffer("sin", angles.sin()[:, None, :], persistent=False)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        x = self.token_embd(ids)
        t = ids.shape[1]
        for layer in self.blk:
            x = layer(x, self.cos[:t], self.sin[:t])
        return self.output_norm(x) @ self.token_embd.weight.T


def train_tokenizer(c: Config) -> Tokenizer:
    rng = random.Random(7)
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Split(Regex(SPLIT), "isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(vocab_size=c.vocab, special_tokens=[END], initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
                                  max_token_length=16, show_progress=False)
    tokenizer.train_from_iterator((story(rng) for _ in range(20000)), trainer)
    return tokenizer


class Stream:
    """Rows of `length` tokens; each row starts with a story, every story ends with the end token."""

    def __init__(self, tokenizer: Tokenizer, seed: int) -> None:
        self.tokenizer, self.rng, self.end = tokenizer, random.Random(seed), tokenizer.token_to_id(END)

    def batch(self, rows: int, length: int) -> torch.Tensor:
        out = []
        for _ in range(rows):
            ids: list[int] = []
            while len(ids) < length:
                ids += self.tokenizer.encode(story(self.rng)).ids + [self.end]
            out.append(ids[:length])
        return torch.tensor(out)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--minutes", type=float, default=45)
    parser.add_argument("--out", default="luoshu-stories.gguf")
    parser.add_argument("--log", default="loss.csv")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rows", type=int, default=16)
    parser.add_argument("--length", type=int, default=224)
    args = parser.parse_args()
    torch.manual_seed(1)
    torch.set_num_threads(args.threads)
    c = Config()
    tokenizer = train_tokenizer(c)
    model = Model(c)
    train, held_out = Stream(tokenizer, 11), Stream(tokenizer, 99)
    test = held_out.batch(16, args.length)
    decay = [p for p in model.parameters() if p.dim() == 2]
    other = [p for p in model.parameters() if p.dim() != 2]
    optimizer = torch.optim.AdamW([{"params": decay, "weight_decay": 0.05}, {"params": other, "weight_decay": 0.0}], betas=(0.9, 0.95))
    print(f"{sum(p.numel() for p in model.parameters())} parameters", flush=True)
    start = last_save = time.time()
    step = tokens = 0
    with open(args.log, "w", encoding="utf-8") as log:
        log.write("step,tokens,seconds,train_loss,held_out_loss\n")
        while True:
            done = (time.time() - start) / (args.minutes * 60)
            if done >= 1:
                break
            for group in optimizer.param_groups:
                group["lr"] = 3e-3 * min(1.0, (step + 1) / 100) * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * done)))
            ids = train.batch(args.rows, args.length)
            loss = F.cross_entropy(model(ids[:, :-1]).flatten(0, 1), ids[:, 1:].flatten())
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            step += 1
            tokens += ids.numel()
            if step % 50 == 0:
                with torch.no_grad():
                    held = F.cross_entropy(model(test[:, :-1]).flatten(0, 1), test[:, 1:].flatten()).item()
                log.write(f"{step},{tokens},{time.time() - start:.0f},{loss.item():.4f},{held:.4f}\n")
                log.flush()
            if time.time() - last_save > 300:
                last_save = time.time()
                write_model(args.out, c, tokenizer, model.state_dict())
    write_model(args.out, c, tokenizer, model.state_dict())
    print(f"{step} steps, {tokens} tokens", flush=True)


if __name__ == "__main__":
    main()
