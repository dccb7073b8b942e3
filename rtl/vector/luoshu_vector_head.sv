// SPDX-License-Identifier: Apache-2.0
// QKV: rows of the result stream to finished heads (docs/numerics.md section 8).
//
// Rows arrive K heads, V heads, Q heads, T tokens interleaved, in one or more matrices (r_last_i
// ends one; the next starts again at row 0). They are stored in the head buffer (Slots heads x
// MaxTokens, element order of luoshu_vector_map); a write waits while its head's slot is taken or
// the passes write. Complete (head, token) pairs go through luoshu_vector_passes and
// luoshu_vector_emit one after the other while rows stream in. A head must fit: 2 * ceil(rot / 2 /
// VL) + ceil((head_dim - rot) / VL) <= 2^HeadBits; V counts as not rotated. done_o pulses when the
// last word has been taken.
`default_nettype none

module luoshu_vector_head #(
    parameter int VL        = 4,
    parameter int MaxTokens = 8,
    parameter int SlotBits  = 2,   // log2 of the heads in the buffer
    parameter int HeadBits  = 6,   // log2 of the words of a head
    parameter int CountBits = 17,  // bits of a count of K, V and Q heads together
    // Derived, do not set.
    parameter int TokenBits = MaxTokens > 1 ? $clog2(MaxTokens) : 1,
    parameter int AddrBits  = SlotBits + TokenBits + HeadBits,
    parameter int TableBits = $clog2(256 / VL)  // log2 of the words of cos and sin per token
) (
    input  wire                 clk_i,
    input  wire                 rst_ni,
    input  wire                 start_i,
    input  wire  [15:0]         heads_i,
    input  wire  [15:0]         kv_heads_i,
    input  wire  [8:0]          head_dim_i,
    input  wire  [8:0]          rot_i,
    input  wire                 halves_i,
    input  wire                 bias_i,
    input  wire                 norm_i,
    input  wire  [5:0]          last_token_i,
    input  wire                 cs_ready_i,    // cos/sin of this pass are complete
    output logic                done_o,
    output logic                kv_sent_o,     // the last word of K and V has been taken
    output logic                wait_stream_o,
    output logic                wait_params_o,
    // result stream
    input  wire                 r_valid_i,
    output logic                r_ready_o,
    input  wire  [19:0]         r_row_i,
    input  wire  [5:0]          r_token_i,
    input  wire  [31:0]         r_data_i,
    input  wire                 r_last_i,
    // parameter ring, serial
    input  wire                 p_some_i,
    output logic                p_re_o,
    input  wire  [VL*32-1:0]    p_data_i,
    output logic                p_pop_o,
    output logic                p_align_o,
    // head buffer: write of rows (passes write with priority), reads
    output logic                row_we_o,
    output logic [AddrBits-1:0] row_addr_o,
    output logic [VL*4-1:0]     row_mask_o,
    output logic [31:0]         row_data_o,
    output logic                re_o,
    output logic [AddrBits-1:0] raddr_o,
    input  wire  [VL*32-1:0]    s_i,
    output logic                we_o,
    output logic [AddrBits-1:0] waddr_o,
    output logic                w_chain_o,
    input  wire  [VL*32-1:0]    w_data_i,
    output logic [VL*32-1:0]    coef_o,
    output logic                cs_re_o,
    output logic [TokenBits+TableBits-1:0] cs_addr_o,  // {token, group of pairs, sine}
    input  wire  [VL*32-1:0]    cs_i,
    // quantisers and squares
    output logic                sq_valid_o,
    output logic                sq_last_o,
    output logic [VL-1:0]       sq_mask_o,
    output logic                rms_clear_o,
    input  wire                 rms_valid_i,
    output logic [7:0]          exp_o,
    output logic signed [9:0]   q_e_o,
    output logic [1:0]          q_m_o,
    input  wire  [VL-1:0]       q_neg_i,
    input  wire  [VL*17-1:0]    q_mag_i,
    // lanes, see luoshu_vector_passes
    output logic                bias_valid_o,
    output logic                norm_valid_o,
    output logic                chain_valid_o,
    output logic                rope_valid_o,
    output logic                rope_second_o,
    output logic                rope_add_o,
    output logic                scale_valid_o,
    output logic [VL*32-1:0]    a_o,
    output logic [VL*32-1:0]    c_o,
    output logic [VL*32-1:0]    rope_b_o,
    output logic [VL*32-1:0]    rope_d_o,
    // finished words
    output logic                out_valid_o,
    input  wire                 out_ready_i,
    output logic [1:0]          out_kind_o,    // 0 K, 1 V, 2 Q
    output logic [5:0]          out_token_o,
    output logic [15:0]         out_head_o,    // within its kind
    output logic [7:0]          out_elem_o,
    output logic [VL*12-1:0]    out_data_o,
    output logic                out_last_o,
    output logic [7:0]          out_exp_o
);
  localparam int LaneBits = $clog2(VL);
  localparam int Slots = 1 << SlotBits;

  // Shape, computed at the start from steady command fields.
  logic [CountBits-1:0] first_v, first_q, total;
  logic [8:0]  padded;
  assign first_v = CountBits'(kv_heads_i);
  assign first_q = CountBits'({kv_heads_i, 1'b0});
  assign total   = first_q + CountBits'(heads_i);
  logic unused_heads;
  assign unused_heads = ^{heads_i, kv_heads_i};
  always_comb begin
    padded = 9'd8;
    for (int i = 3; i < 8; i++) begin
      if (head_dim_i > 9'(1 << i)) padded = 9'(2 << i);
    end
  end

  // Rows: one register, then the write into the head buffer.
  logic        active_q;
  logic [CountBits-1:0] in_head_q, row_head_q, job_head_q;
  // element of the open head that the matrix's row 0 is; element of this row
  logic [9:0]  start_q, row_elem;
  logic        wrap, accept, row_valid_q, row_end_q, row_go;
  logic [8:0]  elem;
  logic [7:0]  row_elem_q;
  logic [TokenBits-1:0] row_token_q;
  logic        head_end;  // last element of a head of the last token
  assign row_elem  = r_row_i[9:0] + start_q;
  assign wrap      = row_elem >= {1'b0, head_dim_i};   // of the next head
  assign elem      = wrap ? row_elem[8:0] - head_dim_i : row_elem[8:0];
  assign head_end  = !wrap && elem == head_dim_i - 9'd1;
  assign r_ready_o = active_q && (!row_valid_q || row_go);
  assign accept    = r_valid_i && r_ready_o;
  assign row_go    = row_valid_q && !we_o && row_head_q - job_head_q < CountBits'(Slots);
  logic unused_elem;
  assign unused_elem = ^{r_row_i[19:10], elem[8]};

  logic       row_v;
  logic [7:0] row_word;
  logic [3:0] row_lane;
  assign row_v = row_head_q >= first_v && row_head_q < first_q;
  luoshu_vector_map #(.VL(VL)) u_map (
      .e_i(row_elem_q), .rot_i(row_v ? 9'd0 : rot_i), .halves_i(halves_i), .word_o(row_word),
      .lane_o(row_lane)
  );
  assign row_we_o   = row_go;
  assign row_addr_o = {row_head_q[SlotBits-1:0], row_token_q, row_word[HeadBits-1:0]};
  logic unused_word;
  assign unused_word = ^row_word;
  generate
    for (genvar g = 0; g < VL; g++) begin : gen_mask
      assign row_mask_o[g*4+:4] = {4{row_lane == 4'(g)}};
    end
  endgenerate

  // Jobs: (head, token) in order.
  localparam logic [1:0] StIdle = 2'd0;   // waiting for a complete head
  localparam logic [1:0] StPasses = 2'd1;
  localparam logic [1:0] StEmit = 2'd2;   // waiting for the emitter, then its reads
  localparam logic [1:0] StRead = 2'd3;
  logic [1:0]  job_q;
  logic [5:0]  job_token_q;
  logic [CountBits-1:0] kind_head_q, job_head_next;
  logic [SlotBits+TokenBits:0] pending_q;
  logic        job_done, job_last, run_q, emit_start, emit_busy, emit_reading, pass_start,
      pass_done;
  logic [1:0]  kind;
  logic        is_v, coef_idle;
  assign job_head_next = job_head_q + 1'b1;
  assign kind     = job_head_q < first_v ? 2'd0 : job_head_q < first_q ? 2'd1 : 2'd2;
  assign is_v     = kind == 2'd1;
  assign job_last = job_token_q == last_token_i;
  assign pass_start = job_q == StIdle && pending_q != '0;
  assign emit_start = job_q == StEmit && !emit_busy;
  assign job_done   = job_q == StRead && !emit_reading;
  assign wait_stream_o = run_q && job_q == StIdle && !emit_busy && pending_q == '0 && !r_valid_i;

  // Words of the head, lanes in use of its ends, and the groups that the emitter sends: what comes
  // before the last word, and from there on full words up to the padded head.
  logic [8:0]        job_rot, half, tail, front, groups;
  logic [HeadBits:0] words, rot_words;
  logic [4:0]        pair_lanes, tail_lanes;
  logic [5:0]        last_lanes;
  logic [VL-1:0]     pair_mask, tail_mask;
  logic              interleave;
  assign interleave = !halves_i && !is_v;
  assign job_rot    = is_v ? 9'd0 : rot_i;
  assign half       = {1'b0, job_rot[8:1]};
  assign tail       = head_dim_i - job_rot;
  assign pair_lanes = (5'(half - 9'd1) & 5'(VL - 1)) + 5'd1;
  assign tail_lanes = (5'(tail - 9'd1) & 5'(VL - 1)) + 5'd1;
  assign last_lanes = tail != 9'd0 ? {1'b0, tail_lanes} : !interleave ? {1'b0, pair_lanes} :
                      {pair_lanes, 1'b0} > 6'(VL) ? {pair_lanes, 1'b0} - 6'(VL)
                          : {pair_lanes, 1'b0};
  assign rot_words  = {(HeadBits)'((half + 9'(VL - 1)) >> LaneBits), 1'b0};
  assign words      = rot_words + (HeadBits+1)'((tail + 9'(VL - 1)) >> LaneBits);
  assign front      = head_dim_i - 9'(last_lanes);
  assign groups     = 9'(words) - 9'd1 + ((padded - front + 9'(VL - 1)) >> LaneBits);
  generate
    for (genvar g = 0; g < VL; g++) begin : gen_lanes
      assign pair_mask[g] = 5'(g) < pair_lanes;
      assign tail_mask[g] = 5'(g) < tail_lanes;
    end
  endgenerate

  logic                bias_ready, norm_ready, pass_re, emit_re, coef_re, coef_bias;
  logic [HeadBits-1:0] pass_rword, emit_rword, pass_wword, coef_word, cs_group;
  logic                cs_sin;
  luoshu_vector_coef #(.VL(VL), .HeadBits(HeadBits), .CountBits(CountBits)) u_coef (
      .clk_i(clk_i), .rst_ni(rst_ni), .start_i(start_i), .norm_i(norm_i), .bias_i(bias_i),
      .head_dim_i(head_dim_i), .rot_i(rot_i), .halves_i(halves_i), .total_i(total),
      .first_v_i(first_v), .first_q_i(first_q), .job_head_i(job_head_q), .norm_ready_o(norm_ready),
      .bias_ready_o(bias_ready), .idle_o(coef_idle), .p_some_i(p_some_i), .p_re_o(p_re_o),
      .p_data_i(p_data_i), .p_pop_o(p_pop_o), .p_align_o(p_align_o), .re_i(coef_re),
      .raddr_i({coef_bias, coef_bias ? job_head_q[0] : kind == 2'd0, coef_word}), .rdata_o(coef_o)
  );
  luoshu_vector_passes #(.VL(VL), .HeadBits(HeadBits)) u_passes (
      .clk_i(clk_i), .rst_ni(rst_ni), .start_i(pass_start), .do_bias_i(bias_i),
      .do_norm_i(norm_i && !is_v), .do_rope_i(job_rot != 9'd0), .do_scale_i(kind == 2'd2),
      .words_i(words), .rot_words_i(rot_words), .pair_mask_i(pair_mask), .tail_mask_i(tail_mask),
      .bias_ready_i(bias_ready), .norm_ready_i(norm_ready), .cs_ready_i(cs_ready_i),
      .done_o(pass_done), .exp_o(exp_o), .waiting_o(wait_params_o), .re_o(pass_re),
      .rword_o(pass_rword), .s_i(s_i), .we_o(we_o), .wword_o(pass_wword), .w_chain_o(w_chain_o),
      .w_data_i(w_data_i), .coef_re_o(coef_re), .coef_word_o(coef_word), .coef_bias_o(coef_bias),
      .cs_re_o(cs_re_o), .cs_group_o(cs_group), .cs_sin_o(cs_sin), .cs_i(cs_i),
      .sq_valid_o(sq_valid_o), .sq_last_o(sq_last_o), .sq_mask_o(sq_mask_o),
      .rms_clear_o(rms_clear_o), .rms_valid_i(rms_valid_i), .bias_valid_o(bias_valid_o),
      .norm_valid_o(norm_valid_o), .chain_valid_o(chain_valid_o), .rope_valid_o(rope_valid_o),
      .rope_second_o(rope_second_o), .rope_add_o(rope_add_o), .scale_valid_o(scale_valid_o),
      .a_o(a_o), .c_o(c_o), .rope_b_o(rope_b_o), .rope_d_o(rope_d_o)
  );
  luoshu_vector_emit #(.VL(VL), .HeadBits(HeadBits)) u_emit (
      .clk_i(clk_i), .rst_ni(rst_ni), .start_i(emit_start), .exp_i(exp_o), .is_v_i(is_v),
      .interleave_i(interleave), .words_i(words), .rot_words_i(rot_words), .groups_i(groups),
      .pair_lanes_i(pair_lanes), .tail_lanes_i(tail_lanes), .busy_o(emit_busy),
      .reading_o(emit_reading), .re_o(emit_re), .rword_o(emit_rword), .q_e_o(q_e_o), .q_m_o(q_m_o),
      .q_neg_i(q_neg_i), .q_mag_i(q_mag_i), .out_valid_o(out_valid_o), .out_ready_i(out_ready_i),
      .out_elem_o(out_elem_o), .out_data_o(out_data_o), .out_last_o(out_last_o),
      .out_exp_o(out_exp_o)
  );
  assign re_o      = pass_re || emit_re;
  assign raddr_o   = {job_head_q[SlotBits-1:0], TokenBits'(job_token_q), pass_re ? pass_rword
      : emit_rword};
  assign waddr_o   = {job_head_q[SlotBits-1:0], TokenBits'(job_token_q), pass_wword};
  assign cs_addr_o = {TokenBits'(job_token_q), cs_group[TableBits-2:0], cs_sin};
  logic unused_group;
  assign unused_group = ^cs_group;
  assign done_o    = run_q && job_head_q == total && !emit_busy && coef_idle;
  assign kv_sent_o = run_q
      && (job_head_q > first_q || (job_head_q == first_q && (!emit_busy || out_kind_o == 2'd2)));

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      active_q    <= 1'b0;
      row_valid_q <= 1'b0;
      pending_q   <= '0;
      job_q       <= StIdle;
      run_q       <= 1'b0;
    end else begin
      if (start_i) active_q <= 1'b1;
      else if (accept && head_end && r_token_i == last_token_i && in_head_q
          + 1'b1 == total) active_q <= 1'b0;
      if (r_ready_o) row_valid_q <= r_valid_i;
      else if (row_go) row_valid_q <= 1'b0;
      pending_q <= pending_q + (SlotBits+TokenBits+1)'(row_go && row_end_q)
                             - (SlotBits+TokenBits+1)'(pass_start);
      if (start_i) run_q <= 1'b1;
      else if (done_o) run_q <= 1'b0;
      case (job_q)
        StIdle:   if (pass_start) job_q <= StPasses;
        StPasses: if (pass_done) job_q <= StEmit;
        StEmit:   if (emit_start) job_q <= StRead;
        default:  if (job_done) job_q <= StIdle;
      endcase
    end
    if (start_i) begin
      in_head_q   <= '0;
      start_q     <= '0;
      job_head_q  <= '0;
      job_token_q <= '0;
      kind_head_q <= '0;
    end else begin
      if (accept && head_end && r_token_i == last_token_i) begin
        in_head_q <= in_head_q + 1'b1;
      end
      if (accept) start_q <= (r_last_i ? row_elem + 10'd1 : start_q) - (head_end
          && r_token_i == last_token_i ? 10'(head_dim_i) : 10'd0);
      if (job_done) begin
        job_token_q <= job_last ? 6'd0 : job_token_q + 6'd1;
        if (job_last) begin
          job_head_q  <= job_head_next;
          kind_head_q <= job_head_next == first_v || job_head_next == first_q ? '0
              : kind_head_q + 1'b1;
        end
      end
    end
    if (accept) begin
      row_head_q  <= in_head_q + CountBits'(wrap);
      row_elem_q  <= elem[7:0];
      row_token_q <= TokenBits'(r_token_i);
      row_data_o  <= r_data_i;
      row_end_q   <= elem == head_dim_i - 9'd1;
    end
    if (emit_start) begin
      out_kind_o  <= kind;
      out_token_o <= job_token_q;
      out_head_o  <= 16'(kind_head_q);
    end
  end
endmodule

`default_nettype wire
