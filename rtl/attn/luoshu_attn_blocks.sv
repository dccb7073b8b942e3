// SPDX-License-Identifier: Apache-2.0
// The output of attention as activations: collects blocks of 32 elements per token and quantises
// them with their common exponent (docs/numerics.md, section 2).
//
// In: Out elements per cycle of one token, at the index of the first within its vector (a multiple
// of Out; any index where only the first counts, whole_i low), without ready: pause_o says when to
// stop, with up to 13 cycles still to come. A block is written when it is complete or its vector
// ends, then absent elements are zero. A block leaves in parts of ActLanes elements in order, the
// next part is read when one has been taken; exponent and sum belong to the last. Latency: last
// element of a block to its first write ActLanes / Out + 5 cycles.
`default_nettype none

module luoshu_attn_blocks #(
    parameter int MaxTokens = 8,
    parameter int IndexBits = 11,  // of an element's index within its vector
    parameter int Out = 1,       // elements per cycle: 1, 2 or 4
    parameter int ActLanes = 32, // elements of a part: 8 or 32
    // Derived, do not set.
    parameter int TokenBits = (MaxTokens > 1) ? $clog2(MaxTokens) : 1,
    parameter int TagBits = 2 + TokenBits + IndexBits
) (
    input  wire                  clk_i,
    input  wire                  rst_ni,
    // command
    input  wire  [15:0]          act_block_i,
    input  wire                  act_joined_i,
    input  wire  [1:0]           act_vec_i,
    // elements
    input  wire                  whole_i,      // all Out elements count, else the first
    input  wire                  valid_i,
    input  wire  [Out*32-1:0]    data_i,       // fp32
    // {last of the command, last of its vector, token, index}
    input  wire  [TagBits-1:0]   tag_i,
    output logic                 pause_o,
    output logic                 finish_o,     // the last block of the command is written
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
  localparam int BlockBits = IndexBits - 5;
  localparam int OutBits = $clog2(Out);
  localparam int Words = 32 / Out;
  localparam int WordBits = $clog2(Words);
  localparam int PartBits = $clog2(ActLanes / Out);   // of a word's number within a part

  // ----------------------------------------------- collect blocks of 32 per token, four banks each
  logic [1:0]  bank_q [MaxTokens];
  logic [7:0]  emax_q [MaxTokens];   // biased
  logic        in_final, in_last;
  logic [TokenBits-1:0] in_slot;
  logic [IndexBits-1:0] in_index;
  logic [4:0]  in_top;               // highest element that comes now
  logic [7:0]  emax;
  logic        block_end;
  logic [Out-1:0]    in_here;        // elements of the word that are written
  logic [Out*4-1:0]  in_mask;
  logic [Out*32-1:0] in_data;
  assign {in_final, in_last, in_slot, in_index} = tag_i;
  assign in_top    = in_index[4:0] | (whole_i ? 5'(Out - 1) : 5'd0);
  assign block_end = valid_i && (in_last || in_top == 5'd31);
  always_comb begin
    emax = (in_index[4:0] == 5'd0) ? 8'd0 : emax_q[in_slot];
    for (int d = 0; d < Out; d++) if ((d == 0 || whole_i) && data_i[d*32+23 +: 8] > emax) emax =
        data_i[d*32+23 +: 8];
  end
  generate
    for (genvar d = 0; d < Out; d++) begin : gen_in
      assign in_here[d] = whole_i || ((in_index[4:0] & 5'(Out - 1)) == 5'(d));
      assign in_mask[d*4 +: 4] = {4{in_here[d]}};
      assign in_data[d*32 +: 32] = whole_i ? data_i[d*32 +: 32] : data_i[31:0];
    end
  endgenerate
  always_ff @(posedge clk_i) begin
    if (!rst_ni) for (int t = 0; t < MaxTokens; t++) bank_q[t] <= '0;
    else if (block_end) bank_q[in_slot] <= bank_q[in_slot] + 2'd1;
    if (valid_i) emax_q[in_slot] <= emax;
  end

  // ---------------------------------------------------------------- jobs: one block each
  // In the 13 cycles after pause_o one block of a token can end, with Out = 4 two, and the next one
  // begins.
  localparam int JobBits = 1 + TokenBits + 2 + BlockBits + 5 + 8;
  logic               job_valid, job_pop, job_space;
  logic [JobBits-1:0] job;
  logic               job_final;
  logic [TokenBits-1:0] job_token;
  logic [1:0]         job_bank;
  logic [BlockBits-1:0] job_block;
  logic [4:0]         job_top;     // highest element
  logic [7:0]         job_emax;
  logic [3:0]         job_count;
  luoshu_fifo #(.Width(JobBits), .Depth(8), .UseRam(0)) u_jobs (
      .clk_i, .rst_ni, .in_valid_i(block_end), .in_ready_o(job_space),
      .in_data_i({in_final, in_slot, bank_q[in_slot], in_index[IndexBits-1:5], in_top, emax}),
      .out_valid_o(job_valid), .out_ready_i(job_pop), .out_data_o(job), .count_o(job_count)
  );
  assign {job_final, job_token, job_bank, job_block, job_top, job_emax} = job;
  assign pause_o = (job_count >= ((Out > 2) ? 4'd2 : 4'd3));

  // ---------------------------------------------------------------- quantise
  // 0 read; 1 data; 3 integer
  logic [WordBits:0]   read_q;       // word; beyond the last: flushing
  logic [WordBits:0]   got_q;
  // wait: for the part that has been read to be taken
  logic                run_q, reading, wait_q, r1_valid_q, part_taken;
  logic [1:0]          part_q;
  logic [Out-1:0]      v3_valid;
  logic [Out*32-1:0]   word;
  logic [Out*12-1:0]   values;
  logic [ActLanes*12-1:0] data_q;
  logic [17:0]         sum_q, sum;
  luoshu_ram_1r1w #(.Width(Out*32), .Depth(MaxTokens*4*Words),
      .ByteWrite((Out > 1) ? 4 : 0)) u_elements (
      .clk_i, .we_i(valid_i), .waddr_i({in_slot, bank_q[in_slot], in_index[4:OutBits]}),
      .wmask_i(in_mask), .wdata_i(in_data), .re_i(reading),
      .raddr_i({job_token, job_bank, read_q[WordBits-1:0]}), .rdata_o(word)
  );
  generate
    for (genvar d = 0; d < Out; d++) begin : gen_quant
      logic        in_q;             // the element is there, else its exponent reads 0: zero
      logic        neg, unused_high;
      logic [16:0] mag;
      always_ff @(posedge clk_i) in_q <= (5'(Out*32'(read_q[WordBits-1:0]) + d) <= job_top);
      luoshu_quant u_quant (
          .clk_i, .rst_ni, .valid_i(r1_valid_q),
          .v_i({word[d*32 + 31], word[d*32 + 23 +: 8] & {8{in_q}}, word[d*32 +: 23]}),
          .e_i(10'(job_emax) - 10'sd137), .m_i(2'd1), .valid_o(v3_valid[d]), .neg_o(neg),
          .mag_o(mag)
      );
      luoshu_add_sub #(.Width(12)) u_value (.a_i('0), .b_i(mag[11:0]), .sub_i(neg),
          .y_o(values[d*12 +: 12]));
      assign unused_high = ^mag;
    end
  endgenerate
  always_comb begin
    sum = sum_q;
    for (int d = 0; d < Out; d++) sum = sum + 18'($signed(values[d*12 +: 12]));
  end
  assign reading    = run_q && !read_q[WordBits] && !wait_q;
  assign part_taken = aw_valid_o && aw_ready_i;
  assign job_pop    = part_taken && got_q[WordBits];
  assign finish_o   = job_pop && job_final;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      run_q      <= 1'b0;
      r1_valid_q <= 1'b0;
      aw_valid_o <= 1'b0;
    end else begin
      if (!run_q) run_q <= job_valid && !job_pop;
      else if (job_pop) run_q <= 1'b0;
      r1_valid_q <= reading;
      if (v3_valid[0] && (&got_q[PartBits-1:0])) aw_valid_o <= 1'b1;
      else if (aw_ready_i) aw_valid_o <= 1'b0;
    end
    if (!run_q || part_taken) wait_q <= 1'b0;
    else if (reading && (&read_q[PartBits-1:0])) wait_q <= 1'b1;
    if (v3_valid[0]) part_q <= 2'(got_q[WordBits-1:0] >> PartBits);
    if (!run_q) begin
      read_q <= '0;
      got_q  <= '0;
      sum_q  <= '0;
    end else begin
      if (reading) read_q <= read_q + 1'b1;
      if (v3_valid[0]) begin
        got_q  <= got_q + 1'b1;
        data_q <= (ActLanes*12)'({values, data_q} >> (Out * 12));
        sum_q  <= sum;
      end
    end
  end
  assign aw_token_o  = 6'(job_token);
  assign aw_block_o  = act_block_i + 16'(job_block);
  assign aw_part_o   = part_q;
  assign aw_data_o   = data_q;
  assign aw_exp_o    = 9'(10'(job_emax) - 10'sd137);
  assign aw_sum_o    = sum_q;
  assign aw_first_o  = (job_block == '0);
  assign aw_joined_o = act_joined_i;
  assign aw_vec_o    = act_vec_i;

  logic unused_bits;
  assign unused_bits = ^{job_space, v3_valid, in_mask};
endmodule
`default_nettype wire
