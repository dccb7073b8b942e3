// SPDX-License-Identifier: Apache-2.0
// Activation blocks: reads 32 fp32 values from the scratch RAM, quantises them to 12 bits
// (docs/numerics.md section 2) and writes the block to the array in parts of ActLanes values.
//
// A job names the block's first scratch word, its largest biased exponent, token, block and how
// many of the 32 values exist (the rest are zero). Jobs queue up (Jobs deep; the caller never
// overfills, asserted). One job takes 32/VL cycles, without gaps; latency from push to aw_valid_o
// of the last part is 32/VL + 5 cycles. aw_* is always taken; aw_sum_o is the block's with its last
// part.
`include "luoshu_assert.svh"
`default_nettype none

module luoshu_vector_act #(
    parameter int VL        = 4,  // values per scratch word, a power of two up to 16
    parameter int ActLanes  = 32, // values of a part, a power of two from VL to 32
    parameter int Jobs      = 4,  // queue depth, a power of two
    parameter int AddrWidth = 10  // scratch address bits
) (
    input  wire                  clk_i,
    input  wire                  rst_ni,
    input  wire                  job_valid_i,
    input  wire  [AddrWidth-1:0] job_addr_i,   // aligned to the words of a block
    input  wire  [7:0]           job_exp_i,    // biased, 0 = all zero
    input  wire  [5:0]           job_token_i,
    input  wire  [15:0]          job_block_i,
    input  wire  [5:0]           job_count_i,  // 1 to 32
    input  wire                  job_first_i,
    output logic                 idle_o,       // no job inside
    // scratch read port: data in the next cycle go through the quantisers, results 2 cycles later
    output logic                 re_o,
    output logic [AddrWidth-1:0] raddr_o,
    output logic signed [9:0]    q_e_o,        // LSB exponent, with the data (one cycle after re_o)
    input  wire  [VL-1:0]        q_neg_i,      // 2 cycles after the data
    input  wire  [VL*17-1:0]     q_mag_i,
    output logic                 aw_valid_o,
    output logic [5:0]           aw_token_o,
    output logic [15:0]          aw_block_o,
    output logic [1:0]           aw_part_o,
    output logic [ActLanes*12-1:0] aw_data_o,
    output logic [8:0]           aw_exp_o,
    output logic [17:0]          aw_sum_o,
    output logic                 aw_first_o
);
  localparam int Words   = 32 / VL;
  localparam int WordBits = $clog2(Words);
  localparam int PartWords = ActLanes / VL;
  localparam int PartBits = $clog2(PartWords);
  localparam int JobWidth = AddrWidth + 8 + 6 + 16 + 6 + 1;

  logic                job_ready, head_valid, pop;
  logic [JobWidth-1:0] head;
  logic [$clog2(Jobs):0] waiting;
  luoshu_fifo #(.Width(JobWidth), .Depth(Jobs), .UseRam((VL == 1) ? 2 : 0)) u_jobs (
      .clk_i(clk_i), .rst_ni(rst_ni), .in_valid_i(job_valid_i), .in_ready_o(job_ready),
      .in_data_i({job_addr_i, job_exp_i, job_token_i, job_block_i, job_count_i, job_first_i}),
      .out_valid_o(head_valid), .out_ready_i(pop), .out_data_o(head), .count_o(waiting)
  );
  `LUOSHU_ASSERT(no_overflow, !job_valid_i || job_ready)

  logic [AddrWidth-1:0] head_addr;
  logic [7:0]           head_exp;
  logic [5:0]           head_token, head_count;
  logic [15:0]          head_block;
  logic                 head_first;
  assign {head_addr, head_exp, head_token, head_block, head_count, head_first} = head;

  // Stage 0: read; stages 1 to 3: quantise; stage 3 collects; after the last word the block leaves.
  logic [WordBits-1:0] word_q;
  logic                last, part_last;
  assign part_last = (word_q & WordBits'(PartWords - 1)) == WordBits'(PartWords - 1);
  assign last    = word_q == WordBits'(Words - 1);
  assign re_o    = head_valid;
  assign raddr_o = head_addr | AddrWidth'(word_q);
  assign pop     = head_valid && last;

  logic [2:0]          valid_q, last_q;
  logic [WordBits-1:0] word1_q, word2_q, word3_q;
  logic signed [9:0]   e1_q, e2_q, e3_q;
  logic [5:0]          token1_q, token2_q, token3_q, count1_q, count2_q, count3_q;
  logic [15:0]         block1_q, block2_q, block3_q;
  logic                first1_q, first2_q, first3_q;
  assign q_e_o  = e1_q;
  assign idle_o = waiting == '0 && valid_q == 3'd0 && !aw_valid_o;

  logic [VL*12-1:0] ints;
  logic [17:0]      part;
  generate
    for (genvar g = 0; g < VL; g++) begin : gen_int
      logic [11:0] mag;
      logic        exists;
      assign exists = 6'(word3_q) * 6'(VL) + 6'(g) < count3_q;
      assign mag    = exists ? {1'b0, q_mag_i[g*17+:11]} : 12'd0;
      luoshu_add_sub #(.Width(12)) u_sign (.a_i('0), .b_i(mag), .sub_i(q_neg_i[g]),
          .y_o(ints[g*12+:12]));
    end
  endgenerate
  always_comb begin
    part = '0;
    for (int i = 0; i < VL; i++) part = part + 18'($signed(ints[i*12+:12]));
  end
  logic unused_mag;
  assign unused_mag = ^q_mag_i;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      word_q     <= '0;
      valid_q    <= '0;
      last_q     <= '0;
      aw_valid_o <= 1'b0;
    end else begin
      if (head_valid) word_q <= last ? '0 : word_q + 1'b1;
      valid_q    <= {valid_q[1:0], head_valid};
      last_q     <= {last_q[1:0], head_valid && part_last};
      aw_valid_o <= last_q[2];
    end
    if (head_valid) begin
      word1_q  <= word_q;
      e1_q     <= $signed({2'b00, head_exp}) - 10'sd137;
      token1_q <= head_token;
      block1_q <= head_block;
      count1_q <= head_count;
      first1_q <= head_first;
    end
    {word2_q, e2_q, token2_q, block2_q, count2_q, first2_q} <=
        {word1_q, e1_q, token1_q, block1_q, count1_q, first1_q};
    {word3_q, e3_q, token3_q, block3_q, count3_q, first3_q} <=
        {word2_q, e2_q, token2_q, block2_q, count2_q, first2_q};
    if (valid_q[2]) begin
      for (int i = 0; i < PartWords; i++) begin
        if (WordBits'(i) == (word3_q & WordBits'(PartWords - 1))) aw_data_o[i*VL*12+:VL*12] <= ints;
      end
      aw_sum_o   <= (word3_q == '0 ? 18'd0 : aw_sum_o) + part;
      aw_part_o  <= 2'(32'(word3_q) >> PartBits);
      aw_exp_o   <= e3_q[8:0];
      aw_token_o <= token3_q;
      aw_block_o <= block3_q;
      aw_first_o <= first3_q;
    end
  end
  logic unused_e;
  assign unused_e = e3_q[9];
endmodule

`default_nettype wire
