// SPDX-License-Identifier: Apache-2.0
// Sender of packets: sync, bytes with bit stuffing and NRZI, end of packet (SE0 for two bits, J for
// one).
//
// valid_i while idle starts a packet: the first K is on the lines 2 cycles later. Each byte is
// taken in one cycle of ready_o, one byte time ahead of its need; valid_i low at the end of a byte
// ends the packet. 4 cycles per bit. busy_o is high from the start until the lines are released.
// The outputs are registers. Reset: lines released.
`default_nettype none

module luoshu_usb_tx (
    input  wire        clk_i,      // 48 MHz
    input  wire        rst_ni,
    input  wire        valid_i,
    output logic       ready_o,
    input  wire  [7:0] data_i,
    output logic       busy_o,
    output logic       dp_o,
    output logic       dn_o,
    output logic       oe_o
);
  typedef enum logic [2:0] {
    Idle,
    Bits,     // sync and bytes
    Se0First,
    Se0Last,
    Release   // one bit of J
  } state_e;
  state_e     state_q;
  logic [1:0] phase_q;    // quarter of a bit
  logic [7:0] shift_q;    // next bit at 0
  logic [3:0] left_q;     // bits in it
  logic [2:0] ones_q;     // ones in a row
  logic       tick, stuff;
  assign tick    = (phase_q == 2'd3);
  assign stuff   = (ones_q == 3'd6);
  assign busy_o  = (state_q != Idle);
  assign ready_o = (state_q == Bits) && tick && !stuff && (left_q == 4'd1) && valid_i;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      state_q <= Idle;
      oe_o    <= 1'b0;
      dp_o    <= 1'b1;
      dn_o    <= 1'b0;
      phase_q <= 2'd0;
    end else begin
      phase_q <= (state_q == Idle) ? 2'd3 : phase_q + 2'd1;
      case (state_q)
        Bits: begin
          if (tick) begin
            oe_o <= 1'b1;
            if (!stuff && left_q == 4'd0) begin
              state_q <= Se0First;
              dp_o    <= 1'b0;
              dn_o    <= 1'b0;
            end else if (stuff || !shift_q[0]) begin
              dp_o <= !dp_o;
              dn_o <= dp_o;
            end
          end
        end
        Se0First: if (tick) state_q <= Se0Last;
        Se0Last: begin
          if (tick) begin
            state_q <= Release;
            dp_o    <= 1'b1;
          end
        end
        Release: begin
          if (tick) begin
            state_q <= Idle;
            oe_o    <= 1'b0;
          end
        end
        default: if (valid_i) state_q <= Bits;
      endcase
    end
    if (state_q == Idle) begin
      shift_q <= 8'h80;
      left_q  <= 4'd8;
      ones_q  <= 3'd0;
    end else if (tick) begin
      ones_q <= (stuff || !shift_q[0]) ? 3'd0 : ones_q + 3'd1;
      if (ready_o) begin
        shift_q <= data_i;
        left_q  <= 4'd8;
      end else if (!stuff && left_q != 4'd0) begin
        shift_q <= {1'b0, shift_q[7:1]};
        left_q  <= left_q - 4'd1;
      end
    end
  end
endmodule

`default_nettype wire
