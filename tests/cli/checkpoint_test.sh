#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# --checkpoint on the model device: written, used, written anew, and what is refused. checkpoint_test.sh LUOSHU SOURCE_ROOT
set -u
luoshu=$1 root=$2
. "$root/tests/cli/expect.sh"
mkdir "$work/kept"
file=$work/kept/model.checkpoint

# once STATE PART ARGUMENTS...: a short text that must be the first one's; STATE in the JSON, PART on stderr.
text=
once() {
  local state=$1 part=$2
  shift 2
  expect 0 "$part" generate --device model -n 4 --temp 0 -p 'Once upon a time' --json "$work/j" "$@"
  grep -qF "\"checkpoint\": \"$state\"" "$work/j" || fail "$*: not $state" "$work/j"
  [ "$text" = "$(cat "$work/out")" ] || fail "$*: another text"
  [ "$(ls "$work/kept" | wc -l)" -eq 1 ] || fail "$*: other files beside the checkpoint"
}
expect 0 '' generate --device model -n 4 --temp 0 -p 'Once upon a time' --json "$work/j"
text=$(cat "$work/out")
! grep -q '"checkpoint"' "$work/j" || fail 'a checkpoint without the flag' "$work/j"
once written 'is written to' --checkpoint "$file"
once used 'is taken from' --checkpoint "$file"
once used '' --checkpoint "$file" --verify
once written 'another context and is written anew' --checkpoint "$file" -c 64
once used '' --checkpoint "$file" -c 64
once written 'another configuration and is written anew' --checkpoint "$file" -c 64 --config nano
cp "$root/models/bundled/luoshu-stories.gguf" "$work/copy.gguf"
once written 'another model and is written anew' --checkpoint "$file" -c 64 --config nano -m "$work/copy.gguf"

# Other verbs; the other device of a comparison.
cat >"$work/text" <<'END'
Once upon a time, there was a cat.
END
expect 0 'is written' perplexity --device model --against reference -f "$work/text" --checkpoint "$file"
expect 0 'is taken from' perplexity --device model --against reference -f "$work/text" --checkpoint "$file"
for state in written used; do
  expect 0 '' bench --device model --shape stories260k --test tg1 --batch 1,2 --json - --checkpoint "$work/bench"
  [ "$(grep -cF "\"checkpoint\": \"$state\"" "$work/out")" -eq 2 ] || fail "bench: not $state" "$work/out"
done
expect 0 'another model' bench --device model --shape stories260k --type Q4_0 --test tg1 --batch 1,2 --checkpoint "$work/bench"
expect 2 'leave one of them out' bench --device model --shape stories260k --extrapolate --checkpoint "$work/bench"
expect 2 'no device memory' generate --device reference -p x --checkpoint "$file"
expect 2 'no device memory' perplexity --device reference --against model -f "$work/text" --checkpoint "$file"

# refused PART FILE ARGUMENTS...: exit code 2, the file as it was.
refused() {
  local part=$1 path=$2 before
  shift 2
  before=$(cksum <"$path")
  expect 2 "$part" generate --device model -n 1 -p x --checkpoint "$path" "$@"
  [ "$before" = "$(cksum <"$path")" ] || fail "'$path' changed"
}
refused 'is a GGUF file, no checkpoint, and stays as it is' "$work/copy.gguf"
refused 'is a file of another kind' "$work/text"
: >"$work/none"
refused 'is empty' "$work/none"
expect 2 'is a folder or a device' generate --device model -p x --checkpoint "$work/kept"
expect 2 'give a path in a folder that exists' generate --device model -p x --checkpoint "$work/no/such"
once used 'is taken from' --checkpoint "$file"
cp "$file" "$work/cut"
truncate -s -1 "$work/cut"
refused 'is damaged: it has' "$work/cut"
cp "$file" "$work/flipped"
printf '\377\376\375' | dd of="$work/flipped" bs=1 seek=200000 conv=notrunc 2>/dev/null
refused 'is damaged: its checksum differs' "$work/flipped"
refused 'is damaged: its checksum differs' "$work/flipped" --verify

# A limit on the size of files stands for a full disk: one line before the upload, nothing left.
rm "$file"
(trap '' XFSZ; ulimit -f 512; expect 2 'make room or give another path' generate --device model -p x --checkpoint "$file"; exit "$failures")
[ $? -eq 0 ] || failures=$((failures + 1))
[ "$(ls "$work/kept" | wc -l)" -eq 0 ] || fail 'something is left of a checkpoint that had no room'
finish
