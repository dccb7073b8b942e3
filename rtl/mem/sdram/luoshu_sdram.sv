// SPDX-License-Identifier: Apache-2.0
// An SDRAM with its controller as an AXI4 subordinate: luoshu_sdram_axi on the core's clock,
// luoshu_sdram_ctrl on the memory's, three queues between them (rtl/cdc).
//
// clk_i and mem_clk_i may be the same clock, multiples, or strangers. rst_ni and mem_rst_ni come
// from luoshu_cdc_reset.
// ready_o (core's clock): power-up is over; what is asked for before waits.
// Parameters as in luoshu_sdram_ctrl; read latency in cycles of the core: 2, then 4 of each clock
// for the two crossings, then the controller's.
`default_nettype none

module luoshu_sdram #(
    parameter int DataBits   = 16,     // width of the SDRAM
    parameter int BeatBytes  = 8,
    parameter int RowBits    = 13,
    parameter int ColBits    = 9,
    parameter int ClockKhz   = 50000,  // of mem_clk_i
    parameter int CasLatency = 2,
    parameter int ReadCycles = 2,
    parameter int RcdNs      = 20,
    parameter int RpNs       = 20,
    parameter int RasNs      = 45,
    parameter int RcNs       = 70,
    parameter int RrdNs      = 15,
    parameter int RfcNs      = 70,
    parameter int WrNs       = 15,
    parameter int RefiNs     = 7800,
    parameter int PowerUpUs  = 200,
    parameter int IdBits     = 1,
    parameter int ReadDepth  = 64      // beats of read data on their way
) (
    input  wire                    clk_i,
    input  wire                    rst_ni,
    input  wire                    mem_clk_i,
    input  wire                    mem_rst_ni,
    output logic                   ready_o,
    // AXI4 subordinate
    input  wire                    s_ar_valid_i,
    output logic                   s_ar_ready_o,
    input  wire  [IdBits-1:0]      s_ar_id_i,
    input  wire  [31:0]            s_ar_addr_i,
    input  wire  [7:0]             s_ar_len_i,
    output logic                   s_r_valid_o,
    input  wire                    s_r_ready_i,
    output logic [IdBits-1:0]      s_r_id_o,
    output logic [BeatBytes*8-1:0] s_r_data_o,
    output logic [1:0]             s_r_resp_o,
    output logic                   s_r_last_o,
    input  wire                    s_aw_valid_i,
    output logic                   s_aw_ready_o,
    input  wire  [IdBits-1:0]      s_aw_id_i,
    input  wire  [31:0]            s_aw_addr_i,
    input  wire  [7:0]             s_aw_len_i,
    input  wire                    s_w_valid_i,
    output logic                   s_w_ready_o,
    input  wire  [BeatBytes*8-1:0] s_w_data_i,
    input  wire  [BeatBytes-1:0]   s_w_strb_i,
    input  wire                    s_w_last_i,
    output logic                   s_b_valid_o,
    input  wire                    s_b_ready_i,
    output logic [IdBits-1:0]      s_b_id_o,
    output logic [1:0]             s_b_resp_o,
    // pins
    output logic                   sdram_cke_o,
    output logic                   sdram_cs_no,
    output logic                   sdram_ras_no,
    output logic                   sdram_cas_no,
    output logic                   sdram_we_no,
    output logic [1:0]             sdram_ba_o,
    output logic [RowBits-1:0]     sdram_a_o,
    output logic [DataBits/8-1:0]  sdram_dqm_o,
    output logic [DataBits-1:0]    sdram_dq_o,
    output logic                   sdram_dq_oe_o,
    input  wire  [DataBits-1:0]    sdram_dq_i
);
  localparam int AddrBits = RowBits + 2 + ColBits - $clog2(BeatBytes * 8 / DataBits);
  localparam int Beat     = BeatBytes * 8;

  logic                 a_cmd_valid, a_cmd_ready, a_cmd_we, m_cmd_valid, m_cmd_ready, m_cmd_we;
  logic [AddrBits-1:0]  a_cmd_addr, m_cmd_addr;
  logic [7:0]           a_cmd_beats, m_cmd_beats;
  logic                 a_wd_valid, a_wd_ready, m_wd_valid, m_wd_take, a_rd_valid, a_rd_ready,
      m_rd_valid, m_rd_ready, m_ready;
  logic [Beat-1:0]      a_wd_data, m_wd_data, a_rd_data, m_rd_data;
  logic [BeatBytes-1:0] a_wd_strb, m_wd_strb;

  luoshu_sdram_axi #(
      .BeatBytes(BeatBytes), .AddrBits(AddrBits), .IdBits(IdBits), .ReadDepth(ReadDepth)
  ) u_axi (
      .clk_i, .rst_ni, .s_ar_valid_i, .s_ar_ready_o, .s_ar_id_i, .s_ar_addr_i, .s_ar_len_i,
      .s_r_valid_o, .s_r_ready_i,
      .s_r_id_o, .s_r_data_o, .s_r_resp_o, .s_r_last_o, .s_aw_valid_i, .s_aw_ready_o, .s_aw_id_i,
      .s_aw_addr_i, .s_aw_len_i,
      .s_w_valid_i, .s_w_ready_o, .s_w_data_i, .s_w_strb_i, .s_w_last_i, .s_b_valid_o,
      .s_b_ready_i, .s_b_id_o, .s_b_resp_o,
      .cmd_valid_o(a_cmd_valid), .cmd_ready_i(a_cmd_ready), .cmd_we_o(a_cmd_we),
      .cmd_addr_o(a_cmd_addr),
      .cmd_beats_o(a_cmd_beats), .wd_valid_o(a_wd_valid), .wd_ready_i(a_wd_ready),
      .wd_data_o(a_wd_data),
      .wd_strb_o(a_wd_strb), .rd_valid_i(a_rd_valid), .rd_ready_o(a_rd_ready), .rd_data_i(a_rd_data)
  );

  luoshu_cdc_fifo #(.Width(AddrBits + 9), .Depth(8)) u_commands (
      .in_clk_i(clk_i), .in_rst_ni(rst_ni), .in_valid_i(a_cmd_valid), .in_ready_o(a_cmd_ready),
      .in_data_i({a_cmd_we, a_cmd_addr, a_cmd_beats}),
      .out_clk_i(mem_clk_i), .out_rst_ni(mem_rst_ni), .out_valid_o(m_cmd_valid),
      .out_ready_i(m_cmd_ready),
      .out_data_o({m_cmd_we, m_cmd_addr, m_cmd_beats})
  );
  // The data of two runs: one that is written, one that is collected.
  luoshu_cdc_ram_fifo #(.Width(Beat + BeatBytes), .Depth(32)) u_write (
      .in_clk_i(clk_i), .in_rst_ni(rst_ni), .in_valid_i(a_wd_valid), .in_ready_o(a_wd_ready),
      .in_data_i({a_wd_strb, a_wd_data}),
      .out_clk_i(mem_clk_i), .out_rst_ni(mem_rst_ni), .out_valid_o(m_wd_valid),
      .out_ready_i(m_wd_take),
      .out_data_o({m_wd_strb, m_wd_data})
  );
  luoshu_cdc_ram_fifo #(.Width(Beat), .Depth(ReadDepth)) u_read (
      .in_clk_i(mem_clk_i), .in_rst_ni(mem_rst_ni), .in_valid_i(m_rd_valid),
      .in_ready_o(m_rd_ready), .in_data_i(m_rd_data),
      .out_clk_i(clk_i), .out_rst_ni(rst_ni), .out_valid_o(a_rd_valid), .out_ready_i(a_rd_ready),
      .out_data_o(a_rd_data)
  );
  luoshu_cdc_bits u_cdc_ready (.clk_i, .d_i(m_ready), .q_o(ready_o));

  luoshu_sdram_ctrl #(
      .DataBits(DataBits), .BeatBytes(BeatBytes), .RowBits(RowBits), .ColBits(ColBits),
      .ClockKhz(ClockKhz),
      .CasLatency(CasLatency), .ReadCycles(ReadCycles), .RcdNs(RcdNs), .RpNs(RpNs), .RasNs(RasNs),
      .RcNs(RcNs), .RrdNs(RrdNs),
      .RfcNs(RfcNs), .WrNs(WrNs), .RefiNs(RefiNs), .PowerUpUs(PowerUpUs)
  ) u_ctrl (
      .clk_i(mem_clk_i), .rst_ni(mem_rst_ni), .ready_o(m_ready), .cmd_valid_i(m_cmd_valid),
      .cmd_ready_o(m_cmd_ready),
      .cmd_we_i(m_cmd_we), .cmd_addr_i(m_cmd_addr), .cmd_beats_i(m_cmd_beats),
      .w_take_o(m_wd_take), .w_valid_i(m_wd_valid),
      .w_data_i(m_wd_data), .w_strb_i(m_wd_strb), .r_valid_o(m_rd_valid), .r_data_o(m_rd_data),
      .sdram_cke_o, .sdram_cs_no, .sdram_ras_no, .sdram_cas_no, .sdram_we_no, .sdram_ba_o,
      .sdram_a_o, .sdram_dqm_o,
      .sdram_dq_o, .sdram_dq_oe_o, .sdram_dq_i
  );
  logic unused_bits;
  assign unused_bits = m_rd_ready;   // room is kept by luoshu_sdram_axi
endmodule
`default_nettype wire
