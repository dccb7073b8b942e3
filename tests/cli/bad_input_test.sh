#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Bad flags, prompts and files: exit code 2 and one line that says what to do. Run on the sanitized binary as well.
# bad_input_test.sh LUOSHU SOURCE_ROOT BAD_FILES (writes one hostile GGUF after the other into a folder)
set -u
luoshu=$1 root=$2 bad_files=$3
. "$root/tests/cli/expect.sh"

# Flags.
expect 2 "unknown verb 'frobnicate'; the verbs are generate, chat, perplexity" frobnicate
expect 2 "unknown verb 'frobnicate'" -q frobnicate
expect 2 "unknown verb ''" ''
expect 2 'see luoshu --help'
expect 2 'see luoshu --help' generate --nonsense
expect 2 'see luoshu --help' generate --device model -n -2 -p x
expect 2 'see luoshu --help' generate --device model -n many -p x
expect 2 'see luoshu --help' generate --device model -p x -f "$work/none"
expect 2 '-c 4000000000' generate --device model -c 4000000000 -p x
expect 2 'see luoshu --help' generate --device model -c 40000000000 -p x
expect 2 'see luoshu --help' generate --device model -c -1 -p x
expect 2 '--temp' generate --device model --temp -1 -p x
expect 2 '--top-p' generate --device model --top-p 2 -p x
expect 2 '--min-p' generate --device model --min-p nan -p x
expect 2 '--repeat-penalty' generate --device model --repeat-penalty 0 -p x
expect 2 'unknown configuration' generate --config huge -p x
expect 2 'unknown device' generate --device toaster -p x
expect 2 'serial:PATH[:BAUD] or usb[:SERIAL]' generate --device toaster -p x
expect 2 '16 hexadecimal digits' generate --device usb:42 -p x
expect 2 '16 hexadecimal digits' generate --device usb: -p x
expect 1 'there is no such port' generate --device serial:/dev/luoshu-absent -p x
expect 2 'not a serial port' generate --device serial:/dev/null -p x
expect 2 'names no port' generate --device serial: -p x
expect 2 '0 baud' generate --device serial:/dev/null:0 -p x
expect 2 'unknown memory' generate --device model --memory dream -p x
expect 2 "--memory holds 'share=2'" generate --device model --memory ideal,share=2 -p x
expect 2 "--memory holds 'speed=1'" generate --device model --memory latency30,speed=1 -p x
expect 2 '--trace-window' generate --device sim --trace "$work/t.fst" --trace-window 5 -p x
expect 2 '--timeline-window' generate --device sim --timeline "$work/t.json" --timeline-window 9:5 -p x
expect 2 'give both' generate --timeline-window 0:5 -p x
expect 2 'give --device sim' generate --device model --timeline "$work/t.json" -p x
expect 2 '--speculate many' generate --device model --speculate many -p x
expect 2 'give 0 to 7' generate --device model --config lab --speculate 8 -p x
expect 2 'needs --speculate' generate --device model --draft-model "$work/none.gguf" -p x
expect 2 'check the path' generate --device model --speculate --draft-model "$work/none.gguf" -p x
expect 2 'see luoshu --help' generate --device model --speculate --draft-min 0 -p x
expect 2 'n-grams' generate --device model --speculate --draft-min 9 --draft-max 2 -p x
expect 2 'cannot write' generate --device model -n 1 -p x --json "$work/no/such/folder.json"
expect 2 'cannot write' generate --device model -n 1 -p x --logits "$work/no/such/folder.npy"
expect 2 'refusing to listen' simulator --listen tcp:0.0.0.0:0
expect 2 'unknown address' simulator --listen nowhere
expect 2 'no port' generate --device tcp:localhost -p x
for port in 65536 70000 4294967376 99999999999999999999 -1 http; do
  expect 2 "has the port '$port'" generate --device "tcp:localhost:$port" -p x
  expect 2 "has the port '$port'" simulator --listen "tcp:127.0.0.1:$port"
done
expect 2 "--seed '18446744073709551616'" generate --device model -p x -s 18446744073709551616
expect 2 "--seed '-2'" generate --device model -p x -s -2
expect 2 "--seed '1.5'" generate --device model -p x -s 1.5
expect 2 "--seed ''" generate --device model -p x -s ''
expect 2 "--sim-seed '-1'" generate --device model -p x --sim-seed -1
expect 2 "--sim-seed '99999999999999999999'" generate --device model -p x --sim-seed 99999999999999999999
expect 2 "--first-seed '99999999999999999999'" soak --first-seed 99999999999999999999
expect 2 'see luoshu --help' generate --device model -t 99999999999 -p x
for flag in model device config memory file tokens json logits checkpoint trace timeline draft-model; do
  expect 2 "--$flag is empty" generate "--$flag" '' -n 1
  expect 2 "--$flag is empty" generate "--$flag=" -n 1
done
expect 2 '--model is empty' generate -m '' -p x
expect 2 '--against is empty' perplexity --against= -f "$work/none"
expect 2 'give both' generate --trace-window 0:5 -p x
expect 2 'unknown shape' bench --device model --shape qwen4
expect 2 'unknown weight type' bench --device model --shape stories260k --type Q9
expect 2 'exclude each other' bench --device model --shape stories260k -m x.gguf
expect 2 "--test holds 'tg'" bench --device model --shape stories260k --test pp4,tg
expect 2 "--batch holds '0'" bench --device model --shape stories260k --batch 1,0
expect 2 'the reference is no chip' bench --device reference --shape stories260k
expect 2 'see luoshu --help' bench --device model --shape stories260k --format xml
expect 2 'positions of 256 sequences' bench --device model --shape stories260k --test tg1@d1000000 --batch 256
expect 2 'see luoshu --help' bench --device model --shape stories260k -c 4
expect 2 'cannot write' bench --device model --shape stories260k --test tg1 --plot "$work/no/such/folder.svg"
expect 2 'cannot write' bench --device model --shape stories260k --test tg1 --json "$work/no/such/folder.json"

# Prompts.
expect 2 'the prompt is empty' generate --device model
# -p "" means text from BOS alone, which the bundled model does not have (flags_test.sh tries one that has it).
expect 2 'the prompt is empty' generate --device model -p ''
expect 2 'the prompt is empty' generate --device model --prompt= -n 1
expect 2 'the prompt is empty' generate --device model -n 1 --prompt=
: >"$work/empty.txt"
expect 2 'the prompt is empty' generate --device model -f "$work/empty.txt"
expect 2 'check the path' generate --device model -f "$work/none.txt"
expect 2 'check the path' generate --device model -f "$work"
expect 2 'UTF-8' generate --device model -p "$(printf 'a\xff\xfeb')"
for bytes in '\xc0\xaf' '\xe4\xbd' '\xed\xa0\x80' '\xf4\x90\x80\x80' 'a\x80' '\xf8\x88\x80\x80\x80'; do
  printf "$bytes" >"$work/bad.txt"
  expect 2 'UTF-8' generate --device model -f "$work/bad.txt"
done
expect 2 '--tokens' generate --device model --tokens 1,99999999
expect 2 '--tokens' generate --device model --tokens 1,,2
expect 2 '--tokens' generate --device model --tokens -1
expect 2 '--tokens' generate --device model --tokens 99999999999999999999
expect 2 'shorten the prompt' generate --device model -c 4 -p 'Once upon a time there was a little girl'
head -c 30000 /dev/zero | tr '\0' 'a' >"$work/long.txt"
expect 2 'shorten the prompt' generate --device model -f "$work/long.txt"
expect 2 'the prompt is empty' generate --device model -f - # stdin is empty
expect 2 'give -f FILE' perplexity --device model
expect 2 'see luoshu --help' perplexity --device model -p x -f "$work/empty.txt"
expect 2 'no text' perplexity --device model -p ''
expect 2 'no text' perplexity --device model -f -
expect 2 'soak compares a chip with the model device' soak --device model
expect 2 'soak compares a chip with the model device' soak --device reference
expect 2 'give --first-seed' soak --device unix:/none --sim-seed 3
expect 2 'no text' perplexity --device model -f "$work/empty.txt"

# The context ends: the text stops there, and says so.
expect 0 'stop: context' generate --device model -c 16 -n 500 --ignore-eos --temp 0 -p 'Once upon a time'

# Files.
expect 2 'check the path' generate --device model -m "$work/none.gguf" -p x
expect 2 'not a file' generate --device model -m "$work" -p x
mkfifo "$work/fifo"
expect 2 'not a file' generate --device model -m "$work/fifo" -p x
bundled=$root/models/bundled/luoshu-stories.gguf
before=$(cksum <"$bundled")
size=$(stat -c %s "$bundled")
for cut in 0 3 4 23 24 3000 100000 $((size / 2)) $((size - 100)); do
  head -c "$cut" "$bundled" >"$work/cut.gguf"
  expect 2 'cut.gguf' generate --device model -m "$work/cut.gguf" -p x
done
mkdir "$work/bad"
"$bad_files" "$work/bad" "$work/good.gguf" || fail "cannot write the bad files"
count=0
for file in "$work"/bad/*.gguf; do
  expect 2 '' generate --device model -n 1 -p x -m "$file"
  expect 2 '' generate --device reference -n 1 -p x -m "$file"
  case $file in
    */data_*) ;;  # found while packing
    *) expect 2 '' examine -m "$file" ;;
  esac
  count=$((count + 1))
done
# A draft model that does not fit the model: the bundled one beside a random one of 131 tokens.
expect 2 'another vocabulary' generate --device model -m "$work/good.gguf" --speculate --draft-model "$bundled" -p a
expect 0 '' generate --device model -m "$work/good.gguf" -n 4 --temp 0 --speculate --draft-model "$work/good.gguf" -p a
[ "$count" -ge 20 ] || fail "only $count bad files"
[ "$before" = "$(cksum <"$bundled")" ] || fail "the bundled model changed"
finish
