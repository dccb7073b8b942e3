// SPDX-License-Identifier: Apache-2.0
// Beats of hp elements per key: ceil(keys * hp / Lanes), hp = 2^hpb_i. Combinational.
`default_nettype none

module luoshu_attn_beats #(
    parameter int Lanes = 32
) (
    input  wire  [3:0]  hpb_i,    // log2 of the padded head_dim, 3..8
    input  wire  [5:0]  keys_i,   // 1..32
    output logic [10:0] beats_o
);
  localparam int LB = $clog2(Lanes);
  logic [2:0] up;   // log2 of the beats of a key
  assign up = (hpb_i > 4'(LB)) ? 3'(hpb_i - 4'(LB)) : 3'd0;
  generate
    if (LB == 3) begin : gen_whole   // a key is whole beats
      assign beats_o = 11'(keys_i) << up;
    end else begin : gen_parts
      logic [2:0]  down;   // log2 of the keys in a beat
      logic [10:0] rows;
      assign down    = (hpb_i < 4'(LB)) ? 3'(4'(LB) - hpb_i) : 3'd0;
      assign rows    = (11'(keys_i) + (11'd1 << down) - 11'd1) >> down;
      assign beats_o = rows << up;
    end
  endgenerate
endmodule
`default_nettype wire
