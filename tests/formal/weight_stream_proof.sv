// SPDX-License-Identifier: Apache-2.0
// luoshu_weight_stream: its queues never overflow, whatever segments come, whenever memory answers and the users take; no beat
// is lost or made up (counted per stream).
//
// What memory promises: the beats of the requests come in their order, each request's last one marked, at the earliest one cycle
// after the request. Of the receiver of parameters, where there is no queue for them (AuxDepth = 0): it takes them.
`include "luoshu_assert.svh"
`default_nettype none

module weight_stream_proof #(
    parameter int OneQueue   = 0,
    parameter int ValueDepth = 16,
    parameter int ScaleDepth = 2,
    parameter int AuxDepth   = 16,
    parameter int Requests   = 4
) (
    input wire        clk_i,
    input wire        rst_ni,
    input wire        halt_i,
    input wire        seg_valid_i,
    input wire        seg_aux_i,
    input wire [31:0] seg_beats_i,
    input wire [2:0]  seg_mode_i,
    input wire        rq_ready_i,
    input wire        rc_valid_i,
    input wire        value_ready_i,
    input wire        scale_ready_i,
    input wire        aux_ready_i,
    input wire        aux_room_i
);
  localparam int PtrBits = $clog2(Requests);
  logic        seg_ready, rq_valid, rc_last, value_valid, scale_valid, aux_valid;
  logic [31:0] unused_addr;
  logic [7:0]  rq_beats;
  logic [7:0]  unused_value, unused_scale, unused_data;
  logic [4:0]  unused_ask;
  logic [63:0] wide_value, wide_scale, wide_aux;
  luoshu_weight_stream #(
      .Lanes(8), .ValueDepth(ValueDepth), .OneQueue(OneQueue), .ScaleDepth(ScaleDepth), .AuxDepth(AuxDepth), .Requests(Requests)
  ) u_dut (
      .clk_i, .rst_ni, .halt_i, .seg_valid_i, .seg_ready_o(seg_ready), .seg_aux_i, .seg_addr_i(32'd0), .seg_beats_i, .seg_mode_i,
      .rq_valid_o(rq_valid), .rq_ready_i, .rq_addr_o(unused_addr), .rq_beats_o(rq_beats),
      .rc_valid_i, .rc_data_i(64'd0), .rc_last_i(rc_last),
      .value_valid_o(value_valid), .value_ready_i, .value_data_o(wide_value),
      .scale_valid_o(scale_valid), .scale_ready_i, .scale_data_o(wide_scale),
      .aux_valid_o(aux_valid), .aux_ready_i, .aux_data_o(wide_aux), .aux_ask_o(unused_ask), .aux_room_i
  );

  // Memory: the beats still to come of each request in flight; what the stream may hold: per kind asked, come, taken.
  logic             begun_q = 1'b0;
  logic [4:0]       beats_q [Requests];
  logic             aux_q [Requests];
  logic             fresh_q [Requests];     // no beat of it has come
  logic             kind_q;                 // kind of the segment that is being requested
  logic [PtrBits:0] in_q, out_q;
  logic             request, some, beat_value, beat_scale, beat_aux;
  logic [6:0]       value_q, scale_q, aux_in_q;              // beats inside
  logic [6:0]       owed_value, owed_scale, owed_aux;        // beats that are still to come
  logic [PtrBits-1:0] head;
  assign head    = out_q[PtrBits-1:0];
  assign some    = (in_q != out_q);
  assign request = rq_valid && rq_ready_i;
  assign rc_last = (beats_q[head] == 5'd1);
  assign beat_aux   = rc_valid_i && aux_q[head];
  assign beat_scale = rc_valid_i && !aux_q[head] && fresh_q[head];
  assign beat_value = rc_valid_i && !aux_q[head] && !fresh_q[head];
  always_comb begin
    owed_value = '0;
    owed_scale = '0;
    owed_aux   = '0;
    for (int r = 0; r < Requests; r++) begin
      if (aux_q[r]) owed_aux = owed_aux + 7'(beats_q[r]);
      else begin
        owed_value = owed_value + 7'(beats_q[r]) - 7'(fresh_q[r]);
        owed_scale = owed_scale + 7'(fresh_q[r]);
      end
    end
  end
  always_ff @(posedge clk_i) begin
    begun_q <= begun_q || !rst_ni;
    if (seg_valid_i && seg_ready) kind_q <= seg_aux_i;
    if (!rst_ni) begin
      in_q     <= '0;
      out_q    <= '0;
      value_q  <= '0;
      scale_q  <= '0;
      aux_in_q <= '0;
      for (int r = 0; r < Requests; r++) begin
        beats_q[r] <= '0;
        fresh_q[r] <= 1'b0;
        aux_q[r]   <= 1'b0;
      end
    end else begin
      if (request) begin
        in_q <= in_q + 1'b1;
        beats_q[in_q[PtrBits-1:0]] <= rq_beats[4:0];
        aux_q[in_q[PtrBits-1:0]]   <= kind_q;
        fresh_q[in_q[PtrBits-1:0]] <= !kind_q;
      end
      if (rc_valid_i) begin
        beats_q[head] <= beats_q[head] - 1'b1;
        fresh_q[head] <= 1'b0;
        if (rc_last) out_q <= out_q + 1'b1;
      end
      value_q  <= value_q + 7'(beat_value) - 7'(value_valid && value_ready_i);
      scale_q  <= scale_q + 7'(beat_scale) - 7'(scale_valid && scale_ready_i);
      aux_in_q <= aux_in_q + 7'(beat_aux) - 7'(aux_valid && aux_ready_i);
    end
  end

  always_comb begin
    if (!begun_q) assume (!rst_ni);
    assume (!rc_valid_i || some);
    if (AuxDepth == 0) assume (aux_ready_i || !aux_valid);
  end

  // Requests are never empty, never too many, and what they bring has room beside what is there.
  `LUOSHU_ASSERT(request_has_beats, !rq_valid || (rq_beats != 8'd0 && rq_beats <= 8'd17))
  `LUOSHU_ASSERT(requests_bounded, (PtrBits+1)'(in_q - out_q) <= (PtrBits+1)'(Requests))
  generate
    if (OneQueue != 0) begin : gen_one   // one scale beat waits in a register
      `LUOSHU_ASSERT(value_room, value_q + scale_q + owed_value + owed_scale <= 7'(ValueDepth + 1))
    end else begin : gen_two
      `LUOSHU_ASSERT(value_room, value_q + owed_value <= 7'(ValueDepth))
      `LUOSHU_ASSERT(scale_room, scale_q + owed_scale <= 7'(ScaleDepth))
    end
  endgenerate
  `LUOSHU_ASSERT(aux_room, AuxDepth == 0 || aux_in_q + owed_aux <= 7'(AuxDepth))
  `LUOSHU_ASSERT(value_from_memory, !value_valid || value_q != '0)
  `LUOSHU_ASSERT(scale_from_memory, !scale_valid || scale_q != '0)
  `LUOSHU_ASSERT(aux_from_memory, !aux_valid || AuxDepth == 0 || aux_in_q != '0)
endmodule
`default_nettype wire
