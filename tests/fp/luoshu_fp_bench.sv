// SPDX-License-Identifier: Apache-2.0
// All fp32 primitives side by side: the unit under test of fp_test.cc. One operation per cycle
// each, but for the serial one.
`default_nettype none

module luoshu_fp_bench (
    input  wire                clk_i,
    input  wire                rst_ni,
    input  wire                valid_i,
    input  wire  [31:0]        a_i,
    input  wire  [31:0]        b_i,
    input  wire  [63:0]        int_i,
    input  wire  signed [11:0] exp_i,
    input  wire  signed [9:0]  lsb_i,
    input  wire  [1:0]         m_i,
    input  wire  [1:0]         op_i,
    input  wire  [31:0]        x_i,
    input  wire                square_i,
    input  wire  [16:0]        square_int_i,
    input  wire  [7:0]         meta_i,
    output logic               add_valid_o,
    output logic [31:0]        add_o,
    output logic               mul_valid_o,
    output logic [31:0]        mul_o,
    output logic [33:0]        mul_prod_o,
    output logic               sq_valid_o,
    output logic [31:0]        sq_o,         // the multiplier that squares integers too
    output logic [33:0]        sq_prod_o,
    output logic               fp_valid_o,
    output logic [31:0]        fp_o,
    output logic               fm_valid_o,
    output logic [31:0]        fm_o,         // by multipliers
    output logic               fn_valid_o,
    output logic [31:0]        fn_o,         // likewise, of the low 46 bits, times 2^-286
    output logic               ft_valid_o,
    output logic [31:0]        ft_o,         // of the low 24 bits, times 2^-4
    input  wire                fs_valid_i,
    output logic               fs_valid_o,
    output logic [31:0]        fs_o,         // serial, of the low 46 bits, unsigned, times 2^-286
    output logic               q_valid_o,
    output logic               q_neg_o,
    output logic [16:0]        q_mag_o,
    output logic               t_valid_o,
    output logic signed [23:0] t_o,
    output logic               s_valid_o,
    output logic [31:0]        s_o,
    output logic [17:0]        s_raw_o,
    output logic signed [9:0]  s_n_o,
    output logic               s_neg_o,
    output logic [7:0]         s_meta_o,
    output logic               ss_valid_o,   // without a multiplier
    output logic [31:0]        ss_o,
    output logic [17:0]        ss_raw_o,
    output logic               sr_valid_o,   // with the first table alone
    output logic [31:0]        sr_o
);
  luoshu_fadd u_add (.clk_i, .rst_ni, .valid_i, .a_i, .b_i, .valid_o(add_valid_o), .r_o(add_o));
  luoshu_fmul u_mul (.clk_i, .rst_ni, .valid_i, .square_i(1'b0), .int_i('0), .a_i, .b_i,
      .prod_o(mul_prod_o), .valid_o(mul_valid_o),
                      .r_o(mul_o));
  luoshu_fmul #(.HasSquare(1)) u_sq (.clk_i, .rst_ni, .valid_i, .square_i, .int_i(square_int_i),
      .a_i, .b_i, .prod_o(sq_prod_o),
                                     .valid_o(sq_valid_o), .r_o(sq_o));
  luoshu_tofp u_fp (.clk_i, .rst_ni, .valid_i, .int_i, .exp_i, .valid_o(fp_valid_o), .r_o(fp_o));
  luoshu_tofp #(.Multiply(1)) u_fm (.clk_i, .rst_ni, .valid_i, .int_i, .exp_i,
      .valid_o(fm_valid_o), .r_o(fm_o));
  luoshu_tofp #(.Width(46), .Multiply(1), .ExpOffset(-286)) u_fn (
      .clk_i, .rst_ni, .valid_i, .int_i(int_i[45:0]), .exp_i, .valid_o(fn_valid_o), .r_o(fn_o)
  );
  luoshu_tofp #(.Width(24), .ExpOffset(-4)) u_ft (
      .clk_i, .rst_ni, .valid_i, .int_i(int_i[23:0]), .exp_i, .valid_o(ft_valid_o), .r_o(ft_o)
  );
  luoshu_tofp_serial #(.Width(46), .ExpOffset(-286)) u_fs (
      .clk_i, .rst_ni, .valid_i(fs_valid_i), .int_i(int_i[45:0]), .exp_i, .valid_o(fs_valid_o),
      .r_o(fs_o)
  );
  luoshu_quant u_q (.clk_i, .rst_ni, .valid_i, .v_i(a_i), .e_i(lsb_i), .m_i, .valid_o(q_valid_o),
      .neg_o(q_neg_o), .mag_o(q_mag_o));
  luoshu_tofix16 u_t (.clk_i, .rst_ni, .valid_i, .v_i(a_i), .valid_o(t_valid_o), .t_o);
  luoshu_sfu #(.MetaWidth(8)) u_s (
      .clk_i, .rst_ni, .valid_i, .op_i, .x_i, .meta_i, .valid_o(s_valid_o), .r_o(s_o),
      .raw_o(s_raw_o), .n_o(s_n_o), .neg_o(s_neg_o), .meta_o(s_meta_o)
  );
  logic signed [9:0] unused_ss_n, unused_sr_n;
  logic              unused_ss_neg, unused_sr_neg, unused_ss_meta, unused_sr_meta;
  logic [17:0]       unused_sr_raw;
  luoshu_sfu #(.Soft(1)) u_ss (
      .clk_i, .rst_ni, .valid_i, .op_i, .x_i, .meta_i(1'b0), .valid_o(ss_valid_o), .r_o(ss_o),
      .raw_o(ss_raw_o), .n_o(unused_ss_n), .neg_o(unused_ss_neg), .meta_o(unused_ss_meta)
  );
  luoshu_sfu #(.Tables(1), .Soft(1)) u_sr (
      .clk_i, .rst_ni, .valid_i, .op_i, .x_i, .meta_i(1'b0), .valid_o(sr_valid_o), .r_o(sr_o),
      .raw_o(unused_sr_raw), .n_o(unused_sr_n), .neg_o(unused_sr_neg), .meta_o(unused_sr_meta)
  );
endmodule
`default_nettype wire
