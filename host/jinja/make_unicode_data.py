#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes unicode_data.cc: the case mappings and the unprintable characters of this Python's Unicode version.

Usage: python3 make_unicode_data.py > unicode_data.cc && clang-format -i unicode_data.cc
"""
import unicodedata

ALL = [c for c in range(0x110000) if not 0xD800 <= c <= 0xDFFF]


def mapping_rows(name, convert):
    """Runs of characters that all move by the same distance, every first or every second one."""
    pairs = [(c, ord(convert(chr(c)))) for c in ALL if len(convert(chr(c))) == 1 and convert(chr(c)) != chr(c)]
    runs = []
    for c, to in pairs:
        if runs:
            first, last, step, delta = runs[-1]
            gap = c - last
            if to - c == delta and (gap == step or (first == last and gap in (1, 2))):
                runs[-1] = (first, c, gap, delta)
                continue
        runs.append((c, c, 1, to - c))
    rows = ", ".join("{0x%X, 0x%X, %d, %d}" % r for r in runs)
    print("const CaseRun %s[] = {%s};" % (name, rows))
    print("const std::size_t %sCount = %d;\n" % (name, len(runs)))


def special_rows(name, convert):
    """Characters that become several."""
    rows = []
    for c in ALL:
        text = convert(chr(c))
        if len(text) > 1:
            rows.append('{0x%X, "%s"}' % (c, "".join("\\x%02x" % b for b in text.encode())))
    print("const CaseSpecial %s[] = {%s};" % (name, ", ".join(rows)))
    print("const std::size_t %sCount = %d;\n" % (name, len(rows)))


def range_rows(name, holds):
    runs = []
    for c in range(0x110000):
        if not (0xD800 <= c <= 0xDFFF) and not holds(chr(c)):
            continue
        if 0xD800 <= c <= 0xDFFF and name != "kUnprintable":
            continue
        if runs and runs[-1][1] == c - 1:
            runs[-1][1] = c
        else:
            runs.append([c, c])
    print("const CodeRange %s[] = {%s};" % (name, ", ".join("{0x%X, 0x%X}" % tuple(r) for r in runs)))
    print("const std::size_t %sCount = %d;\n" % (name, len(runs)))


print("// SPDX-License-Identifier: Apache-2.0")
print("// Written by make_unicode_data.py from Unicode %s; not edited by hand." % unicodedata.unidata_version)
print('#include "jinja/unicode_data.h"\n\nnamespace luoshu::jinja {\n')
mapping_rows("kUpper", str.upper)
special_rows("kUpperSpecial", str.upper)
mapping_rows("kLower", str.lower)
special_rows("kLowerSpecial", str.lower)
mapping_rows("kTitle", str.title)
special_rows("kTitleSpecial", str.title)
range_rows("kUnprintable", lambda c: not c.isprintable())
range_rows("kCased", lambda c: (c + "A").title()[-1] == "a")
print("}  // namespace luoshu::jinja")
