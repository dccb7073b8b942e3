#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# parameters_test.sh FOLDER: illegal parameters of the chip end with a message that names the parameter. A table of values in
# Icarus, at time 0 of luoshu_check; then some on the whole chip, in Verilator's lint, Yosys
# and Icarus. Legal values next to the limits pass. Files are written in FOLDER.
set -eu
folder=$1
rtl=$(cd "$(dirname "$0")/../../rtl" && pwd)
mkdir -p "$folder"
failed=0
fail() {
  echo "FAIL: $1" >&2
  failed=1
}

# luoshu_check with the parameters given, in Icarus: the status, and what it said in $said.
check() {
  options=
  for assignment in "$@"; do options="$options -Pluoshu_check.$assignment"; done
  # shellcheck disable=SC2086
  iverilog -g2012 -I"$rtl/prim" -s luoshu_check $options -o "$folder/check.vvp" "$rtl/luoshu_check.sv"
  said=$(vvp -n "$folder/check.vvp" 2>&1)
}
bad() { # PARAMETER value...: refused, the message names PARAMETER
  named=$1
  shift
  if check "$@"; then fail "$* is accepted"
  else case $said in *"luoshu: $named"*) ;; *) fail "$*: no message about $named: $said" ;; esac; fi
}
good() { check "$@" || fail "$* is refused: $said"; }

for lanes in -8 0 1 4 16 24 64 256; do bad Lanes Lanes=$lanes; done
for columns in -2 0 1 3 6; do bad Columns Columns=$columns; done
for groups in -1 0 3; do bad Groups Groups=$groups; done
bad "Columns x Groups" Columns=4 Groups=32
bad "Columns x Groups" Columns=128 Groups=1
bad "Columns x Groups" Columns=65536 Groups=65536
for lanes in 0 3 16 32; do bad VectorLanes VectorLanes=$lanes; done
bad VectorLanes VectorLanes=4 Lanes=8
for d in 0 31 40 65536; do bad MaxD MaxD=$d; done
for blocks in 0 64 300 65536; do bad ActBlocks ActBlocks=$blocks; done
for heads in 0 1 12 512; do bad MaxHeads MaxHeads=$heads; done
for elements in 0 128 1000 131072; do bad QElements QElements=$elements; done
for words in 0 2 4 96 256; do bad HeadWords HeadWords=$words; done
for bytes in 0 512 3000 2097152; do bad TcmBytes TcmBytes=$bytes; done
for depth in 0 16 48 2048; do bad ValueDepth ValueDepth=$depth; done
for mib in 0 4097 8192; do bad MemoryMib MemoryMib=$mib; done
bad MemoryMib MemoryMib=1025 Lanes=8 VectorLanes=1 HeadWords=256
bad ClockKhz ClockKhz=0

good Columns=2 Groups=32
good Columns=64 Groups=1
good VectorLanes=1
good VectorLanes=16 Lanes=128 HeadWords=32
good MaxD=32 ActBlocks=2
good MaxHeads=256 QElements=65536
good HeadWords=8
good HeadWords=128
good TcmBytes=1024
good ValueDepth=32
good ValueDepth=1024
good MemoryMib=1
good MemoryMib=4096

# The whole chip: the message comes whatever else the tool finds. (Icarus stops at its own errors first where there are any.)
sources="$(ls "$rtl"/*_pkg.sv) $(find "$rtl" -name '*.sv' ! -name '*_pkg.sv' | sort)"
# shellcheck disable=SC2086
chip() { # TOOL PARAMETER Name=value
  status=0
  case $1 in
    verilator) said=$(verilator --lint-only -I"$rtl/prim" "-G$3" --top-module luoshu $sources 2>&1) || status=1 ;;
    yosys) said=$(yosys -q -p "read_verilog -sv -defer -I$rtl/prim $(echo $sources)
      hierarchy -top luoshu -chparam $(echo "$3" | tr = ' ')" 2>&1) || status=1 ;;
    icarus) said=$(iverilog -g2012 -I"$rtl/prim" -s luoshu "-Pluoshu.$3" -o "$folder/chip.vvp" $sources 2>&1 &&
      vvp -n "$folder/chip.vvp" 2>&1) || status=1 ;;
  esac
  [ $status = 1 ] || fail "$3 is accepted by $1"
  case $said in *"luoshu: $2"*) ;; *) fail "$3 in $1: no message about $2" ;; esac
}
for tool in verilator yosys; do
  command -v $tool >/dev/null || continue
  chip $tool Columns Columns=1
  chip $tool Lanes Lanes=256
  chip $tool "Columns x Groups" Groups=32
done
chip icarus MemoryMib MemoryMib=8192
exit $failed
