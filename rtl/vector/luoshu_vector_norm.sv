// SPDX-License-Identifier: Apache-2.0
// RMSNorm of the residual, token by token: docs/numerics.md section 5.
//
// Pass 1 reads the words of X through the quantisers into the squarers; luoshu_vector_rms turns the
// sum into r; pass 2 reads X again, (x * r) * w, w from the parameter ring 3 cycles later, and
// writes blocks of 32 into the scratch RAM (4 block buffers), each followed by a job for
// luoshu_vector_act. The vector's largest exponent is known before (tracked while X was written).
// Time per token: 2 * n/VL + 26 cycles; VL = 1: 3 * n + 26, in pass 2 a word every second cycle,
// because one multiplier does both products.
`default_nettype none

module luoshu_vector_norm #(
    parameter int VL        = 4,
    parameter int WordBits  = 9     // bits of a word index within a vector
) (
    input  wire                 clk_i,
    input  wire                 rst_ni,
    input  wire                 start_i,
    input  wire  [15:0]         n_less_i,     // elements - 1
    input  wire  [5:0]          first_token_i,
    input  wire  [5:0]          last_token_i,
    input  wire  [15:0]         act_block_i,
    output logic                done_o,
    output logic                waiting_o,    // for parameters
    input  wire                 params_ok_i,  // all weights of this command have arrived
    output logic [5:0]          token_o,      // whose exponent is wanted
    // X read
    output logic                x_re_o,
    output logic [WordBits-1:0] x_word_o,
    // pass 1: quantiser input is X, in the cycle after x_re_o
    output logic                sq_valid_o,
    output logic                sq_last_o,
    output logic [VL-1:0]       sq_mask_o,
    output logic                rms_clear_o,
    input  wire                 rms_valid_i,  // r is there
    // pass 2: m0 = X * r in the cycle after x_re_o; weights read 2 cycles later; results 6 cycles
    // later
    output logic                mul_valid_o,
    output logic                w_re_o,
    output logic [WordBits-1:0] w_word_o,
    output logic                m1_valid_o,
    input  wire  [VL*32-1:0]    p1_i,
    output logic                s_we_o,       // result to scratch word s_word_o
    output logic [6:0]          s_word_o,     // {block buffer, word}: 4 * 32/VL words
    output logic                job_valid_o,
    output logic [7:0]          job_exp_o,
    output logic [15:0]         job_block_o,
    output logic [5:0]          job_count_o,
    output logic                job_first_o,
    output logic [1:0]          job_buffer_o,
    input  wire                 act_idle_i
);
  localparam int LaneBits = $clog2(VL);
  localparam int BlockWords = 32 / VL;
  localparam int BlockBits = $clog2(BlockWords);

  localparam logic [2:0] StIdle = 3'd0;
  localparam logic [2:0] StSquare = 3'd1;  // pass 1
  localparam logic [2:0] StMean = 3'd2;    // waiting for r and the weights
  localparam logic [2:0] StScale = 3'd3;   // pass 2
  localparam logic [2:0] StDrain = 3'd4;   // last results and blocks

  logic [2:0]          state_q;
  logic [WordBits-1:0] word_q, last_word;
  logic [5:0]          token_q;
  logic                last, run, pause_q;
  logic [VL-1:0]       last_mask;
  assign last_word = n_less_i[LaneBits+:WordBits];
  assign last      = word_q == last_word;
  assign run       = state_q == StSquare || (state_q == StScale && (VL > 1 || !pause_q));
  generate
    for (genvar g = 0; g < VL; g++) begin : gen_mask
      assign last_mask[g] = (n_less_i & 16'(VL - 1)) + 16'd1 > 16'(g);
    end
  endgenerate
  assign x_re_o    = run;
  assign x_word_o  = word_q;
  assign token_o   = token_q;
  assign waiting_o = state_q == StMean && rms_valid_i && !params_ok_i;
  assign rms_clear_o = start_i || (state_q == StScale && run && last);

  // Pass 1: data stage
  logic sq_q, last1_q;
  assign sq_valid_o = sq_q;
  assign sq_last_o  = last1_q;
  assign sq_mask_o  = last1_q ? last_mask : {VL{1'b1}};

  // Pass 2: stage k is k cycles after the read; multiply at 1, weights read at 3, chain at 4,
  // result at 7.
  logic [7:1]          stage_q, end_q;      // end: last word of the vector
  logic [WordBits-1:0] w_q, out_q;          // word of the weights, of the results
  assign mul_valid_o = stage_q[1];
  assign w_re_o      = stage_q[3];
  assign w_word_o    = w_q;
  assign m1_valid_o  = stage_q[4];
  assign s_we_o      = stage_q[7];
  assign s_word_o    = 7'(out_q) & 7'(4 * BlockWords - 1);

  logic [7:0]    exp_max, exp_q;
  logic [VL-1:0] out_mask;
  logic          block_end, drained, next_token;
  assign drained    = state_q == StDrain && stage_q == '0 && !job_valid_o && act_idle_i;
  assign next_token = drained && token_q != last_token_i;
  assign out_mask  = end_q[7] ? last_mask : {VL{1'b1}};
  assign block_end = end_q[7] || out_q[BlockBits-1:0] == BlockBits'(BlockWords - 1);
  luoshu_vector_max #(.VL(VL)) u_max (
      .valid_i(stage_q[7]), .v_i(p1_i), .mask_i(out_mask),
      .start_i(out_q[BlockBits-1:0] == '0 ? 8'd0 : exp_q), .max_o(exp_max)
  );

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      state_q <= StIdle;
      stage_q <= '0;
      end_q   <= '0;
      sq_q    <= 1'b0;
      done_o  <= 1'b0;
      job_valid_o <= 1'b0;
    end else begin
      done_o  <= 1'b0;
      sq_q    <= state_q == StSquare;
      stage_q <= {stage_q[6:1], state_q == StScale && run};
      end_q   <= {end_q[6:1], state_q == StScale && run && last};
      job_valid_o <= stage_q[7] && block_end;
      case (state_q)
        StIdle:   if (start_i) state_q <= StSquare;
        StSquare: if (last) state_q <= StMean;
        StMean:   if (rms_valid_i && params_ok_i) state_q <= StScale;
        StScale:  if (run && last) state_q <= StDrain;
        default: begin
          if (drained) begin
            state_q <= token_q == last_token_i ? StIdle : StSquare;
            done_o  <= token_q == last_token_i;
          end
        end
      endcase
    end
    if (start_i) token_q <= first_token_i;
    else if (next_token) token_q <= token_q + 6'd1;
    if (start_i || (run && last)) word_q <= '0;
    else if (run) word_q <= word_q + 1'b1;
    last1_q <= last;
    pause_q <= state_q == StScale && !pause_q;
    if (start_i || end_q[3]) w_q <= '0;
    else if (stage_q[3]) w_q <= w_q + 1'b1;
    if (start_i || end_q[7]) out_q <= '0;
    else if (stage_q[7]) out_q <= out_q + 1'b1;
    if (stage_q[7]) exp_q <= exp_max;
    job_exp_o    <= exp_max;
    job_block_o  <= act_block_i + 16'(out_q[WordBits-1:BlockBits]);
    job_count_o  <= end_q[7] ? {1'b0, n_less_i[4:0]} + 6'd1 : 6'd32;
    job_first_o  <= (out_q >> BlockBits) == '0;
    job_buffer_o <= out_q[BlockBits+:2];
  end
  logic unused_n;
  assign unused_n = ^n_less_i;
endmodule

`default_nettype wire
