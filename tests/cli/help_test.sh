#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# docs/help, which the launcher shows before the first build, is what the program prints. help_test.sh LUOSHU SOURCE_ROOT
# LUOSHU_UPDATE_HELP=1 writes it anew.
set -u
luoshu=$1 root=$2
. "$root/tests/cli/expect.sh"
texts=$root/docs/help
mkdir "$work/help"
"$luoshu" --help >"$work/help/luoshu.txt" || fail '--help'
for verb in $(sed -n '/^Subcommands:/,$s/^  \([a-z-]*\) .*/\1/p' "$work/help/luoshu.txt"); do
  "$luoshu" "$verb" --help >"$work/help/$verb.txt" || fail "$verb --help"
done
[ "$(find "$work/help" -type f | wc -l)" -gt 5 ] || fail 'no verbs' "$work/help/luoshu.txt"
if [ "${LUOSHU_UPDATE_HELP:-0}" = 1 ]; then
  rm -f "$texts"/*.txt
  cp "$work/help"/*.txt "$texts"
fi
diff -r "$texts" "$work/help" >"$work/diff" || fail 'docs/help is old; LUOSHU_UPDATE_HELP=1 ./luoshu test --filter help_fresh writes it' "$work/diff"
finish
