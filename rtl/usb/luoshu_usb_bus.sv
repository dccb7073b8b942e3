// SPDX-License-Identifier: Apache-2.0
// What the host does to the bus as a whole: attach, reset, suspend, resume.
//
// attach_o: pull-up on, AttachClocks after our own reset, so that the hub sees the device leave and
// come. reset_o: SE0 for 2.67 us or longer (128 cycles; low-speed ends of packets last 1.33 us),
// while it lasts. suspended_o: 3 ms without a change of the idle line; any other state of the line
// ends it at once (resume, reset). Remote wake-up is not done.
`default_nettype none

module luoshu_usb_bus #(
    parameter int AttachClocks  = 4096,
    parameter int SuspendClocks = 144000   // 3 ms at 48 MHz
) (
    input  wire        clk_i,
    input  wire        rst_ni,
    input  wire  [1:0] state_i,    // {D-, D+}
    input  wire        tx_busy_i,
    output logic       attach_o,
    output logic       reset_o,
    output logic       suspended_o
);
  localparam int Bits = $clog2(SuspendClocks + 1);
  localparam logic [1:0] Se0 = 2'd0, J = 2'd1;
  logic [Bits-1:0] count_q;   // cycles of SE0 or of J; before attach_o of anything
  logic [1:0]      last_q;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      attach_o    <= 1'b0;
      reset_o     <= 1'b1;
      suspended_o <= 1'b0;
      count_q     <= '0;
      last_q      <= Se0;
    end else begin
      last_q <= state_i;
      if (!attach_o) begin
        attach_o <= (count_q == Bits'(AttachClocks));
        count_q  <= (count_q == Bits'(AttachClocks)) ? '0 : count_q + 1'b1;
      end else begin
        if (tx_busy_i || state_i != last_q || state_i[1]) count_q <= '0;
        else if (count_q != Bits'(SuspendClocks)) count_q <= count_q + 1'b1;
        reset_o     <= (last_q == Se0) && (reset_o || count_q >= Bits'(127));
        suspended_o <= (last_q == J) && (suspended_o || count_q == Bits'(SuspendClocks));
      end
    end
  end
endmodule

`default_nettype wire
