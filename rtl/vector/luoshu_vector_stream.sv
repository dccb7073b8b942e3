// SPDX-License-Identifier: Apache-2.0
// The result stream of RESID, SWIGLU and LOGITS (docs/architecture/vector.md): one element per
// cycle, a SWIGLU up row every second cycle.
//
// RESID: reads X, adds in the lane of the element, the sum leaves 5 cycles after the element.
// SWIGLU: gates wait per token; a pair passes lane 0 and the special functions: m0 = g * -log2 e,
// tofix16, exp2,
// 1 + e, recip, m0 = g * sigmoid, m1 = that * u; h is written to the scratch RAM 25 cycles after
// the up row.
// Two pairs never start in neighbouring cycles (Spaced = 1: nor within 8, nor after 22), and the
// uses of shared units fall on different parities.
// LOGITS: maximum per token, of equal ones the first row; each logit is also written to memory when
// asked for (L >= 32: in
// beats, when the last word of a token's beat has come; below, where a beat has two words, each at
// once); tokens leave at the end,
//   each when tok_ready_i takes it.
// done_o pulses with the last step of a command; blocks of activations may still be in flight.
`default_nettype none

module luoshu_vector_stream #(
    parameter int L         = 32,  // bytes per beat of the logits write port
    parameter int MaxTokens = 8,
    // 1: pairs start 8 cycles apart or more, and wait in registers instead of RAMs
    parameter int Spaced    = 0
) (
    input  wire         clk_i,
    input  wire         rst_ni,
    // command
    input  wire         start_i,
    input  wire  [1:0]  op_i,           // 0 RESID, 1 SWIGLU, 2 LOGITS
    input  wire  [19:0] n_less_i,       // elements, pairs or rows - 1
    input  wire  [5:0]  first_token_i,
    input  wire  [5:0]  last_token_i,
    input  wire         write_logits_i,
    input  wire  [31:0] address_i,      // logits buffer
    input  wire  [31:0] stride_i,       // bytes between the logits of two tokens
    input  wire  [15:0] act_block_i,
    output logic        done_o,
    // result stream
    input  wire         r_valid_i,
    output logic        r_ready_o,
    input  wire  [19:0] r_row_i,
    input  wire  [5:0]  r_token_i,
    input  wire  [31:0] r_data_i,
    // RESID: X read in the cycle of the element; the adder in the next; the write 4 later
    output logic        x_re_o,
    output logic        add_valid_o,    // with X data: lane add_lane_o adds add_y_o
    output logic [31:0] add_y_o,
    output logic        wb_valid_o,     // the sum is there
    output logic [19:0] wb_row_o,
    output logic [5:0]  wb_token_o,
    // SWIGLU: lane 0 and special functions
    output logic        m0_valid_o,
    output logic [31:0] m0_a_o,
    output logic [31:0] m0_b_o,
    output logic        m1_valid_o,     // m1 = p0 * m1_d_o
    output logic [31:0] m1_d_o,
    input  wire  [31:0] p1_i,           // of lane 0
    output logic        add1_valid_o,   // lane 0 adds 1 + add1_y_o
    output logic [31:0] add1_y_o,
    input  wire  [31:0] s_i,            // sum of lane 0
    output logic        sfu_valid_o,
    output logic [1:0]  sfu_op_o,
    output logic [31:0] sfu_x_o,
    input  wire  [31:0] sfu_r_i,
    input  wire  [31:0] p0_i,           // product m0 of lane 0
    output logic        h_valid_o,      // h to scratch: token, element of the block, block parity
    output logic [5:0]  h_token_o,
    output logic [5:0]  h_elem_o,       // bit 5: parity of the block
    output logic [31:0] h_data_o,
    // activation jobs
    output logic        job_valid_o,
    output logic [7:0]  job_exp_o,
    output logic [5:0]  job_token_o,
    output logic [15:0] job_block_o,
    output logic [5:0]  job_count_o,
    output logic        job_first_o,
    output logic        job_parity_o,
    // logits
    output logic        lw_valid_o,
    input  wire         lw_ready_i,
    output logic [31:0] lw_addr_o,
    output logic [L*8-1:0] lw_data_o,
    output logic [L-1:0] lw_strb_o,
    input  wire         lw_bvalid_i,
    output logic        tok_valid_o,
    input  wire         tok_ready_i,
    output logic [5:0]  tok_index_o,
    output logic [31:0] tok_id_o,
    output logic [31:0] tok_logit_o
);
  localparam logic [31:0] NegLog2e = 32'hBFB8AA3B;
  localparam logic [1:0] OpResid = 2'd0;
  localparam logic [1:0] OpSwiglu = 2'd1;
  localparam logic [1:0] OpLogits = 2'd2;

  localparam int TokenBits = MaxTokens > 1 ? $clog2(MaxTokens) : 1;
  logic       active_q, drain_q;  // taking elements; waiting for the pipelines
  logic [1:0] op_q;
  logic       phase_q;            // parity of the cycle: pairs start on 0
  logic       accept, up, last_elem, emit_q;
  assign up        = r_row_i[0];
  assign last_elem = (op_q == OpSwiglu ? up && {1'b0, r_row_i[19:1]} == n_less_i
      : r_row_i == n_less_i) && r_token_i == last_token_i;
  assign r_ready_o = active_q
      && (op_q == OpResid || (op_q == OpSwiglu
      && (!up || (!phase_q && (Spaced == 0 || (step_q[7:1] == '0 && !step_q[22])))))
                                  || (op_q == OpLogits && (!lw_valid_o || lw_ready_i)));
  assign accept    = r_valid_i && r_ready_o;

  // RESID
  logic [4:0]  add_q;
  // vectors, not arrays: Icarus 11 does not see an element of an array change
  logic [5*20-1:0] row_q;
  logic [5*6-1:0]  token_q;
  assign x_re_o      = accept && op_q == OpResid;
  assign add_valid_o = add_q[0];
  assign wb_valid_o  = add_q[4];
  assign wb_row_o    = row_q[99:80];
  assign wb_token_o  = token_q[29:24];
  always_ff @(posedge clk_i) begin
    if (!rst_ni) add_q <= '0;
    else add_q <= {add_q[3:0], x_re_o};
    row_q   <= {row_q[79:0], r_row_i};
    token_q <= {token_q[23:0], r_token_i};
    add_y_o <= r_data_i;
  end

  // SWIGLU: step k of a pair happens k cycles after its up row was taken.
  localparam int Steps = 25;
  logic [31:0]     m0_a_first;
  logic [31:0]     gate_q[0:MaxTokens-1];
  logic [Steps:1]  step_q;
  logic            pair;
  logic [31:0]     g, u;
  logic [21:0]     tag;                 // token, pair index
  logic [3*22-1:0] tag_q;    // three stages, the newest lowest
  assign pair = accept && op_q == OpSwiglu && up;
  generate
    if (Spaced != 0) begin : gen_registers
      // {token, pair index, u, g}: from the start, from step 8 and from step 16 on
      logic [3*86-1:0] pair_q;
      assign {tag, u, g} = pair_q[2*86 +: 86];
      always_ff @(posedge clk_i) begin
        if (pair) pair_q[0 +: 86] <= {r_token_i, r_row_i[16:1], r_data_i, m0_a_first};
        if (step_q[8]) pair_q[86 +: 86] <= pair_q[0 +: 86];
        if (step_q[16]) pair_q[2*86 +: 86] <= pair_q[86 +: 86];
      end
    end else begin : gen_rams
      logic [3:0] in_q, mid_q, out_q;   // ring positions: taken, g read, u read
      luoshu_ram_1r1w #(.Width(32), .Depth(16)) u_g (
          .clk_i(clk_i), .we_i(pair), .waddr_i(in_q), .wmask_i('0), .wdata_i(m0_a_first),
          .re_i(step_q[18]), .raddr_i(mid_q), .rdata_o(g)
      );
      luoshu_ram_1r1w #(.Width(54), .Depth(16)) u_u (
          .clk_i(clk_i), .we_i(pair), .waddr_i(in_q), .wmask_i('0),
          .wdata_i({r_token_i, r_row_i[16:1], r_data_i}),
          .re_i(step_q[21]), .raddr_i(out_q), .rdata_o({tag, u})
      );
      always_ff @(posedge clk_i) begin
        if (!rst_ni) begin
          in_q  <= '0;
          mid_q <= '0;
          out_q <= '0;
        end else begin
          if (pair) in_q <= in_q + 1'b1;
          if (step_q[18]) mid_q <= mid_q + 1'b1;
          if (step_q[21]) out_q <= out_q + 1'b1;
        end
      end
    end
  endgenerate
  logic [31:0] sig_q, sum_q;
  logic signed [23:0] t;
  logic               t_valid;
  assign m0_a_first = gate_q[TokenBits'(r_token_i)];
  assign m0_valid_o = pair || step_q[19];
  assign m0_a_o     = step_q[19] ? g : m0_a_first;
  assign m0_b_o     = step_q[19] ? sig_q : NegLog2e;
  luoshu_tofix16 u_tofix (
      .clk_i(clk_i), .rst_ni(rst_ni), .valid_i(step_q[3]), .v_i(p0_i), .valid_o(t_valid), .t_o(t)
  );
  assign sfu_valid_o  = t_valid || step_q[14];
  assign sfu_op_o     = t_valid ? 2'd2 : 2'd0;
  assign sfu_x_o      = t_valid ? 32'(t) : sum_q;
  assign add1_valid_o = step_q[9];
  assign add1_y_o     = sfu_r_i;
  assign m1_valid_o   = step_q[22];
  assign m1_d_o       = u;
  assign h_valid_o    = step_q[25];
  assign h_token_o    = tag_q[2*22+16 +: 6];
  assign h_elem_o     = tag_q[2*22 +: 6];
  assign h_data_o     = p1_i;
  always_ff @(posedge clk_i) begin
    step_q <= rst_ni ? {step_q[Steps-1:1], pair} : '0;
    if (accept && op_q == OpSwiglu && !up) gate_q[TokenBits'(r_token_i)] <= r_data_i;
    if (step_q[13]) sum_q <= s_i;
    if (step_q[18]) sig_q <= sfu_r_i;
    tag_q <= {tag_q[2*22-1:0], tag};
  end

  // Largest exponent of each token's open block; the job follows the last value.
  logic [7:0]  max_q[0:MaxTokens-1];
  logic [7:0]  max_old, max_new;
  logic [15:0] pair_index;
  logic        block_end, last_pair;
  assign pair_index = tag_q[2*22 +: 16];
  assign max_old    = pair_index[4:0] == 5'd0 ? 8'd0 : max_q[TokenBits'(h_token_o)];
  assign max_new    = p1_i[30:23] > max_old ? p1_i[30:23] : max_old;
  assign last_pair  = pair_index == n_less_i[15:0];
  assign block_end  = pair_index[4:0] == 5'd31 || last_pair;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) job_valid_o <= 1'b0;
    else job_valid_o <= h_valid_o && block_end;
    if (h_valid_o) max_q[TokenBits'(h_token_o)] <= max_new;
    job_exp_o    <= max_new;
    job_token_o  <= h_token_o;
    job_block_o  <= act_block_i + {5'd0, pair_index[15:5]};
    job_count_o  <= {1'b0, pair_index[4:0]} + 6'd1;
    job_first_o  <= pair_index[15:5] == 11'd0;
    job_parity_o <= pair_index[5];
  end

  // LOGITS: fp32 order by sign and magnitude.
  logic [31:0] best_q[0:MaxTokens-1];
  logic [19:0] best_row_q[0:MaxTokens-1];
  logic [31:0] best, base_q, base;
  logic        beyond;  // the magnitude is above the best one's, of a negative number not below it
  logic [31:0] unused_sum;
  logic [5:0]  prev_q, out_token_q;
  logic [15:0] open_q;  // logit writes not acknowledged
  logic        logit, better;
  assign logit   = accept && op_q == OpLogits;
  assign best    = best_q[TokenBits'(r_token_i)];
  assign {beyond, unused_sum} = {1'b0, r_data_i[30:0], r_data_i[31]} + {1'b0, ~best[30:0],
      r_data_i[31]};
  assign better  = r_row_i == 20'd0 || (r_data_i[31] != best[31] ? best[31]
      : beyond != r_data_i[31]);
  generate
    if (MaxTokens <= 2) begin : gen_base
      assign base = address_i + (r_token_i == first_token_i ? 32'd0 : stride_i);
      logic unused_base;
      assign unused_base = ^{base_q, prev_q};
    end else begin : gen_base_of_many
      assign base = r_token_i == first_token_i ? address_i : r_token_i == prev_q ? base_q
          : base_q + stride_i;
    end
  endgenerate
  assign tok_valid_o = emit_q;
  assign tok_index_o = out_token_q;
  assign tok_id_o    = {12'd0, best_row_q[TokenBits'(out_token_q)]};
  assign tok_logit_o = best_q[TokenBits'(out_token_q)];
  localparam int StrbBits = $clog2(L);
  logic [31:0] byte_addr;
  assign byte_addr = base + {10'd0, r_row_i, 2'b00};
  logic           lw_full;   // this logit sends a beat
  logic [L*8-1:0] lw_data;
  logic [L-1:0]   lw_strb;
  generate
    if (L >= 32) begin : gen_beats
      // Words of each token's open beat wait, but for the last one. They are its rows without a
      // gap, so the words of this command in the beat are as many behind the newest as there were
      // rows before it.
      localparam int Words = L / 4;
      logic [StrbBits-3:0] place;
      logic                unused_low;   // logits are words
      assign unused_low = ^byte_addr[1:0];
      assign place   = byte_addr[StrbBits-1:2];
      assign lw_full = logit && write_logits_i && (&place || r_row_i == n_less_i);
      for (genvar w = 0; w < Words; w++) begin : gen_word
        logic newest, older;
        assign newest = (32'(place) == w);
        if (w < Words - 1) begin : gen_wait
          logic [31:0] held;
          luoshu_ram_small #(.Width(32), .Depth(MaxTokens)) u_held (
              .clk_i(clk_i), .we_i(logit && newest), .waddr_i(TokenBits'(r_token_i)),
              .wdata_i(r_data_i), .raddr_i(TokenBits'(r_token_i)), .rdata_o(held)
          );
          assign older = (32'(place) > w) && (32'(place) <= 32'(r_row_i) + w);
          assign lw_data[w*32 +: 32] = older ? held : r_data_i;
        end else begin : gen_last
          assign older = 1'b0;
          assign lw_data[w*32 +: 32] = r_data_i;
        end
        assign lw_strb[w*4 +: 4] = {4{newest || older}};
      end
    end else begin : gen_words
      assign lw_full = logit && write_logits_i;
      assign lw_data = {(L / 4) {r_data_i}};
      assign lw_strb = L'(4'hF) << byte_addr[StrbBits-1:0];
    end
  endgenerate
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      lw_valid_o <= 1'b0;
      open_q     <= '0;
    end else begin
      if (lw_full) lw_valid_o <= 1'b1;
      else if (lw_ready_i) lw_valid_o <= 1'b0;
      if (lw_full != lw_bvalid_i) open_q <= open_q + {{15{lw_bvalid_i}}, 1'b1};   // plus or minus 1
    end
    if (logit) begin
      if (better) begin
        best_q[TokenBits'(r_token_i)]     <= r_data_i;
        best_row_q[TokenBits'(r_token_i)] <= r_row_i;
      end
      prev_q    <= r_token_i;
      base_q    <= base;
    end
    if (lw_full) begin
      lw_addr_o <= {byte_addr[31:StrbBits], {StrbBits{1'b0}}};
      lw_data_o <= lw_data;
      lw_strb_o <= lw_strb;
    end
  end

  // Command. The done pulse of RESID comes with its last write.
  logic drained;
  assign drained = op_q == OpResid  ? add_q[2:0] == 3'd0 && add_q[3] :
                   op_q == OpSwiglu ? step_q[24:1] == 24'd0 :
                                      open_q == 16'd0 && !lw_valid_o;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      active_q <= 1'b0;
      drain_q  <= 1'b0;
      emit_q   <= 1'b0;
      phase_q  <= 1'b0;
      done_o   <= 1'b0;
    end else begin
      phase_q <= !start_i && !phase_q;
      done_o  <= 1'b0;
      if (start_i) begin
        active_q    <= 1'b1;
        op_q        <= op_i;
        out_token_q <= first_token_i;
      end
      if (accept && last_elem) begin
        active_q <= 1'b0;
        drain_q  <= op_q != OpLogits;
        emit_q   <= op_q == OpLogits;
      end
      if (drain_q && drained) begin
        drain_q <= 1'b0;
        done_o  <= 1'b1;
      end
      if (emit_q && tok_ready_i) begin
        out_token_q <= out_token_q + 6'd1;
        if (out_token_q == last_token_i) begin
          emit_q  <= 1'b0;
          drain_q <= 1'b1;
        end
      end
    end
  end
endmodule

`default_nettype wire
