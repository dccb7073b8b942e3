// SPDX-License-Identifier: Apache-2.0
// Vector unit: EMBED, NORM, QKV, RESID, SWIGLU, LOGITS, ROPE, in order, one command at a time
// (docs/architecture/vector.md; docs/numerics.md for every value).
//
// cmd_valid_i/cmd_ready_o takes a command whose semaphores are taken; done_o pulses when its
// results are visible. cmd_i is the 256-bit command; ctx_tokens_i and ctx_logits_mode_i belong to
// its bank and are steady from cmd_valid_i to done_o. Context of a token: ctx_id_i and ctx_pos_i
// one cycle after ctx_token_o
// with ctx_gnt_i.
// X holds the residual of MaxTokens tokens, up to MaxD elements each. The scratch RAM is the head
// buffer of QKV and the block buffer of NORM and SWIGLU. Parameters stream in at any time
// (ParamWords ring).
// A head needs head_dim <= MaxHeadDim and HeadWords words, see luoshu_vector_head. MaxD is a
// multiple of 32.
`default_nettype none

module luoshu_vector #(
    parameter int L          = 32,    // bytes per beat
    parameter int VL         = 4,     // lanes, a power of two, at most L/4
    parameter int MaxTokens  = 8,     // tokens per pass, a power of two
    parameter int MaxD       = 1024,  // residual elements per token
    parameter int MaxHeads   = 64,    // query heads
    parameter int MaxHeadDim = 256,   // elements of a head, a power of two
    parameter int HeadWords  = 256 / VL,  // words of a head in the head buffer, a power of two
    parameter int SlotBits   = 2,     // log2 of the heads in the head buffer
    parameter int ParamWords = 2 * MaxD / VL, // parameter ring, words of VL values
    // 1: parameters have their place in the ring before they come, see luoshu_vector_params
    parameter int Reserve    = 0,
    // derived: activations that the array takes in a cycle
    parameter int ActLanes   = (L < 32) ? L : 32
) (
    input  wire              clk_i,
    input  wire              rst_ni,
    // low only together with rst_ni, which keeps what a ROPE loaded
    input  wire              hard_rst_ni,
    // command
    input  wire              cmd_valid_i,
    output logic             cmd_ready_o,
    input  wire  [255:0]     cmd_i,
    output logic             done_o,
    // pulse in a QKV: its K and V are written and acknowledged, q may follow
    output logic             kv_written_o,
    output logic             busy_o,
    output logic             stall_stream_o,  // waits for the result stream or another unit
    output logic             stall_memory_o,  // waits for parameters or an embedding row
    // context
    input  wire  [6:0]       ctx_tokens_i,
    input  wire  [1:0]       ctx_logits_mode_i,  // 0 none, 1 last token, 2 all
    input  wire              ctx_write_logits_i,
    output logic             ctx_re_o,
    // the context of ctx_token_o comes in the next cycle
    input  wire              ctx_gnt_i,
    output logic [5:0]       ctx_token_o,
    input  wire  [31:0]      ctx_id_i,
    input  wire  [31:0]      ctx_pos_i,
    // parameters
    input  wire              ax_valid_i,
    output logic             ax_ready_o,
    input  wire  [L*8-1:0]   ax_data_i,
    input  wire  [4:0]       ax_ask_i,
    output logic             ax_room_o,
    // result stream of the array
    input  wire              r_valid_i,
    output logic             r_ready_o,
    input  wire  [19:0]      r_row_i,
    input  wire  [5:0]       r_token_i,
    input  wire  [31:0]      r_data_i,
    input  wire              r_last_i,
    // activations to the array
    output logic             aw_valid_o,
    output logic [5:0]       aw_token_o,
    output logic [15:0]      aw_block_o,
    output logic [1:0]       aw_part_o,
    output logic [ActLanes*12-1:0] aw_data_o,
    output logic [8:0]       aw_exp_o,
    output logic [17:0]      aw_sum_o,
    output logic             aw_joined_o,
    output logic             aw_first_o,
    output logic [1:0]       aw_vec_o,
    // q to the attention unit
    output logic             qw_valid_o,
    input  wire              qw_ready_i,
    output logic [5:0]       qw_token_o,
    output logic [15:0]      qw_head_o,
    output logic [7:0]       qw_elem_o,
    output logic [VL*12-1:0] qw_data_o,
    output logic             qw_last_o,
    output logic             qw_final_o,      // with last: of the last token
    output logic [7:0]       qw_exp_o,
    // k and v to the KV writer
    output logic             kw_valid_o,
    input  wire              kw_ready_i,
    output logic             kw_v_o,
    output logic [5:0]       kw_token_o,
    output logic [15:0]      kw_head_o,
    output logic [7:0]       kw_elem_o,
    output logic [VL*12-1:0] kw_data_o,
    output logic             kw_last_o,
    output logic [7:0]       kw_exp_o,
    output logic [31:0]      kw_base_o,       // KV base of the layer, steady until done_o
    input  wire              kw_idle_i,
    // log2 of the padded head_dim of a QKV, steady until done_o
    output logic [3:0]       head_bits_o,
    // embedding reads
    output logic             er_valid_o,
    input  wire              er_ready_i,
    output logic [31:0]      er_addr_o,
    output logic [15:0]      er_beats_o,
    input  wire              er_rvalid_i,
    output logic             er_rready_o,
    input  wire  [L*8-1:0]   er_rdata_i,
    // logits
    output logic             lw_valid_o,
    input  wire              lw_ready_i,
    output logic [31:0]      lw_addr_o,
    output logic [L*8-1:0]   lw_data_o,
    output logic [L-1:0]     lw_strb_o,
    input  wire              lw_bvalid_i,
    output logic             tok_valid_o,
    input  wire              tok_ready_i,
    output logic [5:0]       tok_index_o,
    output logic [31:0]      tok_id_o,
    output logic [31:0]      tok_logit_o
);
  localparam int TokenBits = MaxTokens > 1 ? $clog2(MaxTokens) : 1;
  localparam int LaneBits = $clog2(VL);
  localparam int DW = (MaxD + VL - 1) / VL;        // X words per token
  localparam int WordBits = $clog2(DW);
  localparam int XAddr = $clog2(DW * MaxTokens);
  localparam int HeadBits = $clog2(HeadWords);
  localparam int SAddr = SlotBits + TokenBits + HeadBits;
  localparam int BlockBits = 5 - LaneBits;         // log2 of the scratch words of a block
  localparam int ParamBits = $clog2(ParamWords) + 1;
  localparam logic [7:0] OpEmbed = 8'd1, OpNorm = 8'd2, OpQkv = 8'd4, OpResid = 8'd6,
      OpSwiglu = 8'd7,
                         OpLogits = 8'd8, OpRope = 8'd9;

  // Command sequencing: take, start one engine in the next cycle, wait for it.
  logic         busy_q, start_q, finish_q, engine_done, resid_done;
  logic [255:0] cmd_q;
  logic [7:0]   op;
  logic [5:0]   first_token, last_token;
  logic         act_idle, accept, finished;
  assign op          = cmd_q[7:0];
  assign accept      = cmd_valid_i && cmd_ready_o;
  assign cmd_ready_o = !busy_q || resid_done;
  assign busy_o      = busy_q;
  assign last_token  = 6'(TokenBits'(ctx_tokens_i - 7'd1));
  assign first_token = cmd_q[21] && ctx_logits_mode_i == 2'd1 ? last_token : 6'd0;
  logic is_embed, is_norm, is_qkv, is_resid, is_swiglu, is_logits, is_rope;
  assign is_embed  = op == OpEmbed;
  assign is_norm   = op == OpNorm;
  assign is_qkv    = op == OpQkv;
  assign is_resid  = op == OpResid;
  assign is_swiglu = op == OpSwiglu;
  assign is_logits = op == OpLogits;
  assign is_rope   = op == OpRope;

  logic embed_done, norm_done, head_done, stream_done, load_done;
  assign resid_done  = busy_q && is_resid && stream_done;
  assign engine_done = embed_done || norm_done || head_done || stream_done || load_done
                       || (start_q && !(is_embed || is_norm || is_qkv || is_resid || is_swiglu
                           || is_logits || is_rope));
  assign finished    = resid_done || (finish_q && act_idle && (!is_qkv || kw_idle_i));
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      busy_q   <= 1'b0;
      start_q  <= 1'b0;
      finish_q <= 1'b0;
    end else begin
      start_q <= accept;
      if (accept) busy_q <= 1'b1;
      else if (finished) busy_q <= 1'b0;
      if (finished) finish_q <= 1'b0;
      else if (engine_done && !resid_done) finish_q <= 1'b1;
    end
  end
  always_ff @(posedge clk_cmd) if (accept) cmd_q <= cmd_i;
  assign done_o = finished;

  // K and V of a QKV are written: attention may start, its q follows head by head.
  logic kv_sent, kv_told_q;
  assign kv_written_o = kv_sent && kw_idle_i && !kv_told_q;
  always_ff @(posedge clk_i) begin
    if (start_q) kv_told_q <= 1'b0;
    else if (kv_written_o) kv_told_q <= 1'b1;
  end

  // Clocks: an engine's runs during its commands; those of the shared pipelines while something is
  // in them; those of the command and of memories when they are written or read.
  localparam int Deepest = 10;  // cycles that a value may be in the lanes or special functions
  logic               clk_head, clk_norm, clk_root, clk_stream, clk_embed, clk_phase, clk_act,
      clk_sfu;
  logic               clk_lane0, clk_lanes, clk_cmd, clk_x, clk_scratch;
  // lane 0 works alone on the result stream and on means
  logic               sfu_enter, lane0_enter, lanes_enter;
  logic [Deepest-1:0] sfu_inside_q, lane0_inside_q, lanes_inside_q;
  always_ff @(posedge clk_i) begin
    sfu_inside_q   <= rst_ni ? {sfu_inside_q[Deepest-2:0], sfu_enter} : '0;
    lane0_inside_q <= rst_ni ? {lane0_inside_q[Deepest-2:0], lane0_enter} : '0;
    lanes_inside_q <= rst_ni ? {lanes_inside_q[Deepest-2:0], lanes_enter} : '0;
  end
  luoshu_clock_gate u_head_gate (.clk_i, .en_i(!rst_ni || (busy_q && is_qkv)), .clk_o(clk_head));
  luoshu_clock_gate u_norm_gate (.clk_i, .en_i(!rst_ni || (busy_q && is_norm)), .clk_o(clk_norm));
  luoshu_clock_gate u_root_gate (.clk_i, .en_i(!rst_ni || (busy_q && (is_norm || is_qkv))),
      .clk_o(clk_root));
  luoshu_clock_gate u_stream_gate (
      .clk_i, .en_i(!rst_ni || (busy_q && (is_resid || is_swiglu || is_logits))), .clk_o(clk_stream)
  );
  luoshu_clock_gate u_embed_gate (.clk_i, .en_i(!rst_ni || (busy_q && is_embed)),
      .clk_o(clk_embed));
  luoshu_clock_gate u_phase_gate (
      .clk_i, .en_i(!rst_ni || !cs_ready || (busy_q && (is_embed || is_rope)) || cs_re),
      .clk_o(clk_phase)
  );
  luoshu_clock_gate u_act_gate (.clk_i, .en_i(!rst_ni || job_valid || !act_idle), .clk_o(clk_act));
  luoshu_clock_gate u_sfu_gate (.clk_i, .en_i(!rst_ni || sfu_enter || sfu_inside_q != '0),
      .clk_o(clk_sfu));
  luoshu_clock_gate u_lane0_gate (
      .clk_i, .en_i(!rst_ni || lane0_enter || lanes_enter || lane0_inside_q != '0
      || lanes_inside_q != '0), .clk_o(clk_lane0)
  );
  luoshu_clock_gate u_lanes_gate (.clk_i, .en_i(!rst_ni || lanes_enter || lanes_inside_q != '0),
      .clk_o(clk_lanes));
  luoshu_clock_gate u_cmd_gate (.clk_i, .en_i(accept), .clk_o(clk_cmd));
  luoshu_clock_gate u_x_gate (.clk_i, .en_i(x_re || x_we || start_q), .clk_o(clk_x));
  luoshu_clock_gate u_scratch_gate (.clk_i, .en_i(s_re || s_we || act_data_q || emit_data_q),
      .clk_o(clk_scratch));

  // Residual: row of a token, one read and one write port.
  function automatic logic [XAddr-1:0] x_row(input logic [5:0] token);
    x_row = '0;
    for (int i = 0; i < TokenBits; i++) begin
      if (token[i]) x_row = x_row + XAddr'(DW << i);
    end
  endfunction
  logic                x_re, x_we, norm_x_re, resid_re, resid_wb, embed_we;
  logic [VL*32-1:0]    x_rdata, sum;
  logic [WordBits-1:0] norm_x_word, embed_word, x_wword, x_rword;
  logic [19:0]         wb_row;
  logic [5:0]          norm_token, wb_token, embed_token, x_wtoken, x_rtoken;
  logic [VL-1:0]       embed_mask, resid_mask, x_wlanes;
  logic [VL*4-1:0]     x_wmask;
  generate
    for (genvar g = 0; g < VL; g++) begin : gen_wmask
      assign resid_mask[g]     = (wb_row & 20'(VL - 1)) == 20'(g);
      assign x_wmask[g*4+:4]   = {4{x_wlanes[g]}};
    end
  endgenerate
  assign x_re     = norm_x_re || resid_re;
  assign x_rtoken = is_norm ? norm_token : r_token_i;
  assign x_rword  = is_norm ? norm_x_word : r_row_i[LaneBits+:WordBits];
  assign x_we     = resid_wb || embed_we;
  assign x_wtoken = is_embed ? embed_token : wb_token;
  assign x_wword  = is_embed ? embed_word : wb_row[LaneBits+:WordBits];
  assign x_wlanes = is_embed ? embed_mask : resid_mask;
  luoshu_ram_1r1w #(.Width(VL * 32), .Depth(DW * MaxTokens), .ByteWrite(4)) u_x (
      .clk_i(clk_x), .we_i(x_we), .waddr_i(x_row(x_wtoken) + XAddr'(x_wword)), .wmask_i(x_wmask),
      .wdata_i(sum), .re_i(x_re), .raddr_i(x_row(x_rtoken) + XAddr'(x_rword)), .rdata_o(x_rdata)
  );
  // Largest exponent of each token's residual
  logic [7:0] x_exp_q[0:MaxTokens-1];
  logic [7:0] x_exp_new;
  luoshu_vector_max #(.VL(VL)) u_x_max (
      .valid_i(x_we), .v_i(sum), .mask_i(x_wlanes), .start_i(x_exp_q[TokenBits'(x_wtoken)]),
      .max_o(x_exp_new)
  );
  always_ff @(posedge clk_x) begin
    if (start_q && (is_embed || is_resid)) begin
      for (int i = 0; i < MaxTokens; i++) x_exp_q[i] <= 8'd0;
    end else if (x_we) x_exp_q[TokenBits'(x_wtoken)] <= x_exp_new;
  end

  // Parameter ring
  logic [ParamBits-1:0] p_avail, p_idx, p_release_words, norm_words;
  logic [VL*32-1:0]     p_rdata;
  logic                 p_re, head_p_re, load_p_re, norm_w_re, head_p_pop, load_p_pop,
      head_p_align, load_p_align;
  logic [WordBits-1:0]  norm_w_word;
  logic [15:0]          n;
  logic [19:0]          n_less;
  assign n               = cmd_q[79:64];
  assign n_less          = {is_logits ? cmd_q[83:80] : 4'd0, n} - 20'd1;
  assign norm_words      = ParamBits'((32'(n) + 32'(VL - 1)) >> LaneBits);
  assign p_release_words =
      ParamBits'(((32'(n) * 4 + 32'(L - 1)) >> $clog2(L)) << $clog2(L / (4 * VL)));
  assign p_re            = head_p_re || load_p_re || norm_w_re;
  assign p_idx           = norm_w_re ? ParamBits'(norm_w_word) : '0;
  luoshu_vector_params #(.L(L), .VL(VL), .Words(ParamWords), .Reserve(Reserve)) u_params (
      .clk_i(clk_i), .rst_ni(rst_ni), .ax_valid_i(ax_valid_i), .ax_ready_o(ax_ready_o),
      .ax_data_i(ax_data_i), .ax_ask_i(ax_ask_i), .ax_room_o(ax_room_o),
      .avail_o(p_avail), .re_i(p_re), .ridx_i(p_idx), .rdata_o(p_rdata),
      .pop_i(head_p_pop || load_p_pop), .align_i(head_p_align || load_p_align),
      .release_i(norm_done), .release_words_i(p_release_words)
  );

  // Scratch RAM
  logic                s_re, s_we, act_re, head_re, row_we, head_we, head_w_chain, norm_s_we, h_we,
      emb_h_we, emb_h_re;
  logic [SAddr-1:0]    s_raddr, s_waddr, act_raddr, head_raddr, row_addr, head_waddr, h_addr;
  logic [VL*32-1:0]    s_rdata, s_wdata, p1, emb_h_wdata;
  logic [VL*4-1:0]     s_wmask, row_mask, h_mask;
  logic [31:0]         row_data, h_data;
  logic [6:0]          norm_s_word;
  logic [5:0]          h_token, h_elem;
  logic [4:0]          emb_h_waddr, emb_h_raddr;
  logic unused_h_token;
  assign unused_h_token = ^h_token;
  assign h_addr = SAddr'({h_token[TokenBits-1:0], h_elem[5:LaneBits]});
  generate
    for (genvar g = 0; g < VL; g++) begin : gen_hmask
      assign h_mask[g*4+:4] = {4{(h_elem & 6'(VL - 1)) == 6'(g)}};
    end
  endgenerate
  assign s_re    = act_re || head_re || emb_h_re;
  assign s_raddr = emb_h_re ? SAddr'(emb_h_raddr) : head_re ? head_raddr : act_raddr;
  assign s_we    = row_we || head_we || norm_s_we || h_we || emb_h_we;
  assign s_waddr = head_we ? head_waddr : is_qkv ? row_addr : is_norm ? SAddr'(norm_s_word)
                   : is_embed ? SAddr'(emb_h_waddr) : h_addr;
  assign s_wmask = row_we ? row_mask : h_we ? h_mask : {VL * 4{1'b1}};
  assign s_wdata = head_we && !head_w_chain ? sum : is_qkv && !head_we ? {VL{row_data}} : is_embed
      ? emb_h_wdata
                   : head_we || is_norm ? p1 : {VL{h_data}};   // the last two are one where VL = 1
  luoshu_ram_1r1w #(.Width(VL * 32), .Depth(1 << SAddr), .ByteWrite(4)) u_scratch (
      .clk_i(clk_scratch), .we_i(s_we), .waddr_i(s_waddr), .wmask_i(s_wmask), .wdata_i(s_wdata),
      .re_i(s_re), .raddr_i(s_raddr), .rdata_o(s_rdata)
  );

  // Special functions: the mean, then SWIGLU; the phase builder takes what is free.
  logic        rms_sfu_valid, st_sfu_valid, ph_sfu_valid, ph_sfu_ready, sfu_valid, sfu_neg;
  logic [1:0]  st_sfu_op, sfu_from;
  logic [31:0] st_sfu_x, ph_sfu_x, sfu_r;
  logic [17:0] sfu_raw;
  logic signed [9:0] unused_sfu_n;
  assign ph_sfu_ready = !rms_sfu_valid && !st_sfu_valid;
  assign sfu_enter    = rms_sfu_valid || st_sfu_valid || ph_sfu_valid;
  luoshu_sfu #(.MetaWidth(2)) u_sfu (
      .clk_i(clk_sfu), .rst_ni(rst_ni), .valid_i(sfu_enter),
      .op_i(rms_sfu_valid ? 2'd1 : st_sfu_valid ? st_sfu_op : 2'd3),
      .x_i(rms_sfu_valid ? sum[31:0] : st_sfu_valid ? st_sfu_x : ph_sfu_x),
      .meta_i({rms_sfu_valid, ph_sfu_ready}), .valid_o(sfu_valid), .r_o(sfu_r), .raw_o(sfu_raw),
      .n_o(unused_sfu_n), .neg_o(sfu_neg), .meta_o(sfu_from)
  );

  // Mean and 1/sqrt
  logic              sq_valid, sq_last, rms_clear_n, rms_clear_h, rms_mul_valid, rms_add_valid,
      rms_valid;
  logic [VL*34-1:0]  sq_prod;
  logic [31:0]       rms_mul, rms_r;
  logic [7:0]        sq_exp, head_exp;
  assign sq_exp = is_norm ? x_exp_q[TokenBits'(norm_token)] : head_exp;
  luoshu_vector_rms #(.VL(VL), .MaxN(MaxD > MaxHeadDim ? MaxD : MaxHeadDim),
      .Serial(VL == 1 ? 1 : 0)) u_rms (
      .clk_i(clk_root), .rst_ni(rst_ni), .clear_i(is_norm ? rms_clear_n : rms_clear_h),
      .sq_valid_i(sq_valid), .sq_last_i(sq_last), .sq_prod_i(sq_prod), .exp_i(sq_exp),
      .mul_valid_o(rms_mul_valid), .mul_o(rms_mul), .add_valid_o(rms_add_valid),
      .sfu_valid_o(rms_sfu_valid), .sfu_valid_i(sfu_valid && sfu_from[1]), .sfu_r_i(sfu_r),
      .r_valid_o(rms_valid), .r_o(rms_r)
  );

  // Lanes and quantisers
  logic              nsq_valid, nsq_last, hsq_valid, hsq_last, act_data_q, emit_data_q;
  logic [VL-1:0]     nsq_mask, hsq_mask, q_neg;
  logic [VL*17-1:0]  q_mag;
  logic signed [9:0] act_e, emit_e, sq_e;
  logic [1:0]        emit_m;
  logic              norm_mul, norm_m1, bias_valid, head_mul, head_chain, rope_valid, rope_second,
      rope_add, scale_valid;
  logic              embed_valid, resid_valid, st_m0_valid, st_m1_valid, st_add_valid;
  logic [VL*32-1:0]  coef, head_a, head_c, rope_b, rope_d, embed_w, cs;
  logic [31:0]       embed_scale, embed_min, resid_y, st_a, st_b, st_d, st_y, p0;
  assign sq_e = $signed({2'b00, sq_exp}) - 10'sd143;
  always_ff @(posedge clk_scratch) begin
    act_data_q  <= act_re;
    emit_data_q <= head_re;
  end
  logic q_enter;
  assign q_enter     = nsq_valid || hsq_valid || act_data_q || emit_data_q;
  assign lanes_enter = q_enter || norm_mul || norm_m1 || bias_valid || head_mul || head_chain
      || rope_valid || rope_second || rope_add || scale_valid
                       || embed_valid || resid_valid;
  assign lane0_enter = st_m0_valid || st_m1_valid || st_add_valid || rms_mul_valid || rms_add_valid;
  luoshu_vector_lanes #(.VL(VL)) u_lanes (
      .clk_i(clk_lane0), .clk_rest_i(clk_lanes), .rst_ni(rst_ni), .x_i(x_rdata), .s_i(s_rdata),
      .q_valid_i(q_enter), .q_x_i(nsq_valid), .q_mask_i(nsq_valid ? nsq_mask : hsq_valid ? hsq_mask
      : {VL{1'b1}}), .q_e_i(nsq_valid || hsq_valid ? sq_e : act_data_q ? act_e : emit_e),
      .q_m_i(nsq_valid || hsq_valid ? 2'd0 : act_data_q ? 2'd1 : emit_m),
      .q_square_i(nsq_valid || hsq_valid), .q_last_i(nsq_valid ? nsq_last : hsq_last),
      .q_neg_o(q_neg), .q_mag_o(q_mag), .sq_valid_o(sq_valid), .sq_last_o(sq_last),
      .sq_prod_o(sq_prod), .norm_valid_i(norm_mul), .norm_chain_i(norm_m1), .r_i(rms_r),
      .weight_i(p_rdata), .bias_valid_i(bias_valid), .head_valid_i(head_mul),
      .head_chain_i(head_chain), .rope_valid_i(rope_valid), .rope_second_i(rope_second),
      .rope_add_i(rope_add), .scale_valid_i(scale_valid), .qscale_i(cmd_q[191:160]), .coef_i(coef),
      .a_i(head_a), .c_i(head_c), .rope_b_i(rope_b), .rope_d_i(rope_d),
      .embed_valid_i(embed_valid), .embed_w_i(embed_w), .embed_scale_i(embed_scale),
      .embed_min_i(embed_min), .resid_valid_i(resid_valid), .resid_y_i(resid_y),
      .st_m0_valid_i(st_m0_valid), .st_a_i(st_a), .st_b_i(st_b), .st_m1_valid_i(st_m1_valid),
      .st_d_i(st_d), .st_add_valid_i(st_add_valid), .st_y_i(st_y), .rms_mul_valid_i(rms_mul_valid),
      .rms_mul_i(rms_mul), .rms_inv_n_i(is_qkv && (rms_mul_valid || VL > 1) ? cmd_q[159:128]
      : cmd_q[191:160]), .rms_add_valid_i(rms_add_valid), .rms_eps_i(cmd_q[223:192]), .p0_o(p0),
          .p1_o(p1), .s_o(sum)
  );

  // Activation blocks
  logic             job_valid, njob_valid, sjob_valid, njob_first, sjob_first, sjob_parity;
  logic [7:0]       njob_exp, sjob_exp;
  logic [15:0]      njob_block, sjob_block;
  logic [5:0]       njob_count, sjob_count, sjob_token;
  logic [1:0]       njob_buffer;
  logic [SAddr-1:0] job_addr;
  assign job_valid = njob_valid || sjob_valid;
  assign job_addr  = is_norm ? SAddr'({njob_buffer, {BlockBits{1'b0}}})
                             : SAddr'({sjob_token[TokenBits-1:0], sjob_parity, {BlockBits{1'b0}}});
  assign aw_joined_o = cmd_q[130];
  assign aw_vec_o    = cmd_q[129:128];
  luoshu_vector_act #(.VL(VL), .ActLanes(ActLanes), .Jobs(MaxTokens < 2 ? 4 : 2 * MaxTokens),
      .AddrWidth(SAddr)) u_act (
      .clk_i(clk_act), .rst_ni(rst_ni), .job_valid_i(job_valid), .job_addr_i(job_addr),
      .job_exp_i(is_norm ? njob_exp : sjob_exp), .job_token_i(is_norm ? norm_token : sjob_token),
      .job_block_i(is_norm ? njob_block : sjob_block),
      .job_count_i(is_norm ? njob_count : sjob_count),
      .job_first_i(is_norm ? njob_first : sjob_first), .idle_o(act_idle), .re_o(act_re),
      .raddr_o(act_raddr), .q_e_o(act_e), .q_neg_i(q_neg), .q_mag_i(q_mag),
      .aw_valid_o(aw_valid_o), .aw_token_o(aw_token_o), .aw_block_o(aw_block_o),
      .aw_part_o(aw_part_o), .aw_data_o(aw_data_o), .aw_exp_o(aw_exp_o), .aw_sum_o(aw_sum_o),
      .aw_first_o(aw_first_o)
  );

  // Engines
  logic norm_wait, embed_wait, load_wait, head_wait_s, head_wait_p, cs_ready, head_ready,
      stream_ready, ctx_valid;
  luoshu_vector_norm #(.VL(VL), .WordBits(WordBits)) u_norm (
      .clk_i(clk_norm), .rst_ni(rst_ni), .start_i(start_q && is_norm), .n_less_i(n_less[15:0]),
      .first_token_i(first_token), .last_token_i(last_token), .act_block_i(cmd_q[159:144]),
      .done_o(norm_done), .waiting_o(norm_wait), .params_ok_i(p_avail >= norm_words),
      .token_o(norm_token), .x_re_o(norm_x_re), .x_word_o(norm_x_word), .sq_valid_o(nsq_valid),
      .sq_last_o(nsq_last), .sq_mask_o(nsq_mask), .rms_clear_o(rms_clear_n),
      .rms_valid_i(rms_valid), .mul_valid_o(norm_mul), .w_re_o(norm_w_re), .w_word_o(norm_w_word),
      .m1_valid_o(norm_m1), .p1_i(p1), .s_we_o(norm_s_we), .s_word_o(norm_s_word),
      .job_valid_o(njob_valid), .job_exp_o(njob_exp), .job_block_o(njob_block),
      .job_count_o(njob_count), .job_first_o(njob_first), .job_buffer_o(njob_buffer),
      .act_idle_i(act_idle)
  );

  logic [TokenBits+8-LaneBits-1:0] cs_addr;
  logic                          cs_re, out_valid, out_ready, out_last;
  logic [1:0]                    out_kind;
  logic [5:0]                    out_token;
  logic [15:0]                   out_head;
  logic [7:0]                    out_elem, out_exp;
  logic [VL*12-1:0]              out_data;
  luoshu_vector_head #(
      .VL(VL), .MaxTokens(MaxTokens), .SlotBits(SlotBits), .HeadBits(HeadBits),
      .CountBits($clog2(3 * MaxHeads + 1))
  ) u_head (
      .clk_i(clk_head), .rst_ni(rst_ni), .start_i(start_q && is_qkv), .heads_i(cmd_q[79:64]),
      .kv_heads_i(cmd_q[95:80]), .head_dim_i(cmd_q[104:96]), .rot_i(cmd_q[120:112]),
      .halves_i(cmd_q[121]), .bias_i(cmd_q[122]), .norm_i(cmd_q[123]), .last_token_i(last_token),
      .cs_ready_i(cs_ready), .done_o(head_done), .kv_sent_o(kv_sent), .wait_stream_o(head_wait_s),
      .wait_params_o(head_wait_p), .r_valid_i(r_valid_i), .r_ready_o(head_ready),
      .r_row_i(r_row_i), .r_token_i(r_token_i), .r_data_i(r_data_i), .r_last_i(r_last_i),
      .p_some_i(p_avail != '0), .p_re_o(head_p_re), .p_data_i(p_rdata), .p_pop_o(head_p_pop),
      .p_align_o(head_p_align), .row_we_o(row_we), .row_addr_o(row_addr), .row_mask_o(row_mask),
      .row_data_o(row_data), .re_o(head_re), .raddr_o(head_raddr), .s_i(s_rdata), .we_o(head_we),
      .waddr_o(head_waddr), .w_chain_o(head_w_chain), .w_data_i(head_w_chain ? p1 : sum),
      .coef_o(coef), .cs_re_o(cs_re), .cs_addr_o(cs_addr), .cs_i(cs), .sq_valid_o(hsq_valid),
      .sq_last_o(hsq_last), .sq_mask_o(hsq_mask), .rms_clear_o(rms_clear_h),
      .rms_valid_i(rms_valid), .exp_o(head_exp), .q_e_o(emit_e), .q_m_o(emit_m), .q_neg_i(q_neg),
      .q_mag_i(q_mag), .bias_valid_o(bias_valid), .norm_valid_o(head_mul),
      .chain_valid_o(head_chain), .rope_valid_o(rope_valid), .rope_second_o(rope_second),
      .rope_add_o(rope_add), .scale_valid_o(scale_valid), .a_o(head_a), .c_o(head_c),
      .rope_b_o(rope_b), .rope_d_o(rope_d), .out_valid_o(out_valid), .out_ready_i(out_ready),
      .out_kind_o(out_kind), .out_token_o(out_token), .out_head_o(out_head), .out_elem_o(out_elem),
      .out_data_o(out_data), .out_last_o(out_last), .out_exp_o(out_exp)
  );
  assign out_ready  = out_kind == 2'd2 ? qw_ready_i : kw_ready_i;
  assign qw_valid_o = out_valid && out_kind == 2'd2;
  assign qw_final_o = out_token == last_token;
  assign kw_valid_o = out_valid && out_kind != 2'd2;
  assign kw_v_o     = out_kind[0];
  assign kw_base_o  = cmd_q[255:224];
  logic [8:0] head_less;  // head_dim - 1
  assign head_less   = cmd_q[luoshu_defs_pkg::CmdQkvHeadDimLsb +: 9] - 9'd1;
  logic unused_head;
  assign unused_head = ^head_less;
  assign head_bits_o = head_less[7] ? 4'd8 : head_less[6] ? 4'd7 : head_less[5] ? 4'd6
      : head_less[4] ? 4'd5 : head_less[3] ? 4'd4 : 4'd3;
  assign {qw_token_o, qw_head_o, qw_elem_o, qw_data_o, qw_last_o, qw_exp_o} =
      {out_token, out_head, out_elem, out_data, out_last, out_exp};
  assign {kw_token_o, kw_head_o, kw_elem_o, kw_data_o, kw_last_o, kw_exp_o} =
      {out_token, out_head, out_elem, out_data, out_last, out_exp};

  luoshu_vector_phase #(.VL(VL), .MaxPairs(MaxHeadDim / 2), .TokenBits(TokenBits),
      .Multiply((VL == 1) ? 1 : 0)) u_phase (
      .clk_i(clk_phase), .rst_ni(rst_ni), .hard_rst_ni(hard_rst_ni), .load_i(start_q && is_rope),
      .n_i(cmd_q[71:64]), .load_done_o(load_done), .wait_params_o(load_wait),
      .p_some_i(p_avail != '0), .p_re_o(load_p_re), .p_data_i(p_rdata), .p_pop_o(load_p_pop),
      .p_align_o(load_p_align), .begin_i(start_q && is_embed), .count_i(ctx_tokens_i),
      .pos_we_i(ctx_valid), .pos_token_i(TokenBits'(ctx_token_o)), .pos_i(ctx_pos_i),
      .ready_o(cs_ready), .sfu_valid_o(ph_sfu_valid), .sfu_ready_i(ph_sfu_ready),
      .sfu_x_o(ph_sfu_x), .sfu_valid_i(sfu_valid && sfu_from[0]), .sfu_raw_i(sfu_raw),
      .sfu_neg_i(sfu_neg), .cs_re_i(cs_re), .cs_addr_i(cs_addr), .cs_o(cs)
  );

  luoshu_vector_embed #(.L(L), .VL(VL), .WordBits(WordBits), .Serial((VL == 1) ? 1 : 0)) u_embed (
      .clk_i(clk_embed), .rst_ni(rst_ni), .start_i(start_q && is_embed), .address_i(cmd_q[63:32]),
      .n_i(n), .kblocks_i(cmd_q[111:96]), .mode_i(cmd_q[113:112]), .last_token_i(last_token),
      .done_o(embed_done), .waiting_o(embed_wait), .ctx_re_o(ctx_re_o), .ctx_gnt_i(ctx_gnt_i),
      .ctx_token_o(ctx_token_o), .ctx_id_i(ctx_id_i), .ctx_valid_o(ctx_valid),
      .er_valid_o(er_valid_o), .er_ready_i(er_ready_i), .er_addr_o(er_addr_o),
      .er_beats_o(er_beats_o), .er_rvalid_i(er_rvalid_i), .er_rready_o(er_rready_o),
      .er_rdata_i(er_rdata_i), .h_we_o(emb_h_we), .h_waddr_o(emb_h_waddr), .h_wdata_o(emb_h_wdata),
      .h_re_o(emb_h_re), .h_raddr_o(emb_h_raddr), .h_rdata_i(s_rdata), .op_valid_o(embed_valid),
      .w_o(embed_w), .scale_o(embed_scale), .min_o(embed_min), .x_we_o(embed_we),
      .x_token_o(embed_token), .x_word_o(embed_word), .x_mask_o(embed_mask)
  );

  luoshu_vector_stream #(.L(L), .MaxTokens(MaxTokens), .Spaced((VL == 1) ? 1 : 0)) u_stream (
      .clk_i(clk_stream), .rst_ni(rst_ni),
      .start_i(start_q && (is_resid || is_swiglu || is_logits)),
      .op_i(is_resid ? 2'd0 : is_swiglu ? 2'd1 : 2'd2), .n_less_i(n_less),
      .first_token_i(first_token), .last_token_i(last_token), .write_logits_i(ctx_write_logits_i),
      .address_i(cmd_q[63:32]), .stride_i(cmd_q[127:96]), .act_block_i(cmd_q[159:144]),
      .done_o(stream_done), .r_valid_i(r_valid_i), .r_ready_o(stream_ready), .r_row_i(r_row_i),
      .r_token_i(r_token_i), .r_data_i(r_data_i), .x_re_o(resid_re), .add_valid_o(resid_valid),
      .add_y_o(resid_y), .wb_valid_o(resid_wb), .wb_row_o(wb_row), .wb_token_o(wb_token),
      .m0_valid_o(st_m0_valid), .m0_a_o(st_a), .m0_b_o(st_b), .m1_valid_o(st_m1_valid),
      .m1_d_o(st_d), .p1_i(p1[31:0]), .add1_valid_o(st_add_valid), .add1_y_o(st_y),
      .s_i(sum[31:0]), .sfu_valid_o(st_sfu_valid), .sfu_op_o(st_sfu_op), .sfu_x_o(st_sfu_x),
      .sfu_r_i(sfu_r), .p0_i(p0), .h_valid_o(h_we), .h_token_o(h_token), .h_elem_o(h_elem),
      .h_data_o(h_data), .job_valid_o(sjob_valid), .job_exp_o(sjob_exp), .job_token_o(sjob_token),
      .job_block_o(sjob_block), .job_count_o(sjob_count), .job_first_o(sjob_first),
      .job_parity_o(sjob_parity), .lw_valid_o(lw_valid_o), .lw_ready_i(lw_ready_i),
      .lw_addr_o(lw_addr_o), .lw_data_o(lw_data_o), .lw_strb_o(lw_strb_o),
      .lw_bvalid_i(lw_bvalid_i), .tok_valid_o(tok_valid_o), .tok_ready_i(tok_ready_i),
      .tok_index_o(tok_index_o), .tok_id_o(tok_id_o), .tok_logit_o(tok_logit_o)
  );
  assign r_ready_o      = head_ready || stream_ready;
  assign stall_memory_o = norm_wait || embed_wait || load_wait || head_wait_p;
  assign stall_stream_o = head_wait_s || (stream_ready && !r_valid_i);

  logic unused_fields;
  assign unused_fields = ^{cmd_q, wb_row, wb_token, x_wtoken, x_rtoken};
endmodule

`default_nettype wire
