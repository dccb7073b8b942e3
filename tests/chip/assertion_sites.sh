#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Every assertion of the RTL is compiled into a simulation that tests run. assertion_sites.sh SOURCE_ROOT BUILD
# Looks for the message of each `LUOSHU_ASSERT, `LUOSHU_ASSERT_NEXT and `LUOSHU_STREAM_STABLE in the code that Verilator wrote for the
# checked configurations and for the benches of units.
set -euo pipefail
root=$1 build=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
grep -roE '`LUOSHU_(ASSERT|ASSERT_NEXT|STREAM_STABLE)\([a-z0-9_]+' "$root/rtl" --include='*.sv' |
  sed -E 's/^.*\/([^/:]*):[^(]*\(/\1 /' | sort -u >"$work/sites"
compiled() {
  find "$@" -name 'V*.cpp' -print0 | xargs -0 grep -ohE '[a-z0-9_]+\.sv:[0-9]+: Assertion failed in %N[^:"]*' |
    sed -E 's/:[0-9]+:.*\./ /' | sort
}
compiled "$build"/verilator/verilated/*-checked | uniq >"$work/chip"
compiled "$build"/tests/verilated | uniq >"$work/benches"
# True by construction in the chip: its vector unit takes parameters in every cycle.
echo 'luoshu_weight_stream.sv aux_taken' >>"$work/benches"
missing=$(sort -u "$work/chip" "$work/benches" | comm -23 "$work/sites" -)
echo "$(wc -l <"$work/sites") assertions, $(comm -12 "$work/sites" "$work/chip" | wc -l) of them in the simulated chips"
if [ ! -s "$work/sites" ] || [ -n "$missing" ]; then
  printf 'compiled into no test:\n%s\n' "$missing" >&2
  exit 1
fi
