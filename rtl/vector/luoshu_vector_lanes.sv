// SPDX-License-Identifier: Apache-2.0
// The arithmetic of the vector unit: VL lanes, VL quantisers, and who uses them when.
//
// Each *_valid_i names a user; two users of one resource never coincide because one command (and in
// it one pass) runs at a time. Operands of a user come with its valid. Latencies:
// luoshu_vector_lane, luoshu_quant (2).
// Squares: quantiser input, 2 cycles, multiplier, 2 cycles: sq_prod_o comes 4 cycles after the
// value. VL = 1: one multiplier for both products, so a cycle has one of its uses; p0_o and p1_o
// are the same. ROPE: m0 of its first product in one cycle, m1 of the second (rope_second_i) in the
// next, the sum 4 cycles after the first. EMBED: the minimum comes with the sum, 4 cycles after the
// product. Scale: a_i instead of c_i.
`include "luoshu_assert.svh"
`default_nettype none

module luoshu_vector_lanes #(
    parameter int VL = 4
) (
    input  wire              clk_i,          // lane 0 and control
    // the other lanes: the same clock, but it may stand while only lane 0 has work
    input  wire              clk_rest_i,
    input  wire              rst_ni,
    input  wire  [VL*32-1:0] x_i,            // residual word
    input  wire  [VL*32-1:0] s_i,            // scratch word
    // quantisers
    input  wire              q_valid_i,
    input  wire              q_x_i,          // input is x_i, else s_i
    input  wire  [VL-1:0]    q_mask_i,       // others count as zero
    input  wire signed [9:0] q_e_i,
    input  wire  [1:0]       q_m_i,
    input  wire              q_square_i,     // square the results
    input  wire              q_last_i,
    output logic [VL-1:0]    q_neg_o,
    output logic [VL*17-1:0] q_mag_o,
    output logic             sq_valid_o,
    output logic             sq_last_o,
    output logic [VL*34-1:0] sq_prod_o,
    // NORM: m0 = x_i * r, then * weight_i
    input  wire              norm_valid_i,
    input  wire              norm_chain_i,
    input  wire  [31:0]      r_i,
    input  wire  [VL*32-1:0] weight_i,
    // heads
    input  wire              bias_valid_i,
    input  wire              head_valid_i,   // m0 = a_i * r
    input  wire              head_chain_i,   // * coef_i
    // m0 = a_i * rope_b_i, m1 = c_i * rope_d_i; VL = 1: only m0
    input  wire              rope_valid_i,
    input  wire              rope_second_i,  // VL = 1: m1 = c_i * rope_d_i
    input  wire              rope_add_i,
    input  wire              scale_valid_i,
    input  wire  [31:0]      qscale_i,
    input  wire  [VL*32-1:0] coef_i,
    input  wire  [VL*32-1:0] a_i,
    input  wire  [VL*32-1:0] c_i,
    input  wire  [VL*32-1:0] rope_b_i,
    input  wire  [VL*32-1:0] rope_d_i,
    // EMBED: s = w * scale + min * 1
    input  wire              embed_valid_i,
    input  wire  [VL*32-1:0] embed_w_i,
    input  wire  [31:0]      embed_scale_i,
    input  wire  [31:0]      embed_min_i,
    // RESID: s = x_i + resid_y_i, every lane; the caller picks the one it wants
    input  wire              resid_valid_i,
    input  wire  [31:0]      resid_y_i,
    // lane 0: SWIGLU
    input  wire              st_m0_valid_i,
    input  wire  [31:0]      st_a_i,
    input  wire  [31:0]      st_b_i,
    input  wire              st_m1_valid_i,
    input  wire  [31:0]      st_d_i,
    input  wire              st_add_valid_i,
    input  wire  [31:0]      st_y_i,
    // lane 0: mean
    input  wire              rms_mul_valid_i,
    input  wire  [31:0]      rms_mul_i,
    input  wire  [31:0]      rms_inv_n_i,
    input  wire              rms_add_valid_i,
    input  wire  [31:0]      rms_eps_i,
    // results
    output logic [31:0]      p0_o,           // of lane 0
    output logic [VL*32-1:0] p1_o,
    output logic [VL*32-1:0] s_o
);
  localparam logic [31:0] One = 32'h3F800000;
  logic [3:0] sq_q, sq_end_q;
  logic [3:0] embed_q;   // products until their sum
  assign sq_valid_o = sq_q[3];
  assign sq_last_o  = sq_end_q[3];
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      sq_q    <= '0;
      embed_q <= '0;
    end else begin
      sq_q    <= {sq_q[2:0], q_valid_i && q_square_i};
      embed_q <= {embed_q[2:0], embed_valid_i};
    end
    sq_end_q <= {sq_end_q[2:0], q_last_i};
  end

  generate
    if (VL == 1) begin : gen_one
      logic [2:0]  unused_bits;
      logic [31:0] q_in;
      logic [16:0] mag;
      assign q_in = q_x_i ? x_i : s_i;
      luoshu_quant u_quant (
          .clk_i, .rst_ni, .valid_i(q_valid_i),
          .v_i({q_in[31], q_in[30:23] & {8{q_mask_i}}, q_in[22:0]}), .e_i(q_e_i), .m_i(q_m_i),
          .valid_o(unused_bits[0]), .neg_o(q_neg_o), .mag_o(mag)
      );
      assign q_mag_o = mag;

      // One source of each operand is chosen by number.
      logic [8*32-1:0] as, bs;
      logic [2:0]      a_from, b_from;
      logic            chain, mul;
      logic [31:0]     r, first_q, x, y, sum;
      logic            add_first;   // the first summand is the product before the last
      assign chain  = norm_chain_i || head_chain_i || st_m1_valid_i;
      assign as     = {32'bx, r, rms_mul_i, embed_w_i, st_a_i, x_i, c_i, a_i};
      assign a_from = chain ? 3'd6 : rms_mul_valid_i ? 3'd5 : embed_valid_i ? 3'd4 : st_m0_valid_i
          ? 3'd3 : norm_valid_i ? 3'd2
                    : rope_second_i ? 3'd1 : 3'd0;
      assign bs     = {embed_scale_i, st_d_i, st_b_i, weight_i, coef_i, rms_inv_n_i, rope_b_i, r_i};
      assign b_from = embed_valid_i ? 3'd7 : st_m1_valid_i ? 3'd6 : st_m0_valid_i ? 3'd5
          : norm_chain_i ? 3'd4 : head_chain_i ? 3'd3
                    : rms_mul_valid_i || scale_valid_i ? 3'd2 : rope_valid_i || rope_second_i ? 3'd1
                        : 3'd0;
      assign mul    = chain || rms_mul_valid_i || embed_valid_i || st_m0_valid_i || norm_valid_i
          || head_valid_i || scale_valid_i
                      || rope_valid_i || rope_second_i || sq_q[1];
      luoshu_fmul #(.HasSquare(1)) u_multiply (
          .clk_i, .rst_ni, .valid_i(mul), .square_i(sq_q[1]), .int_i(mag),
          .a_i(as[a_from*32 +: 32]), .b_i(bs[b_from*32 +: 32]), .prod_o(sq_prod_o),
          .valid_o(unused_bits[1]), .r_o(r)
      );
      always_ff @(posedge clk_i) first_q <= r;
      assign add_first = rope_add_i || embed_q[3];
      assign x = add_first ? first_q : rms_add_valid_i ? rms_eps_i : st_add_valid_i ? One
          : bias_valid_i ? s_i : x_i;
      assign y = rope_add_i || rms_add_valid_i ? r : embed_q[3] ? embed_min_i : st_add_valid_i
          ? st_y_i : bias_valid_i ? coef_i : resid_y_i;
      luoshu_fadd u_add (
          .clk_i, .rst_ni, .valid_i(add_first || rms_add_valid_i || st_add_valid_i || bias_valid_i
          || resid_valid_i), .a_i(x), .b_i(y), .valid_o(unused_bits[2]), .r_o(sum)
      );
      assign p0_o = r;
      assign p1_o = r;
      assign s_o  = sum;
      logic unused_inputs;
      assign unused_inputs = ^{unused_bits, clk_rest_i, qscale_i, rope_d_i};
      `LUOSHU_ASSERT(one_product, 4'(chain) + 4'(rms_mul_valid_i) + 4'(embed_valid_i)
          + 4'(st_m0_valid_i) + 4'(norm_valid_i) + 4'(head_valid_i)
                     + 4'(scale_valid_i) + 4'(rope_valid_i) + 4'(rope_second_i) + 4'(sq_q[1]) <=
                         4'd1)
    end else begin : gen_lanes
      for (genvar g = 0; g < VL; g++) begin : gen_lane
        localparam logic First = (g == 0);
        logic clk;
        assign clk = First ? clk_i : clk_rest_i;
        logic [31:0] q_in;
        logic [16:0] mag;
        logic        unused_qv;
        assign q_in = q_x_i ? x_i[g*32+:32] : s_i[g*32+:32];
        luoshu_quant u_quant (
            .clk_i(clk), .rst_ni(rst_ni), .valid_i(q_valid_i),
            .v_i({q_in[31], q_in[30:23] & {8{q_mask_i[g]}}, q_in[22:0]}), .e_i(q_e_i), .m_i(q_m_i),
            .valid_o(unused_qv), .neg_o(q_neg_o[g]), .mag_o(mag)
        );
        assign q_mag_o[g*17+:17] = mag;

        logic [31:0] a, b, c, d, x, y, p0;
        assign a = First && st_m0_valid_i ? st_a_i :
                   norm_valid_i           ? x_i[g*32+:32] :
                   embed_valid_i          ? embed_w_i[g*32+:32] : a_i[g*32+:32];
        assign b = First && st_m0_valid_i ? st_b_i :
                   rope_valid_i           ? rope_b_i[g*32+:32] :
                   embed_valid_i          ? embed_scale_i : r_i;
        assign c = First && rms_mul_valid_i ? rms_mul_i : embed_valid_i ? embed_min_i
            : c_i[g*32+:32];
        assign d = First && rms_mul_valid_i ? rms_inv_n_i :
                   First && st_m1_valid_i   ? st_d_i :
                   rope_valid_i             ? rope_d_i[g*32+:32] :
                   scale_valid_i            ? qscale_i :
                   embed_valid_i            ? One :
                   norm_chain_i             ? weight_i[g*32+:32] : coef_i[g*32+:32];
        assign x = First && rms_add_valid_i ? rms_eps_i :
                   First && st_add_valid_i  ? One : bias_valid_i ? s_i[g*32+:32] : x_i[g*32+:32];
        assign y = First && rms_add_valid_i ? p1_o[g*32+:32] :
                   First && st_add_valid_i  ? st_y_i : bias_valid_i ? coef_i[g*32+:32] : resid_y_i;
        luoshu_vector_lane u_lane (
            .clk_i(clk), .rst_ni(rst_ni),
            .m0_valid_i(sq_q[1] || norm_valid_i || head_valid_i || rope_valid_i || embed_valid_i
                        || (First && st_m0_valid_i)),
            .m0_square_i(sq_q[1]), .int_i(mag), .a_i(a), .b_i(b),
            .m1_valid_i(norm_chain_i || head_chain_i || rope_valid_i || scale_valid_i
            || embed_valid_i
                        || (First && (rms_mul_valid_i || st_m1_valid_i))),
            .m1_chain_i(norm_chain_i || head_chain_i || (First && st_m1_valid_i)), .c_i(c), .d_i(d),
            .add_valid_i(rope_add_i || embed_q[2] || bias_valid_i || resid_valid_i
                         || (First && (rms_add_valid_i || st_add_valid_i))),
            .add_direct_i(bias_valid_i || resid_valid_i
            || (First && (rms_add_valid_i || st_add_valid_i))), .x_i(x), .y_i(y),
                .prod_o(sq_prod_o[g*34+:34]), .p0_o(p0), .p1_o(p1_o[g*32+:32]),
            .s_o(s_o[g*32+:32])
        );
        if (First) begin : gen_first
          assign p0_o = p0;
        end else begin : gen_other
          logic unused_p0;
          assign unused_p0 = ^p0;
        end
      end
      logic unused_second;
      assign unused_second = ^{rope_second_i, embed_q[3]};
    end
  endgenerate
endmodule

`default_nettype wire
