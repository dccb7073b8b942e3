// SPDX-License-Identifier: Apache-2.0
// EMBED: rows of the packed embedding table to the residual (docs/architecture/memory.md,
// docs/numerics.md section 10).
//
// Token by token: context read (data one cycle after ctx_token_o), the row's place by shift and add
// (as many cycles as the beats of a row tile have bits; Serial = 1: one), two reads (scale beat of
// the first run, then the rest), decoding of VL values per cycle. Lane operands: a = weight, b =
// scale, c = minimum (INT4M, else 0), d = 1. High planes wait in the scratch RAM. Values leave the
// decoder 2 cycles after their byte, results 7 cycles later, 8 where VL = 1: the minimum then comes
// a cycle after its values and stays for 4. Serial = 1: 3 cycles more per beat, in which its scale
// and minimum are converted.
`default_nettype none

module luoshu_vector_embed #(
    parameter int L  = 32,      // bytes per beat
    parameter int VL = 4,       // values per cycle
    parameter int WordBits = 9, // bits of a word index within a vector
    // 1: the row's place by a multiplier, one unit for all conversions (VL = 1)
    parameter int Serial   = 0
) (
    input  wire                 clk_i,
    input  wire                 rst_ni,
    input  wire                 start_i,
    input  wire  [31:0]         address_i,
    input  wire  [15:0]         n_i,           // elements
    input  wire  [15:0]         kblocks_i,
    input  wire  [1:0]          mode_i,        // 0 INT8, 1 INT4, 2 INT4M, 3 PLANES
    input  wire  [5:0]          last_token_i,
    output logic                done_o,
    output logic                waiting_o,     // for memory
    // context
    output logic                ctx_re_o,
    input  wire                 ctx_gnt_i,     // the context of ctx_token_o comes in the next cycle
    output logic [5:0]          ctx_token_o,
    input  wire  [31:0]         ctx_id_i,
    output logic                ctx_valid_o,   // the context of ctx_token_o is on its inputs
    // memory
    output logic                er_valid_o,
    input  wire                 er_ready_i,
    output logic [31:0]         er_addr_o,
    output logic [15:0]         er_beats_o,
    input  wire                 er_rvalid_i,
    output logic                er_rready_o,
    input  wire  [L*8-1:0]      er_rdata_i,
    // scratch: high planes, word of the block
    output logic                h_we_o,
    output logic [4:0]          h_waddr_o,
    output logic [VL*32-1:0]    h_wdata_o,
    output logic                h_re_o,
    output logic [4:0]          h_raddr_o,
    input  wire  [VL*32-1:0]    h_rdata_i,
    // lanes
    output logic                op_valid_o,
    output logic [VL*32-1:0]    w_o,
    output logic [31:0]         scale_o,
    output logic [31:0]         min_o,
    // results: destination
    output logic                x_we_o,
    output logic [5:0]          x_token_o,
    output logic [WordBits-1:0] x_word_o,
    output logic [VL-1:0]       x_mask_o
);
  localparam int S = L > 32 ? L / 32 : 1;                  // row slots
  localparam int SBits = $clog2(S);
  localparam int BeatsBits = L >= 32 ? 0 : $clog2(32 / L); // log2 of the beats of a block
  // of the value beats of a row
  localparam int ValueBits = WordBits + $clog2(VL) - $clog2(L < 32 ? L : 32) + 2;
  localparam int Part = L < 32 ? L : 32;                   // values of a beat for one row
  localparam int Steps = Part / VL;
  localparam int ElemBits = WordBits + $clog2(VL) + 1;     // of a count of elements
  localparam int StepBits = Steps > 1 ? $clog2(Steps) : 1;
  localparam logic [1:0] ModeInt4 = 2'd1;
  localparam logic [1:0] ModeInt4m = 2'd2;
  localparam logic [1:0] ModePlanes = 2'd3;

  localparam logic [2:0] StIdle = 3'd0;
  localparam logic [2:0] StContext = 3'd1;
  localparam logic [2:0] StId = 3'd2;
  localparam logic [2:0] StMul = 3'd3;
  localparam logic [2:0] StRequest = 3'd4;
  localparam logic [2:0] StData = 3'd5;
  localparam logic [2:0] StDrain = 3'd6;
  localparam logic [2:0] StValues = 3'd7;  // second request

  logic [2:0]  state_q;
  logic [5:0]  token_q;
  logic        nibbles, planes;
  logic [1:0]  run_bits;      // log2(run) - 2: 4, 8, 16 beats per scale beat
  logic [ValueBits-1:0] values;   // value beats of a row tile
  assign nibbles  = mode_i == ModeInt4 || mode_i == ModeInt4m;
  assign planes   = mode_i == ModePlanes;
  assign run_bits = mode_i == ModeInt4m ? 2'd0 : mode_i == ModeInt4 ? 2'd1 : 2'd2;
  assign values   = (ValueBits'(kblocks_i) << BeatsBits) << planes;

  // The tile's first value beat is number v = tile * values of the stream. Two requests: the scale
  // beat of its run, then the value beats (with the scale beats of later runs).
  localparam int IndexBits = 32 - $clog2(L);   // of a beat of memory
  logic [IndexBits-1:0] first_q, run_first, beat;
  logic [ValueBits:0]   more_scales;           // scale beats of the row but for the first
  logic [3:0]  phase;
  logic [2:0]  run_log;
  logic [SBits:0] slot_q;     // row within the tile
  assign run_log     = 3'd2 + 3'(run_bits);
  assign phase       = first_q[3:0] & 4'((5'd4 << run_bits) - 5'd1);
  assign run_first   = state_q == StRequest ? {first_q[IndexBits-1:4], first_q[3:0] & ~phase}
      : first_q;
  assign er_valid_o  = state_q == StRequest || state_q == StValues;
  // a scale beat lies before its run
  assign {beat, unused_low} = {run_first, 1'b1} + {first_q >> run_log, state_q == StValues};
  assign more_scales = ((ValueBits+1)'(values) + (ValueBits+1)'(phase) - 1'b1) >> run_log;
  assign er_addr_o   = address_i + {beat, {$clog2(L){1'b0}}};
  assign er_beats_o  = state_q == StRequest ? 16'd1 : 16'(values) + 16'(more_scales);
  assign ctx_re_o    = state_q == StContext;
  assign ctx_token_o = token_q;
  assign ctx_valid_o = state_q == StId;
  assign waiting_o   = er_valid_o || (state_q == StData && !er_rvalid_i && !full_q);

  // first_q = tile * values
  logic [19:0] tile;
  logic        multiplied, unused_low;
  assign tile = nibbles ? 20'(ctx_id_i >> (SBits + 1)) : 20'(ctx_id_i >> SBits);
  generate
    if (Serial != 0) begin : gen_multiply
      assign multiplied = 1'b1;
      always_ff @(posedge clk_i) if (state_q == StId) first_q <=
          IndexBits'(tile) * IndexBits'(values);
    end else begin : gen_add
      logic [IndexBits-1:0] tile_q;
      logic [ValueBits-1:0] values_q;
      assign multiplied = values_q == '0;
      always_ff @(posedge clk_i) begin
        if (state_q == StId) begin
          tile_q   <= IndexBits'(tile);
          values_q <= values;
          first_q  <= '0;
        end
        if (state_q == StMul) begin
          if (values_q[0]) first_q <= first_q + tile_q;
          tile_q   <= tile_q << 1;
          values_q <= values_q >> 1;
        end
      end
    end
  endgenerate

  // Beats: a scale beat, then a run of value beats.
  logic                full_q, take, take_scale, step_last, beat_last, seg_last;
  logic [4:0]          run_q;        // value beats of the run taken
  logic                in_run_q;
  logic [ValueBits-1:0] value_q;     // value beats of the segment taken
  logic [L*8-1:0]      scales_q;
  logic [Part*8-1:0]   bytes_q;
  logic [StepBits-1:0] step_q;
  logic                go;
  // cycles before the beat's first value: its scale with 2, its minimum with 1
  logic [1:0]          prepare;
  assign go          = full_q && prepare == 2'd0;
  assign beat_last   = go && step_last;
  assign step_last   = step_q == StepBits'(Steps - 1);
  assign take_scale  = state_q == StData && !in_run_q && er_rvalid_i && !full_q;
  assign take        = state_q == StData && in_run_q && er_rvalid_i && (!full_q || beat_last)
                       && value_q != values;
  assign er_rready_o = take_scale || take;
  assign seg_last    = value_q == values && beat_last;

  // The slot of the row
  logic [Part*8-1:0] slot_bytes;
  generate
    if (S > 1) begin : gen_slots
      logic [SBits-1:0] slot;
      assign slot       = nibbles ? slot_q[SBits:1] : slot_q[SBits-1:0];
      assign slot_bytes = er_rdata_i[slot*256+:256];
    end else begin : gen_slot
      assign slot_bytes = er_rdata_i;
    end
  endgenerate

  // Position of the value beat in hand: block in its run, plane, part of the block.
  logic [4:0]  pos_q;
  logic [4:0]  entry_block;
  logic        high;
  logic [7:0]  entry, entry_unit;   // unit: 16 bits
  logic [31:0] entry_bits;
  assign entry_block = pos_q >> BeatsBits;
  assign high        = planes && !entry_block[0];
  assign entry       = nibbles ? (8'(entry_block) << (SBits + 1)) + 8'(slot_q)
                               : (8'(entry_block) << SBits) + 8'(slot_q);
  assign entry_unit  = mode_i == ModeInt4m ? {entry[6:0], 1'b0} : entry;
  // where there is no minimum only the first 16 count
  assign entry_bits  = scales_q[32'(entry_unit) * 16 +: 32];

  // fp16 to fp32, exact, but for the sign
  function automatic logic [24:0] half_parts(input logic [14:0] h);   // {exponent, significand}
    half_parts = {8'd102 + {3'd0, h[14:10]} + {7'd0, h[14:10] == 5'd0}, 6'd0, h[14:10] != 5'd0,
        h[9:0]};
  endfunction

  // Stage 0: bytes; 1: with the high plane; 2: fp32.
  logic                go1_q, high1_q, go2_q;
  logic [VL*8-1:0]     bytes1_q;
  logic [31:0]         scale1_q, min1_q;
  logic [4:0]          block_word, word1_q;  // word within the block
  logic [WordBits-1:0] out_word_q;
  assign block_word = BeatsBits == 0 ? 5'(step_q)
                    : 5'((5'(pos_q & 5'((1 << BeatsBits) - 1)) << (Steps > 1 ? StepBits : 0))
                        | 5'(step_q));
  assign h_re_o    = go && planes && !high;
  assign h_raddr_o = block_word;
  assign h_we_o    = go1_q && high1_q;
  assign h_waddr_o = word1_q;
  logic [VL*17-1:0] w;
  logic [VL*32-1:0] w_fp;
  generate
    for (genvar g = 0; g < VL; g++) begin : gen_value
      logic [7:0] b;
      logic [3:0] nibble;
      assign b      = bytes1_q[g*8+:8];
      assign nibble = slot_q[0] ? b[7:4] : b[3:0];
      assign w[g*17+:17] = planes   ? {h_rdata_i[g*32+7], h_rdata_i[g*32+:8], b} :
                           !nibbles ? {{9{b[7]}}, b} :
                           mode_i == ModeInt4 ? {{14{!nibble[3]}}, nibble[2:0]} : {13'd0, nibble};
      assign h_wdata_o[g*32+:32] = {24'd0, b};
      assign x_mask_o[g] = ElemBits'(out_word_q) * ElemBits'(VL) + ElemBits'(g) < ElemBits'(n_i);
    end
  endgenerate
  logic unused_h;
  assign unused_h = ^h_rdata_i;
  generate
    if (Serial != 0) begin : gen_one
      logic [1:0]  prepare_q;   // 3: the beat before may still convert its last value
      logic [24:0] parts;
      logic signed [16:0] number;
      logic [31:0] fp;
      assign prepare = prepare_q;
      assign parts   = prepare_q == 2'd2 ? half_parts(entry_bits[14:0])
          : half_parts(entry_bits[30:16]);
      assign number  = go1_q ? w : parts[16:0];
      luoshu_vector_small u_all (.int_i(number), .exp_i(go1_q ? 8'd127 : parts[24:17]), .r_o(fp));
      assign w_fp = fp;
      always_ff @(posedge clk_i) begin
        if (take) prepare_q <= 2'd3;
        else if (prepare_q != 2'd0) prepare_q <= prepare_q - 2'd1;
        if (prepare_q == 2'd2) scale1_q <= {entry_bits[15], fp[30:0]};
        if (prepare_q == 2'd1) min1_q <= {entry_bits[31], fp[30:0]};
      end
    end else begin : gen_all
      logic [24:0] scale_parts, min_parts;
      logic [31:0] scale, minimum;
      assign prepare     = 2'd0;
      assign scale_parts = half_parts(entry_bits[14:0]);
      assign min_parts   = half_parts(entry_bits[30:16]);
      logic signed [16:0] scale_sig, min_sig;
      assign scale_sig   = scale_parts[16:0];
      assign min_sig     = min_parts[16:0];
      luoshu_vector_small u_scale (.int_i(scale_sig), .exp_i(scale_parts[24:17]), .r_o(scale));
      luoshu_vector_small u_min (.int_i(min_sig), .exp_i(min_parts[24:17]), .r_o(minimum));
      for (genvar g = 0; g < VL; g++) begin : gen_weight
        logic signed [16:0] number;
        assign number = w[g*17+:17];
        luoshu_vector_small u_w (.int_i(number), .exp_i(8'd127), .r_o(w_fp[g*32+:32]));
      end
      always_ff @(posedge clk_i) begin
        scale1_q <= {entry_bits[15], scale[30:0]};
        min1_q   <= {entry_bits[31], minimum[30:0]};
      end
      logic unused_bits;
      assign unused_bits = ^{scale[31], minimum[31], go};
    end
  endgenerate

  localparam int Latency = (VL == 1) ? 8 : 7;
  logic [Latency-1:0] flight_q;  // operations in the lanes
  assign op_valid_o = go2_q;
  assign x_we_o     = flight_q[Latency-1] && x_mask_o[0];
  assign x_word_o   = out_word_q;
  assign x_token_o  = token_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      state_q  <= StIdle;
      full_q   <= 1'b0;
      go1_q    <= 1'b0;
      go2_q    <= 1'b0;
      flight_q <= '0;
      done_o   <= 1'b0;
    end else begin
      done_o <= 1'b0;
      case (state_q)
        StIdle:    if (start_i) state_q <= StContext;
        StContext: if (ctx_gnt_i) state_q <= StId;
        StId:      state_q <= StMul;
        StMul:     if (multiplied) state_q <= StRequest;
        StRequest: if (er_ready_i) state_q <= StValues;
        StValues:  if (er_ready_i) state_q <= StData;
        StData:    if (seg_last) state_q <= StDrain;
        default: begin
          if (!go1_q && !go2_q && flight_q[Latency-2:0] == '0) begin
            state_q <= token_q == last_token_i ? StIdle : StContext;
            done_o  <= token_q == last_token_i;
          end
        end
      endcase
      if (take) full_q <= 1'b1;
      else if (beat_last) full_q <= 1'b0;
      go1_q    <= go;
      go2_q    <= go1_q && !high1_q;
      flight_q <= {flight_q[Latency-2:0], go2_q};
    end
    if (start_i) token_q <= '0;
    else if (state_q == StDrain && !go1_q && !go2_q && flight_q[Latency-2:0] == '0) token_q <=
        token_q + 6'd1;
    if (state_q == StId) begin
      slot_q    <= nibbles ? (SBits+1)'(ctx_id_i & 32'(2 * S - 1))
          : (SBits+1)'(ctx_id_i & 32'(S - 1));
    end
    if (state_q == StRequest) begin
      in_run_q   <= 1'b0;
      value_q    <= '0;
      out_word_q <= '0;
      run_q      <= {1'b0, phase};
    end else begin
      if (take_scale) in_run_q <= 1'b1;
      if (take) begin
        run_q    <= run_q + 5'd1 == 5'd4 << run_bits ? 5'd0 : run_q + 5'd1;
        in_run_q <= run_q + 5'd1 != 5'd4 << run_bits;
        value_q  <= value_q + 1'b1;
        pos_q    <= run_q;
      end
      if (flight_q[Latency-1]) out_word_q <= out_word_q + 1'b1;
    end
    if (take_scale) scales_q <= er_rdata_i;
    if (take) bytes_q <= slot_bytes;
    if (take) step_q <= '0;
    else if (go) step_q <= step_q + 1'b1;
    bytes1_q <= bytes_q[32'(step_q)*VL*8 +: VL*8];
    high1_q  <= high;
    word1_q  <= block_word;
    w_o      <= w_fp;
    scale_o  <= scale1_q;
    if (VL > 1 || go2_q) min_o <= mode_i == ModeInt4m ? min1_q : 32'd0;
  end
  logic unused_bits;
  assign unused_bits = ^{n_i, kblocks_i};
endmodule

`default_nettype wire
