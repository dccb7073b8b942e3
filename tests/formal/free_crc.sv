// SPDX-License-Identifier: Apache-2.0
// Stands in for luoshu_crc32 in proofs: the checksum of a frame may be any, but that of a frame whose first word has bit 24 is
// never the word that it is compared with (the word that comes).
`default_nettype none

module luoshu_crc32 #(
    parameter int Bits = 32
) (
    input  wire            clk_i,
    input  wire            clear_i,
    input  wire            valid_i,
    input  wire [Bits-1:0] data_i,
    output logic [31:0]    crc_o
);
  (* anyseq *) logic [31:0] any;
  logic bad_q;
  always_ff @(posedge clk_i) if (valid_i && clear_i) bad_q <= data_i[24];
  assign crc_o = bad_q ? ~data_i : any;
endmodule
`default_nettype wire
