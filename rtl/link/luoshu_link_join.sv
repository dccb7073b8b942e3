// SPDX-License-Identifier: Apache-2.0
// Two transports in front of one link (docs/link.md): one of the sides a and b has the link, the
// other one's bytes are dropped.
//
// Who has it: after reset nobody; the first byte of a side gives it the link (a before b in the
// same cycle). Later the other side takes it with the first three bytes of a RESYNC, 53 4C 02: each
// session of a host begins with one, noise on an open pin hardly ever has one (2^-24 per byte), and
// a host that answers no more need not let go. A host whose link was taken hears nothing more.
// At a take-over the link receives MaxPayload + 12 zeros, then the three bytes, then what follows:
// a frame that the side before left half done ends with a wrong checksum and hides nothing of the
// RESYNC. Before it was taken, every byte of the side that had the link went through once.
// tx: words go to the side that has the link when they move. At a take-over the new side gets
// MaxPayload + 12 zeros first: they end a frame that stayed half in its buffers when it lost the
// link. Then follows what is left of a frame that the other side has in part; the new host skips
// it, because it looks for the answer to its RESYNC. Nobody has the link: tx waits.
//
// Streams: valid/ready; a word offered to a side that does not take it may leave it for the other.
// Latency 0 but for the take-over: MaxPayload / 4 + 5 cycles or more in which no byte is taken from
// either side, and as many zero words to the new side. Combinational: rx_ready_i to both ready
// outputs, valid to valid, ready of tx to ready.
// Reset: nobody. Does not do: more than two sides, sharing, letting go when a cable is pulled.
`include "luoshu_assert.svh"
`include "luoshu_require.svh"
`default_nettype none

module luoshu_link_join #(
    parameter int MaxPayload = 1024    // bytes, of the link or more; a multiple of 4
) (
    input  wire         clk_i,
    input  wire         rst_ni,
    // the sides: bytes in, words out
    input  wire         a_rx_valid_i,
    output logic        a_rx_ready_o,
    input  wire  [7:0]  a_rx_data_i,
    output logic        a_tx_valid_o,
    input  wire         a_tx_ready_i,
    input  wire         b_rx_valid_i,
    output logic        b_rx_ready_o,
    input  wire  [7:0]  b_rx_data_i,
    output logic        b_tx_valid_o,
    input  wire         b_tx_ready_i,
    output logic [31:0] tx_data_o,       // of both
    // the link
    output logic        rx_valid_o,
    input  wire         rx_ready_i,
    output logic [31:0] rx_data_o,
    output logic [2:0]  rx_bytes_o,
    input  wire         tx_valid_i,
    output logic        tx_ready_o,
    input  wire  [31:0] tx_data_i,
    output logic        b_has_it_o
);
  `LUOSHU_REQUIRE(gen_legal, MaxPayload >= 4 && MaxPayload % 4 == 0,
                  "luoshu_link_join: MaxPayload must be a multiple of 4")
  localparam int Zeros = (MaxPayload + 12) / 4;   // words
  localparam int Bits  = $clog2(Zeros);
  localparam logic [23:0] Start = 24'h024C53;     // of a RESYNC, the first byte lowest

  // Free: nobody has the link. Pass: bytes of its side go through. Flush: zeros. Head: the three
  // bytes that took the link.
  typedef enum logic [1:0] {Free, Pass, Flush, Head} state_e;
  state_e          state_q;
  logic            b_q;       // side b has the link
  logic [Bits-1:0] left_q;    // zero words behind this one
  logic [1:0]      seen_q;    // bytes of Start that the other side has sent
  logic [Bits:0]   tx_left_q; // zero words that the side that has the link gets first

  logic       own_valid, other_valid, own_ready, other_ready, taken;
  logic [7:0] own, other;
  assign own_valid    = b_q ? b_rx_valid_i : a_rx_valid_i;
  assign own          = b_q ? b_rx_data_i : a_rx_data_i;
  assign other_valid  = b_q ? a_rx_valid_i : b_rx_valid_i;
  assign other        = b_q ? a_rx_data_i : b_rx_data_i;
  assign own_ready    = (state_q == Pass) && rx_ready_i;
  // Not while a byte is stalled: it must not change.
  assign other_ready  = (state_q == Pass) && (!own_valid || rx_ready_i);
  assign a_rx_ready_o = b_q ? other_ready : own_ready;
  assign b_rx_ready_o = b_q ? own_ready : other_ready;
  assign taken        = other_valid && other_ready && (seen_q == 2'd2) && (other == Start[23:16]);

  always_comb begin
    case (state_q)
      Pass:    {rx_valid_o, rx_bytes_o, rx_data_o} = {own_valid, 3'd1, 24'd0, own};
      Flush:   {rx_valid_o, rx_bytes_o, rx_data_o} = {1'b1, 3'd4, 32'd0};
      Head:    {rx_valid_o, rx_bytes_o, rx_data_o} = {1'b1, 3'd3, 8'd0, Start};
      default: {rx_valid_o, rx_bytes_o, rx_data_o} = {1'b0, 3'd1, 32'd0};
    endcase
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      state_q <= Free;
      b_q     <= 1'b0;
      seen_q  <= 2'd0;
    end else begin
      case (state_q)
        Free:    if (a_rx_valid_i || b_rx_valid_i) state_q <= Pass;
        Pass:    if (taken) state_q <= Flush;
        Flush:   if (rx_ready_i && left_q == '0) state_q <= Head;
        default: if (rx_ready_i) state_q <= Pass;
      endcase
      if (state_q == Free) b_q <= !a_rx_valid_i && b_rx_valid_i;
      else if (taken) b_q <= !b_q;
      if (other_valid && other_ready) begin
        if (other == Start[7:0]) seen_q <= 2'd1;
        else if (seen_q == 2'd1 && other == Start[15:8]) seen_q <= 2'd2;
        else seen_q <= 2'd0;
      end
    end
    if (state_q == Pass) left_q <= Bits'(Zeros - 1);
    else if (rx_ready_i) left_q <= left_q - 1'b1;
  end

  logic tx_zero, tx_valid, tx_taken;
  assign tx_zero      = (tx_left_q != '0);
  assign tx_valid     = (state_q != Free) && (tx_valid_i || tx_zero);
  assign tx_taken     = (state_q != Free) && (b_q ? b_tx_ready_i : a_tx_ready_i);
  assign tx_data_o    = tx_zero ? 32'd0 : tx_data_i;
  assign a_tx_valid_o = tx_valid && !b_q;
  assign b_tx_valid_o = tx_valid && b_q;
  assign tx_ready_o   = tx_taken && !tx_zero;
  assign b_has_it_o   = b_q;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) tx_left_q <= '0;
    else if (taken) tx_left_q <= (Bits + 1)'(Zeros);
    else if (tx_zero && tx_taken) tx_left_q <= tx_left_q - 1'b1;
  end
  `LUOSHU_STREAM_STABLE(rx_stable, rx_valid_o, rx_ready_i, {rx_bytes_o, rx_data_o})
endmodule
`default_nettype wire
