// SPDX-License-Identifier: Apache-2.0
// Receiver of packets: sync, NRZI, bit stuffing, bytes, end of packet.
//
// A packet starts (active_o rises) behind a sync, of which the last six bits are enough (five
// changes, then K again); each byte gives one cycle of valid_o with data_o, least significant bit
// first on the wire. It ends with SE0, then J: active_o falls. In the same cycle error_o tells that
// it was no packet: seven bits without a change, SE1, or other than whole bytes; one bit too many
// right before SE0 is allowed (dribble, USB 2.0 section 7.1.9.1). An error ends the packet at once;
// what follows is skipped up to its SE0 and J, or to 128 bits of idle line, so that its rest is
// never taken for a packet. PRE ends in that way too: it has no SE0, and in the low-speed packet
// behind it no line changes within seven bits.
// While blank_i (our own packet is on the lines) nothing is received. Reset: idle.
`include "luoshu_assert.svh"
`default_nettype none

module luoshu_usb_rx (
    input  wire        clk_i,       // 48 MHz
    input  wire        rst_ni,
    input  wire        blank_i,
    input  wire  [1:0] state_i,     // luoshu_usb_line
    input  wire        strobe_i,
    output logic       active_o,
    output logic       valid_o,
    output logic [7:0] data_o,
    output logic       error_o
);
  localparam logic [1:0] Se0 = 2'd0, J = 2'd1, K = 2'd2, Se1 = 2'd3;

  typedef enum logic [2:0] {
    Hunt,     // for a sync
    Packet,   // bytes
    Eop,      // SE0 behind a packet: J ends it
    Skip,     // not a packet: SE0 ends it
    SkipEop   // J ends that
  } state_e;
  state_e     state_q;
  logic [1:0] last_q;    // line at the last bit
  logic [2:0] zeros_q;   // changes in a row while hunting, 5 at most
  logic [2:0] ones_q;    // bits in a row without a change
  logic [2:0] count_q;   // bits of the byte so far
  logic [8:0] idle_q;    // cycles of J while skipping
  logic       same, stuffed, byte_end;
  logic [7:0] shifted;
  assign same     = (state_i == last_q);
  assign stuffed  = (ones_q == 3'd6);      // this bit carries no data
  assign byte_end = (count_q == 3'd7) && !stuffed;
  assign shifted  = {same, data_o[7:1]};
  assign active_o = (state_q == Packet) || (state_q == Eop);

  always_ff @(posedge clk_i) begin
    valid_o <= 1'b0;
    error_o <= 1'b0;
    if (!rst_ni || blank_i) begin
      state_q <= Hunt;
      zeros_q <= 3'd0;
    end else begin
      case (state_q)
        Packet: begin
          if (strobe_i) begin
            if (state_i == Se0) begin
              state_q <= Eop;
              if (count_q > 3'd1) begin
                state_q <= SkipEop;
                error_o <= 1'b1;
              end
            end else if (state_i == Se1 || (stuffed && same)) begin
              state_q <= Skip;
              error_o <= 1'b1;
            end else if (byte_end) valid_o <= 1'b1;
          end
        end
        Eop: begin
          if (state_i == J) state_q <= Hunt;
          else if (strobe_i && state_i != Se0) begin
            state_q <= Skip;
            error_o <= 1'b1;
          end
        end
        Skip: begin
          if (strobe_i && state_i == Se0) state_q <= SkipEop;
          else if (idle_q == '1) state_q <= Hunt;
        end
        SkipEop: begin
          if (state_i == J) state_q <= Hunt;
          else if (strobe_i && state_i != Se0) state_q <= Skip;
        end
        default: if (strobe_i && zeros_q == 3'd5 && same && state_i == K) state_q <= Packet;
      endcase
      if (state_q != Hunt) zeros_q <= 3'd0;
      else if (strobe_i) begin
        if (same || state_i == Se0 || state_i == Se1) zeros_q <= 3'd0;
        else if (zeros_q != 3'd5) zeros_q <= zeros_q + 3'd1;
      end
    end
    if (strobe_i) last_q <= state_i;
    if (state_q == Hunt) begin
      ones_q  <= 3'd1;     // the sync's last bit counts
      count_q <= 3'd0;
    end else if (strobe_i) begin
      ones_q <= same ? ones_q + 3'd1 : 3'd0;
      if (!stuffed) begin
        count_q <= count_q + 3'd1;
        data_o  <= shifted;
      end
    end
    idle_q <= (state_q == Skip && state_i == J) ? idle_q + 9'd1 : 9'd0;
  end

  `LUOSHU_ASSERT(byte_in_packet, !valid_o || active_o)
  `LUOSHU_ASSERT(error_ends, !error_o || !active_o)
endmodule

`default_nettype wire
