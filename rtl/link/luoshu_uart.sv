// SPDX-License-Identifier: Apache-2.0
// A serial port as a transport of the link: 8 data bits, no parity, one stop bit, no flow control.
//
// Receive: bytes to the link's rx stream, one per transfer. The pin passes a synchroniser; a start
// bit is looked at again in its middle, bits are read in their middle; a byte whose stop bit is low
// is dropped (the link's checksum finds what is missing), and the line must rise before the next
// start bit. Bytes wait in a queue of RxDepth; one that finds it full is dropped, which the link
// repairs as well.
// Send: words of the link's tx stream as four bytes, lowest first, without a gap between bytes.
// Bit times are counted in 1/2^16 of a bit, so any rate up to 1/4 of the clock works; the rate
// is wrong by at most clock / (2^16 rate).
// Latency: a byte reaches rx_valid_o in the middle of its stop bit. Reset: synchronous, line idle.
`default_nettype none

module luoshu_uart #(
    parameter int ClockKhz = 25000,
    parameter int BaudHz   = 3000000,
    parameter int RxDepth  = 64        // bytes, a power of two
) (
    input  wire         clk_i,
    input  wire         rst_ni,
    // pins; idle is high
    input  wire         rxd_i,
    output logic        txd_o,
    // link
    output logic        rx_valid_o,
    input  wire         rx_ready_i,
    output logic [31:0] rx_data_o,
    output logic [2:0]  rx_bytes_o,
    input  wire         tx_valid_i,
    output logic        tx_ready_o,
    input  wire  [31:0] tx_data_i
);
  // Bits per cycle in 1/2^16, rounded: 2^16 * BaudHz / (1000 * ClockKhz) without leaving 32 bits.
  localparam int Step = ((BaudHz / 50) * 16384 / ClockKhz * 4 + 10) / 20;
  generate
    if (Step < 16 || Step > 16384) begin : gen_illegal
      initial $fatal(1, "luoshu_uart: BaudHz must be between 1/4096 and a quarter of the clock");
    end
  endgenerate

  // ---------------------------------------------------------------- receive
  logic        rxd;
  logic        rx_busy_q, sample, rx_space;
  logic [16:0] rx_phase_q;   // of the bit, 2^16 is its end; top bit: carry
  logic [3:0]  rx_bit_q;     // bits that were read: 0 the start bit is next, 9 the stop bit
  logic [7:0]  rx_byte_q;
  logic        wait_q, got;  // for the line to be idle; a byte is complete
  logic [$clog2(RxDepth):0] unused_count;
  luoshu_cdc_bits u_cdc_rxd (.clk_i, .d_i(rxd_i), .q_o(rxd));
  assign sample = rx_busy_q && rx_phase_q[16];
  // After a bad stop bit the line is low: wait for it to rise before the next start bit.
  always_ff @(posedge clk_i) begin
    if (!rst_ni) wait_q <= 1'b1;
    else if (sample && rx_bit_q == 4'd9 && !rxd) wait_q <= 1'b1;
    else if (rxd) wait_q <= 1'b0;
  end
  always_ff @(posedge clk_i) begin
    if (!rst_ni) rx_busy_q <= 1'b0;
    else if (!rx_busy_q) rx_busy_q <= !rxd && !wait_q;
    else if (sample && ((rx_bit_q == 4'd0 && rxd) || rx_bit_q == 4'd9)) rx_busy_q <= 1'b0;
    // The first sample comes half a bit after the edge, the others a bit apart; the edge was one
    // cycle ago when it is acted upon, and half of one before that on average, as samples are late.
    rx_phase_q <= rx_busy_q ? {1'b0, rx_phase_q[15:0]} + 17'(Step) : 17'(32768 + 2 * Step);
    if (!rx_busy_q) rx_bit_q <= 4'd0;
    else if (sample) rx_bit_q <= rx_bit_q + 4'd1;
    if (sample) rx_byte_q <= {rxd, rx_byte_q[7:1]};
  end
  assign got = sample && (rx_bit_q == 4'd9) && rxd;
  luoshu_fifo #(.Width(8), .Depth(RxDepth)) u_rx (
      .clk_i, .rst_ni, .in_valid_i(got && rx_space), .in_ready_o(rx_space), .in_data_i(rx_byte_q),
      .out_valid_o(rx_valid_o), .out_ready_i(rx_ready_i), .out_data_o(rx_data_o[7:0]),
      .count_o(unused_count)
  );
  assign rx_data_o[31:8] = '0;
  assign rx_bytes_o      = 3'd1;

  // ---------------------------------------------------------------- send
  logic [31:0] tx_word_q;
  logic [2:0]  tx_left_q;     // bytes of tx_word_q
  logic [9:0]  tx_bits_q;     // stop, data, start: the lowest is on the line
  logic [3:0]  tx_count_q;    // bits left, the one on the line included
  logic [16:0] tx_phase_q;
  logic        tx_step, tx_load;
  assign tx_step    = tx_phase_q[16];
  assign tx_load    = (tx_left_q != 3'd0)
      && (tx_count_q == 4'd0 || (tx_count_q == 4'd1 && tx_step));
  assign tx_ready_o = (tx_left_q == 3'd0);
  assign txd_o      = tx_bits_q[0];
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      tx_left_q  <= '0;
      tx_count_q <= '0;
      tx_bits_q  <= '1;
    end else begin
      if (tx_valid_i && tx_ready_o) tx_left_q <= 3'd4;
      else if (tx_load) tx_left_q <= tx_left_q - 3'd1;
      if (tx_load) begin
        tx_bits_q  <= {1'b1, tx_word_q[7:0], 1'b0};
        tx_count_q <= 4'd10;
      end else if (tx_step && tx_count_q != 4'd0) begin
        tx_bits_q  <= {1'b1, tx_bits_q[9:1]};
        tx_count_q <= tx_count_q - 4'd1;
      end
    end
    if (tx_valid_i && tx_ready_o) tx_word_q <= tx_data_i;
    else if (tx_load) tx_word_q <= tx_word_q >> 8;
    tx_phase_q <= (tx_count_q == 4'd0) ? 17'(Step) : {1'b0, tx_phase_q[15:0]} + 17'(Step);
  end
endmodule
`default_nettype wire
