// SPDX-License-Identifier: Apache-2.0
// Output of attention: o / l of each finished set, as fp32 (docs/numerics.md, section 9);
// luoshu_attn_blocks makes activations of it.
//
// A set is announced with set_* in order (when its operands are loaded) and started by set_done_i
// (its last V is merged). Out elements per cycle, one where head_dim is no multiple of Out, and a
// cycle for each head; release_o pulses when the columns' state of the set is read; finish_o when
// the last block of the command is written. Latency: set start to first activation write 64 / Out +
// 16 cycles, more where a drain of the columns reads the same bank. Where columns share a path,
// reciprocals are interpolated there (recip_*), when no weight is, and the elements of a head wait
// for them.
`default_nettype none

module luoshu_attn_out #(
    parameter int Columns = 4,
    parameter int Heads = 1,   // columns that share a path (luoshu_attn_heads)
    parameter int MaxTokens = 8,
    parameter int MaxHeads = 32,
    parameter int QElements = 2048,   // elements of a token's query heads, at most
    parameter int Out = 1,     // elements per cycle, a power of two
    parameter int Soft = 1,    // 1: small products take no hardware multiplier
    parameter int ActLanes = 32,   // elements of a part: 8 or 32
    // Derived, do not set.
    parameter int Paths = Columns / Heads,
    parameter int HeadBits = (Heads > 1) ? $clog2(Heads) : 1,
    parameter int TokenBits = (MaxTokens > 1) ? $clog2(MaxTokens) : 1,
    parameter int QueryBits = $clog2(MaxHeads),   // of a query head
    parameter int SpanBits = $clog2(Columns + 1)
) (
    input  wire                  clk_i,
    input  wire                  rst_ni,
    // command
    input  wire  [8:0]           head_dim_i,
    input  wire  [8:0]           heads_i,
    input  wire  [15:0]          act_block_i,
    input  wire                  act_joined_i,
    input  wire  [1:0]           act_vec_i,
    // sets
    input  wire                  set_valid_i,
    output logic                 set_ready_o,
    input  wire  [TokenBits-1:0] set_token_i,
    input  wire  [SpanBits-1:0]  set_tokens_i,
    input  wire  [SpanBits-1:0]  set_heads_i,
    input  wire  [QueryBits-1:0] set_head_i,
    input  wire                  set_final_i,
    input  wire                  set_done_i,
    output logic                 release_o,
    output logic                 finish_o,
    // columns
    output logic [Paths-1:0]     out_re_o,
    output logic [HeadBits-1:0]  out_head_o,   // column within the path
    output logic [1:0]           out_set_o,
    // it comes first, with Out elements per cycle the next ones behind it
    output logic [7:0]           out_elem_o,
    input  wire  [Paths-1:0]     out_gnt_i,
    input  wire  [Paths*Out*48-1:0] out_o_i,
    input  wire  [Paths*48-1:0]  out_l_i,
    input  wire  [Paths*8-1:0]   out_r_i,
    // reciprocals (Heads > 1): see luoshu_attn_weights
    output logic                 recip_valid_o,
    output logic [15:0]          recip_frac_o,
    input  wire                  recip_ready_i,
    input  wire                  recip_done_i,
    input  wire  [17:0]          recip_value_i,
    // activations
    output logic                 aw_valid_o,
    input  wire                  aw_ready_i,
    output logic [5:0]           aw_token_o,
    output logic [15:0]          aw_block_o,
    output logic [1:0]           aw_part_o,
    output logic [ActLanes*12-1:0] aw_data_o,
    output logic [8:0]           aw_exp_o,
    output logic [17:0]          aw_sum_o,
    output logic                 aw_first_o,
    output logic                 aw_joined_o,
    output logic [1:0]           aw_vec_o
);
  localparam int IndexBits = $clog2(QElements);   // of an element within the vector
  localparam int ColBits = (Columns > 1) ? $clog2(Columns) : 1;
  function automatic [17:0] product(input [8:0] a, input [8:0] b);
    if (Soft == 0) begin
      product = 18'(a) * 18'(b);
    end else begin  // by shifted adds
      product = '0;
      for (int i = 0; i < 9; i++) if (b[i]) product = product + (18'(a) << i);
    end
  endfunction

  // ------------------------------------------------------------ sequence over columns and elements
  typedef enum logic [1:0] {
    Wait,     // for a finished set
    Sum,      // the column's l enters the pipeline
    Invert,   // the reciprocal of l is asked for (Heads > 1)
    Elements  // its elements follow
  } state_e;
  state_e      state_q;
  logic [2:0]  done_q;       // finished sets not yet started
  logic [1:0]  slot_q;
  logic [ColBits-1:0]  col_q;
  logic [SpanBits-1:0] token_q, head_q, next_head;
  logic [7:0]  elem_q;
  logic [IndexBits-1:0] index_q;   // of the element within the vector
  logic [QueryBits-1:0] head;
  logic        last_elem, last_col, pause, taken;
  logic        whole;        // Out elements per cycle
  logic [7:0]  step;
  logic [TokenBits-1:0] token;

  assign head      = set_head_i + QueryBits'(head_q);
  assign token     = set_token_i + TokenBits'(token_q);
  assign next_head = head_q + 1'b1;
  assign whole     = ((head_dim_i & 9'(Out - 1)) == 9'd0);
  assign step      = whole ? 8'(Out) : 8'd1;
  assign last_elem = (9'(elem_q) + 9'(step) == head_dim_i);
  assign last_col  = (token_q + 1'b1 == set_tokens_i) && (next_head == set_heads_i);
  assign out_head_o = (Heads > 1) ? HeadBits'(col_q) : '0;
  assign out_set_o  = slot_q;
  assign out_elem_o = elem_q;
  generate
    for (genvar c = 0; c < Paths; c++) begin : gen_re
      assign out_re_o[c] = (state_q == Elements) && (32'(col_q) / Heads == c) && !pause;
    end
  endgenerate
  assign taken = (state_q == Elements) && !pause && ((out_gnt_i & out_re_o) != '0);
  assign set_ready_o = taken && last_elem && last_col;
  assign release_o   = set_ready_o;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      state_q <= Wait;
      done_q  <= '0;
      slot_q  <= '0;
    end else begin
      done_q <= done_q + 3'(set_done_i) - 3'(set_ready_o);
      case (state_q)
        Wait: if (done_q != 3'd0 && set_valid_i) state_q <= Sum;
        Sum: if (!pause) state_q <= (Heads > 1) ? Invert : Elements;
        Invert: if (recip_ready_i) state_q <= Elements;
        default: if (taken && last_elem) begin
          state_q <= last_col ? Wait : Sum;
          if (last_col) slot_q <= slot_q + 2'd1;
        end
      endcase
    end
    if (state_q == Wait) begin
      col_q   <= '0;
      token_q <= '0;
      head_q  <= '0;
    end else if (taken && last_elem) begin
      col_q  <= col_q + 1'b1;
      head_q <= (next_head == set_heads_i) ? '0 : next_head;
      if (next_head == set_heads_i) token_q <= token_q + 1'b1;
    end
    if (state_q == Sum) begin
      elem_q  <= '0;
      index_q <= IndexBits'(product(9'(head), head_dim_i));
    end else if (taken) begin
      elem_q  <= elem_q + step;
      index_q <= index_q + IndexBits'(step);
    end
  end

  // ---------------------------------------------------------------- read, to fp32, times 1 / l
  // 0 read address; 1 data; 4 fp32; Heads = 1: elements then wait until the reciprocal of their l
  // has come (9), 12 product; Heads > 1: 7 product. The first lane carries the l.
  localparam int Delay = (Heads > 1) ? 0 : 5;
  localparam int Tags  = 7 + Delay;
  logic               s1_valid_q, s1_sum_q;
  logic [2:0]         fp_sum_q;
  logic [3:0]         s1_path_q;
  logic [Out-1:0]     fp_valid, out_valid;
  logic [Out*32-1:0]  fp, out;
  logic [31:0]        rinv_q;
  logic               elem_valid, scale_valid;   // fp32 of an element, and when it is multiplied
  // what travels with the elements: {final, last of its vector, token, index}
  localparam int TagBits = 2 + TokenBits + IndexBits;
  logic [Tags*TagBits-1:0] tag_q;   // the newest lowest
  assign elem_valid = fp_valid[0] && !fp_sum_q[2];

  generate
    for (genvar d = 0; d < Out; d++) begin : gen_lane
      logic signed [47:0] s1_int;
      logic signed [11:0] s1_exp;
      logic [31:0]        factor;
      logic [33:0]        unused_prod;
      always_comb begin
        s1_int = $signed(out_o_i[48*(Out*32'(s1_path_q) + d) +: 48]);
        s1_exp = 12'($signed(out_r_i[8*32'(s1_path_q) +: 8])) - 12'sd22;
        if (d == 0 && s1_sum_q) begin
          s1_int = $signed(out_l_i[48*32'(s1_path_q) +: 48]);
          s1_exp = -12'sd16;
        end
      end
      luoshu_tofp #(.Width(48), .Multiply((Soft == 0) ? 1 : 0)) u_tofp (
          .clk_i, .rst_ni, .valid_i(s1_valid_q), .int_i(s1_int), .exp_i(s1_exp),
          .valid_o(fp_valid[d]), .r_o(fp[d*32 +: 32])
      );
      luoshu_fmul u_scale (
          .clk_i, .rst_ni, .valid_i(scale_valid), .square_i(1'b0), .int_i('0), .a_i(factor),
          .b_i(rinv_q), .prod_o(unused_prod), .valid_o(out_valid[d]), .r_o(out[d*32 +: 32])
      );
      if (Delay > 0) begin : gen_delay
        logic [Delay*32-1:0] delay_q;
        assign factor = delay_q[(Delay-1)*32 +: 32];
        always_ff @(posedge clk_i) delay_q <= {delay_q[(Delay-1)*32-1:0], fp[d*32 +: 32]};
      end else begin : gen_direct
        assign factor = fp[d*32 +: 32];
      end
      logic unused_lane;
      assign unused_lane = ^unused_prod;
    end
  endgenerate
  generate
    // recip(l); l is 0 or from 1 to 2^48, so that no limit of fp32 matters
    if (Heads > 1) begin : gen_shared
      logic        asked_q;   // and not yet taken
      logic [23:0] rnd;       // l rounded to 17 bits: {biased exponent, 16 fraction bits}
      assign scale_valid   = elem_valid;
      assign rnd           = fp[30:7] + {23'd0, fp[6]};
      assign recip_valid_o = asked_q || (fp_valid[0] && fp_sum_q[2]);
      assign recip_frac_o  = rnd[15:0];
      always_ff @(posedge clk_i) begin
        asked_q <= rst_ni && recip_valid_o && !recip_ready_i;
        if (recip_done_i) rinv_q <= {1'b0, 8'd253 - rnd[23:16], recip_value_i[16:0], 6'd0};
      end
      logic unused_value;
      assign unused_value = recip_value_i[17];
    end else begin : gen_own
      logic [Delay-1:0]  delay_valid_q;
      logic [31:0]       recip;
      logic              recip_valid, unused_neg, unused_meta;
      logic [17:0]       unused_raw;
      logic signed [9:0] unused_n;
      assign scale_valid   = delay_valid_q[Delay-1];
      assign recip_valid_o = 1'b0;
      assign recip_frac_o  = '0;
      luoshu_sfu #(.MetaWidth(1), .Soft(Soft), .Tables(1)) u_recip (
          .clk_i, .rst_ni, .valid_i(fp_valid[0] && fp_sum_q[2]), .op_i(2'd0), .x_i(fp[31:0]),
          .meta_i(1'b0), .valid_o(recip_valid), .r_o(recip), .raw_o(unused_raw), .n_o(unused_n),
          .neg_o(unused_neg), .meta_o(unused_meta)
      );
      always_ff @(posedge clk_i) begin
        delay_valid_q <= rst_ni ? {delay_valid_q[Delay-2:0], elem_valid} : '0;
        if (recip_valid) rinv_q <= recip;
      end
      logic unused_recip;
      assign unused_recip = ^{recip_ready_i, recip_done_i, recip_value_i, unused_raw, unused_n,
          unused_neg, unused_meta};
    end
  endgenerate

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      s1_valid_q <= 1'b0;
    end else begin
      s1_valid_q <= taken || (state_q == Sum && !pause);
    end
    s1_sum_q    <= (state_q == Sum);
    s1_path_q   <= 4'(32'(col_q) / Heads);
    fp_sum_q    <= {fp_sum_q[1:0], s1_sum_q};
    tag_q <= {tag_q[(Tags-1)*TagBits-1:0], set_final_i && last_col && last_elem,
              last_elem && (9'(head) + 9'd1 == heads_i), token, index_q};
  end

  luoshu_attn_blocks #(.MaxTokens(MaxTokens), .IndexBits(IndexBits), .Out(Out),
      .ActLanes(ActLanes)) u_blocks (
      .clk_i, .rst_ni, .act_block_i, .act_joined_i, .act_vec_i, .whole_i(whole),
      .valid_i(out_valid[0]), .data_i(out), .tag_i(tag_q[(Tags-1)*TagBits +: TagBits]),
      .pause_o(pause), .finish_o, .aw_valid_o, .aw_ready_i, .aw_token_o, .aw_block_o, .aw_part_o,
      .aw_data_o, .aw_exp_o, .aw_sum_o, .aw_first_o, .aw_joined_o, .aw_vec_o
  );

  logic unused_bits;
  assign unused_bits = ^{fp_valid, out_valid};
endmodule
`default_nettype wire
