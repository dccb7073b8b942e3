// SPDX-License-Identifier: Apache-2.0
// Bulk IN: a stream of bytes becomes packets of at most 64.
//
// A packet is ready (ready_o) when 64 bytes wait, or fewer and none has come for FlushClocks; and
// an empty one, after FlushClocks as well, when the last packet was full and nothing waits, so that
// every transfer of the host ends. From begin_i on a packet keeps its length until ack_i, whatever
// comes meanwhile: a repetition is the same packet. more_o while a byte of it is left: data_o, two
// cycles after begin_i or take_i. ack_i frees it and flips the toggle. Stream: valid/ready, one
// byte per cycle. clear_i resets the toggle, not the data. Reset: empty.
`include "luoshu_assert.svh"
`default_nettype none

module luoshu_usb_in_buffer #(
    parameter int Depth       = 512,   // bytes, a power of two, at least 128
    parameter int FlushClocks = 240    // 5 us
) (
    input  wire        clk_i,
    input  wire        rst_ni,
    input  wire        clear_i,
    input  wire        valid_i,
    output logic       ready_o,
    input  wire  [7:0] data_i,
    output logic       packet_o,       // a packet is ready
    output logic       toggle_o,       // its toggle
    input  wire        begin_i,
    output logic       more_o,
    output logic [7:0] data_o,
    input  wire        take_i,
    input  wire        ack_i
);
  localparam int Bits = $clog2(Depth);
  localparam int FlushBits = $clog2(FlushClocks + 1);
  localparam int MaxPacket = 64;
  generate
    if (Depth < 2 * MaxPacket || (Depth & (Depth - 1)) != 0) begin : gen_illegal
      initial $fatal(1, "luoshu_usb_in_buffer: Depth must be a power of two, at least 128");
    end
  endgenerate

  // Pointers, one more bit than the address: next to write, first that the host may not have.
  logic [Bits:0]        write_q, base_q, waiting;
  logic [Bits-1:0]      raddr_q;
  logic [6:0]           length_q, send_q;   // of the packet; of it, not taken
  logic                 begun_q;            // length_q is kept
  logic                 full_q;             // the last packet was full
  logic [FlushBits-1:0] quiet_q;            // cycles left until what waits is sent
  logic                 push, whole;
  assign waiting  = write_q - base_q;
  assign ready_o  = !waiting[Bits];
  assign push     = valid_i && ready_o;
  assign whole    = (waiting >= (Bits + 1)'(MaxPacket));
  assign packet_o = begun_q || whole || (quiet_q == '0 && (waiting != '0 || full_q));
  assign more_o   = (send_q != 7'd0);

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      write_q  <= '0;
      base_q   <= '0;
      begun_q  <= 1'b0;
      full_q   <= 1'b0;
      toggle_o <= 1'b0;
      quiet_q  <= '0;
    end else begin
      if (push) write_q <= write_q + 1'b1;
      if (push) quiet_q <= FlushBits'(FlushClocks);
      else if (quiet_q != '0) quiet_q <= quiet_q - 1'b1;
      if (ack_i) begin
        base_q  <= base_q + (Bits + 1)'(length_q);
        begun_q <= 1'b0;
        full_q  <= (length_q == 7'(MaxPacket));
      end else if (begin_i && packet_o) begun_q <= 1'b1;
      if (clear_i) toggle_o <= 1'b0;
      else if (ack_i) toggle_o <= !toggle_o;
    end
    if (begin_i) begin
      raddr_q <= base_q[Bits-1:0];
      send_q  <= begun_q ? length_q : whole ? 7'(MaxPacket) : waiting[6:0];
      if (!begun_q) length_q <= whole ? 7'(MaxPacket) : waiting[6:0];
    end else if (take_i) begin
      raddr_q <= raddr_q + 1'b1;
      send_q  <= send_q - 7'd1;
    end
  end
  luoshu_ram_1r1w #(.Width(8), .Depth(Depth)) u_ram (
      .clk_i, .we_i(push), .waddr_i(write_q[Bits-1:0]), .wmask_i(1'b1), .wdata_i(data_i),
      .re_i(1'b1), .raddr_i(raddr_q), .rdata_o(data_o)
  );

  `LUOSHU_ASSERT(packet_is_there, !begun_q || (Bits + 1)'(length_q) <= waiting)
  `LUOSHU_ASSERT(ack_of_packet, !ack_i || begun_q)
endmodule

`default_nettype wire
