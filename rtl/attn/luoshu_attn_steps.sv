// SPDX-License-Identifier: Apache-2.0
// Steps the columns through the two softmax passes of an item: score (maxima) and exp (weights).
// Two items can be inside, one in each pass. Columns that share a path (Heads > 1) are stepped one
// after the other: the item goes through score and exp once for each of them that is in use.
//
// With Lanes = 8 the steps of a pass begin in a certain cycle of four, and sc_ve_o and ex_ve_o come
// a cycle after their step (luoshu_attn_exponents).
// An item enters ResultDelay + (highest column) cycles before its last K result has landed; score
// takes ceil(rows * keys per row / Step) + 5 cycles, exp the same + 8, for each column of a path.
// Keys beyond the block's last one, up to a whole row, are stepped as absent, so that their weights
// are zero.
`default_nettype none

module luoshu_attn_steps #(
    parameter int Lanes = 32,
    parameter int Step = 2,
    // columns of a path (luoshu_attn_heads), which are stepped one after the other
    parameter int Heads = 1,
    parameter int ResultDelay = 7,   // cycles from a K issue to the raw result of column 0
    parameter int BlockBits = 23,    // of a block's number within its sequence
    parameter int ColBits = 2,       // of a column's number
    // Derived, do not set.
    parameter int ItemBits = 1 + ColBits + 3 + 5,   // see luoshu_attn_issue
    parameter int HeadBits = (Heads > 1) ? $clog2(Heads) : 1
) (
    input  wire                 clk_i,
    input  wire                 rst_ni,
    input  wire  [3:0]          hpb_i,
    input  wire                 in_valid_i,
    output logic                in_ready_o,
    input  wire  [ItemBits+3:0] in_i,         // {set slot, item slot, item}
    // exponents of an item's keys (luoshu_attn_exponents), before the item
    input  wire                 meta_valid_i,
    input  wire                 meta_shared_i,
    output logic                meta_ready_o,
    input  wire  [2:0]          meta_beat_i,
    input  wire                 meta_last_i,
    input  wire  [1:0]          meta_slot_i,
    input  wire  [Lanes*8-1:0]  meta_data_i,
    // score
    output logic                sc_valid_o,
    output logic                sc_first_o,
    output logic [HeadBits-1:0] sc_head_o,
    output logic [4:0]          sc_key_o,
    output logic [1:0]          sc_item_o,
    output logic [1:0]          sc_set_o,
    output logic [BlockBits-1:0] sc_block_o,
    output logic [Step*8-1:0]   sc_ke_o,
    output logic [Step*8-1:0]   sc_ve_o,
    output logic [Step-1:0]     sc_in_o,
    output logic                sc_final_o,
    output logic                sc_new_o,
    output logic                sc_last_o,
    // pulse: the score stage hands its item and column over to exp
    output logic                hand_o,
    // exp
    output logic                ex_start_o,
    output logic                ex_valid_o,
    output logic [HeadBits-1:0] ex_head_o,
    output logic [4:0]          ex_key_o,
    output logic [1:0]          ex_item_o,
    output logic [1:0]          ex_set_o,
    output logic [Step*8-1:0]   ex_ve_o,
    output logic [Step-1:0]     ex_in_o,
    output logic                ex_two_o,
    output logic                ex_final_o,
    input  wire                 ex_hold_i,    // the end of the pass has to wait
    output logic                ex_last_o,
    // weights of an item slot are complete; cleared when V starts
    output logic [3:0]          weights_o,
    input  wire                 v_start_i,
    input  wire  [1:0]          v_slot_i,
    output logic                busy_o
);
  localparam int LB = $clog2(Lanes);
  logic [2:0] seg_bits;   // log2 of keys per row
  logic       two;        // two keys per step
  assign seg_bits = (LB > 3 && hpb_i < 4'(LB)) ? 3'(4'(LB) - hpb_i) : 3'd0;
  assign two      = (Step == 2) && (seg_bits != 3'd0);

  luoshu_attn_exponents #(.Lanes(Lanes), .Step(Step)) u_exponents (
      .clk_i, .rst_ni, .in_valid_i(meta_valid_i), .in_shared_i(meta_shared_i),
      .in_ready_o(meta_ready_o), .in_beat_i(meta_beat_i), .in_last_i(meta_last_i),
      .in_slot_i(meta_slot_i), .in_data_i(meta_data_i), .phase_i(phase_q), .sc_run_i(sc_valid_o),
      .sc_slot_i(sc_item_o), .sc_key_i(sc_key_o), .sc_ke_o, .sc_ve_o, .ex_run_i(ex_valid_o),
      .ex_slot_i(ex_item_o), .ex_key_i(ex_key_o), .ex_ve_o
  );

  // Exponents in a block RAM: the steps of a pass begin in their phase.
  localparam bit Phased = (Lanes == 8);
  logic [1:0] phase_q;
  logic       in_phase;   // score may begin in the next cycle
  assign in_phase = !Phased || (phase_q == 2'd1);
  always_ff @(posedge clk_i) phase_q <= rst_ni ? phase_q + 2'd1 : 2'd0;

  // ---------------------------------------------------------------- score
  typedef enum logic [1:0] {Empty, Delay, Run, Tail} state_e;
  state_e      sc_q, ex_q;
  logic [5:0]  sc_wait_q;
  logic [4:0]  sc_at_q, sc_last_key_q;   // next key, last key that exists
  logic        sc_new_q, sc_last_q;
  logic [4:0]  row_mask;                 // keys of a row - 1: whole rows are stepped
  logic [ColBits-1:0] in_lastcol;
  assign in_lastcol = in_i[8 +: ColBits];
  assign row_mask   = 5'((6'd1 << seg_bits) - 6'd1);
  assign in_ready_o = (sc_q == Empty);

  assign sc_valid_o = (sc_q == Run);
  assign sc_first_o = (sc_at_q == 5'd0);
  assign sc_key_o   = sc_at_q;
  assign sc_new_o   = sc_new_q;
  assign sc_last_o  = sc_last_q;
  assign sc_final_o = (sc_q == Tail) && (sc_wait_q == 6'd1);
  assign hand_o     = (sc_q == Tail) && (sc_wait_q == 6'd0) && (ex_q == Empty) && in_phase;
  always_comb begin
    sc_in_o = '0;
    sc_in_o[0] = (sc_at_q <= sc_last_key_q);
    if (two) sc_in_o[Step-1] = (sc_at_q < sc_last_key_q);
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      sc_q <= Empty;
    end else begin
      case (sc_q)
        Empty: if (in_valid_i) sc_q <= Delay;
        Delay: if (sc_wait_q == 6'd0 && in_phase) sc_q <= Run;
        Run: if ((sc_at_q | 5'(two)) == (sc_last_key_q | row_mask)) sc_q <= Tail;
        default: if (hand_o) sc_q <= sc_end_head ? Empty : Run;
      endcase
    end
    if (sc_q == Empty) begin
      {sc_set_o, sc_item_o} <= in_i[ItemBits +: 4];
      sc_last_key_q <= in_i[4:0];
      sc_new_q   <= in_i[5];
      sc_last_q  <= in_i[6];
      sc_wait_q  <= 6'(ResultDelay) + 6'(in_lastcol);
    end
    // the blocks of a set come in order
    if (sc_q == Empty && in_valid_i) sc_block_o <= in_i[5] ? '0 : sc_block_o + 1'b1;
    if (sc_q == Empty || hand_o) sc_at_q <= '0;
    if ((sc_q == Delay || sc_q == Tail) && sc_wait_q != 6'd0) sc_wait_q <= sc_wait_q - 6'd1;
    if (sc_q == Run) begin
      sc_at_q   <= sc_at_q + (two ? 5'd2 : 5'd1);
      sc_wait_q <= 6'd3;
    end
  end

  // the column of the path, up to the last one in use
  logic sc_end_head;
  generate
    if (Heads > 1) begin : gen_heads
      logic [HeadBits-1:0] head_q, last_head_q;
      assign sc_head_o   = head_q;
      assign sc_end_head = (head_q == last_head_q);
      always_ff @(posedge clk_i) begin
        if (sc_q == Empty) begin
          head_q      <= '0;
          last_head_q <= (32'(in_lastcol) >= Heads) ? HeadBits'(Heads - 1) : HeadBits'(in_lastcol);
        end else if (hand_o) begin
          head_q <= head_q + 1'b1;
        end
      end
    end else begin : gen_head
      assign sc_head_o   = '0;
      assign sc_end_head = 1'b1;
    end
  endgenerate

  // ---------------------------------------------------------------- exp
  logic       ex_end_head_q;   // the item's last column
  logic [4:0] ex_at_q, ex_last_key_q;
  logic [2:0] ex_wait_q;
  assign ex_start_o = (ex_q == Delay);
  assign ex_valid_o = (ex_q == Run);
  assign ex_key_o   = ex_at_q;
  assign ex_two_o   = two;
  assign ex_final_o = (ex_q == Tail) && (ex_wait_q == 3'd0) && !ex_hold_i;
  always_comb begin
    ex_in_o = '0;
    ex_in_o[0] = (ex_at_q <= ex_last_key_q);
    if (two) ex_in_o[Step-1] = (ex_at_q < ex_last_key_q);
  end
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      ex_q <= Empty;
      weights_o <= '0;
    end else begin
      case (ex_q)
        Empty: if (hand_o) ex_q <= Delay;
        Delay: ex_q <= Run;
        Run: if ((ex_at_q | 5'(two)) == (ex_last_key_q | row_mask)) ex_q <= Tail;
        default: if (ex_final_o) ex_q <= Empty;
      endcase
      if (v_start_i) weights_o[v_slot_i] <= 1'b0;
      if (ex_final_o && ex_end_head_q) weights_o[ex_item_o] <= 1'b1;
    end
    if (hand_o) begin
      ex_head_o <= sc_head_o;
      ex_end_head_q <= sc_end_head;
      ex_item_o <= sc_item_o;
      ex_set_o  <= sc_set_o;
      ex_last_o <= sc_last_q;
      ex_last_key_q <= sc_last_key_q;
      ex_at_q   <= '0;
    end
    if (ex_q == Run) begin
      ex_at_q   <= ex_at_q + (two ? 5'd2 : 5'd1);
      ex_wait_q <= 3'd5;
    end
    if (ex_q == Tail && ex_wait_q != 3'd0) ex_wait_q <= ex_wait_q - 3'd1;
  end
  assign busy_o = (sc_q != Empty) || (ex_q != Empty);

  logic unused_bits;
  assign unused_bits = ^in_i;
endmodule
`default_nettype wire
