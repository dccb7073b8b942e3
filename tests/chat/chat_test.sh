#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# luoshu chat with its input from a pipe: turns, what they are equal to, errors. chat_test.sh LUOSHU SOURCE_ROOT CHAT_MODEL
set -u
luoshu=$1 root=$2 chat_model=$3
. "$root/tests/cli/expect.sh"
"$chat_model" "$work/chat.gguf" "$work/plain.gguf" || fail 'cannot write the models'
run=(--device model --temp 0 -n 12)
# talk INPUT CODE ARGUMENTS...
talk() {
  local input=$1 code=$2 status
  shift 2
  printf '%b' "$input" | "$luoshu" chat "${run[@]}" "$@" >"$work/out" 2>"$work/err"
  status=$?
  [ "$status" -eq "$code" ] || fail "chat $*: exit $status" "$work/err"
}
# text PROMPT: what generate writes behind it.
text() { "$luoshu" generate "${run[@]}" -m "$work/chat.gguf" -p "$1" 2>/dev/null; }
begin=$'<|im_start|>user\n' middle=$'<|im_end|>\n<|im_start|>assistant\n' again=$'<|im_end|>\n<|im_start|>user\n'

# Each answer is that of the whole prompt, evaluated anew.
talk 'hello\nand now?\n' 0 -m "$work/chat.gguf"
first=$(text "${begin}hello$middle")
[ "$(printf '%s' "$first" | wc -c)" -gt 8 ] || fail "the model says nothing: '$first'"
second=$(text "${begin}hello$middle$first${again}and now?$middle")
printf '%s\n%s\n' "$first" "$second" | cmp -s - "$work/out" || fail 'the answers are not those of the prompts' "$work/out"

# The system message and the thinking are the template's.
talk 'hello\n' 0 -m "$work/chat.gguf" --system 'Be brief.' --no-think
text $'<|im_start|>system\nBe brief.<|im_end|>\n'"${begin}hello$middle"$'<think>\n\n</think>\n\n' >"$work/expected"
cmp -s "$work/out" "$work/expected" || fail 'system message or thinking' "$work/out"

# Raw text, with and without a template in the file; a template from a file.
talk 'hello' 0 -m "$work/chat.gguf" --no-template
text 'hello' | cmp -s - "$work/out" || fail '--no-template' "$work/out"
talk 'hello' 0 -m "$work/plain.gguf" --no-template
printf '%s' '{{ messages[0].content }}!' >"$work/own.jinja"
talk 'hello' 0 -m "$work/plain.gguf" --chat-template "$work/own.jinja"
"$luoshu" generate "${run[@]}" -m "$work/plain.gguf" --tokens "$("$luoshu" tokenize -m "$work/plain.gguf" -p 'hello!' --json - |
  tr -d '\n ' | sed 's/.*"tokens":\[1,\([0-9,]*\)\].*/\1/')" 2>/dev/null | cmp -s - "$work/out" || fail '--chat-template' "$work/out"

# What goes wrong is one line.
one_line() { [ "$(grep -c '^luoshu: error: .*; ' "$work/err")" -eq 1 ] || fail "$1: not one line with advice" "$work/err"; }
talk 'hello\n' 2 -m "$work/plain.gguf"
grep -q 'no chat template' "$work/err" || fail 'an absent template is not said' "$work/err"
one_line 'no template'
printf '%s' '{% if %}' >"$work/bad.jinja"
talk 'hello\n' 2 -m "$work/chat.gguf" --chat-template "$work/bad.jinja"
grep -q 'line 1' "$work/err" || fail 'a bad template is not named' "$work/err"
one_line 'bad template'
talk '1\n2\n3\n4\n' 2 -m "$work/chat.gguf"
grep -q 'no more than six messages' "$work/err" || fail 'the exception of the template is lost' "$work/err"
one_line 'exception'
talk "$(printf 'long %.0s' $(seq 60))\n" 2 -m "$work/chat.gguf" -c 128
grep -q 'the context 128; /clear' "$work/err" || fail 'a full context is not said' "$work/err"
one_line 'full context'
expect 2 'contradict' chat -m "$work/chat.gguf" --think --no-think
expect 0 '' chat --device model -m "$work/chat.gguf"
[ ! -s "$work/out" ] || fail 'an answer to nothing' "$work/out"
printf 'hello\n' | "$luoshu" chat "${run[@]}" -m "$work/chat.gguf" >/dev/full 2>"$work/err"
[ $? -eq 1 ] || fail 'a full disk goes unheard' "$work/err"
finish
