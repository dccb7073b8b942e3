// SPDX-License-Identifier: Apache-2.0
// Byte lanes of luoshu_core's loads and stores. Combinational; accesses are naturally aligned.
`default_nettype none

module luoshu_core_align (
    input  wire  [1:0]  size_i,        // 0 byte, 1 half word, 2 word
    input  wire         unsigned_i,    // zero-extend the load
    input  wire  [1:0]  offset_i,      // byte address within the word
    input  wire  [31:0] store_i,       // register value to store
    output logic [3:0]  lanes_o,       // bytes that the access touches; bit 0 = bits 7:0
    output logic [31:0] store_word_o,  // the value, repeated on each lane of its size
    input  wire  [31:0] load_word_i,   // word from memory
    output logic [31:0] load_o         // value for the register
);
  assign lanes_o = size_i[1] ? 4'b1111 :
                   size_i[0] ? (offset_i[1] ? 4'b1100 : 4'b0011) :
                               4'b0001 << offset_i;

  logic [7:0] high;  // upper byte of a half word
  assign high         = (size_i == 2'd0) ? store_i[7:0] : store_i[15:8];
  assign store_word_o = {size_i[1] ? store_i[31:16] : {high, store_i[7:0]}, high, store_i[7:0]};

  logic [15:0] half;
  logic [7:0]  low;
  logic        sign;
  assign half = offset_i[1] ? load_word_i[31:16] : load_word_i[15:0];
  assign low  = offset_i[0] ? half[15:8] : half[7:0];
  assign sign = !unsigned_i && ((size_i == 2'd0) ? low[7] : half[15]);
  assign load_o[7:0]   = low;
  assign load_o[15:8]  = (size_i == 2'd0) ? {8{sign}} : half[15:8];
  assign load_o[31:16] = size_i[1] ? load_word_i[31:16] : {16{sign}};
endmodule

`default_nettype wire
