// SPDX-License-Identifier: Apache-2.0
// Cuts the write of an activation block into words of the activation RAMs: one with 32 lanes and more, else 32 / Lanes words in
// the cycles after it, in which busy_o asks for patience. One serves all columns; we_o names those that take the word.
`default_nettype none

module luoshu_array_parts #(
    parameter int Lanes    = 32,
    parameter int Columns  = 4,
    parameter int AddrBits = 10,                          // of a word
    parameter int ActLanes = (Lanes < 32) ? Lanes : 32    // derived
) (
    input  wire                     clk_i,
    input  wire                     rst_ni,
    input  wire  [Columns-1:0]      we_i,      // columns that take the block
    input  wire  [31:0]             block_i,   // its number in the RAM
    input  wire  [383:0]            data_i,
    output logic                    busy_o,
    output logic [Columns-1:0]      we_o,
    output logic [AddrBits-1:0]     addr_o,
    output logic [ActLanes*12-1:0]  data_o
);
  localparam int Parts = 32 / ActLanes;
  generate
    if (Parts == 1) begin : gen_whole
      assign we_o   = we_i;
      assign addr_o = block_i[AddrBits-1:0];
      assign data_o = data_i;
      assign busy_o = 1'b0;
      logic unused_bits;
      assign unused_bits = ^{clk_i, rst_ni, block_i};
    end else begin : gen_parts
      localparam int PartBits = $clog2(Parts);
      logic [PartBits:0]   left_q;   // parts still to write
      logic [Columns-1:0]  columns_q;
      logic [383:0]        data_q;
      logic [AddrBits-1:0] addr_q;
      assign busy_o = (left_q != '0);
      assign we_o   = busy_o ? columns_q : '0;
      assign addr_o = addr_q;
      assign data_o = data_q[ActLanes*12-1:0];
      always_ff @(posedge clk_i) begin
        if (!rst_ni) left_q <= '0;
        else if (we_i != '0) left_q <= (PartBits+1)'(Parts);
        else if (busy_o) left_q <= left_q - 1'b1;
        if (we_i != '0) begin
          columns_q <= we_i;
          data_q    <= data_i;
          addr_q    <= AddrBits'(block_i << PartBits);
        end else if (busy_o) begin
          data_q <= data_q >> (ActLanes * 12);
          addr_q <= addr_q + 1'b1;
        end
      end
    end
  endgenerate
endmodule
`default_nettype wire
