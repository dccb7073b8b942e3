// SPDX-License-Identifier: Apache-2.0
// The four tables of the special functions as one synchronous ROM of 1024 x 33 bits: {recip, rsqrt, exp2, sine}.
// Latency 1 cycle from addr_i (with re_i) to base_o and slope_o; they hold without re_i. Contents: luoshu_tables_pkg.
`default_nettype none

module luoshu_sfu_rom (
    input  wire                clk_i,
    input  wire                re_i,
    input  wire         [9:0]  addr_i,   // {table, entry}
    output logic        [17:0] base_o,
    output logic signed [14:0] slope_o
);
  logic [32:0] entry;
  assign entry = (addr_i[9:8] == 2'd0) ? luoshu_tables_pkg::recip_entry(addr_i[7:0]) :
                 (addr_i[9:8] == 2'd1) ? luoshu_tables_pkg::rsqrt_entry(addr_i[7:0]) :
                 (addr_i[9:8] == 2'd2) ? luoshu_tables_pkg::exp2_entry(addr_i[7:0]) :
                                         luoshu_tables_pkg::sine_entry(addr_i[7:0]);
  always_ff @(posedge clk_i) begin
    if (re_i) begin
      base_o  <= entry[17:0];
      slope_o <= entry[32:18];
    end
  end
endmodule
`default_nettype wire
