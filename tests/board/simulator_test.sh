#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# luoshu simulator --board: the board's top on a socket gives the text of the model. Usage: simulator_test.sh LUOSHU ROOT
luoshu=$1 root=$2
. "$root/tests/cli/expect.sh"

expect 2 "unknown board 'ulx3s-12f'; the boards are: ulx3s-85f" simulator --board ulx3s-12f --listen "unix:$work/board.sock"
expect 2 '--config excludes --board' simulator --board ulx3s-85f --config nano --listen "unix:$work/board.sock"

"$luoshu" simulator --board ulx3s-85f --listen "unix:$work/board.sock" 2>"$work/sim.err" &
simulator=$!
for _ in $(seq 200); do [ -S "$work/board.sock" ] && break; sleep 0.1; done
[ -S "$work/board.sock" ] || fail "the simulator does not listen" "$work/sim.err"
expect 0 '' -q generate --device model --config nano -n 2 --temp 0 -c 32 -p Once
one=$(cat "$work/out")
expect 0 '' -q generate --device "unix:$work/board.sock" -n 2 --temp 0 -c 32 -p Once
[ "$one" = "$(cat "$work/out")" ] || fail "the board's text is not the model's: '$one', '$(cat "$work/out")'"
kill -INT "$simulator"
wait "$simulator"
[ $? -eq 130 ] || fail "simulator does not end with 130 on Ctrl-C" "$work/sim.err"
finish
