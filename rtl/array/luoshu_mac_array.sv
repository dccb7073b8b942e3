// SPDX-License-Identifier: Apache-2.0
// The multipliers: Lanes x Columns, shared by the matrix engine (client W) and the attention unit
// (client K).
//
// A beat of operands a is registered and marches from column to column, one per cycle. K wins the
// issue; it is always ready. No stall: after an issue in cycle t, column c
// t + 1 + c asks for its b operands (K: k_op_valid_o with k_op_meta_o; the matrix engine knows the
// time itself),
//   t + 2 + c  takes b and multiplies,
//              for K accumulates it shows k_accv_o and k_acc_meta_o in that cycle,
// t + 3 + c shows its sums (w_sum_o, k_sum_valid_o with k_sum_meta_o), after a K accumulate with
// k_last_i its k_acc_o. Columns outside the mask do not move, a beat marches no further than the
// last column of its mask, and while no beat is for more than the first column, the clock of the
// others stops. b operands are presented one cycle after the request and may be anything at other
// times. Slot sums add 32 lanes (all lanes where there are fewer). Reset clears only the valid
// bits.
`default_nettype none

module luoshu_mac_array #(
    parameter int Lanes    = 32,
    parameter int Columns  = 4,
    parameter int MetaBits = 16,
    parameter int ActLanes = (Lanes < 32) ? Lanes : 32,  // derived
    parameter int Slots    = (Lanes < 32) ? 1 : Lanes / 32,
    parameter int Groups8  = Lanes / 8
) (
    input  wire                            clk_i,
    input  wire                            rst_ni,
    // client W
    input  wire                            w_valid_i,
    output logic                           w_ready_o,
    input  wire  [Lanes*8-1:0]             w_a_i,
    input  wire  [1:0]                     w_mode_i,   // see luoshu_mac_column
    input  wire  [Columns-1:0]             w_cols_i,
    input  wire  [Columns*ActLanes*12-1:0] w_b_i,
    output logic [Columns*Slots*26-1:0]    w_sum_o,
    // client K
    input  wire                            k_valid_i,
    output logic                           k_ready_o,
    input  wire  [Lanes*12-1:0]            k_a_i,
    input  wire                            k_acc_i,    // 0 dot products, 1 lane accumulate
    // the accumulators start again after this beat
    input  wire                            k_last_i,
    input  wire  [Columns-1:0]             k_cols_i,
    input  wire  [MetaBits-1:0]            k_meta_i,
    output logic [Columns-1:0]             k_op_valid_o,
    output logic [Columns*MetaBits-1:0]    k_op_meta_o,
    input  wire  [Columns*Lanes*17-1:0]    k_b_i,
    output logic [Columns-1:0]             k_sum_valid_o,  // of a dot
    output logic [Columns*MetaBits-1:0]    k_sum_meta_o,
    output logic [Columns*Groups8*29-1:0]  k_sum_o,
    output logic [Columns-1:0]             k_accv_o,
    output logic [Columns*MetaBits-1:0]    k_acc_meta_o,
    output logic [Columns*Lanes*32-1:0]    k_acc_o         // stays until the column's next k_last_i
);
  // What marches along, without the beat: {client K, acc, last, mode, column mask, meta}.
  localparam int SideBits = 1 + 1 + 1 + 2 + Columns + MetaBits;
  assign k_ready_o = 1'b1;
  assign w_ready_o = !k_valid_i;

  // Operands by lane: 8 low bits, which is all that W has, and 4 high bits.
  logic [Lanes*8-1:0] k_low;
  logic [Lanes*4-1:0] k_high;
  generate
    for (genvar l = 0; l < Lanes; l++) begin : gen_operand
      assign {k_high[l*4 +: 4], k_low[l*8 +: 8]} = k_a_i[l*12 +: 12];
    end
  endgenerate

  // Stage s is the beat issued s + 1 cycles ago. Column c needs the stages up to c + 2.
  logic                valid_q [Columns + 2] /*verilator split_var*/;
  logic [SideBits-1:0] side_q  [Columns + 2] /*verilator split_var*/;
  logic [Lanes*8-1:0]  low_q   [Columns + 1] /*verilator split_var*/;
  logic [Lanes*4-1:0]  high_q  [Columns + 1] /*verilator split_var*/;
  logic                clk_rest;   // of the other columns, and of the stages that only they need
  always_ff @(posedge clk_i) begin
    valid_q[0] <= rst_ni && (k_valid_i || w_valid_i);
    if (k_valid_i) begin
      side_q[0] <= {1'b1, k_acc_i, k_last_i, 2'd0, k_cols_i, k_meta_i};
      low_q[0]  <= k_low;
      high_q[0] <= k_high;
    end else if (w_valid_i) begin
      side_q[0] <= {1'b0, 1'b0, 1'b0, w_mode_i, w_cols_i, {MetaBits{1'b0}}};
      low_q[0]  <= w_a_i;
    end
  end
  logic [Columns+1:0] more;   // a beat for more than the first column may leave the stage
  assign more[0] = 1'b0;
  luoshu_clock_gate u_rest_gate (.clk_i, .en_i(!rst_ni || more != '0), .clk_o(clk_rest));
  generate
    for (genvar s = 1; s < Columns + 2; s++) begin : gen_stage
      logic march, clk_stage;
      assign march     = valid_q[s-1]
          && (side_q[s-1][MetaBits+Columns-1 : MetaBits + ((s > 2) ? s - 2 : 0)] != '0);
      assign more[s]   = valid_q[s] && (s > 2 || side_q[s][MetaBits+Columns-1 : MetaBits+1] != '0);
      assign clk_stage = (s > 2) ? clk_rest : clk_i;
      always_ff @(posedge clk_stage) begin
        valid_q[s] <= rst_ni && march;
        if (march) side_q[s] <= side_q[s-1];
      end
      if (s < Columns + 1) begin : gen_beat   // the beat itself is not needed with the result
        logic beat, clk_beat;
        assign beat     = valid_q[s-1] && (side_q[s-1][MetaBits+Columns-1 : MetaBits+s-1] != '0);
        assign clk_beat = (s > 1) ? clk_rest : clk_i;
        always_ff @(posedge clk_beat) begin
          if (beat) low_q[s] <= low_q[s-1];
          if (beat && side_q[s-1][SideBits-1]) high_q[s] <= high_q[s-1];
        end
      end
    end
  endgenerate

  generate
    for (genvar c = 0; c < Columns; c++) begin : gen_column
      // request (stage c), multiply (stage c + 1), result (stage c + 2)
      logic                ask_k, do_en, do_k, do_acc, do_last, show_en, show_k, show_acc;
      logic [1:0]          do_mode;
      logic [Groups8*29-1:0] sums;
      localparam int MaskAt = MetaBits + c;
      assign ask_k = side_q[c][SideBits-1];
      assign k_op_valid_o[c] = valid_q[c] && ask_k && side_q[c][MaskAt];
      assign k_op_meta_o[c*MetaBits +: MetaBits] = side_q[c][MetaBits-1:0];
      assign {do_k, do_acc, do_last, do_mode} = side_q[c+1][SideBits-1 -: 5];
      assign do_en = valid_q[c+1] && side_q[c+1][MaskAt];
      luoshu_mac_column #(.Lanes(Lanes), .Odd(c % 2)) u_column (
          .clk_i((c == 0) ? clk_i : clk_rest), .rst_ni, .en_i(do_en), .k_i(do_k), .mode_i(do_mode),
          .a_i(low_q[c+1]), .a_high_i(high_q[c+1]), .w_b_i(w_b_i[c*ActLanes*12 +: ActLanes*12]),
          .k_b_i(k_b_i[c*Lanes*17 +: Lanes*17]), .acc_i(do_acc), .last_i(do_last), .sum_o(sums),
          .acc_o(k_acc_o[c*Lanes*32 +: Lanes*32])
      );
      logic unused_side;
      // The last stages' other fields end here.
      if (c + 2 < Columns + 2) begin : gen_show
        assign show_en  = valid_q[c+2] && side_q[c+2][MaskAt];
        assign show_k   = side_q[c+2][SideBits-1];
        assign show_acc = side_q[c+2][SideBits-2];
        assign k_sum_meta_o[c*MetaBits +: MetaBits] = side_q[c+2][MetaBits-1:0];
        assign unused_side = ^side_q[c+2];
      end
      assign k_sum_valid_o[c] = show_en && show_k && !show_acc;
      assign k_accv_o[c]      = do_en && do_k && do_acc;
      assign k_acc_meta_o[c*MetaBits +: MetaBits] = side_q[c+1][MetaBits-1:0];
      assign k_sum_o[c*Groups8*29 +: Groups8*29] = sums;
      for (genvar s = 0; s < Slots; s++) begin : gen_slot
        logic signed [28:0] slot_sum;
        always_comb begin
          slot_sum = 'x;   // a simulator adds nothing up without a block
          if (show_en && !show_k) begin
            slot_sum = 29'sd0;
            for (int g = 0; g < Groups8 / Slots; g++) slot_sum = slot_sum
                + $signed(sums[(s*(Groups8/Slots)+g)*29 +: 29]);
          end
        end
        assign w_sum_o[(c*Slots+s)*26 +: 26] = slot_sum[25:0];
        logic unused_top;
        assign unused_top = ^slot_sum[28:26];
      end
    end
  endgenerate
endmodule
`default_nettype wire
