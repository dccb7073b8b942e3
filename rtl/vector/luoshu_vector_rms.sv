// SPDX-License-Identifier: Apache-2.0
// Sum of squares and 1/sqrt of the mean: docs/numerics.md section 5, up to r.
//
// Products of the integer magnitudes arrive VL per cycle (sq_valid_i, the last with sq_last_i); S
// is their sum; then tofp here, S * inv_n and + eps in lane 0 of the vector unit, rsqrt in its
// special-function unit. r_valid_o is high from the result until the next clear_i; latency from
// sq_last_i 16 cycles, Serial = 1: 15 and as many as S has leading zeros. Nothing else may use lane
// 0 or the special-function unit in that time (the sine of the phase builder yields).
`default_nettype none

module luoshu_vector_rms #(
    parameter int VL     = 4,     // lanes
    parameter int MaxN   = 1024,  // longest vector
    parameter int Serial = 0      // 1: a small tofp, a cycle for each leading zero
) (
    input  wire              clk_i,
    input  wire              rst_ni,
    input  wire              clear_i,     // before the first product
    input  wire              sq_valid_i,
    input  wire              sq_last_i,
    input  wire  [VL*34-1:0] sq_prod_i,   // squares
    input  wire  [7:0]       exp_i,       // biased E of the vector
    // lane 0: m1 <- to_fp * inv_n, then add (eps + p1)
    output logic             mul_valid_o,
    output logic [31:0]      mul_o,       // fp32 of S
    output logic             add_valid_o,
    // special-function unit
    output logic             sfu_valid_o,  // operand: the sum of lane 0
    input  wire              sfu_valid_i,  // result for this unit
    input  wire  [31:0]      sfu_r_i,
    output logic             r_valid_o,
    output logic [31:0]      r_o
);
  localparam int SumWidth = 34 + $clog2(VL) + 1;
  localparam int AccWidth = 36 + $clog2(MaxN);  // the top bit stays clear: signed for tofp

  logic [SumWidth-1:0] sum, sum_q;
  logic [AccWidth-1:0] acc_q;
  logic                sum_valid_q, sum_last_q, acc_last_q;
  always_comb begin
    sum = '0;
    for (int i = 0; i < VL; i++) sum = sum + SumWidth'(sq_prod_i[i*34+:34]);
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      sum_valid_q <= 1'b0;
      sum_last_q  <= 1'b0;
      acc_last_q  <= 1'b0;
    end else begin
      sum_valid_q <= sq_valid_i;
      sum_last_q  <= sq_valid_i && sq_last_i;
      acc_last_q  <= sum_last_q;
    end
    if (sq_valid_i) sum_q <= sum;
    if (clear_i) acc_q <= '0;
    else if (sum_valid_q) acc_q <= acc_q + AccWidth'(sum_q);
  end

  logic signed [11:0] total_exp;   // 2^-286 of it are in the conversions
  assign total_exp = $signed({3'b000, exp_i, 1'b0});
  generate
    if (Serial != 0) begin : gen_serial
      luoshu_tofp_serial #(.Width(AccWidth), .ExpOffset(-286)) u_tofp (
          .clk_i(clk_i), .rst_ni(rst_ni), .valid_i(acc_last_q), .int_i(acc_q),
          .exp_i(total_exp), .valid_o(mul_valid_o), .r_o(mul_o)
      );
    end else begin : gen_pipeline
      logic signed [AccWidth-1:0] total;
      assign total = $signed(acc_q);
      luoshu_tofp #(.Width(AccWidth), .ExpOffset(-286)) u_tofp (
          .clk_i(clk_i), .rst_ni(rst_ni), .valid_i(acc_last_q), .int_i(total),
          .exp_i(total_exp), .valid_o(mul_valid_o), .r_o(mul_o)
      );
    end
  endgenerate

  logic [6:0] wait_q;  // 3 cycles of the multiplier, 4 of the adder
  assign add_valid_o = wait_q[2];
  assign sfu_valid_o = wait_q[6];
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      wait_q    <= '0;
      r_valid_o <= 1'b0;
    end else begin
      wait_q <= {wait_q[5:0], mul_valid_o};
      if (clear_i) r_valid_o <= 1'b0;
      else if (sfu_valid_i) r_valid_o <= 1'b1;
    end
    if (sfu_valid_i) r_o <= sfu_r_i;
  end
endmodule

`default_nettype wire
