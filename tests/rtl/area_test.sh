#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# area_test.sh LUOSHU ROOT FOLDER: the top that `luoshu area` wraps around the chip elaborates, with the files of its script.
set -eu
LUOSHU_ROOT=$2 LUOSHU_BUILD=$3 "$1" area --flat --scripts
for config in nano lab; do
  cd "$3/area/$config/flat"
  # what FPGAs have in another form is for yosys alone
  # shellcheck disable=SC2046
  iverilog -g2012 -t null -s luoshu_area $(sed -n 's/^read_verilog -sv -icells //p' area.ys | sed 's#fpga/common/#rtl/prim/#g')
done
