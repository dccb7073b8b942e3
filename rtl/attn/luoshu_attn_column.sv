// SPDX-License-Identifier: Apache-2.0
// Attention state of one MAC column: the operands of one query head, its logits, softmax weights and running sums.
//
// Follows docs/numerics.md section 9. The controller (luoshu_attn_control) drives all columns in lock step:
//   operands   ld_*: q (chunks of L lanes) and head information per set slot; the MAC column asks with op_*.
//   K results  sum_*: raw dot products, collected in rows of KeysPerRow keys, per item slot.
//   score      sc_*: one step of Step keys per cycle: exponent shift, saturation, maxima; sc_final_i ends the item.
//   exp        ex_*: one step per cycle: weights into the p buffer, sum of weights; ex_final_i ends the item.
//   V results  acc_*: lane accumulators of a chunk, added over key segments, one element per cycle
//              (DrainLanes) merged into o (dr_*).
//   output     out_*: reads o, l, R of a finished set.
// An item is a block of 32 keys of a set; a set is the query heads that the columns hold. hp = padded head_dim = 2^hpb_i.
// Latencies: see the controller. Reset: none needed, all state is written before it is read.
`default_nettype none

module luoshu_attn_column #(
    parameter int Lanes  = 32,   // L
    parameter int Step   = 2,    // keys per score and exp step: 1 or 2
    parameter int Soft   = 1,    // see luoshu_attn_exp
    parameter int MetaBits = 16
) (
    input  wire                    clk_i,
    input  wire  [3:0]             hpb_i,         // log2 of the padded head_dim, 3..8
    // operands
    input  wire                    ld_we_i,
    input  wire  [6:0]             ld_addr_i,     // {set slot, chunk}
    input  wire  [Lanes*12-1:0]    ld_data_i,
    input  wire                    li_we_i,       // head information
    input  wire  [1:0]             li_set_i,      // set slot
    input  wire                    li_active_i,
    input  wire  signed [7:0]      li_qe_i,
    input  wire  [31:0]            li_pos_i,      // last key that this column may see
    input  wire                    op_valid_i,
    input  wire  [MetaBits-1:0]    op_meta_i,
    output logic [Lanes*17-1:0]    op_b_o,        // one cycle later
    // K results
    input  wire                    sum_valid_i,
    input  wire  [MetaBits-1:0]    sum_meta_i,
    input  wire  [(Lanes/8)*29-1:0] sum_i,
    // score
    input  wire                    sc_valid_i,    // step enters
    input  wire                    sc_first_i,    // first step of the item
    input  wire  [4:0]             sc_key_i,      // its first key
    input  wire  [1:0]             sc_item_i,     // item slot
    input  wire  [1:0]             sc_set_i,      // set slot
    input  wire  [26:0]            sc_block_i,    // block number
    input  wire  [Step*8-1:0]      sc_ke_i,       // K exponents of the step's keys
    input  wire  [Step*8-1:0]      sc_ve_i,       // V exponents
    input  wire  [Step-1:0]        sc_in_i,       // the key exists in the block
    input  wire                    sc_final_i,    // 3 cycles after the last step
    input  wire                    sc_new_i,      // with final: first block of the set
    input  wire                    sc_last_i,     // with final: last block of the set
    // exp
    input  wire                    ex_start_i,    // an item begins (one cycle before its first step)
    input  wire                    ex_valid_i,
    input  wire  [4:0]             ex_key_i,
    input  wire  [1:0]             ex_item_i,
    input  wire  [1:0]             ex_set_i,
    input  wire  [Step*8-1:0]      ex_ve_i,
    input  wire  [Step-1:0]        ex_in_i,
    input  wire                    ex_two_i,      // the step has two keys (Step = 2)
    input  wire                    ex_final_i,    // 6 cycles after the last step
    input  wire                    ex_last_i,     // with final: last block of the set
    // V results
    input  wire                    acc_valid_i,   // accumulators will be there in the next cycle, until the next one
    input  wire  [MetaBits-1:0]    acc_meta_i,
    input  wire  [Lanes*32-1:0]    acc_i,
    output logic                   drain_busy_o,
    // output
    input  wire                    out_re_i,
    input  wire  [1:0]             out_set_i,
    input  wire  [7:0]             out_elem_i,
    output logic                   out_gnt_o,     // out_re_i was taken (a drain of the same bank goes first)
    output logic signed [47:0]     out_o_o,       // one cycle later
    output logic [47:0]            out_l_o,       // of out_set_i, one cycle later
    output logic signed [9:0]      out_r_o        // the same
);
  localparam int L = Lanes;
  localparam int LB = $clog2(L);
  localparam int Groups8 = L / 8;
  localparam int DrainLanes = (L > 32) ? L / 32 : 1;

  // meta: row[4:0], chunk[9:5], set slot[11:10], item slot[13:12], acc[14], last[15] (dot: of a key's chunks; acc: of a chunk)
  logic [2:0] seg_bits;    // log2 of keys per row: LB - hpb where hp < L, else 0
  assign seg_bits = (hpb_i < 4'(LB)) ? 3'(4'(LB) - hpb_i) : 3'd0;

  // ---------------------------------------------------------------- head information per set slot
  logic              active_q [4];
  logic signed [7:0] qe_q [4];
  logic [31:0]       pos_q [4];
  always_ff @(posedge clk_i) begin
    if (li_we_i) begin
      active_q[li_set_i] <= li_active_i;
      qe_q[li_set_i]     <= li_qe_i;
      pos_q[li_set_i]    <= li_pos_i;
    end
  end

  // ---------------------------------------------------------------- operands of the MAC column
  logic [L*12-1:0]       q_word;
  logic                  op_acc_q;
  logic [Groups8*16-1:0] p_row;       // weights of the keys of a V beat
  logic [6:0]            p_waddr;
  logic                  p_we;
  logic [Groups8*2-1:0]  p_mask;
  logic [Groups8*16-1:0] p_wdata;
  luoshu_ram_1r1w #(.Width(L*12), .Depth(128)) u_q (
      .clk_i, .we_i(ld_we_i), .waddr_i(ld_addr_i), .wmask_i('0), .wdata_i(ld_data_i),
      .re_i(op_valid_i && !op_meta_i[14]), .raddr_i({op_meta_i[11:10], op_meta_i[9:5]}), .rdata_o(q_word)
  );
  luoshu_ram_1r1w #(.Width(Groups8*16), .Depth(128), .ByteWrite(2)) u_p (
      .clk_i, .we_i(p_we), .waddr_i(p_waddr), .wmask_i(p_mask), .wdata_i(p_wdata),
      .re_i(op_valid_i && op_meta_i[14]), .raddr_i({op_meta_i[13:12], op_meta_i[4:0]}), .rdata_o(p_row)
  );
  generate
    for (genvar l = 0; l < L; l++) begin : gen_b
      // the segment (key within the row) that the group of 8 lanes belongs to
      logic [4:0] segment;
      assign segment = 5'((32'(l / 8) << 3) >> hpb_i);
      assign op_b_o[l*17 +: 17] = op_acc_q ? {1'b0, p_row[16*32'(segment) +: 16]}
                                           : {{5{q_word[l*12+11]}}, q_word[l*12 +: 12]};
    end
  endgenerate
  always_ff @(posedge clk_i) if (op_valid_i) op_acc_q <= op_meta_i[14];

  // ---------------------------------------------------------------- K results into rows of raw dot products
  logic [Groups8*32-1:0] row;        // segment sums, key 0 first; hp >= L: the whole sum in word 0
  logic [31:0]           partial_q;  // hp > L: sum of the chunks so far
  logic [Groups8*32-1:0] raw_row;
  logic                  raw_re;
  logic [6:0]            raw_raddr;

  // A tree: level v has the sums of 2^v groups of 8 lanes, which are the keys' where hp = 8 << v. Words beyond the keys of a
  // row are not looked at.
  localparam int Levels = LB - 2;
  function automatic logic [Groups8*32-1:0] key_sums(input logic [Groups8*29-1:0] sums, input logic [3:0] hpb, input logic [31:0] partial);
    logic [Levels*Groups8*32-1:0] tree;   // level by level
    tree = '0;
    for (int g = 0; g < Groups8; g++) tree[g*32 +: 32] = 32'($signed(sums[g*29 +: 29]));
    for (int v = 1; v < Levels; v++) begin
      for (int g = 0; g < (Groups8 >> v); g++)
        tree[(v*Groups8 + g)*32 +: 32] = tree[((v-1)*Groups8 + 2*g)*32 +: 32] + tree[((v-1)*Groups8 + 2*g + 1)*32 +: 32];
    end
    key_sums = tree[Groups8*32-1:0];
    for (int v = 1; v < Levels - 1; v++) begin
      for (int g = 0; g < (Groups8 >> v); g++) if (32'(hpb) == v + 3) key_sums[g*32 +: 32] = tree[(v*Groups8 + g)*32 +: 32];
    end
    if (hpb >= 4'(LB)) key_sums[31:0] = tree[(Levels-1)*Groups8*32 +: 32] + partial;
  endfunction
  always_comb begin
    row = 'x;   // a simulator adds nothing up without a valid sum
    if (sum_valid_i) row = key_sums(sum_i, hpb_i, (sum_meta_i[9:5] == 5'd0) ? 32'd0 : partial_q);
  end
  always_ff @(posedge clk_i) if (sum_valid_i) partial_q <= row[31:0];
  luoshu_ram_1r1w #(.Width(Groups8*32), .Depth(128)) u_raw (
      .clk_i, .we_i(sum_valid_i && sum_meta_i[15]), .waddr_i({sum_meta_i[13:12], sum_meta_i[4:0]}), .wmask_i('0), .wdata_i(row),
      .re_i(raw_re), .raddr_i(raw_raddr), .rdata_o(raw_row)
  );

  // ---------------------------------------------------------------- score: shift, saturate, maxima
  // stage 0: row read; 1: select and shift; 2: into the logit buffer and the maxima
  logic                  sc1_q, sc2_q, sc1_first_q, sc2_first_q;
  logic [1:0]            sc1_item_q, sc2_item_q;
  logic [4:0]            sc1_key_q, sc2_key_q;
  logic [Step-1:0]       sc1_in_q, sc2_in_q;
  logic [Step*8-1:0]     sc1_ve_q, sc2_ve_q;
  logic signed [9:0]     sc1_shift_q [Step];  // qe + ke + 16
  logic signed [31:0]    sc2_s_q [Step];
  logic [Step*33-1:0]    s_row;               // {key counts, logit}, read back by exp
  assign raw_re = sc_valid_i;
  assign raw_raddr = {sc_item_i, sc_key_i >> seg_bits};

  logic signed [31:0] max_q;
  logic signed [7:0]  vmax_q;
  logic               any_q;
  logic signed [31:0] step_max;
  logic signed [7:0]  step_vmax;
  logic               step_any;

  always_comb begin
    step_max  = -32'sh7fffffff;
    step_vmax = -8'sd128;
    step_any  = 1'b0;
    for (int k = 0; k < Step; k++) begin
      if (sc2_in_q[k]) begin
        step_any = 1'b1;
        if (sc2_s_q[k] > step_max) step_max = sc2_s_q[k];
        if ($signed(sc2_ve_q[k*8 +: 8]) > step_vmax) step_vmax = $signed(sc2_ve_q[k*8 +: 8]);
      end
    end
  end

  generate
    for (genvar k = 0; k < Step; k++) begin : gen_score
      logic signed [31:0] dot;
      logic signed [9:0]  shift;
      logic [9:0]         down;      // right shift of {dot, 31 zeros}: 31 - shift
      logic [32:0]        shifted;   // rs(dot, -shift) before rounding, and the bit below
      logic signed [63:0] wide;
      logic [31:0]        ones, keep;
      logic               overflow;
      logic signed [31:0] s;
      logic [4:0]         slot;      // key within its row
      assign slot  = (sc1_key_q + 5'(k)) & ((5'd1 << seg_bits) - 5'd1);
      assign dot   = $signed(raw_row[32*32'(slot) +: 32]);
      assign shift = sc1_shift_q[k];
      assign down  = 10'd31 - shift;
      assign wide  = $signed({dot, 32'd0});
      // rounding half up adds the bit below the result; beyond 63 nothing but that is left, and it cancels the sign
      assign shifted = 33'(wide >>> ((down > 10'd63) ? 6'd63 : down[5:0]));
      // a left shift by n saturates unless -2^(30 - n) <= dot < 2^(30 - n); 2^(30 - n) itself gives the same as saturating
      assign ones     = dot[31] ? ~dot : dot;
      assign keep     = (shift > 10'sd30) ? 32'd0 : (32'h3fffffff >> shift[4:0]);
      assign overflow = (shift > 10'sd30) ? (dot != 32'sd0) : (shift[9] == 1'b0) && ((ones & ~keep) != 32'd0);
      always_comb begin
        if (overflow) s = dot[31] ? -32'sh40000000 : 32'sh40000000;
        else if (shift > 10'sd30) s = 32'sd0;
        else s = 32'(shifted[32:1]) + 32'(shifted[0]);
      end
      always_ff @(posedge clk_i) begin
        if (sc_valid_i) sc1_shift_q[k] <= 10'($signed(sc_ke_i[k*8 +: 8])) + 10'(qe_q[sc_set_i]) + 10'sd16;
        if (sc1_q) sc2_s_q[k] <= s;
      end
    end
  endgenerate

  always_ff @(posedge clk_i) begin
    sc1_q <= sc_valid_i;
    sc2_q <= sc1_q;
    if (sc_valid_i) begin
      sc1_first_q <= sc_first_i;
      sc1_item_q  <= sc_item_i;
      sc1_key_q   <= sc_key_i;
      sc1_ve_q    <= sc_ve_i;
      for (int k = 0; k < Step; k++)
        sc1_in_q[k] <= sc_in_i[k] && active_q[sc_set_i] && ({sc_block_i, sc_key_i | 5'(k)} <= pos_q[sc_set_i]);
    end
    if (sc1_q) begin
      sc2_first_q <= sc1_first_q;
      sc2_item_q  <= sc1_item_q;
      sc2_key_q   <= sc1_key_q;
      sc2_in_q    <= sc1_in_q;
      sc2_ve_q    <= sc1_ve_q;
    end
    if (sc2_q) begin
      any_q  <= step_any || (any_q && !sc2_first_q);
      max_q  <= (sc2_first_q || !any_q || (step_any && step_max > max_q)) ? step_max : max_q;
      vmax_q <= (sc2_first_q || !any_q || (step_any && step_vmax > vmax_q)) ? step_vmax : vmax_q;
    end
  end

  // ---------------------------------------------------------------- end of score: new maximum and shifts, per item parity
  logic signed [16:0] m_q;         // running maximum
  logic signed [9:0]  r_q;         // running exponent
  logic               started_q;   // the head has seen a block
  logic signed [16:0] item_m_q [4];
  logic signed [7:0]  item_vr_q [4];
  logic [5:0]         item_down_q [4];    // m' - m, saturated
  logic [5:0]         item_osh_q [4];     // m' - m + R' - R, saturated
  logic [5:0]         item_bsh_q [4];     // R' - vr, saturated
  logic               item_any_q [4];     // the column takes part in this block
  logic               item_first_q [4];   // its first block
  logic signed [9:0]  set_r_q [4];
  logic signed [16:0] bm, m_new;
  logic signed [9:0]  r_new;
  logic               started;
  logic [17:0]        dm;
  logic [10:0]        dr, db;
  logic [18:0]        osh;
  assign bm      = 17'($signed(max_q[31:16])) + 17'(max_q[15:0] != 16'd0);   // ceil(max / 2^16)
  assign started = started_q && !sc_new_i;
  assign m_new   = (!started || bm > m_q) ? bm : m_q;
  assign r_new   = (!started || 10'(vmax_q) > r_q) ? 10'(vmax_q) : r_q;
  assign dm      = 18'(m_new) - 18'(m_q);
  assign dr      = 11'(r_new) - 11'(r_q);
  assign db      = 11'(r_new) - 11'(vmax_q);
  assign osh     = {1'b0, dm} + {8'd0, dr};
  always_ff @(posedge clk_i) begin
    if (sc_final_i) begin
      item_any_q[sc2_item_q] <= any_q;
      if (any_q) begin
        m_q <= m_new;
        r_q <= r_new;
        item_m_q[sc2_item_q]     <= m_new;
        item_vr_q[sc2_item_q]    <= vmax_q;
        item_first_q[sc2_item_q] <= !started;
        item_down_q[sc2_item_q]  <= (dm > 18'd63) ? 6'd63 : dm[5:0];
        item_osh_q[sc2_item_q]   <= (osh > 19'd63) ? 6'd63 : osh[5:0];
        item_bsh_q[sc2_item_q]   <= (db > 11'd63) ? 6'd63 : db[5:0];
        started_q <= 1'b1;
      end else if (sc_new_i) begin
        started_q <= 1'b0;
      end
      if (sc_last_i) set_r_q[sc_set_i] <= any_q ? r_new : r_q;
    end
  end
  logic [1:0] out_slot_q;  // of out_set_i a cycle ago
  always_ff @(posedge clk_i) out_slot_q <= out_set_i;
  assign out_r_o = set_r_q[out_slot_q];

  // logits between the passes
  logic [Step*33-1:0] s_in;
  generate
    for (genvar k = 0; k < Step; k++) begin : gen_s
      assign s_in[k*33 +: 33] = {sc2_in_q[k], sc2_s_q[k]};
    end
  endgenerate
  luoshu_ram_1r1w #(.Width(Step*33), .Depth(128)) u_logits (
      .clk_i, .we_i(sc2_q), .waddr_i({sc2_item_q, sc2_key_q}), .wmask_i('0), .wdata_i(s_in),
      .re_i(ex_valid_i), .raddr_i({ex_item_i, ex_key_i}), .rdata_o(s_row)
  );

  // ---------------------------------------------------------------- exp: weights and their sum
  // stage 0: logit read; 1: into the exp unit; 5: out of it, into the p buffer
  logic [5:0]        ex_q;           // valid per stage
  logic [4:0]        ex_key_q [6];
  logic [Step-1:0]   ex1_in_q;
  logic [Step*5-1:0] ex1_shift_q;
  logic [Step*16-1:0] p_out, ps_out;
  logic [47:0]       l_q;
  logic [47:0]       set_l_q [4];
  logic [17:0]       p_sum;
  logic              ex_any;
  logic signed [16:0] ex_m;
  logic signed [7:0]  ex_vr;
  assign ex_any = item_any_q[ex_item_i];
  assign ex_m   = item_m_q[ex_item_i];
  assign ex_vr  = item_vr_q[ex_item_i];
  generate
    for (genvar k = 0; k < Step; k++) begin : gen_exp
      logic [8:0] distance;
      assign distance = 9'(ex_vr) - 9'($signed(ex_ve_i[k*8 +: 8]));
      always_ff @(posedge clk_i) begin
        if (ex_valid_i) begin
          ex1_in_q[k] <= ex_in_i[k] && ex_any;
          ex1_shift_q[k*5 +: 5] <= (distance > 9'd31) ? 5'd31 : distance[4:0];
        end
      end
      luoshu_attn_exp #(.Soft(Soft)) u_exp (
          .clk_i, .en_i(|ex_q[4:0]), .valid_i(ex1_in_q[k] && s_row[k*33 + 32] && ex_q[0]),
          .t_i($signed(s_row[k*33 +: 32]) - (32'(ex_m) <<< 16)), .shift_i(ex1_shift_q[k*5 +: 5]),
          .p_o(p_out[k*16 +: 16]), .ps_o(ps_out[k*16 +: 16])
      );
    end
  endgenerate
  // weights of the step into the row of their keys
  logic [4:0] p_slot;
  assign p_slot  = ex_key_q[4] & ((5'd1 << seg_bits) - 5'd1);
  assign p_we    = ex_q[4];
  assign p_waddr = {ex_item_i, ex_key_q[4] >> seg_bits};
  generate
    for (genvar g = 0; g < Groups8; g++) begin : gen_pw
      assign p_mask[g*2 +: 2] = {2{(5'(g) == p_slot) || (ex_two_i && 5'(g) == p_slot + 5'd1)}};
      if (Step == 2) begin : gen_two
        assign p_wdata[g*16 +: 16] = (5'(g) == p_slot) ? ps_out[15:0] : ps_out[Step*16-1 -: 16];
      end else begin : gen_one
        assign p_wdata[g*16 +: 16] = ps_out[15:0];
      end
    end
  endgenerate
  always_comb begin
    p_sum = '0;
    for (int k = 0; k < Step; k++) p_sum = p_sum + 18'(p_out[k*16 +: 16]);
  end

  // l = rs(l, m' - m) + sum of the weights: while the weights add up, l is shifted by 16, 4 or 1 per cycle, 7 cycles at most
  // (beyond 46 nothing is left: l is below 2^46 units, as a memory of 2^32 bytes holds fewer than 2^30 keys). ex_final_i comes
  // 7 cycles after ex_start_i or later; l is complete two cycles after it, when the next item may start.
  logic              fin_q;         // ex_final_i a cycle ago
  logic [5:0]        left_down_q;   // still to shift
  logic              half_q;        // the bit below l
  logic [21:0]       weight_q;      // sum of the item's weights
  logic [47:0]       l_total;
  logic              l_gone;
  assign l_gone  = item_first_q[ex_item_i] || (item_down_q[ex_item_i] > 6'd46);
  assign l_total = l_q + 48'(weight_q) + 48'(half_q);
  always_ff @(posedge clk_i) begin
    ex_q <= {ex_q[4:0], ex_valid_i};
    ex_key_q[0] <= ex_key_i;
    for (int i = 1; i < 6; i++) ex_key_q[i] <= ex_key_q[i-1];
    fin_q       <= ex_final_i;
    if (ex_start_i) weight_q <= '0;
    else if (ex_q[4]) weight_q <= weight_q + 22'(p_sum);
    if (ex_start_i && ex_any) begin
      half_q      <= 1'b0;
      left_down_q <= l_gone ? 6'd0 : item_down_q[ex_item_i];
      if (l_gone) l_q <= '0;
    end else if (left_down_q[5:4] != 2'd0) begin
      {l_q, half_q}    <= {16'd0, l_q[47:15]};
      left_down_q[5:4] <= left_down_q[5:4] - 2'd1;
    end else if (left_down_q[3:2] != 2'd0) begin
      {l_q, half_q}    <= {4'd0, l_q[47:3]};
      left_down_q[3:2] <= left_down_q[3:2] - 2'd1;
    end else if (left_down_q[1:0] != 2'd0) begin
      {l_q, half_q}    <= {1'd0, l_q};
      left_down_q[1:0] <= left_down_q[1:0] - 2'd1;
    end else if (fin_q && ex_any) begin
      l_q    <= l_total;
      half_q <= 1'b0;
    end
    if (fin_q && ex_last_i) set_l_q[ex_set_i] <= ex_any ? l_total : l_q;
  end
  assign out_l_o = set_l_q[out_slot_q];

  // ---------------------------------------------------------------- drain: add segments, merge into o
  // Element e of the chunk is the sum of lanes e, e + hp, ...: of the groups of 8 lanes whose number agrees with e in the bits
  // below hp, by a tree.
  logic [4:0]       dr_chunk_q;
  logic [1:0]       dr_item_q, dr_set_q;
  logic [7:0]       left_q;      // elements left to drain (DrainLanes at a time)
  logic [7:0]       elem_q;      // element of o
  logic             dr_run;
  logic             dr1_q, dr2_q, dr3_q;
  logic [7:0]       dr1_elem_q, dr2_elem_q, dr3_elem_q;
  logic [DrainLanes*29-1:0] dr1_ob_q;
  logic [1:0]       set1_q, set2_q, set3_q;
  logic             first1_q;
  logic [5:0]       osh1_q, bsh1_q;

  logic [Groups8-1:0] dr_group;   // groups that take part
  always_comb begin
    for (int g = 0; g < Groups8; g++) begin
      dr_group[g] = 1'b1;
      for (int v = 0; v < LB - 3; v++) if (32'(hpb_i) > v + 3 && elem_q[(3+v) % 8] != 1'(g >> v)) dr_group[g] = 1'b0;
    end
  end

  assign dr_run  = (left_q != 8'd0);
  assign drain_busy_o = dr_run || acc_valid_i;

  always_ff @(posedge clk_i) begin
    if (acc_valid_i) begin
      dr_chunk_q <= acc_meta_i[9:5];
      dr_item_q  <= acc_meta_i[13:12];
      dr_set_q   <= acc_meta_i[11:10];
      left_q     <= (hpb_i < 4'(LB)) ? (8'd1 << hpb_i) >> $clog2(DrainLanes) : 8'(L / DrainLanes);
      elem_q     <= 8'd0;
    end else if (dr_run) begin
      left_q   <= left_q - 8'd1;
      elem_q   <= elem_q + 8'(DrainLanes);
    end
  end
  always_ff @(posedge clk_i) begin
    if (dr_run) begin
      for (int d = 0; d < DrainLanes; d++) begin : element
        logic [Groups8*29-1:0] node;
        logic [255:0]          lanes;
        for (int g = 0; g < Groups8; g++) begin
          if (DrainLanes > 1) begin
            lanes = acc_i[g*256 +: 256];   // 29 bits of each 32 count
            node[g*29 +: 29] = dr_group[g] ? lanes[{elem_q[2:0] | 3'(d), 5'd0} +: 29] : 29'd0;
          end else begin   // the same in fewer LUTs
            node[g*29 +: 29] = '0;
            for (int j = 0; j < 8; j++)
              node[g*29 +: 29] = node[g*29 +: 29] | (acc_i[(g*8+j)*32 +: 29] & {29{dr_group[g] && elem_q[2:0] == 3'(j)}});
          end
        end
        for (int v = 0; v < LB - 3; v++) begin
          for (int g = 0; g < (Groups8 >> (v + 1)); g++) node[g*29 +: 29] = node[2*g*29 +: 29] + node[(2*g+1)*29 +: 29];
        end
        dr1_ob_q[d*29 +: 29] <= node[28:0];
      end
    end
  end

  logic        dr_any;
  assign dr_any = item_any_q[dr_item_q] && active_q[dr_set_q];
  always_ff @(posedge clk_i) begin
    dr1_q <= dr_run && dr_any;
    dr2_q <= dr1_q;
    dr3_q <= dr2_q;
    if (dr_run) begin
      dr1_elem_q <= 8'(32'(dr_chunk_q) << LB) + elem_q;
      set1_q     <= dr_set_q;
      first1_q   <= item_first_q[dr_item_q];
      osh1_q     <= item_osh_q[dr_item_q];
      bsh1_q     <= item_bsh_q[dr_item_q];
    end
    dr2_elem_q <= dr1_elem_q;
    set2_q     <= set1_q;
    dr3_elem_q <= dr2_elem_q;
    set3_q     <= set2_q;
  end

  // o: two banks by the lowest bit of the set slot, DrainLanes elements per word
  localparam int OWords = 512 / DrainLanes;
  localparam int OBits  = $clog2(OWords);
  logic [DrainLanes*48-1:0] o_read [2];
  logic [DrainLanes*48-1:0] o_new_q;
  logic [7:0]               dr_elem;
  logic [7:0]               out_elem_q;
  assign dr_elem = 8'(32'(dr_chunk_q) << LB) + elem_q;
  generate
    for (genvar b = 0; b < 2; b++) begin : gen_bank
      logic       out_here, drain_here;
      logic [8:0] elem, elem3;
      assign drain_here = dr_run && (dr_set_q[0] == 1'(b));
      assign out_here   = out_re_i && (out_set_i[0] == 1'(b));
      assign elem       = drain_here ? {dr_set_q[1], dr_elem} : {out_set_i[1], out_elem_i};
      assign elem3      = {set3_q[1], dr3_elem_q};
      luoshu_ram_1r1w #(.Width(DrainLanes*48), .Depth(OWords)) u_o (
          .clk_i, .we_i(dr3_q && set3_q[0] == 1'(b)), .waddr_i(elem3[8 -: OBits]), .wmask_i('0), .wdata_i(o_new_q),
          .re_i(drain_here || out_here), .raddr_i(elem[8 -: OBits]), .rdata_o(o_read[b])
      );
      logic unused_elem;
      assign unused_elem = ^{elem, elem3};
    end
    for (genvar d = 0; d < DrainLanes; d++) begin : gen_merge
      // rs(old, .) + rs(add, .): shifted values plus the bits below them; a shift of 63 leaves sign and that bit: 0
      logic signed [48:0] old, old_sh;
      logic signed [35:0] add, add_sh;
      logic signed [47:0] old2_q, add2_q;
      logic               half2_q;
      assign old    = {$signed(o_read[set1_q[0]][d*48 +: 48]), 1'b0};
      assign add    = $signed({dr1_ob_q[d*29 +: 29], 7'd0});
      assign old_sh = old >>> osh1_q;
      assign add_sh = add >>> bsh1_q;
      always_ff @(posedge clk_i) begin
        if (dr1_q) begin
          old2_q  <= first1_q ? 48'sd0 : old_sh[48:1];
          half2_q <= !first1_q && old_sh[0];
          add2_q  <= 48'($signed(add_sh[35:1])) + 48'(add_sh[0]);
        end
        if (dr2_q) o_new_q[d*48 +: 48] <= old2_q + add2_q + 48'(half2_q);
      end
    end
  endgenerate
  logic out_set_q;
  assign out_gnt_o = out_re_i && !(dr_run && dr_set_q[0] == out_set_i[0]);
  always_ff @(posedge clk_i) begin
    if (out_gnt_o) begin
      out_elem_q <= out_elem_i;
      out_set_q  <= out_set_i[0];
    end
  end
  generate
    if (DrainLanes > 1) begin : gen_out_wide
      assign out_o_o = $signed(o_read[out_set_q][48*32'(out_elem_q[$clog2(DrainLanes)-1:0]) +: 48]);
    end else begin : gen_out
      assign out_o_o = $signed(o_read[out_set_q]);
    end
  endgenerate

  logic unused_bits;
  assign unused_bits = ^{sum_meta_i, acc_meta_i, op_meta_i, acc_i, out_elem_q, ex_q[5], ex_key_q[5], sc_last_i};
endmodule
`default_nettype wire
