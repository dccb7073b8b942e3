// SPDX-License-Identifier: Apache-2.0
// Angles: the RoPE step table and, once per pass, the table of cos and sin (docs/numerics.md
// section 7).
//
// ROPE (load_i) copies n_i steps from the parameter ring. Each pass (begin_i, then the positions of
// its tokens in order on pos_*) fills the table [token][group of pairs][cos, sin] in the
// background: position * step by shift and add (as many cycles as the position has bits; Multiply =
// 1: by multipliers, one cycle), sine and cosine from the shared special-function unit when it is
// free, normalised one bit per cycle. ready_o: the table of all count_i tokens is complete. A group
// is VL pairs, the last may have fewer. n must equal rot/2 of the QKV commands.
// rst_ni drops the pass at work; the steps and their number stay, only hard_rst_ni forgets them (n
// = 0).
`default_nettype none

module luoshu_vector_phase #(
    parameter int VL        = 4,
    parameter int MaxPairs  = 128,  // steps, a power of two
    parameter int TokenBits = 3,
    parameter int Multiply  = 0,
    // Derived, do not set.
    parameter int TableBits = $clog2(2 * MaxPairs / VL)  // log2 of the table's words per token
) (
    input  wire                 clk_i,
    input  wire                 rst_ni,
    input  wire                 hard_rst_ni,    // low only together with rst_ni
    // ROPE
    input  wire                 load_i,
    input  wire  [7:0]          n_i,
    output logic                load_done_o,
    output logic                wait_params_o,
    input  wire                 p_some_i,
    output logic                p_re_o,
    input  wire  [VL*32-1:0]    p_data_i,
    output logic                p_pop_o,
    output logic                p_align_o,
    // pass
    input  wire                 begin_i,
    input  wire  [6:0]          count_i,      // tokens of the pass
    input  wire                 pos_we_i,
    input  wire  [TokenBits-1:0] pos_token_i,
    input  wire  [31:0]         pos_i,
    output logic                ready_o,
    // special-function unit, sine
    output logic                sfu_valid_o,
    input  wire                 sfu_ready_i,  // taken in this cycle
    output logic [31:0]         sfu_x_o,
    input  wire                 sfu_valid_i,  // result for this unit
    input  wire  [17:0]         sfu_raw_i,
    input  wire                 sfu_neg_i,
    // table read, data in the next cycle
    input  wire                 cs_re_i,
    input  wire  [TokenBits+TableBits-1:0] cs_addr_i,
    output logic [VL*32-1:0]    cs_o
);
  localparam int PairBits = $clog2(MaxPairs);
  localparam int LaneBits = VL > 1 ? $clog2(VL) : 1;

  // ROPE: one step per cycle from the ring.
  localparam logic [1:0] LdIdle = 2'd0;
  localparam logic [1:0] LdFetch = 2'd1;
  localparam logic [1:0] LdCopy = 2'd2;
  localparam logic [1:0] LdAlign = 2'd3;
  logic [1:0]          load_q;
  logic [PairBits-1:0] load_index_q;
  logic [LaneBits-1:0] load_lane_q;
  logic                load_data_q, load_lane_end, load_end;
  logic [VL*32-1:0]    load_hold_q, load_values;
  logic [7:0]          n_q;   // steps in the table
  assign load_lane_end = load_lane_q == LaneBits'(VL - 1);
  assign load_end      = 8'(load_index_q) == n_q - 8'd1;
  assign load_values   = load_data_q ? p_data_i : load_hold_q;
  assign p_re_o        = load_q == LdFetch && p_some_i;
  assign p_pop_o       = load_q == LdCopy && (load_lane_end || load_end);
  assign p_align_o     = load_q == LdAlign;
  assign load_done_o   = load_q == LdAlign;
  assign wait_params_o = load_q == LdFetch && !p_some_i;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      load_q      <= LdIdle;
      load_data_q <= 1'b0;
    end else begin
      load_data_q <= p_re_o;
      case (load_q)
        LdIdle:  if (load_i) load_q <= n_i == 8'd0 ? LdAlign : LdFetch;
        LdFetch: if (p_some_i) load_q <= LdCopy;
        LdCopy:  if (load_end) load_q <= LdAlign;
                 else if (load_lane_end) load_q <= LdFetch;
        default: load_q <= LdIdle;
      endcase
    end
    if (!hard_rst_ni) n_q <= '0;
    else if (load_i) n_q <= n_i;
    if (load_data_q) load_hold_q <= p_data_i;
    if (load_q == LdIdle) begin
      load_index_q <= '0;
      load_lane_q  <= '0;
    end else if (load_q == LdCopy) begin
      load_index_q <= load_index_q + 1'b1;
      load_lane_q  <= load_lane_end ? '0 : load_lane_q + 1'b1;
    end
  end

  // The table
  localparam logic [2:0] StIdle = 3'd0;
  localparam logic [2:0] StFetch = 3'd1;   // waiting for the position; read position and step
  localparam logic [2:0] StLoad = 3'd2;
  localparam logic [2:0] StMul = 3'd3;     // until phase_q is their product
  localparam logic [2:0] StSine = 3'd4;    // ask for a value
  localparam logic [2:0] StWait = 3'd5;
  localparam logic [2:0] StShift = 3'd6;   // normalise
  localparam logic [2:0] StWrite = 3'd7;
  logic [2:0]           state_q;
  logic [TokenBits:0]   token_q, known_q;  // token at work; positions received
  logic [PairBits-1:0]  pair_q;
  logic                 sine_q, neg_q, last_pair, last_token;
  logic [31:0]          step, position, phase_q;
  logic                 multiplied;
  logic [17:0]          value_q;
  logic [7:0]           exp_q;
  assign last_pair  = 8'(pair_q) == n_q - 8'd1;
  assign last_token = 7'(token_q) == count_i - 7'd1;
  luoshu_ram_1r1w #(.Width(32), .Depth(MaxPairs)) u_steps (
      .clk_i(clk_i), .we_i(load_q == LdCopy), .waddr_i(load_index_q), .wmask_i('0),
      .wdata_i(load_values[load_lane_q*32+:32]), .re_i(state_q == StFetch), .raddr_i(pair_q),
      .rdata_o(step)
  );
  luoshu_ram_1r1w #(.Width(32), .Depth(1 << TokenBits)) u_positions (
      .clk_i(clk_i), .we_i(pos_we_i), .waddr_i(pos_token_i), .wmask_i('0), .wdata_i(pos_i),
      .re_i(state_q == StFetch), .raddr_i(token_q[TokenBits-1:0]), .rdata_o(position)
  );
  logic [7:0]      group;
  logic [VL*4-1:0] mask;
  logic [3:0]      lane;
  assign group = 8'(pair_q) >> $clog2(VL);
  assign lane  = 4'(pair_q) & 4'(VL - 1);
  generate
    for (genvar g = 0; g < VL; g++) begin : gen_mask
      assign mask[g*4+:4] = {4{lane == 4'(g)}};
    end
  endgenerate
  logic [31:0] fp;
  assign fp = value_q[17] ? {neg_q, exp_q, value_q[16:0], 6'd0} : 32'd0;
  luoshu_ram_1r1w #(.Width(VL * 32), .Depth(1 << (TokenBits + TableBits)), .ByteWrite(4)) u_table (
      .clk_i(clk_i), .we_i(state_q == StWrite),
      .waddr_i({token_q[TokenBits-1:0], group[TableBits-2:0], sine_q}), .wmask_i(mask),
      .wdata_i({VL{fp}}), .re_i(cs_re_i), .raddr_i(cs_addr_i), .rdata_o(cs_o)
  );
  logic unused_group;
  assign unused_group = ^group;

  assign ready_o     = state_q == StIdle;
  assign sfu_valid_o = state_q == StSine;
  assign sfu_x_o     = phase_q + (sine_q ? 32'd0 : 32'h40000000);
  always_ff @(posedge clk_i) begin
    if (!rst_ni) state_q <= StIdle;
    else if (begin_i) state_q <= n_q == 8'd0 ? StIdle : StFetch;
    else begin
      case (state_q)
        StFetch: if (token_q != known_q) state_q <= StLoad;
        StLoad:  state_q <= StMul;
        StMul:   if (multiplied) state_q <= StSine;
        StSine:  if (sfu_ready_i) state_q <= StWait;
        StWait:  if (sfu_valid_i) state_q <= StShift;
        StShift: if (value_q[17] || value_q == 18'd0) state_q <= StWrite;
        StWrite: state_q <= !sine_q ? StSine : last_pair && last_token ? StIdle : StFetch;
        default: state_q <= StIdle;
      endcase
    end
    if (begin_i) begin
      token_q <= '0;
      known_q <= '0;
      pair_q  <= '0;
    end else begin
      if (pos_we_i) known_q <= known_q + 1'b1;
      if (state_q == StWrite && sine_q) begin
        pair_q <= last_pair ? '0 : pair_q + 1'b1;
        if (last_pair) token_q <= token_q + 1'b1;
      end
    end
    if (state_q == StLoad) sine_q <= 1'b0;
    if (sfu_valid_i) begin
      value_q <= sfu_raw_i;
      neg_q   <= sfu_neg_i;
      exp_q   <= 8'd127;
    end else if (state_q == StShift && !value_q[17]) begin
      value_q <= value_q << 1;
      exp_q   <= exp_q - 8'd1;
    end
    if (state_q == StWrite) sine_q <= 1'b1;
  end
  generate
    if (Multiply != 0) begin : gen_multiply
      assign multiplied = 1'b1;
      always_ff @(posedge clk_i) if (state_q == StLoad) phase_q <= position * step;
    end else begin : gen_add
      logic [31:0] step_q, position_q;
      assign multiplied = position_q == 32'd0;
      always_ff @(posedge clk_i) begin
        if (state_q == StLoad) begin
          step_q     <= step;
          position_q <= position;
          phase_q    <= '0;
        end
        if (state_q == StMul) begin
          if (position_q[0]) phase_q <= phase_q + step_q;
          step_q     <= step_q << 1;
          position_q <= position_q >> 1;
        end
      end
    end
  endgenerate
endmodule

`default_nettype wire
