#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# tokenize and detokenize: there and back, control tokens, bytes, files without tensors, errors.
# tokenize_test.sh LUOSHU SOURCE_ROOT BAD_FILES
set -u
luoshu=$1 root=$2 bad_files=$3
. "$root/tests/cli/expect.sh"
mkdir "$work/bad"
"$bad_files" "$work/bad" "$work/good.gguf" "$work/vocabulary.gguf" || fail 'cannot write the files'
ids() { tr -d '\n ' <"$work/out" | sed 's/.*"tokens":\[\([0-9,]*\)\].*/\1/'; }

# There and back, byte for byte, with the byte-level tokenizer of the bundled model.
while IFS= read -r text; do
  printf '%b' "$text" >"$work/text"
  expect 0 '' tokenize -f "$work/text" --json -
  expect 0 '' detokenize --tokens "$(ids)"
  cmp -s "$work/out" "$work/text" || fail "'$text' does not come back" "$work/out"
done <<'END'
Once upon a time
  two spaces,\ttabs\nand lines\n\n
从前有一只小猫。
emoji 🙂👩‍👩‍👧 and e\xcc\x81
END
expect 0 '' tokenize -p '🙂'
grep -q '"<0xF0>"$' "$work/out" || fail 'a byte that is no character is not shown as one' "$work/out"

# A file that holds a vocabulary alone; BOS and control tokens are taken, or not.
expect 0 '' tokenize -m "$work/vocabulary.gguf" -p 'a</s>' --json -
[ "$(ids)" = 1,100,2 ] || fail "tokens $(ids)" "$work/out"
expect 0 '' tokenize -m "$work/vocabulary.gguf" -p 'a</s>' --no-special --json -
[ "$(ids)" = 100,63,50,118,65 ] || fail "tokens without control tokens $(ids)" "$work/out"
expect 0 '' detokenize -m "$work/vocabulary.gguf" --tokens 1,100,2
[ "$(cat "$work/out")" = '<s>a</s>' ] || fail 'control tokens are not shown' "$work/out"
expect 0 '' detokenize -m "$work/vocabulary.gguf" --tokens 1,100,2 --no-special
[ "$(cat "$work/out")" = a ] || fail 'control tokens are shown' "$work/out"

# Errors.
expect 2 'one text' tokenize
expect 2 'one text' tokenize -p a -f "$work/text"
expect 2 'UTF-8' tokenize -p $'\xff'
expect 2 '/nothing/here' tokenize -m /nothing/here -p a
expect 2 'from 0 to' detokenize --tokens 1,999999
expect 2 '--tokens' detokenize --tokens 1,x
"$luoshu" tokenize -p a >/dev/full 2>"$work/err"
[ $? -eq 1 ] || fail 'a full disk goes unheard'
finish
