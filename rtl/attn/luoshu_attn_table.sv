// SPDX-License-Identifier: Apache-2.0
// The tables of recip and exp2 (luoshu_tables_pkg) as one synchronous ROM of 2 x 256 x 33 bits.
// Latency 1 cycle from addr_i (with re_i) to base_o and slope_o; they hold without re_i.
`default_nettype none

module luoshu_attn_table (
    input  wire                clk_i,
    input  wire                re_i,
    input  wire         [8:0]  addr_i,   // {exp2, entry}
    output logic        [17:0] base_o,
    output logic signed [14:0] slope_o
);
  // Written once, at configuration; one memory, so that synthesis finds a block RAM.
  logic [32:0] rom [0:511];
  initial begin
    for (int i = 0; i < 256; i++) begin
      rom[i]       = luoshu_tables_pkg::recip_entry(8'(i));
      rom[256 + i] = luoshu_tables_pkg::exp2_entry(8'(i));
    end
  end
  always_ff @(posedge clk_i) if (re_i) {slope_o, base_o} <= rom[addr_i];
endmodule
`default_nettype wire
