#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Exit codes, messages and JSON of the command line, on the bundled model. cli_test.sh LUOSHU SOURCE_ROOT
set -u
luoshu=$1 root=$2
export LUOSHU_ROOT=$root
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0

# expect CODE 'PART OF STDERR' ARGUMENTS...
expect() {
  local code=$1 part=$2 status
  shift 2
  "$luoshu" "$@" >"$work/out" 2>"$work/err" </dev/null
  status=$?
  if [ "$status" -ne "$code" ] || ! grep -qF -- "$part" "$work/err"; then
    echo "FAIL: luoshu $*: exit $status, expected $code with '$part' on stderr:"
    cat "$work/err"
    failures=$((failures + 1))
  fi
  if [ "$code" -ne 0 ] && [ "$(grep -c '^luoshu: error: ' "$work/err")" -ne 1 ]; then
    echo "FAIL: luoshu $*: not exactly one error line"
    cat "$work/err"
    failures=$((failures + 1))
  fi
}

expect 2 'see luoshu --help' frobnicate
expect 2 'see luoshu --help' generate --nonsense
expect 2 'the prompt is empty' generate --device model -p ''
expect 2 'check the path' generate --device model -m "$work/none.gguf" -p x
expect 2 'check the path' generate --device model -f "$work/none.txt"
expect 2 'UTF-8' generate --device model -p "$(printf 'a\xff\xfeb')"
expect 2 'unknown configuration' generate --config huge -p x
expect 2 'unknown device' generate --device toaster -p x
expect 2 'a later release' generate --device usb -p x
expect 2 'unknown memory' generate --memory dream -p x
expect 2 '--tokens' generate --device model --tokens 1,99999999
expect 2 '--trace-window' generate --device sim --trace "$work/t.fst" --trace-window 5 -p x
expect 2 'context' generate --device model -c 4 -p 'Once upon a time there was a little girl'
expect 2 'cannot write' generate --device model -n 1 -p x --json "$work/no/such/folder.json"
expect 2 'loopback' simulator --listen tcp:0.0.0.0:0
expect 2 '--config' area --config wide
LUOSHU_BUILD=$work LUOSHU_NO_INSTALL=1 expect 1 'fpga/tools.txt' area --config nano
expect 1 'luoshu: error: ' generate --device "unix:$work/nobody.sock" -p x
head -c 3000 "$root/models/bundled/luoshu-stories.gguf" >"$work/cut.gguf"
expect 2 'cut.gguf' generate --device model -m "$work/cut.gguf" -p x
expect 0 '' generate --device model -n 3 --temp 0 -p 'Once upon a time' --json "$work/a.json" --logits "$work/a.npy"
if command -v python3 >/dev/null; then
  python3 - "$work/a.json" "$work/a.npy" <<'PY' || { echo 'FAIL: JSON or NumPy output'; failures=$((failures + 1)); }
import json, sys
r = json.load(open(sys.argv[1]))
assert r["schema"] == 1 and len(r["tokens"]) == 3 and r["stop"] in ("length", "eos"), r
for key in ("label", "config", "cycles", "bytes", "roofline", "units", "wall_s", "model"):
    assert key in r, key
raw = open(sys.argv[2], "rb").read()
assert raw[:6] == b"\x93NUMPY" and len(raw) == 128 + 4 * 2048 * (len(r["prompt_tokens"]) + 2), len(raw)
PY
fi
expect 0 '' generate --device model -n 3 --temp 0 -p 'Once upon a time'
one=$(cat "$work/out")
expect 0 '' -q generate --device reference -n 3 --temp 0 -p 'Once upon a time'
[ "$one" = "$(cat "$work/out")" ] || { echo "FAIL: model and reference differ"; failures=$((failures + 1)); }
expect 0 '' generate --device model -n 12 -s 7 -p 'Once'
one=$(cat "$work/out")
expect 0 '' generate --device model -n 12 -s 7 -p 'Once'
[ "$one" = "$(cat "$work/out")" ] || { echo "FAIL: one seed, two texts"; failures=$((failures + 1)); }
expect 0 '' configs --json -
grep -q '"port_bytes": 32' "$work/out" || { echo "FAIL: configs"; failures=$((failures + 1)); }
expect 0 '' examine --json -
grep -q '"native"' "$work/out" || { echo "FAIL: examine"; failures=$((failures + 1)); }
printf 'Once upon a time, there was a cat.\n\nOne day, Tom went to the park.\n' >"$work/text"
expect 0 '' perplexity --device model --against reference -f "$work/text" --json -
grep -q '"kld_mean"' "$work/out" || { echo "FAIL: perplexity"; failures=$((failures + 1)); }

# The simulator in a process of its own gives the text of the model.
"$luoshu" simulator --listen "unix:$work/chip.sock" 2>"$work/sim.err" &
simulator=$!
for _ in $(seq 100); do [ -S "$work/chip.sock" ] && break; sleep 0.1; done
expect 0 '' -q generate --device model -n 4 --temp 0 -p 'Once upon a time'
one=$(cat "$work/out")
for _ in 1 2; do
  expect 0 '' -q generate --device "unix:$work/chip.sock" -n 4 --temp 0 -p 'Once upon a time'
  [ "$one" = "$(cat "$work/out")" ] || { echo "FAIL: socket and model differ"; failures=$((failures + 1)); }
done
kill -INT "$simulator"
wait "$simulator"
[ $? -eq 130 ] || { echo "FAIL: simulator does not end with 130 on Ctrl-C"; failures=$((failures + 1)); }
expect 0 '' soak --runs 1 -n 4

[ "$failures" -eq 0 ] && echo PASS
exit "$failures"
