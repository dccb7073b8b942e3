#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# verilate.sh FOLDER PREFIX PARTS VERILATOR ARGUMENTS...: runs Verilator in FOLDER and joins the code that it writes into files whose
# names are known before: PREFIX__Part0.cpp and on, PARTS of about one size with what runs in every cycle, and PREFIX__Rest.cpp with what
# runs once. With PARTS 0 all of it is in PREFIX__Rest.cpp. What Verilator read is written to PREFIX.d for ninja.
set -eu
folder=$1 prefix=$2 parts=$3
shift 3
rm -rf "$folder/written"
mkdir -p "$folder/written"
"$@" --Mdir "$folder/written" --prefix "$prefix"
cd "$folder"
rm -f "$prefix"__*.cpp "$prefix"*.h
mv written/*.h .
: >"${prefix}__Rest.cpp"
i=0
while [ $i -lt "$parts" ]; do
  : >"${prefix}__Part$i.cpp"
  i=$((i + 1))
done
# The largest first, each into the part that is the smallest so far; the order is that of sizes and names, so that equal code gives equal files.
wc -c written/*.cpp | sort -k1,1nr -k2 | awk -v prefix="$prefix" -v parts="$parts" '
  $2 == "total" { next }
  parts == 0 || $2 ~ /(__Slow|__Syms|__Dpi|__ConstPool_[0-9]+)\.cpp$/ { print $2, prefix "__Rest.cpp"; next }
  { least = 0; for (i = 1; i < parts; ++i) if (size[i] < size[least]) least = i
    size[least] += $1; print $2, prefix "__Part" least ".cpp" }' | while read -r from to; do
  cat "$from" >>"$to"
done
first=${prefix}__Rest.cpp
tr '\n' ' ' <written/"$prefix"__ver.d | sed "s|^.* : |$folder/$first: |" >"$prefix.d"
echo >>"$prefix.d"
rm -rf written
