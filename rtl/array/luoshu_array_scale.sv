// SPDX-License-Identifier: Apache-2.0
// Scale unit: block sum times scale, aligned, into one of Entries 64-bit accumulators
// (docs/numerics.md, section 4).
//
// Per block: p = b * wm, term = rs(p, (W - we) + (A - ae) - 4 - ps), and for minima the same with
// sum(a) * mm. Latency 4 cycles from valid_i to done_o (with last_i): result and its place. One
// block per cycle, no stall. Serial = 1: one multiplier and one shifter serve both terms, a minimum
// follows its scale after Entries cycles. The latency of a block with a minimum is Entries cycles
// longer, and the caller leaves the cycles of the minima free: blocks of an entry are at least 2 x
// Entries cycles apart, entry e follows entry 0 after e cycles. Reset clears the valid bits and the
// accumulators.
`include "luoshu_assert.svh"
`default_nettype none

module luoshu_array_scale #(
    parameter int Entries   = 2,                                  // accumulators
    // bits that name the result's place
    parameter int PlaceBits = 4,
    parameter int Serial    = 0,                                  // 1: terms one after the other
    parameter int EntryBits = (Entries > 1) ? $clog2(Entries) : 1
) (
    input  wire                        clk_i,
    input  wire                        rst_ni,
    input  wire                        valid_i,
    input  wire  [EntryBits-1:0]       entry_i,
    input  wire                        last_i,    // the sum is complete, the next starts from 0
    input  wire  [PlaceBits-1:0]       place_i,
    input  wire  signed [25:0]         b_i,       // block sum
    input  wire  [15:0]                scale_i,   // fp16
    input  wire                        high_i,    // a high plane: 8 bits up
    input  wire  [9:0]                 drop_i,    // A - ae
    input  wire  signed [7:0]          w_i,       // W
    input  wire                        has_min_i,
    input  wire  [15:0]                min_i,     // fp16
    input  wire  signed [17:0]         act_sum_i,
    output logic                       done_o,
    output logic [EntryBits-1:0]       entry_o,
    output logic [PlaceBits-1:0]       place_o,
    output logic signed [63:0]         acc_o
);
  // fp16: signed significand and exponent + 25
  function automatic logic signed [11:0] significand(input logic [15:0] h);
    logic [11:0] magnitude;
    magnitude   = {1'b0, h[14:10] != 5'd0, h[9:0]};
    significand = h[15] ? -$signed(magnitude) : $signed(magnitude);
  endfunction
  function automatic logic signed [11:0] up(input logic signed [7:0] w, input logic [4:0] biased,
      input logic [9:0] drop, input logic high);
    // (W - we) + (A - ae) - 4 - ps + 12, we = max(biased, 1) - 25
    up = 12'(w) - $signed({7'd0, (biased == 5'd0) ? 5'd1 : biased}) + 12'sd33
        + $signed({2'd0, drop}) - (high ? 12'sd8 : 12'sd0);
  endfunction
  function automatic logic [5:0] clamp(input logic signed [11:0] n);
    clamp = (n > 12'sd63) ? 6'd63 : n[5:0];
  endfunction

  generate
  if (Serial != 0) begin : gen_serial
    // 0: minima wait for their turn
    localparam int WaitBits = 1 + EntryBits + PlaceBits + 10 + 8 + 16 + 18;
    logic [Entries-1:0]   waiting_q;
    logic [Entries*WaitBits-1:0] wait_q;   // the newest lowest
    logic                 turn, w_last;   // of a minimum
    logic [EntryBits-1:0] w_entry;
    logic [PlaceBits-1:0] w_place;
    logic [9:0]           w_drop;
    logic signed [7:0]    w_w;
    logic [15:0]          w_min, half;
    logic signed [17:0]   w_sum;
    logic [5:0]           distance;
    assign turn = waiting_q[Entries-1];
    assign {w_last, w_entry, w_place, w_drop, w_w, w_min, w_sum} =
        wait_q[(Entries-1)*WaitBits +: WaitBits];
    assign half     = turn ? w_min : scale_i;
    assign distance = clamp(up(turn ? w_w : w_i, half[14:10], turn ? w_drop : drop_i,
        !turn && high_i));

    // 1: operands; the low bits of the alignment come with the factor
    logic                 v1_q, v2_q, v3_q, last1_q, last2_q, last3_q;
    logic [EntryBits-1:0] entry1_q, entry2_q, entry3_q;
    logic [PlaceBits-1:0] place1_q, place2_q, place3_q;
    logic signed [25:0]   b1_q;
    logic signed [14:0]   m1_q;
    logic [3:0]           up1_q, up2_q;    // distance / 4
    logic signed [40:0]   p2_q;
    logic signed [50:0]   term3_q;         // the term and the bit below it, which rounds it half up
    logic signed [63:0]   acc_q [Entries];
    always_ff @(posedge clk_i) begin : pipeline
      logic signed [63:0] total;
      logic               unused_low;
      if (!rst_ni) begin
        waiting_q                  <= '0;
        {v1_q, v2_q, v3_q, done_o} <= 4'd0;
        for (int i = 0; i < Entries; i++) acc_q[i] <= '0;
      end else begin
        waiting_q                  <= Entries'({waiting_q, valid_i && has_min_i});
        {v1_q, v2_q, v3_q, done_o} <= {valid_i || turn, v1_q, v2_q, v3_q && last3_q};
      end
      if (valid_i) wait_q[0 +: WaitBits] <= {last_i, entry_i, place_i, drop_i, w_i, min_i,
          act_sum_i};
      for (int i = 1; i < Entries; i++) wait_q[i*WaitBits +: WaitBits] <=
          wait_q[(i-1)*WaitBits +: WaitBits];
      if (valid_i || turn) begin
        last1_q  <= turn ? w_last : last_i && !has_min_i;
        entry1_q <= turn ? w_entry : entry_i;
        place1_q <= turn ? w_place : place_i;
        b1_q     <= turn ? 26'(w_sum) : b_i;
        m1_q     <= 15'(significand(half)) <<< ~distance[1:0];
        up1_q    <= distance[5:2];
      end
      if (v1_q) begin
        last2_q  <= last1_q;
        entry2_q <= entry1_q;
        place2_q <= place1_q;
        p2_q     <= b1_q * m1_q;
        up2_q    <= up1_q;
      end
      if (v2_q) begin
        last3_q  <= last2_q;
        entry3_q <= entry2_q;
        place3_q <= place2_q;
        term3_q  <= $signed({p2_q, 10'd0}) >>> {up2_q, 2'd0};
      end
      if (v3_q) begin
        {total, unused_low} = {acc_q[entry3_q], term3_q[0]} + 65'(term3_q);
        if (rst_ni) acc_q[entry3_q] <= last3_q ? 64'sd0 : total;
        if (last3_q) begin
          acc_o   <= total;
          entry_o <= entry3_q;
          place_o <= place3_q;
        end
      end
    end
    `LUOSHU_ASSERT(turns, !(valid_i && turn))
  end else begin : gen_parallel
    // 1: operands
    logic                 v1_q, v2_q, v3_q, last1_q, last2_q, last3_q, min1_q, min2_q;
    logic [EntryBits-1:0] entry1_q, entry2_q, entry3_q;
    logic [PlaceBits-1:0] place1_q, place2_q, place3_q;
    logic signed [25:0]   b1_q;
    logic signed [11:0]   wm1_q, mm1_q;
    logic [5:0]           up1_q, mup1_q, up2_q, mup2_q;
    logic signed [17:0]   sum1_q;
    logic signed [37:0]   p2_q;
    logic signed [29:0]   mp2_q;
    // {value << 12, 0} shifted: the term and the bit below it, which rounds it half up
    logic signed [50:0]   term3_q, mterm3_q;
    logic                 min3_q;
    logic signed [63:0]   acc_q [Entries];

    always_ff @(posedge clk_i) begin : pipeline
      logic signed [63:0] total;
      if (!rst_ni) begin
        {v1_q, v2_q, v3_q, done_o} <= 4'd0;
        for (int i = 0; i < Entries; i++) acc_q[i] <= '0;
      end else begin
        {v1_q, v2_q, v3_q, done_o} <= {valid_i, v1_q, v2_q, v3_q && last3_q};
      end
      if (valid_i) begin
        last1_q  <= last_i;
        entry1_q <= entry_i;
        place1_q <= place_i;
        b1_q     <= b_i;
        wm1_q    <= significand(scale_i);
        up1_q    <= clamp(up(w_i, scale_i[14:10], drop_i, high_i));
        min1_q   <= has_min_i;
        mm1_q    <= significand(min_i);
        mup1_q   <= clamp(up(w_i, min_i[14:10], drop_i, 1'b0));
        sum1_q   <= act_sum_i;
      end
      if (v1_q) begin
        last2_q  <= last1_q;
        entry2_q <= entry1_q;
        place2_q <= place1_q;
        p2_q     <= b1_q * wm1_q;
        up2_q    <= up1_q;
        min2_q   <= min1_q;
        if (min1_q) mp2_q <= sum1_q * mm1_q;
        mup2_q   <= mup1_q;
      end
      if (v2_q) begin
        last3_q  <= last2_q;
        entry3_q <= entry2_q;
        place3_q <= place2_q;
        min3_q   <= min2_q;
        // 3: align
        term3_q  <= $signed({p2_q, 13'd0}) >>> up2_q;
        if (min2_q) mterm3_q <= 51'($signed({mp2_q, 13'd0})) >>> mup2_q;
      end
      if (v3_q) begin
        // 4: accumulate
        total = acc_q[entry3_q] + 64'($signed(term3_q[50:1])) + 64'(term3_q[0]);
        if (min3_q) total = total + (64'($signed(mterm3_q[50:1])) + 64'(mterm3_q[0]));
        if (rst_ni) acc_q[entry3_q] <= last3_q ? 64'sd0 : total;
        if (last3_q) begin
          acc_o   <= total;
          entry_o <= entry3_q;
          place_o <= place3_q;
        end
      end
    end
  end
  endgenerate
endmodule
`default_nettype wire
