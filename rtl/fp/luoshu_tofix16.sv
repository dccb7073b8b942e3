// SPDX-License-Identifier: Apache-2.0
// fp32 to signed fixed point with 16 fraction bits: docs/numerics.md section 6, tofix16
// (half away from zero, saturated to +-126).
//
// Latency 2 cycles from valid_i to valid_o, one operation per cycle, no stall. Reset clears the
// valid pipeline.
`default_nettype none

module luoshu_tofix16 (
    input  wire                clk_i,
    input  wire                rst_ni,
    input  wire                valid_i,
    input  wire         [31:0] v_i,      // fp32
    output logic               valid_o,  // valid_i, 2 cycles later
    output logic signed [23:0] t_o       // value * 2^16, -126*2^16 to 126*2^16
);
  localparam logic [23:0] TwiceLimit = 24'd16515072;  // 2 * 126 * 2^16
  // |v| 2^16 = sig * 2^(biased - 134): exponents of 134 and more saturate, below 110 the result is
  // zero.
  logic [23:0] sig1_q;
  logic [4:0]  shift1_q;  // 133 - biased: one bit is kept for rounding
  logic        neg1_q, over1_q;
  logic [1:0]  valid_q;
  assign valid_o = valid_q[1];

  // Twice the magnitude, limited; rounded half away from zero and given its sign in one carry
  // chain: the bit below value is that of a half, which carries where the value is positive and
  // borrows where it is negative.
  logic [23:0] shifted, twice, value;
  logic        unused_half;
  assign shifted = sig1_q >> shift1_q;
  assign twice   = (over1_q || shifted > TwiceLimit) ? TwiceLimit : shifted;
  luoshu_add_sub #(.Width(25)) u_sign (.a_i({24'd0, !neg1_q}), .b_i({1'b0, twice}), .sub_i(neg1_q),
      .y_o({value, unused_half}));

  always_ff @(posedge clk_i) begin
    if (!rst_ni) valid_q <= 2'b00;
    else valid_q <= {valid_q[0], valid_i};
  end

  always_ff @(posedge clk_i) begin
    if (valid_i) begin
      sig1_q   <= v_i[30:23] < 8'd109 ? 24'd0 : {1'b1, v_i[22:0]};
      shift1_q <= 5'(8'd133 - v_i[30:23]);
      over1_q  <= v_i[30:23] > 8'd133;
      neg1_q   <= v_i[31];
    end
    if (valid_q[0]) t_o <= $signed(value);
  end
endmodule

`default_nettype wire
