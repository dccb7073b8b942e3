// SPDX-License-Identifier: Apache-2.0
// Quantising shifter: fp32 to a signed integer with a power-of-two LSB, docs/numerics.md sections 2
// and 5: q = sat(round_half_away(v / 2^e), 2^m - 1), delivered as sign and magnitude.
//
// The caller guarantees e >= E(v) + 1 - m (or a larger e), so only rounding up can saturate; m is
// 17, 11 or 7. Latency 2 cycles from valid_i to valid_o, one operation per cycle, no stall. No
// multiplier.
// Reset clears only the valid pipeline.
`default_nettype none

module luoshu_quant (
    input  wire               clk_i,
    input  wire               rst_ni,
    input  wire               valid_i,
    input  wire        [31:0] v_i,      // fp32
    input  wire signed [9:0]  e_i,      // exponent of the LSB, -160 to 160
    input  wire        [1:0]  m_i,      // magnitude bits: 0 = 17, 1 = 11, 2 = 7
    output logic              valid_o,  // valid_i, 2 cycles later
    output logic              neg_o,    // sign; low when the magnitude is zero
    output logic       [16:0] mag_o     // magnitude
);
  // |v| = sig * 2^(biased - 150), so q = sig >> (e + 150 - biased), and that shift is at least 7.
  logic signed [10:0] shift;
  assign shift = 11'(e_i) + 11'sd143 - $signed({3'b000, v_i[30:23]});

  logic [17:0] sig1_q;    // sig >> 6: bit 0 is the half of the smallest shift
  logic [4:0]  shift1_q;  // shift - 7
  logic        neg1_q;
  logic [1:0]  m1_q;
  logic [1:0]  valid_q;
  assign valid_o = valid_q[1];

  logic [17:0] shifted;
  logic [17:0] rounded;
  logic        over;
  logic [16:0] mag;
  assign shifted = sig1_q >> shift1_q;
  assign rounded = {1'b0, shifted[17:1]} + {17'd0, shifted[0]};
  assign over    = (m1_q == 2'd0) ? rounded[17] : (m1_q == 2'd1) ? rounded[11] : rounded[7];
  assign mag     = !over ? rounded[16:0] : (m1_q == 2'd0) ? 17'h1FFFF : (m1_q == 2'd1) ? 17'd2047
      : 17'd127;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) valid_q <= 2'b00;
    else valid_q <= {valid_q[0], valid_i};
  end

  always_ff @(posedge clk_i) begin
    if (valid_i) begin
      sig1_q   <= v_i[30:23] == 8'd0 || shift > 11'sd18 ? 18'd0 : {1'b1, v_i[22:6]};
      shift1_q <= shift[4:0];
      neg1_q   <= v_i[31];
      m1_q     <= m_i;
    end
    if (valid_q[0]) begin
      mag_o <= mag;
      neg_o <= neg1_q && mag != 17'd0;
    end
  end
  logic unused_low;
  assign unused_low = ^v_i[5:0];
endmodule

`default_nettype wire
