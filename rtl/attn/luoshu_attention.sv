// SPDX-License-Identifier: Apache-2.0
// The attention unit: executes ATTN commands on the MAC array (client K),
// docs/architecture/attention.md, docs/numerics.md section 9. Shapes come from the command;
// capacity is in the parameters.
//
// The path of a block of keys: walk (addresses) -> kv_reader (stream) -> issue (MAC) -> columns
// (logits) -> steps (softmax) -> issue (V on the MAC) -> columns (o) -> out (normalise) -> blocks
// (quantise, activations).
// cmd_ready_o while idle; done_o pulses when the command's last activation is written. One command
// at a time.
`default_nettype none

module luoshu_attention #(
    parameter int Lanes = 32,
    parameter int Columns = 4,
    parameter int VectorLanes = 4,
    parameter int MaxTokens = 8,
    parameter int QElements = 2048,
    parameter int MaxHeads = 32,
    parameter int KvDepth = 128,     // beats of the KV FIFO
    parameter int Step = 2,          // keys per softmax step and column: 1 or 2
    parameter int InfoBits = 12,
    parameter int ResultDelay = 7,   // see luoshu_attn_steps; depends on the MAC array
    parameter int MetaBits = 16,
    parameter int ActLanes = (Lanes < 32) ? Lanes : 32    // derived: activations of a part
) (
    input  wire                       clk_i,
    input  wire                       rst_ni,
    input  wire                       cmd_valid_i,
    output logic                      cmd_ready_o,
    input  wire  [255:0]              cmd_i,
    // {tokens[6:0], loop, bank, write_logits, logits_mode[1:0]}
    input  wire  [InfoBits-1:0]       info_i,
    output logic                      done_o,
    output logic                      ctx_re_o,
    input  wire                       ctx_gnt_i,
    output logic [7:0]                ctx_addr_o,
    input  wire  [127:0]              ctx_data_i,
    // q from the vector unit
    input  wire                       qw_valid_i,
    input  wire  [5:0]                qw_token_i,
    input  wire  [8:0]                qw_head_i,
    input  wire  [7:0]                qw_elem_i,
    input  wire  [VectorLanes*12-1:0] qw_data_i,
    input  wire                       qw_last_i,
    input  wire                       qw_final_i, // with last: of the last token
    input  wire  [7:0]                qw_exp_i,
    input  wire  [3:0]                qw_hpb_i,
    // memory port read client
    output logic                      rq_valid_o,
    input  wire                       rq_ready_i,
    output logic [31:0]               rq_addr_o,
    output logic [7:0]                rq_beats_o,
    input  wire                       rc_valid_i,
    input  wire  [Lanes*8-1:0]        rc_data_i,
    // MAC array client K
    output logic                      k_valid_o,
    input  wire                       k_ready_i,
    output logic [Lanes*12-1:0]       k_a_o,
    output logic                      k_acc_o,
    output logic                      k_last_o,
    output logic [Columns-1:0]        k_cols_o,
    output logic [MetaBits-1:0]       k_meta_o,
    input  wire  [Columns-1:0]        k_op_valid_i,
    input  wire  [Columns*MetaBits-1:0] k_op_meta_i,
    output logic [Columns*Lanes*17-1:0] k_b_o,
    input  wire  [Columns-1:0]        k_sum_valid_i,
    input  wire  [Columns*MetaBits-1:0] k_sum_meta_i,
    input  wire  [Columns*(Lanes/8)*29-1:0] k_sum_i,
    input  wire  [Columns-1:0]        k_accv_i,
    input  wire  [Columns*MetaBits-1:0] k_acc_meta_i,
    input  wire  [Columns*Lanes*32-1:0] k_acc_i,
    // activations
    output logic                      aw_valid_o,
    input  wire                       aw_ready_i,
    output logic [5:0]                aw_token_o,
    output logic [15:0]               aw_block_o,
    output logic [1:0]                aw_part_o,
    output logic [ActLanes*12-1:0]    aw_data_o,
    output logic [8:0]                aw_exp_o,
    output logic [17:0]               aw_sum_o,
    output logic                      aw_first_o,
    output logic                      aw_joined_o,
    output logic [1:0]                aw_vec_o,
    // counters
    output logic                      busy_o,
    output logic                      stall_memory_o,
    output logic                      stall_wait_o
);
  // Positions: in nano 2^21, else as many as 2^32 bytes of keys and values hold (704 bytes are the
  // smallest block).
  localparam int BlockBits = (Lanes < 32) ? 16 : 23;
  localparam int PosBits = BlockBits + 5;
  localparam int TokenBits = (MaxTokens > 1) ? $clog2(MaxTokens) : 1;
  localparam int QueryBits = $clog2(MaxHeads);
  // of a set's number of tokens, and of heads per token
  localparam int SpanBits = $clog2(Columns + 1);
  localparam int ColBits = (Columns > 1) ? $clog2(Columns) : 1;
  localparam int ItemBits = 1 + ColBits + 3 + 5;   // see luoshu_attn_issue
  // One softmax and merge path serves all columns where a block takes enough cycles of the MAC
  // array.
  localparam int Heads = (Lanes * Columns <= 32) ? Columns : 1;
  localparam int Paths = Columns / Heads;
  localparam int HeadBits = (Heads > 1) ? $clog2(Heads) : 1;
  // {token, tokens, heads, head, last of the command}
  localparam int SetBits = TokenBits + 2 * SpanBits + QueryBits + 1;

  // ---------------------------------------------------------------- command and walk
  logic [255:0] cmd_q;
  logic         finish, idle;
  logic [3:0]   hpb;
  always_ff @(posedge clk_i) if (cmd_valid_i && cmd_ready_o) cmd_q <= cmd_i;
  assign cmd_ready_o = idle;
  assign busy_o      = !idle;
  assign done_o      = finish;

  logic                set_valid, set_ready, load_space, out_space;
  logic [SetBits-1:0]  set;
  logic [MaxTokens*PosBits-1:0] positions;
  logic [TokenBits-1:0] set_token, load_token, out_token;
  logic [SpanBits-1:0]  set_tokens, set_heads, load_tokens, load_heads, out_tokens, out_heads;
  logic [QueryBits-1:0] set_head, load_head, out_query;
  logic                 load_final, out_final;
  logic                item_valid, item_ready;
  logic [ItemBits-1:0] item;
  logic                rd_valid, rd_ready;
  logic [31:0]         rd_addr;
  logic [11:0]         rd_beats;
  luoshu_attn_walk #(.Lanes(Lanes), .Columns(Columns), .MaxTokens(MaxTokens), .MaxHeads(MaxHeads),
      .BlockBits(BlockBits), .Lag(2)) u_walk (
      .clk_i, .rst_ni, .cmd_valid_i, .cmd_ready_o(idle), .cmd_i,
      .tokens_i(info_i[InfoBits-1 -: 7]), .bank_i(info_i[3]), .finish_i(finish), .ctx_re_o,
      .ctx_gnt_i, .ctx_addr_o, .ctx_data_i, .set_valid_o(set_valid), .set_ready_i(set_ready),
      .set_token_o(set_token), .set_tokens_o(set_tokens), .set_heads_o(set_heads),
      .set_head_o(set_head), .set_final_o(set[0]), .positions_o(positions),
      .item_valid_o(item_valid), .item_ready_i(item_ready), .item_odd_o(item[8 + ColBits]),
      .item_key_o(item[4:0]), .item_first_o(item[5]), .item_last_o(item[6]),
      .item_final_o(item[7]), .item_lastcol_o(item[8 +: ColBits]), .rd_valid_o(rd_valid),
      .rd_ready_i(rd_ready), .rd_addr_o(rd_addr), .rd_beats_o(rd_beats), .hpb_o(hpb)
  );
  assign set_ready = load_space && out_space;
  assign set[SetBits-1:1] = {set_token, set_tokens, set_heads, set_head};

  logic                kv_valid, kv_ready;
  logic [Lanes*8-1:0]  kv_data;
  luoshu_kv_reader #(.Lanes(Lanes), .Depth(KvDepth), .BeatsBits(12)) u_reader (
      .clk_i, .rst_ni, .rd_valid_i(rd_valid), .rd_ready_o(rd_ready), .rd_addr_i(rd_addr),
      .rd_beats_i(16'(rd_beats)), .rq_valid_o, .rq_ready_i, .rq_addr_o, .rq_beats_o, .rc_valid_i,
      .rc_data_i, .kv_valid_o(kv_valid), .kv_ready_i(kv_ready), .kv_data_o(kv_data)
  );

  // --------------------------------------------------------- sets wait for loading, and for output
  logic               load_valid, load_ready, out_valid, out_ready;
  logic [SetBits-1:0] load_set, out_set;
  assign {load_token, load_tokens, load_heads, load_head, load_final} = load_set;
  assign {out_token, out_tokens, out_heads, out_query, out_final} = out_set;
  logic [1:0]         unused_load;
  logic [3:0]         unused_out;
  luoshu_fifo #(.Width(SetBits), .Depth(2), .UseRam(0)) u_load_sets (
      .clk_i, .rst_ni, .in_valid_i(set_valid && set_ready), .in_ready_o(load_space),
      .in_data_i(set), .out_valid_o(load_valid), .out_ready_i(load_ready), .out_data_o(load_set),
      .count_o(unused_load)
  );
  luoshu_fifo #(.Width(SetBits), .Depth(8), .UseRam(0)) u_out_sets (
      .clk_i, .rst_ni, .in_valid_i(set_valid && set_ready), .in_ready_o(out_space), .in_data_i(set),
      .out_valid_o(out_valid), .out_ready_i(out_ready), .out_data_o(out_set), .count_o(unused_out)
  );

  logic [2:0]          loaded;
  logic [Columns-1:0]  ld_we, li_we;
  logic [5:0]          ld_addr;
  logic [Lanes*12-1:0] ld_data;
  logic [1:0]          li_set;
  logic                li_active, release_set, k_done;
  logic signed [7:0]   li_qe;
  logic [PosBits-1:0]  li_pos;
  luoshu_attn_load #(
      .Lanes(Lanes), .Columns(Columns), .VectorLanes(VectorLanes), .MaxTokens(MaxTokens),
      .QElements(QElements), .MaxHeads(MaxHeads), .PosBits(PosBits)
  ) u_load (
      .clk_i, .rst_ni, .hpb_i(hpb), .finish_i(finish), .qw_valid_i, .qw_token_i, .qw_head_i,
      .qw_elem_i, .qw_data_i, .qw_last_i, .qw_final_i, .qw_exp_i, .qw_hpb_i,
      .set_valid_i(load_valid), .set_ready_o(load_ready), .set_token_i(load_token),
      .set_tokens_i(load_tokens), .set_heads_i(load_heads), .set_head_i(load_head),
      .positions_i(positions), .release_i(release_set), .k_done_i(k_done), .loaded_o(loaded),
      .ld_we_o(ld_we), .ld_addr_o(ld_addr), .ld_data_o(ld_data), .li_we_o(li_we),
      .li_set_o(li_set), .li_active_o(li_active), .li_qe_o(li_qe), .li_pos_o(li_pos)
  );

  // ---------------------------------------------------------------- items: issue and softmax
  logic                q_valid, q_ready;
  logic [ItemBits-1:0] q_item;
  logic [3:0]          unused_items;
  luoshu_fifo #(.Width(ItemBits), .Depth(8), .UseRam(0)) u_items (
      .clk_i, .rst_ni, .in_valid_i(item_valid), .in_ready_o(item_ready), .in_data_i(item),
      .out_valid_o(q_valid), .out_ready_i(q_ready), .out_data_o(q_item), .count_o(unused_items)
  );
  logic                scored_valid, score_free, v_start, v_done, capture, drain_busy, v_last;
  logic [ItemBits+3:0] scored;
  logic                meta_valid, meta_shared, meta_ready, meta_last;
  logic [2:0]          meta_beat;
  logic [1:0]          meta_slot;
  logic [3:0]          weights;
  logic [1:0]          v_slot;
  luoshu_attn_issue #(.Lanes(Lanes), .Columns(Columns), .Lag(2), .Waiting((Heads > 1) ? 0 : 1),
      .SumSlots((Heads > 1) ? 2 : 4), .MetaBits(MetaBits)) u_issue (
      .clk_i, .rst_ni, .hpb_i(hpb), .item_valid_i(q_valid), .item_ready_o(q_ready), .item_i(q_item),
      .kv_valid_i(kv_valid), .kv_ready_o(kv_ready), .kv_data_i(kv_data),
      .k_valid_o, .k_ready_i, .k_a_o, .k_acc_o, .k_last_o, .k_cols_o, .k_meta_o,
      .loaded_i(loaded), .k_done_o(k_done), .scored_valid_o(scored_valid), .scored_o(scored),
      .score_free_i(score_free), .meta_valid_o(meta_valid), .meta_shared_o(meta_shared),
      .meta_ready_i(meta_ready), .meta_beat_o(meta_beat), .meta_last_o(meta_last),
      .meta_slot_o(meta_slot), .weights_i(weights), .v_start_o(v_start), .v_slot_o(v_slot),
      .drain_busy_i(drain_busy), .release_i(release_set), .capture_o(capture), .v_done_o(v_done),
      .v_last_o(v_last), .stall_memory_o, .stall_wait_o
  );

  logic              sc_valid, sc_first, sc_final, sc_new, sc_last, hand, ex_start, ex_valid,
      ex_two, ex_final, ex_last;
  logic [HeadBits-1:0] sc_head, ex_head;
  logic [4:0]        sc_key, ex_key;
  logic [1:0]        sc_item, sc_set, ex_item, ex_set;
  logic [BlockBits-1:0] sc_block;
  logic [Step*8-1:0] sc_ke, sc_ve, ex_ve;
  logic [Step-1:0]   sc_in, ex_in;
  logic              steps_busy;
  logic [Paths-1:0]  ex_hold;
  luoshu_attn_steps #(.Lanes(Lanes), .Step(Step), .Heads(Heads), .ResultDelay(ResultDelay),
      .BlockBits(BlockBits), .ColBits(ColBits)) u_steps (
      .clk_i, .rst_ni, .hpb_i(hpb), .in_valid_i(scored_valid), .in_ready_o(score_free),
      .in_i(scored), .meta_valid_i(meta_valid), .meta_shared_i(meta_shared),
      .meta_ready_o(meta_ready), .meta_beat_i(meta_beat), .meta_last_i(meta_last),
      .meta_slot_i(meta_slot), .meta_data_i(kv_data), .sc_valid_o(sc_valid), .sc_first_o(sc_first),
      .sc_head_o(sc_head), .sc_key_o(sc_key), .sc_item_o(sc_item), .sc_set_o(sc_set),
      .sc_block_o(sc_block), .sc_ke_o(sc_ke), .sc_ve_o(sc_ve), .sc_in_o(sc_in),
      .sc_final_o(sc_final), .sc_new_o(sc_new), .sc_last_o(sc_last), .hand_o(hand),
      .ex_start_o(ex_start), .ex_valid_o(ex_valid), .ex_head_o(ex_head), .ex_key_o(ex_key),
      .ex_item_o(ex_item), .ex_set_o(ex_set), .ex_ve_o(ex_ve), .ex_in_o(ex_in), .ex_two_o(ex_two),
      .ex_final_o(ex_final), .ex_hold_i(ex_hold != '0), .ex_last_o(ex_last), .weights_o(weights),
      .v_start_i(v_start), .v_slot_i(v_slot), .busy_o(steps_busy)
  );

  // ---------------------------------------------------------------- columns
  // With four columns and more the MAC array takes nearly all multipliers of an FPGA.
  localparam int Soft = (Columns >= 4) ? 1 : 0;
  logic [Paths-1:0]    busy_paths, out_re, out_gnt;
  logic [HeadBits-1:0] out_head;
  logic [1:0]          out_slot;
  logic [7:0]          out_elem;
  localparam int Out = (Lanes > 32) ? Lanes / 32 : 1;   // elements per cycle
  logic [Paths*Out*48-1:0] out_o;
  logic [Paths*48-1:0] out_l;
  logic [Paths*8-1:0]  out_r;
  logic                recip_valid;
  logic [15:0]         recip_frac;
  logic [Paths-1:0]    recip_ready, recip_done;
  logic [Paths*18-1:0] recip_value;
  logic [Columns-1:0]  acc_valid;
  generate
    for (genvar c = 0; c < Columns; c++) begin : gen_acc
      assign acc_valid[c] = k_accv_i[c] && k_acc_meta_i[c*MetaBits + MetaBits - 1];
    end
    for (genvar c = 0; c < Paths; c++) begin : gen_path
      luoshu_attn_heads #(.Lanes(Lanes), .Heads(Heads), .Step(Step), .Soft(Soft),
          .MetaBits(MetaBits), .BlockBits(BlockBits)) u_heads (
          .clk_i, .rst_ni, .hpb_i(hpb), .ld_we_i(ld_we[c*Heads +: Heads]), .ld_addr_i(ld_addr),
          .ld_data_i(ld_data), .li_we_i(li_we[c*Heads +: Heads]), .li_set_i(li_set),
          .li_active_i(li_active), .li_qe_i(li_qe), .li_pos_i(li_pos),
          .op_valid_i(k_op_valid_i[c*Heads +: Heads]),
          .op_meta_i(k_op_meta_i[c*Heads*MetaBits +: Heads*MetaBits]),
          .op_b_o(k_b_o[c*Heads*Lanes*17 +: Heads*Lanes*17]),
          .sum_valid_i(k_sum_valid_i[c*Heads +: Heads]),
          .sum_meta_i(k_sum_meta_i[c*Heads*MetaBits +: Heads*MetaBits]),
          .sum_i(k_sum_i[c*Heads*(Lanes/8)*29 +: Heads*(Lanes/8)*29]), .sc_valid_i(sc_valid),
          .sc_first_i(sc_first), .sc_head_i(sc_head), .sc_key_i(sc_key), .sc_item_i(sc_item),
          .sc_set_i(sc_set), .sc_block_i(sc_block), .sc_ke_i(sc_ke), .sc_ve_i(sc_ve),
          .sc_in_i(sc_in), .sc_final_i(sc_final), .sc_new_i(sc_new), .sc_last_i(sc_last),
          .hand_i(hand), .ex_start_i(ex_start), .ex_valid_i(ex_valid), .ex_head_i(ex_head),
          .ex_key_i(ex_key), .ex_item_i(ex_item), .ex_set_i(ex_set), .ex_ve_i(ex_ve),
          .ex_in_i(ex_in), .ex_two_i(ex_two), .ex_final_i(ex_final), .ex_hold_o(ex_hold[c]),
          .ex_last_i(ex_last), .acc_valid_i(acc_valid[c*Heads +: Heads]),
          .acc_meta_i(k_acc_meta_i[c*Heads*MetaBits +: Heads*MetaBits]),
          .acc_i(k_acc_i[c*Heads*Lanes*32 +: Heads*Lanes*32]), .drain_busy_o(busy_paths[c]),
          .out_re_i(out_re[c]), .out_head_i(out_head), .out_set_i(out_slot), .out_elem_i(out_elem),
          .out_gnt_o(out_gnt[c]), .out_o_o(out_o[c*Out*48 +: Out*48]), .out_l_o(out_l[c*48 +: 48]),
          .out_r_o(out_r[c*8 +: 8]), .recip_valid_i(recip_valid), .recip_frac_i(recip_frac),
          .recip_ready_o(recip_ready[c]), .recip_done_o(recip_done[c]),
          .recip_value_o(recip_value[c*18 +: 18])
      );
    end
  endgenerate
  assign drain_busy = (busy_paths != '0);

  // --------------------------------------------------- a set is done when its last chunk is merged
  logic [2:0] pending_q;   // sets whose last V is issued and not yet merged
  logic [4:0] settle_q;    // cycles until its capture must have happened
  logic       set_done;
  assign set_done = (pending_q != 3'd0) && (settle_q == 5'd0) && !drain_busy;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      pending_q <= 3'd0;
      settle_q  <= '0;
    end else begin
      pending_q <= pending_q + 3'(v_done && v_last) - 3'(set_done);
      if (capture) settle_q <= 5'(ResultDelay + Columns);
      else if (settle_q != 5'd0) settle_q <= settle_q - 5'd1;
    end
  end

  luoshu_attn_out #(.Columns(Columns), .Heads(Heads), .MaxTokens(MaxTokens), .MaxHeads(MaxHeads),
      .QElements(QElements), .Out(Out), .Soft(Soft), .ActLanes(ActLanes)) u_out (
      .clk_i, .rst_ni, .head_dim_i(cmd_q[luoshu_defs_pkg::CmdAttnHeadDimLsb +: 9]),
      .heads_i(cmd_q[luoshu_defs_pkg::CmdAttnHeadsLsb +: 9]),
      .act_block_i(cmd_q[luoshu_defs_pkg::CmdActBlockLsb +: 16]),
      .act_joined_i(cmd_q[luoshu_defs_pkg::CmdActJoinedLsb]),
      .act_vec_i(cmd_q[luoshu_defs_pkg::CmdActVectorLsb +: 2]), .set_valid_i(out_valid),
      .set_ready_o(out_ready), .set_token_i(out_token), .set_tokens_i(out_tokens),
      .set_heads_i(out_heads), .set_head_i(out_query), .set_final_i(out_final),
      .set_done_i(set_done), .release_o(release_set), .finish_o(finish),
      .out_re_o(out_re), .out_head_o(out_head), .out_set_o(out_slot), .out_elem_o(out_elem),
      .out_gnt_i(out_gnt), .out_o_i(out_o), .out_l_i(out_l), .out_r_i(out_r),
      .recip_valid_o(recip_valid), .recip_frac_o(recip_frac), .recip_ready_i(recip_ready[0]),
      .recip_done_i(recip_done[0]), .recip_value_i(recip_value[17:0]), .aw_valid_o, .aw_ready_i,
      .aw_token_o, .aw_block_o, .aw_part_o, .aw_data_o, .aw_exp_o, .aw_sum_o, .aw_first_o,
      .aw_joined_o, .aw_vec_o
  );

  logic unused_bits;
  assign unused_bits = ^{cmd_q, info_i, load_final, recip_ready, recip_done, recip_value,
      steps_busy, unused_load, unused_out, unused_items};
endmodule
`default_nettype wire
