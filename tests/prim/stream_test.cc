// SPDX-License-Identifier: Apache-2.0
// luoshu_fifo in its forms: order, capacity, count, latency, throughput, stalls, reset.
#include <gtest/gtest.h>

#include <cstdint>
#include <deque>
#include <memory>
#include <random>

#include "Vstream.h"
#include "support/seed.h"
#include "verilated.h"

namespace {

constexpr std::size_t kDepth = STREAM_DEPTH;
constexpr int kLatency = STREAM_LATENCY;

// One side's readiness to move a word: always, a coin, or long bursts of on and off.
class Pattern {
 public:
  Pattern(int kind, std::uint64_t seed) : kind_(kind), rng_(seed) {}
  bool next() {
    if (kind_ == 0) return true;
    if (kind_ == 1) return (rng_() & 1) != 0;
    if (left_ == 0) {
      left_ = 1 + static_cast<int>(rng_() % 40);
      on_ = !on_;
    }
    --left_;
    return on_;
  }

 private:
  int kind_;
  std::mt19937_64 rng_;
  int left_ = 0;
  bool on_ = false;
};

class Bench {
 public:
  Bench() : top_(std::make_unique<Vstream>(&context_)) { reset(); }
  ~Bench() { top_->final(); }
  void reset() {
    drive(false, 0, false);
    top_->rst_ni = 0;
    edge();
    edge();
    top_->rst_ni = 1;
    held_.clear();
    top_->eval();
  }
  // One cycle; returns false when the queue broke its promise.
  ::testing::AssertionResult cycle(bool offer, bool take) {
    drive(offer, next_, take);
    if (top_->out_valid_o != 0 && (held_.empty() || top_->out_data_o != held_.front())) {
      return ::testing::AssertionFailure() << "word " << top_->out_data_o << " out of order at " << cycles_;
    }
    if (top_->in_ready_o == 0 && held_.size() < kDepth) {
      return ::testing::AssertionFailure() << "not ready with " << held_.size() << " words at " << cycles_;
    }
    if (top_->count_o != held_.size()) {
      return ::testing::AssertionFailure() << "count_o " << int{top_->count_o} << ", holds " << held_.size();
    }
    pushed_ = offer && top_->in_ready_o != 0;
    popped_ = take && top_->out_valid_o != 0;
    if (popped_) held_.pop_front();
    if (pushed_) {
      if (held_.size() >= kDepth) return ::testing::AssertionFailure() << "overfull";
      held_.push_back(next_);
      next_ = next_ * 1664525U + 1013904223U;
    }
    edge();
    return ::testing::AssertionSuccess();
  }
  bool pushed() const { return pushed_; }
  bool popped() const { return popped_; }
  std::size_t held() const { return held_.size(); }
  bool valid() const { return top_->out_valid_o != 0; }

 private:
  void drive(bool offer, std::uint32_t data, bool take) {
    top_->in_valid_i = offer ? 1 : 0;
    top_->in_data_i = data;
    top_->out_ready_i = take ? 1 : 0;
    top_->eval();
  }
  void edge() {
    top_->clk_i = 1;
    top_->eval();
    top_->clk_i = 0;
    top_->eval();
    ++cycles_;
  }
  VerilatedContext context_;
  std::unique_ptr<Vstream> top_;
  std::deque<std::uint32_t> held_;
  std::uint32_t next_ = 1;
  bool pushed_ = false, popped_ = false;
  long cycles_ = 0;
};

TEST(Stream, EveryStallPattern) {
  for (int in = 0; in < 3; ++in) {
    for (int out = 0; out < 3; ++out) {
      Bench bench;
      Pattern offers(in, luoshu::test_seed() * 2), takes(out, luoshu::test_seed() * 2 + 1);
      long moved = 0;
      for (int i = 0; i < 20000; ++i) {
        ASSERT_TRUE(bench.cycle(offers.next(), takes.next())) << "patterns " << in << ", " << out;
        moved += bench.popped() ? 1 : 0;
      }
      EXPECT_GT(moved, 3000) << "patterns " << in << ", " << out;
    }
  }
}

TEST(Stream, HoldsExactlyDepthWords) {
  Bench bench;
  for (std::size_t i = 0; i < kDepth; ++i) {
    ASSERT_TRUE(bench.cycle(true, false));
    ASSERT_TRUE(bench.pushed()) << i;
  }
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(bench.cycle(true, false));
    ASSERT_FALSE(bench.pushed());
  }
  for (std::size_t i = 0; i < kDepth; ++i) {
    ASSERT_TRUE(bench.cycle(false, true));
    ASSERT_TRUE(bench.popped()) << i;
  }
  EXPECT_EQ(bench.held(), 0U);
  EXPECT_FALSE(bench.valid());
}

TEST(Stream, LatencyIsAsPromised) {
  Bench bench;
  ASSERT_TRUE(bench.cycle(true, false));
  int cycles = 1;
  while (!bench.valid() && cycles < 10) {
    ASSERT_TRUE(bench.cycle(false, false));
    ++cycles;
  }
  EXPECT_EQ(cycles, kLatency);
}

TEST(Stream, OneWordEachCycle) {
  Bench bench;
  // With at least as many words inside as the latency, a push and a pop happen in every cycle.
  for (int i = 0; i < kLatency; ++i) ASSERT_TRUE(bench.cycle(true, false));
  const bool room = bench.held() < kDepth;
  for (int i = 0; i < 1000; ++i) {
    ASSERT_TRUE(bench.cycle(true, true));
    if (room) {
      ASSERT_TRUE(bench.pushed() && bench.popped()) << i;
    }
  }
}

TEST(Stream, ResetEmpties) {
  Bench bench;
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(bench.cycle(true, i == 4));
  bench.reset();
  EXPECT_FALSE(bench.valid());
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(bench.cycle(i % 3 != 0, i % 2 == 0));
}

}  // namespace
