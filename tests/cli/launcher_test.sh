#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The launcher: what it answers itself, without installing or building. launcher_test.sh SOURCE_ROOT
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
expect 2 'perplexity simulator soak test' tset
expect 0 '' fpga build --help
expect 2 "unknown board 'nope'; the boards are ulx3s-85f" fpga build nope
[ ! -e "$work/called" ] || fail 'something was installed, configured or built:' "$work/called"
[ ! -e "$work/build" ] || fail 'a build folder was made'
# The check can fail: a verb that exists is built.
"$luoshu" configs >/dev/null 2>&1
[ -e "$work/called" ] || fail 'a verb that exists builds nothing'
finish
