// SPDX-License-Identifier: Apache-2.0
// The control bus: the link and the control core reach the firmware memory (TCM), the registers
// and, the core only, a window onto device memory (docs/registers.md has the map).
//
// Each master: req/gnt (address phase), then rvalid with rdata/err; one access in flight per bus,
// the link first. While l_hold_i is high the link's address and data are on the way to all targets,
// for its accesses to device memory. TCM and registers answer one cycle after the grant, the window
// when device memory does. The core's instruction port reads the TCM in the cycles that no data
// access needs its read port (gnt low otherwise).
`default_nettype none

module luoshu_bus #(
    parameter int TcmBytes = 16384  // a power of two
) (
    input  wire         clk_i,
    input  wire         rst_ni,
    // link
    input  wire         l_req_i,
    output logic        l_gnt_o,
    input  wire         l_hold_i,
    input  wire         l_we_i,
    input  wire  [31:0] l_addr_i,
    input  wire  [31:0] l_wdata_i,
    output logic        l_rvalid_o,
    output logic [31:0] l_rdata_o,
    output logic        l_err_o,
    // core, data
    input  wire         d_req_i,
    output logic        d_gnt_o,
    input  wire         d_we_i,
    input  wire  [3:0]  d_be_i,
    input  wire  [31:0] d_addr_i,
    input  wire  [31:0] d_wdata_i,
    output logic        d_rvalid_o,
    output logic [31:0] d_rdata_o,
    output logic        d_err_o,
    // core, instructions
    input  wire         i_req_i,
    output logic        i_gnt_o,
    input  wire  [31:0] i_addr_i,
    output logic [31:0] i_rdata_o,
    // registers: strobe and data in the same cycle, read data one cycle later, 0 in other cycles
    output logic        reg_req_o,
    output logic        reg_we_o,
    output logic [15:0] reg_addr_o,
    output logic [31:0] reg_wdata_o,
    input  wire  [31:0] reg_rdata_i,
    // device memory window: read data with rvalid, 0 in other cycles
    output logic        win_req_o,
    input  wire         win_gnt_i,
    output logic        win_we_o,
    output logic [3:0]  win_be_o,
    output logic [31:0] win_addr_o,
    output logic [31:0] win_wdata_o,
    input  wire         win_rvalid_i,
    input  wire  [31:0] win_rdata_i,
    input  wire         win_err_i       // with rvalid: memory answered with an error
);
  localparam int TcmBits = $clog2(TcmBytes);

  logic        pick_link;
  logic        req, we;
  logic [31:0] addr, wdata;
  logic [3:0]  be;
  logic        is_tcm, is_reg, is_win, is_none;
  logic        free;      // a new access may start
  logic        grant;

  typedef enum logic [1:0] {TargetTcm, TargetReg, TargetWindow, TargetNone} target_e;
  logic        busy_q;    // an access is in flight
  logic        link_q;    // it is the link's
  target_e     target_q;
  logic        finish;
  logic [31:0] tcm_rdata;
  logic        tcm_read, tcm_write;

  assign pick_link = l_req_i || l_hold_i;
  assign req   = pick_link ? l_req_i : d_req_i;
  assign we    = pick_link ? l_we_i : d_we_i;
  assign addr  = pick_link ? l_addr_i : d_addr_i;
  assign wdata = pick_link ? l_wdata_i : d_wdata_i;
  assign be    = pick_link ? 4'hf : d_be_i;

  assign is_reg  = (addr[31:16] == 16'h8000);
  assign is_tcm  = (addr[31:TcmBits] == '0);
  assign is_win  = (addr[31:30] == 2'b01) && !pick_link;
  assign is_none = !is_reg && !is_tcm && !is_win;

  assign finish  = busy_q && (target_q != TargetWindow || win_rvalid_i);
  assign free    = !busy_q || finish;
  assign grant   = req && free && (!is_win || win_gnt_i);
  assign l_gnt_o = grant && pick_link;
  assign d_gnt_o = grant && !pick_link;

  assign tcm_read    = grant && is_tcm && !we;
  assign tcm_write   = grant && is_tcm && we;
  assign reg_req_o   = grant && is_reg;
  assign reg_we_o    = we;
  assign reg_addr_o  = addr[15:0];
  assign reg_wdata_o = wdata;
  assign win_req_o   = req && free && is_win;
  assign win_we_o    = we;
  assign win_be_o    = be;
  assign win_addr_o  = {2'b00, addr[29:0]};
  assign win_wdata_o = wdata;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      busy_q <= 1'b0;
    end else begin
      if (grant) busy_q <= 1'b1;
      else if (finish) busy_q <= 1'b0;
    end
    if (grant) begin
      link_q   <= pick_link;
      target_q <= is_reg ? TargetReg : is_tcm ? TargetTcm : is_win ? TargetWindow : TargetNone;
    end
  end

  logic [31:0] rdata;   // only one of the three is not 0
  assign rdata = reg_rdata_i | win_rdata_i
      | (tcm_rdata & {32{target_q == TargetTcm || target_q == TargetNone}});
  assign l_rvalid_o = finish && link_q;
  assign d_rvalid_o = finish && !link_q;
  assign l_rdata_o  = rdata;
  assign d_rdata_o  = rdata;
  assign l_err_o    = (target_q == TargetNone);
  assign d_err_o    = (target_q == TargetNone) || (target_q == TargetWindow && win_err_i);

  // ------------------------------------------------ firmware memory: one read port, one write port
  assign i_gnt_o   = i_req_i && !tcm_read;
  assign i_rdata_o = tcm_rdata;
  luoshu_ram_1r1w #(.Width(32), .Depth(TcmBytes/4), .ByteWrite(1)) u_tcm (
      .clk_i, .we_i(tcm_write), .waddr_i(addr[TcmBits-1:2]), .wmask_i(be), .wdata_i(wdata),
      .re_i(tcm_read || i_gnt_o), .raddr_i(tcm_read ? addr[TcmBits-1:2] : i_addr_i[TcmBits-1:2]),
      .rdata_o(tcm_rdata)
  );

  logic unused_bits;
  assign unused_bits = ^{i_addr_i, is_none};
endmodule
`default_nettype wire
