#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# rtl_lines.sh FOLDER...: no line of SystemVerilog below the folders is longer than 100 columns. Names those that are.
set -eu
found=$(find "$@" -name '*.sv' -o -name '*.svh' | sort | xargs awk 'length > 100 { print FILENAME ":" FNR ": " length " columns" }')
[ -z "$found" ] || { printf '%s\nrtl_lines: at most 100 columns, please wrap these lines\n' "$found" >&2; exit 1; }
