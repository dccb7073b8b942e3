#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What goes out: stdout that takes nothing, files that cannot be written, files of earlier runs, closed descriptors.
# output_test.sh LUOSHU SOURCE_ROOT
set -u
luoshu=$1 root=$2
. "$root/tests/cli/expect.sh"
once=(generate --device model -n 3 --temp 0 -p 'Once upon a time')
printf 'Once upon a time, there was a cat.\n' >"$work/text"

# one_line STATUS WHAT: the last command failed as it should, with one line of advice.
one_line() {
  [ "$1" -eq 1 ] || fail "$2: exit $1" "$work/err"
  [ "$(grep -c '^luoshu: error: cannot write to stdout: .*; ' "$work/err")" -eq 1 ] || fail "$2: not one error line" "$work/err"
  [ "$(grep -c 'error' "$work/err")" -eq 1 ] || fail "$2: more than one error" "$work/err"
}
# Every verb that prints: a full device, a closed descriptor, a pipe that nobody reads.
for verb in 'generate --device model -n 3 --temp 0 -p Once' 'generate --device model -n 3 --temp 0 -p Once --json -' 'configs' \
  'configs --json -' 'examine' 'examine --json -' "perplexity --device model -f $work/text" \
  "perplexity --device model -f $work/text --json -" 'bench --device model --shape stories260k --test tg1' '--help' '--version' \
  'generate --help'; do
  "$luoshu" $verb >/dev/full 2>"$work/err"
  one_line $? "$verb >/dev/full"
  "$luoshu" $verb >&- 2>"$work/err"
  one_line $? "$verb >&-"
done
{ "$luoshu" "${once[@]}" --json "$work/pipe.json" 2>"$work/err"; echo $? >"$work/status"; } | true
one_line "$(cat "$work/status")" 'generate into a pipe that is closed'
[ "$(ls "$work" | grep -c pipe.json)" -eq 0 ] || fail 'a failed run left a JSON file or half of one'
# A text that nobody can read is not generated to its end.
timeout 100 "$luoshu" generate --device reference --ignore-eos --temp 0 -c 2000 -n 1999 -p Once >/dev/full 2>"$work/err"
one_line $? 'a long text into a full device'

# Paths are tried before the model is opened, and by every flag that names one.
for flag in json logits timeline trace; do
  device=sim
  [ "$flag" = json ] && device=model
  expect 2 'cannot write' generate --device $device -m "$work/none.gguf" -n 1 -p x "--$flag" "$work/no/such/file"
  expect 2 'cannot write' generate --device $device -m "$work/none.gguf" -n 1 -p x "--$flag" "$work"
done
expect 2 'cannot write' bench --device model --shape qwen4 --plot "$work/no/such/file"
expect 2 'cannot write' bench --device model --shape qwen4 --json "$work/no/such/file"
expect 2 'cannot write' perplexity --device model -m "$work/none.gguf" -f "$work/text" --json "$work/no/such/file"
expect 2 'cannot write' soak --device unix:/none -m "$work/none.gguf" --json "$work/no/such/file"

# An earlier run's file is not there after a run that fails, whatever it fails of; no scratch file is left.
for case in '2 generate --device model -m none.gguf -p x' '2 generate --device model --temp -1 -p x' '2 generate --device model' \
  '1 generate --device unix:/none/chip -p x' '2 bench --device model --shape qwen4' "2 perplexity --device model -f $work/none" \
  '2 soak --device model' '2 examine -m none.gguf'; do
  echo '{"old": 1}' >"$work/result.json"
  expect ${case%% *} '' ${case#* } --json "$work/result.json"
  [ ! -e "$work/result.json" ] || fail "'$case' leaves the JSON of an earlier run"
  [ "$(ls "$work" | grep -c 'result.json')" -eq 0 ] || fail "'$case' leaves a scratch file"
done
expect 0 '' "${once[@]}" --json "$work/a.json" --logits "$work/a.npy"
[ "$(ls "$work" | grep -c '^a\.')" -eq 2 ] || fail "other files beside JSON and logits: $(ls "$work")"
# No room at the end: exit code 1, nothing left of either file.
(trap '' XFSZ; ulimit -f 16; expect 1 'cannot write' "${once[@]}" --logits "$work/big.npy" --json "$work/big.json"; exit "$failures")
[ $? -eq 0 ] || failures=$((failures + 1))
[ "$(ls "$work" | grep -c big)" -eq 0 ] || fail "half a file: $(ls "$work")"
# A link keeps pointing there, a file keeps its mode, devices are written in place, a model is not written over.
mkdir "$work/far"
echo old >"$work/far/real.json"
chmod 600 "$work/far/real.json"
ln -s far/real.json "$work/link.json"
expect 0 '' "${once[@]}" --json "$work/link.json"
[ -L "$work/link.json" ] && grep -q '"schema"' "$work/far/real.json" || fail 'the link was replaced'
[ "$(stat -c %a "$work/far/real.json")" = 600 ] || fail 'the mode changed'
expect 0 '' "${once[@]}" --json /dev/null
expect 0 '' -q "${once[@]}" --json /dev/stdout
grep -q '"schema"' "$work/out" || fail '--json /dev/stdout' "$work/out"
expect 1 'cannot write' "${once[@]}" --json /dev/full
cp "$root/models/bundled/luoshu-stories.gguf" "$work/copy.gguf"
expect 2 'is a GGUF file' "${once[@]}" --logits "$work/copy.gguf"
cmp -s "$root/models/bundled/luoshu-stories.gguf" "$work/copy.gguf" || fail 'a model was written over'

# Descriptors that are closed at the start: no file of ours gets their numbers.
expect 0 '' -q "${once[@]}"
text=$(cat "$work/out")
for closed in '2>&-' '0<&- 2>&-' '0<&- 1>&- 2>&-'; do
  rm -f "$work/closed.json"
  eval '"$luoshu" "${once[@]}" --json "$work/closed.json" --checkpoint "$work/closed.checkpoint" >"$work/out" '"$closed"
  status=$?
  case $closed in
    *1*) [ $status -eq 1 ] || fail "exit $status with $closed" ;;
    *)
      [ $status -eq 0 ] && [ "$text" = "$(cat "$work/out")" ] || fail "exit $status with $closed" "$work/out"
      if command -v python3 >/dev/null; then
        python3 -c 'import json, sys; json.load(open(sys.argv[1]))' "$work/closed.json" || fail "JSON with $closed" "$work/closed.json"
      fi ;;
  esac
done
expect 0 'is taken from' "${once[@]}" --checkpoint "$work/closed.checkpoint" --verify
finish
