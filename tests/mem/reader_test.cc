// SPDX-License-Identifier: Apache-2.0
// luoshu_kv_reader and luoshu_beat_reader: every beat of every segment in order, requests as far as there is
// room and no further.
#include <gtest/gtest.h>
#include <verilated.h>

#include <cstring>
#include <deque>
#include <memory>
#include <random>

#include "Vreader.h"
#include "mem/beat_source.h"
#include "support/port_bits.h"
#include "support/seed.h"

namespace {

using namespace luoshu::mem_test;
using luoshu::test_seed;
using luoshu::testing_support::bytes_of;
using luoshu::testing_support::put_bytes;

constexpr unsigned kLanes = READER_LANES;
constexpr unsigned kDepth = READER_DEPTH;  // beats that may be on their way or wait; 1: the beat reader
constexpr unsigned kChunk = kDepth == 1 ? 1 : 16;

struct Segment {
  std::uint32_t address;
  unsigned beats;
};

class Reader : public testing::Test {
 protected:
  Reader() : random_(test_seed()), source_(kLanes, 1), top_(std::make_unique<Vreader>(&context_, "reader")) {
    context_.fatalOnError(false);
    reset();
  }
  void reset() {
    top_->rst_ni = 0;
    top_->rd_valid_i = top_->rc_valid_i = top_->rq_ready_i = top_->kv_ready_i = 0;
    for (int i = 0; i < 3; ++i) edge();
    top_->rst_ni = 1;
    segments_.clear();
    asked_.clear();
    expected_.clear();
    source_ = BeatSource(kLanes, 1);
    held_ = 0;
  }
  unsigned pick(unsigned low, unsigned high) {
    return std::uniform_int_distribution<unsigned>(low, high)(random_);
  }
  void add(std::uint32_t beat, unsigned beats) {
    segments_.push_back({beat * kLanes, beats});
    for (unsigned at = 0; at < beats; at += kChunk)
      asked_.push_back({(beat + at) * kLanes, std::min(kChunk, beats - at)});
    for (unsigned i = 0; i < beats; ++i) expected_.push_back((beat + i) * kLanes);
  }
  void cycle(bool offer, bool grant, bool deliver, bool take) {
    Vreader& t = *top_;
    t.rd_valid_i = !segments_.empty() && (offer || t.rd_valid_i);
    if (t.rd_valid_i) {
      t.rd_addr_i = segments_.front().address;
      t.rd_beats_i = static_cast<std::uint16_t>(segments_.front().beats);
    } else {
      t.rd_addr_i = static_cast<std::uint32_t>(random_());
      t.rd_beats_i = static_cast<std::uint16_t>(random_());
    }
    t.rq_ready_i = grant;
    const BeatSource::Beat* beat = deliver ? source_.due(cycles_) : nullptr;
    t.rc_valid_i = beat != nullptr;
    const auto data =
        beat_at(beat != nullptr ? beat->address : static_cast<std::uint32_t>(random_()), kLanes);
    put_bytes(t.rc_data_i, 0, data.data(), kLanes);
    if (beat != nullptr) source_.pop();
    t.kv_ready_i = take;
    t.clk_i = 0;
    t.eval();
    if (t.rd_valid_i && t.rd_ready_o) segments_.pop_front();
    if (t.rq_valid_o) {
      ASSERT_FALSE(asked_.empty()) << "a request too many";
      ASSERT_EQ(t.rq_addr_o, asked_.front().address);
      ASSERT_EQ(t.rq_beats_o, asked_.front().beats);
      ASSERT_LE(held_ + t.rq_beats_o, kDepth) << "no room";
      if (grant) {
        source_.request(t.rq_addr_o, t.rq_beats_o, cycles_);
        held_ += t.rq_beats_o;
        asked_.pop_front();
      }
    }
    if (t.kv_valid_o) {
      ASSERT_FALSE(expected_.empty());
      ASSERT_EQ(std::memcmp(bytes_of(t.kv_data_o), beat_at(expected_.front(), kLanes).data(), kLanes), 0)
          << "beat at " << expected_.front();
      if (take) {
        expected_.pop_front();
        --held_;
      }
    }
    taken_ = t.kv_valid_o && take;
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
  std::mt19937_64 random_;
  VerilatedContext context_;
  BeatSource source_;
  std::unique_ptr<Vreader> top_;
  std::deque<Segment> segments_, asked_;  // not yet offered; requests that must come
  std::deque<std::uint32_t> expected_;    // addresses of the beats that must come
  unsigned held_ = 0;                     // beats asked for and not taken
  bool taken_ = false;
  std::uint64_t cycles_ = 0;
};

TEST_F(Reader, EveryStallPattern) {
  for (unsigned patterns = 0; patterns < 81; ++patterns) {
    Side sides[4] = {{static_cast<Pattern>(patterns % 3), random_()},
                     {static_cast<Pattern>(patterns / 3 % 3), random_()},
                     {static_cast<Pattern>(patterns / 9 % 3), random_()},
                     {static_cast<Pattern>(patterns / 27), random_()}};
    for (const unsigned beats : {1u, 2u, 15u, 16u, 17u, 31u, 32u, 33u, 48u, 100u, 1u, 1u})
      add(pick(0, 100000), beats);
    for (unsigned i = 0; !expected_.empty(); ++i) {
      ASSERT_LT(i, 20000u) << "no end, patterns " << patterns;
      const bool a = sides[0].next(), b = sides[1].next(), c = sides[2].next(), d = sides[3].next();
      ASSERT_NO_FATAL_FAILURE(cycle(a, b, c, d));
    }
    for (int i = 0; i < 5; ++i) ASSERT_NO_FATAL_FAILURE(cycle(true, true, true, true));
    ASSERT_TRUE(asked_.empty() && source_.empty());
  }
}

// With a consumer that takes nothing, exactly what fits is asked for; then as room comes.
TEST_F(Reader, AsksForExactlyWhatFits) {
  add(5, 3 * kDepth + 7);
  for (int i = 0; i < 400; ++i) ASSERT_NO_FATAL_FAILURE(cycle(true, true, true, false));
  EXPECT_EQ(held_, kDepth / kChunk * kChunk);
  const unsigned first = held_;
  for (unsigned taken = 1; taken <= 2 * kChunk; ++taken) {
    do {
      ASSERT_NO_FATAL_FAILURE(cycle(true, true, true, true));
    } while (!taken_);
    for (int i = 0; i < 8; ++i) ASSERT_NO_FATAL_FAILURE(cycle(true, true, true, false));
    EXPECT_EQ(source_.requested(), first + taken / kChunk * kChunk) << taken;
  }
}

// A beat per cycle; where only one request finds room, its beats per round trip.
TEST_F(Reader, ABeatPerCycle) {
  constexpr unsigned kRoundTrip = kDepth < 2 * kChunk ? 3 : 0;
  add(0, 640);
  const std::uint64_t before = cycles_;
  while (!expected_.empty()) ASSERT_NO_FATAL_FAILURE(cycle(true, true, true, true));
  EXPECT_LE(cycles_ - before, 640u + 640u / kChunk * kRoundTrip + 6);
}

TEST_F(Reader, FirstRequestAfterOneCycle) {
  add(77, 40);
  ASSERT_NO_FATAL_FAILURE(cycle(true, false, false, false));
  EXPECT_EQ(top_->rq_valid_o, 1);
}

TEST_F(Reader, ResetForgetsTheSegment) {
  add(0, 200);
  for (int i = 0; i < 9; ++i) ASSERT_NO_FATAL_FAILURE(cycle(true, true, false, false));
  reset();
  for (int i = 0; i < 9; ++i) {
    ASSERT_NO_FATAL_FAILURE(cycle(true, true, true, true));
    EXPECT_FALSE(taken_);
  }
  add(3, 35);
  for (int i = 0; i < 400; ++i) ASSERT_NO_FATAL_FAILURE(cycle(true, true, true, true));
  EXPECT_TRUE(expected_.empty());
}

}  // namespace
