// SPDX-License-Identifier: Apache-2.0
// One column of the MAC array: Lanes multipliers of 12 x 17 bits, sums of 8 neighbouring lanes, lane accumulators.
//
// The operand a of both clients arrives with its enable; b is selected by the client. Registered results one cycle after
// the enable: sum_o (29 bits per group of 8 lanes) for every enable. acc_o, for enables with acc_i, is combinational: the
// accumulator with this product; with last_i it is the result, and the accumulator starts again from 0 (29 bits are kept).
// One product per lane and cycle; nothing moves without enable. Reset clears the accumulators.
`default_nettype none

module luoshu_mac_column #(
    parameter int Lanes = 32,
    parameter int Odd   = 0,                              // joined modes: 0 low nibbles, 1 high nibbles
    parameter int ActLanes = (Lanes < 32) ? Lanes : 32    // derived: activations per beat
) (
    input  wire                        clk_i,
    input  wire                        rst_ni,
    input  wire                        en_i,
    input  wire                        k_i,      // client K (attention), else W (matrix)
    input  wire  [1:0]                 mode_i,   // W: 0 int8, 1 nibble - 8, 2 nibble, 3 unsigned byte
    input  wire  [Lanes*12-1:0]        a_i,      // K: signed 12 bits; W: the byte
    input  wire  [ActLanes*12-1:0]     w_b_i,    // W: signed activations, every 32 lanes use the same
    input  wire  [Lanes*17-1:0]        k_b_i,    // K: signed
    input  wire                        acc_i,    // accumulate per lane
    input  wire                        last_i,   // the accumulators start again after this product
    output logic [(Lanes/8)*29-1:0]    sum_o,
    output logic [Lanes*32-1:0]        acc_o
);
  logic [Lanes*12-1:0] a_op;
  generate
    for (genvar l = 0; l < Lanes; l++) begin : gen_lane
      logic [7:0]  w_byte;
      logic [3:0]  nibble;
      logic [11:0] w;
      assign w_byte = a_i[l*12 +: 8];
      assign nibble = (Odd != 0) ? w_byte[7:4] : w_byte[3:0];
      assign w = (mode_i == 2'd0) ? {{4{w_byte[7]}}, w_byte} :
                 (mode_i == 2'd1) ? {{9{!nibble[3]}}, nibble[2:0]} :
                 (mode_i == 2'd2) ? {8'd0, nibble} : {4'd0, w_byte};
      assign a_op[l*12 +: 12] = k_i ? a_i[l*12 +: 12] : w;
    end
  endgenerate

  logic [Lanes*17-1:0] b_op;
  generate
    for (genvar l = 0; l < Lanes; l++) begin : gen_b
      localparam int W = (l % ActLanes) * 12;
      assign b_op[l*17 +: 17] = k_i ? k_b_i[l*17 +: 17] : {{5{w_b_i[W + 11]}}, w_b_i[W +: 12]};
    end
  endgenerate

  logic [Lanes*29-1:0] acc_q;
  logic                clear;
  assign clear = !rst_ni || (en_i && acc_i && last_i);
  generate
    for (genvar g = 0; g < Lanes / 8; g++) begin : gen_group
      logic signed [28:0] product [8];
      for (genvar j = 0; j < 8; j++) begin : gen_product
        localparam int L = g * 8 + j;
        logic signed [28:0] total;
        assign product[j] = $signed(a_op[L*12 +: 12]) * $signed(b_op[L*17 +: 17]);
        assign total      = $signed(acc_q[L*29 +: 29]) + product[j];
        assign acc_o[L*32 +: 32] = 32'(total);
        always_ff @(posedge clk_i) begin
          if (clear) acc_q[L*29 +: 29] <= '0;
          else if (en_i && acc_i) acc_q[L*29 +: 29] <= total;
        end
      end
      always_ff @(posedge clk_i) begin
        if (en_i) begin
          sum_o[g*29 +: 29] <= ((product[0] + product[1]) + (product[2] + product[3]))
                             + ((product[4] + product[5]) + (product[6] + product[7]));
        end
      end
    end
  endgenerate
endmodule
`default_nettype wire
