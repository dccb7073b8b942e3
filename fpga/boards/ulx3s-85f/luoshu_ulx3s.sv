// SPDX-License-Identifier: Apache-2.0
// ULX3S with an ECP5-85: `nano` at 25 MHz, 32 MB of SDRAM at 50 MHz, the link over USB (socket US2,
// whose two wires end at the FPGA) or over the FT231X at 3 Mbaud (socket US1).
//
// FIRE1 (btn[1]) resets chip and memory. wifi_gpio0 stays high, so that the ESP32 leaves the board
// alone.
`default_nettype none

module luoshu_ulx3s (
    input  wire         clk_25mhz,
    input  wire  [6:0]  btn,
    output wire  [7:0]  led,
    output wire         ftdi_rxd,   // to the host
    input  wire         ftdi_txd,   // from the host
    inout  wire         usb_fpga_bd_dp,
    inout  wire         usb_fpga_bd_dn,
    inout  wire         usb_fpga_pu_dp,   // 1.5 kOhm to D+: high, or open
    input  wire         usb_fpga_pu_dn,   // 1.5 kOhm to D-: open
    output wire         wifi_gpio0,
    output wire         sdram_clk,
    output wire         sdram_cke,
    output wire         sdram_csn,
    output wire         sdram_rasn,
    output wire         sdram_casn,
    output wire         sdram_wen,
    output wire  [1:0]  sdram_ba,
    output wire  [12:0] sdram_a,
    output wire  [1:0]  sdram_dqm,
    inout  wire  [15:0] sdram_d
);
  // 25 MHz to 600 MHz to 50 MHz, 25 MHz and 60 MHz. The clocks keep their names, which board.json
  // has.
  (* keep *) wire mem_clk, core_clk, usb_clk;
  wire pll_clk, locked, usb_locked;
  (* FREQUENCY_PIN_CLKI = "25", FREQUENCY_PIN_CLKOP = "50", FREQUENCY_PIN_CLKOS = "25",
     FREQUENCY_PIN_CLKOS2 = "60", ICP_CURRENT = "12", LPF_RESISTOR = "8",
     MFG_ENABLE_FILTEROPAMP = "1", MFG_GMCREF_SEL = "2" *)
  EHXPLLL #(
      .PLLRST_ENA("DISABLED"), .INTFB_WAKE("DISABLED"), .STDBY_ENABLE("DISABLED"),
      .DPHASE_SOURCE("DISABLED"), .OUTDIVIDER_MUXA("DIVA"), .OUTDIVIDER_MUXB("DIVB"),
      .OUTDIVIDER_MUXC("DIVC"), .OUTDIVIDER_MUXD("DIVD"),
      .FEEDBK_PATH("CLKOP"), .CLKI_DIV(1), .CLKFB_DIV(2),
      .CLKOP_ENABLE("ENABLED"), .CLKOP_DIV(12), .CLKOP_CPHASE(5), .CLKOP_FPHASE(0),
      .CLKOS_ENABLE("ENABLED"), .CLKOS_DIV(24), .CLKOS_CPHASE(5), .CLKOS_FPHASE(0),
      .CLKOS2_ENABLE("ENABLED"), .CLKOS2_DIV(10), .CLKOS2_CPHASE(5), .CLKOS2_FPHASE(0)
  ) u_pll (
      .CLKI(clk_25mhz), .CLKFB(mem_clk), .CLKOP(mem_clk), .CLKOS(core_clk), .CLKOS2(pll_clk),
      .CLKINTFB(),
      .LOCK(locked), .RST(1'b0), .STDBY(1'b0), .PHASESEL0(1'b0), .PHASESEL1(1'b0),
      .PHASEDIR(1'b1), .PHASESTEP(1'b1), .PHASELOADREG(1'b1), .PLLWAKESYNC(1'b0), .ENCLKOP(1'b0)
  );
  // 60 MHz / 5 * 48 is 576 MHz, / 12 exactly 48 MHz; from 25 MHz in one step the comparison would
  // run at 1 or 5 MHz, below its range.
  (* FREQUENCY_PIN_CLKI = "60", FREQUENCY_PIN_CLKOP = "48", ICP_CURRENT = "12",
     LPF_RESISTOR = "8", MFG_ENABLE_FILTEROPAMP = "1", MFG_GMCREF_SEL = "2" *)
  EHXPLLL #(
      .PLLRST_ENA("DISABLED"), .INTFB_WAKE("DISABLED"), .STDBY_ENABLE("DISABLED"),
      .DPHASE_SOURCE("DISABLED"), .OUTDIVIDER_MUXA("DIVA"), .OUTDIVIDER_MUXB("DIVB"),
      .OUTDIVIDER_MUXC("DIVC"), .OUTDIVIDER_MUXD("DIVD"),
      .FEEDBK_PATH("CLKOP"), .CLKI_DIV(5), .CLKFB_DIV(4),
      .CLKOP_ENABLE("ENABLED"), .CLKOP_DIV(12), .CLKOP_CPHASE(5), .CLKOP_FPHASE(0)
  ) u_usb_pll (
      .CLKI(pll_clk), .CLKFB(usb_clk), .CLKOP(usb_clk), .CLKINTFB(),
      .LOCK(usb_locked), .RST(1'b0), .STDBY(1'b0), .PHASESEL0(1'b0), .PHASESEL1(1'b0),
      .PHASEDIR(1'b1), .PHASESTEP(1'b1), .PHASELOADREG(1'b1), .PLLWAKESYNC(1'b0), .ENCLKOP(1'b0)
  );
  // The SDRAM's clock rises half a cycle behind its other pins.
  ODDRX1F u_sdram_clk (.SCLK(mem_clk), .RST(1'b0), .D0(1'b0), .D1(1'b1), .Q(sdram_clk));

  wire fire, lock, usb_lock, dq_oe, usb_dp, usb_dn, usb_oe, usb_pullup;
  wire [15:0] dq_out;
  luoshu_cdc_bits #(.Width(3)) u_cdc_reset (
      .clk_i(core_clk), .d_i({btn[1], locked, usb_locked}), .q_o({fire, lock, usb_lock})
  );
  assign wifi_gpio0     = 1'b1;
  assign sdram_d        = dq_oe ? dq_out : 16'bz;
  assign usb_fpga_bd_dp = usb_oe ? usb_dp : 1'bz;
  assign usb_fpga_bd_dn = usb_oe ? usb_dn : 1'bz;
  assign usb_fpga_pu_dp = usb_pullup ? 1'b1 : 1'bz;

  luoshu_board u_board (
      .core_clk_i(core_clk), .mem_clk_i(mem_clk), .rst_ni(lock && !fire), .rxd_i(ftdi_txd),
      .txd_o(ftdi_rxd), .usb_clk_i(usb_clk), .usb_on_i(usb_lock), .usb_dp_i(usb_fpga_bd_dp),
      .usb_dn_i(usb_fpga_bd_dn), .usb_dp_o(usb_dp), .usb_dn_o(usb_dn), .usb_oe_o(usb_oe),
      .usb_pullup_o(usb_pullup), .led_o(led),
      .sdram_cke_o(sdram_cke), .sdram_cs_no(sdram_csn), .sdram_ras_no(sdram_rasn),
      .sdram_cas_no(sdram_casn), .sdram_we_no(sdram_wen), .sdram_ba_o(sdram_ba),
      .sdram_a_o(sdram_a), .sdram_dqm_o(sdram_dqm), .sdram_dq_o(dq_out),
      .sdram_dq_oe_o(dq_oe), .sdram_dq_i(sdram_d)
  );
  wire unused_pins = ^{btn[6:2], btn[0], usb_fpga_pu_dn};
endmodule
`default_nettype wire
