// SPDX-License-Identifier: Apache-2.0
// Largest biased exponent of start_i and the fp32 lanes whose mask bit is set (combinational);
// anything while valid_i is low, a simulator does not compute it then.
`default_nettype none

module luoshu_vector_max #(
    parameter int VL = 4
) (
    input  wire              valid_i,
    input  wire  [VL*32-1:0] v_i,
    input  wire  [VL-1:0]    mask_i,
    input  wire  [7:0]       start_i,
    output logic [7:0]       max_o
);
  always_comb begin
    max_o = 'x;
    if (valid_i) begin
      max_o = start_i;
      for (int i = 0; i < VL; i++) begin
        if (mask_i[i] && v_i[i*32+23+:8] > max_o) max_o = v_i[i*32+23+:8];
      end
    end
  end
  logic unused_v;
  assign unused_v = ^v_i;
endmodule

`default_nettype wire
