// SPDX-License-Identifier: Apache-2.0
// One column of the MAC array: Lanes multipliers of 12 x 17 bits, sums of 8 neighbouring lanes,
// lane accumulators.
//
// The operand a of both clients arrives with its enable; b is selected by the client. Registered
// results one cycle after the enable: sum_o (per group of 8 lanes, fields of 29 bits) for an enable
// without acc_i, where products are below 2^22 in magnitude, so that 26 bits hold the sum; acc_o,
// for an enable with acc_i and last_i,
// the lane accumulators with this product, which start again from 0 (29 bits are kept). acc_o stays
// until the next last_i. One product per lane and cycle; nothing moves without enable. Reset clears
// the accumulators.
`default_nettype none

module luoshu_mac_column #(
    parameter int Lanes = 32,
    // joined modes: 0 low nibbles, 1 high nibbles
    parameter int Odd   = 0,
    parameter int ActLanes = (Lanes < 32) ? Lanes : 32    // derived: activations per beat
) (
    input  wire                        clk_i,
    input  wire                        rst_ni,
    input  wire                        en_i,
    input  wire                        k_i,      // client K (attention), else W (matrix)
    // W: 0 int8, 1 nibble - 8, 2 nibble, 3 unsigned byte
    input  wire  [1:0]                 mode_i,
    input  wire  [Lanes*8-1:0]         a_i,      // W: the byte; K: low 8 bits
    input  wire  [Lanes*4-1:0]         a_high_i, // K: high 4 bits, signed
    // W: signed activations, every 32 lanes use the same
    input  wire  [ActLanes*12-1:0]     w_b_i,
    input  wire  [Lanes*17-1:0]        k_b_i,    // K: signed
    input  wire                        acc_i,    // accumulate per lane
    input  wire                        last_i,   // the accumulators start again after this product
    output logic [(Lanes/8)*29-1:0]    sum_o,
    output logic [Lanes*32-1:0]        acc_o
);
  localparam int Nibble = (Odd != 0) ? 4 : 0;   // where the column's nibble of a byte begins

  // All of it under the enable, in one process of a group: a simulator does nothing for an idle
  // column. Modes are told apart outside the loops over lanes, operands lie in fields of 32 bits.
  generate
    for (genvar g = 0; g < Lanes / 8; g++) begin : gen_group
      logic [8*32-1:0] acc_q;   // fields of 32 bits, 29 in use
      always_ff @(posedge clk_i) begin : multiply
        logic signed [31:0] p;
        logic [28:0]        t;
        logic [25:0]        sum;
        logic [8*32-1:0]    a, b, product, next;   // a: 12 bits in use, b: 17
        if (en_i) begin
          if (k_i) begin
            for (int j = 0; j < 8; j++) begin
              a[j*32 +: 32] = 32'($signed({a_high_i[(g*8+j)*4 +: 4], a_i[(g*8+j)*8 +: 8]}));
              b[j*32 +: 32] = 32'($signed(k_b_i[(g*8+j)*17 +: 17]));
            end
          end else begin
            for (int j = 0; j < 8; j++) b[j*32 +: 32] =
                32'($signed(w_b_i[((g*8+j) % ActLanes)*12 +: 12]));
            case (mode_i)
              2'd0:    for (int j = 0; j < 8; j++) a[j*32 +: 32] =
                  32'($signed(a_i[(g*8+j)*8 +: 8]));
              2'd1:    for (int j = 0; j < 8; j++) a[j*32 +: 32] =
                  32'($signed(a_i[(g*8+j)*8 + Nibble +: 4] ^ 4'd8));
              2'd2:    for (int j = 0; j < 8; j++) a[j*32 +: 32] =
                  32'(a_i[(g*8+j)*8 + Nibble +: 4]);
              default: for (int j = 0; j < 8; j++) a[j*32 +: 32] = 32'(a_i[(g*8+j)*8 +: 8]);
            endcase
          end
          for (int j = 0; j < 8; j++) begin
            p = $signed(a[j*32 +: 12]) * $signed(b[j*32 +: 17]);
            product[j*32 +: 32] = p;
          end
          if (acc_i) begin
            for (int j = 0; j < 8; j++) begin
              t = acc_q[j*32 +: 29] + product[j*32 +: 29];
              next[j*32 +: 32] = 32'($signed(t));
            end
            acc_q <= next;
            if (last_i) acc_o[g*256 +: 256] <= next;
          end else begin
            sum = ((product[0 +: 26] + product[32 +: 26]) + (product[64 +: 26] + product[96 +: 26]))
                + ((product[128 +: 26] + product[160 +: 26])
                    + (product[192 +: 26] + product[224 +: 26]));
            sum_o[g*29 +: 29] <= 29'($signed(sum));
          end
        end
        if (!rst_ni || (en_i && acc_i && last_i)) acc_q <= '0;
      end
    end
  endgenerate
endmodule
`default_nettype wire
