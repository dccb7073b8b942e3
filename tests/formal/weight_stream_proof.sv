// SPDX-License-Identifier: Apache-2.0
// luoshu_weight_stream: requests cover each segment in order, in the runs of its mode; its queues
// never overflow, whatever segments come, whenever memory answers and the users take; each beat
// goes to the queue of its kind. The credits of a queue, the words in it and the beats that memory
// owes it are its depth in every cycle.
//
// What memory promises: the beats of the requests in their order, each request's last one marked.
// Of segments: none is longer than memory. Of the receiver of parameters, where there is no queue
// for them (AuxDepth = 0): it takes them.
`include "luoshu_assert.svh"
`default_nettype none

module weight_stream_proof #(
    parameter int OneQueue   = 0,
    parameter int ValueDepth = 32,
    parameter int ScaleDepth = 2,
    parameter int AuxDepth   = 16,
    parameter int Requests   = 4
) (
    input wire        clk_i,
    input wire        rst_ni,
    input wire        halt_i,
    input wire        seg_valid_i,
    input wire        seg_aux_i,
    input wire [31:0] seg_addr_i,
    input wire [31:0] seg_beats_i,
    input wire [2:0]  seg_mode_i,
    input wire        rq_ready_i,
    input wire        rc_valid_i,
    input wire        value_ready_i,
    input wire        scale_ready_i,
    input wire        aux_ready_i,
    input wire        aux_room_i
);
  logic        seg_ready, rq_valid, rc_last, value_valid, scale_valid, aux_valid;
  logic [31:0] rq_addr;
  logic [7:0]  rq_beats;
  logic [4:0]  aux_ask;
  logic [63:0] unused_value, unused_scale, unused_aux;
  luoshu_weight_stream #(
      .Lanes(8), .ValueDepth(ValueDepth), .OneQueue(OneQueue), .ScaleDepth(ScaleDepth),
      .AuxDepth(AuxDepth), .Requests(Requests)
  ) u_dut (
      .clk_i, .rst_ni, .halt_i, .seg_valid_i, .seg_ready_o(seg_ready), .seg_aux_i, .seg_addr_i,
      .seg_beats_i, .seg_mode_i, .rq_valid_o(rq_valid), .rq_ready_i, .rq_addr_o(rq_addr),
      .rq_beats_o(rq_beats), .rc_valid_i, .rc_data_i(64'd0), .rc_last_i(rc_last),
      .value_valid_o(value_valid), .value_ready_i, .value_data_o(unused_value),
      .scale_valid_o(scale_valid), .scale_ready_i, .scale_data_o(unused_scale),
      .aux_valid_o(aux_valid), .aux_ready_i, .aux_data_o(unused_aux), .aux_ask_o(aux_ask),
      .aux_room_i
  );
  // inside the unit; those of the other shape are free
  localparam int CountBits = $clog2(Requests) + 1;
  (* hierconn *) wire [10:0] \u_dut.value_free_q ;
  (* hierconn *) wire [10:0] \u_dut.scale_free_q ;
  (* hierconn *) wire [10:0] \u_dut.gen_aux_queue.aux_free_q ;
  (* hierconn *) wire [$clog2(ValueDepth):0] \u_dut.gen_one.u_values.count_q ;
  (* hierconn *) wire [$clog2(ValueDepth):0] \u_dut.gen_two.u_values.count_q ;
  (* hierconn *) wire [$clog2(ScaleDepth):0] \u_dut.gen_two.u_scales.count_q ;
  (* hierconn *) wire [4:0] \u_dut.gen_aux_queue.u_aux.count_q ;
  (* hierconn *) wire [CountBits-1:0] \u_dut.u_kinds.count_q ;
  (* hierconn *) wire [Requests-1:0]  \u_dut.u_kinds.gen_words.words_q ;
  (* hierconn *) wire        \u_dut.seg_aux_q ;
  (* hierconn *) wire [31:0] \u_dut.seg_addr_q ;
  (* hierconn *) wire [28:0] \u_dut.seg_left_q ;
  (* hierconn *) wire [4:0]  \u_dut.full_q ;
  (* hierconn *) wire        \u_dut.first_q ;
  (* hierconn *) wire        \u_dut.value_in ;
  (* hierconn *) wire        \u_dut.scale_in ;
  (* hierconn *) wire        \u_dut.aux_in ;

  // The segment that is being requested.
  logic        begun_q = 1'b0;
  logic        aux_q;
  logic [31:0] addr_q;
  logic [28:0] left_q = '0;
  logic [4:0]  run_q;       // beats of a run
  logic        request;
  // Requests in flight, 0 is the next to be answered: beats still to come, of parameters.
  logic [4:0]           beats_q [Requests];
  logic [Requests-1:0]  params_q = '0;
  logic [CountBits-1:0] flying_q = '0, place;
  logic                 part_q = 1'b0;    // a beat of request 0 has come
  logic                 beat_aux, beat_scale, beat_value, done;
  logic [10:0]          owed_value, owed_scale, owed_aux;   // beats that are still to come
  logic                 some_beats, kinds_same;
  assign request    = rq_valid && rq_ready_i;
  assign rc_last    = (beats_q[0] == 5'd1);
  assign done       = rc_valid_i && rc_last;
  assign place      = flying_q - CountBits'(done);
  assign beat_aux   = rc_valid_i && params_q[0];
  assign beat_scale = rc_valid_i && !params_q[0] && !part_q;
  assign beat_value = rc_valid_i && !params_q[0] && part_q;
  always_comb begin
    owed_value = '0;
    owed_scale = '0;
    owed_aux   = '0;
    some_beats = 1'b1;
    kinds_same = 1'b1;
    for (int r = 0; r < Requests; r++) begin
      if (CountBits'(r) < flying_q) begin
        if (params_q[r]) begin
          owed_aux = owed_aux + 11'(beats_q[r]);
        end else if (r == 0 && part_q) begin
          owed_value = owed_value + 11'(beats_q[r]);
        end else begin
          owed_value = owed_value + 11'(beats_q[r]) - 11'd1;
          owed_scale = owed_scale + 11'd1;
        end
        if (beats_q[r] == 5'd0 || beats_q[r] > 5'd17) some_beats = 1'b0;
        if (params_q[r] != \u_dut.u_kinds.gen_words.words_q [r]) kinds_same = 1'b0;
      end
    end
  end
  always_ff @(posedge clk_i) begin
    begun_q <= begun_q || !rst_ni;
    if (seg_valid_i && seg_ready) begin
      aux_q  <= seg_aux_i;
      addr_q <= seg_addr_i;
      run_q  <= seg_aux_i ? 5'd16 : (seg_mode_i == 3'(luoshu_defs_pkg::ModeInt4)) ? 5'd9
          : (seg_mode_i == 3'(luoshu_defs_pkg::ModeInt4m)) ? 5'd5 : 5'd17;
    end else if (request) begin
      addr_q <= addr_q + {21'd0, rq_beats, 3'd0};
    end
    if (!rst_ni) begin
      left_q   <= '0;
      flying_q <= '0;
      part_q   <= 1'b0;
    end else begin
      if (seg_valid_i && seg_ready) left_q <= seg_beats_i[28:0];
      else if (request) left_q <= left_q - 29'(rq_beats);
      flying_q <= flying_q + CountBits'(request) - CountBits'(done);
      if (rc_valid_i) part_q <= !rc_last;
    end
    for (int r = 0; r < Requests; r++) begin
      if (request && CountBits'(r) == place) begin
        beats_q[r]  <= rq_beats[4:0];
        params_q[r] <= aux_q;
      end else if (done) begin
        beats_q[r]  <= beats_q[(r+1) % Requests];
        params_q[r] <= params_q[(r+1) % Requests];
      end else if (rc_valid_i && r == 0) begin
        beats_q[r]  <= beats_q[r] - 5'd1;
      end
    end
  end

  always_comb begin
    if (!begun_q) assume (!rst_ni);
    assume (!rc_valid_i || flying_q != '0);
    assume (seg_beats_i[31:29] == '0);   // of 8 bytes: no more than memory has
    if (AuxDepth == 0) assume (aux_ready_i || !aux_valid);
  end

  // Each segment is asked for as it is, run by run; the next one comes when all of it was.
  `LUOSHU_ASSERT(request_place, !rq_valid || rq_addr == addr_q)
  `LUOSHU_ASSERT(request_beats, !rq_valid || (rq_beats != 8'd0
      && rq_beats == ((left_q < 29'(run_q)) ? 8'(left_q) : 8'(run_q))))
  `LUOSHU_ASSERT(segment_whole, seg_ready == (left_q == '0))
  `LUOSHU_ASSERT(halted, !(rq_valid && halt_i))
  `LUOSHU_ASSERT(asks, aux_ask == ((request && aux_q) ? rq_beats[4:0] : 5'd0))
  // Beats go where they belong.
  `LUOSHU_ASSERT(kinds, {\u_dut.value_in , \u_dut.scale_in , \u_dut.aux_in }
      == {beat_value, beat_scale, beat_aux})
  // What was asked for has room beside what is there.
  `LUOSHU_ASSERT(requests_bounded, flying_q <= CountBits'(Requests))
  generate
    if (OneQueue != 0) begin : gen_one
      `LUOSHU_ASSERT(value_room, \u_dut.value_free_q <= 11'(ValueDepth)
          && \u_dut.value_free_q + 11'(\u_dut.gen_one.u_values.count_q ) + owed_value + owed_scale
          == 11'(ValueDepth))
    end else begin : gen_two
      `LUOSHU_ASSERT(value_room, \u_dut.value_free_q <= 11'(ValueDepth)
          && \u_dut.value_free_q + 11'(\u_dut.gen_two.u_values.count_q ) + owed_value
          == 11'(ValueDepth))
      `LUOSHU_ASSERT(scale_room, \u_dut.scale_free_q <= 11'(ScaleDepth)
          && \u_dut.scale_free_q + 11'(\u_dut.gen_two.u_scales.count_q ) + owed_scale
          == 11'(ScaleDepth))
    end
    if (AuxDepth != 0) begin : gen_aux
      `LUOSHU_ASSERT(aux_room, \u_dut.gen_aux_queue.aux_free_q <= 11'(AuxDepth)
          && \u_dut.gen_aux_queue.aux_free_q + 11'(\u_dut.gen_aux_queue.u_aux.count_q ) + owed_aux
          == 11'(AuxDepth))
    end
  endgenerate
  // Why: the unit's list of requests is memory's, its segment is the one that was given.
  `LUOSHU_ASSERT(same_list, \u_dut.u_kinds.count_q == flying_q && kinds_same && some_beats)
  `LUOSHU_ASSERT(same_part, \u_dut.first_q == !part_q && (flying_q != '0 || !part_q))
  `LUOSHU_ASSERT(same_segment, left_q == '0 || (\u_dut.seg_left_q == left_q
      && \u_dut.seg_addr_q == addr_q && \u_dut.full_q == run_q && \u_dut.seg_aux_q == aux_q))
  `LUOSHU_ASSERT(run_known, left_q == '0
      || (aux_q ? run_q == 5'd16 : (run_q == 5'd17 || run_q == 5'd9 || run_q == 5'd5)))
endmodule
`default_nettype wire
