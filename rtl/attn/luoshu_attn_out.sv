// SPDX-License-Identifier: Apache-2.0
// Output of attention: o / l of each finished set, as fp32, quantised in blocks of 32 into the array's activations
// (docs/numerics.md, sections 9 and 2).
//
// A set is announced with set_* in order (when its operands are loaded) and started by set_done_i (its last V is merged).
// One element per cycle; release_o pulses when the columns' state of the set is read; finish_o when the last block of
// the command is written. Latency: set start to first activation write head_dim + 48 cycles for one head of 32.
`default_nettype none

module luoshu_attn_out #(
    parameter int Columns = 4,
    parameter int Heads = 1,   // columns that share a path (luoshu_attn_heads)
    parameter int MaxTokens = 8,
    parameter int Soft = 1,    // 1: small products take no hardware multiplier
    // Derived, do not set.
    parameter int Paths = Columns / Heads,
    parameter int HeadBits = (Heads > 1) ? $clog2(Heads) : 1
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
    input  wire  [5:0]           set_token_i,
    input  wire  [3:0]           set_tokens_i,
    input  wire  [3:0]           set_heads_i,
    input  wire  [8:0]           set_head_i,
    input  wire                  set_final_i,
    input  wire                  set_done_i,
    output logic                 release_o,
    output logic                 finish_o,
    // columns
    output logic [Paths-1:0]     out_re_o,
    output logic [HeadBits-1:0]  out_head_o,   // column within the path
    output logic [1:0]           out_set_o,
    output logic [7:0]           out_elem_o,
    input  wire  [Paths-1:0]     out_gnt_i,
    input  wire  [Paths*48-1:0]  out_o_i,
    input  wire  [Paths*48-1:0]  out_l_i,
    input  wire  [Paths*10-1:0]  out_r_i,
    // activations
    output logic                 aw_valid_o,
    input  wire                  aw_ready_i,
    output logic [5:0]           aw_token_o,
    output logic [15:0]          aw_block_o,
    output logic [383:0]         aw_data_o,
    output logic [8:0]           aw_exp_o,
    output logic [17:0]          aw_sum_o,
    output logic                 aw_first_o,
    output logic                 aw_joined_o,
    output logic [1:0]           aw_vec_o
);
  localparam int TokenBits = (MaxTokens > 1) ? $clog2(MaxTokens) : 1;

  function automatic [17:0] product(input [8:0] a, input [8:0] b);
    if (Soft == 0) begin
      product = 18'(a) * 18'(b);
    end else begin  // by shifted adds
      product = '0;
      for (int i = 0; i < 9; i++) if (b[i]) product = product + (18'(a) << i);
    end
  endfunction

  // ---------------------------------------------------------------- sequence over columns and elements
  typedef enum logic [1:0] {
    Wait,     // for a finished set
    Sum,      // the column's l enters the pipeline
    Elements  // its elements follow
  } state_e;
  state_e      state_q;
  logic [2:0]  done_q;       // finished sets not yet started
  logic [1:0]  slot_q;
  logic [3:0]  col_q, token_q, head_q;
  logic [7:0]  elem_q;
  logic [17:0] index_q;      // of the column's first element within the vector
  logic [8:0]  head;
  logic        last_elem, last_col, pause, taken;
  logic [5:0]  token;

  assign head      = set_head_i + 9'(head_q);
  assign token     = set_token_i + 6'(token_q);
  assign last_elem = (9'(elem_q) + 9'd1 == head_dim_i);
  assign last_col  = (token_q + 4'd1 == set_tokens_i) && (head_q + 4'd1 == set_heads_i);
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
        Sum: if (!pause) state_q <= Elements;
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
      col_q  <= col_q + 4'd1;
      head_q <= (head_q + 4'd1 == set_heads_i) ? 4'd0 : head_q + 4'd1;
      if (head_q + 4'd1 == set_heads_i) token_q <= token_q + 4'd1;
    end
    if (state_q == Sum) begin
      elem_q  <= '0;
      index_q <= product(head, head_dim_i);
    end else if (taken) begin
      elem_q  <= elem_q + 8'd1;
      index_q <= index_q + 18'd1;
    end
  end

  // ---------------------------------------------------------------- read, to fp32, times 1 / l
  // 0 read address; 1 data; 4 fp32; elements then wait until the reciprocal of their l has come (9), 12 product
  localparam int Delay = 5;
  logic               s1_valid_q, s1_sum_q;
  logic [3:0]         s1_path_q;
  logic signed [47:0] s1_int;
  logic signed [11:0] s1_exp;
  logic               fp_valid, fp_sum_q [3];
  logic [31:0]        fp, rinv_q, recip;
  logic               recip_valid;
  logic [31:0]        delay_q [Delay];
  logic [Delay-1:0]   delay_valid_q;
  logic               out_valid;
  logic [31:0]        out;
  // what travels with an element: {final, last of its vector, token, index}
  localparam int TagBits = 2 + 6 + 18;
  logic [TagBits-1:0] tag_q [12];

  assign s1_int = s1_sum_q ? $signed(out_l_i[48*32'(s1_path_q) +: 48]) : $signed(out_o_i[48*32'(s1_path_q) +: 48]);
  assign s1_exp = s1_sum_q ? -12'sd16 : 12'($signed(out_r_i[10*32'(s1_path_q) +: 10])) - 12'sd22;
  luoshu_tofp #(.Width(48)) u_tofp (
      .clk_i, .rst_ni, .valid_i(s1_valid_q), .int_i(s1_int), .exp_i(s1_exp), .valid_o(fp_valid), .r_o(fp)
  );
  luoshu_sfu #(.MetaWidth(1), .Soft(Soft)) u_recip (
      .clk_i, .rst_ni, .valid_i(fp_valid && fp_sum_q[2]), .op_i(2'd0), .x_i(fp), .meta_i(1'b0),
      .valid_o(recip_valid), .r_o(recip), .raw_o(unused_raw), .n_o(unused_n), .neg_o(unused_neg), .meta_o(unused_meta)
  );
  logic [17:0] unused_raw;
  logic signed [9:0] unused_n;
  logic unused_neg, unused_meta;
  luoshu_fmul u_scale (
      .clk_i, .rst_ni, .valid_i(delay_valid_q[Delay-1]), .int_i(1'b0), .a_i(delay_q[Delay-1]), .b_i(rinv_q),
      .prod_o(unused_prod), .valid_o(out_valid), .r_o(out)
  );
  logic [33:0] unused_prod;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      s1_valid_q    <= 1'b0;
      delay_valid_q <= '0;
    end else begin
      s1_valid_q    <= taken || (state_q == Sum && !pause);
      delay_valid_q <= {delay_valid_q[Delay-2:0], fp_valid && !fp_sum_q[2]};
    end
    s1_sum_q    <= (state_q == Sum);
    s1_path_q   <= 4'(32'(col_q) / Heads);
    fp_sum_q[0] <= s1_sum_q;
    fp_sum_q[1] <= fp_sum_q[0];
    fp_sum_q[2] <= fp_sum_q[1];
    delay_q[0]  <= fp;
    for (int i = 1; i < Delay; i++) delay_q[i] <= delay_q[i-1];
    if (recip_valid) rinv_q <= recip;
    tag_q[0] <= {set_final_i && last_col && last_elem, last_elem && (head + 9'd1 == heads_i), token, index_q};
    for (int i = 1; i < 12; i++) tag_q[i] <= tag_q[i-1];
  end

  // ---------------------------------------------------------------- collect blocks of 32 per token, four banks each
  logic [1:0]  bank_q [MaxTokens];
  logic [7:0]  emax_q [MaxTokens];   // biased
  logic        in_final, in_last;
  logic [5:0]  in_token;
  logic [17:0] in_index;
  logic [TokenBits-1:0] in_slot;
  logic [7:0]  emax;
  logic        block_end;
  assign {in_final, in_last, in_token, in_index} = tag_q[11];
  assign in_slot   = in_token[TokenBits-1:0];
  assign emax      = (in_index[4:0] == 5'd0 || out[30:23] > emax_q[in_slot]) ? out[30:23] : emax_q[in_slot];
  assign block_end = out_valid && (in_last || in_index[4:0] == 5'd31);
  always_ff @(posedge clk_i) begin
    if (!rst_ni) for (int t = 0; t < MaxTokens; t++) bank_q[t] <= '0;
    else if (block_end) bank_q[in_slot] <= bank_q[in_slot] + 2'd1;
    if (out_valid) emax_q[in_slot] <= emax;
  end

  // ---------------------------------------------------------------- jobs: one block each
  localparam int JobBits = 1 + 6 + 2 + 13 + 5 + 8;
  logic               job_valid, job_pop, job_space;
  logic [JobBits-1:0] job;
  logic               job_final;
  logic [5:0]         job_token;
  logic [1:0]         job_bank;
  logic [12:0]        job_block;
  logic [4:0]         job_top;     // highest element
  logic [7:0]         job_emax;
  logic [3:0]         job_count;
  luoshu_fifo #(.Width(JobBits), .Depth(8), .UseRam(0)) u_jobs (
      .clk_i, .rst_ni, .in_valid_i(block_end), .in_ready_o(job_space),
      .in_data_i({in_final, in_token, bank_q[in_slot], in_index[17:5], in_index[4:0], emax}),
      .out_valid_o(job_valid), .out_ready_i(job_pop), .out_data_o(job), .count_o(job_count)
  );
  assign {job_final, job_token, job_bank, job_block, job_top, job_emax} = job;
  assign pause = (job_count >= 4'd3);

  // 0 read; 1 data; 3 integer
  logic [5:0]   read_q;       // element; 32 and more: flushing
  logic         run_q;
  logic         r1_valid_q, r1_in_q;
  logic         v3_valid, v3_neg;
  logic [16:0]  v3_mag;
  logic [31:0]  elem;
  logic [11:0]  value;
  logic [383:0] data_q;
  logic [17:0]  sum_q;
  logic [5:0]   got_q;
  luoshu_ram_1r1w #(.Width(32), .Depth(MaxTokens*128)) u_elements (
      .clk_i, .we_i(out_valid), .waddr_i({in_slot, bank_q[in_slot], in_index[4:0]}), .wmask_i('0), .wdata_i(out),
      .re_i(run_q && !read_q[5]), .raddr_i({job_token[TokenBits-1:0], job_bank, read_q[4:0]}), .rdata_o(elem)
  );
  luoshu_quant u_quant (
      .clk_i, .rst_ni, .valid_i(r1_valid_q), .v_i(r1_in_q ? elem : 32'd0), .e_i(10'(job_emax) - 10'sd137), .m_i(2'd1),
      .valid_o(v3_valid), .neg_o(v3_neg), .mag_o(v3_mag)
  );
  assign value = v3_neg ? 12'd0 - v3_mag[11:0] : v3_mag[11:0];
  assign job_pop = aw_valid_o && aw_ready_i;
  assign finish_o = job_pop && job_final;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      run_q      <= 1'b0;
      r1_valid_q <= 1'b0;
      aw_valid_o <= 1'b0;
    end else begin
      if (!run_q) run_q <= job_valid && !job_pop;
      else if (job_pop) run_q <= 1'b0;
      r1_valid_q <= run_q && !read_q[5];
      if (v3_valid && got_q == 6'd31) aw_valid_o <= 1'b1;
      else if (aw_ready_i) aw_valid_o <= 1'b0;
    end
    if (!run_q) begin
      read_q <= '0;
      got_q  <= '0;
      sum_q  <= '0;
    end else begin
      if (!read_q[5]) read_q <= read_q + 6'd1;
      if (v3_valid) begin
        got_q  <= got_q + 6'd1;
        data_q <= {value, data_q[383:12]};
        sum_q  <= sum_q + {{6{value[11]}}, value};
      end
    end
    r1_in_q <= (read_q[4:0] <= job_top);
  end
  assign aw_token_o  = job_token;
  assign aw_block_o  = act_block_i + 16'(job_block);
  assign aw_data_o   = data_q;
  assign aw_exp_o    = 9'(10'(job_emax) - 10'sd137);
  assign aw_sum_o    = sum_q;
  assign aw_first_o  = (job_block == 13'd0);
  assign aw_joined_o = act_joined_i;
  assign aw_vec_o    = act_vec_i;

  logic unused_bits;
  assign unused_bits = ^{in_token, job_token, job_space, v3_mag, unused_raw, unused_n, unused_neg, unused_meta, unused_prod};
endmodule
`default_nettype wire
