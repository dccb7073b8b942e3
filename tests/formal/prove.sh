#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# prove.sh [NAME]: proves what holds of units for all time and any input (Yosys, then abc): by induction over up to Depth cycles where the wrapper
# asserts enough for that, else by property directed reachability.
# Without NAME all proofs of proofs.txt, else the one with that name, or those whose name begins with it. One line per proof. A proof counts when the
# property holds and a broken twin, the unit with one line changed, has a counterexample. Status 0 when all are proven.
# Environment: LUOSHU_PROOFS, the folder for what is written (else one that is removed), LUOSHU_PROOF_SECONDS per run of abc.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
rtl=$(cd "$here/../../rtl" && pwd)
wanted=${1:-}
seconds=${LUOSHU_PROOF_SECONDS:-300}
if [ -n "${LUOSHU_PROOFS:-}" ]; then
  work=$LUOSHU_PROOFS
  mkdir -p "$work"
else
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
fi
for tool in yosys yosys-abc; do
  command -v $tool >/dev/null || { echo "prove: $tool is missing; install the package yosys" >&2; exit 2; }
done

depth=3   # cycles of an induction

# abc FOLDER COMMANDS: runs them on the proof; their output is added to FOLDER/abc.log.
abc() {
  yosys-abc -c "read_aiger $1/proof.aig; fold; orpos; $2" >"$1/abc.last" 2>&1 || :
  cat "$1/abc.last" >>"$1/abc.log"
}

# solve FOLDER TOP PARAMETERS LEFT_OUT good|bad: the verdict in $verdict, proven, refuted or unknown. FOLDER holds every source. What is bad is first
# looked for in the first cycles.
solve() {
  options=
  for assignment in $3; do options="$options -chparam $(echo "$assignment" | tr = ' ')"; done
  drop=
  for assertion in $4; do drop="$drop; delete c:$assertion"; done
  packages=$(ls "$1"/*_pkg.sv 2>/dev/null || :)
  # Registers start at any value that they do not name themselves; so do undriven signals, in every cycle.
  if ! yosys -q -l "$1/yosys.log" -p "read_verilog -formal -sv -I$rtl/prim $(echo $packages) $(ls "$1"/*.sv | grep -v _pkg | tr "\n" " ")
    hierarchy -check -top $2 $options
    proc; flatten$drop; opt -fast; memory -nordff -nomap; memory_map; async2sync; dffunmap; opt -fast; techmap; opt -fast; dffunmap
    setundef -undriven -anyseq; setundef -anyseq; aigmap; opt_clean
    write_aiger -zinit -I -B $1/proof.aig" >/dev/null 2>&1; then
    tail -3 "$1/yosys.log" >&2
    verdict=unknown
    return
  fi
  verdict=unknown
  if [ "$5" = good ]; then
    # Nothing is violated in the first cycles after the start, and where nothing was for so many cycles, nothing is in the next.
    abc "$1" "bmc3 -F $((depth + 1)); ind -F $depth -T $seconds"
    if grep -q "^No output asserted in $((depth + 1)) frames" "$1/abc.last" && grep -q '^Networks are equivalent' "$1/abc.last"; then
      verdict=proven
    fi
  else
    abc "$1" "scorr; bmc3 -F 60 -T 20"
  fi
  if [ $verdict = unknown ] && ! grep -q 'was asserted in frame' "$1/abc.last"; then
    abc "$1" "scorr; pdr -T $seconds"
    if grep -q '^Property proved' "$1/abc.last"; then verdict=proven; fi
  fi
  if grep -q 'was asserted in frame' "$1/abc.last"; then verdict=refuted; fi
}

grep -q "^$wanted|" "$here/proofs.txt" || wanted=$wanted*
failed=0
found=0
while IFS='|' read -r name top parameters files broken change; do
  case $name in ''|'#'*) continue ;; esac
  # shellcheck disable=SC2254
  case $name in $wanted) ;; *) continue ;; esac
  found=1
  start=$(date +%s)
  for twin in good bad; do
    folder=$work/$name.$twin
    rm -rf "$folder"
    mkdir -p "$folder"
    cp "$here/$top.sv" "$folder"
    left_out=
    for file in $files; do
      case $file in
        -*) left_out="$left_out ${file#-}" ;;
        +*) cp "$here/${file#+}" "$folder" ;;   # a stand-in for a unit
        *) cp "$rtl/$file" "$folder" ;;
      esac
    done
    if [ $twin = bad ]; then
      target=$folder/$(basename "$broken")
      sed "$change" "$target" >"$target.new"
      if cmp -s "$target" "$target.new"; then
        verdict='nothing changed'
        break
      fi
      mv "$target.new" "$target"
    fi
    solve "$folder" "$top" "$parameters" "$left_out" $twin
    [ $twin = good ] && holds=$verdict
  done
  if [ "$holds" = proven ] && [ "$verdict" = refuted ]; then
    echo "$name: proven, its broken twin refuted ($(($(date +%s) - start)) s)"
  else
    echo "$name: FAIL: $holds, its broken twin: $verdict ($(($(date +%s) - start)) s)"
    failed=1
  fi
done <"$here/proofs.txt"
[ $found = 1 ] || { echo "prove: no proof begins with '$wanted'" >&2; exit 2; }
exit $failed
