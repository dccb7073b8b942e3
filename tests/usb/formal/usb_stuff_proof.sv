// SPDX-License-Identifier: Apache-2.0
// The receiver takes from the sender's pins exactly the bytes that the sender was given, in any
// packets of any bytes, with no error: stuffing, NRZI, sync, clock recovery and end of packet of
// the two are inverse. Broken = 1 turns one bit of the line around.
`default_nettype none

module usb_stuff_proof #(
    parameter Broken = 0
) (
    input wire       clk_i,
    input wire       valid_i,   // any
    input wire [7:0] data_i,
    input wire [9:0] wrong_i
);
  reg [1:0] boot_q = 2'd0;
  wire      rst_n = (boot_q == 2'd3);
  always @(posedge clk_i) if (!rst_n) boot_q <= boot_q + 2'd1;

  // A packet has one byte or more and starts when the receiver has seen the end of the last.
  wire       tx_ready, tx_busy, dp, dn, oe, active, valid, error, strobe;
  wire [1:0] state;
  wire [7:0] data;
  reg  [5:0] gap_q = 6'd20;
  reg        first_q = 1'b1;
  always @(posedge clk_i) begin
    gap_q <= tx_busy ? 6'd0 : (gap_q == 6'd20) ? gap_q : gap_q + 6'd1;
    if (!tx_busy) first_q <= 1'b1;
    else if (tx_ready) first_q <= 1'b0;
  end
  wire may_start = (gap_q == 6'd20);
  wire tx_valid  = rst_n && (tx_busy ? (valid_i || first_q) : may_start);
  luoshu_usb_tx u_tx (
      .clk_i(clk_i), .rst_ni(rst_n), .valid_i(tx_valid), .ready_o(tx_ready), .data_i(data_i),
      .busy_o(tx_busy), .dp_o(dp), .dn_o(dn), .oe_o(oe)
  );
  reg [9:0] time_q = 10'd0;
  always @(posedge clk_i) time_q <= time_q + 10'd1;
  wire turn = Broken && oe && (time_q == wrong_i);
  luoshu_usb_line u_line (
      .clk_i(clk_i), .rst_ni(rst_n), .dp_i(oe ? dp ^ turn : 1'b1), .dn_i(oe ? dn ^ turn : 1'b0),
      .state_o(state), .strobe_o(strobe)
  );
  luoshu_usb_rx u_rx (
      .clk_i(clk_i), .rst_ni(rst_n), .blank_i(1'b0), .state_i(state), .strobe_i(strobe),
      .active_o(active), .valid_o(valid), .data_o(data), .error_o(error)
  );

  // Bytes on their way: two at most.
  reg [7:0] older_q, newer_q;
  reg [1:0] count_q = 2'd0;
  always @(posedge clk_i) begin
    if (rst_n) begin
      count_q <= count_q + {1'b0, tx_ready} - {1'b0, valid};
      if (tx_ready && count_q == {1'b0, valid}) older_q <= data_i;
      else if (valid) older_q <= newer_q;
      if (tx_ready) newer_q <= data_i;
      assert (!error);
      assert (!valid || (count_q != 2'd0 && data == older_q));
      assert (count_q != 2'd3);
      assert (!may_start || tx_busy || (count_q == 2'd0 && !active));
    end
  end
endmodule

`default_nettype wire
