// SPDX-License-Identifier: Apache-2.0
// Control and status registers, trap state and interrupt logic of luoshu_core.
//
// One access at a time: rdata_o is combinational from sel_i; write_i stores op(rdata_o, operand_i)
// at the clock edge. A trap (trap_i) stores operand_i to mtval, or 0; the core never raises trap_i
// and write_i together. mip shows the interrupt inputs one cycle late. Interrupt priority:
// external, software, timer. mcycle counts every cycle and minstret every retire_i; both ignore
// writes.
// Fields: mstatus MIE, MPIE, MPP = 11; mie/mip bits 11, 7, 3; mtvec direct, 4-byte aligned; mcause
// bits 31 and 3:0; mepc 4-byte aligned. Reset clears mstatus, mie and the counters; mtvec resets to
// 0; mepc, mcause, mtval and mscratch are undefined until written.
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
    output logic [31:2] word_o,         // the same for mtvec and mepc, earlier
    // Traps
    input  wire         trap_i,         // enter a trap in this cycle
    input  wire         trap_irq_i,     // the trap is an interrupt
    input  wire  [3:0]  trap_cause_i,   // exception code, if not an interrupt
    input  wire  [31:2] trap_pc_i,      // to mepc
    input  wire         trap_zero_i,    // mtval gets 0, not operand_i
    input  wire         trap_even_i,    // clear bit 0 of mtval: operand_i is the sum of a jalr
    input  wire         mret_i,         // leave a trap in this cycle
    input  wire         retire_i,       // an instruction retires
    output logic [31:2] mtvec_o,
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

  logic [2:0] active;
  logic [3:0] irq_cause;
  assign active    = enable_q & pending_q;
  assign wake_o    = (active != 3'd0);
  assign irq_o     = wake_o && mie_q;
  assign irq_cause = active[2] ? 4'd11 : active[0] ? 4'd3 : 4'd7;

  // Read: eight full words, and narrow ones. Written as a tree of multiplexers, the smallest form.
  logic [31:0] words_low, words_high, words, narrow;
  assign words_low  = sel_i[1] ? (sel_i[0] ? {mepc_q, 2'b00} : {mtvec_q, 2'b00}) :
                                 (sel_i[0] ? mtval_q : mscratch_q);
  assign words_high = sel_i[1] ? (sel_i[0] ? minstret_q[63:32] : minstret_q[31:0]) :
                                 (sel_i[0] ? mcycle_q[63:32] : mcycle_q[31:0]);
  assign words      = sel_i[2] ? words_high : words_low;
  // mstatus (0), misa (1), mie (2), mip (3), mcause (4), zero (7)
  logic [2:0] bits_11_7_3;
  assign bits_11_7_3 = sel_i[1] ? (sel_i[0] ? pending_q : enable_q) : {1'b1, mpie_q, mie_q};
  logic is_mcause, is_misa, has_bits;
  assign is_mcause = (sel_i[2:0] == 3'd4);
  assign is_misa   = (sel_i[2:0] == 3'd1);
  assign has_bits  = !sel_i[2] && !is_misa;
  assign narrow = {is_mcause && cause_irq_q, is_misa, 17'd0, sel_i[2:0] == 3'd0,
                   has_bits && bits_11_7_3[2], 2'd0, is_misa, has_bits && bits_11_7_3[1], 3'd0,
                   (is_mcause && cause_q[3]) || (has_bits && bits_11_7_3[0]),
                   cause_q[2:0] & {3{is_mcause}}};
  assign rdata_o = sel_i[3] ? words : narrow;
  assign word_o  = words[31:2];

  // Write.
  logic [31:0] wdata;
  assign wdata = !(op_i[1] && !trap_i) ? operand_i :
                 op_i[0]               ? rdata_o & ~operand_i :
                                         rdata_o | operand_i;

  logic write_mstatus, write_mie, write_mcause, write_mscratch;
  logic write_mtval, write_mtvec, write_mepc;
  assign write_mstatus  = write_i && (sel_i == 4'd0);
  assign write_mie      = write_i && (sel_i == 4'd2);
  assign write_mcause   = write_i && (sel_i == 4'd4);
  assign write_mscratch = write_i && (sel_i == 4'd8);
  assign write_mtval    = write_i && (sel_i == 4'd9);
  assign write_mtvec    = write_i && (sel_i == 4'd10);
  assign write_mepc     = write_i && (sel_i == 4'd11);

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
    end else if (write_mstatus) begin
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
      if (write_mie) enable_q <= {wdata[11], wdata[7], wdata[3]};
      if (write_mtvec) mtvec_q <= wdata[31:2];
    end
  end

  always_ff @(posedge clk_i) begin
    if (trap_i || write_mepc) mepc_q <= trap_i ? trap_pc_i : wdata[31:2];
    if (trap_i && trap_zero_i) mtval_q <= 32'd0;
    else if (trap_i || write_mtval) mtval_q <= {wdata[31:1], wdata[0] && !(trap_i && trap_even_i)};
    if (write_mscratch) mscratch_q <= wdata;
    if (trap_i) begin
      cause_irq_q <= trap_irq_i;
      cause_q     <= trap_irq_i ? irq_cause : trap_cause_i;
    end else if (write_mcause) begin
      cause_irq_q <= wdata[31];
      cause_q     <= wdata[3:0];
    end
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      mcycle_q   <= 64'd0;
      minstret_q <= 64'd0;
    end else begin
      mcycle_q   <= mcycle_q + 64'd1;
      minstret_q <= minstret_q + {63'd0, retire_i};
    end
  end
endmodule

`default_nettype wire
