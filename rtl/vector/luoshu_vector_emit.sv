// SPDX-License-Identifier: Apache-2.0
// Quantised heads: reads a finished head from the head buffer in element order, quantises it and
// sends words of VL integers (12-bit signed) to the attention unit (q) or the KV writer (k, v),
// zeros up to the padded head.
//
// Exponents are clamped to -128..127 before quantising (docs/numerics.md section 8). A group is
// what one buffer word holds, up to VL values; adjacent pairs are interleaved again; groups are
// packed into words. One group per cycle.
// busy_o: start_i is not allowed. reading_o: the head buffer and the quantisers are in use.
`default_nettype none

module luoshu_vector_emit #(
    parameter int VL       = 4,
    parameter int HeadBits = 6   // bits of a word index within a head
) (
    input  wire                 clk_i,
    input  wire                 rst_ni,
    input  wire                 start_i,
    input  wire  [7:0]          exp_i,        // largest biased exponent
    input  wire                 is_v_i,       // 8 bits instead of 12
    input  wire                 interleave_i, // adjacent pairs, else halves
    input  wire  [HeadBits:0]   words_i,      // words of the head
    input  wire  [HeadBits:0]   rot_words_i,  // of these, rotated
    input  wire  [8:0]          groups_i,     // groups to send: the padded head
    input  wire  [4:0]          pair_lanes_i, // lanes in use of the last two rotated words
    input  wire  [4:0]          tail_lanes_i, // lanes in use of the last word that is not rotated
    output logic                busy_o,
    output logic                reading_o,
    output logic                re_o,
    output logic [HeadBits-1:0] rword_o,
    output logic signed [9:0]   q_e_o,        // for the quantisers, one cycle after re_o
    output logic [1:0]          q_m_o,
    input  wire  [VL-1:0]       q_neg_i,      // 2 cycles after the data
    input  wire  [VL*17-1:0]    q_mag_i,
    output logic                out_valid_o,
    input  wire                 out_ready_i,
    output logic [7:0]          out_elem_o,   // first element of the word
    output logic [VL*12-1:0]    out_data_o,
    output logic                out_last_o,
    output logic [7:0]          out_exp_o     // of the head; steady
);
  // LSB exponent: E + 1 - m, E = biased - 127
  logic signed [9:0] lsb, clamped, e_q;
  assign lsb     = $signed({2'b00, exp_i}) - (is_v_i ? 10'sd133 : 10'sd137);
  assign clamped = lsb < -10'sd128 ? -10'sd128 : lsb > 10'sd127 ? 10'sd127 : lsb;
  assign q_e_o     = e_q;
  assign q_m_o     = is_v_i ? 2'd2 : 2'd1;
  assign out_exp_o = e_q[7:0];

  // Reads: groups in output order, the two of a pair back to back; at most 7 are on their way to
  // the queue.
  logic [8:0]        group_q;
  logic              run_q, go, last_group;
  logic [4:0]        queued;
  logic [HeadBits:0] half, g;
  assign half       = {1'b0, rot_words_i[HeadBits:1]};
  assign g          = group_q[HeadBits:0];
  assign last_group = group_q == groups_i - 9'd1;
  assign go         = run_q && (group_q[0] || queued <= 5'd8);
  assign re_o       = go;
  assign rword_o    = interleave_i || g >= rot_words_i ? g[HeadBits-1:0] :
                      g < half ? {g[HeadBits-2:0], 1'b0} :
                      {g[HeadBits-2:0] - half[HeadBits-2:0], 1'b1};
  logic unused_g;
  assign unused_g = ^{half, g};

  // Lanes in use of a group.
  logic       none, pair_end, head_end;
  logic [4:0] count;
  assign none     = group_q >= 9'(words_i);
  assign head_end = group_q == 9'(words_i) - 9'd1;
  assign pair_end = {2'b00, rword_o[HeadBits-1:1]} == half - (HeadBits+1)'(1);  // half 0: never
  assign count    = none ? 5'd0 : pair_end ? pair_lanes_i : head_end ? tail_lanes_i : 5'(VL);

  // Group descriptions travel with the data: [0] data, [2] integers.
  // fill up: the last word of the head, or zeros behind it
  logic [2:0] v_q, last_q, pair_q, odd_q, fill_up_q;
  logic [14:0] count_q;   // a vector, see tag_word_q of luoshu_vector_passes
  logic [VL*12-1:0] ints;
  generate
    for (genvar l = 0; l < VL; l++) begin : gen_int
      logic [11:0] mag;
      assign mag = 5'(l) < count_q[14:10] ? {1'b0, q_mag_i[l*17+:11]} : 12'd0;
      luoshu_add_sub #(.Width(12)) u_sign (.a_i('0), .b_i(mag), .sub_i(q_neg_i[l]),
          .y_o(ints[l*12+:12]));
    end
  endgenerate
  logic unused_mag;
  assign unused_mag = ^q_mag_i;

  // Group 1 is one cycle older than the integers, group 2 two cycles.
  logic             v1_q, last1_q, pair1_q, odd1_q, fill_up1_q, wide;
  logic [4:0]       count1_q, taken;
  logic [5:0]       both;  // values of a pair of groups
  logic [VL*12-1:0] ints1_q, ints2_q, lanes, first, second;
  // VL for the second half of an interleaved pair that is longer than a word
  logic [4:0]       flat;
  assign both   = {count1_q, 1'b0};
  assign wide   = both > 6'(VL);
  assign flat   = odd1_q && wide ? 5'(VL) : 5'd0;
  // A short pair goes out as a whole with its second group. What ends the head may fill up the word
  // with zeros.
  assign taken  = fill_up1_q ? 5'(VL) : !pair1_q ? count1_q : odd1_q ? 5'(both - 6'(flat)) : wide
      ? 5'(VL) : 5'd0;
  assign first  = odd1_q ? ints2_q : ints1_q;
  assign second = odd1_q ? ints1_q : ints;
  // The lane of its group that value n of a pair comes from.
  function automatic logic [3:0] at(input logic [4:0] n);
    at = 4'(n >> 1) & 4'(VL - 1);
  endfunction
  // Words are anything while nobody takes them: a simulator does not compute them then.
  always_comb begin
    lanes = 'x;
    if (v1_q) begin
      for (int l = 0; l < VL; l++) begin
        lanes[l*12+:12] = !pair1_q ? ints1_q[l*12+:12]
            : (flat[0] ^ (l % 2 == 1)) ? second[at(flat + 5'(l))*12+:12]
            : first[at(flat + 5'(l))*12+:12];
      end
    end
  end

  // Packing: a group goes behind the fill_q values that wait in carry_q; what does not fit waits
  // for the next.
  logic [VL*12-1:0] word_q, carry_q, turned, merged, rest;
  logic [3:0]       fill_q;   // less than VL
  logic [4:0]       filled;
  logic             word_full, push_q, push_last_q;
  always_comb begin
    turned = 'x;
    merged = 'x;
    rest   = 'x;
    if (v1_q) begin
      for (int l = 0; l < VL; l++) begin
        turned[l*12+:12] = lanes[((4'(l) - fill_q) & 4'(VL - 1))*12+:12];
        merged[l*12+:12] = 5'(l) < {1'b0, fill_q} ? carry_q[l*12+:12] : turned[l*12+:12];
        rest[l*12+:12]   = 5'(l) < {1'b0, fill_q} ? turned[l*12+:12] : 12'd0;
      end
    end
  end
  assign filled    = {1'b0, fill_q} + taken;
  assign word_full = filled >= 5'(VL);

  logic       fifo_ready, fifo_valid;
  luoshu_fifo #(.Width(VL * 12 + 1), .Depth(16), .UseRam(1)) u_fifo (
      .clk_i(clk_i), .rst_ni(rst_ni), .in_valid_i(push_q), .in_ready_o(fifo_ready),
      .in_data_i({push_last_q, word_q}), .out_valid_o(fifo_valid), .out_ready_i(out_ready_i),
      .out_data_o({out_last_o, out_data_o}), .count_o(queued)
  );
  logic unused_ready;
  assign unused_ready = fifo_ready;
  assign out_valid_o = fifo_valid;

  logic pop;
  assign pop       = fifo_valid && out_ready_i;
  assign reading_o = run_q || v_q != 3'd0;
  assign busy_o    = run_q || v_q != 3'd0 || v1_q || push_q || queued != 5'd0;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      run_q    <= 1'b0;
      v_q      <= '0;
      v1_q     <= 1'b0;
      push_q   <= 1'b0;
      fill_q   <= '0;
    end else begin
      if (start_i) run_q <= 1'b1;
      else if (go && last_group) run_q <= 1'b0;
      v_q    <= {v_q[1:0], go};
      v1_q   <= v_q[2];
      push_q <= v1_q && (word_full || last1_q);
      if (v1_q) fill_q <= last1_q ? 4'd0 : 4'(filled) & 4'(VL - 1);
    end
    if (start_i) begin
      e_q        <= clamped;
      group_q    <= '0;
      out_elem_o <= '0;
    end else begin
      if (go) group_q <= group_q + 9'd1;
      if (pop) out_elem_o <= out_elem_o + 8'(VL);
    end
    last_q  <= {last_q[1:0], last_group};
    pair_q  <= {pair_q[1:0], interleave_i && group_q < 9'(rot_words_i)};
    odd_q   <= {odd_q[1:0], group_q[0]};
    fill_up_q <= {fill_up_q[1:0], none || head_end};
    count_q    <= {count_q[9:0], count};
    last1_q <= last_q[2];
    pair1_q <= pair_q[2];
    odd1_q  <= odd_q[2];
    fill_up1_q <= fill_up_q[2];
    count1_q   <= count_q[14:10];
    ints1_q <= ints;
    ints2_q <= ints1_q;
    if (v1_q) begin
      word_q  <= merged;
      carry_q <= word_full ? rest : merged;
    end
    push_last_q <= last1_q;
  end
endmodule

`default_nettype wire
