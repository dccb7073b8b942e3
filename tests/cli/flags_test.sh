#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What flags mean: seeds, prompts from files and stdin, empty prompts, flags that a device does not look at, texts for perplexity.
# flags_test.sh LUOSHU SOURCE_ROOT BAD_FILES (which also writes a small good file that adds BOS)
set -u
luoshu=$1 root=$2 bad_files=$3
. "$root/tests/cli/expect.sh"
mkdir "$work/bad"
"$bad_files" "$work/bad" "$work/bos.gguf" || fail 'cannot write the files'
# value KEY: a number or text of the JSON that was written last.
value() { tr -d '\n ' <"$work/out" | grep -oE "\"$1\":(\[[^]]*\]|\"[^\"]*\"|[^,}]*)" | head -1 | cut -d: -f2-; }
# stdin FILE CODE PART ARGUMENTS...
stdin() {
  local file=$1 code=$2 status
  shift 2
  "$luoshu" "$@" >"$work/out" 2>"$work/err" <"$file"
  status=$?
  [ "$status" -eq "$code" ] || fail "luoshu $* <$file: exit $status" "$work/err"
}

# Seeds.
run=(generate --device model -n 8 -p Once --json -)
expect 0 '' "${run[@]}" -s 18446744073709551615
[ "$(value seed)" = 18446744073709551615 ] || fail 'the largest seed' "$work/out"
largest=$(value tokens)
expect 0 '' "${run[@]}" -s 18446744073709551614
[ "$(value tokens)" != "$largest" ] || fail 'two large seeds, one text'
expect 0 'seed ' "${run[@]}" -s -1
seed=$(value seed) tokens=$(value tokens)
grep -q "^luoshu: seed $seed$" "$work/err" || fail "the random seed $seed is not told" "$work/err"
expect 0 '' "${run[@]}" --seed "$seed"
[ "$(value tokens)" = "$tokens" ] || fail 'the random seed does not give its text again'
! grep -q '^luoshu: seed' "$work/err" || fail 'a given seed is told' "$work/err"
seeds=$seed
for _ in 1 2 3; do expect 0 "" "${run[@]}" -s -1; seeds="$seeds $(value seed)"; done
[ "$(printf '%s\n' $seeds | sort -u | wc -l)" -ge 3 ] || fail "seeds that are not random: $seeds"

# Prompts: from a file as from -p and from stdin, a byte order mark and carriage returns are no text.
run=(generate --device model -n 2 --temp 0 --json -)
expect 0 '' "${run[@]}" -p "$(printf 'One day\nTom sat')"
ids=$(value prompt_tokens)
printf 'One day\nTom sat\n' >"$work/lf"
printf 'One day\r\nTom sat\r\n' >"$work/crlf"
printf '\xef\xbb\xbfOne day\r\nTom sat' >"$work/bom"
for file in lf crlf bom; do
  expect 0 '' "${run[@]}" -f "$work/$file"
  [ "$(value prompt_tokens)" = "$ids" ] || fail "other tokens from $file: $(value prompt_tokens), expected $ids"
  stdin "$work/$file" 0 "${run[@]}" -f -
  [ "$(value prompt_tokens)" = "$ids" ] || fail "other tokens from $file on stdin: $(value prompt_tokens)"
done
expect 0 '' "${run[@]}" -p "$(printf 'a\rb')"  # a carriage return of its own is text
[ "$(value text)" != "" ] || fail 'a carriage return in -p'

# Empty prompts: text from BOS alone where the file adds it; nothing given is still an error.
run=(generate --device reference -m "$work/bos.gguf" -n 3 --temp 0 --json -)
expect 0 '' "${run[@]}" --tokens 1
bos=$(value tokens)
for prompt in "-p|" "--prompt|" "--prompt="; do
  IFS='|' read -r flag rest <<<"$prompt"
  if [ "${prompt: -1}" = '|' ]; then expect 0 '' "${run[@]}" "$flag" ''; else expect 0 '' "${run[@]}" "$flag"; fi
  [ "$(value prompt_tokens)" = '[1]' ] && [ "$(value tokens)" = "$bos" ] || fail "$flag '' is not BOS alone" "$work/out"
done
expect 2 'the prompt is empty' "${run[@]}"
expect 2 'the prompt is empty' "${run[@]}" -f /dev/null

# Flags that the device does not look at are said, the others are not.
said() {
  local part=$1
  shift
  expect 0 "$part" "$@" -n 1 --temp 0 -p Once
  [ "$(grep -c 'has no effect' "$work/err")" -eq 1 ] || fail "not one line of flags without effect: $*" "$work/err"
}
model=(generate --device model)
said '--trace is of sim and has no effect on --device model' "${model[@]}" --trace "$work/t.fst"
[ ! -e "$work/t.fst" ] || fail 'a trace of the model'
said '--sim-seed is of sim' "${model[@]}" --sim-seed 3
said '--memory is of sim' "${model[@]}" --memory ideal
said '--upload is of sim' "${model[@]}" --upload link
said '--sim-seed is of sim' generate --device reference --sim-seed 3
said '--config is of sim and model' generate --device reference --config nano
said '--threads is of model' generate --device reference -t 2
said '--verify is of devices with a memory' generate --device reference --verify
expect 0 '' "${model[@]}" --config nano -t 1 --verify -n 1 -p Once
! grep -q 'has no effect' "$work/err" || fail 'a flag that has an effect is said to have none' "$work/err"
printf 'Once upon a time, there was a cat.\n\nOne day, Tom went to the park.\n' >"$work/text"
expect 0 '' perplexity --device model --against reference -t 1 --config nano -f "$work/text"
! grep -q 'has no effect' "$work/err" || fail 'perplexity: a flag of one of two devices' "$work/err"
expect 0 '--memory is of sim' perplexity --device model --against reference --memory ideal -f "$work/text"
expect 0 '--memory is of sim' bench --device model --shape stories260k --test tg1 --memory ideal
# More threads than cores: said, and no slower.
before=$SECONDS
expect 0 'is more than the' "${model[@]}" -t 200000 -n 1 -p Once
[ $((SECONDS - before)) -le 20 ] || fail "-t 200000 takes $((SECONDS - before)) s"

# Perplexity: lines that end in CR LF are lines; an empty one separates texts; -p, -f - and a file are one text.
score() {
  expect 0 '' perplexity --device model --json - "$@"
  echo "$(value tokens) $(value ppl)"
}
lf=$(score -f "$work/text")
[[ $lf =~ ^[0-9]+\ [0-9.]+$ ]] || fail "perplexity: $lf"
sed 's/$/\r/' "$work/text" >"$work/text.crlf"
printf '\xef\xbb\xbf' | cat - "$work/text.crlf" >"$work/text.bom"
printf '\n\n' | cat - "$work/text" >"$work/text.empty"
sed 's/^$/\n\n/' "$work/text" >"$work/text.wide"
for file in text.crlf text.bom text.empty text.wide; do
  [ "$(score -f "$work/$file")" = "$lf" ] || fail "perplexity of $file: $(score -f "$work/$file"), expected $lf"
done
[ "$(score -p "$(cat "$work/text")")" = "$lf" ] || fail 'perplexity of -p'
stdin "$work/text" 0 perplexity --device model --json - -f -
[ "$(value tokens) $(value ppl)" = "$lf" ] || fail 'perplexity of stdin' "$work/out"
# A text longer than the context is scored to its end, each token once, also where the file adds BOS.
for model in '' "-m $work/bos.gguf"; do
  head -c 900 "$root/tests/data/prose.txt" | tr '\n' ' ' >"$work/long"
  whole=$(score -f "$work/long" -c 4000 $model)
  for context in 64 65 100; do
    windows=$(score -f "$work/long" -c $context $model)
    [ "${windows% *}" = "${whole% *}" ] || fail "-c $context $model scores ${windows% *} tokens of ${whole% *}"
    grep -q 'windows that overlap by half' "$work/err" || fail 'the windows are not said' "$work/err"
    [ "$windows" != "$whole" ] || fail "-c $context $model makes no difference"
  done
  for context in 2 3; do
    windows=$(score -f "$work/long" -c $context $model)
    [ "${windows% *}" = "${whole% *}" ] || [ "$context" -eq 2 ] || fail "-c $context $model scores ${windows% *} tokens"
  done
done
expect 0 '' perplexity --device model --against reference -f "$work/long" -c 64 --json -
[ "$(value positions)" -eq $(($(value tokens) + 1)) ] || fail 'positions compared in windows' "$work/out"

# Help tells of one client, "help" is --help.
expect 0 '' help
grep -q perplexity "$work/out" || fail 'help' "$work/out"
expect 0 '' simulator --help
grep -q 'one client at a time' "$work/out" || fail 'simulator --help' "$work/out"
finish
