// SPDX-License-Identifier: Apache-2.0
// A board without its vendor cells: the chip, a serial port and a USB device as its link, an SDRAM
// as its memory. Boards and simulations of boards wrap clocks and pins around it.
//
// The link belongs to the host that asked last (luoshu_link_join): USB or serial port, not both.
// core_clk_i: the chip and the serial port. usb_clk_i: 48 MHz; while usb_on_i (synchronous to
// core_clk_i) is low USB is in reset and looks unplugged, the rest runs: until that clock is right.
// mem_clk_i: the SDRAM's pins change at its rising edge.
// The SDRAM's own clock is made outside and rises at the falling edge of mem_clk_i, where what the
// SDRAM drives is caught too: the way out, the SDRAM's access time and the way back have a whole
// cycle, and the input register of the controller another half (ReadCycles = CasLatency + 1).
// rst_ni: request for a reset of everything, synchronous to core_clk_i, as short as one cycle; chip
// and memory share the reset, as AXI4 has it; the USB host sees the device leave and come. With
// FPGAs nothing is needed after configuration.
// led_o: 0 beats once in 2^24 cycles of the core, 1 memory is ready, 2 bytes come from the host,
// 3 bytes go to the host, 4 memory is read, 5 memory is written, 6 a USB host has configured the
// device and does not suspend it, 7 the link belongs to USB. Activity is shown for 2^20 cycles.
`default_nettype none

module luoshu_board #(
    // the chip
    parameter int Lanes       = 8,
    parameter int Columns     = 2,
    parameter int Groups      = 1,
    parameter int VectorLanes = 1,
    parameter int MaxD        = 768,
    parameter int ActBlocks   = 128,
    parameter int MaxHeads    = 16,
    parameter int QElements   = 1024,
    parameter int HeadWords   = 256,
    parameter int TcmBytes    = 2048,
    parameter int ValueDepth  = 512,
    parameter int CoreKhz     = 25000,
    // the serial port
    parameter int BaudHz      = 3000000,
    // USB: the serial number, 16 hexadecimal digits
    parameter logic [63:0] UsbSerial = 64'd1,
    // the SDRAM: luoshu_sdram_ctrl
    parameter int MemKhz      = 50000,
    parameter int DataBits    = 16,
    parameter int RowBits     = 13,
    parameter int ColBits     = 9,
    parameter int CasLatency  = 2,
    parameter int RcdNs       = 21,    // the slowest of the parts that boards carry
    parameter int RpNs        = 21,
    parameter int RefiNs      = 7800,
    parameter int MemoryMib   = 32     // what the SDRAM has
) (
    input  wire                   core_clk_i,
    input  wire                   mem_clk_i,
    input  wire                   rst_ni,
    input  wire                   rxd_i,
    output logic                  txd_o,
    input  wire                   usb_clk_i,
    input  wire                   usb_on_i,
    input  wire                   usb_dp_i,
    input  wire                   usb_dn_i,
    output logic                  usb_dp_o,
    output logic                  usb_dn_o,
    output logic                  usb_oe_o,
    output logic                  usb_pullup_o,
    output logic [7:0]            led_o,
    output logic                  sdram_cke_o,
    output logic                  sdram_cs_no,
    output logic                  sdram_ras_no,
    output logic                  sdram_cas_no,
    output logic                  sdram_we_no,
    output logic [1:0]            sdram_ba_o,
    output logic [RowBits-1:0]    sdram_a_o,
    output logic [DataBits/8-1:0] sdram_dqm_o,
    output logic [DataBits-1:0]   sdram_dq_o,
    output logic                  sdram_dq_oe_o,
    input  wire  [DataBits-1:0]   sdram_dq_i
);
  logic core_rst_n, mem_rst_n;
  luoshu_cdc_reset u_reset (
      .clk_a_i(core_clk_i), .rst_ni, .rst_a_no(core_rst_n), .clk_b_i(mem_clk_i),
      .rst_b_no(mem_rst_n)
  );

  // ---------------------------------------------------------------- link
  logic        rx_valid, rx_ready, tx_valid, tx_ready;
  logic [31:0] rx_data, tx_data;
  logic [2:0]  rx_bytes;
  logic        uart_rx_valid, uart_rx_ready, uart_tx_valid, uart_tx_ready, usb_rx_valid,
      usb_rx_ready, usb_tx_valid, usb_tx_ready;
  logic [31:0] uart_rx_data, usb_rx_data, sides_tx_data;
  logic [2:0]  unused_uart_bytes, unused_usb_bytes;   // each word has one
  logic [10:0] unused_frame;
  logic        configured, suspended, usb_has_it;
  luoshu_uart #(.ClockKhz(CoreKhz), .BaudHz(BaudHz)) u_uart (
      .clk_i(core_clk_i), .rst_ni(core_rst_n), .rxd_i, .txd_o, .rx_valid_o(uart_rx_valid),
      .rx_ready_i(uart_rx_ready),
      .rx_data_o(uart_rx_data), .rx_bytes_o(unused_uart_bytes), .tx_valid_i(uart_tx_valid),
      .tx_ready_o(uart_tx_ready),
      .tx_data_i(sides_tx_data)
  );
  luoshu_usb u_usb (
      .clk_i(core_clk_i), .rst_ni(core_rst_n && usb_on_i), .clk48_i(usb_clk_i), .usb_dp_i,
      .usb_dn_i, .usb_dp_o, .usb_dn_o, .usb_oe_o, .usb_pullup_o, .serial_i(UsbSerial),
      .rx_valid_o(usb_rx_valid), .rx_ready_i(usb_rx_ready), .rx_data_o(usb_rx_data),
      .rx_bytes_o(unused_usb_bytes), .tx_valid_i(usb_tx_valid), .tx_ready_o(usb_tx_ready),
      .tx_data_i(sides_tx_data), .configured_o(configured), .suspended_o(suspended),
      .frame_o(unused_frame)
  );
  luoshu_link_join u_join (
      .clk_i(core_clk_i), .rst_ni(core_rst_n),
      .a_rx_valid_i(uart_rx_valid), .a_rx_ready_o(uart_rx_ready), .a_rx_data_i(uart_rx_data[7:0]),
      .a_tx_valid_o(uart_tx_valid), .a_tx_ready_i(uart_tx_ready),
      .b_rx_valid_i(usb_rx_valid), .b_rx_ready_o(usb_rx_ready), .b_rx_data_i(usb_rx_data[7:0]),
      .b_tx_valid_o(usb_tx_valid), .b_tx_ready_i(usb_tx_ready), .tx_data_o(sides_tx_data),
      .rx_valid_o(rx_valid), .rx_ready_i(rx_ready), .rx_data_o(rx_data), .rx_bytes_o(rx_bytes),
      .tx_valid_i(tx_valid), .tx_ready_o(tx_ready), .tx_data_i(tx_data), .b_has_it_o(usb_has_it)
  );
  logic unused_high;
  assign unused_high = ^{uart_rx_data[31:8], usb_rx_data[31:8]};

  // ---------------------------------------------------------------- chip
  logic               ar_valid, ar_ready, r_valid, r_ready, r_last, aw_valid, aw_ready, w_valid,
      w_ready, w_last, b_valid, b_ready;
  logic               ar_id, r_id, aw_id, b_id;
  logic [31:0]        ar_addr, aw_addr;
  logic [7:0]         ar_len, aw_len;
  logic [Lanes*8-1:0] r_data, w_data;
  logic [Lanes-1:0]   w_strb;
  logic [1:0]         r_resp, b_resp;
  // What an SDRAM with one size of beat does not look at.
  logic [2:0] unused_ar_size, unused_aw_size, unused_ar_prot, unused_aw_prot, unused_ar_user,
      unused_aw_user;
  logic [1:0] unused_ar_burst, unused_aw_burst;
  logic [3:0] unused_ar_cache, unused_aw_cache, unused_ar_qos, unused_aw_qos;
  logic       unused_ar_lock, unused_aw_lock;
  luoshu #(
      .Lanes(Lanes), .Columns(Columns), .Groups(Groups), .VectorLanes(VectorLanes), .MaxD(MaxD),
      .ActBlocks(ActBlocks),
      .MaxHeads(MaxHeads), .QElements(QElements), .HeadWords(HeadWords), .TcmBytes(TcmBytes),
      .ValueDepth(ValueDepth),
      .MemoryMib(MemoryMib), .ClockKhz(CoreKhz)
  ) u_chip (
      .clk_i(core_clk_i), .rst_ni(core_rst_n), .rx_valid_i(rx_valid), .rx_ready_o(rx_ready),
      .rx_data_i(rx_data),
      .rx_bytes_i(rx_bytes), .tx_valid_o(tx_valid), .tx_ready_i(tx_ready), .tx_data_o(tx_data),
      .m_ar_valid_o(ar_valid), .m_ar_ready_i(ar_ready), .m_ar_id_o(ar_id),
      .m_ar_addr_o(ar_addr), .m_ar_len_o(ar_len),
      .m_ar_size_o(unused_ar_size), .m_ar_burst_o(unused_ar_burst), .m_ar_lock_o(unused_ar_lock),
      .m_ar_cache_o(unused_ar_cache), .m_ar_prot_o(unused_ar_prot), .m_ar_qos_o(unused_ar_qos),
      .m_ar_user_o(unused_ar_user),
      .m_r_valid_i(r_valid), .m_r_ready_o(r_ready), .m_r_id_i(r_id), .m_r_data_i(r_data),
      .m_r_resp_i(r_resp),
      .m_r_last_i(r_last),
      .m_aw_valid_o(aw_valid), .m_aw_ready_i(aw_ready), .m_aw_id_o(aw_id),
      .m_aw_addr_o(aw_addr), .m_aw_len_o(aw_len),
      .m_aw_size_o(unused_aw_size), .m_aw_burst_o(unused_aw_burst), .m_aw_lock_o(unused_aw_lock),
      .m_aw_cache_o(unused_aw_cache), .m_aw_prot_o(unused_aw_prot), .m_aw_qos_o(unused_aw_qos),
      .m_aw_user_o(unused_aw_user),
      .m_w_valid_o(w_valid), .m_w_ready_i(w_ready), .m_w_data_o(w_data), .m_w_strb_o(w_strb),
      .m_w_last_o(w_last),
      .m_b_valid_i(b_valid), .m_b_ready_o(b_ready), .m_b_id_i(b_id), .m_b_resp_i(b_resp)
  );

  // ---------------------------------------------------------------- memory
  logic                ready;
  logic [DataBits-1:0] dq_q;
  always_ff @(negedge mem_clk_i) dq_q <= sdram_dq_i;
  luoshu_sdram #(
      .DataBits(DataBits), .BeatBytes(Lanes), .RowBits(RowBits), .ColBits(ColBits),
      .ClockKhz(MemKhz), .CasLatency(CasLatency),
      .ReadCycles(CasLatency + 1), .RcdNs(RcdNs), .RpNs(RpNs), .RefiNs(RefiNs)
  ) u_sdram (
      .clk_i(core_clk_i), .rst_ni(core_rst_n), .mem_clk_i, .mem_rst_ni(mem_rst_n), .ready_o(ready),
      .s_ar_valid_i(ar_valid), .s_ar_ready_o(ar_ready), .s_ar_id_i(ar_id),
      .s_ar_addr_i(ar_addr), .s_ar_len_i(ar_len),
      .s_r_valid_o(r_valid), .s_r_ready_i(r_ready), .s_r_id_o(r_id), .s_r_data_o(r_data),
      .s_r_resp_o(r_resp),
      .s_r_last_o(r_last),
      .s_aw_valid_i(aw_valid), .s_aw_ready_o(aw_ready), .s_aw_id_i(aw_id),
      .s_aw_addr_i(aw_addr), .s_aw_len_i(aw_len),
      .s_w_valid_i(w_valid), .s_w_ready_o(w_ready), .s_w_data_i(w_data), .s_w_strb_i(w_strb),
      .s_w_last_i(w_last),
      .s_b_valid_o(b_valid), .s_b_ready_i(b_ready), .s_b_id_o(b_id), .s_b_resp_o(b_resp),
      .sdram_cke_o, .sdram_cs_no, .sdram_ras_no, .sdram_cas_no, .sdram_we_no, .sdram_ba_o,
      .sdram_a_o, .sdram_dqm_o,
      .sdram_dq_o, .sdram_dq_oe_o, .sdram_dq_i(dq_q)
  );

  // ---------------------------------------------------------------- lights
  localparam int Shown = 20;   // log2 of the cycles that activity is shown for
  logic [23:0]      beat_q;
  logic [3:0]       active;
  logic [Shown-1:0] shown_q [4];
  assign active = {aw_valid, ar_valid, tx_valid, rx_valid};
  always_ff @(posedge core_clk_i) begin
    if (!core_rst_n) beat_q <= '0;
    else beat_q <= beat_q + 24'd1;
    led_o[0] <= beat_q[23];
    led_o[1] <= ready;
    for (int i = 0; i < 4; i++) begin
      if (!core_rst_n) shown_q[i] <= '0;
      else if (active[i]) shown_q[i] <= '1;
      else if (shown_q[i] != '0) shown_q[i] <= shown_q[i] - 1'b1;
      led_o[2 + i] <= (shown_q[i] != '0);
    end
    led_o[6] <= configured && !suspended;
    led_o[7] <= usb_has_it;
  end
endmodule
`default_nettype wire
