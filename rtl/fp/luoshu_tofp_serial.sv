// SPDX-License-Identifier: Apache-2.0
// Unsigned integer times a power of two to fp32: docs/numerics.md section 1, tofp, one leading zero
// per cycle.
//
// valid_i starts an operation and must stay low until valid_o. Latency: 2 cycles and one for each
// leading zero; an integer of zero takes 2. Reset clears only the state.
`include "luoshu_require.svh"
`default_nettype none

module luoshu_tofp_serial #(
    parameter int Width = 46,     // bits of the integer, 26 to 64
    parameter int ExpOffset = 0   // added to the exponent
) (
    input  wire                    clk_i,
    input  wire                    rst_ni,
    input  wire                    valid_i,
    input  wire        [Width-1:0] int_i,    // i
    input  wire signed [11:0]      exp_i,    // e: the value is i * 2^(e + ExpOffset)
    output logic                   valid_o,
    output logic       [31:0]      r_o       // fp32
);
  `LUOSHU_REQUIRE(gen_legal, Width >= 26 && Width <= 64,
      "luoshu_tofp_serial: Width must be from 26 to 64")
  logic               busy_q, zero_q, finish;
  logic [Width-1:0]   value_q;
  logic signed [12:0] exp_q;
  logic [35:0]        rounded;  // {exponent, fraction}
  logic               under, over;
  assign finish  = busy_q && (value_q[Width-1] || zero_q);
  assign rounded = {exp_q, value_q[Width-2-:23]}
      + {35'd0, value_q[Width-25] && (value_q[Width-26:0] != '0 || value_q[Width-24])};
  assign under   = zero_q || rounded[35] || rounded[35:23] == 13'd0;
  assign over    = !rounded[35] && rounded[35:23] > 13'd254;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      busy_q  <= 1'b0;
      valid_o <= 1'b0;
    end else begin
      busy_q  <= valid_i || (busy_q && !finish);
      valid_o <= finish;
    end
    if (valid_i) begin
      value_q <= int_i;
      zero_q  <= int_i == '0;
      exp_q   <= 13'(exp_i) + 13'(127 + Width - 1 + ExpOffset);
    end else if (!value_q[Width-1]) begin
      value_q <= value_q << 1;
      exp_q   <= exp_q - 13'd1;
    end
    if (finish) r_o <= under ? 32'd0 : over ? 32'h7F7FFFFF : {1'b0, rounded[30:0]};
  end
endmodule

`default_nettype wire
