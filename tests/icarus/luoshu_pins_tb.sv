// SPDX-License-Identifier: Apache-2.0
// Four-state replay: drives the chip's inputs as recorded (verilator/pin_log.h, file +pins=FILE)
// and compares every output in every cycle after reset: a valid or ready is always known, a payload
// while its valid is high. Registers and memories start unknown. Ends with "PASS", or at the first
// difference with the pin, the cycle and status 1.
`timescale 1ns / 1ns
`default_nettype none

module luoshu_pins_tb;
  parameter Lanes       = 32;
  parameter Columns     = 4;
  parameter Groups      = 2;
  parameter VectorLanes = 4;
  parameter MaxD        = 2048;
  parameter ActBlocks   = 256;
  parameter MaxHeads    = 32;
  parameter QElements   = 2048;
  parameter HeadWords   = 64;
  parameter TcmBytes    = 16384;
  parameter ValueDepth  = 256;
  parameter MemoryMib   = 1024;
  parameter ClockKhz    = 50000;

  // Every pin takes whole hexadecimal digits of a recorded vector.
  localparam int Beat    = 8 * Lanes;
  localparam int InBits  = 4 * 19 + Beat;
  localparam int OutBits = 4 * 38 + Beat + Lanes;

  logic              clk = 1'b0, rst_n = 1'b0;
  logic              rx_valid, rx_ready, tx_valid, tx_ready, ar_valid, ar_ready, r_valid, r_ready,
      r_last;
  logic              aw_valid, aw_ready, w_valid, w_ready, w_last, b_valid, b_ready;
  logic [31:0]       rx_data, tx_data, ar_addr, aw_addr;
  logic [2:0]        rx_bytes, ar_user, aw_user;
  logic [7:0]        ar_len, aw_len;
  logic [1:0]        r_resp, b_resp;
  logic [Beat-1:0]   r_data, w_data, w_known;
  logic [Lanes-1:0]  w_strb;

  luoshu #(
      .Lanes(Lanes), .Columns(Columns), .Groups(Groups), .VectorLanes(VectorLanes), .MaxD(MaxD),
      .ActBlocks(ActBlocks), .MaxHeads(MaxHeads), .QElements(QElements), .HeadWords(HeadWords),
      .TcmBytes(TcmBytes), .ValueDepth(ValueDepth), .MemoryMib(MemoryMib), .ClockKhz(ClockKhz)
  ) u_chip (
      .clk_i(clk), .rst_ni(rst_n), .rx_valid_i(rx_valid), .rx_ready_o(rx_ready),
      .rx_data_i(rx_data), .rx_bytes_i(rx_bytes), .tx_valid_o(tx_valid), .tx_ready_i(tx_ready),
      .tx_data_o(tx_data), .m_ar_valid_o(ar_valid), .m_ar_ready_i(ar_ready), .m_ar_addr_o(ar_addr),
      .m_ar_len_o(ar_len), .m_ar_user_o(ar_user), .m_r_valid_i(r_valid), .m_r_ready_o(r_ready),
      .m_r_id_i(1'b0), .m_r_data_i(r_data), .m_r_resp_i(r_resp), .m_r_last_i(r_last),
      .m_aw_valid_o(aw_valid), .m_aw_ready_i(aw_ready), .m_aw_addr_o(aw_addr), .m_aw_len_o(aw_len),
      .m_aw_user_o(aw_user), .m_w_valid_o(w_valid), .m_w_ready_i(w_ready), .m_w_data_o(w_data),
      .m_w_strb_o(w_strb), .m_w_last_o(w_last), .m_b_valid_i(b_valid), .m_b_ready_o(b_ready),
      .m_b_id_i(1'b0), .m_b_resp_i(b_resp)
  );

  // A payload counts while its valid is high, a written byte while its strobe is high too.
  always_comb for (int i = 0; i < Lanes; i++) w_known[8*i +: 8] = w_data[8*i +: 8] & {8{w_strb[i]}};
  logic [OutBits-1:0] seen, wanted;
  assign seen = {3'd0, rx_ready, 3'd0, tx_valid, tx_data & {32{tx_valid}},
                 3'd0, ar_valid, ar_addr & {32{ar_valid}}, ar_len & {8{ar_valid}}, 1'b0,
                     ar_user & {3{ar_valid}}, 3'd0, r_ready,
                 3'd0, aw_valid, aw_addr & {32{aw_valid}}, aw_len & {8{aw_valid}}, 1'b0,
                     aw_user & {3{aw_valid}},
                 3'd0, w_valid, w_known & {Beat{w_valid}}, w_strb & {Lanes{w_valid}}, 3'd0,
                     w_last & w_valid,
                 3'd0, b_ready};

  logic [InBits-1:0] driven;
  task drive;
    logic [3:0] rv, rb, tr, arr, rdv, rr, rl, awr, wr, bv, br;
    begin
      {rv, rx_data, rb, tr, arr, rdv, r_data, rr, rl, awr, wr, bv, br} = driven;
      rx_valid = rv[0];
      rx_bytes = rb[2:0];
      tx_ready = tr[0];
      ar_ready = arr[0];
      r_valid  = rdv[0];
      r_resp   = rr[1:0];
      r_last   = rl[0];
      aw_ready = awr[0];
      w_ready  = wr[0];
      b_valid  = bv[0];
      b_resp   = br[1:0];
    end
  endtask

  integer file, got, held, cycle;
  reg [8*512-1:0] name;
  initial begin
    if (!$value$plusargs("pins=%s", name)) $fatal(1, "FAIL: no +pins=FILE");
    file = $fopen(name, "r");
    if (file == 0) $fatal(1, "FAIL: cannot read the pins");
    driven = '0;
    drive;
    repeat (8) begin
      #5 clk = 1'b1;
      #5 clk = 1'b0;
    end
    rst_n = 1'b1;
    cycle = 0;
    got   = $fscanf(file, "%d %h %h\n", held, driven, wanted);
    while (got == 3) begin
      drive;
      repeat (held) begin
        #5;
        if (seen !== wanted) begin
          $display("FAIL: cycle %0d after reset", cycle);
          $display("  rx_ready %b tx %b %h ar %b %h %h %h r_ready %b", rx_ready, tx_valid, tx_data,
              ar_valid, ar_addr, ar_len, ar_user, r_ready);
          $display("  aw %b %h %h %h w %b %h %h %b b_ready %b", aw_valid, aw_addr, aw_len, aw_user,
              w_valid, w_data, w_strb, w_last, b_ready);
          $display("  seen   %h", seen);
          $display("  wanted %h", wanted);
          $fatal(1, "the chip's pins are not those recorded");
        end
        clk = 1'b1;
        #5 clk = 1'b0;
        cycle = cycle + 1;
      end
      got = $fscanf(file, "%d %h %h\n", held, driven, wanted);
    end
    if (!$feof(file) || cycle == 0) $fatal(1,
        "FAIL: the recorded pins end early or in a line that is none");
    $display("PASS: %0d cycles", cycle);
    $finish;
  end
endmodule
`default_nettype wire
