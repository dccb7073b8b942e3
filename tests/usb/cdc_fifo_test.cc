// SPDX-License-Identifier: Apache-2.0
// luoshu_cdc_fifo between clocks of many ratios: order, capacity, throughput, reset. CDC_UNSETTLED: with
// synchronisers that resolve each changing bit to its old or its new value by chance (tests/usb/unsettled).
#include <gtest/gtest.h>

#include <cstdint>
#include <deque>
#include <memory>
#include <random>

#include "Vcdc.h"
#include "support/seed.h"
#include "verilated.h"

namespace {

constexpr std::size_t kDepth = 16;

class Fifo {
 public:
  Fifo(std::int64_t in_period, std::int64_t out_period, std::int64_t phase, std::uint64_t seed)
      : in_period_(in_period), out_period_(out_period), next_out_(phase), rng_(seed) {
    context_.randSeed(static_cast<int>(seed % 1000000) + 1);
    top_ = std::make_unique<Vcdc>(&context_);
    reset();
  }
  ~Fifo() { top_->final(); }
  Fifo(const Fifo&) = delete;
  Fifo& operator=(const Fifo&) = delete;

  void reset() {
    top_->in_rst_ni = top_->out_rst_ni = 0;
    const int in = offer, out = take;
    offer = take = 0;
    run(10 * (in_period_ + out_period_));
    held_.clear();
    top_->in_rst_ni = top_->out_rst_ni = 1;
    offer = in;
    take = out;
  }
  void run(std::int64_t duration) {
    const std::int64_t end = now_ + duration;
    while (now_ < end) {
      now_ = std::min(next_in_, next_out_);
      const bool in = next_in_ == now_;
      const bool out = next_out_ == now_;
      if (in) before_in();
      if (out) before_out();
      top_->eval();
      const bool push = in && top_->in_valid_i != 0 && top_->in_ready_o != 0;
      const bool pop = out && top_->out_valid_o != 0 && top_->out_ready_i != 0;
      const unsigned word = top_->out_data_o;
      if (in) top_->in_clk_i = 1;
      if (out) top_->out_clk_i = 1;
      top_->eval();
      if (pop) {
        ASSERT_FALSE(held_.empty()) << "a word that was never written";
        ASSERT_EQ(word, held_.front());
        held_.pop_front();
        ++popped;
      }
      if (push) {
        held_.push_back(top_->in_data_i);
        top_->in_valid_i = 0;
        most_ = std::max(most_, held_.size());
      }
      if (in) {
        top_->in_clk_i = 0;
        next_in_ += in_period_;
      }
      if (out) {
        top_->out_clk_i = 0;
        next_out_ += out_period_;
      }
      top_->eval();
    }
  }
  int offer = 100;  // percent
  int take = 100;
  std::size_t popped = 0;
  [[nodiscard]] std::size_t held() const { return held_.size(); }
  [[nodiscard]] std::size_t most() const { return most_; }

 private:
  void before_in() {
    if (top_->in_valid_i == 0 && static_cast<int>(rng_() % 100) < offer) {
      top_->in_valid_i = 1;
      top_->in_data_i = static_cast<std::uint8_t>(rng_());
    }
  }
  void before_out() { top_->out_ready_i = static_cast<int>(rng_() % 100) < take ? 1 : 0; }

  VerilatedContext context_;
  std::unique_ptr<Vcdc> top_;
  std::int64_t in_period_, out_period_;
  std::int64_t now_ = 0, next_in_ = 0, next_out_;
  std::mt19937_64 rng_;
  std::deque<unsigned> held_;
  std::size_t most_ = 0;
};

TEST(CdcFifo, AnyRatioAndPhase) {
  std::mt19937_64 rng(luoshu::test_seed());
  for (int i = 0; i < 60; ++i) {
    const std::int64_t in = 1000 + static_cast<std::int64_t>(rng() % 20000);
    const std::int64_t out = i % 4 == 0 ? in : 1000 + static_cast<std::int64_t>(rng() % 20000);
    const std::int64_t phase = i % 8 == 0 ? 0 : static_cast<std::int64_t>(rng() % 5000);
    SCOPED_TRACE(::testing::Message() << "periods " << in << " and " << out << ", phase " << phase);
    Fifo fifo(in, out, phase, rng());
    for (const int offer : {100, 30, 100, 5}) {
      fifo.offer = offer;
      fifo.take = offer == 100 ? 30 : 100;
      fifo.run(500 * std::max(in, out));
    }
    fifo.offer = fifo.take = 100;
    const std::size_t before = fifo.popped;
    fifo.run(1000 * std::max(in, out));
#ifndef CDC_UNSETTLED
    EXPECT_GE(fifo.popped - before, 990U) << "a word per cycle of the slower clock";
#endif
    fifo.take = 0;
    fifo.run(100 * std::max(in, out));
    EXPECT_EQ(fifo.held(), kDepth);
    EXPECT_EQ(fifo.most(), kDepth);
    fifo.reset();
    EXPECT_EQ(fifo.held(), 0U);
    fifo.take = 100;
    fifo.run(100 * std::max(in, out));
    EXPECT_GT(fifo.popped, before);
  }
}

}  // namespace
