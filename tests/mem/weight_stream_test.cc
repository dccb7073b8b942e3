// SPDX-License-Identifier: Apache-2.0
// luoshu_weight_stream: values, scales and parameters of random segments in order, requests as runs have
// them, as far as there is room and no further.
#include <gtest/gtest.h>
#include <verilated.h>

#include <algorithm>
#include <cstring>
#include <deque>
#include <memory>
#include <random>

#include "Vstream.h"
#include "luoshu/defs.h"
#include "mem/beat_source.h"
#include "support/port_bits.h"
#include "support/seed.h"

namespace {

using namespace luoshu::mem_test;
using luoshu::test_seed;
using luoshu::testing_support::bytes_of;
using luoshu::testing_support::put_bytes;

constexpr unsigned kLanes = STREAM_LANES;
constexpr unsigned kValues = STREAM_VALUES, kScales = STREAM_SCALES, kAux = STREAM_AUX;  // depths
constexpr bool kOneQueue = STREAM_ONE_QUEUE != 0;
constexpr unsigned kInFlight = STREAM_REQUESTS;

struct Segment {
  bool aux = false;
  std::uint32_t beat = 0;  // address in beats
  unsigned beats = 0;
  unsigned mode = LUOSHU_MODE_INT8;
};
struct Request {
  bool aux;
  std::uint32_t address;
  unsigned beats;
};

// Who moves in a cycle.
struct Ready {
  bool segment = true, grant = true, deliver = true, value = true, scale = true, aux = true;
};

unsigned run_beats(const Segment& s) {  // docs/architecture/memory.md
  if (s.aux) return 16;
  return s.mode == LUOSHU_MODE_INT4 ? 9 : s.mode == LUOSHU_MODE_INT4M ? 5 : 17;
}

class WeightStream : public testing::Test {
 protected:
  WeightStream()
      : random_(test_seed()), source_(kLanes, 1), top_(std::make_unique<Vstream>(&context_, "stream")) {
    context_.fatalOnError(false);
    reset();
  }
  void reset() {
    Vstream& t = *top_;
    t.rst_ni = 0;
    t.seg_valid_i = t.rc_valid_i = t.rq_ready_i = t.halt_i = 0;
    t.value_ready_i = t.scale_ready_i = t.aux_ready_i = t.aux_room_i = 0;
    for (int i = 0; i < 3; ++i) edge();
    t.rst_ni = 1;
    segments_.clear();
    asked_.clear();
    values_.clear();
    scales_.clear();
    aux_.clear();
    source_ = BeatSource(kLanes, 1);
    taken_values_ = taken_scales_ = taken_aux_ = 0;
    in_flight_ = 0;
  }
  unsigned pick(unsigned low, unsigned high) {
    return std::uniform_int_distribution<unsigned>(low, high)(random_);
  }
  void add(const Segment& s) {
    segments_.push_back(s);
    const unsigned full = run_beats(s);
    for (unsigned at = 0; at < s.beats; at += full) {
      const unsigned n = std::min(full, s.beats - at);
      asked_.push_back({s.aux, (s.beat + at) * kLanes, n});
      for (unsigned i = 0; i < n; ++i)
        (s.aux ? aux_ : i == 0 ? scales_ : values_).push_back((s.beat + at + i) * kLanes);
    }
  }
  Segment weights(unsigned beats, unsigned mode) { return {false, pick(0, 1 << 20), beats, mode}; }

  void cycle(const Ready& r) {
    Vstream& t = *top_;
    t.seg_valid_i = !segments_.empty() && (r.segment || t.seg_valid_i);
    const Segment s = t.seg_valid_i
                          ? segments_.front()
                          : Segment{chance(), static_cast<std::uint32_t>(random_()), pick(0, 99), pick(0, 3)};
    t.seg_aux_i = s.aux;
    t.seg_addr_i = s.beat * kLanes;
    t.seg_beats_i = s.beats;
    t.seg_mode_i = static_cast<std::uint8_t>(s.mode);
    t.halt_i = halt_;
    t.rq_ready_i = r.grant;
    const BeatSource::Beat* beat = r.deliver ? source_.due(cycles_) : nullptr;
    t.rc_valid_i = beat != nullptr;
    const auto data =
        beat_at(beat != nullptr ? beat->address : static_cast<std::uint32_t>(random_()), kLanes);
    put_bytes(t.rc_data_i, 0, data.data(), kLanes);
    t.rc_last_i = beat != nullptr ? beat->last : chance();
    if (beat != nullptr) source_.pop();
    t.value_ready_i = r.value;
    t.scale_ready_i = r.scale;
    // Without a queue of its own the receiver says when it has room for 16, and takes what comes.
    t.aux_room_i = r.aux;
    t.aux_ready_i = kAux == 0 || r.aux;
    t.clk_i = 0;
    t.eval();
    if (t.seg_valid_i && t.seg_ready_o) segments_.pop_front();
    const bool request = t.rq_valid_o && r.grant;
    bool aux_request = false;
    if (t.rq_valid_o) {
      ASSERT_FALSE(halt_) << "a request while halted";
      ASSERT_FALSE(asked_.empty()) << "a request too many";
      ASSERT_EQ(t.rq_addr_o, asked_.front().address);
      ASSERT_EQ(t.rq_beats_o, asked_.front().beats);
      aux_request = asked_.front().aux;
      if (kAux == 0 && aux_request) ASSERT_TRUE(t.aux_room_i) << "no room for parameters";
    }
    ASSERT_EQ(t.aux_ask_o, request && aux_request ? t.rq_beats_o : 0u);
    if (request) {
      source_.request(t.rq_addr_o, t.rq_beats_o, cycles_);
      asked_.pop_front();
      ASSERT_LE(++in_flight_, kInFlight);
    }
    if (t.rc_valid_i && t.rc_last_i) --in_flight_;
    ASSERT_NO_FATAL_FAILURE(
        stream(t.value_valid_o, t.value_ready_i, t.value_data_o, values_, taken_values_, "value"));
    ASSERT_NO_FATAL_FAILURE(
        stream(t.scale_valid_o, t.scale_ready_i, t.scale_data_o, scales_, taken_scales_, "scale"));
    ASSERT_NO_FATAL_FAILURE(stream(t.aux_valid_o, t.aux_ready_i, t.aux_data_o, aux_, taken_aux_, "aux"));
    edge();
    ASSERT_FALSE(context_.gotFinish()) << "an assertion failed";
  }
  template <class Port>
  void stream(bool valid, bool ready, const Port& data, std::deque<std::uint32_t>& expected,
              std::uint64_t& taken, const char* what) {
    if (!valid) return;
    ASSERT_FALSE(expected.empty()) << "a " << what << " too many";
    ASSERT_EQ(std::memcmp(bytes_of(data), beat_at(expected.front(), kLanes).data(), kLanes), 0)
        << what << " beat at " << expected.front();
    if (!ready) return;
    expected.pop_front();
    ++taken;
  }
  bool chance() { return (random_() & 1) != 0; }
  void edge() {
    top_->clk_i = 1;
    top_->eval();
    top_->clk_i = 0;
    top_->eval();
    ++cycles_;
  }
  bool pending() const { return !values_.empty() || !scales_.empty() || !aux_.empty() || !segments_.empty(); }
  void finish(const Ready& r = {}) {
    for (unsigned i = 0; pending(); ++i) {
      ASSERT_LT(i, 30000u) << "no end";
      ASSERT_NO_FATAL_FAILURE(cycle(r));
    }
    for (int i = 0; i < 5; ++i) ASSERT_NO_FATAL_FAILURE(cycle(r));
    ASSERT_TRUE(asked_.empty() && source_.empty());
  }
  void wait(unsigned cycles, const Ready& r) {
    for (unsigned i = 0; i < cycles; ++i) ASSERT_NO_FATAL_FAILURE(cycle(r));
  }

  std::mt19937_64 random_;
  VerilatedContext context_;
  BeatSource source_;
  std::unique_ptr<Vstream> top_;
  std::deque<Segment> segments_;
  std::deque<Request> asked_;                        // requests that must come
  std::deque<std::uint32_t> values_, scales_, aux_;  // addresses of the beats that must come
  std::uint64_t taken_values_ = 0, taken_scales_ = 0, taken_aux_ = 0;
  unsigned in_flight_ = 0;
  bool halt_ = false;
  std::uint64_t cycles_ = 0;
};

TEST_F(WeightStream, EveryStallPattern) {
  for (unsigned patterns = 0; patterns < 81; ++patterns) {
    Side sides[6] = {{static_cast<Pattern>(patterns % 3), random_()},
                     {static_cast<Pattern>(patterns / 3 % 3), random_()},
                     {static_cast<Pattern>(patterns / 9 % 3), random_()},
                     {static_cast<Pattern>(patterns / 27), random_()},
                     {static_cast<Pattern>(patterns / 9 % 3), random_()},
                     {static_cast<Pattern>(patterns % 3), random_()}};
    for (unsigned mode = 0; mode < 4; ++mode) {
      for (const unsigned beats : {1u, 2u, 4u, 5u, 6u, 8u, 9u, 10u, 16u, 17u, 18u, 34u, 35u, 60u}) {
        if (pick(0, 2) == 0) add(weights(beats, mode));
        if (pick(0, 7) == 0) add({true, pick(0, 1 << 20), beats, mode});
        if (pick(0, 9) == 0) add({chance(), pick(0, 1 << 20), 0, mode});  // empty
      }
    }
    for (unsigned i = 0; pending(); ++i) {
      ASSERT_LT(i, 60000u) << "no end, patterns " << patterns;
      Ready r;
      r.segment = sides[0].next();
      r.grant = sides[1].next();
      r.deliver = sides[2].next();
      r.value = sides[3].next();
      r.scale = sides[4].next();
      r.aux = sides[5].next();
      ASSERT_NO_FATAL_FAILURE(cycle(r));
    }
    ASSERT_NO_FATAL_FAILURE(finish());
  }
}

// Values are not taken (scales are): exactly what the queues hold is asked for, then as values leave.
TEST_F(WeightStream, ValueCreditIsExact) {
  for (const unsigned mode : {LUOSHU_MODE_INT8, LUOSHU_MODE_INT4, LUOSHU_MODE_INT4M}) {
    reset();
    const Segment s = weights(40 * 17 * 9 * 5, mode);
    const unsigned run = run_beats(s), per_run = run - 1;
    add(s);
    Ready r;
    r.value = false;
    for (unsigned step = 0; step < 60; ++step) {
      ASSERT_NO_FATAL_FAILURE(wait(step == 0 ? 900 : 60, r));
      // The requests that fit, in order: of the runs in order, each when there is room.
      std::uint64_t runs = 0;
      for (;;) {
        if (kOneQueue) {
          // a scale leaves the queue when the values before it have
          const std::uint64_t left =
              taken_values_ + std::min<std::uint64_t>(runs, taken_values_ / per_run + 1);
          if (kValues - (runs * run - left) < 32) break;
        } else if (kValues - (runs * per_run - taken_values_) < per_run) {
          break;
        }
        ++runs;
      }
      ASSERT_EQ(source_.requests(), runs) << "mode " << mode << " after " << taken_values_ << " values";
      for (unsigned n = pick(1, 20); n > 0;) {
        Ready take;
        const std::uint64_t before = taken_values_;
        ASSERT_NO_FATAL_FAILURE(cycle(take));
        if (taken_values_ != before) --n;
      }
    }
  }
}

// Scales are not taken: two queues ask for as many runs as there is room for scales; one queue stops at the
// second scale.
TEST_F(WeightStream, ScaleCreditIsExact) {
  const Segment s = weights(5 * 300, LUOSHU_MODE_INT4M);
  add(s);
  Ready r;
  r.scale = false;
  ASSERT_NO_FATAL_FAILURE(wait(800, r));
  if (!kOneQueue) {
    EXPECT_EQ(source_.requests(), kScales);
  } else {
    EXPECT_EQ(taken_values_, 4u);
  }
  for (unsigned n = 1; n < 30; ++n) {
    Ready take;
    const std::uint64_t before = taken_scales_;
    while (taken_scales_ == before) ASSERT_NO_FATAL_FAILURE(cycle(take));
    ASSERT_NO_FATAL_FAILURE(wait(60, r));
    if (!kOneQueue) ASSERT_EQ(source_.requests(), kScales + taken_scales_);
  }
}

TEST_F(WeightStream, ParameterCreditIsExact) {
  add({true, 77, 200, 0});
  Ready r;
  r.aux = false;
  ASSERT_NO_FATAL_FAILURE(wait(200, r));
  EXPECT_EQ(source_.requested(), kAux / 16 * 16);
  if (kAux == 0) return;
  for (unsigned taken = 1; taken <= 40; ++taken) {
    const std::uint64_t before = taken_aux_;
    while (taken_aux_ == before) ASSERT_NO_FATAL_FAILURE(cycle({}));
    ASSERT_NO_FATAL_FAILURE(wait(30, r));
    ASSERT_EQ(source_.requested(), kAux / 16 * 16 + taken / 16 * 16) << taken;
  }
}

// While it is halted nothing is asked for; what was, arrives; afterwards it goes on where it was.
TEST_F(WeightStream, Halts) {
  for (unsigned i = 0; i < 30; ++i) {
    add(weights(pick(1, 200), pick(0, 3)));
    if (i % 5 == 0) add({true, pick(0, 1000), pick(1, 40), 0});
  }
  while (pending()) {
    halt_ = true;
    ASSERT_NO_FATAL_FAILURE(wait(pick(1, 60), {}));
    halt_ = false;
    ASSERT_NO_FATAL_FAILURE(wait(pick(1, 60), {}));
    ASSERT_LT(cycles_, 100000u);
  }
  ASSERT_NO_FATAL_FAILURE(finish());
}

TEST_F(WeightStream, ABeatPerCycle) {
  add(weights(17 * 40, LUOSHU_MODE_INT8));
  const std::uint64_t before = cycles_;
  ASSERT_NO_FATAL_FAILURE(finish());
  EXPECT_LE(cycles_ - before, 17u * 40 + 5 + 12 + (kOneQueue ? 40 : 0));
}

// No more requests than the list of those in flight holds, memory silent.
TEST_F(WeightStream, ManyInFlight) {
  for (unsigned i = 0; i < 100; ++i) add(weights(1, LUOSHU_MODE_INT8));  // a scale alone
  Ready r;
  r.deliver = false;
  ASSERT_NO_FATAL_FAILURE(wait(500, r));
  EXPECT_EQ(source_.requests(), kOneQueue ? kInFlight : std::min(kInFlight, kScales));
  ASSERT_NO_FATAL_FAILURE(finish());
}

TEST_F(WeightStream, ResetEmpties) {
  for (int round = 0; round < 3; ++round) {
    add(weights(100, LUOSHU_MODE_INT4));
    add({true, 5, 20, 0});
    Ready r;
    r.value = r.scale = r.aux = false;
    ASSERT_NO_FATAL_FAILURE(wait(300, r));  // all that was asked for has come
    ASSERT_TRUE(source_.empty());
    reset();
    ASSERT_NO_FATAL_FAILURE(wait(20, {}));
  }
  add(weights(300, LUOSHU_MODE_INT8));
  ASSERT_NO_FATAL_FAILURE(finish());
}

}  // namespace
