// SPDX-License-Identifier: Apache-2.0
// Executes requests one at a time, in order (docs/link.md, "Requests", "Status", "Sequence
// numbers").
//
// Reads committed frames as words; reaches device memory (luoshu_narrow_port), registers
// (luoshu_bus) and the mailbox. Notes go out as luoshu_link_tx merges them; an answer with payload
// holds the executor until its CRC has left. Reset: idle.
`default_nettype none

module luoshu_link_exec #(
    parameter int MaxPayload = 1024,  // bytes
    parameter int RingWords  = 512,
    parameter int MemoryMib  = 256,
    parameter int IdWords    = 13,    // identification registers in the answer to HELLO
    // 1: the checksum of device memory takes a byte per cycle, by luoshu_link_tx
    parameter int Serial     = 0,
    parameter int WordBits   = $clog2(MaxPayload / 4 + 1)   // derived
) (
    input  wire         clk_i,
    input  wire         rst_ni,
    // frames
    input  wire         in_valid_i,
    output logic        in_ready_o,
    input  wire  [31:0] in_data_i,
    output logic        blocked_o,      // an answer with payload cannot leave
    // acknowledgement of events
    output logic        ack_valid_o,
    output logic [7:0]  ack_next_o,
    output logic        ack_replay_o,
    input  wire  [15:0] event_numbers_i,
    // answers
    output logic        note_valid_o,
    output logic [31:0] head_o,         // {next expected, status, sequence, type}
    output logic        ans_valid_o,
    input  wire         ans_ready_i,
    output logic [WordBits-1:0] ans_words_o,
    output logic        ans_check_o,    // the words are to be checked, not sent
    input  wire  [31:0] crc_i,          // their checksum
    output logic        ans_word_valid_o,
    input  wire         ans_word_ready_i,
    output logic [31:0] ans_word_o,
    input  wire         ans_done_i,
    // device memory
    output logic        req_valid_o,
    input  wire         req_ready_i,
    output logic        req_write_o,
    output logic [39:0] req_addr_o,
    output logic [8:0]  req_words_o,
    output logic        wvalid_o,
    input  wire         wready_i,
    output logic [31:0] wdata_o,
    output logic [3:0]  wstrb_o,
    input  wire         rvalid_i,
    output logic        rready_o,
    input  wire  [31:0] rdata_i,
    input  wire         rlast_i,
    input  wire         bvalid_i,
    input  wire         mem_err_i,      // with rlast and bvalid: memory answered with an error
    // control space
    output logic        reg_req_o,
    input  wire         reg_gnt_i,
    output logic        reg_we_o,
    output logic [31:0] reg_addr_o,
    output logic [31:0] reg_wdata_o,
    input  wire         reg_rvalid_i,
    input  wire  [31:0] reg_rdata_i,
    input  wire         reg_err_i,
    // mailbox
    input  wire         msg_room_i,     // a whole message fits
    output logic        msg_valid_o,
    input  wire         msg_ready_i,
    output logic [31:0] msg_data_o,
    output logic        msg_last_o
);
  localparam logic [7:0] Hello = 8'h01, Resync = 8'h02, Ack = 8'h03, MemWrite = 8'h10,
      MemRead = 8'h11, MemCrc = 8'h12,
                         RegWrite = 8'h20, RegRead = 8'h21, Msg = 8'h30;
  localparam logic [7:0] Ok = 8'd0, IsLength = 8'd2, IsAddress = 8'd3, IsType = 8'd4,
      IsBusy = 8'd5, IsBus = 8'd6, IsSequence = 8'd7;
  localparam logic [31:0] LinkWord = 32'(MaxPayload) | (32'd1 << 16) | (32'(RingWords / 16) << 24);
  localparam int BytesBits = $clog2(MaxPayload + 1);
  localparam logic [40:0] MemoryWords = 41'(MemoryMib) << 18;
  localparam int AddrBits  = $clog2(64'(MemoryMib) << 18);   // of a word in memory
  // of the chunks of a request: 256 words each
  localparam int ChunkBits = (AddrBits > 29) ? 22 : AddrBits - 7;

  typedef enum logic [3:0] {
    First,     // header word 0
    Second,    // header word 1
    Arguments, // up to three words
    Decide,
    Check,     // the checksum of device memory begins (Serial = 1)
    MemStart,  // a request to device memory: a write, or up to 256 words to read
    MemData,
    MemWait,   // the write is in memory
    RegData,   // a word goes to a register
    RegWait,
    Mailbox,
    Answer,    // header of an answer with payload
    Stream,    // its words
    Finish,    // its CRC
    Drain,     // payload words that nobody wanted
    Note
  } state_e;
  state_e      state_q, after_drain;
  logic [7:0]  type_q, seq_q, expected_q;
  logic [6:0]  status_q;
  logic        sticky_q;
  logic        refused;               // the word in First stands for a refused frame
  logic [BytesBits-1:0] bytes_q;      // payload
  logic [WordBits-1:0]  left_q;       // payload words not yet read; registers not yet read
  logic [31:0] address_q;             // memory (low word) or register, moves on
  logic [7:0]  address_high_q;
  logic        many_q;                // the second argument is above 255
  logic [31:0] length_q;              // bytes of memory
  logic [1:0]  args_q;                // read so far
  logic        pop;
  assign pop     = in_valid_i && in_ready_o;
  assign refused = (in_data_i[15:0] != 16'h4C53);

  // ---------------------------------------------------------------- what the arguments say
  logic [2:0]  wanted;                // argument words of the type
  logic [29:0] asked;                 // words of a memory request
  logic [40:0] beyond;                // word behind its end, of the low address
  logic        outside, short;        // the range leaves memory; a write without data
  logic [7:0]  status;
  logic        duplicate, ahead, silent;
  logic [7:0]  behind;
  assign wanted = (type_q == MemRead || type_q == MemCrc) ? 3'd3
      : (type_q == MemWrite || type_q == RegRead) ? 3'd2
                : (type_q == Resync || type_q == RegWrite) ? 3'd1 : 3'd0;
  assign asked   = (type_q == MemWrite) ? 30'(left_q) : length_q[31:2];
  assign beyond  = 41'(32'(address_q[AddrBits+1:2])) + 41'(asked);
  assign outside = ((40'({address_high_q, address_q[31:2]}) >> AddrBits) != '0)
      || (beyond > MemoryWords);
  assign short   = (bytes_q < BytesBits'(9))
      || (bytes_q < BytesBits'(12) && bytes_q[1:0] <= address_q[1:0]);
  always_comb begin
    status = IsType;
    case (type_q)
      Hello, Ack: status = (bytes_q == '0) ? Ok : IsLength;
      Resync:     status = (bytes_q == BytesBits'(4)) ? Ok : IsLength;
      Msg:        status = (bytes_q >= BytesBits'(4) && bytes_q <= BytesBits'(64)
          && bytes_q[1:0] == 2'd0) ? Ok : IsLength;
      MemWrite:   status = short ? IsLength : outside ? IsAddress : Ok;
      MemRead, MemCrc:
        status = (bytes_q != BytesBits'(12) || length_q == 32'd0 || length_q[1:0] != 2'd0
                  || (type_q == MemRead && length_q > 32'(MaxPayload - 4))) ? IsLength
               : (address_q[1:0] != 2'd0 || outside) ? IsAddress : Ok;
      RegWrite:   status = (bytes_q < BytesBits'(8) || bytes_q[1:0] != 2'd0) ? IsLength
          : (address_q[1:0] != 2'd0) ? IsAddress : Ok;
      RegRead:    status = (bytes_q != BytesBits'(8) || {many_q, address_high_q} == 9'd0
                        || {many_q, address_high_q} > 9'(MaxPayload / 4 - 1)) ? IsLength
                         : (address_q[1:0] != 2'd0) ? IsAddress : Ok;
      default: ;
    endcase
  end
  logic [7:0]  next_expected;
  assign next_expected = ((type_q == Resync) ? seq_q : expected_q) + 8'd1;
  assign behind    = expected_q - seq_q;
  assign duplicate = (behind >= 8'd1) && (behind <= 8'd128);
  assign ahead     = (behind != 8'd0) && !duplicate;
  assign silent    = (type_q == MemWrite) || (type_q == RegWrite) || (type_q == Msg);

  // ---------------------------------------------------------------- execution
  logic [8:0]  chunk;                 // words of one memory request
  logic [ChunkBits-1:0] chunk_q;      // whole chunks that have been asked for
  logic        tail, tail_q;          // the next one is not whole; has been asked for
  logic        more;                  // memory is left to ask for
  logic        first_q;               // first data word of a write
  logic        failed_q;              // a register or memory access failed
  logic [2:0]  fixed_q;               // words of an answer that come from here
  logic [31:0] mem_crc;
  logic        is_crc, is_read, is_hello, reads_regs, last_word;
  assign is_crc     = (type_q == MemCrc);
  assign is_read    = (type_q == MemRead);
  assign is_hello   = (type_q == Hello);
  assign reads_regs = is_hello || (type_q == RegRead);
  assign tail       = (chunk_q == length_q[10 +: ChunkBits]);
  assign chunk      = (type_q == MemWrite) ? 9'(left_q) : tail ? {1'b0, length_q[9:2]} : 9'd256;
  assign more       = !tail_q && !(tail && length_q[9:2] == 8'd0);
  assign last_word  = (left_q == WordBits'(1));

  assign req_valid_o = (state_q == MemStart);
  assign req_write_o = (type_q == MemWrite);
  assign req_addr_o  = {8'd0, address_q[31:2], 2'b00};
  assign req_words_o = chunk;
  assign wvalid_o    = (state_q == MemData) && (type_q == MemWrite) && in_valid_i;
  assign wdata_o     = in_data_i;
  assign wstrb_o     = (first_q ? 4'hf << address_q[1:0] : 4'hf)
                     & ((last_word && bytes_q[1:0] != 2'd0) ? 4'hf >> (3'd4 - {1'b0, bytes_q[1:0]})
                         : 4'hf);
  assign rready_o    = (state_q == MemData)
      && ((is_crc && Serial == 0) || ((is_read || is_crc) && ans_word_ready_i));
  generate
    // by the sender, which has it while it takes the answer's header
    if (Serial != 0) begin : gen_check
      logic [31:0] crc_q;
      assign ans_check_o = is_crc && (state_q == Check || state_q == MemStart
          || state_q == MemData);
      assign mem_crc     = crc_q;
      always_ff @(posedge clk_i) if (state_q == Answer) crc_q <= crc_i;
    end else begin : gen_crc
      assign ans_check_o = 1'b0;
      luoshu_crc32 u_crc (
          .clk_i, .clear_i(state_q == Decide), .valid_i(rvalid_i && state_q == MemData && is_crc),
          .data_i(rdata_i), .crc_o(mem_crc)
      );
      logic unused_crc;
      assign unused_crc = ^crc_i;
    end
  endgenerate

  assign reg_req_o   = (state_q == RegData) && ((type_q == RegWrite) ? in_valid_i : 1'b1);
  assign reg_we_o    = (type_q == RegWrite);
  assign reg_addr_o  = {address_q[31:2], 2'b00};
  assign reg_wdata_o = in_data_i;
  assign msg_valid_o = (state_q == Mailbox) && in_valid_i;
  assign msg_data_o  = in_data_i;
  assign msg_last_o  = last_word;

  assign in_ready_o = (state_q == First) || (state_q == Second)
      || (state_q == Drain && left_q != '0)
                   || (state_q == Arguments && left_q != '0 && {1'b0, args_q} < wanted)
                   || (state_q == MemData && type_q == MemWrite && wready_i)
                   || (state_q == RegData && type_q == RegWrite && reg_gnt_i)
                       || (state_q == Mailbox && msg_ready_i);

  assign ack_valid_o  = (state_q == Second) && in_valid_i && in_data_i[24];
  assign ack_next_o   = in_data_i[23:16];
  assign ack_replay_o = in_data_i[25];

  // Answers.
  assign head_o = {expected_q, sticky_q, status_q, seq_q, type_q | 8'h80};
  assign note_valid_o = (state_q == Note);
  assign ans_valid_o  = (state_q == Answer) || (state_q == Check);
  assign ans_words_o  = (type_q == Resync) ? WordBits'(3) : is_hello ? WordBits'(IdWords + 2)
      : is_crc ? WordBits'(2)
                      : WordBits'({1'b0, is_read ? length_q[9:2] : address_high_q}) + 1'b1;
  assign blocked_o    = (ans_valid_o && !ans_ready_i) || (ans_word_valid_o && !ans_word_ready_i)
      || (state_q == Finish && !ans_done_i);
  // words: memory data, register data, or the fixed ones
  logic from_memory, from_register;
  assign from_memory   = (state_q == MemData) && (is_read || (is_crc && Serial != 0));
  assign from_register = (state_q == RegWait) && reads_regs;
  assign ans_word_valid_o = (from_memory && rvalid_i) || (from_register && reg_ready_q)
      || (state_q == Stream);
  logic        reg_ready_q;           // a register's value waits
  logic [31:0] reg_value_q;
  // which of the fixed ones; otherwise the completion
  logic        nonce, checksum, link_word, numbers;
  assign nonce     = (type_q == Resync) && (fixed_q == 3'd3);
  assign checksum  = is_crc && (fixed_q == 3'd2);
  assign link_word = (type_q == Resync || is_hello) && (fixed_q == 3'd2);
  assign numbers   = (type_q == Resync) && (fixed_q == 3'd1);
  assign ans_word_o = (state_q != Stream) ? (from_memory ? rdata_i : reg_value_q)
                    : (address_q & {32{nonce}}) | (mem_crc & {32{checksum}})
                        | (LinkWord & {32{link_word}})
                      | {16'd0, event_numbers_i & {16{numbers}}} | ((failed_q && fixed_q == 3'd1)
                          ? 32'(IsBus) : 32'd0);
  logic sent;
  assign sent = ans_word_valid_o && ans_word_ready_i;

  assign after_drain = (type_q == Ack) ? First : Note;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      state_q    <= First;
      expected_q <= '0;
      sticky_q   <= 1'b0;
    end else begin
      case (state_q)
        First: if (pop) begin
          state_q <= refused ? Note : Second;
        end
        Second: if (pop) state_q <= Arguments;
        Arguments: if (left_q == '0 || {1'b0, args_q} == wanted) state_q <= Decide;
        Decide: begin
          if (type_q == Resync && status == Ok) begin
            expected_q <= next_expected;
            sticky_q   <= 1'b0;
            state_q    <= Answer;
          end else if (type_q == Ack || ahead || status != Ok || (duplicate && silent)
              || (type_q == Msg && !msg_room_i)) begin
            if (type_q != Ack && behind == 8'd0 && (status != Ok || type_q != Msg)) expected_q <=
                next_expected;
            state_q <= Drain;
          end else begin
            if (!duplicate) expected_q <= next_expected;
            case (type_q)
              MemWrite:         state_q <= MemStart;
              MemCrc:           state_q <= (Serial != 0) ? Check : MemStart;
              RegWrite:         state_q <= RegData;
              Msg:              state_q <= Mailbox;
              default:          state_q <= Answer;
            endcase
          end
        end
        Check:    if (ans_ready_i) state_q <= MemStart;
        MemStart: if (req_ready_i) state_q <= MemData;
        MemData: begin
          if (type_q == MemWrite) begin
            if (pop && last_word) state_q <= MemWait;
          end else if (rvalid_i && rready_o && rlast_i) begin
            if (more) state_q <= MemStart;
            else state_q <= is_crc ? Answer : Stream;
          end
        end
        MemWait: if (bvalid_i) begin
          sticky_q <= sticky_q || mem_err_i;
          state_q  <= Note;
        end
        RegData: if (reg_req_o && reg_gnt_i) state_q <= RegWait;
        RegWait:
          if (reads_regs) begin
            if (sent) state_q <= (left_q == '0) ? Stream : RegData;
          end else if (reg_rvalid_i) begin
            sticky_q <= sticky_q || reg_err_i;
            state_q  <= (left_q == '0) ? Note : RegData;
          end
        Mailbox: if (pop && last_word) state_q <= Note;
        Answer: if (ans_ready_i) begin
          state_q <= is_read ? MemStart : (type_q == RegRead) ? RegData : Stream;
        end
        Stream: if (sent) begin
          if (is_hello && fixed_q == 3'd2) state_q <= RegData;
          else if (fixed_q == 3'd1) state_q <= Finish;
        end
        Finish: if (ans_done_i) state_q <= First;
        Drain: if (left_q == '0 || (pop && last_word)) state_q <= after_drain;
        default: state_q <= First;  // Note
      endcase
    end

    if (pop) begin
      case (state_q)
        First: begin
          {seq_q, type_q} <= refused ? 16'd0 : in_data_i[31:16];
          address_q <= luoshu_defs_pkg::RegBase;   // where HELLO reads
        end
        Second: begin
          bytes_q <= in_data_i[BytesBits-1:0];
          left_q  <= WordBits'((17'(in_data_i[15:0]) + 17'd3) >> 2);
          args_q  <= '0;
        end
        Arguments: begin
          if (args_q == 2'd0) address_q <= in_data_i;
          if (args_q == 2'd1) {many_q, address_high_q} <= {in_data_i[31:8] != '0, in_data_i[7:0]};
          if (args_q == 2'd2) length_q <= in_data_i;
          args_q <= args_q + 2'd1;
        end
        default: ;
      endcase
      if (state_q == First && refused) status_q <= in_data_i[6:0];
      if (state_q != First && state_q != Second) left_q <= left_q - 1'b1;
    end
    if (state_q == Decide) begin
      status_q  <= (type_q == Resync && status == Ok) ? Ok[6:0] : ahead ? IsSequence[6:0]
          : (status != Ok) ? status[6:0]
                 : (duplicate && silent) ? Ok[6:0] : (type_q == Msg && !msg_room_i) ? IsBusy[6:0]
                     : Ok[6:0];
      first_q   <= 1'b1;
      failed_q  <= 1'b0;
      fixed_q   <= (type_q == Resync) ? 3'd3 : (is_hello || is_crc) ? 3'd2 : 3'd1;
    end
    // Only what is left behind a whole chunk of memory matters.
    if ((state_q == MemStart && req_ready_i) || (state_q == RegData && reg_req_o && reg_gnt_i))
      address_q[31:2] <= address_q[31:2] + {21'd0, state_q == MemStart, 7'd0, state_q == RegData};
    if (state_q == Decide) begin
      chunk_q <= '0;
      tail_q  <= 1'b0;
    end else if (state_q == MemStart && req_ready_i) begin
      if (tail) tail_q <= 1'b1;
      else chunk_q <= chunk_q + 1'b1;
    end
    if (state_q == Answer) left_q <= WordBits'({1'b0, is_hello ? 8'(IdWords) : address_high_q});
    if (state_q == RegData && reads_regs && reg_gnt_i) left_q <= left_q - 1'b1;
    if (wvalid_o && wready_i) first_q <= 1'b0;
    if (state_q == RegData) reg_ready_q <= 1'b0;
    if (state_q == RegWait && reg_rvalid_i) begin
      reg_ready_q <= 1'b1;
      reg_value_q <= reg_rdata_i;
      failed_q    <= failed_q || reg_err_i;
      if (type_q == RegWrite && reg_err_i) status_q <= IsBus[6:0];
    end
    if (state_q == MemData && rvalid_i && rready_o && rlast_i && mem_err_i) failed_q <= 1'b1;
    if (state_q == MemWait && bvalid_i && mem_err_i) status_q <= IsBus[6:0];
    if (state_q == Stream && sent) fixed_q <= fixed_q - 3'd1;
  end
  logic unused_bits;
  assign unused_bits = status[7];
endmodule
`default_nettype wire
