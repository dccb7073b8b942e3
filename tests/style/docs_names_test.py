#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""docs_names_test.py FOLDER: docs_names.py finds every kind of dead name, and nothing in a document that is right."""
import os
import shutil
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import docs_names  # noqa: E402

FILES = {
    "rtl/unit/luoshu_unit.sv": "module luoshu_unit #(\n    parameter int DepthBits = 2\n) (\n    input  wire        clk_i,\n"
                               "    output logic [7:0] aw_data_o,   // in parts\n    input  wire        rst_ni\n);\n",
    "tests/unit/tests.cmake": "luoshu_test(NAME unit_test)\nforeach(c a b)\n  add_test(NAME chip_test_${c} COMMAND x)\nendforeach()\n",
    "host/a.cc": "class TimeoutError {};\n",
    "docs/good.md": "# Good and well\n`clk_i`, `aw_data_o[3:0]`, `aw_*`, `luoshu_unit`, `DepthBits`, `TimeoutError`, `rtl/unit`, `unit/luoshu_unit.sv`,\n"
                    "`host/a.cc:1`, `./luoshu test --filter unit_test`, `./luoshu test --filter chip_test_b`, `q_i`, `build/NAME/x.cc`,\n"
                    "`wave.fst`, [here](#good-and-well), [there](sub/other.md#a-b), [net](https://example.org/x).\n"
                    "```\n`dead_i` in a code block\n```\n",
    "docs/sub/other.md": "## A `b`\n",
    "docs/good.svg": "<svg xmlns=\"http://www.w3.org/2000/svg\"><text>a &lt; b</text></svg>\n",
    "docs/bad.svg": "<svg><text>a < b</text></svg>\n",
    "docs/large.svg": "<svg>" + " " * 40960 + "</svg>\n",
    "docs/architecture/large.svg": "<svg>" + " " * 40960 + "</svg>\n",
    "docs/architecture/long.md": "x" * 100 + "\n" + "x" * 101 + "\n",
    "docs/bad.md": "`aw_valid_o` `wv_*` `luoshu_gone` `luoshu_old_*` `DepthBit` `Deep`\n`rtl/gone.sv` `gone.cc` `--filter nothing`\n"
                   "[a](gone.md) [b](good.md#gone) [c](#gone) ![d](gone.svg)\n",
}
WANTED = ["1: no port aw_valid_o", "1: no port or test wv_*", "1: no module luoshu_gone", "1: no module luoshu_old_*",
          "1: no name DepthBit", "1: no name Deep", "2: no file or folder rtl/gone.sv", "2: no file gone.cc",
          "2: no test nothing", "3: no file gone.md", "3: no heading good.md#gone", "3: no heading #gone",
          "3: no file gone.svg"]


def main():
    root = sys.argv[1]
    shutil.rmtree(root, ignore_errors=True)
    for path, text in FILES.items():
        os.makedirs(os.path.dirname(os.path.join(root, path)), exist_ok=True)
        with open(os.path.join(root, path), "w", encoding="utf-8") as f:
            f.write(text)
    found = docs_names.check(root)
    wanted = ["docs/bad.md:" + w for w in WANTED]
    wanted += ["docs/architecture/long.md:2: 101 characters", "docs/architecture/large.svg:1: more than 40 kB",
               "docs/bad.svg:1: no XML: not well-formed (invalid token): line 1, column 14"]
    for line in found:
        if line not in wanted:
            print("not expected: " + line)
    for line in wanted:
        if line not in found:
            print("not found: " + line)
    return 0 if found and sorted(found) == sorted(wanted) else 1


if __name__ == "__main__":
    sys.exit(main())
