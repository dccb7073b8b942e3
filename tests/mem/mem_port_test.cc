// SPDX-License-Identifier: Apache-2.0
// luoshu_mem_port between random clients and the strict memory: every beat of every client in order with its
// data and its error, bursts as the rules of verilator/axi_rules.h have them, idle and error as the header
// says.
#include <gtest/gtest.h>
#include <verilated.h>

#include <array>
#include <deque>
#include <memory>
#include <random>
#include <vector>

#include "Vmem_port.h"
#include "luoshu/configuration.h"
#include "memory.h"
#include "support/port_bits.h"
#include "support/seed.h"

namespace {

using namespace luoshu;
using testing_support::bytes_of;
using testing_support::get_bits;
using testing_support::put_bits;
using testing_support::put_bytes;

constexpr unsigned kLanes = PORT_LANES, kMaxRequest = PORT_MAX_REQUEST;
constexpr unsigned kReads = 5, kWrites = 3;
constexpr unsigned kHostRead = kReadLink, kHostWrite = kWriteLink;
constexpr std::uint64_t kMemory = 1 << 16;

struct Request {
  std::uint32_t address;
  unsigned beats;
};
struct Write {
  std::uint32_t address;  // of the first beat
  std::vector<std::vector<std::uint8_t>> data;
  std::vector<std::vector<std::uint8_t>> strobes;
};

class MemPort : public testing::Test {
 protected:
  MemPort()
      : random_(test_seed()),
        bytes_(kMemory),
        top_(std::make_unique<Vmem_port>(&context_, "port")),
        shadow_(kMemory) {
    make("ideal,latency=3");
    for (std::uint64_t i = 0; i < kMemory; ++i)
      shadow_[i] = bytes_.data()[i] = static_cast<std::uint8_t>(random_());
    context_.fatalOnError(false);
    reset();
  }
  void make(const char* timing) {
    memory_ = std::make_unique<AxiMemory>(bytes_, kLanes, memory_timing(timing, configuration("lab")), 0);
  }
  void reset() {
    top_->rst_ni = 0;
    top_->rq_valid_i = top_->wq_valid_i = top_->r_valid_i = top_->b_valid_i = 0;
    for (int i = 0; i < 3; ++i) edge();
    top_->rst_ni = 1;
    memory_->reset();
  }
  unsigned pick(unsigned low, unsigned high) {
    return std::uniform_int_distribution<unsigned>(low, high)(random_);
  }

  // A request that the client makes as soon as the port takes it.
  void read(unsigned client, std::uint32_t address, unsigned beats) {
    reads_[client].push_back({address, beats});
    expected_reads_[client].push_back({address, beats});
  }
  // A burst of random data and strobes.
  void write(unsigned client, std::uint32_t address, unsigned beats) {
    Write w{address, {}, {}};
    for (unsigned i = 0; i < beats; ++i) {
      w.data.emplace_back(kLanes);
      w.strobes.emplace_back(kLanes / 8);
      for (auto& b : w.data.back()) b = static_cast<std::uint8_t>(random_());
      for (auto& b : w.strobes.back()) b = static_cast<std::uint8_t>(random_());
    }
    writes_[client].push_back(w);
    answers_[client].push_back(w);
  }

  // One cycle: the clients offer with probability offer_ percent (a burst that is open: likewise), the memory
  // answers.
  void cycle() {
    Vmem_port& t = *top_;
    for (unsigned c = 0; c < kReads; ++c) {
      const bool offers = !reads_[c].empty() && ((t.rq_valid_i >> c & 1) != 0 || pick(0, 99) < offer_);
      put_bits(t.rq_valid_i, c, 1, offers);
      if (!offers) continue;
      put_bits(t.rq_addr_i, 32 * c, 32, reads_[c].front().address);
      put_bits(t.rq_beats_i, 8 * c, 8, reads_[c].front().beats);
    }
    for (unsigned c = 0; c < kWrites; ++c) {
      const bool offers = !writes_[c].empty() && ((t.wq_valid_i >> c & 1) != 0 || pick(0, 99) < offer_);
      put_bits(t.wq_valid_i, c, 1, offers);
      if (!offers) continue;
      const Write& w = writes_[c].front();
      put_bits(t.wq_addr_i, 32 * c, 32, w.address + sent_[c] * kLanes);
      put_bits(t.wq_len_i, 4 * c, 4, w.data.size() - 1 - sent_[c]);
      put_bytes(t.wq_data_i, c * kLanes, w.data[sent_[c]].data(), kLanes);
      put_bytes(t.wq_strb_i, c * kLanes / 8, w.strobes[sent_[c]].data(), kLanes / 8);
    }
    drive_memory();
    t.clk_i = 0;
    t.eval();
    check();
    ASSERT_NO_FATAL_FAILURE(serve());
    memory_->cycle(outputs());
    edge();
  }

  void drive_memory() {
    Vmem_port& t = *top_;
    const AxiInputs& in = memory_->inputs();
    t.ar_ready_i = in.ar_ready;
    t.aw_ready_i = in.aw_ready;
    t.w_ready_i = in.w_ready;
    t.r_valid_i = in.r_valid;
    if (in.r_valid) {
      put_bytes(t.r_data_i, 0, in.r_data, kLanes);
      t.r_resp_i = static_cast<std::uint8_t>(in.r_resp);
      t.r_last_i = in.r_last;
    }
    t.b_valid_i = in.b_valid;
    t.b_resp_i = static_cast<std::uint8_t>(in.b_resp);
  }
  AxiOutputs outputs() {
    const Vmem_port& t = *top_;
    AxiOutputs o;
    constexpr unsigned size = kLanes == 8 ? 3 : kLanes == 32 ? 5 : 7;
    o.ar.valid = t.ar_valid_o;
    o.ar.address = t.ar_addr_o;
    o.ar.len = t.ar_len_o;
    o.ar.user = t.ar_user_o;
    o.aw.valid = t.aw_valid_o;
    o.aw.address = t.aw_addr_o;
    o.aw.len = t.aw_len_o;
    o.aw.user = t.aw_user_o;
    o.ar.size = o.aw.size = size;
    o.w_valid = t.w_valid_o;
    o.w_last = t.w_last_o;
    o.w_data = bytes_of(t.w_data_o);
    o.w_strb = bytes_of(t.w_strb_o);
    o.r_ready = t.r_ready_o;
    o.b_ready = t.b_ready_o;
    return o;
  }

  // What the port says to the clients.
  void serve() {
    Vmem_port& t = *top_;
    // grants: one of each kind at most, to somebody who asks
    ASSERT_EQ(t.rq_ready_o & (t.rq_ready_o - 1), 0);
    ASSERT_EQ(t.wq_ready_o & (t.wq_ready_o - 1), 0);
    const unsigned read_taken = t.rq_ready_o & t.rq_valid_i, write_taken = t.wq_ready_o & t.wq_valid_i;
    // the lowest index, and of writes whoever has a burst open
    if (read_taken != 0) ASSERT_EQ(read_taken, t.rq_valid_i & -t.rq_valid_i);
    if (write_taken != 0) ASSERT_EQ(write_taken, open_ != 0 ? open_ : t.wq_valid_i & -t.wq_valid_i);
    for (unsigned c = 0; c < kReads; ++c) {
      if ((read_taken >> c & 1) == 0) continue;
      if (c != kHostRead) unit_beats_ += reads_[c].front().beats;
      reads_[c].pop_front();
    }
    for (unsigned c = 0; c < kWrites; ++c) {
      if ((write_taken >> c & 1) == 0) continue;
      if (sent_[c] == 0 && c != kHostWrite) ++unit_bursts_;
      open_ = 1u << c;
      if (++sent_[c] < writes_[c].front().data.size()) continue;
      open_ = 0;
      sent_[c] = 0;
      writes_[c].pop_front();
    }
    // read data
    unsigned delivered = 0;
    for (unsigned c = 0; c < kReads; ++c) {
      if ((t.rc_valid_o >> c & 1) == 0) continue;
      ++delivered;
      ASSERT_FALSE(expected_reads_[c].empty()) << "a beat for client " << c;
      Request& r = expected_reads_[c].front();
      ASSERT_EQ(t.rc_error_o, last_r_error_) << "client " << c << " address " << r.address;
      if (t.rc_error_o == 0) {
        for (unsigned i = 0; i < kLanes; ++i)
          ASSERT_EQ(bytes_of(t.rc_data_o)[i], shadow_[r.address + i])
              << "client " << c << " " << r.address + i;
      } else {
        ++read_errors_[c];
      }
      ASSERT_EQ(t.rc_last_o, r.beats == 1) << "client " << c;
      r.address += kLanes;
      if (--r.beats == 0) expected_reads_[c].pop_front();
      if (c != kHostRead) --unit_beats_;
    }
    ASSERT_EQ(delivered, last_r_ ? 1u : 0u);
    // answers to writes
    unsigned answered = 0;
    for (unsigned c = 0; c < kWrites; ++c) {
      if ((t.wc_bvalid_o >> c & 1) == 0) continue;
      ++answered;
      ASSERT_FALSE(answers_[c].empty()) << "an answer for client " << c;
      const Write& w = answers_[c].front();
      ASSERT_EQ(t.wc_error_o, last_b_error_);
      if (t.wc_error_o == 0) {
        for (std::size_t beat = 0; beat < w.data.size(); ++beat) {
          for (unsigned i = 0; i < kLanes; ++i) {
            if ((w.strobes[beat][i / 8] >> i % 8 & 1) != 0)
              shadow_[w.address + beat * kLanes + i] = w.data[beat][i];
          }
        }
      } else {
        ++write_errors_[c];
      }
      answers_[c].pop_front();
      if (c != kHostWrite) --unit_bursts_;
    }
    ASSERT_EQ(answered, last_b_ ? 1u : 0u);
    // the units' errors, with what is delivered
    ASSERT_EQ(t.error_o, (last_r_ && last_r_error_ && (t.rc_valid_o >> kHostRead & 1) == 0) ||
                             (last_b_ && last_b_error_ && (t.wc_bvalid_o >> kHostWrite & 1) == 0));
    last_r_ = t.r_valid_i;
    last_r_error_ = t.r_resp_i >= 2;
    last_b_ = t.b_valid_i;
    last_b_error_ = t.b_resp_i >= 2;
  }

  // idle_o of this cycle speaks of the cycle before.
  void check() {
    const Vmem_port& t = *top_;
    if (were_busy_) {
      EXPECT_FALSE(t.idle_o) << "units have requests or bursts in flight";
    } else if (++quiet_ > 3) {
      EXPECT_TRUE(t.idle_o) << "nothing of the units is in flight";
      ++idle_cycles_;
    }
    were_busy_ =
        unit_beats_ != 0 || unit_bursts_ != 0 || (t.rq_valid_i & 0xf) != 0 || (t.wq_valid_i & 3) != 0;
    if (were_busy_) quiet_ = 0;
  }
  void edge() {
    top_->clk_i = 1;
    top_->eval();
    top_->clk_i = 0;
    top_->eval();
    ++cycles_;
  }
  bool pending() const {
    for (unsigned c = 0; c < kReads; ++c) {
      if (!expected_reads_[c].empty()) return true;
    }
    for (unsigned c = 0; c < kWrites; ++c) {
      if (!answers_[c].empty()) return true;
    }
    return false;
  }
  void finish(unsigned limit = 200000) {
    for (unsigned i = 0; pending(); ++i) {
      ASSERT_LT(i, limit) << "no end";
      ASSERT_NO_FATAL_FAILURE(cycle());
      ASSERT_FALSE(context_.gotFinish()) << "an assertion failed";
    }
    for (int i = 0; i < 5; ++i) ASSERT_NO_FATAL_FAILURE(cycle());
  }
  // Random requests: reads of a client in one half of memory, writes in the other.
  void load(unsigned count) {
    for (unsigned i = 0; i < count; ++i) {
      const unsigned c = pick(0, kReads - 1);
      const unsigned beats = pick(0, 3) == 0 ? pick(1, kMaxRequest) : pick(1, 18);
      const unsigned places = static_cast<unsigned>(kMemory / 2 / kLanes);
      if (beats < places) read(c, pick(0, places - beats) * kLanes, beats);
      const unsigned w = pick(0, kWrites - 1);
      unsigned at = pick(0, places - 1);
      const unsigned len = w == kHostWrite ? pick(1, std::min(16u, 4096 / kLanes)) : 1;
      if (at % (4096 / kLanes) + len > 4096 / kLanes) at -= len;
      write(w, static_cast<std::uint32_t>(kMemory / 2) + at * kLanes, len);
    }
  }

  std::mt19937_64 random_;
  VerilatedContext context_;
  SparseMemory bytes_;
  std::unique_ptr<AxiMemory> memory_;
  std::unique_ptr<Vmem_port> top_;
  std::vector<std::uint8_t> shadow_;  // as the clients know it
  std::array<std::deque<Request>, kReads> reads_, expected_reads_;
  std::array<std::deque<Write>, kWrites> writes_, answers_;
  std::array<unsigned, kWrites> sent_{};
  std::array<unsigned, kReads> read_errors_{};
  std::array<unsigned, kWrites> write_errors_{};
  unsigned open_ = 0, offer_ = 100;
  unsigned unit_beats_ = 0, unit_bursts_ = 0;
  bool were_busy_ = false, last_r_ = false, last_r_error_ = false, last_b_ = false, last_b_error_ = false;
  unsigned quiet_ = 0, idle_cycles_ = 0;
  std::uint64_t cycles_ = 0;
};

// Every offset in a page with every length that a client may ask for: bursts are cut where they must.
TEST_F(MemPort, EveryOffsetAndLength) {
  const unsigned page = 4096 / kLanes;
  for (unsigned at = 0; at < page; at += (kLanes == 8 && at > 8 && at + 40 < page) ? 7 : 1) {
    for (unsigned beats = 1; beats <= kMaxRequest; beats += beats < 34 || beats + 3 > kMaxRequest ? 1 : 29) {
      if ((at + beats) * kLanes > kMemory) continue;
      read(at % kReads, at * kLanes, beats);
    }
    ASSERT_NO_FATAL_FAILURE(finish());
  }
}

// Throughput and latency of the header: a request in the cycle after the last, AR one cycle after it, a beat
// per cycle, one cycle from R to the client.
TEST_F(MemPort, KeepsMemoryBusy) {
  for (unsigned i = 0; i < 20; ++i) read(kReadWeights, i * 17 * kLanes, 17);
  const std::uint64_t before = cycles_;
  ASSERT_NO_FATAL_FAILURE(finish());
  // 1 to AR, 3 of memory, 1 to the client, 5 of finish(); page ends cost no beat
  EXPECT_LE(cycles_ - before, 20u * 17 + 12);
  for (unsigned i = 0; i < 100; ++i) write(kWriteKv, i * kLanes, 1);
  const std::uint64_t start = cycles_;
  ASSERT_NO_FATAL_FAILURE(finish());
  EXPECT_LE(cycles_ - start, 100u + 12);
}

// Stalls of each channel alone and of all together, clients that offer always or seldom.
TEST_F(MemPort, RandomTraffic) {
  for (unsigned stalls = 0; stalls <= kAxiChannels + 1; ++stalls) {
    for (const unsigned offer : {100u, 20u}) {
      offer_ = offer;
      for (unsigned c = 0; c < kAxiChannels; ++c)
        memory_->stall(static_cast<AxiChannel>(c), stalls == c + 1 ? 0.8 : stalls > kAxiChannels ? 0.4 : 0);
      load(60);
      ASSERT_NO_FATAL_FAILURE(finish());
      for (std::uint64_t i = 0; i < kMemory; ++i) ASSERT_EQ(bytes_.data()[i], shadow_[i]) << i;
    }
  }
  EXPECT_GT(idle_cycles_, 20u);
}

// More requests than may be in flight, memory silent: nothing is lost.
TEST_F(MemPort, FullQueues) {
  for (unsigned i = 0; i < 120; ++i) {
    read(i % kReads, i * kLanes, 1);
    write(i % kWrites, static_cast<std::uint32_t>(kMemory / 2) + i * kLanes, 1);
  }
  memory_->hold(kAxiR, 300);
  memory_->hold(kAxiB, 300);
  ASSERT_NO_FATAL_FAILURE(finish());
}

// A burst of the host waits for its data: the others wait, then go on; and a burst is not torn.
TEST_F(MemPort, OpenBurstKeepsTheChannel) {
  offer_ = 10;
  for (unsigned i = 0; i < 30; ++i) {
    write(kHostWrite, static_cast<std::uint32_t>(kMemory / 2) + i * 256 * kLanes % 0x4000, 16);
    write(kWriteKv, static_cast<std::uint32_t>(kMemory / 2) + 0x4000 + i * kLanes, 1);
    write(kWriteLogits, static_cast<std::uint32_t>(kMemory / 2) + 0x6000 + i * kLanes, 1);
  }
  ASSERT_NO_FATAL_FAILURE(finish());
  EXPECT_EQ(memory_->write_bursts(kHostWrite), 30u);
}

// SLVERR and DECERR, each client: with its beat, to it alone, and error_o for units only.
TEST_F(MemPort, ErrorsBelongToTheirClient) {
  for (unsigned c = 0; c < kReads + kWrites; ++c) {
    AxiFault fault;
    fault.write = c >= kReads;
    fault.client = fault.write ? c - kReads : c;
    fault.skip = 3;
    fault.count = 4;
    fault.response = c % 2 == 0 ? 2 : 3;
    memory_->fail(fault);
  }
  load(150);
  for (unsigned c = 0; c < kReads; ++c) read(c, 0, 7);
  for (unsigned c = 0; c < kWrites; ++c) {
    for (unsigned i = 0; i < 7; ++i) write(c, static_cast<std::uint32_t>(kMemory / 2), 1);
  }
  ASSERT_NO_FATAL_FAILURE(finish());
  for (unsigned c = 0; c < kReads; ++c) EXPECT_EQ(read_errors_[c], 4u) << c;
  for (unsigned c = 0; c < kWrites; ++c) EXPECT_EQ(write_errors_[c], 4u) << c;
}

// The host's traffic never ends; the units are idle all the same.
TEST_F(MemPort, IdleIgnoresTheHost) {
  for (unsigned i = 0; i < 200; ++i) {
    read(kHostRead, i * kLanes, 1);
    write(kHostWrite, static_cast<std::uint32_t>(kMemory / 2) + i * kLanes, 1);
  }
  ASSERT_NO_FATAL_FAILURE(finish());
  EXPECT_GT(idle_cycles_, 150u);
}

// Nothing but the acknowledgement of a unit's write, or the last beat of its read, is missing.
TEST_F(MemPort, IdleWaitsForEachUnit) {
  for (unsigned c = 0; c < kReads + kWrites; ++c) {
    if (c == kHostRead || c == kReads + kHostWrite) continue;
    if (c < kReads) {
      read(c, 0, 2);
      memory_->hold(kAxiR, 40);
    } else {
      write(c - kReads, static_cast<std::uint32_t>(kMemory / 2), 1);
      memory_->hold(kAxiB, 40);
    }
    const std::uint64_t before = cycles_;
    ASSERT_NO_FATAL_FAILURE(finish());
    EXPECT_GE(cycles_ - before, 40u);
  }
}

// An answer that nothing waits for: the assertion says so, and no client gets it.
TEST_F(MemPort, StaleAnswersReachNobody) {
  read(kReadKv, 0, 4);
  write(kWriteKv, static_cast<std::uint32_t>(kMemory / 2), 1);
  for (int i = 0; i < 4; ++i) ASSERT_NO_FATAL_FAILURE(cycle());
  reset();  // of the port alone: what memory still owes comes afterwards
  top_->rq_valid_i = top_->wq_valid_i = 0;
  for (int i = 0; i < 3; ++i) {
    top_->r_valid_i = 1;
    top_->r_last_i = i == 2;
    top_->r_resp_i = 2;
    top_->b_valid_i = 1;
    top_->b_resp_i = 2;
    testing::internal::CaptureStdout();
    edge();
    EXPECT_NE(testing::internal::GetCapturedStdout().find("assertion failed"), std::string::npos);
    EXPECT_EQ(top_->rc_valid_o, 0);
    EXPECT_EQ(top_->wc_bvalid_o, 0);
    EXPECT_EQ(top_->error_o, 0);
  }
}

}  // namespace
