// SPDX-License-Identifier: Apache-2.0
// luoshu_mem_port: at most one client is served in a cycle, one that asks, the lowest; who has
// opened a burst of writes keeps the channels until its last beat; each request is asked of memory
// whole, in bursts that are in order and within 4 KiB; answers go to the clients in the order in
// which they were asked for, with their errors; idle_o means that nothing of the units is asked for
// or in flight.
//
// What memory promises: it answers only what it was asked for. Of clients: a request has 1 to
// MaxRequest beats.
`include "luoshu_assert.svh"
`default_nettype none

module mem_port_proof #(
    parameter int Lanes      = 8,
    parameter int MaxBurst   = 64,
    parameter int MaxRequest = 31
) (
    input wire               clk_i,
    input wire               rst_ni,
    input wire [2:0]         rq_valid_i,
    input wire [3*32-1:0]    rq_addr_i,
    input wire [3*8-1:0]     rq_beats_i,
    input wire [2:0]         wq_valid_i,
    input wire [3*32-1:0]    wq_addr_i,
    input wire [3*Lanes-1:0] wq_strb_i,
    input wire [3*4-1:0]     wq_len_i,
    input wire               ar_ready_i,
    input wire               r_valid_i,
    input wire [1:0]         r_resp_i,
    input wire               r_last_i,
    input wire               aw_ready_i,
    input wire               w_ready_i,
    input wire               b_valid_i,
    input wire [1:0]         b_resp_i
);
  localparam int Flying = 2, Writes = 2;   // bursts in flight
  localparam int BeatBits = $clog2(Lanes);
  logic [2:0]         rq_ready, rc_valid, wq_ready, wc_bvalid;
  logic               rc_error, rc_last, wc_error, idle, error;
  logic               ar_valid, r_ready, aw_valid, w_valid, w_last, b_ready;
  logic [31:0]        ar_addr, aw_addr;
  logic [7:0]         ar_len, aw_len;
  logic [2:0]         ar_user, aw_user;
  logic [Lanes*8-1:0] unused_r, unused_w;
  logic [Lanes-1:0]   w_strb;
  luoshu_mem_port #(
      .Lanes(Lanes), .ReadClients(3), .WriteClients(3), .MaxBurst(MaxBurst),
      .MaxRequest(MaxRequest), .Outstanding(Flying), .Writes(Writes)
  ) u_dut (
      .clk_i, .rst_ni, .rq_valid_i, .rq_ready_o(rq_ready), .rq_addr_i, .rq_beats_i,
      .rc_valid_o(rc_valid), .rc_data_o(unused_r), .rc_error_o(rc_error), .rc_last_o(rc_last),
      .wq_valid_i, .wq_ready_o(wq_ready), .wq_addr_i, .wq_data_i({3*Lanes*8{1'b0}}),
      .wq_strb_i, .wq_len_i,
      .wc_bvalid_o(wc_bvalid), .wc_error_o(wc_error), .idle_o(idle), .error_o(error),
      .ar_valid_o(ar_valid), .ar_ready_i, .ar_addr_o(ar_addr), .ar_len_o(ar_len),
      .ar_user_o(ar_user), .r_valid_i, .r_ready_o(r_ready), .r_data_i({Lanes*8{1'b0}}),
      .r_resp_i, .r_last_i,
      .aw_valid_o(aw_valid), .aw_ready_i, .aw_addr_o(aw_addr), .aw_len_o(aw_len),
      .aw_user_o(aw_user), .w_valid_o(w_valid), .w_ready_i, .w_data_o(unused_w),
      .w_strb_o(w_strb), .w_last_o(w_last), .b_valid_i, .b_ready_o(b_ready), .b_resp_i
  );
  // inside the unit
  localparam int LeftBits = $clog2(MaxRequest + 1);
  localparam int Bias     = (MaxRequest <= MaxBurst) ? 1 : 0;
  (* hierconn *) wire                \u_dut.cut_busy_q ;
  (* hierconn *) wire [31:0]         \u_dut.cut_addr_q ;
  (* hierconn *) wire [LeftBits-1:0] \u_dut.cut_left_q ;
  (* hierconn *) wire [2:0]          \u_dut.cut_client_q ;
  (* hierconn *) wire [1:0]          \u_dut.unit_reads_q ;
  (* hierconn *) wire [1:0]          \u_dut.unit_writes_q ;
  (* hierconn *) wire [2:0]          \u_dut.w_owner_q ;
  (* hierconn *) wire [1:0]          \u_dut.u_tags.count_q ;
  (* hierconn *) wire [1:0]          \u_dut.u_wtags.count_q ;
  (* hierconn *) wire [4*Flying-1:0] \u_dut.u_tags.gen_words.words_q ;
  (* hierconn *) wire [3*Writes-1:0] \u_dut.u_wtags.gen_words.words_q ;

  function automatic logic [2:0] number(input logic [2:0] one);
    number = one[0] ? 3'd0 : one[1] ? 3'd1 : 3'd2;
  endfunction
  function automatic logic [2:0] lowest(input logic [2:0] bits);
    lowest = bits & (~bits + 3'd1);
  endfunction

  // Reads: the request that is being asked of memory, the burst that comes next, bursts in flight.
  logic        begun_q = 1'b0, settled_q = 1'b0;   // a reset; a cycle after it
  logic [31:0] addr_q;
  logic [7:0]  left_q;                 // beats
  logic [2:0]  client_q, asked, taken_client;
  logic        ar_q, ar_next, take, done;
  logic [31:0] ar_addr_q, to_page;
  logic [7:0]  ar_len_q, burst;
  logic [2:0]  ar_client_q;
  logic [1:0]  flying_q, place;
  logic [4*Flying-1:0] tags_q;         // {last of its request, client}
  logic        busy;
  assign busy    = (left_q != '0);
  assign to_page = 32'(4096 / Lanes) - 32'(addr_q[11:BeatBits]);   // beats
  always_comb begin
    burst = left_q;
    if (32'(burst) > to_page) burst = to_page[7:0];
    if (32'(burst) > 32'(MaxBurst)) burst = 8'(MaxBurst);
  end
  assign ar_next = busy && (!ar_q || ar_ready_i) && flying_q != 2'(Flying);
  assign asked   = rq_valid_i & rq_ready;
  assign take    = (asked != '0);
  assign taken_client = number(asked);
  assign done    = r_valid_i && r_last_i;
  assign place   = flying_q - 2'(done);
  // Writes: whose burst is open, the beats that come next, bursts in flight.
  logic [2:0]  owner_q, written, writer;
  logic        aw_q, w_q, aw_next, w_last_q;
  logic [31:0] aw_addr_q;
  logic [7:0]  aw_len_q;
  logic [2:0]  aw_client_q;
  logic [Lanes-1:0] w_strb_q;
  logic [1:0]  writes_q, write_place;
  logic [3*Writes-1:0] wtags_q;
  logic [3:0]  write_len;
  assign written     = wq_valid_i & wq_ready;
  assign writer      = number(written);
  assign write_len   = wq_len_i[4*32'(writer) +: 4];
  assign aw_next     = (written != '0) && owner_q == '0;
  assign write_place = writes_q - 2'(b_valid_i);
  // What the clients are told, a cycle later.
  logic [2:0]  rc_valid_q, wc_valid_q;
  logic        rc_error_q, rc_last_q, wc_error_q, error_q, quiet_q;
  logic [1:0]  unit_flying, unit_writes;   // 0 to 2 of them are of clients 0 and 1
  logic        tags_same, wtags_same;
  always_comb begin
    unit_flying = '0;
    unit_writes = '0;
    tags_same   = 1'b1;
    wtags_same  = 1'b1;
    for (int i = 0; i < Flying; i++) begin
      if (2'(i) < flying_q) begin
        if (tags_q[4*i +: 3] != 3'd2) unit_flying = unit_flying + 2'd1;
        if (tags_q[4*i +: 4] != \u_dut.u_tags.gen_words.words_q [4*i +: 4]
            || tags_q[4*i +: 3] > 3'd2) tags_same = 1'b0;
      end
    end
    for (int i = 0; i < Writes; i++) begin
      if (2'(i) < writes_q) begin
        if (wtags_q[3*i +: 3] != 3'd2) unit_writes = unit_writes + 2'd1;
        if (wtags_q[3*i +: 3] != \u_dut.u_wtags.gen_words.words_q [3*i +: 3]
            || wtags_q[3*i +: 3] > 3'd2) wtags_same = 1'b0;
      end
    end
  end
  always_ff @(posedge clk_i) begin
    begun_q   <= begun_q || !rst_ni;
    settled_q <= rst_ni && begun_q;
    if (!rst_ni) begin
      left_q     <= '0;
      ar_q       <= 1'b0;
      flying_q   <= '0;
      owner_q    <= '0;
      aw_q       <= 1'b0;
      w_q        <= 1'b0;
      writes_q   <= '0;
      rc_valid_q <= '0;
      wc_valid_q <= '0;
      error_q    <= 1'b0;
      quiet_q    <= 1'b0;
    end else begin
      if (take) left_q <= rq_beats_i[8*32'(taken_client) +: 8];
      else if (ar_next) left_q <= left_q - burst;
      ar_q       <= ar_next || (ar_q && !ar_ready_i);
      flying_q   <= flying_q + 2'(ar_next) - 2'(done);
      if (written != '0) owner_q <= (write_len != 4'd0) ? written : '0;
      aw_q       <= aw_next || (aw_q && !aw_ready_i);
      w_q        <= (written != '0) || (w_q && !w_ready_i);
      writes_q   <= writes_q + 2'(aw_next) - 2'(b_valid_i);
      rc_valid_q <= r_valid_i ? 3'd1 << tags_q[2:0] : '0;
      wc_valid_q <= b_valid_i ? 3'd1 << wtags_q[2:0] : '0;
      error_q    <= (r_valid_i && r_resp_i[1] && tags_q[2:0] != 3'd2)
          || (b_valid_i && b_resp_i[1] && wtags_q[2:0] != 3'd2);
      quiet_q    <= rq_valid_i[1:0] == '0 && wq_valid_i[1:0] == '0 && !(busy && client_q != 3'd2)
          && unit_flying == '0 && unit_writes == '0 && rc_valid_q[1:0] == '0
          && wc_valid_q[1:0] == '0;
    end
    if (take) begin
      addr_q   <= {rq_addr_i[32*32'(taken_client) + BeatBits +: 32 - BeatBits], {BeatBits{1'b0}}};
      client_q <= taken_client;
    end else if (ar_next) begin
      addr_q   <= addr_q + (32'(burst) << BeatBits);
    end
    if (ar_next) begin
      ar_addr_q   <= addr_q;
      ar_len_q    <= burst - 8'd1;
      ar_client_q <= client_q;
    end
    for (int i = 0; i < Flying; i++) begin
      if (ar_next && 2'(i) == place) tags_q[4*i +: 4] <= {burst == left_q, client_q};
      else if (done) tags_q[4*i +: 4] <= tags_q[4*((i+1) % Flying) +: 4];
    end
    if (aw_next) begin
      aw_addr_q   <= wq_addr_i[32*32'(writer) +: 32];
      aw_len_q    <= {4'd0, write_len};
      aw_client_q <= writer;
    end
    if (written != '0) begin
      w_strb_q <= wq_strb_i[Lanes*32'(writer) +: Lanes];
      w_last_q <= (write_len == 4'd0);
    end
    for (int i = 0; i < Writes; i++) begin
      if (aw_next && 2'(i) == write_place) wtags_q[3*i +: 3] <= writer;
      else if (b_valid_i) wtags_q[3*i +: 3] <= wtags_q[3*((i+1) % Writes) +: 3];
    end
    rc_error_q <= r_resp_i[1];
    rc_last_q  <= r_last_i && tags_q[3];
    wc_error_q <= b_resp_i[1];
  end

  always_comb begin
    if (!begun_q) assume (!rst_ni);
    assume (!r_valid_i || flying_q != '0);
    assume (!b_valid_i || writes_q != '0);
    for (int c = 0; c < 3; c++)
      assume (rq_beats_i[8*c +: 8] != '0 && 32'(rq_beats_i[8*c +: 8]) <= 32'(MaxRequest));
  end

  // Who is served.
  `LUOSHU_ASSERT(one_reader, rq_ready == '0 || rq_ready == lowest(rq_valid_i))
  `LUOSHU_ASSERT(one_writer, wq_ready == '0
      || wq_ready == lowest((owner_q != '0) ? wq_valid_i & owner_q : wq_valid_i))
  // Nobody waits for what is free.
  `LUOSHU_ASSERT(reader_served, rq_valid_i == '0 || busy || rq_ready != '0)
  `LUOSHU_ASSERT(writer_served, wq_valid_i == '0 || owner_q != '0 || aw_q || w_q
      || writes_q == 2'(Writes) || wq_ready != '0)
  `LUOSHU_ASSERT(owner_served, (wq_valid_i & owner_q) == '0 || w_q || wq_ready != '0)
  // What memory is asked.
  `LUOSHU_ASSERT(reads, ar_valid == ar_q && (!ar_q
      || {ar_addr, ar_len, ar_user} == {ar_addr_q, ar_len_q, ar_client_q}))
  `LUOSHU_ASSERT(whole_requests, !take || !busy || (ar_next && burst == left_q))
  `LUOSHU_ASSERT(in_page, !ar_q || 32'(ar_addr[11:BeatBits]) + 32'(ar_len) < 32'(4096 / Lanes))
  `LUOSHU_ASSERT(writes, aw_valid == aw_q && (!aw_q
      || {aw_addr, aw_len, aw_user} == {aw_addr_q, aw_len_q, aw_client_q}))
  `LUOSHU_ASSERT(beats, w_valid == w_q && (!w_q || {w_strb, w_last} == {w_strb_q, w_last_q}))
  // Who is answered.
  `LUOSHU_ASSERT(always_ready, r_ready && b_ready)
  `LUOSHU_ASSERT(answers, rc_valid == rc_valid_q
      && (rc_valid_q == '0 || {rc_error, rc_last} == {rc_error_q, rc_last_q}))
  `LUOSHU_ASSERT(write_answers, wc_bvalid == wc_valid_q
      && (wc_valid_q == '0 || wc_error == wc_error_q))
  `LUOSHU_ASSERT(errors, error == error_q)
  `LUOSHU_ASSERT(idle_is_quiet, !idle || quiet_q || !settled_q)
  `LUOSHU_ASSERT(quiet_is_idle, !quiet_q || idle)
  // Why: the unit's request and its lists of bursts are these.
  `LUOSHU_ASSERT(same_request, \u_dut.cut_busy_q == busy && (!busy
      || (\u_dut.cut_addr_q == addr_q && 8'(\u_dut.cut_left_q ) + 8'(Bias) == left_q
          && \u_dut.cut_client_q == client_q && client_q <= 3'd2
          && addr_q[BeatBits-1:0] == '0)) && 32'(left_q) <= 32'(MaxRequest))
  `LUOSHU_ASSERT(bursts_bounded, !ar_q
      || 32'(ar_addr_q[11:BeatBits]) + 32'(ar_len_q) < 32'(4096 / Lanes))
  `LUOSHU_ASSERT(same_tags, \u_dut.u_tags.count_q == flying_q && flying_q <= 2'(Flying)
      && tags_same && \u_dut.unit_reads_q == unit_flying)
  `LUOSHU_ASSERT(same_writes, \u_dut.u_wtags.count_q == writes_q && writes_q <= 2'(Writes)
      && wtags_same && \u_dut.unit_writes_q == unit_writes && \u_dut.w_owner_q == owner_q
      && owner_q == lowest(owner_q))
endmodule
`default_nettype wire
