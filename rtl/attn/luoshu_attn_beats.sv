// SPDX-License-Identifier: Apache-2.0
// Beats of hp elements per key, hp = 2^hpb_i: ceil(keys * hp / Lanes), or, where a key is several
// beats and only one chunk of each is meant (parts_i), keys. Combinational.
`default_nettype none

module luoshu_attn_beats #(
    parameter int Lanes = 32
) (
    input  wire  [3:0]  hpb_i,    // log2 of the padded head_dim, 3..8
    input  wire  [4:0]  key_i,    // last key: keys - 1
    input  wire         parts_i,  // only where hp > Lanes
    output logic [10:0] beats_o
);
  localparam int LB = $clog2(Lanes);
  logic [2:0] up, down;   // log2 of the beats of a key, log2 of the keys in a beat
  logic [5:0] rows;
  assign up      = (hpb_i > 4'(LB) && !parts_i) ? 3'(hpb_i - 4'(LB)) : 3'd0;
  assign down    = (LB > 3 && hpb_i < 4'(LB)) ? 3'(4'(LB) - hpb_i) : 3'd0;
  assign rows    = {1'b0, key_i >> down} + 6'd1;
  assign beats_o = 11'(rows) << up;
endmodule
`default_nettype wire
