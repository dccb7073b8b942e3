// SPDX-License-Identifier: Apache-2.0
// The numbered events of the link alone: every event goes out with its number and words, 16 are kept until
// they are acknowledged and the firmware waits meanwhile, a replay sends again from the number it names, an
// acknowledgement of what is not kept is nothing, numbers wrap, a reset drops all.
#include <gtest/gtest.h>
#include <verilated.h>

#include <deque>
#include <memory>
#include <random>
#include <vector>

#include "Vevents.h"
#include "support/seed.h"

namespace {

using luoshu::test_seed;
using Words = std::vector<std::uint32_t>;
constexpr unsigned kSlots = 16;

class Events : public testing::Test {
 protected:
  Events() : random_(test_seed()) {
    context_.randReset(2);
    context_.randSeed(static_cast<int>(test_seed() & 0xffff) + 1);
    top_ = std::make_unique<Vevents>(&context_, "events");
    reset();
  }
  ~Events() override { top_->final(); }

  bool chance(unsigned percent) { return random_() % 100 < percent; }
  std::uint8_t number(unsigned n) const { return static_cast<std::uint8_t>(n); }

  void reset() {
    Vevents& t = *top_;
    t.in_valid_i = t.ack_valid_i = t.evt_ready_i = t.evt_word_ready_i = t.evt_done_i = 0;
    t.rst_ni = 0;
    for (int i = 0; i < 3; ++i) {
      t.clk_i = 0;
      t.eval();
      t.clk_i = 1;
      t.eval();
    }
    t.rst_ni = 1;
    kept_.clear();
    coming_.clear();
    oldest_ = next_ = sent_ = 0;
    sending_ = false;
  }

  // One cycle of the firmware's side (a new word with that chance), the sender's (it takes an event or a
  // word) and the host's, which acknowledges up to ack (counted from event 0), if any.
  void cycle(unsigned in, unsigned out, const unsigned* ack = nullptr, bool replay = false) {
    Vevents& t = *top_;
    t.in_valid_i = chance(in);
    t.in_data_i = static_cast<std::uint32_t>(random_());
    t.in_last_i = coming_.size() == 15 || chance(last_);
    t.evt_ready_i = !sending_ && chance(out);
    t.evt_word_ready_i = sending_ && at_ < now_.size() && chance(out);
    t.evt_done_i = sending_ && at_ == now_.size() && chance(50);
    t.ack_valid_i = ack != nullptr;
    t.ack_next_i = ack != nullptr ? number(*ack) : static_cast<std::uint8_t>(random_());
    t.ack_replay_i = replay;
    t.clk_i = 0;
    t.eval();

    ASSERT_EQ(t.numbers_o, static_cast<unsigned>(number(next_) << 8 | number(oldest_)));
    // a slot on its way out is not written either
    const bool busy_slot = sending_ && slot_ % kSlots == next_ % kSlots;
    ASSERT_EQ(t.in_ready_o, next_ - oldest_ < kSlots && !busy_slot);
    refused_ += t.in_valid_i && !t.in_ready_o;
    held_ += t.in_valid_i && busy_slot && next_ - oldest_ < kSlots;
    ASSERT_EQ(t.evt_valid_o, !sending_ && sent_ != next_);
    bool start = false;
    if (t.evt_valid_o && t.evt_ready_i) {
      start = true;
      ASSERT_EQ(t.evt_number_o, number(sent_));
      slot_ = sent_;
      now_ = kept_.at(sent_ - oldest_);
      ASSERT_EQ(t.evt_words_o, now_.size()) << "event " << sent_;
    }
    if (t.evt_word_valid_o && t.evt_word_ready_i) {
      ASSERT_EQ(t.evt_word_o, now_[at_]) << "event " << slot_ << ", word " << at_;
      ++at_;
    }
    const bool done = t.evt_done_i;
    if (t.in_valid_i && t.in_ready_o) {
      coming_.push_back(t.in_data_i);
      if (t.in_last_i) {
        kept_.push_back(coming_);
        coming_.clear();
        ++next_;
      }
    }
    if (start) ++sent_;
    // of what was there before this cycle
    const unsigned newest = next_ - (t.in_valid_i && t.in_ready_o && t.in_last_i);
    if (ack != nullptr && *ack >= oldest_ && *ack <= newest) {
      if (replay || *ack > sent_ - start) sent_ = *ack;
      kept_.erase(kept_.begin(), kept_.begin() + (*ack - oldest_));
      oldest_ = *ack;
      ++acks_;
    }
    if (start) {
      sending_ = true;
      at_ = 0;
      ++starts_;
    } else if (done) {
      sending_ = false;
    }
    // words that lie there come at once but for the first
    waited_ = sending_ && at_ < now_.size() && !t.evt_word_valid_o ? waited_ + 1 : 0;
    ASSERT_LE(waited_, 3u) << "a word does not come";
    t.clk_i = 1;
    t.eval();
  }

  std::mt19937_64 random_;
  VerilatedContext context_;
  std::unique_ptr<Vevents> top_;
  std::deque<Words> kept_;  // from oldest_ on
  Words coming_, now_;
  // numbers of events, without the wrap
  unsigned oldest_ = 0, next_ = 0, sent_ = 0, slot_ = 0;
  std::size_t at_ = 0;
  bool sending_ = false;
  unsigned last_ = 20, waited_ = 0;
  unsigned refused_ = 0, held_ = 0, acks_ = 0, starts_ = 0, bad_acks_ = 0;
};

// What a host may send: good acknowledgements, replays, old and future numbers.
TEST_F(Events, RandomTraffic) {
  unsigned in = 50, out = 50, acks = 5;
  for (int i = 0; i < 150000; ++i) {
    if (i % 600 == 0) {
      in = static_cast<unsigned>(random_() % 101);
      out = chance(20) ? 100 : static_cast<unsigned>(random_() % 101);
      acks = chance(20) ? 0 : static_cast<unsigned>(random_() % 12);
      last_ = chance(30) ? 100 : static_cast<unsigned>(3 + random_() % 50);
    }
    if (!chance(acks)) {
      ASSERT_NO_FATAL_FAILURE(cycle(in, out)) << "cycle " << i;
      continue;
    }
    unsigned ack = oldest_ + static_cast<unsigned>(random_() % (next_ - oldest_ + 1));
    if (chance(20)) {  // one that is not kept
      ack = chance(50) ? oldest_ - 1 - static_cast<unsigned>(random_() % 100)
                       : next_ + 1 + static_cast<unsigned>(random_() % 100);
      ++bad_acks_;
    }
    ASSERT_NO_FATAL_FAILURE(cycle(in, out, &ack, chance(25))) << "cycle " << i;
  }
  EXPECT_GT(next_, 700u) << "numbers have not wrapped";
  EXPECT_GT(starts_, 2000u);
  EXPECT_GT(refused_, 1000u);
  EXPECT_GT(held_, 10u);
  EXPECT_GT(acks_, 1000u);
  EXPECT_GT(bad_acks_, 300u);
}

// Sixteen fit and wait for a host that says nothing; the seventeenth waits at the door, and comes in when one
// slot is free. All go out in order, and again for a replay.
TEST_F(Events, SixteenAreKept) {
  for (unsigned round = 0; round < 40; ++round) {
    while (next_ - oldest_ < kSlots) ASSERT_NO_FATAL_FAILURE(cycle(100, 0));
    const unsigned full = next_;
    for (int i = 0; i < 40; ++i) ASSERT_NO_FATAL_FAILURE(cycle(100, 0));
    ASSERT_EQ(next_, full);
    for (const bool again : {false, true}) {
      const unsigned before = starts_;
      if (again) ASSERT_NO_FATAL_FAILURE(cycle(0, 0, &oldest_, true));
      for (int i = 0; sent_ != next_ || sending_; ++i) {
        ASSERT_LT(i, 3000) << "events do not go out";
        ASSERT_NO_FATAL_FAILURE(cycle(0, 100));
      }
      ASSERT_EQ(starts_, before + (round == 0 || again ? kSlots : round % kSlots + 1));
    }
    const unsigned ack = oldest_ + (round + 1) % kSlots + 1;
    ASSERT_NO_FATAL_FAILURE(cycle(0, 0, &ack));
  }
}

TEST_F(Events, ResetInTheMiddle) {
  for (unsigned round = 0; round < 200; ++round) {
    for (unsigned i = static_cast<unsigned>(random_() % 300); i > 0; --i)
      ASSERT_NO_FATAL_FAILURE(cycle(60, 40));
    reset();
    for (int i = 0; i < 20; ++i) ASSERT_NO_FATAL_FAILURE(cycle(0, 50)) << "round " << round;
  }
}

}  // namespace
