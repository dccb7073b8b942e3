// SPDX-License-Identifier: Apache-2.0
// A counter that stops at 6, for the test of mutate.py.
`default_nettype none

module tiny (
    input  wire        clk_i,
    input  wire        rst_ni,
    input  wire        add_i,     // counts one up
    output logic [2:0] count_o,   // 0 to 6
    output logic       high_o,    // the count is 4 or more
    output wire        zero_o     // the count is 0
);
  logic full;
  assign full   = count_o == 3'd6;
  assign high_o = count_o[2];
  assign zero_o = count_o == 3'd0;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) count_o <= 3'd0;
    else if (add_i) begin
      count_o <= count_o;  // says what happens anyway
      if (!full) count_o <= count_o + 3'd1;
    end
  end
endmodule

`default_nettype wire
