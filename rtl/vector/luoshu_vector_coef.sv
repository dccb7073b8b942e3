// SPDX-License-Identifier: Apache-2.0
// Coefficients of heads: copies QK norm weights and biases from the parameter ring into a RAM that
// has the element order of the head buffer (luoshu_vector_map), one value per cycle.
//
// At start: q_norm and k_norm (norm_i), then the bias of each head (bias_i), at most one head ahead
// of job_head_i.
// RAM: {2 bits: 0 q_norm, 1 k_norm, 2 + head[0] bias, word}. norm_ready_o: the norm weights are
// there;
// bias_ready_o: the bias of job_head_i is there. The ring is consumed word by word and, at the end,
// to the beat.
`default_nettype none

module luoshu_vector_coef #(
    parameter int VL       = 4,
    parameter int HeadBits = 6,  // bits of a word index within a head
    parameter int CountBits = 17 // bits of a count of K, V and Q heads together
) (
    input  wire                clk_i,
    input  wire                rst_ni,
    input  wire                start_i,
    input  wire                norm_i,
    input  wire                bias_i,
    input  wire  [8:0]         head_dim_i,
    input  wire  [8:0]         rot_i,
    input  wire                halves_i,
    input  wire  [CountBits-1:0] total_i,      // K + V + Q heads
    input  wire  [CountBits-1:0] first_v_i,    // V heads: from here ...
    input  wire  [CountBits-1:0] first_q_i,    // ... up to here (not rotated)
    input  wire  [CountBits-1:0] job_head_i,   // head being processed
    output logic               norm_ready_o,
    output logic               bias_ready_o,
    output logic               idle_o,       // everything copied
    // parameter ring, serial
    input  wire                p_some_i,     // at least one word inside
    output logic               p_re_o,       // read the first word: data in the next cycle
    input  wire  [VL*32-1:0]   p_data_i,
    output logic               p_pop_o,
    output logic               p_align_o,
    // read port, data in the next cycle
    input  wire                re_i,
    input  wire  [HeadBits+1:0] raddr_i,
    output logic [VL*32-1:0]   rdata_o
);
  localparam logic [1:0] StIdle = 2'd0;
  localparam logic [1:0] StFetch = 2'd1;  // read a word of the ring
  localparam logic [1:0] StCopy = 2'd2;   // one value per cycle
  localparam logic [1:0] StAlign = 2'd3;  // drop the padding of the last beat
  localparam int LaneBits = VL > 1 ? $clog2(VL) : 1;

  logic [1:0]          state_q;
  logic [1:0]          section_q;    // 0 q_norm, 1 k_norm, 2 bias
  logic [CountBits-1:0] head_q;       // head whose bias is copied
  logic [7:0]          elem_q;
  logic [LaneBits-1:0] lane_q;
  logic                last_elem, last_lane, last_head, ahead, is_v;
  assign last_elem = {1'b0, elem_q} == head_dim_i - 9'd1;
  assign last_lane = lane_q == LaneBits'(VL - 1);
  assign last_head = head_q + 1'b1 == total_i;
  // both bias slots are taken
  assign ahead     = section_q == 2'd2 && head_q - job_head_i >= CountBits'(2);
  assign is_v      = section_q == 2'd2 && head_q >= first_v_i && head_q < first_q_i;
  assign p_re_o    = state_q == StFetch && p_some_i;
  assign p_align_o = state_q == StAlign;

  logic copy, ends;  // a value is copied; it is the last of all
  assign copy    = state_q == StCopy && !ahead;
  assign ends    = last_elem && (section_q == 2'd2 ? last_head : section_q == 2'd1 && !bias_i);
  assign p_pop_o = copy && (last_lane || ends);

  logic [7:0] word;
  logic [3:0] lane;
  luoshu_vector_map #(.VL(VL)) u_map (
      .e_i(elem_q), .rot_i(is_v ? 9'd0 : rot_i), .halves_i(halves_i), .word_o(word), .lane_o(lane)
  );
  logic [VL*4-1:0] mask;
  logic [31:0]     value;
  assign value = p_data_i[lane_q*32+:32];   // stays until the next read
  generate
    for (genvar g = 0; g < VL; g++) begin : gen_mask
      assign mask[g*4+:4] = {4{lane == 4'(g)}};
    end
  endgenerate
  luoshu_ram_1r1w #(.Width(VL * 32), .Depth(4 << HeadBits), .ByteWrite(4)) u_ram (
      .clk_i(clk_i), .we_i(copy),
      .waddr_i({section_q[1], section_q[1] ? head_q[0] : section_q[0], word[HeadBits-1:0]}),
      .wmask_i(mask), .wdata_i({VL{value}}), .re_i(re_i), .raddr_i(raddr_i), .rdata_o(rdata_o)
  );
  logic unused_word;
  assign unused_word = ^word;

  assign norm_ready_o = section_q == 2'd2 || state_q == StIdle || state_q == StAlign;
  assign bias_ready_o = idle_o || (section_q == 2'd2 && head_q > job_head_i);
  assign idle_o       = state_q == StIdle;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      state_q <= StIdle;
    end else begin
      case (state_q)
        StIdle:  if (start_i && (norm_i || bias_i)) state_q <= StFetch;
        StFetch: if (p_some_i) state_q <= StCopy;
        StCopy:  if (copy) state_q <= ends ? StAlign : last_lane ? StFetch : StCopy;
        default: state_q <= StIdle;
      endcase
    end
    if (start_i) begin
      section_q <= norm_i ? 2'd0 : 2'd2;
      head_q    <= '0;
      elem_q    <= '0;
      lane_q    <= '0;
    end else if (copy) begin
      lane_q <= last_lane ? '0 : lane_q + 1'b1;
      elem_q <= last_elem ? '0 : elem_q + 8'd1;
      if (last_elem && section_q != 2'd2) section_q <= section_q + 2'd1;
      if (last_elem && section_q == 2'd2) head_q <= head_q + 1'b1;
    end
  end
endmodule

`default_nettype wire
