#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# rtl_lists.sh ROOT: rtl/luoshu.f and rtl/board.f name every module file of rtl/ once, and nothing else.
set -eu
cd "$1"
there=$(mktemp)
trap 'rm -f "$there"' EXIT
find rtl -name '*.sv' | sort >"$there"
if ! grep -h '^rtl/' rtl/luoshu.f rtl/board.f | sort | diff "$there" -; then
  echo "rtl_lists: < a file that no list names, > a name without a file or named twice; mend rtl/luoshu.f or rtl/board.f" >&2
  exit 1
fi
