// SPDX-License-Identifier: Apache-2.0
// The two data lines in the 48 MHz clock, and where to sample them: clock recovery by four samples
// per bit.
//
// A change of either line starts a bit; it is sampled 2 to 3 samples (42 to 62 ns) later, and then
// every 4 samples until the next change. So a change may come up to one sample (20.8 ns) early and
// two samples late, less the drift of the clocks over at most 7 bits (2.9 ns at 0.5%): the 18.5 ns
// of the specification at +-0.25% fit. SE0 shorter than 3 samples is not seen (40 ns must be
// ignored, 82 ns must be seen, USB 2.0 table 7-2). state_o lags the pins by 2 to 3 cycles, strobe_o
// by 2 more.
`default_nettype none

module luoshu_usb_line (
    input  wire        clk_i,      // 48 MHz
    input  wire        rst_ni,
    input  wire        dp_i,       // asynchronous
    input  wire        dn_i,
    output logic [1:0] state_o,    // {D-, D+}: 0 SE0, 1 J, 2 K, 3 SE1 (full speed)
    output logic       strobe_o    // state_o is the sample of a bit
);
  logic [1:0] sample;
  logic [1:0] age_q;               // samples since the change, modulo 4
  luoshu_cdc_bits #(.Width(2)) u_cdc_line (.clk_i, .d_i({dn_i, dp_i}), .q_o(sample));
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      state_o <= 2'd0;
      age_q   <= 2'd0;
    end else begin
      state_o <= sample;
      age_q   <= (sample != state_o) ? 2'd0 : age_q + 2'd1;
    end
  end
  assign strobe_o = (age_q == 2'd2);
endmodule

`default_nettype wire
