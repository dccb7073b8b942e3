// SPDX-License-Identifier: Apache-2.0
// First-in first-out queue from one clock to another; any ratio and phase, equal clocks included.
//
// Handshake: valid/ready on each side in its own clock. Pointers cross Gray-coded through
// luoshu_cdc_bits; a word is read two cycles of the reader after its pointer was written at the
// earliest, so the RAM's data are at rest by then. Latency, push to out_valid_o: 1 cycle of
// in_clk_i and 2 to 3 of out_clk_i; a freed place is seen as long after. Throughput: one word per
// cycle of the slower clock when Depth >= 8. Both resets overlap (luoshu_cdc_reset); in reset a
// side neither takes nor shows a word. Constraint: besides u_cdc_*, the path from the RAM to
// out_data_o's users takes at most one period of out_clk_i plus one of in_clk_i.
`include "luoshu_assert.svh"
`default_nettype none

module luoshu_cdc_fifo #(
    parameter int Width = 8,    // bits per word
    parameter int Depth = 16    // words, a power of two from 4 to 16
) (
    input  wire              in_clk_i,
    input  wire              in_rst_ni,
    input  wire              in_valid_i,
    output logic             in_ready_o,
    input  wire  [Width-1:0] in_data_i,
    input  wire              out_clk_i,
    input  wire              out_rst_ni,
    output logic             out_valid_o,
    input  wire              out_ready_i,
    output logic [Width-1:0] out_data_o
);
  localparam int Bits = $clog2(Depth);
  generate
    if (Width < 1 || Depth < 4 || Depth > 16 || (Depth & (Depth - 1)) != 0) begin : gen_illegal
      initial $fatal(1, "luoshu_cdc_fifo: Depth must be 4, 8 or 16");
    end
  endgenerate

  // Pointers, one more bit than the address. A full queue: Gray codes differ in the two top bits.
  logic [Bits:0] write_q, write_d, write_gray_q, write_gray_there;
  logic [Bits:0] read_q, read_d, read_gray_q, read_gray_there;
  logic          push, pop;
  assign in_ready_o  = in_rst_ni &&
      (write_gray_q != {~read_gray_there[Bits -: 2], read_gray_there[Bits-2:0]});
  assign out_valid_o = out_rst_ni && (read_gray_q != write_gray_there);
  assign push        = in_valid_i && in_ready_o;
  assign pop         = out_valid_o && out_ready_i;
  assign write_d     = write_q + (Bits + 1)'(push);
  assign read_d      = read_q + (Bits + 1)'(pop);

  always_ff @(posedge in_clk_i) begin
    if (!in_rst_ni) begin
      write_q      <= '0;
      write_gray_q <= '0;
    end else begin
      write_q      <= write_d;
      write_gray_q <= write_d ^ (write_d >> 1);
    end
  end
  always_ff @(posedge out_clk_i) begin
    if (!out_rst_ni) begin
      read_q      <= '0;
      read_gray_q <= '0;
    end else begin
      read_q      <= read_d;
      read_gray_q <= read_d ^ (read_d >> 1);
    end
  end
  luoshu_cdc_bits #(.Width(Bits + 1)) u_cdc_read (
      .clk_i(in_clk_i), .d_i(read_gray_q), .q_o(read_gray_there)
  );
  luoshu_cdc_bits #(.Width(Bits + 1)) u_cdc_write (
      .clk_i(out_clk_i), .d_i(write_gray_q), .q_o(write_gray_there)
  );

  luoshu_ram_small #(.Width(Width), .Depth(Depth)) u_ram (
      .clk_i(in_clk_i), .we_i(push), .waddr_i(write_q[Bits-1:0]), .wdata_i(in_data_i),
      .raddr_i(read_q[Bits-1:0]), .rdata_o(out_data_o)
  );

  // The assertions of the reading side, in its clock.
  logic clk_i, rst_ni;
  assign clk_i  = out_clk_i;
  assign rst_ni = out_rst_ni;
  `LUOSHU_STREAM_STABLE(out_stable, out_valid_o, out_ready_i, out_data_o)
  logic unused_clock;
  assign unused_clock = clk_i ^ rst_ni;
endmodule

`default_nettype wire
