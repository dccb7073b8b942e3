#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Speculative against plain greedy decoding on the simulated chip, over the prompts of tests/speculation/prompts.

For each prompt: the text by plain decoding on the model device (same bits as the chip), the same number of tokens with
drafts on `sim`, and a few plain tokens on `sim` for the cycles of a plain token. Prints a table, writes a JSON line per
prompt. Example: docs/benchmarks/speculation.py -m SmolLM2-135M-Instruct.Q4_1.gguf --config wide -n 48 --out lines.json
"""
import argparse
import json
import pathlib
import statistics
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]


def generate(options, prompt, tokens, *more):
    command = [options.luoshu, "-q", "generate", "--config", options.config, "-c", str(options.ctx), "-f", str(prompt),
               "-n", str(tokens), "--temp", "0", "--ignore-eos", "--json", "-", *more]
    if options.model:
        command += ["-m", options.model]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)


def measure(options, prompt):
    sim = ("--device", "sim", "--memory", options.memory)
    expected = generate(options, prompt, options.tokens, "--device", "model")
    drafts = generate(options, prompt, options.tokens, *sim, "--speculate", *options.speculate)
    count = len(drafts["tokens"]) - 1
    identical = drafts["tokens"] == expected["tokens"]
    if options.plain_cycles:
        plain_cycles = options.plain_cycles
    else:
        plain = generate(options, prompt, options.plain, *sim)
        plain_cycles = statistics.mean(plain["cycles"]["per_token"])
        identical = identical and plain["tokens"] == expected["tokens"][:options.plain]
    cycles = drafts["cycles"]["decode"] / count
    return {
        "prompt": prompt.name, "prompt_tokens": len(drafts["prompt_tokens"]), "tokens": count,
        "identical": identical,
        **drafts["speculation"], "tokens_per_pass": count / drafts["speculation"]["passes"],
        "plain_cycles_per_token": plain_cycles, "cycles_per_token": cycles, "ratio": cycles / plain_cycles,
        "model": drafts["model"]["name"], "config": options.config, "memory": options.memory, "label": "simulated",
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--luoshu", default=str(ROOT / "luoshu"))
    parser.add_argument("-m", "--model", help="GGUF, default the bundled model")
    parser.add_argument("--config", default="wide")
    parser.add_argument("--memory", default="latency30")
    parser.add_argument("--ctx", type=int, default=256)
    parser.add_argument("-n", "--tokens", type=int, default=48)
    parser.add_argument("--plain", type=int, default=4, help="tokens without drafts on the simulated chip")
    parser.add_argument("--plain-cycles", type=float, help="take this for a plain token's cycles, measure none")
    parser.add_argument("--only", nargs="*", default=[], help="prompts, default all")
    parser.add_argument("--speculate", nargs="*", default=[], help="drafts of a pass, default as many as pay")
    parser.add_argument("--out", help="write a JSON line per prompt to this file")
    options = parser.parse_args()
    print("| prompt | tokens | passes | drafted | accepted | tokens per pass | cycles per token | plain | ratio | identical |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    rows = []
    for prompt in sorted((ROOT / "tests/speculation/prompts").glob("*.txt")):
        if options.only and prompt.stem not in options.only:
            continue
        r = measure(options, prompt)
        rows.append(r)
        print(f"| {r['prompt']} | {r['tokens']} | {r['passes']} | {r['drafted']} | {r['accepted']} | "
              f"{r['tokens_per_pass']:.2f} | {r['cycles_per_token']:.0f} | {r['plain_cycles_per_token']:.0f} | "
              f"{r['ratio']:.3f} | {'yes' if r['identical'] else 'NO'} |", flush=True)
        if options.out:
            pathlib.Path(options.out).write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    per_pass = [r["tokens_per_pass"] for r in rows]
    ratio = [r["ratio"] for r in rows]
    print(f"mean {statistics.mean(per_pass):.2f} tokens per pass, worst {min(per_pass):.2f}; "
          f"ratio mean {statistics.mean(ratio):.3f}, worst {max(ratio):.3f}")
    return 0 if all(r["identical"] for r in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
