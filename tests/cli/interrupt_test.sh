#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Ctrl-C in every long loop: it ends at once, with 130, and what was done until then is told. Progress on stderr.
# interrupt_test.sh LUOSHU SOURCE_ROOT [sim]: with "sim" the loops of the simulated chip, else those of model and reference.
set -u
luoshu=$1 root=$2 kind=${3:-model}
. "$root/tests/cli/expect.sh"
limit_ms=${LUOSHU_INTERRUPT_MS:-1500}  # half a second is what is promised; the rest is for a machine with other work

# interrupt PART WAIT ARGUMENTS...: Ctrl-C once stderr has WAIT (progress comes after some two seconds), or stdout has text for
# "text"; PART must be in the JSON.
interrupt() {
  local part=$1 wait=$2 process status start took
  shift 2
  rm -f "$work/r.json"
  : >"$work/out"
  : >"$work/err"
  "$luoshu" "$@" --json "$work/r.json" >"$work/out" 2>"$work/err" </dev/null &
  process=$!
  for _ in $(seq 600); do
    if [ "$wait" = text ]; then [ -s "$work/out" ] && break; else grep -qF "$wait" "$work/err" && break; fi
    kill -0 "$process" 2>/dev/null || break
    sleep 0.1
  done
  kill -0 "$process" 2>/dev/null || fail "luoshu $*: ended before Ctrl-C" "$work/err"
  start=$(date +%s%N)
  kill -INT "$process"
  wait "$process"
  status=$?
  took=$((($(date +%s%N) - start) / 1000000))
  [ "$status" -eq 130 ] || fail "luoshu $*: exit $status after Ctrl-C" "$work/err"
  [ "$took" -le "$limit_ms" ] || fail "luoshu $*: $took ms until it ended"
  grep -q error "$work/err" && fail "luoshu $*: an error after Ctrl-C:" "$work/err"
  if [ -n "$part" ]; then
    grep -qF "$part" "$work/r.json" || fail "luoshu $*: no '$part' in the JSON" "$work/r.json"
    grep -qF '"stop": "interrupted"' "$work/r.json" || fail "luoshu $*: the JSON does not say interrupted" "$work/r.json"
  fi
  [ "$(ls "$work" | grep -c 'tmp-')" -eq 0 ] || fail "luoshu $*: scratch files: $(ls "$work")"
}

for _ in $(seq 30); do cat "$root/tests/data/prose.txt"; echo; done >"$work/long.txt"
head -c 1500 "$root/tests/data/prose.txt" | tr '\n' ' ' >"$work/prompt.txt"

if [ "$kind" = model ]; then
  interrupt '"tokens"' "perplexity: window" perplexity --device model --against reference -f "$work/long.txt"
    interrupt '"prompt_tokens"' text generate --device model --ignore-eos -c 4000 -n 3900 -p Once
  grep -q 'stop: interrupted' "$work/err" || fail 'the summary does not say interrupted' "$work/err"
  interrupt '"test": "pp4000"' 'pp4000 batch 1, token' bench --device model --shape smollm2-135m --test pp4000
  interrupt '"test": "tg2000@d16"' 'tg2000@d16 batch 2, pass' bench --device model --shape smollm2-135m --test tg1,tg2000@d16 --batch 2
  grep -q '"stop": "end"' "$work/r.json" || fail 'bench keeps no row of a test that ended' "$work/r.json"
  # A text from stdin that never comes.
  mkfifo "$work/silent"
  sleep 100 >"$work/silent" &
  silent=$!
  "$luoshu" generate --device model -f - <"$work/silent" 2>"$work/err" &
  process=$!
  sleep 0.5
  kill -INT "$process"
  wait "$process"
  [ $? -eq 130 ] || fail 'Ctrl-C while it reads stdin' "$work/err"
  kill "$silent"
  # Progress: a line after some two seconds, none with -q.
  interrupt '"tokens"' 'perplexity: window' perplexity --device reference -f "$work/long.txt"
  grep -qE '^luoshu: perplexity: window [0-9]+ of [0-9]+, token [0-9]+ of [0-9]+, [0-9]+ s$' "$work/err" || fail 'no progress' "$work/err"
  timeout -s INT 3 "$luoshu" -q perplexity --device reference -f "$work/long.txt" >/dev/null 2>"$work/err"
  [ ! -s "$work/err" ] || fail '-q is not quiet' "$work/err"
  if command -v script >/dev/null; then  # on a terminal: one line that is written over and goes
    timeout 20 script -qec "timeout --foreground -s INT 4 $luoshu perplexity --device reference -f $work/long.txt 2>&1 >/dev/null" /dev/null \
      >"$work/tty" </dev/null
    [ "$(grep -ao 'perplexity: window' "$work/tty" | wc -l)" -ge 3 ] || fail 'no progress on a terminal' "$work/tty"
    [ "$(grep -ac 'perplexity: window' "$work/tty")" -le 1 ] || fail 'progress takes more than a line of a terminal' "$work/tty"
  fi
else
  interrupt '"prompt_tokens"' 'prefill: token' generate --temp 0 -c 1024 -f "$work/prompt.txt"
  grep -qE '"prefill": [1-9]' "$work/r.json" || fail 'no cycles of the prefill' "$work/r.json"
  interrupt '"tokens"' 'perplexity: window' perplexity -f "$work/long.txt"
  interrupt '"failed": []' 'soak: run' soak --runs 1000 -n 40
  interrupt '"test": "tg64"' 'tg64 batch 1, pass' bench --shape smollm2-135m --type Q4_0 --test tg64  # in the middle of a pass of seconds
  interrupt '"test": "pp64"' 'pp64 batch 1, token' bench --shape smollm2-135m --type Q4_0 --test pp64
  interrupt '' 'upload: ' bench --shape smollm2-135m --type Q8_0 --test tg1 --upload link
  interrupt '"prompt_tokens"' text generate --temp 0 --ignore-eos -n 400 -p 'Once upon a time' --logits "$work/r.npy"
  if command -v python3 >/dev/null; then
    python3 - "$work/r.json" "$work/r.npy" <<'PY' || fail 'JSON and logits of an interrupted text' "$work/r.json"
import json, sys
r = json.load(open(sys.argv[1]))
raw = open(sys.argv[2], "rb").read()
rows = (len(raw) - 128) // (4 * 2048)
assert r["tokens"] and len(r["cycles"]["per_token"]) in (len(r["tokens"]) - 1, len(r["tokens"])), r
assert rows == len(r["prompt_tokens"]) + len(r["cycles"]["per_token"]), (rows, r)
assert r["units"]["array"]["busy"] > 0 and r["bytes"]["weights_read"] > 0 and r["bytes"]["weight_bytes_chip"] > r["bytes"]["weight_bytes_file"] * 0.9 > 0 and r["roofline"]["decode_share"] < 1, r
PY
  fi
  interrupt '"prompt_tokens"' text generate --temp 0 --ignore-eos -n 400 -p 'Once upon a time' \
    --timeline "$work/t.json" --timeline-window 0:100000
  [ -s "$work/t.json" ] || fail 'no timeline of an interrupted run'
  # Over a socket: the client ends at once, the simulator serves the next one.
  "$luoshu" simulator --listen "unix:$work/chip.sock" 2>"$work/sim.err" &
  simulator=$!
  for _ in $(seq 200); do [ -S "$work/chip.sock" ] && break; sleep 0.1; done
  interrupt '"prompt_tokens"' 'prefill: token' generate --device "unix:$work/chip.sock" --temp 0 -c 1024 -f "$work/prompt.txt"
  expect 0 '' generate --device "unix:$work/chip.sock" --temp 0 -n 2 -p Once
  # While one is served another hears at once that the simulator is busy.
  "$luoshu" generate --device "unix:$work/chip.sock" --temp 0 -c 1024 -f "$work/prompt.txt" >/dev/null 2>&1 &
  client=$!
  sleep 1.5
  start=$(date +%s%N)
  expect 1 'is busy with another client and serves one at a time' generate --device "unix:$work/chip.sock" -p x
  took=$((($(date +%s%N) - start) / 1000000))
  [ "$took" -le "$limit_ms" ] || fail "$took ms until a second client heard that the simulator is busy"
  # With stdin, stdout or stderr closed no line of ours gets into the link.
  kill -INT "$client"
  wait "$client"
  expect 0 '' -q generate --device model --temp 0 -n 3 -p Once
  text=$(cat "$work/out")
  "$luoshu" generate --device "unix:$work/chip.sock" --temp 0 -n 3 -p Once -c 5000 >"$work/out" 0<&- 2>&-
  [ $? -eq 0 ] && [ "$text" = "$(cat "$work/out")" ] || fail 'another text with stdin and stderr closed' "$work/out"
  kill -INT "$simulator"
  wait "$simulator"
  [ $? -eq 130 ] || fail 'the simulator does not end with 130'
fi
finish
