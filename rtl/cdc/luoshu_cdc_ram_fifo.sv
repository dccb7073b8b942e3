// SPDX-License-Identifier: Apache-2.0
// A deep queue between two clocks, as luoshu_cdc_fifo with a RAM that has a read register: pointers
// cross in Gray code (luoshu_cdc_bits), words lie in a luoshu_ram_2clk.
//
// Handshake: valid/ready on both sides, each synchronous to its own clock. The read side holds its
// head in a register. Holds Depth words and the head.
// Latency, push to out_valid_o: 1 cycle of in_clk_i and 3 to 4 of out_clk_i.
// Throughput: a word per cycle of the slower clock, provided that Depth is at least 8 (the
// pointers' round trip).
// Reset: both resets overlap (luoshu_cdc_reset); words inside are lost.
// Does not do: flags of half full, counts.
`default_nettype none

module luoshu_cdc_ram_fifo #(
    parameter int Width = 32,  // bits per word
    parameter int Depth = 16   // words, a power of two, at least 4
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
  generate
    if (Depth < 4 || (Depth & (Depth - 1)) != 0) begin : gen_illegal
      initial $fatal(1, "luoshu_cdc_ram_fifo: Depth must be a power of two, at least 4");
    end
  endgenerate
  localparam int PtrBits = $clog2(Depth);
  // One bit more than an address: equal pointers mean empty, pointers that differ in the top bit
  // only mean full.
  logic [PtrBits:0] wptr_q, wgray_q, wptr_next, rptr_q, rgray_q, rptr_next;
  logic [PtrBits:0] rgray_w, wgray_r;   // as the other side sees them
  logic             push, fetch;

  assign in_ready_o = (wgray_q != {~rgray_w[PtrBits:PtrBits-1], rgray_w[PtrBits-2:0]});
  assign push       = in_valid_i && in_ready_o;
  assign wptr_next  = wptr_q + (PtrBits+1)'(push);
  always_ff @(posedge in_clk_i) begin
    if (!in_rst_ni) begin
      wptr_q  <= '0;
      wgray_q <= '0;
    end else begin
      wptr_q  <= wptr_next;
      wgray_q <= wptr_next ^ (wptr_next >> 1);
    end
  end
  luoshu_cdc_bits #(.Width(PtrBits + 1)) u_cdc_read (.clk_i(in_clk_i), .d_i(rgray_q),
      .q_o(rgray_w));

  assign fetch     = (rgray_q != wgray_r) && (!out_valid_o || out_ready_i);
  assign rptr_next = rptr_q + (PtrBits+1)'(fetch);
  always_ff @(posedge out_clk_i) begin
    if (!out_rst_ni) begin
      rptr_q      <= '0;
      rgray_q     <= '0;
      out_valid_o <= 1'b0;
    end else begin
      rptr_q      <= rptr_next;
      rgray_q     <= rptr_next ^ (rptr_next >> 1);
      out_valid_o <= fetch || (out_valid_o && !out_ready_i);
    end
  end
  luoshu_cdc_bits #(.Width(PtrBits + 1)) u_cdc_write (.clk_i(out_clk_i), .d_i(wgray_q),
      .q_o(wgray_r));

  luoshu_ram_2clk #(.Width(Width), .Depth(Depth)) u_ram (
      .wclk_i(in_clk_i), .we_i(push), .waddr_i(wptr_q[PtrBits-1:0]), .wdata_i(in_data_i),
      .rclk_i(out_clk_i), .re_i(fetch), .raddr_i(rptr_q[PtrBits-1:0]), .rdata_o(out_data_o)
  );
endmodule
`default_nettype wire
