// SPDX-License-Identifier: Apache-2.0
// Second softmax pass of attention: logits to weights, which wait in a RAM for the V beats, and
// their running sum l (docs/numerics.md section 9). Serves Heads columns, one after the other.
//
// luoshu_attn_steps drives it with ex_*: one step of Step keys per cycle; ex_final_i ends the item
// for the column. What belongs to the item (any, first, m, vr, down) comes from luoshu_attn_score
// and stays for the pass. The columns' MAC operands are asked for by the first column's op_*, the
// others follow one cycle apart (luoshu_mac_array); p_row_o one cycle after op.
// Latency: logit read 1 cycle, weight 4 (5 with hardware multipliers), RAM 1. Reset: none needed,
// all state is written before it is read.
`default_nettype none

module luoshu_attn_weights #(
    parameter int Lanes = 32,    // L
    parameter int Step  = 2,     // keys per step: 1 or 2
    parameter int Heads = 1,     // columns served
    parameter int Soft  = 1,     // see luoshu_attn_exp
    parameter int MetaBits = 16,
    parameter int PosBits = 28,  // of a position
    // Derived, do not set.
    parameter int HeadBits = (Heads > 1) ? $clog2(Heads) : 1
) (
    input  wire                     clk_i,
    input  wire  [3:0]              hpb_i,         // log2 of the padded head_dim, 3..8
    // steps
    // an item begins for a column (one cycle before its first step)
    input  wire                     ex_start_i,
    input  wire                     ex_valid_i,
    input  wire  [HeadBits-1:0]     ex_head_i,     // column
    input  wire  [4:0]              ex_key_i,
    input  wire  [1:0]              ex_item_i,     // item slot
    input  wire  [1:0]              ex_set_i,      // set slot
    input  wire  [Step*8-1:0]       ex_ve_i,       // V exponents; a cycle later with Lanes = 8
    input  wire  [Step-1:0]         ex_in_i,       // the key exists in the block
    input  wire                     ex_two_i,      // the step has two keys (Step = 2)
    // 6 cycles after the last step, or when ex_hold_o has fallen
    input  wire                     ex_final_i,
    output logic                    ex_hold_o,     // l is being shifted (Heads > 1)
    input  wire                     ex_last_i,     // with final: last block of the set
    // of the first pass
    input  wire  [Step*33-1:0]      s_row_i,       // of the step before: {key counts, logit}
    input  wire                     ex_any_i,
    input  wire                     ex_first_i,
    input  wire  signed [15:0]      ex_m_i,
    input  wire  signed [7:0]       ex_vr_i,
    input  wire  [5:0]              ex_down_i,
    // weights of the keys of a V beat
    input  wire                     op_valid_i,    // of the first column
    input  wire  [MetaBits-1:0]     op_meta_i,
    output logic [Heads*(Lanes/8)*16-1:0] p_row_o,
    // output
    input  wire  [HeadBits-1:0]     out_head_i,
    input  wire  [1:0]              out_set_i,
    output logic [47:0]             out_l_o,       // l of a finished set, the same cycle
    // reciprocals (Heads > 1): see luoshu_attn_exp
    input  wire                     recip_valid_i, // stays until it is taken
    input  wire  [15:0]             recip_frac_i,
    output logic                    recip_ready_o, // taken
    output logic                    recip_done_o,  // 3 cycles later
    output logic [17:0]             recip_value_o  // with it
);
  localparam int LB = $clog2(Lanes);
  localparam int Groups8 = Lanes / 8;
  localparam int SlotBits = 2 + ((Heads > 1) ? HeadBits : 0);   // of {column, slot}
  logic [2:0] seg_bits;    // log2 of keys per row: LB - hpb where hp < L, else 0
  assign seg_bits = (LB > 3 && hpb_i < 4'(LB)) ? 3'(4'(LB) - hpb_i) : 3'd0;

  // ---------------------------------------------------------------- weights
  // stage 0: logit read; 1: into the exp unit; 5: out of it, into the sum; Last + 1: into the RAM
  localparam int Last = (Soft != 0) ? 4 : 5;
  logic [Last:0]      ex_q;           // valid per stage
  logic [Last*5+4:0]  ex_key_q;
  logic [4:0]         p_key;          // key of the weight that goes into the RAM
  logic [Step-1:0]    ex1_in_q;
  logic [Step*5-1:0]  ex1_shift_q;
  logic [Step*16-1:0] p_out, ps_out;
  logic [17:0]        p_sum;
  always_ff @(posedge clk_i) begin
    ex_q <= {ex_q[Last-1:0], ex_valid_i};
    ex_key_q <= {ex_key_q[Last*5-1:0], ex_key_i};
  end
  assign p_key = ex_key_q[Last*5 +: 5];
  logic [2:0] recip_q;   // a reciprocal is inside, per stage
  logic [Step*18-1:0] values;
  assign recip_ready_o = recip_valid_i && !ex_q[0];
  assign recip_done_o  = recip_q[2];
  assign recip_value_o = values[17:0];
  always_ff @(posedge clk_i) recip_q <= (Heads > 1) ? {recip_q[1:0], recip_ready_o} : '0;
  generate
    for (genvar k = 0; k < Step; k++) begin : gen_exp
      logic [8:0] distance;
      logic [4:0] down;       // of V's exponent, saturated
      assign down = (distance > 9'd31) ? 5'd31 : distance[4:0];
      assign distance = 9'(ex_vr_i) - 9'($signed(ex_ve_i[k*8 +: 8]));
      always_ff @(posedge clk_i) begin
        if (ex_valid_i) begin
          ex1_in_q[k] <= ex_in_i[k] && ex_any_i;
          ex1_shift_q[k*5 +: 5] <= down;
        end
      end
      luoshu_attn_exp #(.Recip((Heads > 1) ? 1 : 0), .Soft(Soft)) u_exp (
          .clk_i, .en_i(|ex_q || recip_ready_o || recip_q[1:0] != 2'd0),
          .valid_i(ex1_in_q[k] && s_row_i[k*33 + 32] && ex_q[0]),
          .t_i({s_row_i[k*33 + 16 +: 16] - ex_m_i, s_row_i[k*33 +: 16]}),
          .shift_i((Lanes == 8) ? down : ex1_shift_q[k*5 +: 5]), .p_o(p_out[k*16 +: 16]),
          .ps_o(ps_out[k*16 +: 16]), .recip_i(recip_ready_o), .recip_frac_i,
          .value_o(values[k*18 +: 18])
      );
    end
  endgenerate
  always_comb begin
    p_sum = '0;
    for (int k = 0; k < Step; k++) p_sum = p_sum + 18'(p_out[k*16 +: 16]);
  end

  // into the row of their keys; rows of the columns side by side
  logic [Groups8*2-1:0]       p_mask;
  logic [Groups8*16-1:0]      p_wdata;
  logic [Heads*Groups8*2-1:0] p_masks;
  logic [Heads*Groups8*16-1:0] p_rows;
  logic [4:0]                 p_slot;
  assign p_slot = p_key & ((5'd1 << seg_bits) - 5'd1);
  generate
    for (genvar g = 0; g < Groups8; g++) begin : gen_pw
      assign p_mask[g*2 +: 2] = {2{(5'(g) == p_slot) || (ex_two_i && 5'(g) == p_slot + 5'd1)}};
      if (Step == 2) begin : gen_two
        assign p_wdata[g*16 +: 16] = (5'(g) == p_slot) ? ps_out[15:0] : ps_out[Step*16-1 -: 16];
      end else begin : gen_one
        assign p_wdata[g*16 +: 16] = ps_out[15:0];
      end
    end
    for (genvar h = 0; h < Heads; h++) begin : gen_head
      assign p_masks[h*Groups8*2 +: Groups8*2] = (Heads == 1 || ex_head_i == HeadBits'(h)) ? p_mask
          : '0;
    end
  endgenerate
  luoshu_ram_1r1w #(.Width(Heads*Groups8*16), .Depth(128), .ByteWrite(2)) u_p (
      .clk_i, .we_i(ex_q[Last]), .waddr_i({ex_item_i, p_key >> seg_bits}), .wmask_i(p_masks),
      .wdata_i({Heads{p_wdata}}), .re_i(op_valid_i && op_meta_i[14]),
      .raddr_i({op_meta_i[13:12], op_meta_i[4:0]}), .rdata_o(p_rows)
  );
  assign p_row_o[Groups8*16-1:0] = p_rows[Groups8*16-1:0];
  generate
    if (Heads > 1) begin : gen_follow   // column h is h cycles later
      logic [(Heads-1)*Groups8*16-1:0] follow;
      for (genvar h = 1; h < Heads; h++) begin : gen_delay
        logic [h*Groups8*16-1:0] delay_q;   // the newest lowest
        always_ff @(posedge clk_i) begin
          delay_q[0 +: Groups8*16] <= p_rows[h*Groups8*16 +: Groups8*16];
          for (int i = 1; i < h; i++) delay_q[i*Groups8*16 +: Groups8*16] <=
              delay_q[(i-1)*Groups8*16 +: Groups8*16];
        end
        assign follow[(h-1)*Groups8*16 +: Groups8*16] = delay_q[(h-1)*Groups8*16 +: Groups8*16];
      end
      assign p_row_o[Heads*Groups8*16-1:Groups8*16] = follow;
    end
  endgenerate

  // ---------------------------------------------------------------- sum of the weights
  // l = rs(l, m' - m) + sum of the weights: while the weights add up, l is shifted. A weight is
  // below 2^16, so l is below 2^LBits. With one column by 16, 4 or 1 per cycle, 7 cycles at most;
  // ex_final_i comes 7 cycles after ex_start_i or later. With several by 1, and ex_final_i waits
  // for ex_hold_o. l is complete two cycles after ex_final_i, when the next item may start.
  localparam int LBits = PosBits + 16;
  logic [Heads*LBits-1:0] l_q;        // per column
  logic [LBits-1:0]    l, l_total;
  logic                half_q;        // the bit below l
  logic [5:0]          left_down_q;   // still to shift
  logic                fin_q;         // ex_final_i a cycle ago
  logic [20:0]         weight_q;      // sum of the item's weights
  logic [LBits-1:0]    set_l_q [1 << SlotBits];
  logic                l_gone, unused_half;
  assign l_gone  = ex_first_i || (ex_down_i > 6'(LBits));
  // l + weight_q + half_q in one carry chain
  assign {l_total, unused_half} = {l, half_q} + {(LBits-21)'(0), weight_q, half_q};
  generate
    if (Heads > 1) begin : gen_shared
      logic clear, shift, add;
      assign l     = l_q[LBits*32'(ex_head_i) +: LBits];
      assign clear = ex_start_i && ex_any_i && l_gone;
      assign shift = (left_down_q != 6'd0);
      assign add   = fin_q;
      assign ex_hold_o = shift;
      for (genvar h = 0; h < Heads; h++) begin : gen_l
        always_ff @(posedge clk_i) begin
          if (ex_head_i == HeadBits'(h)) begin
            if (clear) l_q[h*LBits +: LBits] <= '0;
            else if (shift || add) l_q[h*LBits +: LBits] <= shift ? {1'b0, l[LBits-1:1]} : l_total;
          end
        end
      end
      always_ff @(posedge clk_i) begin
        if (ex_start_i || add) half_q <= 1'b0;
        else if (shift) half_q <= l[0];
        if (ex_start_i) left_down_q <= (ex_any_i && !l_gone) ? ex_down_i : 6'd0;
        else if (shift) left_down_q <= left_down_q - 6'd1;
      end
    end else begin : gen_own
      logic [LBits-1:0] l_next;
      logic             half_next;
      logic [5:0]       left_down_next;
      assign l         = l_q;
      assign ex_hold_o = 1'b0;
      always_comb begin
        l_next         = l;
        half_next      = half_q;
        left_down_next = left_down_q;
        if (ex_start_i && ex_any_i) begin
          half_next      = 1'b0;
          left_down_next = l_gone ? 6'd0 : ex_down_i;
          if (l_gone) l_next = '0;
        end else if (left_down_q[5:4] != 2'd0) begin
          {l_next, half_next} = {16'd0, l[LBits-1:15]};
          left_down_next[5:4] = left_down_q[5:4] - 2'd1;
        end else if (left_down_q[3:2] != 2'd0) begin
          {l_next, half_next} = {4'd0, l[LBits-1:3]};
          left_down_next[3:2] = left_down_q[3:2] - 2'd1;
        end else if (left_down_q[1:0] != 2'd0) begin
          {l_next, half_next} = {1'd0, l};
          left_down_next[1:0] = left_down_q[1:0] - 2'd1;
        end else if (fin_q && ex_any_i) begin
          l_next    = l_total;
          half_next = 1'b0;
        end
      end
      always_ff @(posedge clk_i) begin
        l_q         <= l_next;
        half_q      <= half_next;
        left_down_q <= left_down_next;
      end
    end
  endgenerate
  always_ff @(posedge clk_i) begin
    fin_q <= ex_final_i;
    if (ex_start_i) weight_q <= '0;
    else if (ex_q[4]) weight_q <= weight_q + 21'(p_sum);
    // no weight, no change
    if (fin_q && ex_last_i) set_l_q[SlotBits'({ex_head_i, ex_set_i})] <= l_total;
  end
  assign out_l_o = 48'(set_l_q[SlotBits'({out_head_i, out_set_i})]);

  logic unused_bits;
  assign unused_bits = ^{op_meta_i, values};
endmodule
`default_nettype wire
