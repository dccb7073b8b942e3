// SPDX-License-Identifier: Apache-2.0
// The mutant that is live, of those compiled into a copy of the RTL by mutate.py: LUOSHU_MUTANT of
// the environment, 0 for none (mutant.cc). Simulation of mutants alone; no part of the chip.
`default_nettype none

package luoshu_mutant_pkg;
  import "DPI-C" function int luoshu_mutant();
  int chosen = luoshu_mutant();
endpackage

`default_nettype wire
