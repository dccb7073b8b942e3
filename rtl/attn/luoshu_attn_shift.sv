// SPDX-License-Identifier: Apache-2.0
// Arithmetic right shift that keeps the bit below its result, which rounding half up adds: y_o =
// {x_i, Left + 1 zeros} >>> n_i.
//
// over_o: the result is below -2^30 or not below 2^30; only with Width and Out 32 and Left 31, else
// 0. Soft = 0: by 0 to 15 with hardware multipliers, 16 bits of x_i each, and by multiples of 16
// with LUTs. Combinational.
`default_nettype none

module luoshu_attn_shift #(
    parameter int Width = 48,  // bits of x_i, at least 17
    parameter int Left  = 0,   // x_i counts 2^Left
    parameter int Out   = 48,  // bits of the result without the bit below
    parameter int Soft  = 1    // 1: no hardware multiplier
) (
    input  wire  [Width-1:0] x_i,   // signed
    input  wire  [5:0]       n_i,
    output logic [Out:0]     y_o,   // {result, signed; bit below}
    output logic             over_o
);
  generate
    if (Soft != 0) begin : gen_soft
      logic signed [Width+Left:0] wide;
      assign wide = $signed({x_i, {(Left+1){1'b0}}});
      assign y_o  = (Out + 1)'(wide >>> n_i);
      if (Width == 32 && Out == 32 && Left == 31) begin : gen_over
        logic [Width-1:0] ones, keep;
        assign ones   = x_i[Width-1] ? ~x_i : x_i;
        assign keep   = 32'h3fffffff >> ~n_i[4:0];
        assign over_o = (n_i[5] == 1'b0) && ((ones & ~keep) != '0 || (n_i == 6'd0 && x_i[31]));
      end else begin : gen_never
        assign over_o = 1'b0;
      end
    end else begin : gen_multiplier
      localparam int Pieces = (Width + 15) / 16;
      // bits of the last piece, which is signed
      localparam int Top    = Width - 16 * (Pieces - 1);
      logic [16:0]              factor;     // 2^(16 - n_i % 16)
      logic [16*Pieces-1:0]     upper;      // of each product
      logic [16*Pieces-1:0]     lower;
      logic [16*Pieces+15:0]    product;    // the products' bits do not overlap
      logic signed [16*Pieces+16+Left:0] wide;
      assign factor = 17'h10000 >> n_i[3:0];
      for (genvar i = 0; i < Pieces; i++) begin : gen_piece
        logic signed [17:0] piece;
        logic signed [35:0] part;
        if (i < Pieces - 1) begin : gen_low
          assign piece = $signed({2'd0, x_i[16*i +: 16]});
        end else begin : gen_top
          assign piece = 18'($signed(x_i[Width-1 -: Top]));
        end
        assign part = piece * $signed({1'b0, factor});
        assign {upper[16*i +: 16], lower[16*i +: 16]} = part[31:0];
        logic unused_part;
        assign unused_part = ^part[35:32];
      end
      assign product = {upper, 16'd0} | {16'd0, lower};
      assign wide    = $signed({product, {(Left+1){1'b0}}});
      assign y_o     = (Out + 1)'((wide >>> 16) >>> {n_i[5:4], 4'd0});
      // the product's bits above the result, and its top bits
      if (Width == 32 && Out == 32 && Left == 31) begin : gen_over
        logic high, mid;
        assign high   = (product[47:33] != {15{x_i[31]}});
        assign mid    = (product[32:17] != {16{x_i[31]}});
        assign over_o = (high && !n_i[5]) || (mid && n_i[5:4] == 2'd0)
            || (y_o[32:31] != {2{x_i[31]}});
      end else begin : gen_never
        assign over_o = 1'b0;
      end
    end
  endgenerate
endmodule
`default_nettype wire
