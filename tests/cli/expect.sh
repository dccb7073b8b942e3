# SPDX-License-Identifier: Apache-2.0
# What the tests of the command line share; sourced after `luoshu` (the binary) and `root` (the sources) are set.
export LUOSHU_ROOT=$root
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0

fail() {
  echo "FAIL: $1"
  [ $# -lt 2 ] || cat "$2"
  failures=$((failures + 1))
}

# expect CODE 'PART OF STDERR' ARGUMENTS...: runs luoshu; an error must be exactly one line that says what to do.
expect() {
  local code=$1 part=$2 status
  shift 2
  "$luoshu" "$@" >"$work/out" 2>"$work/err" </dev/null
  status=$?
  if [ "$status" -ne "$code" ] || { [ -n "$part" ] && ! grep -qF -- "$part" "$work/err"; }; then
    fail "luoshu $*: exit $status, expected $code with '$part' on stderr:" "$work/err"
  elif [ "$code" -ne 0 ]; then
    [ "$(grep -c '^luoshu: error: .*; ' "$work/err")" -eq 1 ] || fail "luoshu $*: not exactly one error line with advice:" "$work/err"
    [ "$(grep -vc '^luoshu: ' "$work/err")" -eq 0 ] || fail "luoshu $*: other lines on stderr:" "$work/err"
  fi
}

finish() {
  [ "$failures" -eq 0 ] && echo PASS
  exit "$failures"
}
