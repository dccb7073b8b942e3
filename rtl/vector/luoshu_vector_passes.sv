// SPDX-License-Identifier: Apache-2.0
// The passes over one head of one token in the head buffer: docs/numerics.md section 8, up to the
// quantiser.
//
// bias (y + b), QK norm (largest exponent, squares, then y * r * w), rotation, q scale: each pass
// reads the head's words in order and writes the results back; a pass starts when the one before
// has left the pipeline. Results come 3 (q scale), 4 (bias), 6 (norm) or 7 (rotation) cycles after
// their operands. Rotation reads the two words of a pair group (with cos, then sin) and issues
// a*cos - b*sin, then a*sin + b*cos.
// VL = 1 (one multiplier): norm reads a word every second cycle, rotation two words in four cycles,
// their four products follow each other, results come 8 cycles after the first product; q scale
// multiplies a_o, a cycle later.
// done_o pulses in the cycle before exp_o holds the largest biased exponent of the final values.
`default_nettype none

module luoshu_vector_passes #(
    parameter int VL       = 4,
    parameter int HeadBits = 6   // bits of a word index within a head
) (
    input  wire                clk_i,
    input  wire                rst_ni,
    input  wire                start_i,       // the head's rows are complete
    input  wire                do_bias_i,
    input  wire                do_norm_i,
    input  wire                do_rope_i,
    input  wire                do_scale_i,
    input  wire  [HeadBits:0]  words_i,       // words of the head
    input  wire  [HeadBits:0]  rot_words_i,   // of these, rotated (even)
    input  wire  [VL-1:0]      pair_mask_i,   // lanes in use of the last two rotated words
    input  wire  [VL-1:0]      tail_mask_i,   // lanes in use of the last word that is not rotated
    input  wire                bias_ready_i,
    input  wire                norm_ready_i,
    input  wire                cs_ready_i,
    output logic               done_o,
    output logic [7:0]         exp_o,
    output logic               waiting_o,     // for parameters
    // head buffer
    output logic               re_o,
    output logic [HeadBits-1:0] rword_o,
    input  wire  [VL*32-1:0]   s_i,           // read data
    output logic               we_o,
    output logic [HeadBits-1:0] wword_o,
    output logic               w_chain_o,     // the result is p1, else the sum
    input  wire  [VL*32-1:0]   w_data_i,      // the result, for its exponent
    // coefficients and cos/sin
    output logic               coef_re_o,
    output logic [HeadBits-1:0] coef_word_o,
    output logic               coef_bias_o,   // the bias, else the norm weight
    output logic               cs_re_o,
    output logic [HeadBits-1:0] cs_group_o,   // group of pairs
    output logic               cs_sin_o,
    input  wire  [VL*32-1:0]   cs_i,
    // squares
    output logic               sq_valid_o,    // quantiser input is s_i
    output logic               sq_last_o,
    output logic [VL-1:0]      sq_mask_o,
    output logic               rms_clear_o,
    input  wire                rms_valid_i,
    // lanes
    output logic               bias_valid_o,  // add s_i + coefficient
    // m0 = a_o * r; m1 chained 3 cycles later with the coefficient
    output logic               norm_valid_o,
    output logic               chain_valid_o,
    output logic               rope_valid_o,  // m0 = a_o * rope_b_o, m1 = c_o * rope_d_o, added
    output logic               rope_second_o, // VL = 1: m1 = c_o * rope_b_o
    output logic               rope_add_o,    // the addition, 3 cycles later (VL = 1: 4 after m0)
    output logic               scale_valid_o, // m1 = c_o * qscale, VL = 1: a_o * qscale
    output logic [VL*32-1:0]   a_o,
    output logic [VL*32-1:0]   c_o,
    output logic [VL*32-1:0]   rope_b_o,
    output logic [VL*32-1:0]   rope_d_o
);
  localparam logic [3:0] StIdle = 4'd0;
  localparam logic [3:0] StBias = 4'd1;
  localparam logic [3:0] StScan = 4'd2;    // exponents of what is there
  localparam logic [3:0] StSquare = 4'd3;
  localparam logic [3:0] StMean = 4'd4;    // waiting for r
  localparam logic [3:0] StNorm = 4'd5;
  localparam logic [3:0] StRope = 4'd6;
  localparam logic [3:0] StTail = 4'd7;    // exponents of what is not rotated
  localparam logic [3:0] StScale = 4'd8;
  localparam logic [3:0] StDone = 4'd9;    // no state: after the last pass

  logic [3:0]          state_q, after;
  logic [HeadBits:0]   word_q, end_word;
  logic                issued_q;           // every word of the pass has been read
  logic                go, ready, quiet;
  assign end_word = state_q == StRope ? rot_words_i : words_i;
  assign ready    = state_q == StBias ? bias_ready_i : state_q == StNorm ? norm_ready_i :
                    state_q == StRope ? cs_ready_i : 1'b1;
  logic [1:0] pace_q;                      // VL = 1: cycle of a word or pair of words
  logic       slot;
  assign slot     = VL > 1 || (state_q == StNorm ? !pace_q[0] : state_q == StRope ? !pace_q[1]
      : 1'b1);
  assign go       = state_q != StIdle && state_q != StMean && !issued_q && ready && slot;
  assign waiting_o = state_q != StIdle && !ready;

  // Stage 1: data. Stage 2: operands of norm and of the second rope result.
  logic                d1_q, d2_q;
  logic [HeadBits-1:0] word1_q, word2_q;
  logic                last1_q, pair1_q;   // the last word; one of the last two rotated words
  logic [HeadBits-1:0] last_pair;          // pair of words
  logic [VL-1:0]       mask1;
  logic                second1, second2;   // second word of a pair group
  assign second1 = d1_q && state_q == StRope && word1_q[0];
  assign second2 = d2_q && state_q == StRope && word2_q[0];
  assign mask1   = pair1_q ? pair_mask_i : last1_q ? tail_mask_i : '1;
  assign last_pair = rot_words_i[HeadBits:1] - 1'b1;  // nothing rotated: no pair
  logic [VL*32-1:0] a_q, b_q, cos_q, sin_q;

  assign re_o        = go;
  assign rword_o     = word_q[HeadBits-1:0];
  assign cs_re_o     = go && state_q == StRope;
  assign cs_group_o  = {1'b0, word_q[HeadBits-1:1]};
  assign cs_sin_o    = word_q[0];
  assign sq_valid_o  = d1_q && state_q == StSquare;
  assign sq_last_o   = last1_q;
  assign sq_mask_o   = mask1;
  assign bias_valid_o  = d1_q && state_q == StBias;
  assign scale_valid_o = (VL > 1 ? d1_q : d2_q) && state_q == StScale;
  assign norm_valid_o  = d2_q && state_q == StNorm;
  assign a_o = a_q;
  generate
    if (VL == 1) begin : gen_four   // products follow each other
      logic [3:1] product_q;        // the others after the first
      always_ff @(posedge clk_i) product_q <= rst_ni ? {product_q[2:1], second1} : '0;
      assign rope_valid_o  = second1 || product_q[2];
      assign rope_second_o = product_q[1] || product_q[3];
      assign rope_b_o      = (second1 || product_q[3]) ? cos_q : sin_q;
      assign rope_d_o      = rope_b_o;
      assign c_o           = {b_q[31] ^ product_q[1], b_q[30:0]};
      logic unused_second;
      assign unused_second = second2;
    end else begin : gen_two
      logic [VL*32-1:0] b_now, sin_now;
      assign rope_valid_o  = second1 || second2;
      assign rope_second_o = 1'b0;
      assign b_now    = second2 ? b_q : s_i;
      assign sin_now  = second2 ? sin_q : cs_i;
      assign rope_b_o = second2 ? sin_now : cos_q;
      assign rope_d_o = second2 ? cos_q : sin_now;
      for (genvar g = 0; g < VL; g++) begin : gen_neg
        assign c_o[g*32+:32] = {b_now[g*32+31] ^ (state_q == StRope && !second2), b_now[g*32+:31]};
      end
    end
  endgenerate

  // Tags: position k leaves in k cycles. {valid, last word, word}
  logic [7:0]          tag_q;
  logic [7:0]          tag_last_q, tag_pair_q;
  // a vector: Icarus 11 leaves assignments from elements of such arrays unknown
  logic [8*HeadBits-1:0] tag_word_q;
  logic                enter;
  logic [3:0]          latency;
  logic [HeadBits-1:0] enter_word;
  logic                enter_last, enter_pair;
  logic [VL-1:0]       tag_mask;
  assign enter      = bias_valid_o || scale_valid_o || norm_valid_o || rope_valid_o;
  assign latency    = state_q == StScale ? 4'd3 : state_q == StBias ? 4'd4 : state_q == StNorm
      ? 4'd6 : VL > 1 ? 4'd7 : 4'd8;
  assign enter_word = (state_q == StNorm || state_q == StRope || (VL == 1 && state_q == StScale))
      ? word2_q : word1_q;
  assign enter_last = enter_word == HeadBits'(words_i - 1'b1);
  assign enter_pair = {1'b0, enter_word[HeadBits-1:1]} == last_pair;
  assign tag_mask   = tag_pair_q[0] ? pair_mask_i : tag_last_q[0] ? tail_mask_i : '1;
  assign we_o       = tag_q[0];
  assign wword_o    = tag_word_q[HeadBits-1:0];
  assign w_chain_o  = state_q == StScale || state_q == StNorm;
  assign chain_valid_o = tag_q[3] && state_q == StNorm;
  assign rope_add_o    = tag_q[4] && state_q == StRope;
  assign coef_bias_o = state_q == StBias;
  assign coef_re_o   = state_q == StBias ? go : tag_q[4];
  assign coef_word_o = state_q == StBias ? word_q[HeadBits-1:0]
      : tag_word_q[4*HeadBits +: HeadBits];

  // Largest exponent: of results, or of the data in a scan.
  logic       scan;
  logic [7:0] exp_q, exp_max;
  assign scan = d1_q && (state_q == StScan || state_q == StTail);
  luoshu_vector_max #(.VL(VL)) u_max (
      .valid_i(scan || we_o), .v_i(scan ? s_i : w_data_i), .mask_i(scan ? mask1 : tag_mask),
      .start_i(exp_q), .max_o(exp_max)
  );
  assign exp_o = exp_q;

  assign quiet = !d1_q && !d2_q && tag_q[7:1] == 7'd0;  // the last result is written in this cycle
  assign rms_clear_o = state_q == StScan || state_q == StBias;
  always_comb begin
    after = StDone;
    case (state_q)
      StIdle:   after = do_bias_i ? StBias : do_norm_i ? StScan : do_rope_i ? StRope
                                  : do_scale_i ? StScale : StScan;
      StBias:   after = do_norm_i ? StSquare : do_rope_i ? StRope : do_scale_i ? StScale : StDone;
      StScan:   after = do_norm_i ? StSquare : StDone;
      StSquare: after = StMean;
      StMean:   after = StNorm;
      StNorm:   after = do_rope_i ? StRope : do_scale_i ? StScale : StDone;
      StRope:   after = do_scale_i ? StScale : rot_words_i != words_i ? StTail : StDone;
      default:  after = StDone;
    endcase
  end
  logic leave;
  assign leave = state_q == StIdle ? start_i : state_q == StMean ? rms_valid_i : issued_q && quiet;
  assign done_o = leave && after == StDone;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      state_q <= StIdle;
      d1_q    <= 1'b0;
      d2_q    <= 1'b0;
      tag_q   <= '0;
    end else begin
      if (leave) state_q <= after == StDone ? StIdle : after;
      d1_q  <= go;
      d2_q  <= d1_q;
      tag_q <= {1'b0, tag_q[7:1]};
      if (enter) tag_q[3'(latency - 4'd1)] <= 1'b1;
    end
    if (leave) begin
      issued_q <= 1'b0;
      word_q   <= after == StTail ? rot_words_i : '0;
    end else if (go) begin
      issued_q <= word_q == end_word - 1'b1;
      word_q   <= word_q + 1'b1;
    end
    for (int i = 0; i < 7; i++) begin
      tag_word_q[i*HeadBits +: HeadBits] <= tag_word_q[(i+1)*HeadBits +: HeadBits];
      tag_last_q[i] <= tag_last_q[i+1];
      tag_pair_q[i] <= tag_pair_q[i+1];
    end
    if (enter) begin
      tag_word_q[32'(3'(latency - 4'd1))*HeadBits +: HeadBits] <= enter_word;
      tag_last_q[3'(latency - 4'd1)] <= enter_last;
      tag_pair_q[3'(latency - 4'd1)] <= enter_pair;
    end
    pace_q <= (VL > 1 || leave || !ready) ? 2'd0 : pace_q + 2'd1;
    if (go) word1_q <= word_q[HeadBits-1:0];
    if (d1_q) word2_q <= word1_q;
    last1_q <= word_q == words_i - 1'b1;
    pair1_q <= word_q[HeadBits:1] == last_pair;
    if (d1_q && !second1) begin
      a_q   <= s_i;
      cos_q <= cs_i;
    end
    if (second1) begin
      b_q   <= s_i;
      sin_q <= cs_i;
    end
    // A pass replaces the exponent of the one before; the tail adds to it.
    if (leave && after != StTail && after != StDone && after != StSquare
        && after != StMean) exp_q <= 8'd0;
    else if (scan || we_o) exp_q <= exp_max;
  end
endmodule

`default_nettype wire
