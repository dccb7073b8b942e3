#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The stock libusb with a mock device behind it. umockdev_test.sh BOARD LUOSHU SOURCE_ROOT [SIMULATOR]
# BOARD is umockdev_board; SIMULATOR a luoshu that can simulate: then text is generated over the mock board.
set -u
board=$1 luoshu=$2 root=$3 simulator=${4:-}
. "$root/tests/cli/expect.sh"
# mock CODE 'PART OF STDERR' ARGUMENTS...: runs umockdev_board in the mock world.
mock() {
  local code=$1 part=$2 status
  shift 2
  timeout 120 umockdev-wrapper "$board" "$@" >"$work/out" 2>"$work/err" </dev/null
  status=$?
  [ "$status" -eq "$code" ] && grep -qF -- "$part" "$work/err" || fail "$*: exit $status, expected $code with '$part':" "$work/err"
}

mock 0 'mock board' model "$board" client
grep -q '^right, 0 frames sent again' "$work/out" || fail 'the link over a mock board' "$work/out"
mock 0 'mock board' model "$luoshu" devices
grep -q '^usb:0123456789ABCDEF  *3-2  *full  *ok  *Luoshu chip$' "$work/out" || fail 'devices' "$work/out"
mock 0 'another process uses the board at 3-2' --busy model "$luoshu" devices
mock 1 'another process uses the board at 3-2; end that one' --busy model "$luoshu" generate --device usb -p x
mock 1 'usb:0123456789ABCDEF: the board was unplugged; plug it in and start again' --unplug-after 500 model "$board" client forever
[ "$(grep -c '^luoshu: error: ' "$work/err")" -eq 1 ] || fail 'more than one line' "$work/err"
# A chip with another identification is refused: the line goes through to it.
mock 1 'luoshu: error: ' model "$luoshu" generate --device usb:0123456789ABCDEF -n 1 -p x

if [ -n "$simulator" ]; then
  say=(-q generate -n 4 --temp 0 -p 'Once upon a time')
  "$simulator" simulator --config nano --listen "unix:$work/chip.sock" 2>"$work/sim.err" &
  chip=$!
  for _ in $(seq 200); do [ -S "$work/chip.sock" ] && break; sleep 0.1; done
  "$luoshu" "${say[@]}" --device model --config nano >"$work/one" 2>"$work/err" || fail 'the model' "$work/err"
  mock 0 'mock board' "unix:$work/chip.sock" "$luoshu" "${say[@]}" --device usb --json "$work/usb.json"
  cmp -s "$work/one" "$work/out" || fail 'usb and model differ' "$work/out"
  grep -q '"label": "over USB"' "$work/usb.json" && grep -q '"config": "nano"' "$work/usb.json" || fail 'JSON' "$work/usb.json"
  # Ctrl-C while it works: 130, and the next user is served.
  mock 130 'luoshu: interrupted' "unix:$work/chip.sock" timeout --preserve-status --signal=INT 4 \
    "$luoshu" generate --device usb -n 400 --ignore-eos --temp 0 -p 'Once upon a time'
  mock 0 'mock board' "unix:$work/chip.sock" "$luoshu" "${say[@]}" --device usb
  cmp -s "$work/one" "$work/out" || fail 'after Ctrl-C usb and model differ' "$work/out"
  kill -KILL "$chip"
  wait "$chip" 2>/dev/null
fi
finish
