#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The launcher: what it answers itself, without installing or building. launcher_test.sh SOURCE_ROOT [PROGRAM OF USERS]
set -u
root=$1 luoshu=$1/luoshu
. "$root/tests/cli/expect.sh"
# A PATH where everything that installs, configures or builds says that it was called.
mkdir "$work/bin"
for tool in apt-get dpkg-query sudo cmake ninja ctest; do
  printf '#!/bin/sh\necho %s >>"%s/called"\nexit 9\n' $tool "$work" >"$work/bin/$tool"
  chmod +x "$work/bin/$tool"
done
export PATH=$work/bin:$PATH LUOSHU_BUILD=$work/build

expect 0 '' test --help
grep -q -- '--filter REGEX' "$work/out" || fail 'test --help' "$work/out"
expect 0 '' test --list --help
for arguments in 'test --frob' 'test frob' 'test --list --frob' 'test --filter' 'test --seed' 'test --seed x' 'test --junit' 'tset' \
  'generate2 -p x' 'Generate' 'gener.te'; do
  expect 2 "${arguments##* }" $arguments
done
expect 2 "unknown verb 'tset'; the verbs are area bench" tset
expect 2 'perplexity prove simulator soak test tokenize tune' tset
expect 2 "no configuration is called 'labb'; try nano lab wide" tune labb
expect 2 'plain, traced or tuned' build-chip lab fast
expect 2 'plain, traced or tuned' build-chip
# Help is there before the first build.
expect 0 '' --help
grep -q '^  generate ' "$work/out" && grep -q '^  tune ' "$work/out" || fail 'help without generate or tune' "$work/out"
expect 0 '' tune --help
for verb in $(sed -n '/^Subcommands:/,$s/^  \([a-z-]*\) .*/\1/p' "$root/docs/help/luoshu.txt"); do
  expect 0 '' "$verb" --help
  cmp -s "$work/out" "$root/docs/help/$verb.txt" || fail "$verb --help" "$work/out"
done
expect 0 '' fpga build --help
expect 2 "unknown board 'nope'; the boards are ulx3s-85f" fpga build nope
[ ! -e "$work/called" ] || fail 'something was installed, configured or built:' "$work/called"
[ ! -e "$work/build" ] || fail 'a build folder was made'
# The check can fail: a verb that exists is built.
"$luoshu" configs >/dev/null 2>&1
[ -e "$work/called" ] || fail 'a verb that exists builds nothing'

# With a program: a chip that cannot be built is an error of the program, with the launcher's reason before it.
rm -f "$work/called"
expect_chip() {
  LUOSHU_ROOT=$root LUOSHU_LAUNCHER=$work/launcher "$2" generate -n 1 -p Once >"$work/out" 2>"$work/err" </dev/null
  [ $? -eq 1 ] && grep -qF "$1" "$work/err" && [ "$(grep -c '^luoshu: error: ' "$work/err")" -eq 1 ] || fail "$1" "$work/err"
}
if [ $# -gt 1 ]; then
  printf '#!/bin/sh\necho "luoshu: asked for $*" >&2\nexit 1\n' >"$work/launcher"
  chmod +x "$work/launcher"
  expect_chip "luoshu: error: the chip 'lab' was not built; see above" "$2"
  expect_chip 'luoshu: asked for build-chip lab plain' "$2"
  printf '#!/bin/sh\n' >"$work/launcher"
  mkdir -p "$work/host" "$work/chips"
  cp "$2" "$work/host/luoshu"
  expect_chip "luoshu: error: the chip 'lab' is not built; run ./luoshu build-chip lab plain" "$work/host/luoshu"
  echo text >"$work/chips/lab-plain.so"
  expect_chip 'luoshu: error: cannot load the chip: ' "$work/host/luoshu"
fi
finish
