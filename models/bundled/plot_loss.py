# SPDX-License-Identifier: Apache-2.0
"""Draws the loss curve: plot_loss.py loss.csv loss.svg. Standard library only."""

import csv
import math
import sys

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 640, 360, 50, 15, 15, 40
TICKS = [0.3, 0.4, 0.5, 0.7, 1, 2, 4]


def text(x: float, y: float, anchor: str, words: str) -> str:
    return f'<text x="{x:.0f}" y="{y:.0f}" text-anchor="{anchor}">{words}</text>'


def draw(rows: list[dict[str, str]]) -> str:
    tokens = [int(r["tokens"]) / 1e6 for r in rows]
    curves = [("train_loss", "#999", "training"), ("held_out_loss", "#06c", "held out")]
    losses = [float(r[column]) for r in rows for column, _, _ in curves]
    low, high = math.log(min(losses) * 0.95), math.log(max(losses) * 1.05)

    def x(million: float) -> float:
        return LEFT + million / tokens[-1] * (WIDTH - LEFT - RIGHT)

    def y(loss: float) -> float:
        return TOP + (high - math.log(loss)) / (high - low) * (HEIGHT - TOP - BOTTOM)

    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12">',
           f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>']
    for loss in [t for t in TICKS if low <= math.log(t) <= high]:
        out.append(f'<path d="M{LEFT} {y(loss):.1f}H{WIDTH - RIGHT}" stroke="#ddd"/>')
        out.append(text(LEFT - 6, y(loss) + 4, "end", f"{loss:g}"))
    step = next(s for s in (1, 2, 5, 10, 20, 50, 100) if tokens[-1] / s <= 10)
    for million in range(0, int(tokens[-1]) + 1, step):
        out.append(f'<path d="M{x(million):.1f} {TOP}V{HEIGHT - BOTTOM}" stroke="#ddd"/>')
        out.append(text(x(million), HEIGHT - BOTTOM + 16, "middle", f"{million}"))
    out.append(text((WIDTH + LEFT) / 2, HEIGHT - 8, "middle", "million tokens; loss in nats a token"))
    for i, (column, color, label) in enumerate(curves):
        points = " ".join(f"{x(t):.1f},{y(float(r[column])):.1f}" for t, r in zip(tokens, rows))
        out += [f'<polyline points="{points}" fill="none" stroke="{color}" stroke-width="1.5"/>',
                f'<g fill="{color}">{text(WIDTH - RIGHT - 8, TOP + 18 + 16 * i, "end", label)}</g>']
    return "\n".join([*out, "</svg>", ""])


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as source:
        drawing = draw(list(csv.DictReader(source)))
    with open(sys.argv[2], "w", encoding="utf-8") as target:
        target.write(drawing)
