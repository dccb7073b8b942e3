// SPDX-License-Identifier: Apache-2.0
// First softmax pass of attention: raw dot products to base-2 logits, the running maximum and the
// shifts that follow from it (docs/numerics.md section 9). Serves Heads columns, one after the
// other.
//
// luoshu_attn_steps drives it. sc_*: one step of Step keys per cycle: exponent shift, saturation,
// maxima; sc_final_i ends the item for the column. hand_i, a cycle after it or later, hands the
// item over to the second pass, whose view (ex_*_o) stays until the next hand_i. Logits wait in a
// RAM, read by ex_valid_i, one cycle latency.
// Latency: row read 1 cycle, shift 1, maxima and logit RAM 1. Reset: none needed, all state is
// written before it is read.
`default_nettype none

module luoshu_attn_score #(
    parameter int Lanes = 32,  // L
    parameter int Step  = 2,   // keys per step: 1 or 2
    parameter int Heads = 1,   // columns served
    parameter int Soft  = 1,   // see luoshu_attn_shift
    parameter int BlockBits = 23,   // of a block's number within its sequence
    // Derived, do not set.
    parameter int HeadBits = (Heads > 1) ? $clog2(Heads) : 1
) (
    input  wire                     clk_i,
    // head information
    input  wire  [Heads-1:0]        li_we_i,       // one column at a time
    input  wire  [1:0]              li_set_i,      // set slot
    input  wire                     li_active_i,
    input  wire  signed [7:0]       li_qe_i,
    input  wire  [BlockBits+4:0]    li_pos_i,      // last key that this column may see
    // raw dot products
    output logic                    raw_re_o,
    output logic                    raw_item_o,    // lowest bit of the item slot
    output logic [4:0]              raw_key_o,     // the row of keys that it is in
    input  wire  [Heads*(Lanes/8)*32-1:0] raw_row_i,
    // steps
    input  wire                     sc_valid_i,    // step enters
    input  wire                     sc_first_i,    // first step of the item and column
    input  wire  [HeadBits-1:0]     sc_head_i,     // column, until hand_i
    input  wire  [4:0]              sc_key_i,      // first key of the step
    input  wire  [1:0]              sc_item_i,     // item slot
    input  wire  [1:0]              sc_set_i,      // set slot
    input  wire  [BlockBits-1:0]    sc_block_i,    // block number
    input  wire  [Step*8-1:0]       sc_ke_i,       // K exponents of the step's keys
    input  wire  [Step*8-1:0]       sc_ve_i,       // V exponents; a cycle later with Lanes = 8
    input  wire  [Step-1:0]         sc_in_i,       // the key exists in the block
    input  wire                     sc_final_i,    // 3 cycles after the last step
    input  wire                     sc_new_i,      // with final: first block of the set
    input  wire                     sc_last_i,     // with final: last block of the set
    input  wire                     hand_i,
    // second pass
    input  wire                     ex_valid_i,
    input  wire  [HeadBits-1:0]     ex_head_i,
    input  wire  [1:0]              ex_item_i,
    input  wire  [4:0]              ex_key_i,
    output logic [Step*33-1:0]      s_row_o,       // one cycle later: {key counts, logit}
    output logic                    ex_any_o,      // the column takes part in the item
    output logic                    ex_first_o,    // the column's first block
    output logic signed [15:0]      ex_m_o,        // running maximum, LSB 1 (a power of two)
    output logic signed [7:0]       ex_vr_o,       // largest V exponent of the item
    output logic [5:0]              ex_down_o,     // m' - m, saturated
    // merge of an item's V
    input  wire  [HeadBits-1:0]     dr_head_i,
    input  wire  [1:0]              dr_item_i,
    output logic                    dr_any_o,
    output logic                    dr_first_o,
    output logic [5:0]              dr_osh_o,      // m' - m + R' - R, saturated
    output logic [5:0]              dr_bsh_o,      // R' - vr, saturated
    // output
    input  wire  [HeadBits-1:0]     out_head_i,
    input  wire  [1:0]              out_set_i,
    output logic signed [7:0]       out_r_o        // R of a finished set, the same cycle
);
  localparam int Groups8 = Lanes / 8;
  localparam int SlotBits = 2 + ((Heads > 1) ? HeadBits : 0);   // of {column, slot}

  // ---------------------------------------------------------------- head information per set slot
  localparam int PosBits = BlockBits + 5;
  logic [PosBits+8:0]  info_q [1 << SlotBits];   // {active, qe, pos}
  logic [HeadBits-1:0] li_head;
  logic                active;
  logic signed [7:0]   qe;
  logic signed [9:0]   qe_not;   // -1 - qe
  logic [PosBits-1:0]  pos;
  always_comb begin
    li_head = '0;
    for (int h = 0; h < Heads; h++) if (li_we_i[h]) li_head = li_head | HeadBits'(h);
  end
  always_ff @(posedge clk_i) if (li_we_i != '0) info_q[SlotBits'({li_head, li_set_i})] <=
      {li_active_i, li_qe_i, li_pos_i};
  assign qe_not = ~{{2{qe[7]}}, qe};
  assign {active, qe, pos} = info_q[SlotBits'({sc_head_i, sc_set_i})];

  // ---------------------------------------------------------------- shift, saturate, maxima
  // stage 0: row read; 1: select and shift; 2: into the logit buffer and the maxima
  logic                  sc1_q, sc2_q, sc1_first_q, sc2_first_q;
  logic [4:0]            sc1_key_q, sc2_key_q;
  logic [Step-1:0]       sc1_in_q, sc2_in_q;
  logic [Step*8-1:0]     sc1_ve_q, sc2_ve_q;
  logic signed [9:0]     sc1_down_q [Step];   // -1 - qe - ke
  logic signed [31:0]    sc2_s_q [Step];
  logic [Groups8*32-1:0] raw_row;
  assign raw_re_o   = sc_valid_i;
  assign raw_item_o = sc_item_i[0];
  assign raw_key_o  = sc_key_i;
  assign raw_row    = (Heads > 1) ? raw_row_i[Groups8*32*32'(sc_head_i) +: Groups8*32]
      : raw_row_i[Groups8*32-1:0];

  // Only the maximum rounded up to a multiple of 2^16 counts, and no logit is beyond 2^30.
  logic signed [15:0] max_q;
  logic signed [7:0]  vmax_q;
  logic               any_q;
  logic signed [15:0] ceil [Step];   // ceil(logit / 2^16)
  logic signed [15:0] step_max;
  logic signed [7:0]  step_vmax;
  logic               fresh;     // the column's first key of the item

  // a key without its neighbour before it does not occur
  always_comb begin
    for (int k = 0; k < Step; k++) ceil[k] = sc2_s_q[k][31:16] + 16'(sc2_s_q[k][15:0] != 16'd0);
    step_max  = ceil[0];
    step_vmax = $signed(sc2_ve_q[7:0]);
    for (int k = 1; k < Step; k++) begin
      if (sc2_in_q[k] && ceil[k] > step_max) step_max = ceil[k];
      if (sc2_in_q[k] && $signed(sc2_ve_q[k*8 +: 8]) > step_vmax) step_vmax =
          $signed(sc2_ve_q[k*8 +: 8]);
    end
  end

  generate
    for (genvar k = 0; k < Step; k++) begin : gen_score
      logic signed [31:0] dot;
      logic [9:0]         down;      // right shift of {dot, 31 zeros}: 15 - qe - ke
      logic [32:0]        shifted;   // rs(dot, -shift) before rounding, and the bit below
      logic               overflow;
      logic signed [31:0] s;
      logic [4:0]         slot;      // bank of the key; a step of two begins with an even one
      assign slot  = (sc1_key_q | 5'(k)) & 5'(Groups8 - 1);
      assign dot   = $signed(raw_row[32*32'(slot) +: 32]);
      assign down  = {sc1_down_q[k][9:4] + 6'd1, sc1_down_q[k][3:0]};
      // Rounding half up adds the bit below the result; beyond 63 nothing but that is left, and it
      // cancels the sign. A left shift by n saturates unless -2^(30 - n) <= dot < 2^(30 - n); 2^(30
      // - n) itself gives the same as saturating. Shifts to the left by 31 and more saturate alike,
      // unless dot is 0.
      luoshu_attn_shift #(.Width(32), .Left(31), .Out(32), .Soft(Soft)) u_shift (
          .x_i(dot), .n_i(down[9] ? 6'd0 : (down > 10'd63) ? 6'd63 : down[5:0]), .y_o(shifted),
          .over_o(overflow)
      );
      assign s = 32'(shifted[32:1]) + 32'(shifted[0]);
      always_ff @(posedge clk_i) begin
        if (sc_valid_i) sc1_down_q[k] <= qe_not - 10'($signed(sc_ke_i[k*8 +: 8]));
        if (sc1_q) begin
          sc2_s_q[k] <= s;
          if (overflow) sc2_s_q[k] <= {dot[31], 1'b1, 30'd0};   // -2^30 or 2^30
        end
      end
    end
  endgenerate

  always_ff @(posedge clk_i) begin
    sc1_q <= sc_valid_i;
    sc2_q <= sc1_q;
    if (sc_valid_i) begin
      sc1_first_q <= sc_first_i;
      sc1_key_q   <= sc_key_i;
      sc1_ve_q    <= sc_ve_i;
      for (int k = 0; k < Step; k++) sc1_in_q[k] <= sc_in_i[k] && active
          && ({sc_block_i, sc_key_i | 5'(k)} <= pos);
    end
    if (sc1_q) begin
      sc2_first_q <= sc1_first_q;
      sc2_key_q   <= sc1_key_q;
      sc2_in_q    <= sc1_in_q;
      sc2_ve_q    <= (Lanes == 8) ? sc_ve_i : sc1_ve_q;
    end
    if (sc2_q) any_q <= sc2_in_q[0] || (any_q && !sc2_first_q);
    if (sc2_q && sc2_in_q[0]) begin
      if (fresh || step_max > max_q) max_q <= step_max;
      if (fresh || step_vmax > vmax_q) vmax_q <= step_vmax;
    end
  end
  assign fresh = sc2_first_q || !any_q;

  // ------------------------------------------------------- end of the item: new maximum and shifts
  localparam int RunBits = 1 + 16 + 8;
  logic [Heads*RunBits-1:0] run_q;   // per column {it has seen a block of the set, m, R}
  logic                     started_old, started;
  logic signed [15:0]       m_old, m_new;
  logic signed [7:0]        r_old, r_new;
  logic                     m_up, r_up;      // new maximum, new exponent
  logic signed [16:0]       m_rise;          // may be negative; m' - m = max(0, m_rise)
  logic signed [8:0]        r_rise;
  logic [5:0]               dm;              // m' - m, saturated
  logic [5:0]               dr, db;          // R' - R, R' - vr, saturated
  logic [6:0]               osh;
  assign {started_old, m_old, r_old} = (Heads > 1) ? run_q[RunBits*32'(sc_head_i) +: RunBits]
      : run_q[RunBits-1:0];
  assign started = started_old && !sc_new_i;
  assign m_rise  = 17'(max_q) - 17'(m_old);
  assign r_rise  = 9'(vmax_q) - 9'(r_old);
  assign m_up    = !started || !m_rise[16];
  assign r_up    = any_q && (!started || !r_rise[8]);
  assign m_new   = m_up ? max_q : m_old;
  assign r_new   = r_up ? vmax_q : r_old;
  // not looked at in the first block
  assign dm      = m_rise[16] ? 6'd0 : (m_rise[15:6] != 10'd0) ? 6'd63 : m_rise[5:0];
  assign dr      = r_rise[8] ? 6'd0 : (r_rise[7:6] != 2'd0) ? 6'd63 : r_rise[5:0];      // nor this
  assign db      = r_up ? 6'd0 : (r_rise < -9'sd63) ? 6'd63 : 6'd0 - r_rise[5:0];
  assign osh     = 7'(dm) + 7'(dr);
  generate
    for (genvar h = 0; h < Heads; h++) begin : gen_run
      always_ff @(posedge clk_i) begin
        if (sc_final_i && sc_head_i == HeadBits'(h)) begin
          if (any_q) run_q[h*RunBits +: RunBits] <= {1'b1, m_new, r_new};
          else if (sc_new_i) run_q[h*RunBits + RunBits - 1] <= 1'b0;
        end
      end
    end
  endgenerate

  // for the second pass, which the next item's first pass runs beside
  localparam int PassBits = 1 + 1 + 16 + 8 + 6;
  logic [PassBits-1:0] pass_q, ex_pass_q;
  always_ff @(posedge clk_i) begin
    if (sc_final_i) pass_q <= {any_q, !started, m_new, vmax_q, dm};
    if (hand_i) ex_pass_q <= pass_q;
  end
  assign {ex_any_o, ex_first_o, ex_m_o, ex_vr_o, ex_down_o} = ex_pass_q;

  // for the merge, per item slot, and for the output, per set slot
  logic [13:0]       merge_q [1 << SlotBits];   // {any, first, osh, bsh}
  logic signed [7:0] set_r_q [1 << SlotBits];
  always_ff @(posedge clk_i) begin
    if (sc_final_i) begin
      merge_q[SlotBits'({sc_head_i, sc_item_i})] <=
          {any_q, !started, osh[6] ? 6'd63 : osh[5:0], db};
    end
    if (sc_final_i && sc_last_i) set_r_q[SlotBits'({sc_head_i, sc_set_i})] <= r_new;
  end
  assign {dr_any_o, dr_first_o, dr_osh_o, dr_bsh_o} = merge_q[SlotBits'({dr_head_i, dr_item_i})];
  assign out_r_o = set_r_q[SlotBits'({out_head_i, out_set_i})];

  // ---------------------------------------------------------------- logits between the passes
  logic [Step*33-1:0] s_in;
  generate
    for (genvar k = 0; k < Step; k++) begin : gen_s
      assign s_in[k*33 +: 33] = {sc2_in_q[k], sc2_s_q[k]};
    end
  endgenerate
  luoshu_ram_1r1w #(.Width(Step*33), .Depth(32 << SlotBits)) u_logits (
      .clk_i, .we_i(sc2_q), .waddr_i((SlotBits+5)'({sc_head_i, sc_item_i, sc2_key_q})),
      .wmask_i('0), .wdata_i(s_in), .re_i(ex_valid_i),
      .raddr_i((SlotBits+5)'({ex_head_i, ex_item_i, ex_key_i})), .rdata_o(s_row_o)
  );
endmodule
`default_nettype wire
