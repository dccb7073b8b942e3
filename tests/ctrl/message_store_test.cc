// SPDX-License-Identifier: Apache-2.0
// The message queue that shares its RAM with the control core's registers: order, full, empty, wrap, what the
// two see of each other (nothing but a cycle), the latency of the head, resets.
#include <gtest/gtest.h>
#include <verilated.h>

#include <array>
#include <deque>
#include <memory>
#include <random>

#include "Vstore.h"
#include "support/seed.h"

namespace {

using luoshu::test_seed;
constexpr unsigned kDepth = STORE_DEPTH;
constexpr std::uint64_t kWord = (std::uint64_t{1} << 33) - 1;

class MessageStore : public testing::Test {
 protected:
  MessageStore() : random_(test_seed()) {
    context_.randReset(2);
    context_.randSeed(static_cast<int>(test_seed() & 0xffff) + 1);
    top_ = std::make_unique<Vstore>(&context_, "store");
    reset();
    for (unsigned i = 0; i < registers_.size(); ++i) write(i, static_cast<std::uint8_t>(random_()));
  }
  ~MessageStore() override { top_->final(); }

  bool chance(unsigned percent) { return random_() % 100 < percent; }

  // Inputs are set by the caller; checks the outputs and follows what happens.
  void cycle() {
    Vstore& t = *top_;
    t.clk_i = 0;
    t.eval();
    const bool push = t.in_valid_i && t.in_ready_o, pop = t.out_valid_o && t.out_ready_i;
    if (t.rst_ni) {
      ASSERT_EQ(t.count_o, queue_.size());
      ASSERT_EQ(t.in_ready_o, queue_.size() < kDepth && !t.rf_we_i);
      if (t.out_valid_o) {
        ASSERT_FALSE(queue_.empty()) << "a word from nothing";
        ASSERT_EQ(t.out_data_o, queue_.front());
      }
      ASSERT_TRUE(t.out_valid_o || !shown_) << "the head is gone";
      if (read_) {
        ASSERT_EQ(t.rf_rdata_o, read_value_);
      }
      if (push) queue_.push_back(t.in_data_i);
      if (pop) queue_.pop_front();
      shown_ = t.out_valid_o && !pop;
      pushes_ += push;
      pops_ += pop;
      both_ += push && pop;
      full_ += queue_.size() == kDepth;
      empty_ += queue_.empty();
    }
    // a register that is written in the same cycle is undefined
    read_ = t.rf_re_i && !(t.rf_we_i && t.rf_waddr_i == t.rf_raddr_i);
    reads_ += read_;
    if (read_) read_value_ = registers_[t.rf_raddr_i];
    if (t.rf_we_i) registers_[t.rf_waddr_i] = t.rf_wdata_i;
    t.clk_i = 1;
    t.eval();
  }
  void quiet() { top_->in_valid_i = top_->out_ready_i = top_->rf_re_i = top_->rf_we_i = 0; }
  void reset() {
    quiet();
    top_->rst_ni = 0;
    for (int i = 0; i < 3; ++i) cycle();
    top_->rst_ni = 1;
    queue_.clear();
    shown_ = read_ = false;
  }
  void write(unsigned address, std::uint8_t value) {
    top_->rf_we_i = 1;
    top_->rf_waddr_i = static_cast<std::uint8_t>(address);
    top_->rf_wdata_i = value;
    cycle();
    top_->rf_we_i = 0;
  }
  // Random words and accesses; rates in percent.
  void random_cycle(unsigned in, unsigned out, unsigned re, unsigned we) {
    Vstore& t = *top_;
    t.in_valid_i = chance(in);
    t.in_data_i = random_() & kWord;
    t.out_ready_i = chance(out);
    t.rf_re_i = chance(re);
    t.rf_raddr_i = static_cast<std::uint8_t>(random_() & 127u);
    t.rf_we_i = chance(we);
    // often what the queue writes or reads at the same time, but for the highest bit
    t.rf_waddr_i = static_cast<std::uint8_t>(chance(50) ? random_() & 127u : pushes_ % kDepth);
    t.rf_wdata_i = static_cast<std::uint8_t>(random_());
    cycle();
  }
  void check_registers() {
    quiet();
    for (unsigned i = 0; i <= registers_.size(); ++i) {
      top_->rf_re_i = i < registers_.size();
      top_->rf_raddr_i = static_cast<std::uint8_t>(i & 127u);
      ASSERT_NO_FATAL_FAILURE(cycle()) << "register byte " << i - 1;
    }
    quiet();
  }

  std::mt19937_64 random_;
  VerilatedContext context_;
  std::unique_ptr<Vstore> top_;
  std::deque<std::uint64_t> queue_;
  std::array<std::uint8_t, 128> registers_{};
  bool shown_ = false, read_ = false;
  std::uint8_t read_value_ = 0;
  unsigned pushes_ = 0, pops_ = 0, both_ = 0, full_ = 0, empty_ = 0, reads_ = 0;
};

TEST_F(MessageStore, RandomTraffic) {
  unsigned in = 0, out = 0, re = 0, we = 0;
  for (int i = 0; i < 60000; ++i) {
    if (i % 400 == 0) {
      const auto rate = [&] {
        return chance(30) ? 100 * static_cast<unsigned>(random_() & 1u) : random_() % 100;
      };
      in = static_cast<unsigned>(rate());
      out = static_cast<unsigned>(rate());
      re = static_cast<unsigned>(chance(50) ? 0 : random_() % 80);
      we = static_cast<unsigned>(chance(50) ? 0 : random_() % 80);
    }
    ASSERT_NO_FATAL_FAILURE(random_cycle(in, out, re, we)) << "cycle " << i;
  }
  ASSERT_NO_FATAL_FAILURE(check_registers());
  EXPECT_GT(pushes_, 8 * kDepth);  // round and round
  EXPECT_GT(both_, 500u);
  EXPECT_GT(full_, 500u);
  EXPECT_GT(empty_, 500u);
  EXPECT_GT(reads_, 5000u);
}

// Full to the last word and empty again, from every place in the ring; registers are where they were.
TEST_F(MessageStore, FillsAndDrainsFromEveryPlace) {
  for (unsigned start = 0; start < kDepth; ++start) {
    while (queue_.size() < kDepth) ASSERT_NO_FATAL_FAILURE(random_cycle(100, 0, 0, 0)) << "start " << start;
    for (int i = 0; i < 5; ++i) ASSERT_NO_FATAL_FAILURE(random_cycle(100, 0, 0, 0)) << "overflow";
    for (int i = 0; !queue_.empty(); ++i) {
      ASSERT_LT(i, 100000) << "the queue does not drain";
      ASSERT_NO_FATAL_FAILURE(random_cycle(0, 100, 0, 0)) << "start " << start;
    }
    const unsigned before = pushes_;
    while (pushes_ == before) ASSERT_NO_FATAL_FAILURE(random_cycle(100, 0, 0, 0));
    while (!queue_.empty()) ASSERT_NO_FATAL_FAILURE(random_cycle(0, 100, 0, 0));
  }
  ASSERT_NO_FATAL_FAILURE(check_registers());
}

// The head shows 3 cycles after its word came and after the one before it left; each read of the core in
// the cycle of the fetch costs one more.
TEST_F(MessageStore, LatencyOfTheHead) {
  for (unsigned round = 0; round < 60; ++round) {
    const unsigned delay = round % 5;
    quiet();
    for (const bool second : {false, true}) {
      quiet();
      if (second) {
        while (!top_->out_valid_o) ASSERT_NO_FATAL_FAILURE(cycle());
        top_->out_ready_i = 1;
      } else {
        top_->in_valid_i = 1;
        top_->in_data_i = random_() & kWord;
        ASSERT_NO_FATAL_FAILURE(cycle());
        top_->in_data_i = random_() & kWord;
      }
      ASSERT_NO_FATAL_FAILURE(cycle());
      quiet();
      // the first word came a cycle before the second one: its fetch is under way
      for (unsigned i = second ? 1 : 2; i < 3 + (second ? delay : 0); ++i) {
        top_->rf_re_i = second && i <= delay;
        top_->rf_raddr_i = static_cast<std::uint8_t>(random_() & 127u);
        top_->clk_i = 0;
        top_->eval();
        ASSERT_FALSE(top_->out_valid_o) << "after " << i << " cycles, delay " << delay;
        ASSERT_NO_FATAL_FAILURE(cycle());
      }
      quiet();
      top_->clk_i = 0;
      top_->eval();
      ASSERT_TRUE(top_->out_valid_o) << (second ? "second" : "first") << " word, delay " << delay;
    }
    top_->out_ready_i = 1;
    ASSERT_NO_FATAL_FAILURE(cycle());
    ASSERT_TRUE(queue_.empty());
  }
}

// A reset in any state of head and fetch leaves an empty queue; the core's registers stay.
TEST_F(MessageStore, ResetInTheMiddle) {
  for (unsigned round = 0; round < 300; ++round) {
    const unsigned length = static_cast<unsigned>(random_() % (2 * kDepth + 8));
    for (unsigned i = 0; i < length; ++i) ASSERT_NO_FATAL_FAILURE(random_cycle(80, 40, 20, 20));
    reset();
    for (unsigned i = 0; i < 6; ++i)
      ASSERT_NO_FATAL_FAILURE(random_cycle(0, 50, 20, 20)) << "round " << round;
  }
  ASSERT_NO_FATAL_FAILURE(check_registers());
}

}  // namespace
