// SPDX-License-Identifier: Apache-2.0
// Signed integer times a power of two to fp32: docs/numerics.md section 1, tofp.
//
// Latency 3 cycles from valid_i to valid_o, one operation per cycle, no stall.
// Multiply = 0: no multiplier. Multiply = 1: three 16 x 16 multipliers instead of four of the six
// levels of the shifter. Reset clears only the valid pipeline.
`include "luoshu_require.svh"
`default_nettype none

module luoshu_tofp #(
    parameter int Width    = 64,  // bits of the integer, 8 to 64
    parameter int Multiply = 0,
    parameter int ExpOffset = 0    // added to the exponent
) (
    input  wire                    clk_i,
    input  wire                    rst_ni,
    input  wire                    valid_i,
    input  wire signed [Width-1:0] int_i,    // i
    input  wire signed [11:0]      exp_i,    // e: the value is i * 2^(e + ExpOffset)
    output logic                   valid_o,  // valid_i, 3 cycles later
    output logic       [31:0]      r_o       // fp32
);
  `LUOSHU_REQUIRE(gen_legal, Width >= 8 && Width <= 64, "luoshu_tofp: Width must be from 8 to 64")
  logic [2:0] valid_q;
  assign valid_o = valid_q[2];

  // Stage 1: magnitude. Stages 2 and 3: leading zeros, shift, round.
  logic [Width-1:0]   mag1_q;
  logic               sign1_q, sign2_q, zero2_q;
  logic signed [11:0] exp1_q;
  logic signed [12:0] exp2_q;
  logic [24:0]        top;      // the leading bit, 23 of the fraction, the bit below
  logic               sticky;   // something below that
  logic [35:0]        rounded;  // {exponent, fraction}
  logic               under, over;
  assign rounded = {exp2_q, top[23:1]} + {35'd0, top[0] && (sticky || top[1])};
  assign under   = zero2_q || rounded[35] || rounded[35:23] == 13'd0;
  assign over    = !rounded[35] && rounded[35:23] > 13'd254;
  logic unused_top;
  assign unused_top = top[24];

  generate
    if (Multiply != 0) begin : gen_multiply
      // Words of 16 bits: stage 2 finds the first that is not zero and its leading zeros, stage 3
      // multiplies it and the two behind it by 2 to their number.
      localparam int Words = (Width + 15) / 16;
      logic [63:0] left;          // the magnitude at the top
      logic [47:0] picked, words2_q, shifted;
      logic [1:0]  skipped;       // words of zeros
      logic [15:0] first, factor, factor2_q;
      logic [3:0]  zeros;
      logic        rest2_q;       // something behind the three words
      logic [31:0] p2, p1, p0;
      assign left    = {{16*Words-Width{1'b0}}, mag1_q, {64-16*Words{1'b0}}};
      assign skipped = (left[63:48] != 16'd0) ? 2'd0 : (left[47:32] != 16'd0) ? 2'd1
          : (left[31:16] != 16'd0) ? 2'd2 : 2'd3;
      assign picked  = (skipped == 2'd0) ? left[63:16] : (skipped == 2'd1) ? left[47:0] :
                       (skipped == 2'd2) ? {left[31:0], 16'd0} : {left[15:0], 32'd0};
      assign first   = picked[47:32];
      always_comb begin
        factor = 16'd0;
        zeros  = 4'd0;
        for (int i = 0; i < 16; i++) begin
          if (first[i]) begin
            factor = 16'd1 << (15 - i);
            zeros  = 4'(15 - i);
          end
        end
      end
      always_ff @(posedge clk_i) begin
        if (valid_q[0]) begin
          words2_q  <= picked;
          factor2_q <= factor;
          rest2_q   <= (skipped == 2'd0) && (left[15:0] != 16'd0);
          zero2_q   <= first == 16'd0;
          exp2_q    <= 13'(exp1_q) + 13'(127 + 16 * Words - 1 + ExpOffset) - 13'({skipped, zeros});
        end
      end
      assign p2 = words2_q[47:32] * factor2_q;
      assign p1 = words2_q[31:16] * factor2_q;
      assign p0 = words2_q[15:0] * factor2_q;
      assign shifted = {p2[15:0] | p1[31:16], p1[15:0] | p0[31:16], p0[15:0]};
      assign top    = shifted[47:23];
      assign sticky = rest2_q || shifted[22:0] != 23'd0;
      logic unused_p2;
      assign unused_p2 = ^p2[31:16];
    end else begin : gen_shift
      localparam int Wide = Width < 26 ? 26 : Width;  // magnitude padded below to at least 26 bits
      localparam int Pad  = Wide - Width;
      logic [Wide-1:0]    norm2_q;
      logic [Wide-1:0] left0, left32, left16, left8, left4, left2, left;
      logic z32, z16, z8, z4, z2, z1;
      assign left0    = Wide'(mag1_q) << Pad;
      assign z32 = Wide > 32 && (left0 >> (Wide > 32 ? Wide - 32 : 0)) == '0;
      assign left32   = z32 ? left0 << 32 : left0;
      assign z16 = left32[Wide-1-:16] == 16'd0;
      assign left16   = z16 ? left32 << 16 : left32;
      assign z8 = left16[Wide-1-:8] == 8'd0;
      assign left8    = z8 ? left16 << 8 : left16;
      assign z4 = left8[Wide-1-:4] == 4'd0;
      assign left4    = z4 ? left8 << 4 : left8;
      assign z2 = left4[Wide-1-:2] == 2'd0;
      assign left2    = z2 ? left4 << 2 : left4;
      assign z1 = !left2[Wide-1];
      assign left     = z1 ? left2 << 1 : left2;
      always_ff @(posedge clk_i) begin
        if (valid_q[0]) begin
          norm2_q <= left;
          exp2_q  <= 13'(exp1_q) + 13'(127 + Width - 1 + ExpOffset) - 13'({z32, z16, z8, z4, z2,
              z1});
          zero2_q <= !left[Wide-1];
        end
      end
      assign top    = norm2_q[Wide-1-:25];
      assign sticky = norm2_q[Wide-26:0] != '0;
    end
  endgenerate

  always_ff @(posedge clk_i) begin
    if (!rst_ni) valid_q <= 3'b000;
    else valid_q <= {valid_q[1:0], valid_i};
  end

  logic [Width-1:0] mag;
  luoshu_add_sub #(.Width(Width)) u_magnitude (.a_i('0), .b_i(int_i), .sub_i(int_i[Width-1]),
      .y_o(mag));
  always_ff @(posedge clk_i) begin
    if (valid_i) begin
      mag1_q  <= mag;
      sign1_q <= int_i[Width-1];
      exp1_q  <= exp_i;
    end
    if (valid_q[0]) sign2_q <= sign1_q;
    if (valid_q[1]) begin
      if (under) r_o <= 32'd0;
      else if (over) r_o <= {sign2_q, 31'h7F7FFFFF};
      else r_o <= {sign2_q, rounded[30:0]};
    end
  end
endmodule

`default_nettype wire
