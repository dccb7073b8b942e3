// SPDX-License-Identifier: Apache-2.0
// The tables of the special functions as one synchronous ROM of 256 x 33 bits each: recip, rsqrt,
// exp2, sine. Latency 1 cycle from addr_i (with re_i) to base_o and slope_o; they hold without
// re_i. Contents: luoshu_tables_pkg.
`default_nettype none

module luoshu_sfu_rom #(
    parameter int Tables = 4   // the first so many, a power of two
) (
    input  wire                clk_i,
    input  wire                re_i,
    input  wire         [9:0]  addr_i,   // {table, entry}
    output logic        [17:0] base_o,
    output logic signed [14:0] slope_o
);
  // Written once, at configuration; one memory, so that synthesis finds a block RAM.
  logic [32:0] rom [0:256*Tables-1];
  initial begin
    for (int i = 0; i < 256 * Tables; i++) begin
      case (i / 256)
        0:       rom[i] = luoshu_tables_pkg::recip_entry(8'(i));
        1:       rom[i] = luoshu_tables_pkg::rsqrt_entry(8'(i));
        2:       rom[i] = luoshu_tables_pkg::exp2_entry(8'(i));
        default: rom[i] = luoshu_tables_pkg::sine_entry(8'(i));
      endcase
    end
  end
  always_ff @(posedge clk_i) if (re_i) {slope_o, base_o} <= rom[addr_i[$clog2(256*Tables)-1:0]];
  logic unused_table;
  assign unused_table = ^addr_i;
endmodule
`default_nettype wire
