// SPDX-License-Identifier: Apache-2.0
// Control and status registers, trap state and interrupt logic of luoshu_core.
//
// One access at a time: rdata_o is combinational from sel_i; write_i stores op(rdata_o, operand_i) at the
// clock edge. A trap (trap_i) wins over a write; the core never raises both. mip shows the interrupt
// inputs one cycle late. Interrupt priority: external, software, timer. mcycle counts every cycle and
// minstret every retire_i, except in the cycle that writes the counter, which then holds the new value.
// Fields: mstatus MIE, MPIE, MPP = 11; mie/mip bits 11, 7, 3; mtvec direct, 4-byte aligned; mcause bits
// 31 and 3:0; mepc 4-byte aligned. Reset clears mstatus, mie and the counters; mtvec resets to 0; mepc,
// mcause, mtval and mscratch are undefined until written.
`default_nettype none

module luoshu_core_csr (
    input  wire         clk_i,
    input  wire         rst_ni,
    input  wire         irq_external_i,
    input  wire         irq_timer_i,
    input  wire         irq_software_i,
    // Access
    input  wire  [3:0]  sel_i,          // register, numbered as in luoshu_core_decode
    input  wire  [1:0]  op_i,           // 1 write, 2 set bits, 3 clear bits
    input  wire  [31:0] operand_i,
    input  wire         write_i,        // store in this cycle
    output logic [31:0] rdata_o,
    // Traps
    input  wire         trap_i,         // enter a trap in this cycle
    input  wire         trap_irq_i,     // the trap is an interrupt
    input  wire  [3:0]  trap_cause_i,   // exception code, if not an interrupt
    input  wire  [31:2] trap_pc_i,      // to mepc
    input  wire  [31:0] trap_value_i,   // to mtval
    input  wire         mret_i,         // leave a trap in this cycle
    input  wire         retire_i,       // an instruction retires
    output logic [31:2] mtvec_o,
    output logic [31:2] mepc_o,
    output logic        wake_o,         // an interrupt enabled in mie is pending
    output logic        irq_o           // and mstatus.MIE allows it
);
  logic        mie_q, mpie_q;                    // mstatus.MIE, MPIE
  logic [2:0]  enable_q, pending_q;              // {external, timer, software}
  logic [31:2] mtvec_q, mepc_q;
  logic        cause_irq_q;
  logic [3:0]  cause_q;
  logic [31:0] mtval_q, mscratch_q;
  logic [63:0] mcycle_q, minstret_q;

  assign mtvec_o = mtvec_q;
  assign mepc_o  = mepc_q;

  logic [2:0] active;
  logic [3:0] irq_cause;
  assign active    = enable_q & pending_q;
  assign wake_o    = (active != 3'd0);
  assign irq_o     = wake_o && mie_q;
  assign irq_cause = active[2] ? 4'd11 : active[0] ? 4'd3 : 4'd7;

  // Read.
  always_comb begin
    case (sel_i)
      4'd0:    rdata_o = {19'd0, 2'b11, 3'd0, mpie_q, 3'd0, mie_q, 3'd0};
      4'd1:    rdata_o = 32'h4000_0100;  // RV32I
      4'd2:    rdata_o = {20'd0, enable_q[2], 3'd0, enable_q[1], 3'd0, enable_q[0], 3'd0};
      4'd3:    rdata_o = {20'd0, pending_q[2], 3'd0, pending_q[1], 3'd0, pending_q[0], 3'd0};
      4'd4:    rdata_o = {cause_irq_q, 27'd0, cause_q};
      4'd5:    rdata_o = mscratch_q;
      4'd6:    rdata_o = minstret_q[31:0];
      4'd7:    rdata_o = minstret_q[63:32];
      4'd8:    rdata_o = {mtvec_q, 2'b00};
      4'd9:    rdata_o = {mepc_q, 2'b00};
      4'd10:   rdata_o = mtval_q;
      4'd12:   rdata_o = mcycle_q[31:0];
      4'd13:   rdata_o = mcycle_q[63:32];
      default: rdata_o = 32'd0;
    endcase
  end

  // Write.
  logic [31:0] wdata;
  always_comb begin
    case (op_i)
      2'd2:    wdata = rdata_o | operand_i;
      2'd3:    wdata = rdata_o & ~operand_i;
      default: wdata = operand_i;
    endcase
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      mie_q  <= 1'b0;
      mpie_q <= 1'b0;
    end else if (trap_i) begin
      mie_q  <= 1'b0;
      mpie_q <= mie_q;
    end else if (mret_i) begin
      mie_q  <= mpie_q;
      mpie_q <= 1'b1;
    end else if (write_i && sel_i == 4'd0) begin
      mie_q  <= wdata[3];
      mpie_q <= wdata[7];
    end
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      enable_q  <= 3'd0;
      pending_q <= 3'd0;
      mtvec_q   <= 30'd0;
    end else begin
      pending_q <= {irq_external_i, irq_timer_i, irq_software_i};
      if (write_i && sel_i == 4'd2) enable_q <= {wdata[11], wdata[7], wdata[3]};
      if (write_i && sel_i == 4'd8) mtvec_q <= wdata[31:2];
    end
  end

  always_ff @(posedge clk_i) begin
    if (trap_i || (write_i && sel_i == 4'd9)) mepc_q <= trap_i ? trap_pc_i : wdata[31:2];
    if (trap_i || (write_i && sel_i == 4'd10)) mtval_q <= trap_i ? trap_value_i : wdata;
    if (write_i && sel_i == 4'd5) mscratch_q <= wdata;
    if (trap_i) begin
      cause_irq_q <= trap_irq_i;
      cause_q     <= trap_irq_i ? irq_cause : trap_cause_i;
    end else if (write_i && sel_i == 4'd4) begin
      cause_irq_q <= wdata[31];
      cause_q     <= wdata[3:0];
    end
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      mcycle_q   <= 64'd0;
      minstret_q <= 64'd0;
    end else begin
      if (write_i && sel_i == 4'd12) mcycle_q[31:0] <= wdata;
      else if (write_i && sel_i == 4'd13) mcycle_q[63:32] <= wdata;
      else mcycle_q <= mcycle_q + 64'd1;
      if (write_i && sel_i == 4'd6) minstret_q[31:0] <= wdata;
      else if (write_i && sel_i == 4'd7) minstret_q[63:32] <= wdata;
      else minstret_q <= minstret_q + {63'd0, retire_i};
    end
  end
endmodule

`default_nettype wire
