#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""rtl_readme.py ROOT: writes rtl/README.md to stdout: every module of rtl/luoshu.f and rtl/board.f with
the first sentence of its header."""

import re
import sys
from pathlib import Path

FOLDERS = {
    "rtl": "The chip: top, units, parameters",
    "rtl/array": "Matrix engine and multipliers",
    "rtl/attn": "Attention",
    "rtl/cdc": "Clock crossings",
    "rtl/ctrl": "Control: sequencer, registers, context, bus",
    "rtl/ctrl/core": "Control core (RV32I)",
    "rtl/fp": "Floating point and conversions",
    "rtl/link": "Link",
    "rtl/mem": "Memory port and streams",
    "rtl/mem/sdram": "SDRAM controller",
    "rtl/prim": "Primitives",
    "rtl/usb": "USB device",
    "rtl/vector": "Vector unit",
}


def first_sentence(path):
    lines = path.read_text().splitlines()[1:]  # behind the SPDX line
    comment = []
    for line in lines:
        if not line.startswith("//"):
            break
        comment.append(line[2:].strip())
        if not comment[-1]:
            break
    text = " ".join(comment)
    match = re.match(r"(.*?\.)(?=\s|$)", text)
    if not match:
        raise SystemExit(f"rtl_readme: {path} does not begin with a sentence about the module")
    return match[1].rstrip(".").replace("|", "\\|")


def main():
    root = Path(sys.argv[1])
    files = [
        line
        for name in ("luoshu.f", "board.f")
        for line in (root / "rtl" / name).read_text().splitlines()
        if line.startswith("rtl/") and not line.endswith("_pkg.sv")
    ]
    print("# The RTL, module by module")
    print()
    print("Made from the headers by `tests/style/rtl_readme.py`, which a test compares. A header is the")
    print("contract of its module: handshake, latency, formats, and what it does not do.")
    print("[luoshu.f](luoshu.f) lists the files of the chip in an order that every tool takes,")
    print("[board.f](board.f) what boards put around it. `luoshu_defs_pkg.sv` is generated from")
    print("`driver/defs/definitions.json`, `luoshu_tables_pkg.sv` from the tables of the special functions.")
    for folder, title in FOLDERS.items():
        inside = sorted(f for f in files if str(Path(f).parent) == folder)
        print(f"\n## {title}: `{folder}`\n\n| module | |\n|---|---|")
        for file in inside:
            link = Path(file).relative_to("rtl")
            print(f"| [{Path(file).stem}]({link}) | {first_sentence(root / file)} |")
    unknown = {str(Path(f).parent) for f in files} - set(FOLDERS)
    if unknown:
        raise SystemExit(f"rtl_readme: no title for {', '.join(sorted(unknown))}")


main()
