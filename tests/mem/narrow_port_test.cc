// SPDX-License-Identifier: Apache-2.0
// luoshu_narrow_port: random accesses of the link and of the core's window against an array of bytes, with a
// memory port that is slow in every way, bursts as the header has them, and errors.
#include <gtest/gtest.h>
#include <verilated.h>

#include <algorithm>
#include <deque>
#include <memory>
#include <random>
#include <vector>

#include "Vnarrow.h"
#include "support/port_bits.h"
#include "support/seed.h"

namespace {

using luoshu::test_seed;
using luoshu::testing_support::bytes_of;
using luoshu::testing_support::put_bytes;

constexpr unsigned kLanes = NARROW_LANES;
constexpr unsigned kMemory = 1 << 14;
constexpr unsigned kMaxBurst = 16;

struct Access {
  bool write = false;
  std::uint32_t address = 0;
  std::vector<std::uint32_t> data;  // words written; words read
  std::vector<unsigned> strobes;    // 4 bits per word
  bool error = false;               // what it ended with
};

class NarrowPort : public testing::Test {
 protected:
  NarrowPort()
      : random_(test_seed()), top_(std::make_unique<Vnarrow>(&context_, "narrow")), memory_(kMemory) {
    context_.fatalOnError(false);
    for (auto& b : memory_) b = static_cast<std::uint8_t>(random_());
    mirror_ = memory_;
    reset();
  }
  void reset() {
    top_->rst_ni = 0;
    top_->req_valid_i = top_->wvalid_i = top_->win_req_i = top_->rc_valid_i = top_->wc_bvalid_i = 0;
    for (int i = 0; i < 3; ++i) edge();
    top_->rst_ni = 1;
  }
  unsigned pick(unsigned low, unsigned high) {
    return std::uniform_int_distribution<unsigned>(low, high)(random_);
  }
  bool chance(unsigned percent) { return pick(0, 99) < percent; }

  // The memory port: grants, answers in order after a while.
  void drive() {
    Vnarrow& t = *top_;
    t.rq_ready_i = chance(ready_);
    t.wq_ready_i = chance(ready_);
    t.rc_valid_i = !reads_.empty() && chance(ready_);
    if (t.rc_valid_i) {
      put_bytes(t.rc_data_i, 0, memory_.data() + reads_.front(), kLanes);
      t.rc_error_i = fails(reads_.front(), false);
    } else {
      t.rc_error_i = chance(50);  // not looked at
    }
    t.wc_bvalid_i = !bursts_.empty() && !silent_ && chance(ready_);
    t.wc_error_i = t.wc_bvalid_i ? bursts_.front() : chance(50);
  }
  bool fails(std::uint32_t beat, bool write) const { return beat == bad_beat_ && write == bad_write_; }
  void serve() {
    Vnarrow& t = *top_;
    if (t.rc_valid_i) reads_.pop_front();
    if (t.wc_bvalid_i) bursts_.pop_front();
    if (t.rq_valid_o && t.rq_ready_i) {
      ASSERT_EQ(t.rq_beats_o, 1);
      const std::uint32_t at = t.rq_addr_o - base_;
      ASSERT_EQ(at % kLanes, 0u);
      ASSERT_LT(at, kMemory);
      reads_.push_back(at);
      ++beats_read_;
    }
    if (t.wq_valid_o && t.wq_ready_i) {
      const std::uint32_t at = t.wq_addr_o - base_;
      ASSERT_EQ(at % kLanes, 0u);
      ASSERT_LT(at, kMemory);
      if (left_ == 0) {
        ASSERT_LE(at % (kMaxBurst * kLanes) / kLanes + t.wq_len_o, kMaxBurst - 1) << "leaves the 16 beats";
        ++bursts_written_;
        burst_fails_ = false;
      } else {
        ASSERT_EQ(at, next_);
        ASSERT_EQ(t.wq_len_o, left_ - 1);
      }
      left_ = t.wq_len_o;
      next_ = at + kLanes;
      burst_fails_ |= fails(at, true);
      for (unsigned i = 0; i < kLanes; ++i) {
        if ((bytes_of(t.wq_strb_o)[i / 8] >> i % 8 & 1) != 0) memory_[at + i] = bytes_of(t.wq_data_o)[i];
      }
      ++beats_written_;
      if (left_ == 0) bursts_.push_back(burst_fails_);
    }
    if (t.wq_valid_o && !t.wq_ready_i) held_write_ = true;
  }

  // One cycle of both masters.
  void cycle() {
    Vnarrow& t = *top_;
    drive();
    // link
    const bool idle = link_ != nullptr && !asked_;
    t.req_valid_i = idle && (t.req_valid_i || chance(offer_));
    if (t.req_valid_i) {
      t.req_write_i = link_->write;
      t.req_addr_i = base_ + link_->address;
      t.req_words_i = static_cast<std::uint16_t>(words_);
    }
    const bool data_left = link_ != nullptr && asked_ && link_->write && done_ < words_;
    t.wvalid_i = data_left && (t.wvalid_i || chance(offer_));
    if (t.wvalid_i) {
      t.wdata_i = link_->data[done_];
      t.wstrb_i = static_cast<std::uint8_t>(link_->strobes[done_]);
    }
    t.rready_i = chance(offer_);
    // window
    t.win_req_i = window_ != nullptr && !window_asked_ && (t.win_req_i || chance(offer_));
    if (t.win_req_i) {
      t.win_we_i = window_->write;
      t.win_addr_i = base_ + window_->address;
      t.win_be_i = static_cast<std::uint8_t>(window_->write ? window_->strobes[0] : 15);
      t.win_wdata_i = window_->write ? window_->data[0] : 0xdeadbeef;
    }
    t.clk_i = 0;
    t.eval();
    ASSERT_NO_FATAL_FAILURE(serve());
    if (t.win_rvalid_o) {
      ASSERT_TRUE(window_ != nullptr && window_asked_);
      window_->error = t.error_o;
      if (!window_->write) window_->data = {t.win_rdata_o};
      window_ = nullptr;
      window_asked_ = false;
    } else {
      ASSERT_EQ(t.win_rdata_o, 0u) << "window data outside of its answer";
    }
    if (t.win_req_i && t.win_gnt_o) {
      ASSERT_FALSE(t.req_valid_i) << "the link goes first";
      window_asked_ = true;
    }
    if (t.bvalid_o) {
      ASSERT_TRUE(link_ != nullptr && link_->write && done_ == words_);
      link_->error = t.error_o;
      link_ = nullptr;
    }
    if (t.rvalid_o && t.rready_i) {
      ASSERT_TRUE(link_ != nullptr && !link_->write && asked_);
      link_->data.push_back(t.rdata_o);
      ++done_;
      ASSERT_EQ(t.rlast_o, done_ == words_);
      if (done_ == words_) {
        link_->error = t.error_o;
        link_ = nullptr;
      }
    }
    if (t.wvalid_i && t.wready_o) ++done_;
    if (t.req_valid_i && t.req_ready_o) asked_ = true;
    edge();
    ASSERT_FALSE(context_.gotFinish()) << "an assertion failed";
  }
  void edge() {
    top_->clk_i = 1;
    top_->eval();
    top_->clk_i = 0;
    top_->eval();
    ++cycles_;
  }

  void start(Access& a, unsigned words, bool window) {
    if (window) {
      window_ = &a;
      window_asked_ = false;
    } else {
      link_ = &a;
      words_ = words;
      asked_ = false;
      done_ = 0;
    }
    if (!a.write) return;
    for (unsigned i = 0; i < words; ++i) {
      a.data.push_back(static_cast<std::uint32_t>(random_()));
      // the link writes whole words between its first and last, the window any bytes
      a.strobes.push_back(window || i == 0 || i + 1 == words ? pick(0, 15) : 15);
    }
  }
  void finish() {
    for (unsigned i = 0; link_ != nullptr || window_ != nullptr; ++i) {
      ASSERT_LT(i, 20000u) << "no end";
      ASSERT_NO_FATAL_FAILURE(cycle());
    }
    ASSERT_EQ(left_, 0u) << "a burst is open";
    ASSERT_TRUE(bursts_.empty() && reads_.empty()) << "answered before memory was done";
  }
  // What the access should have seen or done. `words` as asked.
  void expect(const Access& a, unsigned words, const char* what) {
    bool error = false;
    for (unsigned i = 0; i < words; ++i) {
      const std::uint32_t at = a.address + 4 * i;
      error |= fails(at / kLanes * kLanes, a.write);
      if (a.write) {
        for (unsigned b = 0; b < 4; ++b) {
          if ((a.strobes[i] >> b & 1) != 0) mirror_[at + b] = static_cast<std::uint8_t>(a.data[i] >> (8 * b));
        }
      } else {
        ASSERT_EQ(std::memcmp(&a.data[i], mirror_.data() + at, 4), 0)
            << what << " word " << i << " of " << words;
      }
    }
    ASSERT_EQ(a.error, error) << what << (a.write ? " write of " : " read of ") << words << " words at "
                              << a.address;
    ASSERT_EQ(memory_, mirror_) << what;
  }
  // Accesses of both masters; the window's words lie where the link's do not.
  void both(unsigned words, std::uint32_t address, bool write, bool use_window) {
    Access link, window;
    base_ = static_cast<std::uint32_t>(random_()) & ~(kMemory - 1);
    link.write = write;
    link.address = address;
    start(link, words, false);
    const std::uint32_t half = address < kMemory / 2 ? kMemory / 2 : 0;
    if (use_window) {
      window.write = chance(50);
      window.address = half + 4 * pick(0, kMemory / 8 - 1);
      start(window, 1, true);
    }
    ASSERT_NO_FATAL_FAILURE(finish());
    ASSERT_NO_FATAL_FAILURE(expect_in_order(link, words, use_window ? &window : nullptr));
  }
  void expect_in_order(const Access& link, unsigned words, const Access* window) {
    if (window != nullptr && window->write) {  // first into the mirror: the two do not overlap
      for (unsigned b = 0; b < 4; ++b) {
        if ((window->strobes[0] >> b & 1) != 0)
          mirror_[window->address + b] = static_cast<std::uint8_t>(window->data[0] >> (8 * b));
      }
    }
    ASSERT_NO_FATAL_FAILURE(expect(link, words, "link"));
    if (window != nullptr) ASSERT_NO_FATAL_FAILURE(expect(*window, 1, "window"));
  }

  std::mt19937_64 random_;
  VerilatedContext context_;
  std::unique_ptr<Vnarrow> top_;
  std::vector<std::uint8_t> memory_, mirror_;
  std::deque<std::uint32_t> reads_;  // addresses of the beats on their way
  std::deque<bool> bursts_;          // written, not answered; true: an error
  unsigned left_ = 0;                // beats of the open burst
  std::uint32_t next_ = 0;
  bool burst_fails_ = false, held_write_ = false;
  std::uint32_t bad_beat_ = ~0u;
  bool bad_write_ = false;
  std::uint32_t base_ = 0;  // of the memory, another one for each pair of accesses
  bool silent_ = false;     // no write is acknowledged
  unsigned ready_ = 100, offer_ = 100;
  Access* link_ = nullptr;
  Access* window_ = nullptr;
  bool asked_ = false, window_asked_ = false;
  unsigned words_ = 0, done_ = 0;
  unsigned beats_read_ = 0, beats_written_ = 0, bursts_written_ = 0;
  std::uint64_t cycles_ = 0;
};

// Every offset in a beat, lengths around beats and bursts and the largest, with stalls and without.
TEST_F(NarrowPort, EveryOffsetAndLength) {
  for (const unsigned ready : {100u, 40u}) {
    ready_ = ready;
    offer_ = ready;
    for (unsigned offset = 0; offset < kLanes; offset += 4) {
      for (const unsigned words : {1u, 2u, 3u, 7u, 8u, 9u, kLanes / 4 - 1, kLanes / 4, kLanes / 4 + 1, 31u,
                                   32u, 33u, 63u, 255u, 256u}) {
        if (words == 0 || (words > 64 && offset % 16 != 4 && kLanes > 8)) continue;
        const std::uint32_t base = pick(0, 7) * 16 * kLanes % (kMemory / 2) + pick(0, 1) * 13 * kLanes;
        ASSERT_NO_FATAL_FAILURE(both(words, base % (kMemory - 4096) + offset, true, false));
        ASSERT_NO_FATAL_FAILURE(both(words, base % (kMemory - 4096) + offset, false, false));
      }
    }
  }
  EXPECT_TRUE(held_write_);
}

TEST_F(NarrowPort, RandomAccessesOfBothMasters) {
  for (unsigned i = 0; i < 1500; ++i) {
    if (i % 50 == 0) {
      ready_ = pick(0, 2) == 0 ? 100 : pick(10, 90);
      offer_ = pick(0, 2) == 0 ? 100 : pick(10, 90);
    }
    const unsigned words = pick(0, 3) == 0 ? pick(1, 256) : pick(1, 20);
    ASSERT_NO_FATAL_FAILURE(
        both(words, 4 * pick(0, kMemory / 8 - 256) + (chance(50) ? kMemory / 2 : 0), chance(50), chance(60)));
  }
}

// Beats and bursts are as few as the header says.
TEST_F(NarrowPort, CombinesWordsAndBeats) {
  ASSERT_NO_FATAL_FAILURE(both(256, 0, true, false));
  EXPECT_EQ(beats_written_, 1024 / kLanes);
  EXPECT_EQ(bursts_written_, std::max(1u, 1024 / kLanes / kMaxBurst));
  beats_written_ = bursts_written_ = 0;
  ASSERT_NO_FATAL_FAILURE(
      both(kLanes / 2, kLanes * (kMaxBurst - 1), true, false));  // two beats around an end
  EXPECT_EQ(beats_written_, 2u);
  EXPECT_EQ(bursts_written_, 2u);
  beats_read_ = 0;
  ASSERT_NO_FATAL_FAILURE(both(kLanes / 4 + 1, kLanes - 4, false, false));
  EXPECT_EQ(beats_read_, 2u);
}

TEST_F(NarrowPort, AWordPerCycle) {
  std::uint64_t before = cycles_;
  ASSERT_NO_FATAL_FAILURE(both(256, 0, true, false));
  EXPECT_LE(cycles_ - before, 256u + 1024 / kLanes + 8);  // and a cycle per beat
  before = cycles_;
  ASSERT_NO_FATAL_FAILURE(both(256, 0, false, false));
  if (kLanes >= 32) {
    EXPECT_LE(cycles_ - before, 256u + 10);
  }
}

// A beat that fails: the access that holds it ends with an error, the next one does not.
TEST_F(NarrowPort, ErrorsEndTheirAccess) {
  for (unsigned i = 0; i < 800; ++i) {
    if (i % 40 == 0) ready_ = offer_ = pick(0, 1) == 0 ? 100 : pick(20, 90);
    const unsigned words = chance(30) ? pick(1, 256) : pick(1, 20);
    const std::uint32_t address = 4 * pick(0, kMemory / 8 - 256);
    bad_write_ = chance(50);
    bad_beat_ = chance(60) ? (address + 4 * pick(0, words - 1)) / kLanes * kLanes : 0;
    // a burst that fails is one access's: every beat of it is
    ASSERT_NO_FATAL_FAILURE(both(words, address, chance(50), chance(50)));
  }
  // of the window
  for (const bool write : {false, true}) {
    for (const bool bad : {true, false}) {
      Access a;
      a.write = bad_write_ = write;
      a.address = 64 * kLanes + 4;
      bad_beat_ = bad ? 64 * kLanes : ~0u;
      start(a, 1, true);
      ASSERT_NO_FATAL_FAILURE(finish());
      EXPECT_EQ(a.error, bad);
      ASSERT_NO_FATAL_FAILURE(expect(a, 1, "window"));
    }
  }
}

// The window waits while the link is busy, and its access is not torn by the link's.
TEST_F(NarrowPort, WindowWaitsForTheLink) {
  ready_ = 20;
  Access link, window;
  link.write = true;
  link.address = 0;
  start(link, 64, false);
  while (!asked_) ASSERT_NO_FATAL_FAILURE(cycle());
  window.address = kMemory / 2;
  start(window, 1, true);
  while (link_ != nullptr) {
    EXPECT_FALSE(window_asked_);
    ASSERT_NO_FATAL_FAILURE(cycle());
  }
  ASSERT_NO_FATAL_FAILURE(finish());
  ASSERT_NO_FATAL_FAILURE(expect_in_order(link, 64, &window));
}

// A write whose words are not taken, and one that is written and not acknowledged.
TEST_F(NarrowPort, ResetForgets) {
  for (const bool taken : {false, true}) {
    ready_ = taken ? 100 : 0;
    silent_ = true;
    Access a;
    a.write = true;
    start(a, 5, false);
    for (int i = 0; i < 20; ++i) ASSERT_NO_FATAL_FAILURE(cycle());
    EXPECT_EQ(!bursts_.empty(), taken);
    reset();
    link_ = nullptr;
    memory_ = mirror_;
    left_ = 0;
    bursts_.clear();
    ready_ = 100;
    silent_ = false;
    ASSERT_NO_FATAL_FAILURE(both(9, 4, true, true));
    ASSERT_NO_FATAL_FAILURE(both(9, 4, false, true));
  }
}

}  // namespace
