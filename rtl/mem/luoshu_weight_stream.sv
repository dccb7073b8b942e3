// SPDX-License-Identifier: Apache-2.0
// The weight stream: reads segments from device memory ahead of need and steers their beats.
//
// Segments are executed in order. A weight segment is cut into runs of one scale beat and up to 16
// (Int8, Planes), 8 (Int4) or 4 (Int4m) value beats, each run one read request
// (docs/architecture/memory.md); scale beats go to the scale FIFO, value beats to the value
// FIFO. A parameter segment (aux) goes to the aux FIFO. A request is made only when the FIFOs have
// room for all of its beats, so the memory port never waits. While halt_i is high no request is
// made. OneQueue = 1: values and scales wait in one queue in the order of the stream, which takes
// half the block RAMs; a scale beat passes from its head to a register (one more cycle of latency,
// and no value in the cycle in which it passes); a request then waits for room for 32 beats.
// AuxDepth = 0: parameters have no queue here, the receiver reserves their place.
// Throughput: one beat per cycle. Latency: segment to first request 1 cycle; read data to FIFO
// output 2 cycles. Reset empties everything; the user must see to it that no read is in flight
// (memory port idle).
`include "luoshu_assert.svh"
`default_nettype none

module luoshu_weight_stream #(
    parameter int Lanes      = 32,   // bytes per beat
    parameter int ValueDepth = 256,  // beats, a power of two >= 32
    parameter int OneQueue   = 0,    // 1: values and scales share a queue of ValueDepth beats
    parameter int ScaleDepth = 64,   // beats, a power of two; OneQueue = 0
    parameter int AuxDepth   = 32,   // beats, a power of two >= 16; 0: no queue, see aux_ask_o
    parameter int Requests   = 64    // requests in flight, a power of two
) (
    input  wire                clk_i,
    input  wire                rst_ni,
    input  wire                halt_i,
    // segments
    input  wire                seg_valid_i,
    output logic               seg_ready_o,
    input  wire                seg_aux_i,    // 1 parameters, 0 weights
    input  wire  [31:0]        seg_addr_i,   // byte address, beat aligned
    input  wire  [31:0]        seg_beats_i,  // beats, scales included
    input  wire  [2:0]         seg_mode_i,   // weight mode
    // memory port read client
    output logic               rq_valid_o,
    input  wire                rq_ready_i,
    output logic [31:0]        rq_addr_o,
    output logic [7:0]         rq_beats_o,
    input  wire                rc_valid_i,
    input  wire  [Lanes*8-1:0] rc_data_i,
    input  wire                rc_last_i,
    // streams
    output logic               value_valid_o,
    input  wire                value_ready_i,
    output logic [Lanes*8-1:0] value_data_o,
    output logic               scale_valid_o,
    input  wire                scale_ready_i,
    output logic [Lanes*8-1:0] scale_data_o,
    output logic               aux_valid_o,
    input  wire                aux_ready_i,
    output logic [Lanes*8-1:0] aux_data_o,
    // AuxDepth = 0: beats of a request, which the receiver will take as they come ...
    output logic [4:0]         aux_ask_o,
    input  wire                aux_room_i    // ... as it had room for 16
);
  localparam int BeatBits = $clog2(Lanes);
  localparam int LeftBits = 32 - BeatBits;   // a segment has no more beats than memory

  // ---------------------------------------------------------------- request side
  logic        seg_busy_q;
  logic        seg_aux_q;
  logic [31:0] seg_addr_q;
  logic [LeftBits-1:0] seg_left_q;   // beats not yet requested
  logic [LeftBits:0]   after;        // after a full request; negative where the last one is shorter
  logic [4:0]  full_q;       // beats of a full request: a run with its scales, 16 for aux
  logic [4:0]  chunk;        // beats of the next request
  logic        last;         // it is the segment's last
  logic [10:0] value_free_q; // credits
  logic [10:0] scale_free_q;
  logic        room, aux_fits;
  logic        request;
  logic        kind_in_ready;  // the list of requests in flight has room

  assign after = {1'b0, seg_left_q} - (LeftBits+1)'(full_q);
  assign last  = after[LeftBits] || (after == '0);
  assign chunk = last ? seg_left_q[4:0] : full_q;
  logic [4:0] value_beats;     // of the next request in the value queue
  assign value_beats = (OneQueue != 0) ? chunk : chunk - 5'd1;
  assign room = seg_aux_q ? aux_fits
      : ((value_free_q >= ((OneQueue != 0) ? 11'd32 : 11'(value_beats)))
      && (OneQueue != 0 || scale_free_q != 11'd0));
  assign rq_valid_o  = seg_busy_q && room && !halt_i && kind_in_ready;
  assign rq_addr_o   = seg_addr_q;
  assign rq_beats_o  = 8'(chunk);
  assign request     = rq_valid_o && rq_ready_i;
  assign seg_ready_o = !seg_busy_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      seg_busy_q <= 1'b0;
    end else if (!seg_busy_q) begin
      seg_busy_q <= seg_valid_i && (seg_beats_i != 32'd0);
    end else if (request && last) begin
      seg_busy_q <= 1'b0;
    end
    if (!seg_busy_q) begin
      seg_aux_q  <= seg_aux_i;
      seg_addr_q <= seg_addr_i;
      seg_left_q <= seg_beats_i[LeftBits-1:0];
      full_q     <= seg_aux_i ? 5'd16 : (seg_mode_i == 3'(luoshu_defs_pkg::ModeInt4)) ? 5'd9
                  : (seg_mode_i == 3'(luoshu_defs_pkg::ModeInt4m)) ? 5'd5 : 5'd17;
    end else if (request) begin
      seg_addr_q <= seg_addr_q + (32'(chunk) << BeatBits);
      seg_left_q <= after[LeftBits-1:0];
    end
  end

  // ---------------------------------------------------------------- credits
  logic value_pop, scale_pop;
  logic signed [5:0] value_net, scale_net;   // beats asked for less the beat that leaves
  assign value_net = $signed((request && !seg_aux_q) ? 6'(value_beats) : 6'd0) - 6'(value_pop);
  assign scale_net = 6'(request && !seg_aux_q) - 6'(scale_pop);
  assign aux_ask_o = (request && seg_aux_q) ? chunk : 5'd0;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      value_free_q <= 11'(ValueDepth);
      scale_free_q <= 11'(ScaleDepth);
    end else begin
      value_free_q <= value_free_q - 11'(value_net);
      scale_free_q <= scale_free_q - 11'(scale_net);
    end
  end

  // ----------------------------------------------- return side: the kind of each request in flight
  logic kind_valid;
  logic kind_aux;
  logic [$clog2(Requests):0] unused_kinds;
  logic first_q;  // the next beat is the first of its request
  luoshu_fifo #(.Width(1), .Depth(Requests), .UseRam(0)) u_kinds (
      .clk_i, .rst_ni,
      .in_valid_i(request), .in_ready_o(kind_in_ready), .in_data_i(seg_aux_q),
      .out_valid_o(kind_valid), .out_ready_i(rc_valid_i && rc_last_i), .out_data_o(kind_aux),
      .count_o(unused_kinds)
  );

  always_ff @(posedge clk_i) begin
    if (!rst_ni) first_q <= 1'b1;
    else if (rc_valid_i) first_q <= rc_last_i;
  end
  `LUOSHU_ASSERT(known_kind, !rc_valid_i || kind_valid)

  logic value_in, scale_in, aux_in;
  logic [$clog2(ValueDepth):0] unused_value;
  logic value_space;
  assign aux_in   = rc_valid_i && kind_aux;
  assign scale_in = rc_valid_i && !kind_aux && first_q;
  assign value_in = rc_valid_i && !kind_aux && !first_q;

  generate
    if (OneQueue != 0) begin : gen_one
      logic               head_valid, head_scale, scale_valid_q;
      logic [Lanes*8-1:0] scale_q;
      luoshu_fifo #(.Width(Lanes*8 + 1), .Depth(ValueDepth)) u_values (
          .clk_i, .rst_ni, .in_valid_i(value_in || scale_in), .in_ready_o(value_space),
          .in_data_i({first_q, rc_data_i}), .out_valid_o(head_valid),
          .out_ready_i(head_scale ? !scale_valid_q : value_ready_i),
          .out_data_o({head_scale, value_data_o}), .count_o(unused_value)
      );
      assign value_valid_o = head_valid && !head_scale;
      assign value_pop     = head_valid && (head_scale ? !scale_valid_q : value_ready_i);
      assign scale_pop     = head_valid && head_scale && !scale_valid_q;
      assign scale_valid_o = scale_valid_q;
      assign scale_data_o  = scale_q;
      always_ff @(posedge clk_i) begin
        if (!rst_ni) scale_valid_q <= 1'b0;
        else if (scale_pop) scale_valid_q <= 1'b1;
        else if (scale_ready_i) scale_valid_q <= 1'b0;
        if (scale_pop) scale_q <= value_data_o;
      end
    end else begin : gen_two
      logic [$clog2(ScaleDepth):0] unused_scale;
      logic                        scale_space;
      assign value_pop = value_valid_o && value_ready_i;
      assign scale_pop = scale_valid_o && scale_ready_i;
      luoshu_fifo #(.Width(Lanes*8), .Depth(ValueDepth)) u_values (
          .clk_i, .rst_ni, .in_valid_i(value_in), .in_ready_o(value_space), .in_data_i(rc_data_i),
          .out_valid_o(value_valid_o), .out_ready_i(value_ready_i), .out_data_o(value_data_o),
          .count_o(unused_value)
      );
      luoshu_fifo #(.Width(Lanes*8), .Depth(ScaleDepth),
          .UseRam((ScaleDepth > 16) ? 1 : 0)) u_scales (
          .clk_i, .rst_ni, .in_valid_i(scale_in), .in_ready_o(scale_space), .in_data_i(rc_data_i),
          .out_valid_o(scale_valid_o), .out_ready_i(scale_ready_i), .out_data_o(scale_data_o),
          .count_o(unused_scale)
      );
      `LUOSHU_ASSERT(scale_fits, !scale_in || scale_space)
    end
  endgenerate
  generate
    if (AuxDepth != 0) begin : gen_aux_queue
      logic [$clog2(AuxDepth):0] unused_aux;
      logic                      aux_space, unused_room;
      logic [10:0]               aux_free_q;   // credits
      logic signed [5:0]         aux_net;
      assign aux_net     = $signed({1'b0, aux_ask_o}) - 6'(aux_valid_o && aux_ready_i);
      assign aux_fits    = (aux_free_q >= 11'(chunk));
      assign unused_room = aux_room_i;
      always_ff @(posedge clk_i) aux_free_q <= !rst_ni ? 11'(AuxDepth) : aux_free_q - 11'(aux_net);
      luoshu_fifo #(.Width(Lanes*8), .Depth(AuxDepth)) u_aux (
          .clk_i, .rst_ni, .in_valid_i(aux_in), .in_ready_o(aux_space), .in_data_i(rc_data_i),
          .out_valid_o(aux_valid_o), .out_ready_i(aux_ready_i), .out_data_o(aux_data_o),
          .count_o(unused_aux)
      );
      `LUOSHU_ASSERT(aux_fits_in, !aux_in || aux_space)
    end else begin : gen_aux_direct
      assign aux_fits    = aux_room_i;
      assign aux_valid_o = aux_in;
      assign aux_data_o  = rc_data_i;
      `LUOSHU_ASSERT(aux_taken, !aux_in || aux_ready_i)
    end
  endgenerate
  `LUOSHU_ASSERT(value_fits, !value_in || value_space)
endmodule
`default_nettype wire
