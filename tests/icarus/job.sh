#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# job.sh RECORD_JOB CONFIGURATION FOLDER -Pluoshu_pins_tb.Name=value...: records a job of the configuration in Verilator and
# replays its pins in Icarus Verilog. Status 0 when every valid output is known and the same. What it writes lies in FOLDER.
set -eu
record=$1
configuration=$2
folder=$3
shift 3
rtl=$(cd "$(dirname "$0")/../../rtl" && pwd)
mkdir -p "$folder"
"$record" "$configuration" "$folder/pins.txt"
# Icarus says "sorry" where it makes a process sensitive to more than it needs; errors and other words stay.
iverilog -g2012 -I"$rtl/prim" -s luoshu_pins_tb "$@" -o "$folder/chip.vvp" "$rtl"/*_pkg.sv \
  $(find "$rtl" -name '*.sv' ! -name '*_pkg.sv' | sort) "$(dirname "$0")/luoshu_pins_tb.sv" >"$folder/iverilog.log" 2>&1 ||
  { cat "$folder/iverilog.log" >&2; exit 1; }
vvp -n "$folder/chip.vvp" "+pins=$folder/pins.txt" >"$folder/vvp.log" 2>&1 || { tail -20 "$folder/vvp.log" >&2; exit 1; }
tail -1 "$folder/vvp.log" | grep '^PASS' || { tail -20 "$folder/vvp.log" >&2; exit 1; }
