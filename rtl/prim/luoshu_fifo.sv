// SPDX-License-Identifier: Apache-2.0
// Synchronous first-in first-out queue of exactly Depth words.
//
// Handshake: valid/ready on both sides; no combinational path from one side to the other (a full
// queue accepts a word only in the cycle after a pop). One push and one pop in every cycle,
// provided that Depth > latency. out_data_o comes from a small RAM's read port (UseRam = 0) or a
// RAM's read register (1) or the last of Depth registers (2). Latency, push to out_valid_o in an
// empty queue: 2 cycles (UseRam = 1), 1 cycle (UseRam = 0), Depth cycles (UseRam = 2; a full queue
// moves on one word per two cycles). UseRam = 1: words lie in a luoshu_ram_1r1w whose read register
// is the prefetched head.
// UseRam = 0: words lie in a luoshu_ram_small; meant for Depth <= 16. UseRam = 2: words move from
// register to register, no multiplexer; meant for Depth <= 4. Reset empties it; words offered in
// reset are lost. Does not do: two clocks, peeking, flushing.
`include "luoshu_assert.svh"
`include "luoshu_require.svh"
`default_nettype none

module luoshu_fifo #(
    parameter int Width      = 32,  // bits per word
    parameter int Depth      = 64,  // words, a power of two, at least 2
    parameter int UseRam     = 1,   // 1: block RAM, 0: LUT RAM, 2: registers
    // Derived, do not set.
    parameter int CountWidth = $clog2(Depth) + 1
) (
    input  wire                   clk_i,
    input  wire                   rst_ni,
    input  wire                   in_valid_i,
    output logic                  in_ready_o,
    input  wire  [Width-1:0]      in_data_i,
    output logic                  out_valid_o,
    input  wire                   out_ready_i,
    output logic [Width-1:0]      out_data_o,
    output logic [CountWidth-1:0] count_o      // words inside, 0 to Depth, the head included
);
  `LUOSHU_REQUIRE(gen_legal, Width >= 1 && Depth >= 2 && (Depth & (Depth - 1)) == 0,
                  "luoshu_fifo: Depth must be a power of two, at least 2")

  localparam int PtrWidth = CountWidth - 1;
  localparam int WordMask = (Width >= 8) ? Width / 8 : 1;  // as in luoshu_ram_1r1w

  logic                  push, pop;
  logic [CountWidth-1:0] count_q;
  assign push    = in_valid_i && in_ready_o;
  assign pop     = out_valid_o && out_ready_i;
  assign count_o = count_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) count_q <= '0;
    // plus or minus 1, one adder
    else if (push != pop) count_q <= count_q + {{CountWidth-1{pop}}, 1'b1};
  end

  generate
    if (UseRam == 1) begin : gen_ram
      // One extra pointer bit tells words that wait in the RAM from an empty RAM. The RAM never
      // reads the word it writes: equal addresses mean an empty RAM (no read) or a full queue (no
      // write).
      logic [PtrWidth:0] wptr_q, rptr_q;
      logic out_valid_q, fetch;
      assign fetch       = (wptr_q != rptr_q) && (!out_valid_q || out_ready_i);
      // Depth is a power of two: the top bit means full
      assign in_ready_o  = !count_q[CountWidth-1];
      assign out_valid_o = out_valid_q;

      always_ff @(posedge clk_i) begin
        if (!rst_ni) begin
          wptr_q      <= '0;
          rptr_q      <= '0;
          out_valid_q <= 1'b0;
        end else begin
          if (push) wptr_q <= wptr_q + 1'b1;
          if (fetch) rptr_q <= rptr_q + 1'b1;
          out_valid_q <= fetch || (out_valid_q && !out_ready_i);
        end
      end

      luoshu_ram_1r1w #(
          .Width(Width),
          .Depth(Depth)
      ) u_ram (
          .clk_i  (clk_i),
          .we_i   (push),
          .waddr_i(wptr_q[PtrWidth-1:0]),
          .wmask_i({WordMask{1'b1}}),
          .wdata_i(in_data_i),
          .re_i   (fetch),
          .raddr_i(rptr_q[PtrWidth-1:0]),
          .rdata_o(out_data_o)
      );
    end else if (UseRam == 2) begin : gen_chain
      logic [Depth-1:0] valid_q, move;   // word 0 is the newest
      logic [Depth*Width-1:0] words_q;
      assign out_valid_o = valid_q[Depth-1];
      assign out_data_o  = words_q[(Depth-1)*Width +: Width];
      assign move        = {pop, valid_q[Depth-2:0] & ~valid_q[Depth-1:1]};   // leaves its register
      assign in_ready_o  = !valid_q[0] || move[0];
      always_ff @(posedge clk_i) begin
        if (!rst_ni) valid_q <= '0;
        else valid_q <= (valid_q & ~move) | {move[Depth-2:0], push};
        if (push) words_q[0 +: Width] <= in_data_i;
        for (int i = 1; i < Depth; i++) begin
          if (move[i-1]) words_q[i*Width +: Width] <= words_q[(i-1)*Width +: Width];
        end
      end
    end else begin : gen_small
      // Words stay where they were written; the head is read combinationally.
      logic [PtrWidth-1:0] wptr_q, rptr_q;
      assign in_ready_o  = !count_q[CountWidth-1];
      assign out_valid_o = (count_q != '0);
      always_ff @(posedge clk_i) begin
        if (!rst_ni) begin
          wptr_q <= '0;
          rptr_q <= '0;
        end else begin
          if (push) wptr_q <= wptr_q + 1'b1;
          if (pop) rptr_q <= rptr_q + 1'b1;
        end
      end
      luoshu_ram_small #(
          .Width(Width),
          .Depth(Depth)
      ) u_ram (
          .clk_i  (clk_i),
          .we_i   (push),
          .waddr_i(wptr_q),
          .wdata_i(in_data_i),
          .raddr_i(rptr_q),
          .rdata_o(out_data_o)
      );
    end
  endgenerate

  `LUOSHU_STREAM_STABLE(out_stable, out_valid_o, out_ready_i, out_data_o)
  `LUOSHU_ASSERT(no_overflow, count_q <= CountWidth'(Depth))
  `LUOSHU_ASSERT(no_underflow, !out_valid_o || (count_q != '0))
endmodule

`default_nettype wire
