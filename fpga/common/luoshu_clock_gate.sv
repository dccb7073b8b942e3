// SPDX-License-Identifier: Apache-2.0
// The clock gate of FPGA builds: the clock passes; en_i only says when the unit may stop
// (rtl/prim/luoshu_clock_gate.sv).
`default_nettype none

module luoshu_clock_gate (
    input  wire  clk_i,
    input  wire  en_i,
    output logic clk_o
);
  assign clk_o = clk_i;
  logic unused_enable;
  assign unused_enable = en_i;
endmodule
`default_nettype wire
