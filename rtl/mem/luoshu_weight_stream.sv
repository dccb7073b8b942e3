// SPDX-License-Identifier: Apache-2.0
// The weight stream: reads segments from device memory ahead of need and steers their beats.
//
// Segments are executed in order. A weight segment is cut into runs of one scale beat and up to 16 (Int8, Planes), 8 (Int4)
// or 4 (Int4m) value beats, each run one read request (docs/architecture.md, section 2); scale beats go to the scale
// FIFO, value beats to the value FIFO. A parameter segment (aux) goes to the aux FIFO. A request is made only when the
// FIFOs have room for all of its beats, so the memory port never waits. While halt_i is high no request is made.
// OneQueue = 1: values and scales wait in one queue in the order of the stream, which takes half the block RAMs; a scale beat
// passes from its head to a register (one more cycle of latency, and no value in the cycle in which it passes).
// Throughput: one beat per cycle. Latency: segment to first request 2 cycles; read data to FIFO output 2 cycles.
// Reset empties everything; the user must see to it that no read is in flight (memory port idle).
`include "luoshu_assert.svh"
`default_nettype none

module luoshu_weight_stream #(
    parameter int Lanes      = 32,   // bytes per beat
    parameter int ValueDepth = 256,  // beats, a power of two >= 32
    parameter int OneQueue   = 0,    // 1: values and scales share a queue of ValueDepth beats
    parameter int ScaleDepth = 64,   // beats, a power of two; OneQueue = 0
    parameter int AuxDepth   = 32,   // beats, a power of two >= 16
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
    output logic [Lanes*8-1:0] aux_data_o
);
  localparam int BeatBits = $clog2(Lanes);

  // ---------------------------------------------------------------- request side
  logic        seg_busy_q;
  logic        seg_aux_q;
  logic [31:0] seg_addr_q;
  logic [31:0] seg_left_q;   // beats not yet requested
  logic [4:0]  run_q;        // value beats of a full run (16 for aux)
  logic [7:0]  chunk;        // beats of the next request
  logic [10:0] value_free_q; // credits
  logic [10:0] scale_free_q;
  logic [10:0] aux_free_q;
  logic        room;
  logic        request;
  logic        kind_in_ready;  // the list of requests in flight has room

  assign chunk = seg_aux_q ? ((seg_left_q > 32'd16) ? 8'd16 : seg_left_q[7:0])
                           : ((seg_left_q > 32'(run_q) + 32'd1) ? {3'd0, run_q} + 8'd1 : seg_left_q[7:0]);
  logic [10:0] value_beats;    // of the next request in the value queue
  assign value_beats = (OneQueue != 0) ? 11'(chunk) : 11'(chunk) - 11'd1;
  assign room = seg_aux_q ? (aux_free_q >= 11'(chunk)) : ((value_free_q >= value_beats) && (OneQueue != 0 || scale_free_q != 11'd0));
  assign rq_valid_o  = seg_busy_q && room && !halt_i && kind_in_ready;
  assign rq_addr_o   = seg_addr_q;
  assign rq_beats_o  = chunk;
  assign request     = rq_valid_o && rq_ready_i;
  assign seg_ready_o = !seg_busy_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      seg_busy_q <= 1'b0;
    end else if (!seg_busy_q) begin
      seg_busy_q <= seg_valid_i && (seg_beats_i != 32'd0);
    end else if (request && seg_left_q == 32'(chunk)) begin
      seg_busy_q <= 1'b0;
    end
    if (!seg_busy_q) begin
      seg_aux_q  <= seg_aux_i;
      seg_addr_q <= seg_addr_i;
      seg_left_q <= seg_beats_i;
      run_q      <= (seg_mode_i == 3'(luoshu_defs_pkg::ModeInt4)) ? 5'd8
                  : (seg_mode_i == 3'(luoshu_defs_pkg::ModeInt4m)) ? 5'd4 : 5'd16;
    end else if (request) begin
      seg_addr_q <= seg_addr_q + (32'(chunk) << BeatBits);
      seg_left_q <= seg_left_q - 32'(chunk);
    end
  end

  // ---------------------------------------------------------------- credits
  logic value_pop, scale_pop, aux_pop;
  assign aux_pop   = aux_valid_o && aux_ready_i;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      value_free_q <= 11'(ValueDepth);
      scale_free_q <= 11'(ScaleDepth);
      aux_free_q   <= 11'(AuxDepth);
    end else begin
      value_free_q <= value_free_q + 11'(value_pop) - ((request && !seg_aux_q) ? value_beats : 11'd0);
      scale_free_q <= scale_free_q + 11'(scale_pop) - 11'(request && !seg_aux_q);
      aux_free_q   <= aux_free_q + 11'(aux_pop) - ((request && seg_aux_q) ? 11'(chunk) : 11'd0);
    end
  end

  // ---------------------------------------------------------------- return side: the kind of each request in flight
  logic kind_valid;
  logic kind_aux;
  logic [$clog2(Requests):0] unused_kinds;
  logic first_q;  // the next beat is the first of its request
  luoshu_fifo #(.Width(1), .Depth(Requests), .UseRam(0)) u_kinds (
      .clk_i, .rst_ni,
      .in_valid_i(request), .in_ready_o(kind_in_ready), .in_data_i(seg_aux_q),
      .out_valid_o(kind_valid), .out_ready_i(rc_valid_i && rc_last_i), .out_data_o(kind_aux), .count_o(unused_kinds)
  );

  always_ff @(posedge clk_i) begin
    if (!rst_ni) first_q <= 1'b1;
    else if (rc_valid_i) first_q <= rc_last_i;
  end
  `LUOSHU_ASSERT(known_kind, !rc_valid_i || kind_valid)

  logic value_in, scale_in, aux_in;
  logic [$clog2(ValueDepth):0] unused_value;
  logic [$clog2(AuxDepth):0]   unused_aux;
  logic value_space, aux_space;
  assign aux_in   = rc_valid_i && kind_aux;
  assign scale_in = rc_valid_i && !kind_aux && first_q;
  assign value_in = rc_valid_i && !kind_aux && !first_q;

  generate
    if (OneQueue != 0) begin : gen_one
      logic               head_valid, head_scale, scale_valid_q;
      logic [Lanes*8-1:0] scale_q;
      luoshu_fifo #(.Width(Lanes*8 + 1), .Depth(ValueDepth)) u_values (
          .clk_i, .rst_ni, .in_valid_i(value_in || scale_in), .in_ready_o(value_space), .in_data_i({first_q, rc_data_i}),
          .out_valid_o(head_valid), .out_ready_i(head_scale ? !scale_valid_q : value_ready_i),
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
          .out_valid_o(value_valid_o), .out_ready_i(value_ready_i), .out_data_o(value_data_o), .count_o(unused_value)
      );
      luoshu_fifo #(.Width(Lanes*8), .Depth(ScaleDepth)) u_scales (
          .clk_i, .rst_ni, .in_valid_i(scale_in), .in_ready_o(scale_space), .in_data_i(rc_data_i),
          .out_valid_o(scale_valid_o), .out_ready_i(scale_ready_i), .out_data_o(scale_data_o), .count_o(unused_scale)
      );
      `LUOSHU_ASSERT(scale_fits, !scale_in || scale_space)
    end
  endgenerate
  luoshu_fifo #(.Width(Lanes*8), .Depth(AuxDepth)) u_aux (
      .clk_i, .rst_ni, .in_valid_i(aux_in), .in_ready_o(aux_space), .in_data_i(rc_data_i),
      .out_valid_o(aux_valid_o), .out_ready_i(aux_ready_i), .out_data_o(aux_data_o), .count_o(unused_aux)
  );
  `LUOSHU_ASSERT(value_fits, !value_in || value_space)
  `LUOSHU_ASSERT(aux_fits, !aux_in || aux_space)
endmodule
`default_nettype wire
