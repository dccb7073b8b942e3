// SPDX-License-Identifier: Apache-2.0
// The memory port: joins read and write clients to one AXI4 manager of Lanes bytes per beat.
//
// Reads: a client requests `beats` consecutive beats (1..MaxRequest) from a beat-aligned address,
// and only when it has reserved space for all of them: data come back in request order, without
// back-pressure (rc_valid_o[c] with the shared rc_data_o; rc_error_o: this beat was answered SLVERR
// or DECERR; rc_last_o on the last beat of the request). Requests are cut into INCR bursts of at
// most MaxBurst beats that never cross 4 KiB. Lower client index wins.
// Writes: beats with byte strobes. wq_len_i[c] says how many beats of the same burst follow this
// one: a client gives it falling by one to 0, at consecutive addresses that do not cross 4 KiB. The
// first beat takes the write channels for its client until the last, so the client must be able to
// deliver the rest without waiting for another write (no deadlock), and a reset of units must not
// cut a burst: only the last client asks for bursts. wc_bvalid_o[c] pulses once per burst, in order
// per client, with wc_error_o when the answer was an error. Lower index wins between bursts.
// Does not do: ordering between a read and an earlier write (a client waits for wc_bvalid_o);
// several transactions of one channel out of order (one id: the subordinate answers in order; user
// names the client for statistics).
// The last read client and the last write client are the host's: idle_o (nothing of the others is
// in flight or asked for) and error_o (an answer to the others was an error, pulse) leave them out.
// Reset: synchronous; nothing is in flight afterwards. As AXI4 has it the subordinate shares the
// reset, or reset is held until it owes no answer: an answer from before it cannot be told from a
// later one. One that nothing is waiting for fails an assertion and reaches no client.
// Latency: request to AR 2 cycles; R to rc_valid_o 1 cycle.
`include "luoshu_assert.svh"
`default_nettype none

module luoshu_mem_port #(
    parameter int Lanes        = 32,  // bytes per beat, a power of two
    parameter int ReadClients  = 5,
    parameter int WriteClients = 3,
    parameter int MaxBurst     = 64,  // beats
    parameter int MaxRequest   = 255, // beats; up to MaxBurst: a request is cut at 4 KiB only
    parameter int Outstanding  = 32,  // bursts in flight, a power of two
    parameter int Writes       = 64   // write bursts in flight, a power of two
) (
    input  wire                          clk_i,
    input  wire                          rst_ni,
    // read clients
    input  wire  [ReadClients-1:0]       rq_valid_i,
    output logic [ReadClients-1:0]       rq_ready_o,
    // byte address, beat aligned: the low bits are not looked at
    input  wire  [ReadClients*32-1:0]    rq_addr_i,
    input  wire  [ReadClients*8-1:0]     rq_beats_i,  // beats, >= 1
    output logic [ReadClients-1:0]       rc_valid_o,
    output logic [Lanes*8-1:0]           rc_data_o,
    output logic                         rc_error_o,
    output logic                         rc_last_o,
    // write clients
    input  wire  [WriteClients-1:0]          wq_valid_i,
    output logic [WriteClients-1:0]          wq_ready_o,
    input  wire  [WriteClients*32-1:0]       wq_addr_i,  // byte address, beat aligned
    input  wire  [WriteClients*Lanes*8-1:0]  wq_data_i,
    input  wire  [WriteClients*Lanes-1:0]    wq_strb_i,
    input  wire  [WriteClients*4-1:0]        wq_len_i,   // beats of the burst that follow this one
    output logic [WriteClients-1:0]          wc_bvalid_o,
    output logic                         wc_error_o,
    output logic                         idle_o,      // see above
    output logic                         error_o,
    // AXI4 manager
    output logic                         ar_valid_o,
    input  wire                          ar_ready_i,
    output logic [31:0]                  ar_addr_o,
    output logic [7:0]                   ar_len_o,
    output logic [2:0]                   ar_user_o,   // read client
    input  wire                          r_valid_i,
    output logic                         r_ready_o,
    input  wire  [Lanes*8-1:0]           r_data_i,
    input  wire  [1:0]                   r_resp_i,
    input  wire                          r_last_i,
    output logic                         aw_valid_o,
    input  wire                          aw_ready_i,
    output logic [31:0]                  aw_addr_o,
    output logic [7:0]                   aw_len_o,
    output logic [2:0]                   aw_user_o,   // write client
    output logic                         w_valid_o,
    input  wire                          w_ready_i,
    output logic [Lanes*8-1:0]           w_data_o,
    output logic [Lanes-1:0]             w_strb_o,
    output logic                         w_last_o,
    input  wire                          b_valid_i,
    output logic                         b_ready_o,
    input  wire  [1:0]                   b_resp_i
);
  localparam int BeatBits = $clog2(Lanes);
  localparam int PageBeats = 4096 / Lanes;
  localparam logic [2:0] HostRead  = 3'(ReadClients - 1);
  localparam logic [2:0] HostWrite = 3'(WriteClients - 1);

  // --------------------------------------------------------------- reads: arbiter and burst cutter
  logic [ReadClients-1:0] rq_grant;
  logic                   rq_any;
  logic [31:0]            rq_addr;
  logic [7:0]             rq_beats;
  logic [2:0]             rq_client;

  always_comb begin
    rq_grant  = '0;
    rq_any    = 1'b0;
    rq_addr   = '0;
    rq_beats  = '0;
    rq_client = '0;
    for (int c = 0; c < ReadClients; c++) begin
      if (rq_valid_i[c] && !rq_any) begin
        rq_any      = 1'b1;
        rq_grant[c] = 1'b1;
      end
    end
    for (int c = 0; c < ReadClients; c++) begin
      rq_addr   = rq_addr | ({rq_addr_i[c*32 + BeatBits +: 32 - BeatBits], {BeatBits{1'b0}}}
          & {32{rq_grant[c]}});
      rq_beats  = rq_beats | (rq_beats_i[c*8 +: 8] & {8{rq_grant[c]}});
      rq_client = rq_client | (c[2:0] & {3{rq_grant[c]}});
    end
  end

  logic        cut_busy_q;     // a request is being cut
  logic [31:0] cut_addr_q;
  localparam int LeftBits = $clog2(MaxRequest + 1);
  localparam int Bias     = (MaxRequest <= MaxBurst) ? 1 : 0;
  logic [LeftBits-1:0] cut_left_q;   // beats not yet in a burst, less Bias
  logic [2:0]  cut_client_q;
  logic        tag_in_ready;
  logic [31:0] next_addr;      // of what the next burst leaves
  logic [LeftBits-1:0] next_left;
  logic [7:0]  len;            // beats of the next burst less 1
  logic        cut_step;       // a burst is handed to AR
  logic        cut_last;

  generate
    if (Bias != 0) begin : gen_page
      localparam int PageBits = $clog2(PageBeats);
      logic [PageBits-1:0] low;     // first beat of the burst within its page
      logic [PageBits:0]   final_beat;   // last beat of the request
      logic [LeftBits-1:0] behind;       // beats behind the first
      assign low        = cut_addr_q[BeatBits +: PageBits];
      assign final_beat = {1'b0, low} + (PageBits+1)'(cut_left_q);
      assign cut_last   = !final_beat[PageBits];
      assign behind     = cut_last ? cut_left_q : ~low[LeftBits-1:0];
      assign len        = 8'(behind);
      assign next_addr  = {cut_addr_q[31:12] + 20'd1, 12'd0};
      assign next_left  = final_beat[LeftBits-1:0];
    end else begin : gen_burst
      logic [31:0] to_page;        // beats up to the next 4 KiB boundary
      logic [7:0]  burst;          // beats of the next burst
      assign to_page = 32'(PageBeats) - ((cut_addr_q >> BeatBits) & (32'(PageBeats) - 32'd1));
      always_comb begin
        burst = 8'(cut_left_q);
        if (32'(burst) > to_page) burst = to_page[7:0];
        if (32'(burst) > 32'(MaxBurst)) burst = 8'(MaxBurst);
      end
      assign cut_last  = (burst == 8'(cut_left_q));
      assign len       = burst - 8'd1;
      assign next_addr = cut_addr_q + (32'(burst) << BeatBits);
      assign next_left = cut_left_q - LeftBits'(burst);
    end
  endgenerate
  assign cut_step = cut_busy_q && (!ar_valid_o || ar_ready_i) && tag_in_ready;
  assign rq_ready_o = (!cut_busy_q || (cut_step && cut_last)) ? rq_grant : '0;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      cut_busy_q <= 1'b0;
      ar_valid_o <= 1'b0;
    end else begin
      if (ar_ready_i) ar_valid_o <= 1'b0;
      if (cut_step) begin
        ar_valid_o <= 1'b1;
        if (cut_last) cut_busy_q <= 1'b0;
      end
      if (rq_any && (!cut_busy_q || (cut_step && cut_last))) cut_busy_q <= 1'b1;
    end
    if (cut_step) begin
      ar_addr_o  <= cut_addr_q;
      ar_len_o   <= len;
      ar_user_o  <= cut_client_q;
      cut_addr_q <= next_addr;
      cut_left_q <= next_left;
    end
    if (rq_any && (!cut_busy_q || (cut_step && cut_last))) begin
      cut_addr_q   <= rq_addr;
      cut_left_q   <= LeftBits'(rq_beats - 8'(Bias));
      cut_client_q <= rq_client;
    end
  end

  // ----------------------------------------------------------- reads: tags of the bursts in flight
  logic       tag_valid;
  logic [$clog2(Outstanding):0] unused_tags;
  logic [3:0] tag_head;  // client, request ends with this burst

  luoshu_fifo #(.Width(4), .Depth(Outstanding), .UseRam(0)) u_tags (
      .clk_i, .rst_ni,
      .in_valid_i(cut_step), .in_ready_o(tag_in_ready), .in_data_i({cut_last, cut_client_q}),
      .out_valid_o(tag_valid), .out_ready_i(r_valid_i && r_last_i), .out_data_o(tag_head),
      .count_o(unused_tags)
  );

  logic r_taken;   // a beat that somebody waits for
  logic [$clog2(Outstanding):0] unit_reads_q;   // bursts of the unit clients in flight
  logic unit_read_out, unit_read_in;   // a burst of a unit client is asked for; its last beat comes
  assign r_ready_o     = 1'b1;
  assign r_taken       = r_valid_i && tag_valid;
  assign unit_read_out = cut_step && cut_client_q != HostRead;
  assign unit_read_in  = r_taken && r_last_i && tag_head[2:0] != HostRead;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      rc_valid_o   <= '0;
      unit_reads_q <= '0;
    end else begin
      for (int c = 0; c < ReadClients; c++) rc_valid_o[c] <= r_taken && (tag_head[2:0] == c[2:0]);
      if (unit_read_out != unit_read_in)   // plus or minus 1
        unit_reads_q <= unit_reads_q + {{$clog2(Outstanding){unit_read_in}}, 1'b1};
    end
    if (r_valid_i) begin
      rc_data_o  <= r_data_i;
      rc_error_o <= r_resp_i[1];
      rc_last_o  <= r_last_i && tag_head[3];
    end
  end
  `LUOSHU_ASSERT(request_fits, !rq_any || 32'(rq_beats) <= 32'(MaxRequest))
  `LUOSHU_ASSERT(r_has_tag, !r_valid_i || tag_valid)

  // ---------------------------------------------------------------- writes
  // w_owner_q: whose burst is open, if any
  logic [WriteClients-1:0] wq_asked, wq_grant, w_owner_q;
  logic                    wq_any;
  logic [2:0]              wq_client;
  logic [31:0]             wq_addr;
  logic [Lanes*8-1:0]      wq_data;
  logic [Lanes-1:0]        wq_strb;
  logic [3:0]              wq_len;
  logic                    wtag_in_ready;
  logic                    w_open, wq_take, aw_take;

  assign w_open   = (w_owner_q != '0);
  assign wq_asked = w_open ? (wq_valid_i & w_owner_q) : wq_valid_i;
  always_comb begin
    wq_grant  = '0;
    wq_any    = 1'b0;
    wq_client = '0;
    wq_addr   = wq_addr_i[31:0];
    wq_data   = wq_data_i[Lanes*8-1:0];
    wq_strb   = wq_strb_i[Lanes-1:0];
    wq_len    = wq_len_i[3:0];
    for (int c = 0; c < WriteClients; c++) begin
      if (wq_asked[c] && !wq_any) begin
        wq_any      = 1'b1;
        wq_grant[c] = 1'b1;
        wq_client   = c[2:0];
        wq_addr     = wq_addr_i[c*32 +: 32];
        wq_data     = wq_data_i[c*Lanes*8 +: Lanes*8];
        wq_strb     = wq_strb_i[c*Lanes +: Lanes];
        wq_len      = wq_len_i[c*4 +: 4];
      end
    end
  end
  assign wq_take    = wq_any && (!w_valid_o || w_ready_i)
                   && (w_open || ((!aw_valid_o || aw_ready_i) && wtag_in_ready));
  assign aw_take    = wq_take && !w_open;
  assign wq_ready_o = wq_take ? wq_grant : '0;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      aw_valid_o <= 1'b0;
      w_valid_o  <= 1'b0;
      w_owner_q  <= '0;
    end else begin
      if (aw_ready_i) aw_valid_o <= 1'b0;
      if (aw_take) aw_valid_o <= 1'b1;
      if (w_ready_i) w_valid_o <= 1'b0;
      if (wq_take) begin
        w_valid_o <= 1'b1;
        w_owner_q <= (wq_len != 4'd0) ? wq_grant : '0;
      end
    end
    if (aw_take) begin
      aw_addr_o <= wq_addr;
      aw_len_o  <= {4'd0, wq_len};
      aw_user_o <= wq_client;
    end
    if (wq_take) begin
      w_data_o <= wq_data;
      w_strb_o <= wq_strb;
      w_last_o <= (wq_len == 4'd0);
    end
  end

  logic       wtag_valid, b_taken;
  logic [2:0] wtag_head;
  // unit_writes_q: bursts of the unit clients in flight
  logic [$clog2(Writes):0] unused_wtags, unit_writes_q;
  luoshu_fifo #(.Width(3), .Depth(Writes), .UseRam(0)) u_wtags (
      .clk_i, .rst_ni,
      .in_valid_i(aw_take), .in_ready_o(wtag_in_ready), .in_data_i(wq_client),
      .out_valid_o(wtag_valid), .out_ready_i(b_valid_i), .out_data_o(wtag_head),
      .count_o(unused_wtags)
  );
  logic unit_write_out, unit_write_in;
  assign b_ready_o = 1'b1;
  assign b_taken   = b_valid_i && wtag_valid;
  assign unit_write_out = aw_take && wq_client != HostWrite;
  assign unit_write_in  = b_taken && wtag_head != HostWrite;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      wc_bvalid_o   <= '0;
      unit_writes_q <= '0;
    end else begin
      for (int c = 0; c < WriteClients; c++) wc_bvalid_o[c] <= b_taken && (wtag_head == c[2:0]);
      if (unit_write_out != unit_write_in)   // plus or minus 1
        unit_writes_q <= unit_writes_q + {{$clog2(Writes){unit_write_in}}, 1'b1};
    end
    wc_error_o <= b_resp_i[1];
  end
  `LUOSHU_ASSERT(b_has_tag, !b_valid_i || wtag_valid)

  // ---------------------------------------------------------------- state of the unit clients
  always_ff @(posedge clk_i) begin
    if (!rst_ni) error_o <= 1'b0;
    else error_o <= (r_taken && r_resp_i[1] && tag_head[2:0] != HostRead)
                 || (b_taken && b_resp_i[1] && wtag_head != HostWrite);
    idle_o <= !(cut_busy_q && cut_client_q != HostRead) && (rq_valid_i[ReadClients-2:0] == '0)
           && (wq_valid_i[WriteClients-2:0] == '0) && (unit_reads_q == '0) && (unit_writes_q == '0)
           && (rc_valid_o[ReadClients-2:0] == '0) && (wc_bvalid_o[WriteClients-2:0] == '0);
  end

  // Bursts: as announced, and within 4 KiB.
  logic [31:0] past_addr_q;
  logic [3:0]  past_len_q;
  always_ff @(posedge clk_i) begin
    if (wq_take) {past_addr_q, past_len_q} <= {wq_addr, wq_len};
  end
  `LUOSHU_ASSERT(w_burst, !wq_take || !w_open
      || (wq_len == past_len_q - 4'd1 && wq_addr == past_addr_q + 32'(Lanes)))
  `LUOSHU_ASSERT(w_page, !aw_take || (32'(wq_addr[11:BeatBits]) + 32'(wq_len) < 32'(PageBeats)))
  `LUOSHU_STREAM_STABLE(ar_stable, ar_valid_o, ar_ready_i, {ar_addr_o, ar_len_o, ar_user_o})
  `LUOSHU_STREAM_STABLE(aw_stable, aw_valid_o, aw_ready_i, {aw_addr_o, aw_len_o, aw_user_o})
  `LUOSHU_STREAM_STABLE(w_stable, w_valid_o, w_ready_i, {w_data_o, w_strb_o, w_last_o})

  logic unused_bits;
  assign unused_bits = ^{r_resp_i[0], b_resp_i[0], rq_addr_i, past_addr_q, past_len_q};
endmodule
`default_nettype wire
