// SPDX-License-Identifier: Apache-2.0
// Smoke test of luoshu_core for event-driven simulators (Icarus): sums 1 to 10, stores and reloads
// the sum with stalls on both ports, takes an ecall, and prints PASS if the handler wrote the right
// word; FAIL otherwise.
`default_nettype none
`timescale 1ns / 1ns

module core_smoke_tb;
  logic clk = 1'b0, rst_n = 1'b0;
  always #5 clk = !clk;

  logic [31:0] memory[0:63];
  logic        imem_req, imem_gnt, dmem_req, dmem_gnt, dmem_we, dmem_rvalid, sleep;
  logic [3:0]  dmem_be;
  logic [31:0] imem_addr, imem_rdata, dmem_addr, dmem_wdata, dmem_rdata;
  logic [7:0]  cycle;

  luoshu_core u_core (
      .clk_i           (clk),
      .rst_ni          (rst_n),
      .boot_addr_i     (32'd0),
      .irq_external_i  (1'b0),
      .irq_timer_i     (1'b0),
      .irq_software_i  (1'b0),
      .imem_req_o      (imem_req),
      .imem_gnt_i      (imem_gnt),
      .imem_addr_o     (imem_addr),
      .imem_rdata_i    (imem_rdata),
      .dmem_req_o      (dmem_req),
      .dmem_gnt_i      (dmem_gnt),
      .dmem_we_o       (dmem_we),
      .dmem_be_o       (dmem_be),
      .dmem_addr_o     (dmem_addr),
      .dmem_wdata_o    (dmem_wdata),
      .dmem_rvalid_i   (dmem_rvalid),
      .dmem_rdata_i    (dmem_rdata),
      .dmem_err_i      (1'b0),
      .sleep_o         (sleep),
      .irq_taken_o     (),
      .rvfi_valid_o    (),
      .rvfi_order_o    (),
      .rvfi_insn_o     (),
      .rvfi_trap_o     (),
      .rvfi_intr_o     (),
      .rvfi_pc_rdata_o (),
      .rvfi_pc_wdata_o (),
      .rvfi_rs1_addr_o (),
      .rvfi_rs2_addr_o (),
      .rvfi_rs1_rdata_o(),
      .rvfi_rs2_rdata_o(),
      .rvfi_rd_addr_o  (),
      .rvfi_rd_wdata_o (),
      .rvfi_mem_addr_o (),
      .rvfi_mem_rmask_o(),
      .rvfi_mem_wmask_o(),
      .rvfi_mem_rdata_o(),
      .rvfi_mem_wdata_o()
  );

  assign imem_gnt = (cycle[1:0] != 2'd3);
  assign dmem_gnt = cycle[0];
  always @(posedge clk) begin
    cycle       <= rst_n ? cycle + 8'd1 : 8'd0;
    dmem_rvalid <= rst_n && dmem_req && dmem_gnt;
    if (imem_req && imem_gnt) imem_rdata <= memory[imem_addr[7:2]];
    else imem_rdata <= 32'hxxxxxxxx;
    if (dmem_req && dmem_gnt) begin
      dmem_rdata <= memory[dmem_addr[7:2]];
      if (dmem_we && dmem_be == 4'hF) memory[dmem_addr[7:2]] <= dmem_wdata;
    end
  end

  integer i;
  initial begin
    for (i = 0; i < 64; i = i + 1) memory[i] = 32'h0000_006F;  // jal x0, 0
    memory[0]  = 32'h0400_0093;  // addi  x1, x0, 64
    memory[1]  = 32'h3050_9073;  // csrrw x0, mtvec, x1
    memory[2]  = 32'h00A0_0113;  // addi  x2, x0, 10
    memory[3]  = 32'h0000_0193;  // addi  x3, x0, 0
    memory[4]  = 32'h0021_81B3;  // add   x3, x3, x2
    memory[5]  = 32'hFFF1_0113;  // addi  x2, x2, -1
    memory[6]  = 32'hFE01_1CE3;  // bne   x2, x0, -8
    memory[7]  = 32'h0C30_2023;  // sw    x3, 192(x0)
    memory[8]  = 32'h0C00_2203;  // lw    x4, 192(x0)
    memory[9]  = 32'h0000_0073;  // ecall
    memory[16] = 32'h3420_22F3;  // csrrs x5, mcause, x0
    memory[17] = 32'h0042_8333;  // add   x6, x5, x4
    memory[18] = 32'h0C60_2223;  // sw    x6, 196(x0)
    memory[19] = 32'h1050_0073;  // wfi
    repeat (3) @(posedge clk);
    rst_n <= 1'b1;
    i = 0;
    while (sleep !== 1'b1 && i < 500) begin
      @(posedge clk);
      i = i + 1;
    end
    if (sleep === 1'b1 && memory[48] === 32'd55 && memory[49] === 32'd66) $display("PASS");
    else $display("FAIL: sleep %b, words %0d and %0d after %0d cycles", sleep, memory[48],
        memory[49], i);
    $finish;
  end
endmodule

`default_nettype wire
