// SPDX-License-Identifier: Apache-2.0
// Attention of Heads neighbouring MAC columns: their operands and raw dot products, and one softmax
// and merge path for them.
//
// Follows docs/numerics.md section 9. luoshu_attn_steps drives the softmax passes of all instances
// in lock step:
//   luoshu_attn_column   operands (ld_*, op_*) and raw dot products (sum_*) of each column
//   luoshu_attn_score    first pass (sc_*): logits, maxima
//   luoshu_attn_weights  second pass (ex_*): weights, their sum
//   luoshu_attn_sums     V results (acc_*) merged into o; read by out_*
// With Heads > 1 the passes take the columns one after the other (sc_head_i, ex_head_i), and so
// does the drain. Latencies and reset: see the modules.
`default_nettype none

module luoshu_attn_heads #(
    parameter int Lanes = 32,    // L
    parameter int Heads = 1,     // columns served by one path; more than 1 only where Lanes <= 32
    parameter int Step  = 2,     // keys per step: 1 or 2
    parameter int Soft  = 1,     // 1: no hardware multipliers (luoshu_attn_exp, luoshu_attn_shift)
    parameter int MetaBits = 16,
    parameter int BlockBits = 23,  // of a block's number within its sequence
    // Derived, do not set.
    parameter int HeadBits = (Heads > 1) ? $clog2(Heads) : 1,
    parameter int DrainLanes = (Lanes > 32) ? Lanes / 32 : 1   // elements of o per cycle
) (
    input  wire                    clk_i,
    input  wire                    rst_ni,
    input  wire  [3:0]             hpb_i,         // log2 of the padded head_dim, 3..8
    // operands
    input  wire  [Heads-1:0]       ld_we_i,
    input  wire  [5:0]             ld_addr_i,     // {lowest bit of the set slot, chunk}
    input  wire  [Lanes*12-1:0]    ld_data_i,
    input  wire  [Heads-1:0]       li_we_i,       // head information, one column at a time
    input  wire  [1:0]             li_set_i,      // set slot
    input  wire                    li_active_i,
    input  wire  signed [7:0]      li_qe_i,
    input  wire  [BlockBits+4:0]   li_pos_i,      // last key that this column may see
    input  wire  [Heads-1:0]       op_valid_i,
    input  wire  [Heads*MetaBits-1:0] op_meta_i,
    output logic [Heads*Lanes*17-1:0] op_b_o,     // one cycle later
    // K results
    input  wire  [Heads-1:0]       sum_valid_i,
    input  wire  [Heads*MetaBits-1:0] sum_meta_i,
    input  wire  [Heads*(Lanes/8)*29-1:0] sum_i,
    // first pass: see luoshu_attn_score
    input  wire                    sc_valid_i,
    input  wire                    sc_first_i,
    input  wire  [HeadBits-1:0]    sc_head_i,
    input  wire  [4:0]             sc_key_i,
    input  wire  [1:0]             sc_item_i,
    input  wire  [1:0]             sc_set_i,
    input  wire  [BlockBits-1:0]   sc_block_i,
    input  wire  [Step*8-1:0]      sc_ke_i,
    input  wire  [Step*8-1:0]      sc_ve_i,
    input  wire  [Step-1:0]        sc_in_i,
    input  wire                    sc_final_i,
    input  wire                    sc_new_i,
    input  wire                    sc_last_i,
    input  wire                    hand_i,
    // second pass: see luoshu_attn_weights
    input  wire                    ex_start_i,
    input  wire                    ex_valid_i,
    input  wire  [HeadBits-1:0]    ex_head_i,
    input  wire  [4:0]             ex_key_i,
    input  wire  [1:0]             ex_item_i,
    input  wire  [1:0]             ex_set_i,
    input  wire  [Step*8-1:0]      ex_ve_i,
    input  wire  [Step-1:0]        ex_in_i,
    input  wire                    ex_two_i,
    input  wire                    ex_final_i,
    output logic                   ex_hold_o,
    input  wire                    ex_last_i,
    // V results
    // accumulators will be there in the next cycle, until the next one
    input  wire  [Heads-1:0]       acc_valid_i,
    input  wire  [Heads*MetaBits-1:0] acc_meta_i,
    input  wire  [Heads*Lanes*32-1:0] acc_i,
    output logic                   drain_busy_o,
    // output
    input  wire                    out_re_i,
    input  wire  [HeadBits-1:0]    out_head_i,    // column
    input  wire  [1:0]             out_set_i,     // set slot
    input  wire  [7:0]             out_elem_i,
    // out_re_i was taken (a drain of the same bank goes first)
    output logic                   out_gnt_o,
    output logic [DrainLanes*48-1:0] out_o_o,     // one cycle later, see luoshu_attn_sums
    output logic [47:0]            out_l_o,       // of out_head_i and out_set_i, one cycle later
    output logic signed [7:0]      out_r_o,       // the same
    // reciprocals (Heads > 1): see luoshu_attn_weights
    input  wire                    recip_valid_i,
    input  wire  [15:0]            recip_frac_i,
    output logic                   recip_ready_o,
    output logic                   recip_done_o,
    output logic [17:0]            recip_value_o
);
  localparam int Groups8 = Lanes / 8;

  logic                        raw_re;
  logic                        raw_item;
  logic [4:0]                  raw_key;
  logic [Heads*Groups8*32-1:0] raw_row;
  logic [Heads*Groups8*16-1:0] p_row;
  generate
    for (genvar h = 0; h < Heads; h++) begin : gen_column
      luoshu_attn_column #(.Lanes(Lanes), .MetaBits(MetaBits)) u_column (
          .clk_i, .rst_ni, .hpb_i, .ld_we_i(ld_we_i[h]), .ld_addr_i, .ld_data_i,
          .op_valid_i(op_valid_i[h]), .op_meta_i(op_meta_i[h*MetaBits +: MetaBits]),
          .p_row_i(p_row[h*Groups8*16 +: Groups8*16]), .op_b_o(op_b_o[h*Lanes*17 +: Lanes*17]),
          .sum_valid_i(sum_valid_i[h]), .sum_meta_i(sum_meta_i[h*MetaBits +: MetaBits]),
          .sum_i(sum_i[h*Groups8*29 +: Groups8*29]), .raw_re_i(raw_re), .raw_item_i(raw_item),
          .raw_key_i(raw_key), .raw_row_o(raw_row[h*Groups8*32 +: Groups8*32])
      );
    end
  endgenerate

  logic [1:0]          out_set_q;
  logic [HeadBits-1:0] out_head_q, dr_head;
  logic [1:0]          dr_item;
  logic                dr_any, dr_first, ex_any, ex_first;
  logic [5:0]          dr_osh, dr_bsh, ex_down;
  logic signed [15:0]  ex_m;
  logic signed [7:0]   ex_vr;
  logic [Step*33-1:0]  s_row;
  always_ff @(posedge clk_i) begin
    out_set_q  <= out_set_i;
    out_head_q <= out_head_i;
  end
  luoshu_attn_score #(.Lanes(Lanes), .Step(Step), .Heads(Heads), .Soft(Soft),
      .BlockBits(BlockBits)) u_score (
      .clk_i, .li_we_i, .li_set_i, .li_active_i, .li_qe_i, .li_pos_i, .raw_re_o(raw_re),
      .raw_item_o(raw_item), .raw_key_o(raw_key), .raw_row_i(raw_row), .sc_valid_i, .sc_first_i,
      .sc_head_i, .sc_key_i, .sc_item_i, .sc_set_i, .sc_block_i, .sc_ke_i, .sc_ve_i, .sc_in_i,
      .sc_final_i, .sc_new_i, .sc_last_i, .hand_i, .ex_valid_i, .ex_head_i, .ex_item_i, .ex_key_i,
      .s_row_o(s_row), .ex_any_o(ex_any), .ex_first_o(ex_first), .ex_m_o(ex_m), .ex_vr_o(ex_vr),
      .ex_down_o(ex_down), .dr_head_i(dr_head), .dr_item_i(dr_item), .dr_any_o(dr_any),
      .dr_first_o(dr_first), .dr_osh_o(dr_osh), .dr_bsh_o(dr_bsh), .out_head_i(out_head_q),
      .out_set_i(out_set_q), .out_r_o
  );
  luoshu_attn_weights #(.Lanes(Lanes), .Step(Step), .Heads(Heads), .Soft(Soft),
      .MetaBits(MetaBits), .PosBits(BlockBits + 5)) u_weights (
      .clk_i, .hpb_i, .ex_start_i, .ex_valid_i, .ex_head_i, .ex_key_i, .ex_item_i, .ex_set_i,
      .ex_ve_i, .ex_in_i, .ex_two_i, .ex_final_i, .ex_hold_o, .ex_last_i, .s_row_i(s_row),
      .ex_any_i(ex_any), .ex_first_i(ex_first), .ex_m_i(ex_m), .ex_vr_i(ex_vr),
      .ex_down_i(ex_down), .op_valid_i(op_valid_i[0]), .op_meta_i(op_meta_i[MetaBits-1:0]),
      .p_row_o(p_row), .out_head_i(out_head_q), .out_set_i(out_set_q), .out_l_o,
      .recip_valid_i, .recip_frac_i, .recip_ready_o, .recip_done_o, .recip_value_o
  );
  luoshu_attn_sums #(.Lanes(Lanes), .Heads(Heads), .Soft(Soft), .MetaBits(MetaBits)) u_sums (
      .clk_i, .rst_ni, .hpb_i, .acc_valid_i, .acc_meta_i(acc_meta_i[MetaBits-1:0]), .acc_i,
      .drain_busy_o, .dr_head_o(dr_head), .dr_item_o(dr_item), .dr_any_i(dr_any),
      .dr_first_i(dr_first), .dr_osh_i(dr_osh), .dr_bsh_i(dr_bsh), .out_re_i, .out_head_i,
      .out_set_i, .out_elem_i, .out_gnt_o, .out_o_o
  );

  logic unused_bits;
  assign unused_bits = ^acc_meta_i;
endmodule
`default_nettype wire
