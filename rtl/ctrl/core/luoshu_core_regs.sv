// SPDX-License-Identifier: Apache-2.0
// Register file of luoshu_core: x1 to x31, x0 reads as 0. Two RAM copies give two read ports.
//
// rs1_o and rs2_o show the registers one cycle after read_i and hold while it is low. A read in the
// cycle of a write of the same register returns the new value. write_i must not address x0. Nothing
// is reset.
// Does not do: forwarding of writes after the read; the core writes at most once between two reads,
// in the cycle of the second.
`default_nettype none

module luoshu_core_regs (
    input  wire         clk_i,
    input  wire         read_i,
    input  wire  [4:0]  rs1_addr_i,
    input  wire  [4:0]  rs2_addr_i,
    output logic [31:0] rs1_o,
    output logic [31:0] rs2_o,
    input  wire         write_i,
    input  wire  [4:0]  rd_addr_i,  // not 0
    input  wire  [31:0] rd_i
);
  logic [31:0] ram1, ram2, written_q;
  logic        new1_q, new2_q, nonzero1_q, nonzero2_q;

  luoshu_ram_1r1w #(
      .Width(32),
      .Depth(32)
  ) u_copy1 (
      .clk_i  (clk_i),
      .we_i   (write_i),
      .waddr_i(rd_addr_i),
      .wmask_i(4'hF),
      .wdata_i(rd_i),
      .re_i   (read_i),
      .raddr_i(rs1_addr_i),
      .rdata_o(ram1)
  );
  luoshu_ram_1r1w #(
      .Width(32),
      .Depth(32)
  ) u_copy2 (
      .clk_i  (clk_i),
      .we_i   (write_i),
      .waddr_i(rd_addr_i),
      .wmask_i(4'hF),
      .wdata_i(rd_i),
      .re_i   (read_i),
      .raddr_i(rs2_addr_i),
      .rdata_o(ram2)
  );

  // The RAM leaves a read of the word being written undefined: that word comes from written_q.
  always_ff @(posedge clk_i) begin
    if (write_i) written_q <= rd_i;
    if (read_i) begin
      new1_q     <= write_i && (rs1_addr_i == rd_addr_i);
      new2_q     <= write_i && (rs2_addr_i == rd_addr_i);
      nonzero1_q <= (rs1_addr_i != 5'd0);
      nonzero2_q <= (rs2_addr_i != 5'd0);
    end
  end
  assign rs1_o = new1_q ? written_q : (ram1 & {32{nonzero1_q}});
  assign rs2_o = new2_q ? written_q : (ram2 & {32{nonzero2_q}});
endmodule

`default_nettype wire
