// SPDX-License-Identifier: Apache-2.0
// Bytes to words, with the sync word found at any byte offset (docs/link.md, "Finding the frame
// again").
//
// Takes 1 to 4 bytes per cycle. While hunt_i, a word whose low half is not the sync is not shown:
// one byte is skipped. word_valid_o/word_ready_i hands over four bytes. Throughput: one word per
// cycle when whole words come; Serial = 1: one byte per cycle, and byte_valid_o shows each byte of
// a word that was taken, all of them before the next word is shown. Reset: empty.
`default_nettype none

module luoshu_link_align #(
    parameter int Serial = 0
) (
    input  wire         clk_i,
    input  wire         rst_ni,
    input  wire         rx_valid_i,
    output logic        rx_ready_o,
    input  wire  [31:0] rx_data_i,
    input  wire  [2:0]  rx_bytes_i,   // 1 to 4, low bytes first
    input  wire         hunt_i,
    output logic        word_valid_o,
    input  wire         word_ready_i,
    output logic [31:0] word_o,
    output logic        byte_valid_o, // Serial = 1
    output logic [7:0]  byte_o
);
  generate
    if (Serial != 0) begin : gen_serial
      // The bytes of word_q are valid from the top; one comes in from what was offered, the lowest
      // goes out.
      logic [31:0] word_q, in_q;
      // bytes of word_q; after what leaves in this cycle; bytes of in_q
      logic [2:0]  count_q, kept, left_q;
      logic        whole, skip, shift;
      logic        taken_q;                 // what leaves word_q is of a word that was taken
      assign whole        = count_q[2];
      assign skip         = whole && hunt_i && (word_q[15:0] != 16'h4C53);
      assign word_valid_o = whole && !skip;
      assign word_o       = word_q;
      assign kept         = (word_valid_o && word_ready_i) ? 3'd0 : skip ? 3'd3 : count_q;
      assign shift        = (left_q != 3'd0) && !kept[2];
      assign rx_ready_o   = (left_q == 3'd0) || (left_q == 3'd1 && shift);
      assign byte_valid_o = shift && (whole ? !skip : taken_q);
      assign byte_o       = word_q[7:0];
      always_ff @(posedge clk_i) begin
        if (!rst_ni) begin
          count_q <= '0;
          left_q  <= '0;
        end else begin
          count_q <= kept + 3'(shift);
          if (rx_ready_o) left_q <= rx_valid_i ? rx_bytes_i : 3'd0;
          else left_q <= left_q - 3'(shift);
        end
        if (rx_ready_o) in_q <= rx_data_i;
        else if (shift) in_q <= in_q >> 8;
        if (shift) word_q <= {in_q[7:0], word_q[31:8]};
        if (whole) taken_q <= !skip;
      end
    end else begin : gen_wide
      logic [63:0] bytes_q;
      logic [3:0]  count_q;   // bytes held
      logic [3:0]  kept;      // after what leaves in this cycle
      logic [63:0] rest;
      logic        whole, skip, take, fill;
      assign whole        = (count_q >= 4'd4);
      assign skip         = whole && hunt_i && (bytes_q[15:0] != 16'h4C53);
      assign word_valid_o = whole && !skip;
      assign word_o       = bytes_q[31:0];
      assign take         = word_valid_o && word_ready_i;
      assign kept         = take ? count_q - 4'd4 : skip ? count_q - 4'd1 : count_q;
      assign rest         = take ? {32'd0, bytes_q[63:32]} : skip ? {8'd0, bytes_q[63:8]} : bytes_q;
      assign rx_ready_o   = (kept <= 4'd4);
      assign fill         = rx_valid_i && rx_ready_o;
      assign byte_valid_o = 1'b0;
      assign byte_o       = 8'd0;

      always_ff @(posedge clk_i) begin
        if (!rst_ni) begin
          count_q <= '0;
        end else begin
          count_q <= kept + (fill ? {1'b0, rx_bytes_i} : 4'd0);
        end
        // what is beyond the count is overwritten later
        if (fill) begin
          case (kept)
            4'd0: bytes_q <= {32'd0, rx_data_i};
            4'd1: bytes_q <= {24'd0, rx_data_i, rest[7:0]};
            4'd2: bytes_q <= {16'd0, rx_data_i, rest[15:0]};
            4'd3: bytes_q <= {8'd0, rx_data_i, rest[23:0]};
            default: bytes_q <= {rx_data_i, rest[31:0]};
          endcase
        end else begin
          bytes_q <= rest;
        end
      end
    end
  endgenerate
endmodule
`default_nettype wire
