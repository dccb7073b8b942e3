#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# `luoshu generate --device serial:PATH`: a pseudo-terminal with the simulated chip behind it. serial_cli_test.sh LUOSHU SOURCE_ROOT
set -u
luoshu=$1 root=$2
. "$root/tests/cli/expect.sh"
port=$work/ttyUSB0
say=(-n 4 --temp 0 -p 'Once upon a time')

plug_in() {
  "$luoshu" simulator --config nano --listen "unix:$work/chip.sock" 2>"$work/sim.err" &
  simulator=$!
  for _ in $(seq 200); do [ -S "$work/chip.sock" ] && break; sleep 0.1; done
  python3 "$root/tests/serial/pty_bridge.py" "$work/chip.sock" "$port" &
  bridge=$!
  for _ in $(seq 100); do [ -e "$port" ] && return; sleep 0.1; done
  fail "no port" "$work/sim.err"
}
unplug() {
  kill -KILL "$bridge" "$simulator" 2>/dev/null
  wait "$bridge" "$simulator" 2>/dev/null
}

# Starts a long generation and waits until text comes.
start_client() {
  rm -f "$work/client.out"  # text of the client before would end the wait too early
  "$luoshu" generate --device "serial:$port" -n 400 --ignore-eos --temp 0 -p 'Once upon a time' >"$work/client.out" 2>"$work/client.err" &
  client=$!
  for _ in $(seq 600); do [ -s "$work/client.out" ] && return; sleep 0.1; done
  fail "no text over the port" "$work/client.err"
}
# The text of the model, at that rate.
same_text() {
  expect 0 '' -q generate --device "serial:$port$1" "${say[@]}" --json "$work/s.json"
  [ "$one" = "$(cat "$work/out")" ] || fail "serial$1 and model differ"
  grep -q '"label": "over a serial port"' "$work/s.json" && grep -q '"config": "nano"' "$work/s.json" || fail "JSON" "$work/s.json"
}

expect 1 'there is no such port' generate --device "serial:$port" -p x
expect 0 '' -q generate --device model --config nano "${say[@]}"
one=$(cat "$work/out")
plug_in
same_text ''
# Ctrl-C in the middle: 130, and the next user is served.
start_client
kill -INT "$client"
wait "$client"
[ $? -eq 130 ] || fail "Ctrl-C does not end with 130" "$work/client.err"
same_text :1000000
# A second user is refused while the first works; one whose port goes away ends with one line.
start_client
expect 1 'another process uses it' generate --device "serial:$port" -p x
unplug
wait "$client"
[ $? -eq 1 ] && [ "$(grep -c '^luoshu: error: .*the port is gone.*; plug the board in' "$work/client.err")" -eq 1 ] ||
  fail "an unplugged port is not one line and exit status 1" "$work/client.err"
finish
