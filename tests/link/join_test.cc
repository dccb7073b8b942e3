// SPDX-License-Identifier: Apache-2.0
// luoshu_link_join against its rule, written once more: who has the link, what it receives, where its words
// go.
#include <gtest/gtest.h>
#include <verilated.h>

#include <array>
#include <deque>
#include <memory>
#include <random>
#include <vector>

#include "Vjoin.h"
#include "support/seed.h"

namespace luoshu::test {
namespace {

constexpr std::size_t kZeros = 1024 + 12;

class Join {
 public:
  explicit Join(std::uint64_t seed = 1) : random_(seed) {
    context_.randReset(2);
    context_.randSeed(static_cast<int>(seed & 0xffff) + 1);
    context_.fatalOnError(false);
    top_ = std::make_unique<Vjoin>(&context_, "join");
    reset();
  }
  ~Join() {
    top_->final();
    EXPECT_FALSE(context_.gotFinish()) << "an assertion of the unit failed, see above";
  }

  void reset() {
    offered_ = {};
    top_->rst_ni = 0;
    top_->a_rx_valid_i = top_->b_rx_valid_i = top_->tx_valid_i = 0;
    edge();
    top_->rst_ni = 1;
    owner = -1;
    matched_ = 0;
    zero_words_ = 0;
    word_offered_ = false;
  }

  // A cycle; what moves in it is compared with the rule.
  void cycle() {
    Vjoin& t = *top_;
    for (int side = 0; side < 2; ++side) {
      auto& queue = to_send[static_cast<std::size_t>(side)];
      bool& offered = offered_[static_cast<std::size_t>(side)];
      offered = !queue.empty() && (offered || draw(valid_percent));
    }
    t.a_rx_valid_i = offered_[0];
    t.b_rx_valid_i = offered_[1];
    t.a_rx_data_i = offered_[0] ? to_send[0].front() : static_cast<std::uint8_t>(random_());
    t.b_rx_data_i = offered_[1] ? to_send[1].front() : static_cast<std::uint8_t>(random_());
    t.rx_ready_i = draw(ready_percent);
    t.a_tx_ready_i = draw(side_ready_percent[0]);
    t.b_tx_ready_i = draw(side_ready_percent[1]);
    word_offered_ = !words.empty() && (word_offered_ || draw(valid_percent));
    t.tx_valid_i = word_offered_;
    t.tx_data_i = word_offered_ ? words.front() : static_cast<std::uint32_t>(random_());
    t.eval();

    const bool taken[2] = {offered_[0] && t.a_rx_ready_o != 0, offered_[1] && t.b_rx_ready_o != 0};
    if (t.rx_valid_o != 0 && t.rx_ready_i != 0) {
      ASSERT_GE(t.rx_bytes_o, 1);
      ASSERT_LE(t.rx_bytes_o, 4);
      for (unsigned i = 0; i < t.rx_bytes_o; ++i)
        received.push_back(static_cast<std::uint8_t>(t.rx_data_o >> (8 * i)));
    }
    // Words: to the side that has the link before this cycle's bytes count, zeros first.
    const bool to_a = t.a_tx_valid_o != 0 && t.a_tx_ready_i != 0;
    const bool to_b = t.b_tx_valid_o != 0 && t.b_tx_ready_i != 0;
    const bool moves = word_offered_ && t.tx_ready_o != 0;
    if (to_a || to_b) {
      ASSERT_NE(owner, -1);
      ASSERT_EQ(to_a, owner == 0);
      ASSERT_EQ(to_b, owner == 1);
    }
    if (zero_words_ != 0) {
      ASSERT_FALSE(moves);
      ASSERT_TRUE(t.a_tx_valid_o != 0 || t.b_tx_valid_o != 0);
      ASSERT_EQ(t.tx_data_o, 0U);
      if (to_a || to_b) --zero_words_;
    } else {
      ASSERT_EQ(moves, to_a || to_b) << "a word moves on both sides or on none";
    }
    if (moves) {
      ASSERT_EQ(t.tx_data_o, words.front());
      delivered[static_cast<std::size_t>(owner)].push_back(words.front());
      words.pop_front();
      word_offered_ = false;
    }
    if (owner != -1) ASSERT_EQ(t.b_has_it_o != 0, owner == 1);
    // Bytes: those of the owner first, then the other side may take the link.
    if (owner == -1) {
      ASSERT_FALSE(taken[0] || taken[1]) << "nobody has the link yet";
      if (offered_[0] || offered_[1]) owner = offered_[0] ? 0 : 1;
    } else {
      const int other = 1 - owner;
      if (taken[owner]) expected.push_back(to_send[static_cast<std::size_t>(owner)].front());
      if (taken[other]) {
        const std::uint8_t byte = to_send[static_cast<std::size_t>(other)].front();
        last_three_ = (last_three_ << 8U | byte) & 0xffffffU;
        if (++matched_ >= 3 && last_three_ == 0x534C02U) {
          matched_ = 0;
          owner = other;
          ++takeovers;
          zero_words_ = kZeros / 4;
          expected.insert(expected.end(), kZeros, std::uint8_t{0});
          expected.insert(expected.end(), {0x53, 0x4C, 0x02});
        }
      }
    }
    for (std::size_t side = 0; side < 2; ++side) {
      if (!taken[side]) continue;
      to_send[side].pop_front();
      offered_[side] = false;
    }
    edge();
  }
  // Until everything that was queued has gone its way.
  void settle(unsigned limit = 5000) {
    while (limit-- != 0 && (!to_send[0].empty() || !to_send[1].empty() || !words.empty())) {
      cycle();
      if (::testing::Test::HasFatalFailure()) return;
    }
    for (unsigned i = 0; i < 300; ++i) cycle();
    EXPECT_EQ(received, expected);
  }
  void send(int side, const std::vector<std::uint8_t>& bytes) {
    auto& queue = to_send[static_cast<std::size_t>(side)];
    queue.insert(queue.end(), bytes.begin(), bytes.end());
  }

  std::deque<std::uint8_t> to_send[2];
  std::deque<std::uint32_t> words;
  std::vector<std::uint8_t> received, expected;
  std::vector<std::uint32_t> delivered[2];
  int owner = -1;
  unsigned takeovers = 0;
  unsigned valid_percent = 100, ready_percent = 100;
  unsigned side_ready_percent[2] = {100, 100};

 private:
  bool draw(unsigned percent) { return percent >= 100 || random_() % 100 < percent; }
  void edge() {
    top_->clk_i = 0;
    top_->eval();
    top_->clk_i = 1;
    top_->eval();
  }

  VerilatedContext context_;
  std::unique_ptr<Vjoin> top_;
  std::mt19937_64 random_;
  std::array<bool, 2> offered_{};
  bool word_offered_ = false;
  std::uint32_t last_three_ = 0;
  std::size_t zero_words_ = 0;  // that the new side gets first
  unsigned matched_ = 0;        // bytes that count for the next take-over
};

const std::vector<std::uint8_t> kResync{0x53, 0x4C, 0x02, 0x77, 0x04};

TEST(LinkJoin, TheFirstByteTakesTheLinkAndAComesBeforeB) {
  for (const int first : {0, 1}) {
    Join join;
    join.send(first, {1, 2, 3});
    join.settle();
    EXPECT_EQ(join.received, (std::vector<std::uint8_t>{1, 2, 3}));
    EXPECT_EQ(join.owner, first);
  }
  Join join;
  join.send(0, {1, 2});
  join.send(1, {3, 4});
  join.settle();
  EXPECT_EQ(join.received, (std::vector<std::uint8_t>{1, 2}));
}

TEST(LinkJoin, AResyncTakesTheLinkBehindZerosThatEndTheFrame) {
  Join join;
  join.send(0, {0x53, 0x4C, 0x10, 9});
  join.settle();
  join.send(1, {0, 0, 0, 0x53, 0x4C, 0x02, 0x77, 0x04});
  join.settle();
  std::vector<std::uint8_t> want{0x53, 0x4C, 0x10, 9};
  want.insert(want.end(), kZeros, std::uint8_t{0});
  want.insert(want.end(), kResync.begin(), kResync.end());
  EXPECT_EQ(join.received, want);
  EXPECT_EQ(join.owner, 1);
}

// What noise and a host that does not know of the other may send.
TEST(LinkJoin, NothingElseTakesIt) {
  Join join;
  join.send(0, {1});
  join.settle();
  for (int type = 0; type < 256; ++type) {
    if (type == 0x02) continue;
    join.send(1, {0x53, 0x4C, static_cast<std::uint8_t>(type)});
  }
  join.send(1, {0x4C, 0x02, 0x53, 0x02, 0x4C, 0x53, 0x4C, 0x4C, 0x02, 0x53, 0x00, 0x4C, 0x02});
  join.settle();
  EXPECT_EQ(join.received, (std::vector<std::uint8_t>{1}));
  EXPECT_EQ(join.takeovers, 0U);
  join.send(1, {0x53, 0x53, 0x4C, 0x02});
  join.settle();
  EXPECT_EQ(join.takeovers, 1U) << "the sync may follow half of one";
}

// The same bytes from the side that has it are only bytes.
TEST(LinkJoin, TheOwnersResyncGoesThrough) {
  Join join;
  join.send(0, kResync);
  join.settle();
  join.send(0, kResync);
  join.settle();
  EXPECT_EQ(join.received.size(), 2 * kResync.size());
  EXPECT_EQ(join.takeovers, 0U);
}

TEST(LinkJoin, WordsWaitForAnOwnerAndThenGoToTheOneThatTakesOver) {
  Join join;
  join.words = {11, 12, 13};
  for (int i = 0; i < 50; ++i) join.cycle();
  EXPECT_EQ(join.words.size(), 3U);
  join.side_ready_percent[1] = 0;  // a host on b that reads no more
  join.send(1, kResync);
  for (int i = 0; i < 50; ++i) join.cycle();
  EXPECT_EQ(join.words.size(), 3U);
  join.send(0, kResync);
  join.settle();
  EXPECT_EQ(join.delivered[0], (std::vector<std::uint32_t>{11, 12, 13}));
  EXPECT_TRUE(join.delivered[1].empty());
}

// The link takes nothing: the byte that waits stays, and comes before the take-over.
TEST(LinkJoin, AStalledByteIsNotLostWhenTheLinkIsTaken) {
  Join join;
  join.send(0, {1});
  join.settle();
  join.ready_percent = 0;
  join.send(0, {2, 3});
  join.send(1, kResync);
  for (int i = 0; i < 50; ++i) join.cycle();
  EXPECT_EQ(join.received, (std::vector<std::uint8_t>{1}));
  EXPECT_EQ(join.takeovers, 0U);
  join.ready_percent = 100;
  join.settle();
  ASSERT_GE(join.received.size(), 3U);
  EXPECT_EQ(join.received[1], 2);
  EXPECT_EQ(join.received[2], 3);
  EXPECT_EQ(join.takeovers, 1U);
}

TEST(LinkJoin, Random) {
  std::mt19937_64 random(test_seed());
  Join join(test_seed());
  const std::uint8_t often[] = {0x53, 0x4C, 0x02, 0x00, 0x53, 0x4C};
  const unsigned percents[] = {3, 30, 70, 100};
  for (int round = 0; round < 400; ++round) {
    join.valid_percent = percents[random() % 4];
    join.ready_percent = percents[random() % 4];
    for (unsigned& percent : join.side_ready_percent) percent = percents[random() % 4];
    const std::size_t sides = random() % 4;
    for (std::size_t n = random() % 200; n != 0; --n) {
      const std::uint8_t byte = random() % 8 == 0 ? static_cast<std::uint8_t>(random()) : often[random() % 6];
      join.to_send[sides < 2 ? sides : random() % 2].push_back(byte);
      if (random() % 4 == 0) join.words.push_back(static_cast<std::uint32_t>(random()));
    }
    for (std::size_t n = random() % 1000; n != 0; --n) {
      join.cycle();
      if (HasFatalFailure()) return;
    }
    ASSERT_LE(join.received.size(), join.expected.size());
    ASSERT_TRUE(std::equal(join.received.begin(), join.received.end(), join.expected.begin()));
    if (random() % 40 == 0) {
      join.reset();  // what was on its way is lost
      join.expected = join.received;
    }
  }
  join.valid_percent = join.ready_percent = 100;
  join.side_ready_percent[0] = join.side_ready_percent[1] = 100;
  join.send(0, {0});  // somebody has it
  join.settle(1000000);
  EXPECT_GT(join.takeovers, 50U);
}

}  // namespace
}  // namespace luoshu::test
