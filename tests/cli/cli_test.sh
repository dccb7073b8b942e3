#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Exit codes, messages and JSON of the command line, on the bundled model. cli_test.sh LUOSHU SOURCE_ROOT
set -u
luoshu=$1 root=$2
. "$root/tests/cli/expect.sh"

expect 2 '--config' area --config wide
LUOSHU_BUILD=$work LUOSHU_NO_INSTALL=1 expect 1 'fpga/tools.txt' area --config nano
expect 0 '' generate --device model -n 3 --temp 0 -p 'Once upon a time' --json "$work/a.json" --logits "$work/a.npy"
if command -v python3 >/dev/null; then
  python3 - "$work/a.json" "$work/a.npy" <<'PY' || fail 'JSON or NumPy output'
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
[ "$one" = "$(cat "$work/out")" ] || fail "model and reference differ"
expect 0 '' generate --device model -n 12 -s 7 -p 'Once'
one=$(cat "$work/out")
expect 0 '' generate --device model -n 12 -s 7 -p 'Once'
[ "$one" = "$(cat "$work/out")" ] || fail "one seed, two texts"
# Drafts change how a greedy text is made, not the text; the model as its own draft model is always right.
expect 0 '' -q generate --device model -n 40 --temp 0 --ignore-eos -p 'Once upon a time'
one=$(cat "$work/out")
for drafts in '' 3 "3 --draft-model $root/models/bundled/luoshu-stories.gguf"; do
  expect 0 '' -q generate --device model -n 40 --temp 0 --ignore-eos -p 'Once upon a time' --json "$work/s.json" --speculate $drafts
  [ "$one" = "$(cat "$work/out")" ] || fail "another text with --speculate $drafts"
done
grep -q '"accepted": 29' "$work/s.json" && grep -q '"passes": 10' "$work/s.json" || fail "drafts of the model itself" "$work/s.json"
expect 0 '' -q generate --device reference -n 8 --temp 0 -p 'Once upon a time' --speculate --draft-device reference --draft-model "$root/models/bundled/luoshu-stories.gguf"

# A timeline: JSON, spans of one track in order and apart, every unit, chip and host.
expect 0 '' -q generate -n 3 --temp 0 -p 'Once' --timeline "$work/t.json"
if command -v python3 >/dev/null; then
  python3 - "$work/t.json" <<'PY' || fail 'timeline'
import collections, json, sys
trace = json.load(open(sys.argv[1]))
assert trace["otherData"]["dropped_events"] == 0, trace["otherData"]
tracks, names = collections.defaultdict(list), {}
for e in trace["traceEvents"]:
    if e["ph"] == "X":
        tracks[e["pid"], e["tid"]].append(e)
    elif e["ph"] == "M" and e["name"] == "thread_name":
        names[e["pid"], e["tid"]] = e["args"]["name"]
for key, spans in tracks.items():
    for a, b in zip(spans, spans[1:]):
        assert a["ts"] + a["dur"] <= b["ts"] + 2e-6, (names[key], a, b)
seen = {names[key] for key in tracks}
for name in ("array", "attention", "vector unit", "weight stream", "KV stream", "sequencer", "control core", "firmware",
             "link in", "link out", "calls"):
    assert name in seen, (name, seen)
array = {e["name"] for key in tracks if names[key] == "array" for e in tracks[key]}
assert {"L0 K V Q", "L5 down", "LM head"} <= array, array
assert any(e["ph"] == "C" and e["args"]["weights"] > 16 for e in trace["traceEvents"])
PY
fi
expect 0 '' configs --json -
grep -q '"port_bytes": 32' "$work/out" || fail "configs"
expect 0 '' examine --json -
grep -q '"native"' "$work/out" || fail "examine"
printf 'Once upon a time, there was a cat.\n\nOne day, Tom went to the park.\n' >"$work/text"
expect 0 '' perplexity --device model --against reference -f "$work/text" --json -
grep -q '"kld_mean"' "$work/out" || fail "perplexity"

expect 0 '' bench --shape stories260k --test tg1@d32,at1@d32 --batch 1,2 --json - --plot "$work/roof.svg"
for key in '"batch": 2' '"test": "at1@d32"' '"roofline_share"' '"memory": "latency30"' '"extrapolated": false'; do
  grep -q "$key" "$work/out" || fail "bench: no $key"
done
grep -q '</svg>' "$work/roof.svg" || fail "bench --plot"
expect 0 '' bench --shape stories260k --test pp4 --extrapolate --memory tang-nano-20k,share=0.5
grep -q '^| stories260k .*extrapolated from 2 and 4 layers |$' "$work/out" || fail "bench --extrapolate"

expect 1 'check that the simulator runs there' generate --device "unix:$work/nobody.sock" -p x

# The simulator in a process of its own gives the text of the model.
start_simulator() {
  rm -f "$work/chip.sock"  # one that a killed simulator left would end the wait too early
  "$luoshu" simulator --listen "unix:$work/chip.sock" 2>"$work/sim.err" &
  simulator=$!
  for _ in $(seq 200); do [ -S "$work/chip.sock" ] && return; sleep 0.1; done
  fail "the simulator does not listen" "$work/sim.err"
}
# Starts a long generation over the socket and waits until text comes.
start_client() {
  rm -f "$work/client.out"  # text of the client before would end the wait too early
  "$luoshu" generate --device "unix:$work/chip.sock" -n 400 --ignore-eos --temp 0 -p 'Once upon a time' >"$work/client.out" 2>"$work/client.err" &
  client=$!
  for _ in $(seq 600); do [ -s "$work/client.out" ] && return; sleep 0.1; done
  fail "no text over the socket" "$work/client.err"
}
start_simulator
expect 0 '' -q generate --device model -n 4 --temp 0 -p 'Once upon a time'
one=$(cat "$work/out")
for _ in 1 2; do
  expect 0 '' -q generate --device "unix:$work/chip.sock" -n 4 --temp 0 -p 'Once upon a time'
  [ "$one" = "$(cat "$work/out")" ] || fail "socket and model differ"
done
# A checkpoint of one device serves the others.
for device in "unix:$work/chip.sock" sim model "unix:$work/chip.sock"; do
  expect 0 '' -q generate --device "$device" -n 4 --temp 0 -p 'Once upon a time' --checkpoint "$work/checkpoint" --json "$work/c.json" --verify
  [ "$one" = "$(cat "$work/out")" ] || fail "another text on $device from a checkpoint"
  grep -qF '"checkpoint": "'"${state:-written}"'"' "$work/c.json" || fail "checkpoint on $device" "$work/c.json"
  state=used
done
# The runs of a soak and the model that they are compared with share one.
expect 0 '' soak --runs 2 -n 3 --checkpoint "$work/checkpoint" --json "$work/soak.json"
grep -q '"stop": "runs"' "$work/soak.json" && grep -q '"failed": \[\]' "$work/soak.json" || fail 'soak' "$work/soak.json"
# A client that dies in the middle of a generation leaves a simulator that serves the next one.
start_client
kill -KILL "$client"
wait "$client" 2>/dev/null
expect 0 '' -q generate --device "unix:$work/chip.sock" -n 4 --temp 0 -p 'Once upon a time'
[ "$one" = "$(cat "$work/out")" ] || fail "another text after a client died"
kill -INT "$simulator"
wait "$simulator"
[ $? -eq 130 ] || fail "simulator does not end with 130 on Ctrl-C"
# A simulator that dies in the middle of a generation is one line and exit code 1, at once.
start_simulator
start_client
kill -KILL "$simulator"
wait "$simulator" 2>/dev/null
died=$SECONDS
wait "$client"
status=$?
[ "$status" -eq 1 ] || fail "exit $status after the simulator died" "$work/client.err"
[ $((SECONDS - died)) -le 5 ] || fail "$((SECONDS - died)) s until the dead simulator was noticed"
[ "$(grep -c '^luoshu: error: .*; restart the simulator$' "$work/client.err")" -eq 1 ] || fail "no single error line:" "$work/client.err"
# So is one that stops answering without closing the socket: a timeout instead of a hang.
start_simulator
start_client
kill -STOP "$simulator"
stopped=$SECONDS
wait "$client"
status=$?
[ "$status" -eq 1 ] || fail "exit $status after the simulator stopped" "$work/client.err"
[ $((SECONDS - stopped)) -le 30 ] || fail "$((SECONDS - stopped)) s until the silent simulator was noticed"
[ "$(grep -c '^luoshu: error: .*no answer' "$work/client.err")" -eq 1 ] || fail "no single error line:" "$work/client.err"
kill -KILL "$simulator"
wait "$simulator" 2>/dev/null

finish
