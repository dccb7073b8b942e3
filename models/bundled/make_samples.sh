#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Writes samples.md: one story for each prompt, the seed is the prompt's number, nothing is chosen or edited.
set -euo pipefail
here=$(cd "$(dirname "$(readlink -f "$0")")" && pwd)
luoshu=${LUOSHU:-$here/../../luoshu}
prompts=(
  'Once upon a time' 'One day' 'Lily' 'Tom and Anna were best friends.' 'The brave fox'
  'It was raining a little.' 'Long ago, there was a shy boy named Emmet' 'In a small village' 'Peter found a golden key.'
  'Suddenly there was a strange noise.'
  '从前' '有一天' '小明' '丽丽和小华是好朋友，' '一只聪明的猫头鹰' '天上下着雪。'
  '很久很久以前，有一个害羞的小女孩，名叫雪儿' '在海边' '小红丢了她的钥匙。' '这是一个关于'
)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
{
  cat <<'TEXT'
# Twenty samples

Unedited, written by `make_samples.sh`: default sampling, the seed is the number of the sample. Each is the output of

    ./luoshu generate --device model -p PROMPT -s NUMBER

The prompt is in bold; *eos* says that the model ended the story by itself, *length* that it was cut at 128 tokens.
TEXT
  number=0
  for prompt in "${prompts[@]}"; do
    number=$((number + 1))
    text=$("$luoshu" -q generate --device model -m "$here/luoshu-stories.gguf" -p "$prompt" -s "$number" --json "$work/run.json")
    stop=$(sed -n 's/.*"stop": "\([a-z]*\)".*/\1/p' "$work/run.json")
    printf '\n%s. **%s**%s *%s*\n' "$number" "$prompt" "$text" "$stop"
  done
} >"$work/samples.md"
mv "$work/samples.md" "$here/samples.md"
