// SPDX-License-Identifier: Apache-2.0
// Cuts an activation block into the parts that the matrix engine takes: one with 32 lanes and more, else 32 / Lanes.
//
// The block stays valid and steady until block_ready_o, which comes with its last part. part_ready_i low: no part leaves. No
// registers on the way of the data: a part leaves in the cycle in which its block is valid. Reset: the next part is the first.
`default_nettype none

module luoshu_array_parts #(
    parameter int Lanes    = 32,
    parameter int ActLanes = (Lanes < 32) ? Lanes : 32    // derived
) (
    input  wire                     clk_i,
    input  wire                     rst_ni,
    input  wire                     block_valid_i,
    output logic                    block_ready_o,
    input  wire  [383:0]            block_data_i,
    output logic                    part_valid_o,
    input  wire                     part_ready_i,
    output logic [1:0]              part_o,         // its number
    output logic [ActLanes*12-1:0]  part_data_o
);
  localparam int Parts = 32 / ActLanes;
  assign part_valid_o = block_valid_i;
  generate
    if (Parts == 1) begin : gen_whole
      assign block_ready_o = part_ready_i;
      assign part_o        = 2'd0;
      assign part_data_o   = block_data_i;
      logic unused_bits;
      assign unused_bits = ^{clk_i, rst_ni};
    end else begin : gen_parts
      logic [1:0] part_q;
      assign part_o        = part_q;
      assign part_data_o   = block_data_i[32'(part_q)*ActLanes*12 +: ActLanes*12];
      assign block_ready_o = part_ready_i && (part_q == 2'(Parts - 1));
      always_ff @(posedge clk_i) begin
        if (!rst_ni) part_q <= '0;
        else if (block_valid_i && part_ready_i) part_q <= block_ready_o ? 2'd0 : part_q + 2'd1;
      end
    end
  endgenerate
endmodule
`default_nettype wire
