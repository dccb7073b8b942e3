# SPDX-License-Identifier: Apache-2.0
"""Trains the bundled model (Qwen3 architecture) on generated stories and writes it as GGUF.

train.py --minutes 58 --out luoshu-stories.gguf --log loss.csv
Muon trains the matrices of the layers, AdamW the embedding and the norms. The learning rate follows the time given:
a short rise, a level part, then a line down to zero. A GGUF file and a checkpoint to go on from are written every
five minutes.
"""

import argparse
import math
import os
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

from export_gguf import write_model
from generate_stories import pieces, story

SPLIT = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
END = "<|endoftext|>"
NO_TARGET = -100


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
    """RMSNorm, computed in FP32 whatever the precision of the matrix products."""

    def __init__(self, n: int, eps: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(n))
        self.eps = eps

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x.float()
        return x * torch.rsqrt(x.square().mean(-1, keepdim=True) + self.eps) * self.weight


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
        h = self.attn_norm(x)
        x = x + self.attn_output(self.attention(self.attn_q(h), self.attn_k(h), self.attn_v(h), cos, sin))
        h = self.ffn_norm(x)
        return x + self.ffn_down(F.silu(self.ffn_gate(h)) * self.ffn_up(h))

    def attention(self, q: torch.Tensor, k: torch.Tensor, v: torch.Tensor,
                  cos: torch.Tensor, sin: torch.Tensor) -> torch.Tensor:
        """Written out: the fused attention of a CPU is slow in BF16. One product serves a group of query heads."""
        c, (b, t, _) = self.c, q.shape
        pairs, group = b * c.kv_heads, c.heads // c.kv_heads
        q = rotate(self.attn_q_norm(q.view(b, t, c.heads, c.head_dim)), cos, sin)
        k = rotate(self.attn_k_norm(k.view(b, t, c.kv_heads, c.head_dim)), cos, sin)
        q = q.view(b, t, c.kv_heads, group, c.head_dim).permute(0, 2, 3, 1, 4).reshape(pairs, group * t, c.head_dim)
        k = k.permute(0, 2, 3, 1).reshape(pairs, c.head_dim, t)
        v = v.view(b, t, c.kv_heads, c.head_dim).permute(0, 2, 1, 3).reshape(pairs, t, c.head_dim)
        scores = torch.bmm(q, k).view(pairs, group, t, t) / math.sqrt(c.head_dim)
        past = torch.ones(t, t, dtype=torch.bool).tril()
        weights = scores.masked_fill(~past, -1e4).softmax(-1)
        out = torch.bmm(weights.view(pairs, group * t, t), v).view(b, c.kv_heads, group, t, c.head_dim)
        return out.permute(0, 3, 1, 2, 4).reshape(b, t, -1)


def rotate(x: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor) -> torch.Tensor:
    a, b = x.chunk(2, -1)
    return torch.cat((a * cos - b * sin, a * sin + b * cos), -1)


class Model(nn.Module):
    def __init__(self, c: Config) -> None:
        super().__init__()
        self.token_embd = nn.Embedding(c.vocab, c.d)
        self.blk = nn.ModuleList(Layer(c) for _ in range(c.layers))
        self.output_norm = Norm(c.d, c.eps)
        for name, p in self.named_parameters():
            if p.dim() == 2:
                nn.init.normal_(p, std=0.02 if "token_embd" in name else 0.5 / math.sqrt(p.shape[1]))
            if "attn_output" in name or "ffn_down" in name:
                nn.init.zeros_(p)
        angles = torch.outer(torch.arange(c.context).float(), c.rope_base ** (-torch.arange(0, c.head_dim, 2) / c.head_dim))
        self.register_buffer("cos", angles.cos()[:, None, :], persistent=False)
        self.register_buffer("sin", angles.sin()[:, None, :], persistent=False)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        x = self.token_embd(ids)
        t = ids.shape[1]
        for layer in self.blk:
            x = layer(x, self.cos[:t], self.sin[:t])
        return self.output_norm(x) @ self.token_embd.weight.T

    def loss(self, ids: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        return F.cross_entropy(self(ids).float().flatten(0, 1), targets.flatten(), ignore_index=NO_TARGET)


class Muon(torch.optim.Optimizer):
    """Momentum, its step made orthogonal by Newton-Schulz iterations; matrices of one shape go through together."""

    def __init__(self, params: list[nn.Parameter], lr: float, momentum: float = 0.95, weight_decay: float = 0.01) -> None:
        super().__init__(params, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self) -> None:
        for group in self.param_groups:
            shapes: dict[torch.Size, list[nn.Parameter]] = {}
            for p in group["params"]:
                shapes.setdefault(p.shape, []).append(p)
            for shape, params in shapes.items():
                step = orthogonal(torch.stack([self.direction(p, group["momentum"]) for p in params]))
                scale = group["lr"] * math.sqrt(max(1.0, shape[0] / shape[1]))
                for p, s in zip(params, step):
                    p.mul_(1 - group["lr"] * group["weight_decay"]).add_(s, alpha=-scale)

    def direction(self, p: nn.Parameter, momentum: float) -> torch.Tensor:
        state = self.state[p]
        if not state:
            state["average"] = torch.zeros_like(p)
        state["average"].lerp_(p.grad, 1 - momentum)
        return p.grad.lerp(state["average"], momentum)


def orthogonal(m: torch.Tensor) -> torch.Tensor:
    """The nearest semi-orthogonal matrices, roughly: singular values end near 1."""
    tall = m.shape[-2] > m.shape[-1]
    x = (m.mT if tall else m).bfloat16()
    x = x / (x.norm(dim=(-2, -1), keepdim=True) + 1e-7)
    for _ in range(5):
        a = x @ x.mT
        x = 3.4445 * x + (-4.7750 * a + 2.0315 * (a @ a)) @ x
    return (x.mT if tall else x).float()


def train_tokenizer(c: Config) -> Tokenizer:
    rng = random.Random(7)
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Split(Regex(SPLIT), "isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(vocab_size=c.vocab, special_tokens=[END], initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
                                  max_token_length=12, show_progress=False)
    tokenizer.train_from_iterator((piece for _ in range(10000) for piece in pieces(story(rng))), trainer)
    return tokenizer


def tokenise(tokenizer: Tokenizer, count: int, seed: int) -> list[np.ndarray]:
    rng, end = random.Random(seed), tokenizer.token_to_id(END)
    out: list[np.ndarray] = []
    while len(out) < count:
        texts = [story(rng) for _ in range(min(10000, count - len(out)))]
        out += [np.array(e.ids + [end], dtype=np.int16) for e in tokenizer.encode_batch(texts)]
    return out


def batch_of(stories: list[np.ndarray], end: int) -> tuple[torch.Tensor, torch.Tensor]:
    """One story a row; behind its end token a row has no targets. Lengths are multiples of 16."""
    length = (max(len(s) for s in stories) + 14) // 16 * 16
    ids = np.full((len(stories), length), end, dtype=np.int64)
    targets = np.full((len(stories), length), NO_TARGET, dtype=np.int64)
    for row, s in enumerate(stories):
        ids[row, :len(s) - 1] = s[:-1]
        targets[row, :len(s) - 1] = s[1:]
    return torch.from_numpy(ids), torch.from_numpy(targets)


def batches(stories: list[np.ndarray], rows: int, end: int, seed: int) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """For ever: batches of stories of about the same length, in random order."""
    rng = random.Random(seed)
    while True:
        order = sorted(range(len(stories)), key=lambda i: len(stories[i]) + 8 * rng.random())
        starts = list(range(0, len(stories) - rows + 1, rows))
        rng.shuffle(starts)
        for at in starts:
            yield batch_of([stories[i] for i in order[at:at + rows]], end)


def rate(done: float, step: int) -> float:
    """The share of the full learning rate."""
    return max(0.0, min(1.0, (step + 1) / 50, (1 - done) / 0.6))


@torch.no_grad()
def held_out_loss(model: Model, tests: list[tuple[torch.Tensor, torch.Tensor]]) -> float:
    counts = [int((targets != NO_TARGET).sum()) for _, targets in tests]
    return sum(model.loss(*test).item() * n for test, n in zip(tests, counts)) / sum(counts)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--minutes", type=float, default=58)
    parser.add_argument("--out", default="luoshu-stories.gguf")
    parser.add_argument("--log", default="loss.csv")
    parser.add_argument("--checkpoint", default="", help="file for the state of the training, read first if it exists")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--stories", type=int, default=300000)
    parser.add_argument("--rows", type=int, default=16)
    parser.add_argument("--rate", type=float, default=0.02, help="learning rate of Muon")
    parser.add_argument("--embedding-rate", type=float, default=0.004, help="learning rate of AdamW")
    parser.add_argument("--layers", type=int, default=Config.layers)
    parser.add_argument("--every", type=int, default=250, help="steps between the lines of the log")
    parser.add_argument("--compile", action="store_true", help="compile the model (needs a C++ compiler)")
    return parser.parse_args()


class Training:
    """The model, its optimizers and how far they have come."""

    def __init__(self, args: argparse.Namespace, c: Config) -> None:
        self.model = Model(c)
        matrices = [p for p in self.model.blk.parameters() if p.dim() == 2]
        others = [p for p in self.model.parameters() if all(p is not m for m in matrices)]
        self.optimizers = [
            Muon(matrices, args.rate),
            torch.optim.AdamW(others, args.embedding_rate, betas=(0.9, 0.99), weight_decay=0.01, fused=True),
        ]
        self.base_rates = [args.rate, args.embedding_rate]
        self.loss = torch.compile(self.model.loss, dynamic=True) if args.compile else self.model.loss
        self.step = self.tokens = 0
        self.seconds = 0.0
        self.recent = math.log(c.vocab)  # running average of the loss

    def update(self, ids: torch.Tensor, targets: torch.Tensor, done: float) -> None:
        for optimizer, base in zip(self.optimizers, self.base_rates):
            for group in optimizer.param_groups:
                group["lr"] = base * rate(done, self.step)
        with torch.autocast("cpu", torch.bfloat16):
            loss = self.loss(ids, targets)
        loss.backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        for optimizer in self.optimizers:
            optimizer.step()
            optimizer.zero_grad()
        self.step += 1
        self.tokens += int((targets != NO_TARGET).sum())
        self.recent += 0.05 * (loss.item() - self.recent)

    def save(self, path: str) -> None:
        state = {name: getattr(self, name) for name in ("step", "tokens", "seconds", "recent")}
        state |= {"model": self.model.state_dict(), "optimizers": [o.state_dict() for o in self.optimizers]}
        torch.save(state, path)

    def load(self, path: str) -> None:
        state = torch.load(path)
        self.model.load_state_dict(state.pop("model"))
        for optimizer, saved in zip(self.optimizers, state.pop("optimizers")):
            optimizer.load_state_dict(saved)
        self.__dict__.update(state)


def run(args: argparse.Namespace, training: Training, tokenizer: Tokenizer, c: Config) -> None:
    end = tokenizer.token_to_id(END)
    stories = tokenise(tokenizer, args.stories, 11)
    held = sorted(tokenise(tokenizer, 256, 99), key=len)
    tests = [batch_of(held[i:i + 32], end) for i in range(0, len(held), 32)]

    def report() -> None:
        held_out = held_out_loss(training.model, tests)
        log.write(f"{training.step},{training.tokens},{training.seconds:.0f},{training.recent:.4f},{held_out:.4f}\n")
        log.flush()

    def save() -> None:
        write_model(args.out, c, tokenizer, training.model.state_dict())
        if args.checkpoint:
            training.save(args.checkpoint)

    start = last_save = time.time() - training.seconds
    with open(args.log, "a" if training.step else "w", encoding="utf-8") as log:
        if not training.step:
            log.write("step,tokens,seconds,train_loss,held_out_loss\n")
        for ids, targets in batches(stories, args.rows, end, 5 + training.step):
            training.update(ids, targets, training.seconds / (args.minutes * 60))
            training.seconds = time.time() - start
            if training.seconds >= args.minutes * 60:
                break
            if training.step % args.every == 0:
                report()
            if time.time() - last_save > 300:
                last_save = time.time()
                save()
        report()
    save()


def main() -> None:
    args = arguments()
    torch.manual_seed(1)
    torch.set_num_threads(args.threads)
    c = Config(layers=args.layers)
    tokenizer = train_tokenizer(c)
    training = Training(args, c)
    print(f"{sum(p.numel() for p in training.model.parameters())} parameters", flush=True)
    if args.checkpoint and os.path.exists(args.checkpoint):
        training.load(args.checkpoint)
    run(args, training, tokenizer, c)
    print(f"{training.step} steps, {training.tokens} tokens", flush=True)


if __name__ == "__main__":
    main()
