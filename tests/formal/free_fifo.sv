// SPDX-License-Identifier: Apache-2.0
// Stands in for luoshu_fifo in proofs of its users: it counts words, and shows one whenever it
// likes. Of words of up to four bits it keeps what they are.
`default_nettype none

module luoshu_fifo #(
    parameter int Width      = 32,
    parameter int Depth      = 64,
    parameter int UseRam     = 1,
    parameter int CountWidth = $clog2(Depth) + 1
) (
    input  wire                   clk_i,
    input  wire                   rst_ni,
    input  wire                   in_valid_i,
    output logic                  in_ready_o,
    input  wire  [Width-1:0]      in_data_i,
    output logic                  out_valid_o,
    input  wire                   out_ready_i,
    output logic [Width-1:0]      out_data_o,
    output logic [CountWidth-1:0] count_o
);
  (* anyseq *) logic late;
  logic [CountWidth-1:0] count_q;
  logic                  push, pop;
  assign in_ready_o  = !count_q[CountWidth-1];
  assign count_o     = count_q;
  assign push        = in_valid_i && in_ready_o;
  assign pop         = out_valid_o && out_ready_i;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) count_q <= '0;
    else count_q <= count_q + CountWidth'(push) - CountWidth'(pop);
  end
  assign out_valid_o = (count_q != '0) && !(UseRam == 1 && late);
  generate
    if (Width <= 4) begin : gen_words
      logic [Depth*Width-1:0] words_q;   // word 0 is the next to leave
      logic [CountWidth-1:0]  place;
      assign out_data_o = words_q[Width-1:0];
      assign place      = count_q - CountWidth'(pop);
      always_ff @(posedge clk_i) begin
        for (int i = 0; i < Depth; i++) begin
          if (push && CountWidth'(i) == place) words_q[i*Width +: Width] <= in_data_i;
          else if (pop) words_q[i*Width +: Width] <= words_q[((i+1) % Depth)*Width +: Width];
        end
      end
    end else begin : gen_any
      (* anyseq *) logic [Width-1:0] any;
      assign out_data_o = any;
    end
  endgenerate
endmodule
`default_nettype wire
