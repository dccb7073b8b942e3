// SPDX-License-Identifier: Apache-2.0
// The scheduler of a single-data-rate SDRAM with four banks: runs of beats in, commands and data at
// the pins out.
//
// A command is a run of 1 to 255 beats from a beat address {row, bank, column}, so that a stream
// that leaves a row goes on in the next bank. A beat is one burst of the SDRAM (BeatBytes * 8 /
// DataBits words). Rows stay open. While one run moves its data, the bank of the next one (also of
// the run's own next row) is made ready in the cycles that no burst begins in.
// Commands are executed in order: a read sees every write before it. A burst of a write waits for
// its data (they come at the latest a crossing of clocks behind their command); read data leave
// without back-pressure: whoever asks has kept room for them.
// Refresh: what is due is done when no command waits, at the latest when Postpone refreshes are
// due, then all of them.
// Power-up: PowerUpUs of idle clock, precharge, eight refreshes, mode register; ready_o rises.
//
// Clock: the pins change at the rising edge of clk_i. The SDRAM's own clock is clk_i delayed by a
// phase that the board chooses; ReadCycles says how many cycles after the register of a READ's pins
// its first word stands in the input register: CasLatency where the SDRAM's clock runs half a cycle
// late, CasLatency + 1 where it does not.
// Times are in ns, rounded up to cycles of ClockKhz.
// Throughput: a beat per burst; latency, open row, command to r_valid_o: 2 + ReadCycles + burst
// cycles.
// Reset: synchronous, starts power-up again; contents are lost.
// Does not do: self-refresh, power-down, more than one chip select.
`include "luoshu_assert.svh"
`default_nettype none

module luoshu_sdram_ctrl #(
    parameter int DataBits   = 16,     // width of the SDRAM: 16 or 32
    parameter int BeatBytes  = 8,      // bytes per beat: 1, 2, 4 or 8 words of the SDRAM
    parameter int RowBits    = 13,
    parameter int ColBits    = 9,      // words of a row, log2
    parameter int ClockKhz   = 50000,  // of clk_i
    parameter int CasLatency = 2,      // cycles, 2 or 3
    parameter int ReadCycles = 2,      // see above
    parameter int RcdNs      = 20,     // activate to read or write
    parameter int RpNs       = 20,     // precharge to activate
    parameter int RasNs      = 45,     // activate to precharge
    parameter int RcNs       = 70,     // activate to activate, one bank
    parameter int RrdNs      = 15,     // activate to activate, two banks
    parameter int RfcNs      = 70,     // refresh to anything
    parameter int WrNs       = 15,     // last word written to precharge; at least two cycles
    parameter int RefiNs     = 7800,   // a refresh is due in this interval
    parameter int Postpone   = 8,      // refreshes that may wait
    parameter int PowerUpUs  = 200,
    // Derived, do not set.
    parameter int BurstWords = BeatBytes * 8 / DataBits,
    parameter int ColBeats   = ColBits - $clog2(BurstWords),
    parameter int AddrBits   = RowBits + 2 + ColBeats
) (
    input  wire                    clk_i,
    input  wire                    rst_ni,
    output logic                   ready_o,       // power-up is over
    // runs of beats
    input  wire                    cmd_valid_i,
    output logic                   cmd_ready_o,
    input  wire                    cmd_we_i,
    input  wire  [AddrBits-1:0]    cmd_addr_i,    // in beats
    input  wire  [7:0]             cmd_beats_i,   // >= 1
    // data
    output logic                   w_take_o,      // the beat at w_data_i has been taken
    input  wire                    w_valid_i,
    input  wire  [BeatBytes*8-1:0] w_data_i,
    input  wire  [BeatBytes-1:0]   w_strb_i,
    output logic                   r_valid_o,
    output logic [BeatBytes*8-1:0] r_data_o,
    // pins
    output logic                   sdram_cke_o,
    output logic                   sdram_cs_no,
    output logic                   sdram_ras_no,
    output logic                   sdram_cas_no,
    output logic                   sdram_we_no,
    output logic [1:0]             sdram_ba_o,
    output logic [RowBits-1:0]     sdram_a_o,
    output logic [DataBits/8-1:0]  sdram_dqm_o,
    output logic [DataBits-1:0]    sdram_dq_o,
    output logic                   sdram_dq_oe_o,
    input  wire  [DataBits-1:0]    sdram_dq_i
);
  generate
    if (BurstWords != 1 && BurstWords != 2 && BurstWords != 4 && BurstWords != 8) begin : gen_burst
      initial $fatal(1, "luoshu_sdram_ctrl: BeatBytes must be 1, 2, 4 or 8 words of DataBits");
    end
    if (CasLatency != 2 && CasLatency != 3) begin : gen_latency
      initial $fatal(1, "luoshu_sdram_ctrl: CasLatency must be 2 or 3");
    end
    if (RowBits < 11 || ColBits > 10) begin : gen_rows
      initial $fatal(1, "luoshu_sdram_ctrl: RowBits must be at least 11 and ColBits at most 10");
    end
  endgenerate

  // ---------------------------------------------------------------- times in cycles
  localparam int Rcd     = (RcdNs * ClockKhz + 999999) / 1000000;
  localparam int Rp      = (RpNs * ClockKhz + 999999) / 1000000;
  localparam int RasOwn  = (RasNs * ClockKhz + 999999) / 1000000;
  localparam int Rc      = (RcNs * ClockKhz + 999999) / 1000000;
  // so that activate to activate is kept as well
  localparam int Ras     = (RasOwn + Rp < Rc) ? Rc - Rp : RasOwn;
  localparam int Rrd     = (RrdNs * ClockKhz + 999999) / 1000000;
  localparam int Rfc     = (RfcNs * ClockKhz + 999999) / 1000000;
  localparam int WrOwn   = (WrNs * ClockKhz + 999999) / 1000000;
  localparam int Wr      = (WrOwn < 2) ? 2 : WrOwn;
  localparam int Refi    = RefiNs / 1000 * ClockKhz / 1000;
  localparam int PowerUp = PowerUpUs * ClockKhz / 1000 + 1;
  localparam int Mrd     = 2;
  localparam int InitRefreshes = 8;
  localparam int WaitBits = 5;    // of counters of such times
  localparam int PowerBits = $clog2(PowerUp + 1);
  localparam int RefiBits  = $clog2(Refi + 1);
  localparam int DueBits   = $clog2(Postpone + InitRefreshes + 1);

  // -------------------------------------------------------------- commands to stretches of one row
  // next: a stretch whose bank is made ready; cur: the stretch that moves data.
  logic                 cut_valid_q, cut_we_q;
  logic [AddrBits-1:0]  cut_addr_q;
  logic [7:0]           cut_left_q;
  logic                 next_valid_q, next_we_q, cur_valid_q, cur_we_q;
  logic [AddrBits-1:0]  next_addr_q, cur_addr_q;
  logic [7:0]           next_beats_q, cur_beats_q;
  logic [ColBeats:0]    to_end;          // beats up to the end of the row
  logic                 cut_whole;       // the rest lies in one row
  logic [7:0]           cut_beats;
  logic                 cut_step, next_step, burst, cur_last;
  assign to_end      = {1'b1, {ColBeats{1'b0}}} - {1'b0, cut_addr_q[ColBeats-1:0]};
  assign cut_whole   = (32'(cut_left_q) <= 32'(to_end));
  assign cut_beats   = cut_whole ? cut_left_q : 8'(to_end);
  assign next_step   = next_valid_q && (!cur_valid_q || cur_last);
  assign cut_step    = cut_valid_q && (!next_valid_q || next_step);
  assign cmd_ready_o = ready_o && (!cut_valid_q || (cut_step && cut_whole));
  assign cur_last    = burst && (cur_beats_q == 8'd1);
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      cut_valid_q  <= 1'b0;
      next_valid_q <= 1'b0;
      cur_valid_q  <= 1'b0;
    end else begin
      if (cmd_valid_i && cmd_ready_o) cut_valid_q <= 1'b1;
      else if (cut_step && cut_whole) cut_valid_q <= 1'b0;
      next_valid_q <= cut_step || (next_valid_q && !next_step);
      cur_valid_q  <= next_step || (cur_valid_q && !cur_last);
    end
    if (cmd_valid_i && cmd_ready_o) begin
      cut_we_q   <= cmd_we_i;
      cut_addr_q <= cmd_addr_i;
      cut_left_q <= cmd_beats_i;
    end else if (cut_step) begin
      cut_addr_q <= cut_addr_q + AddrBits'(cut_beats);
      cut_left_q <= cut_left_q - cut_beats;
    end
    if (cut_step) begin
      next_we_q    <= cut_we_q;
      next_addr_q  <= cut_addr_q;
      next_beats_q <= cut_beats;
    end
    if (next_step) begin
      cur_we_q    <= next_we_q;
      cur_addr_q  <= next_addr_q;
      cur_beats_q <= next_beats_q;
    end else if (burst) begin
      cur_addr_q[ColBeats-1:0] <= cur_addr_q[ColBeats-1:0] + 1'b1;
      cur_beats_q              <= cur_beats_q - 8'd1;
    end
  end

  // ---------------------------------------------------------------- banks
  logic [3:0]           open_q;              // a row is open
  logic [RowBits-1:0]   row_q [4];           // which
  // cycles until the bank takes its next activate, read or write
  logic [WaitBits-1:0]  wait_q [4];
  logic [WaitBits-1:0]  hold_q [4];          // cycles until it takes a precharge
  logic [WaitBits-1:0]  gap_q;               // cycles until the next burst may begin
  logic [WaitBits-1:0]  turn_q;              // cycles until the data pins are free for a write
  logic [WaitBits-1:0]  rrd_q;               // cycles until the next activate
  logic                 idle;
  logic [1:0]           cur_bank, next_bank;
  logic [RowBits-1:0]   cur_row, next_row;
  logic                 cur_hit, next_hit;   // its row is open
  assign cur_bank  = cur_addr_q[ColBeats +: 2];
  assign next_bank = next_addr_q[ColBeats +: 2];
  assign cur_row   = cur_addr_q[ColBeats+2 +: RowBits];
  assign next_row  = next_addr_q[ColBeats+2 +: RowBits];
  assign cur_hit   = open_q[cur_bank] && (row_q[cur_bank] == cur_row);
  assign next_hit  = open_q[next_bank] && (row_q[next_bank] == next_row);
  assign idle      = !cur_valid_q && !next_valid_q && !cut_valid_q && !cmd_valid_i;

  // ---------------------------------------------------------------- what is done
  typedef enum logic [2:0] {
    PowerOn,       // the clock runs, nothing else
    Run,           // data move
    Close,         // banks on the way to being closed for a refresh
    Refresh,       // a refresh is sent when the last command has had its time
    Mode,          // power-up: the mode register
    ModeWait       // power-up: its time
  } state_e;
  state_e               state_q;
  logic [PowerBits-1:0] power_q;
  logic [RefiBits-1:0]  refi_q;              // cycles until the next refresh is due
  logic [DueBits-1:0]   due_q;               // refreshes that are due
  // cycles until the next command of a refresh or power-up
  logic [WaitBits-1:0]  pause_q;
  logic                 tick, go_close, closed, send_close, send_refresh, send_mode;
  assign tick         = (refi_q == '0);
  assign go_close     = (due_q != '0 && idle) || (32'(due_q) >= Postpone);
  assign closed       = (hold_q[0] == '0) && (hold_q[1] == '0) && (hold_q[2] == '0)
      && (hold_q[3] == '0);
  assign send_close   = (state_q == Close) && closed;
  assign send_refresh = (state_q == Refresh) && (pause_q == '0) && (due_q != '0);
  assign send_mode    = (state_q == Mode) && (pause_q == '0);
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      state_q <= PowerOn;
      power_q <= PowerBits'(PowerUp);
      refi_q  <= RefiBits'(Refi);
      due_q   <= DueBits'(InitRefreshes);
      ready_o <= 1'b0;
      pause_q <= '0;
    end else begin
      refi_q <= tick ? RefiBits'(Refi) : refi_q - 1'b1;
      // plus or minus 1
      if ((tick && ready_o) != send_refresh) due_q <= due_q + {{DueBits-1{send_refresh}}, 1'b1};
      if (power_q != '0) power_q <= power_q - 1'b1;
      if (send_close) pause_q <= WaitBits'(Rp - 1);
      else if (send_refresh) pause_q <= WaitBits'(Rfc - 1);
      else if (send_mode) pause_q <= WaitBits'(Mrd - 1);
      else if (pause_q != '0) pause_q <= pause_q - 1'b1;
      case (state_q)
        PowerOn:  if (power_q == '0) state_q <= Close;
        Run:      if (go_close) state_q <= Close;
        Close:    if (closed) state_q <= Refresh;
        Refresh:  if (pause_q == '0 && due_q == '0) state_q <= ready_o ? Run : Mode;
        Mode:     if (pause_q == '0) state_q <= ModeWait;
        default:  if (pause_q == '0) begin   // ModeWait
          state_q <= Run;
          ready_o <= 1'b1;
        end
      endcase
    end
  end

  // One command a cycle: a burst, else what the present stretch needs, else what the next one
  // needs.
  logic       act, pre, cur_wants, next_wants;
  logic [1:0] bank;
  logic [RowBits-1:0] row;
  logic       run;
  assign run        = (state_q == Run) && !go_close;
  assign burst      = run && cur_valid_q && cur_hit && (wait_q[cur_bank] == '0)
      && (gap_q == '0) && (!cur_we_q || (turn_q == '0 && w_valid_i));
  assign cur_wants  = cur_valid_q && !cur_hit;
  assign next_wants = next_valid_q && !next_hit && (!cur_valid_q || next_bank != cur_bank);
  assign bank       = cur_wants ? cur_bank : next_bank;
  assign row        = cur_wants ? cur_row : next_row;
  assign pre        = run && !burst && (cur_wants || next_wants) && open_q[bank]
      && (hold_q[bank] == '0);
  assign act        = run && !burst && (cur_wants || next_wants) && !open_q[bank]
      && (wait_q[bank] == '0) && (rrd_q == '0);

  localparam int ToPre  = BurstWords;                     // read to precharge
  localparam int WrPre  = BurstWords - 1 + Wr;            // write to precharge
  // read to write: the words, and a cycle in which nobody drives
  localparam int Turn   = CasLatency + BurstWords + 1;
  logic [WaitBits-1:0] after;
  assign after = cur_we_q ? WaitBits'(WrPre) : WaitBits'(ToPre);
  always_ff @(posedge clk_i) begin
    for (int b = 0; b < 4; b++) begin
      if (wait_q[b] != '0) wait_q[b] <= wait_q[b] - 1'b1;
      if (hold_q[b] != '0) hold_q[b] <= hold_q[b] - 1'b1;
      if (act && bank == 2'(b)) begin
        row_q[b]  <= row;
        wait_q[b] <= WaitBits'(Rcd - 1);
        hold_q[b] <= WaitBits'(Ras - 1);
      end
      if (pre && bank == 2'(b)) wait_q[b] <= WaitBits'(Rp - 1);
      if (burst && cur_bank == 2'(b) && hold_q[b] < after) hold_q[b] <= after - 1'b1;
      if (!rst_ni) begin
        wait_q[b] <= '0;
        hold_q[b] <= '0;
      end
    end
    if (!rst_ni || send_close) open_q <= '0;
    else begin
      if (act) open_q[bank] <= 1'b1;
      if (pre) open_q[bank] <= 1'b0;
    end
    if (!rst_ni) begin
      gap_q  <= '0;
      turn_q <= '0;
      rrd_q  <= '0;
    end else begin
      gap_q  <= burst ? WaitBits'(BurstWords - 1) : (gap_q != '0) ? gap_q - 1'b1 : gap_q;
      turn_q <= (burst && !cur_we_q) ? WaitBits'(Turn - 1)
              : (turn_q != '0) ? turn_q - 1'b1 : turn_q;
      rrd_q  <= act ? WaitBits'(Rrd - 1) : (rrd_q != '0) ? rrd_q - 1'b1 : rrd_q;
    end
  end
  `LUOSHU_ASSERT(one_command, 32'(burst) + 32'(pre) + 32'(act) + 32'(send_close)
      + 32'(send_refresh) + 32'(send_mode) <= 32'd1)

  // ---------------------------------------------------------------- pins
  localparam int BurstCode = $clog2(BurstWords);
  localparam int TailWords = (BurstWords > 1) ? BurstWords - 1 : 1;
  logic [TailWords*DataBits-1:0]   out_q;       // words of a write that are left
  logic [TailWords*DataBits/8-1:0] mask_q;
  logic [BurstWords-1:0]           drive_q;     // one bit per word that is left, this cycle's first
  logic [RowBits-1:0]              column;
  logic                            write;
  assign write    = burst && cur_we_q;
  assign w_take_o = write;
  // A10 is low: no precharge after the burst
  assign column   = RowBits'(cur_addr_q[ColBeats-1:0]) << BurstCode;
  always_ff @(posedge clk_i) begin
    sdram_cke_o <= rst_ni;
    // {ras, cas, we}, active low: activate 011, read 101, write 100, precharge 010, refresh 001,
    // mode 000
    {sdram_ras_no, sdram_cas_no, sdram_we_no} <=
        burst ? {2'b10, !cur_we_q} : act ? 3'b011 : (pre || send_close) ? 3'b010
      : send_refresh ? 3'b001 : send_mode ? 3'b000 : 3'b111;
    sdram_cs_no <= !rst_ni;
    sdram_ba_o  <= send_mode ? 2'd0 : burst ? cur_bank : bank;
    sdram_a_o   <= burst ? column : act ? row : send_close ? RowBits'(11'h400)
                 : send_mode ? RowBits'({3'(CasLatency), 1'b0, 3'(BurstCode)}) : '0;
    if (!rst_ni) drive_q <= '0;
    else drive_q <= write ? {BurstWords{1'b1}} >> 1 : drive_q >> 1;
    sdram_dq_oe_o <= rst_ni && (write || drive_q[0]);
    sdram_dq_o    <= write ? w_data_i[DataBits-1:0] : out_q[DataBits-1:0];
    sdram_dqm_o   <= !ready_o ? '1 : write ? ~w_strb_i[DataBits/8-1:0]
                   : drive_q[0] ? mask_q[DataBits/8-1:0] : '0;
    if (write) begin
      out_q  <= (TailWords*DataBits)'(w_data_i >> DataBits);
      mask_q <= (TailWords*DataBits/8)'(~w_strb_i >> (DataBits / 8));
    end else begin
      out_q  <= out_q >> DataBits;
      mask_q <= mask_q >> (DataBits / 8);
    end
  end

  // ---------------------------------------------------------------- read data
  // from a read's pins to its last word in the input register
  localparam int Flight = ReadCycles + BurstWords - 1;
  logic [Flight:0]              flight_q;
  logic [DataBits-1:0]          dq_q;
  logic [BeatBytes*8-1:0]       words_q;
  always_ff @(posedge clk_i) begin
    dq_q <= sdram_dq_i;
    if (!rst_ni) flight_q <= '0;
    else flight_q <= {flight_q[Flight-1:0], burst && !cur_we_q};
    words_q   <= (BeatBytes*8)'({dq_q, words_q} >> DataBits);
    r_valid_o <= rst_ni && flight_q[Flight];
    if (flight_q[Flight]) r_data_o <= (BeatBytes*8)'({dq_q, words_q} >> DataBits);
  end
endmodule
`default_nettype wire
