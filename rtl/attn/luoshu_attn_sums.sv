// SPDX-License-Identifier: Apache-2.0
// Running sums o of attention: drains the lane accumulators of a chunk of V, adds key segments,
// merges element by element into o (docs/numerics.md section 9). Serves Heads columns, one after
// the other.
//
// acc_*: lane accumulators of the columns, one cycle apart, which stay until the next ones.
// DrainLanes elements per cycle; drain_busy_o while accumulators are still needed. An element is
// merged three cycles after its accumulators are read. out_* reads o of a finished set, one cycle
// latency; a drain of the same bank goes first.
// Reset ends a drain; all other state is written before it is read.
`default_nettype none

module luoshu_attn_sums #(
    parameter int Lanes = 32,    // L
    parameter int Heads = 1,     // columns served; more than 1 only where Lanes <= 32
    parameter int Soft  = 1,     // see luoshu_attn_shift
    parameter int MetaBits = 16,
    // Derived, do not set.
    parameter int HeadBits = (Heads > 1) ? $clog2(Heads) : 1,
    parameter int DrainLanes = (Lanes > 32) ? Lanes / 32 : 1   // elements of o per cycle
) (
    input  wire                      clk_i,
    input  wire                      rst_ni,
    input  wire  [3:0]               hpb_i,         // log2 of the padded head_dim, 3..8
    // V results
    input  wire  [Heads-1:0]         acc_valid_i,   // accumulators will be there in the next cycle
    input  wire  [MetaBits-1:0]      acc_meta_i,    // of the first column
    input  wire  [Heads*Lanes*32-1:0] acc_i,
    output logic                     drain_busy_o,
    // of the item, from luoshu_attn_score
    output logic [HeadBits-1:0]      dr_head_o,
    output logic [1:0]               dr_item_o,
    input  wire                      dr_any_i,
    input  wire                      dr_first_i,
    input  wire  [5:0]               dr_osh_i,
    input  wire  [5:0]               dr_bsh_i,
    // output
    input  wire                      out_re_i,
    input  wire  [HeadBits-1:0]      out_head_i,
    input  wire  [1:0]               out_set_i,
    input  wire  [7:0]               out_elem_i,
    output logic                     out_gnt_o,     // out_re_i was taken
    // one cycle later: out_elem_i first; the others with a multiple of DrainLanes
    output logic [DrainLanes*48-1:0] out_o_o
);
  localparam int L = Lanes;
  localparam int LB = $clog2(L);
  localparam int Groups8 = L / 8;

  // ---------------------------------------------------------------- drain: add segments
  // Element e of the chunk is the sum of lanes e, e + hp, ...: of the groups of 8 lanes whose
  // number agrees with e in the bits below hp, by a tree.
  logic [HeadBits-1:0] head_q;      // column
  logic [Heads-1:0]    waiting_q;   // columns whose accumulators are there and not yet begun
  logic [4:0]       dr_chunk_q;
  logic [1:0]       dr_item_q, dr_set_q;
  localparam int CountBits = LB - $clog2(DrainLanes) + 1;
  logic [CountBits-1:0] count;   // elements of a chunk (DrainLanes at a time)
  logic [CountBits-1:0] left_q;  // elements left to drain
  logic [LB-1:0]    elem_q;      // element of the chunk
  logic             dr_run, dr_next;
  logic [DrainLanes*29-1:0] dr1_ob_q;
  logic [L*32-1:0]  acc;

  assign count        = (LB > 3 && hpb_i < 4'(LB))
      ? CountBits'((8'd1 << hpb_i) >> $clog2(DrainLanes)) : CountBits'(L / DrainLanes);
  assign dr_run       = (left_q != '0);
  assign drain_busy_o = dr_run || (acc_valid_i != '0);
  assign dr_head_o    = head_q;
  assign dr_item_o    = dr_item_q;
  generate
    if (Heads > 1) begin : gen_heads
      logic [HeadBits-1:0] next;
      assign next    = head_q + 1'b1;
      assign dr_next = (left_q == CountBits'(1)) && waiting_q[next];
      assign acc     = acc_i[L*32*32'(head_q) +: L*32];
      always_ff @(posedge clk_i) begin
        if (acc_valid_i[0]) begin
          head_q    <= '0;
          waiting_q <= '0;
        end else begin
          if (dr_next) head_q <= next;
          for (int h = 1; h < Heads; h++) begin
            if (acc_valid_i[h]) waiting_q[h] <= 1'b1;
            else if (dr_next && next == HeadBits'(h)) waiting_q[h] <= 1'b0;
          end
        end
      end
    end else begin : gen_head
      assign head_q    = '0;
      assign waiting_q = '0;
      assign dr_next   = 1'b0;
      assign acc       = acc_i;
      logic unused_waiting;
      assign unused_waiting = waiting_q;
    end
  endgenerate

  logic [Groups8-1:0] dr_group;   // groups that take part
  always_comb begin
    for (int g = 0; g < Groups8; g++) begin
      dr_group[g] = 1'b1;
      for (int v = 0; v < LB - 3; v++) if (32'(hpb_i) > v + 3
          && elem_q[(3+v) % LB] != 1'(g >> v)) dr_group[g] = 1'b0;
    end
  end

  always_ff @(posedge clk_i) begin
    if (acc_valid_i[0]) begin
      dr_chunk_q <= acc_meta_i[9:5];
      dr_item_q  <= acc_meta_i[13:12];
      dr_set_q   <= acc_meta_i[11:10];
    end
    if (!rst_ni) left_q <= '0;
    else if (acc_valid_i[0] || dr_next) left_q <= count;
    else if (dr_run) left_q <= left_q - 1'b1;
    if (acc_valid_i[0] || dr_next) elem_q <= '0;
    else if (dr_run) elem_q <= elem_q + LB'(DrainLanes);
  end
  always_ff @(posedge clk_i) begin
    if (dr_run) begin
      for (int d = 0; d < DrainLanes; d++) begin : element
        logic [Groups8*29-1:0] node;
        logic [255:0]          lanes;
        for (int g = 0; g < Groups8; g++) begin
          if (L > 8) begin
            lanes = acc[g*256 +: 256];   // 29 bits of each 32 count
            node[g*29 +: 29] = dr_group[g] ? lanes[{elem_q[2:0] | 3'(d), 5'd0} +: 29] : 29'd0;
          // one multiplexer for all columns
          end else node[28:0] = acc_i[32 * (8 * 32'(head_q) + 32'(elem_q[2:0])) +: 29];
        end
        for (int v = 0; v < LB - 3; v++) begin
          for (int g = 0; g < (Groups8 >> (v + 1)); g++) node[g*29 +: 29] = node[2*g*29 +: 29]
              + node[(2*g+1)*29 +: 29];
        end
        dr1_ob_q[d*29 +: 29] <= node[28:0];
      end
    end
  end

  // ---------------------------------------------------------------- merge into o
  // o: one column has two banks of two set slots, by the lowest bit of the slot; several columns
  // share one bank with two set slots each. DrainLanes elements per word.
  localparam int Banks    = (Heads > 1) ? 1 : 2;
  // {column, slot within the bank, element}
  localparam int ElemBits = 9 + ((Heads > 1) ? HeadBits : 0);
  localparam int WordBits = ElemBits - $clog2(DrainLanes);
  logic                     dr_bank, bank1_q, bank2_q, bank3_q, out_bank;
  logic [ElemBits-1:0]      dr_elem, elem1_q, elem2_q, elem3_q, out_elem;
  logic                     dr1_q, dr2_q, dr3_q, first1_q;
  logic [5:0]               osh1_q, bsh1_q;
  logic [DrainLanes*48-1:0] o_read [Banks];
  logic [DrainLanes*48-1:0] o_old, o_out, o_new_q;
  generate
    if (Heads > 1) begin : gen_shared
      assign dr_bank  = 1'b0;
      assign out_bank = 1'b0;
      assign dr_elem  = {head_q, dr_set_q[0], 8'(32'(dr_chunk_q) << LB) | 8'(elem_q)};
      assign out_elem = {out_head_i, out_set_i[0], out_elem_i};
      assign o_old    = o_read[0];
      assign o_out    = o_read[0];
      logic unused_slot;
      assign unused_slot = ^{dr_set_q[1], out_set_i[1], bank1_q, bank3_q};
    end else begin : gen_own
      logic out_bank_q;
      assign dr_bank  = dr_set_q[0];
      assign out_bank = out_set_i[0];
      assign dr_elem  = {dr_set_q[1], 8'(32'(dr_chunk_q) << LB) | 8'(elem_q)};
      assign out_elem = {out_set_i[1], out_elem_i};
      assign o_old    = o_read[bank1_q];
      assign o_out    = o_read[out_bank_q];
      always_ff @(posedge clk_i) if (out_gnt_o) out_bank_q <= out_bank;
      logic unused_head;
      assign unused_head = ^out_head_i;
    end
  endgenerate
  assign out_gnt_o = out_re_i && !(dr_run && dr_bank == out_bank);

  always_ff @(posedge clk_i) begin
    dr1_q <= dr_run && dr_any_i;
    dr2_q <= dr1_q;
    dr3_q <= dr2_q;
    if (dr_run) begin
      elem1_q  <= dr_elem;
      bank1_q  <= dr_bank;
      first1_q <= dr_first_i;
      osh1_q   <= dr_osh_i;
      bsh1_q   <= dr_bsh_i;
    end
    elem2_q <= elem1_q;
    bank2_q <= bank1_q;
    elem3_q <= elem2_q;
    bank3_q <= bank2_q;
  end
  generate
    for (genvar b = 0; b < Banks; b++) begin : gen_bank
      logic                out_here, drain_here;
      logic [ElemBits-1:0] elem;
      assign drain_here = dr_run && (dr_bank == 1'(b));
      assign out_here   = out_re_i && (out_bank == 1'(b));
      assign elem       = drain_here ? dr_elem : out_elem;
      luoshu_ram_1r1w #(.Width(DrainLanes*48), .Depth(1 << WordBits)) u_o (
          .clk_i, .we_i(dr3_q && bank3_q == 1'(b)), .waddr_i(elem3_q[ElemBits-1 -: WordBits]),
          .wmask_i('0), .wdata_i(o_new_q), .re_i(drain_here || out_here),
          .raddr_i(elem[ElemBits-1 -: WordBits]), .rdata_o(o_read[b])
      );
      logic unused_elem;
      assign unused_elem = ^{elem, elem3_q};
    end
    for (genvar d = 0; d < DrainLanes; d++) begin : gen_merge
      // rs(old, .) + rs(add, .): shifted values plus the bits below them; a shift of 63 leaves sign
      // and that bit: 0
      logic [48:0]        old_sh;
      logic [35:0]        add_sh;
      logic signed [47:0] old2_q, add2_q;
      logic               half2_q, unused_half;
      logic [1:0]         unused_over;
      logic [47:0]        o_new;
      // old2_q + add2_q + half2_q in one carry chain
      assign {o_new, unused_half} = {old2_q, half2_q} + {add2_q, half2_q};
      luoshu_attn_shift #(.Width(48), .Left(0), .Out(48), .Soft(Soft)) u_old (
          .x_i(o_old[d*48 +: 48]), .n_i(osh1_q), .y_o(old_sh), .over_o(unused_over[0])
      );
      luoshu_attn_shift #(.Width(29), .Left(6), .Out(35), .Soft(Soft)) u_add (
          .x_i(dr1_ob_q[d*29 +: 29]), .n_i(bsh1_q), .y_o(add_sh), .over_o(unused_over[1])
      );
      always_ff @(posedge clk_i) begin
        if (dr1_q) begin
          old2_q  <= first1_q ? 48'sd0 : $signed(old_sh[48:1]);
          half2_q <= !first1_q && old_sh[0];
          add2_q  <= 48'($signed(add_sh[35:1])) + 48'(add_sh[0]);
        end
        if (dr2_q) o_new_q[d*48 +: 48] <= o_new;
      end
    end
    if (DrainLanes > 1) begin : gen_out_wide
      logic [$clog2(DrainLanes)-1:0] lane_q;
      always_ff @(posedge clk_i) if (out_gnt_o) lane_q <= out_elem_i[$clog2(DrainLanes)-1:0];
      assign out_o_o = {o_out[DrainLanes*48-1:48], o_out[48*32'(lane_q) +: 48]};
    end else begin : gen_out
      assign out_o_o = o_out;
    end
  endgenerate

  logic unused_bits;
  assign unused_bits = ^{acc_meta_i, acc};
endmodule
`default_nettype wire
