// SPDX-License-Identifier: Apache-2.0
// Clock gate: stops the clock of an idle unit (no switching on silicon, no work in simulation).
//
// clk_o follows clk_i in every cycle whose en_i is high while clk_i is low, and stays low in the
// others. en_i may depend on inputs of the same cycle, so a unit wakes without delay. Gating must
// not be visible: en_i is high whenever the unit's state would change, and in reset. A technology
// replaces this file: an ASIC by its own cell, an FPGA by fpga/common/luoshu_clock_gate.sv, which
// passes the clock through.
`default_nettype none

module luoshu_clock_gate (
    input  wire  clk_i,
    input  wire  en_i,
    output logic clk_o
);
  logic en_q;
  always_latch if (!clk_i) en_q = en_i;
  assign clk_o = clk_i && en_q;
endmodule
`default_nettype wire
