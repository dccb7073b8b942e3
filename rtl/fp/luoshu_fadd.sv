// SPDX-License-Identifier: Apache-2.0
// fp32 sum: docs/numerics.md section 1, fadd (exact sum, rounded to nearest even; subnormal results
// and zeros become +0; overflow saturates).
//
// Latency 4 cycles from valid_i to valid_o, one operation per cycle, no stall. No multiplier.
// Reset clears only the valid pipeline. Does not do: subnormals, infinities, NaN.
`default_nettype none

module luoshu_fadd (
    input  wire         clk_i,
    input  wire         rst_ni,
    input  wire         valid_i,
    input  wire  [31:0] a_i,      // fp32
    input  wire  [31:0] b_i,      // fp32
    output logic        valid_o,  // valid_i, 4 cycles later
    output logic [31:0] r_o       // fp32
);
  logic [3:0] valid_q;
  assign valid_o = valid_q[3];

  // Stage 1: order by magnitude.
  logic        swap;
  logic [31:0] big, small_op;
  assign swap     = a_i[30:0] < b_i[30:0];
  assign big      = swap ? b_i : a_i;
  assign small_op = swap ? a_i : b_i;

  logic [23:0] big1_q, small1_q;
  logic [7:0]  distance, exp1_q, exp2_q;
  logic [4:0]  shift1_q;   // 31: nothing but the sticky bit is left
  assign distance = big[30:23] - small_op[30:23];
  logic        sign1_q, sub1_q, sign2_q;

  // Stage 2: align the smaller one to 24 + 3 bits (the last is sticky), add or subtract.
  logic [26:0] right0, right16, right8, right4, right2, right1;
  logic        lost;  // something was shifted out
  logic [27:0] sum2_q, addend, sum;
  assign right0  = {small1_q, 3'b000};
  assign right16 = shift1_q[4] ? {16'd0, right0[26:16]} : right0;
  assign right8  = shift1_q[3] ? {8'd0, right16[26:8]} : right16;
  assign right4  = shift1_q[2] ? {4'd0, right8[26:4]} : right8;
  assign right2  = shift1_q[1] ? {2'd0, right4[26:2]} : right4;
  assign right1  = shift1_q[0] ? {1'd0, right2[26:1]} : right2;
  assign lost    = (shift1_q[4] && right0[15:0] != 16'd0) || (shift1_q[3] && right16[7:0] != 8'd0)
                || (shift1_q[2] && right8[3:0] != 4'd0) || (shift1_q[1] && right4[1:0] != 2'd0)
                || (shift1_q[0] && right2[0]);
  assign addend = {1'b0, right1[26:1], right1[0] | lost};

  luoshu_add_sub #(.Width(28)) u_sum (.a_i({1'b0, big1_q, 3'b000}), .b_i(addend), .sub_i(sub1_q),
      .y_o(sum));

  // Stage 3: leading zeros, shift left.
  logic [27:0] left16, left8, left4, left2, left;
  logic z16, z8, z4, z2, z1;
  assign z16 = sum2_q[27:12] == 16'd0;
  assign left16   = z16 ? {sum2_q[11:0], 16'd0} : sum2_q;
  assign z8 = left16[27:20] == 8'd0;
  assign left8    = z8 ? {left16[19:0], 8'd0} : left16;
  assign z4 = left8[27:24] == 4'd0;
  assign left4    = z4 ? {left8[23:0], 4'd0} : left8;
  assign z2 = left4[27:26] == 2'd0;
  assign left2    = z2 ? {left4[25:0], 2'd0} : left4;
  assign z1 = !left2[27];
  assign left     = z1 ? {left2[26:0], 1'd0} : left2;
  logic [27:0] norm3_q;
  logic signed [9:0] exp3_q;
  logic        zero3_q, sign3_q;

  // Stage 4: round.
  logic [32:0] rounded;
  logic        under, over;
  assign rounded = {exp3_q, norm3_q[26:4]}
                 + {32'd0, norm3_q[3] && (norm3_q[2:0] != 3'd0 || norm3_q[4])};
  assign under = zero3_q || rounded[32] || rounded[32:23] == 10'd0;
  assign over  = !rounded[32] && (rounded[31] || rounded[30:23] == 8'hFF);

  always_ff @(posedge clk_i) begin
    if (!rst_ni) valid_q <= 4'b0000;
    else valid_q <= {valid_q[2:0], valid_i};
  end

  always_ff @(posedge clk_i) begin
    if (valid_i) begin
      big1_q   <= big[30:23] == 8'd0 ? 24'd0 : {1'b1, big[22:0]};
      small1_q <= small_op[30:23] == 8'd0 ? 24'd0 : {1'b1, small_op[22:0]};
      shift1_q <= distance[4:0] | {5{distance[7:5] != 3'd0}};
      exp1_q   <= big[30:23];
      sign1_q  <= big[31];
      sub1_q   <= big[31] ^ small_op[31];
    end
    if (valid_q[0]) begin
      sum2_q  <= sum;
      exp2_q  <= exp1_q;
      sign2_q <= sign1_q;
    end
    if (valid_q[1]) begin
      norm3_q <= left;
      exp3_q  <= $signed({2'b00, exp2_q}) + 10'sd1 - $signed({5'd0, z16, z8, z4, z2, z1});
      zero3_q <= !left[27];
      sign3_q <= sign2_q;
    end
    if (valid_q[2]) begin
      if (under) r_o <= 32'd0;
      else if (over) r_o <= {sign3_q, 31'h7F7FFFFF};
      else r_o <= {sign3_q, rounded[30:0]};
    end
  end
  logic unused_norm;
  assign unused_norm = norm3_q[27];
endmodule

`default_nettype wire
