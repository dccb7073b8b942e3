// SPDX-License-Identifier: Apache-2.0
// Bulk OUT: packets from the host become a stream of bytes. A byte is shown only when its packet
// has been committed.
//
// Before a packet begin_i decides whether it can be taken (ready_o): 64 bytes are free. Its bytes
// come with their index; commit_i keeps the first length_i of them and flips the toggle. Without
// commit_i nothing has happened. Stream: valid/ready, one byte per cycle, 2 cycles from commit_i to
// valid_o. clear_i resets the toggle, not the data. Reset: empty.
`include "luoshu_assert.svh"
`default_nettype none

module luoshu_usb_out_buffer #(
    parameter int Depth = 512   // bytes, a power of two, at least 128
) (
    input  wire        clk_i,
    input  wire        rst_ni,
    input  wire        clear_i,
    input  wire        begin_i,
    input  wire        byte_valid_i,
    input  wire  [7:0] byte_i,
    input  wire  [6:0] index_i,
    input  wire        commit_i,
    input  wire  [6:0] length_i,     // 0 to 64
    output logic       ready_o,
    output logic       toggle_o,     // of the next packet
    output logic       valid_o,
    input  wire        ready_i,
    output logic [7:0] data_o
);
  localparam int Bits = $clog2(Depth);
  localparam int MaxPacket = 64;
  generate
    if (Depth < 2 * MaxPacket || (Depth & (Depth - 1)) != 0) begin : gen_illegal
      initial $fatal(1, "luoshu_usb_out_buffer: Depth must be a power of two, at least 128");
    end
  endgenerate

  // Pointers, one more bit than the address: behind the last committed byte, next to read.
  logic [Bits:0] write_q, read_q, used;
  logic          fetch, valid_q;
  logic [Bits-1:0] waddr;
  assign used    = write_q - read_q;
  assign waddr   = write_q[Bits-1:0] + Bits'(index_i);
  assign fetch   = (used != '0) && (!valid_q || ready_i);
  assign valid_o = valid_q;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      write_q  <= '0;
      read_q   <= '0;
      valid_q  <= 1'b0;
      ready_o  <= 1'b0;
      toggle_o <= 1'b0;
    end else begin
      if (begin_i) ready_o <= (used <= (Bits + 1)'(Depth - MaxPacket));
      if (commit_i) write_q <= write_q + (Bits + 1)'(length_i);
      if (fetch) read_q <= read_q + 1'b1;
      valid_q <= fetch || (valid_q && !ready_i);
      if (clear_i) toggle_o <= 1'b0;
      else if (commit_i) toggle_o <= !toggle_o;
    end
  end
  luoshu_ram_1r1w #(.Width(8), .Depth(Depth)) u_ram (
      .clk_i, .we_i(byte_valid_i && ready_o && index_i < 7'(MaxPacket)), .waddr_i(waddr),
      .wmask_i(1'b1), .wdata_i(byte_i), .re_i(fetch), .raddr_i(read_q[Bits-1:0]), .rdata_o(data_o)
  );

  `LUOSHU_ASSERT(never_too_full, used <= (Bits + 1)'(Depth))
  `LUOSHU_ASSERT(commit_fits, !commit_i || (ready_o && length_i <= 7'(MaxPacket)))
  `LUOSHU_STREAM_STABLE(out_stable, valid_o, ready_i, data_o)
endmodule

`default_nettype wire
