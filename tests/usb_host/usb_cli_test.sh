#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The lines of --device usb, `luoshu devices` and `luoshu install-udev`, on a fake of libusb (usb_cli.cc).
# usb_cli_test.sh LUOSHU SOURCE_ROOT [SIMULATOR]   SIMULATOR: a luoshu that can simulate; then text comes over the fake.
set -u
luoshu=$1 root=$2 simulator=${3:-}
. "$root/tests/cli/expect.sh"
say=(generate --device usb -n 1 -p x)
with() { export LUOSHU_FAKE_USB=$1; }
listed() { grep -qF -- "$1" "$work/out" || fail "devices: no '$1'" "$work/out"; }

with none
expect 1 'no board is on the USB; plug it in' "${say[@]}"
expect 0 '' devices
listed 'no board'
with absent
expect 1 'USB cannot be used here: LIBUSB_ERROR_OTHER; check' "${say[@]}"
expect 0 'USB cannot be used here' devices
with denied
expect 1 'no permission for the USB device 1209:0001 at 3-2; run `sudo ./luoshu install-udev`' "${say[@]}"
expect 1 'TAG+="uaccess" and runs `udevadm control --reload` and `udevadm trigger' "${say[@]}"
expect 0 'no permission' devices
listed 'no permission'
with busy
expect 1 'another process uses the board at 3-2; end that one first' "${say[@]}"
expect 0 'another process' devices
listed 'usb:0123456789ABCDEF'
with driver
expect 1 'a driver of the kernel has the board at 3-2; take it off with `echo 3-2:1.0 | sudo tee' "${say[@]}"
with mute
expect 1 'does not answer (LIBUSB_ERROR_TIMEOUT); plug it in again' "${say[@]}"
with two
expect 2 '2 boards match: usb:0123456789ABCDEF (port 3-2), usb:FEDCBA9876543210 (port 3-1.4); give one as --device usb:SERIAL' "${say[@]}"
expect 1 'no board has the serial number 0000000000000000; connected: usb:0123' generate --device usb:0000000000000000 -p x
expect 0 '' devices
listed 'usb:0123456789ABCDEF             3-2      full     ok             Luoshu chip'
listed 'usb:FEDCBA9876543210             3-1.4    full     ok             Luoshu chip'
expect 0 '' devices --json -
for part in '"device": "usb:FEDCBA9876543210"' '"port": "3-1.4"' '"speed": "full"' '"access": "ok"' '"schema": 1'; do listed "$part"; done
with gone
expect 1 'usb:0123456789ABCDEF: the board was unplugged; plug it in and start again' "${say[@]}"
with halted
expect 1 'the endpoint is halted (LIBUSB_ERROR_PIPE), 10 more attempts did not help; unplug the board' "${say[@]}"

# The rule: shown, written with the commands that are run, refused without root.
with none
expect 0 '' install-udev --print
grep -q '^SUBSYSTEM=="usb", .*TAG+="uaccess"$' "$work/out" || fail 'the rule' "$work/out"
[ "$(grep -vc '^#' "$work/out")" -eq 1 ] || fail 'more than the rule' "$work/out"
cp "$work/out" "$work/rule"
mkdir "$work/rules" "$work/bin"
printf '#!/bin/sh\necho "$*" >>"%s/called"\nexit "$(cat "%s/status")"\n' "$work" "$work" >"$work/bin/udevadm"
chmod +x "$work/bin/udevadm"
old_path=$PATH
echo 0 >"$work/status"
PATH=$work/bin:$PATH
expect 0 '' install-udev --folder "$work/rules"
cmp -s "$work/rule" "$work/rules/70-luoshu.rules" || fail 'another rule is written'
printf 'control --reload\ntrigger --subsystem-match=usb --attr-match=idVendor=1209\n' | cmp -s - "$work/called" || fail 'udevadm' "$work/called"
grep -q "^wrote $work/rules/70-luoshu.rules" "$work/out" && grep -q '^ran udevadm control --reload' "$work/out" || fail 'does not say what it does' "$work/out"
echo 3 >"$work/status"
expect 1 '`udevadm control --reload` ended with status 3; unplug the board' install-udev --folder "$work/rules"
mkdir "$work/empty"
for tool in cat grep; do ln -s "$(command -v $tool)" "$work/empty/$tool"; done
PATH=$work/empty
expect 0 '' install-udev --folder "$work/rules"
PATH=$old_path
grep -q '^udevadm is not here' "$work/out" || fail 'without udevadm' "$work/out"
expect 1 'is udev installed?' install-udev --folder "$work/absent"
# As a user. Root gives its rights up for it, where it can.
chmod 755 "$work" "$work/rules"
user=()
[ "$(id -u)" -ne 0 ] || user=(setpriv --reuid=65534 --regid=65534 --clear-groups)
chmod 555 "$work/rules"
rm -f "$work/rules/70-luoshu.rules" 2>/dev/null
if [ ${#user[@]} -eq 0 ] || "${user[@]}" test -x "$luoshu" 2>/dev/null; then
  "${user[@]}" "$luoshu" install-udev --folder "$work/rules" >"$work/out" 2>"$work/err"
  [ $? -eq 1 ] && grep -q '^luoshu: error: .* needs root; run `sudo ./luoshu install-udev`$' "$work/err" || fail 'without root' "$work/err"
fi
chmod 755 "$work/rules"

# A chip behind the fake: the model's text; halts and errors on the way change nothing; a board that goes is one line.
if [ -n "$simulator" ]; then
  once=(-q generate -n 4 --temp 0 -p 'Once upon a time')
  expect 0 '' "${once[@]}" --device model --config nano
  one=$(cat "$work/out")
  "$simulator" simulator --config nano --listen "unix:$work/chip.sock" 2>"$work/sim.err" &
  chip=$!
  for _ in $(seq 200); do [ -S "$work/chip.sock" ] && break; sleep 0.1; done
  with "unix:$work/chip.sock"
  for faults in 0 0.002; do
    LUOSHU_FAKE_USB_FAULTS=$faults expect 0 '' "${once[@]}" --device usb --json "$work/usb.json"
    [ "$one" = "$(cat "$work/out")" ] || fail "usb and model differ, faults $faults" "$work/out"
  done
  grep -q '"label": "over USB"' "$work/usb.json" && grep -q '"config": "nano"' "$work/usb.json" || fail 'JSON' "$work/usb.json"
  "$luoshu" generate --device usb -n 400 --ignore-eos --temp 0 -p 'Once upon a time' >"$work/client.out" 2>"$work/client.err" &
  client=$!
  for _ in $(seq 600); do [ -s "$work/client.out" ] && break; sleep 0.1; done
  kill -INT "$client"
  wait "$client"
  [ $? -eq 130 ] || fail 'Ctrl-C does not end with 130' "$work/client.err"
  expect 0 '' "${once[@]}" --device usb
  [ "$one" = "$(cat "$work/out")" ] || fail 'after Ctrl-C usb and model differ' "$work/out"
  rm -f "$work/client.out"
  "$luoshu" generate --device usb -n 400 --ignore-eos --temp 0 -p 'Once upon a time' >"$work/client.out" 2>"$work/client.err" &
  client=$!
  for _ in $(seq 600); do [ -s "$work/client.out" ] && break; sleep 0.1; done
  kill -KILL "$chip"
  wait "$client"
  [ $? -eq 1 ] && [ "$(grep -c '^luoshu: error: usb:0123456789ABCDEF: the board was unplugged; ' "$work/client.err")" -eq 1 ] ||
    fail 'an unplugged board is not one line and exit status 1' "$work/client.err"
fi
finish
