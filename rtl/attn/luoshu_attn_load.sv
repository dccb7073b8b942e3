// SPDX-License-Identifier: Apache-2.0
// The q buffer, and the loading of a set's operands into the columns.
//
// The vector unit writes q of all heads (qw_*, VectorLanes elements of 12 bits per cycle, the
// exponent with the last); the element address within a token is head * max(hp, VectorLanes) +
// element. A set takes (columns in use) x max(1, hp / L) x Reads + idle columns + 2 cycles; with
// VectorLanes = 1 the buffer is read element by element (Reads = L, it saves block RAM), else a
// word of L elements at once (Reads = 1). Set slots are used in turn, a slot is free again when
// release_i says so; the columns hold the operands of two sets, a place is free again when k_done_i
// says that the set's last K is issued. loaded_o counts the sets loaded so far. A set waits until
// its heads are complete (the vector unit writes head by head, all tokens of a head);
// finish_i, the end of the command, makes all heads incomplete again.
`default_nettype none

module luoshu_attn_load #(
    parameter int Lanes = 32,
    parameter int Columns = 4,
    parameter int VectorLanes = 4,
    parameter int MaxTokens = 8,
    parameter int QElements = 2048,  // per token, a power of two
    parameter int MaxHeads = 32,
    parameter int PosBits = 28,      // of a position
    // Derived, do not set.
    parameter int TokenBits = (MaxTokens > 1) ? $clog2(MaxTokens) : 1,
    parameter int HeadBits = $clog2(MaxHeads),
    parameter int SpanBits = $clog2(Columns + 1)
) (
    input  wire                   clk_i,
    input  wire                   rst_ni,
    input  wire  [3:0]            hpb_i,
    input  wire                   finish_i,
    // q from the vector unit
    input  wire                   qw_valid_i,
    input  wire  [5:0]            qw_token_i,
    input  wire  [8:0]            qw_head_i,
    input  wire  [7:0]            qw_elem_i,
    input  wire  [VectorLanes*12-1:0] qw_data_i,
    input  wire                   qw_last_i,
    input  wire                   qw_final_i, // with last: of the last token
    input  wire  [7:0]            qw_exp_i,
    // log2 of the padded head_dim of the head being written
    input  wire  [3:0]            qw_hpb_i,
    // sets
    input  wire                   set_valid_i,
    output logic                  set_ready_o,
    input  wire  [TokenBits-1:0]  set_token_i,
    input  wire  [SpanBits-1:0]   set_tokens_i,
    input  wire  [SpanBits-1:0]   set_heads_i,
    input  wire  [HeadBits-1:0]   set_head_i,
    input  wire  [MaxTokens*PosBits-1:0] positions_i,
    input  wire                   release_i,
    input  wire                   k_done_i,
    output logic [2:0]            loaded_o,   // modulo 8
    // columns
    output logic [Columns-1:0]    ld_we_o,
    output logic [5:0]            ld_addr_o,  // {lowest bit of the set slot, chunk}
    output logic [Lanes*12-1:0]   ld_data_o,
    output logic [Columns-1:0]    li_we_o,
    output logic [1:0]            li_set_o,
    output logic                  li_active_o,
    output logic signed [7:0]     li_qe_o,
    output logic [PosBits-1:0]    li_pos_o
);
  localparam int L = Lanes;
  localparam int LB = $clog2(L);
  localparam int VB = $clog2(VectorLanes);
  // writes in a word of L elements, an even number
  localparam int Parts = L / VectorLanes;
  localparam int Reads = (VectorLanes == 1) ? L : 1; // in a word of L elements
  localparam int PartBytes = (VectorLanes * 12 + 7) / 8;
  localparam int Words = QElements / L;              // per token
  localparam int WordBits = (Words > 1) ? $clog2(Words) : 1;
  localparam int HeadsBits = $clog2(MaxHeads + 1);   // of a number of heads
  localparam int ColBits = (Columns > 1) ? $clog2(Columns) : 1;

  // ---------------------------------------------------------------- q RAMs
  // Heads narrower than a write are a write apart.
  logic [3:0]      w_stride, r_stride;   // log2
  localparam logic [3:0] Least = (VB > 3) ? 4'(VB) : 4'd3;   // a padded head has 8 elements or more
  assign w_stride = (qw_hpb_i == 4'd3) ? Least : qw_hpb_i;
  assign r_stride = (hpb_i == 4'd3) ? Least : hpb_i;
  logic [15:0]     qw_flat;   // head * stride + element
  logic            re;
  logic [TokenBits+WordBits-1:0] raddr;
  logic [L*12-1:0] word;
  // the element is below the stride
  assign qw_flat = (16'(qw_head_i) << w_stride) | 16'(qw_elem_i);
  logic [LB-1:0]   read_q;    // element of the word, where elements are read one by one
  logic            read_last;
  generate
    if (Reads > 1) begin : gen_elements
      logic [11:0]       element;
      logic [L*12-1:12]  before_q;   // the elements before it
      logic              re_q;
      luoshu_ram_1r1w #(.Width(12), .Depth(MaxTokens*Words*L)) u_ram (
          .clk_i, .we_i(qw_valid_i),
          .waddr_i({qw_token_i[TokenBits-1:0], qw_flat[LB+WordBits-1:0]}), .wmask_i('0),
          .wdata_i(qw_data_i[11:0]), .re_i(re), .raddr_i({raddr, read_q}), .rdata_o(element)
      );
      assign word      = {element, before_q};
      assign read_last = (32'(read_q) == L - 1);
      always_ff @(posedge clk_i) begin
        re_q <= re;
        if (re_q) before_q <= word[L*12-1:12];
        if (!re) read_q <= '0;
        else read_q <= read_q + 1'b1;
      end
    end else begin : gen_words
      assign read_q    = '0;
      assign read_last = 1'b1;
      // two writes of VectorLanes elements side by side
      for (genvar p = 0; p < Parts / 2; p++) begin : gen_pair
        logic [2*PartBytes*8-1:0] pair;   // a part is whole bytes
        logic                     low;
        assign low = !qw_flat[VB];
        luoshu_ram_1r1w #(.Width(2*PartBytes*8), .Depth(MaxTokens*Words), .ByteWrite(1)) u_ram (
            .clk_i, .we_i(qw_valid_i && (32'(qw_flat[LB-1:0]) >> (VB + 1)) == p),
            .waddr_i({qw_token_i[TokenBits-1:0], qw_flat[LB +: WordBits]}),
            .wmask_i({{PartBytes{!low}}, {PartBytes{low}}}),
            .wdata_i({2{(PartBytes*8)'(qw_data_i)}}), .re_i(re), .raddr_i(raddr), .rdata_o(pair)
        );
        assign word[p*VectorLanes*24 +: VectorLanes*24] =
            {pair[PartBytes*8 +: VectorLanes*12], pair[0 +: VectorLanes*12]};
        logic unused_pad;
        assign unused_pad = ^pair;
      end
      logic unused_read;
      assign unused_read = ^read_q;
    end
  endgenerate
  logic [7:0] exponent;
  logic [TokenBits+HeadBits-1:0] exp_raddr;
  logic [TokenBits+HeadBits-1:0] exp_waddr;
  assign exp_waddr = {qw_token_i[TokenBits-1:0], qw_head_i[HeadBits-1:0]};
  (* ram_style = "distributed" *) logic [7:0] exponents [MaxTokens * MaxHeads];
  always_ff @(posedge clk_i) begin
    if (qw_valid_i && qw_last_i) exponents[exp_waddr] <= qw_exp_i;
    if (re) exponent <= exponents[exp_raddr];
  end

  // ---------------------------------------------------------------- loading
  logic        busy_q;
  logic [ColBits-1:0]  col_q;           // column, token and head within the set
  logic [SpanBits-1:0] token_q, head_q, next_head;
  logic [4:0]  chunk_q, last_chunk;
  logic        idle_col;                // beyond the set
  logic [1:0]  slot_q;
  logic [2:0]  open_q;                  // slots in use
  logic [1:0]  queued_q;                // sets loaded whose K is not yet done
  logic [TokenBits-1:0] token;
  logic [HeadBits-1:0]  head;
  logic [15:0] flat;
  logic        last_step;
  logic [2:0]  loaded_q;                // sets loaded, modulo 8
  logic [HeadsBits-1:0] complete_q;     // heads complete
  logic        complete;                // those of the set
  assign complete = complete_q >= HeadsBits'(set_head_i) + HeadsBits'(set_heads_i);

  assign last_chunk = (hpb_i > 4'(LB)) ? (5'd1 << (hpb_i - 4'(LB))) - 5'd1 : 5'd0;
  assign idle_col   = (token_q == set_tokens_i);
  assign token      = set_token_i + TokenBits'(token_q);
  assign head       = set_head_i + HeadBits'(head_q);
  assign next_head  = head_q + 1'b1;
  assign flat       = 16'(head) << r_stride;
  assign re         = busy_q && !idle_col;
  assign raddr      = {token, flat[LB +: WordBits] | WordBits'(chunk_q)};
  assign exp_raddr  = {token, head};
  assign last_step  = (32'(col_q) == Columns - 1)
      && (idle_col || (chunk_q == last_chunk && read_last));
  assign set_ready_o = busy_q && last_step;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      busy_q   <= 1'b0;
      slot_q   <= '0;
      open_q   <= '0;
      queued_q <= '0;
      loaded_q <= '0;
    end else begin
      open_q   <= open_q + 3'(busy_q && last_step) - 3'(release_i);
      queued_q <= queued_q + 2'(busy_q && last_step) - 2'(k_done_i);
      if (!busy_q) busy_q <= set_valid_i && (open_q != 3'd4) && (queued_q != 2'd2) && complete;
      else if (last_step) begin
        busy_q <= 1'b0;
        slot_q <= slot_q + 2'd1;
      end
      if (stage_q && stage_last_q) loaded_q <= loaded_q + 3'd1;
    end
    if (!rst_ni || finish_i) complete_q <= '0;
    else if (qw_valid_i && qw_last_i && qw_final_i) complete_q <= complete_q + 1'b1;
    if (!busy_q) begin
      col_q   <= '0;
      token_q <= '0;
      head_q  <= '0;
      chunk_q <= '0;
    end else if (idle_col || (chunk_q == last_chunk && read_last)) begin
      col_q   <= col_q + 1'b1;
      chunk_q <= '0;
      if (!idle_col) begin
        head_q <= (next_head == set_heads_i) ? '0 : next_head;
        if (next_head == set_heads_i) token_q <= token_q + 1'b1;
      end
    end else if (read_last) begin
      chunk_q <= chunk_q + 5'd1;
    end
  end
  assign loaded_o = loaded_q;

  // -------------------------------------------------------------- one cycle later: into the column
  // stage_word_q: the word is complete
  logic        stage_q, stage_word_q, stage_last_q, stage_idle_q;
  logic [ColBits-1:0] stage_col_q;
  logic [4:0]  stage_chunk_q;
  logic [1:0]  stage_slot_q;
  logic [LB-1:0] stage_offset_q;   // first lane of the head within the word (hp < L)
  logic [PosBits-1:0] stage_pos_q;
  always_ff @(posedge clk_i) begin
    stage_q <= rst_ni && busy_q;
    if (busy_q) begin
      stage_word_q   <= read_last;
      stage_last_q   <= last_step;
      stage_idle_q   <= idle_col;
      stage_col_q    <= col_q;
      stage_chunk_q  <= chunk_q;
      stage_slot_q   <= slot_q;
      stage_offset_q <= flat[LB-1:0];
      stage_pos_q    <= positions_i[PosBits*32'(token) +: PosBits];
    end
  end
  // hp < L: the head's hp lanes repeat over all lanes
  generate
    for (genvar g = 0; g < L/8; g++) begin : gen_lanes
      logic [LB-1:0] from;  // first lane of the source group, a multiple of 8
      assign from = (hpb_i < 4'(LB)) ? stage_offset_q + (LB'(g*8) & ((LB'(1) << hpb_i) - LB'(1)))
          : LB'(g*8);
      assign ld_data_o[g*96 +: 96] = word[96*(32'(from) >> 3) +: 96];
    end
    for (genvar c = 0; c < Columns; c++) begin : gen_col
      assign ld_we_o[c] = stage_q && stage_word_q && !stage_idle_q && (32'(stage_col_q) == c);
      assign li_we_o[c] = stage_q && (stage_chunk_q == 5'd0) && (32'(stage_col_q) == c);
    end
  endgenerate
  assign ld_addr_o   = {stage_slot_q[0], stage_chunk_q};
  assign li_set_o    = stage_slot_q;
  assign li_active_o = !stage_idle_q;
  assign li_qe_o     = $signed(exponent);
  assign li_pos_o    = stage_pos_q;

  logic unused_bits;
  assign unused_bits = ^{qw_flat, flat, qw_token_i, qw_head_i};
endmodule
`default_nettype wire
