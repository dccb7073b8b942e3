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
  // Written once, at configuration; one memory, so that synthesis finds a block RAM.
  logic [32:0] rom [0:1023];
  initial begin
    for (int i = 0; i < 256; i++) begin
      rom[i]       = luoshu_tables_pkg::recip_entry(8'(i));
      rom[256 + i] = luoshu_tables_pkg::rsqrt_entry(8'(i));
      rom[512 + i] = luoshu_tables_pkg::exp2_entry(8'(i));
      rom[768 + i] = luoshu_tables_pkg::sine_entry(8'(i));
    end
  end
  always_ff @(posedge clk_i) if (re_i) {slope_o, base_o} <= rom[addr_i];
endmodule
`default_nettype wire
