// SPDX-License-Identifier: Apache-2.0
// luoshu_attn_sums against the merge of docs/numerics.md section 9, in every bit: o = rs(o, osh) + rs(64 ob,
// bsh), where ob adds the lanes of an element. Attention's own outputs have 12 bits and seldom show a wrong
// rounding.
#include <gtest/gtest.h>
#include <verilated.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <memory>
#include <random>
#include <vector>

#include "Vattn_sums.h"
#include "numerics/fp.h"
#include "support/port_bits.h"
#include "support/seed.h"

namespace {

constexpr unsigned kLanes = SUMS_LANES, kHeads = SUMS_HEADS;
constexpr unsigned kDrain = kLanes > 32 ? kLanes / 32 : 1;  // elements per word of o
constexpr unsigned kSets = kHeads > 1 ? 2 : 4;
constexpr unsigned kElements = 256;

template <class Port>
std::int64_t get(const Port& port, unsigned at, unsigned bits) {
  const std::uint64_t value = luoshu::testing_support::get_bits(port, at, bits);
  return static_cast<std::int64_t>(value << (64 - bits)) >> (64 - bits);
}

// How a column's sums go on with an item.
struct Merge {
  bool any = false, first = false;
  unsigned osh = 0, bsh = 0;
};

class AttnSumsTest : public ::testing::Test {
 protected:
  AttnSumsTest() : random_(luoshu::test_seed()), top_(std::make_unique<Vattn_sums>(&context_, "sums")) {
    top_->rst_ni = 0;
    for (int i = 0; i < 4; ++i) cycle();
    top_->rst_ni = 1;
  }
  unsigned pick(unsigned low, unsigned high) {
    return std::uniform_int_distribution<unsigned>(low, high)(random_);
  }

  // One cycle; the score stage names the merge of the column that is drained.
  void cycle() {
    top_->clk_i = 0;
    top_->eval();
    const Merge& m = merges_[top_->dr_head_o];
    top_->dr_any_i = m.any;
    top_->dr_first_i = m.first;
    top_->dr_osh_i = static_cast<std::uint8_t>(m.osh);
    top_->dr_bsh_i = static_cast<std::uint8_t>(m.bsh);
    top_->eval();
    granted_ = top_->out_gnt_o;
    busy_ = top_->drain_busy_o;
    if (busy_ && top_->acc_valid_i == 0) EXPECT_EQ(top_->dr_item_o, item_);
    top_->clk_i = 1;
    top_->eval();
  }

  // A chunk of V in the columns: accumulators of all lanes, drained and merged, and the same here.
  void chunk(unsigned hpb, unsigned set, unsigned number, bool first) {
    const unsigned hp = 1u << hpb, elements = hp < kLanes ? hp : kLanes;
    item_ = pick(0, 3);
    std::vector<std::vector<std::int64_t>> lanes(kHeads, std::vector<std::int64_t>(kLanes));
    for (unsigned h = 0; h < kHeads; ++h) {
      Merge& m = merges_[h];
      m.any = first || pick(0, 7) != 0;
      m.first = first;
      m.osh = pick(0, 3) == 0 ? pick(0, 63) : pick(0, 3);
      m.bsh = first ? 0 : pick(0, 3) == 0 ? pick(0, 63) : pick(0, 9);
      for (auto& x : lanes[h]) x = static_cast<std::int64_t>(random_()) >> (64 - pick(1, 24));
      if (!m.any) continue;
      for (unsigned e = 0; e < elements; ++e) {
        std::int64_t ob = 0;
        for (unsigned l = e; l < kLanes; l += elements) ob += lanes[h][l];
        std::int64_t& o = sums_[h][set][number * kLanes + e];
        o = (first ? 0 : luoshu::numerics::rs(o, m.osh)) + luoshu::numerics::rs(ob * 64, m.bsh);
      }
    }
    // Column h follows column 0 by h cycles; its accumulators are there one cycle after its valid.
    for (unsigned t = 0; t <= kHeads; ++t) {
      top_->hpb_i = static_cast<std::uint8_t>(hpb);
      top_->acc_valid_i = static_cast<std::uint8_t>(t < kHeads ? 1u << t : 0u);
      top_->acc_meta_i = static_cast<std::uint16_t>(item_ << 12 | set << 10 | number << 5);
      if (t > 0) {
        for (unsigned l = 0; l < kLanes; ++l)
          luoshu::testing_support::put_bits(top_->acc_i, ((t - 1) * kLanes + l) * 32, 32,
                                            static_cast<std::uint64_t>(lanes[t - 1][l]));
      }
      if (t < kHeads) cycle();
    }
    unsigned waited = 0;
    do {
      cycle();
      ASSERT_LT(++waited, 2 * kLanes * kHeads + 8);
    } while (busy_);
  }

  void read_back(unsigned hpb, unsigned set) {
    const unsigned hp = 1u << hpb;
    for (int i = 0; i < 3; ++i) cycle();  // the last merges
    for (unsigned h = 0; h < kHeads; ++h) {
      const bool whole = pick(0, 1) != 0;  // a word of elements at once, else one
      const unsigned step = whole ? kDrain : 1;
      for (unsigned e = 0; e < hp; e += step) {
        top_->out_re_i = 1;
        top_->out_head_i = static_cast<std::uint8_t>(h);
        top_->out_set_i = static_cast<std::uint8_t>(set);
        top_->out_elem_i = static_cast<std::uint8_t>(e);
        cycle();
        ASSERT_TRUE(granted_);
        for (unsigned d = 0; d < step; ++d) {
          ASSERT_EQ(get(top_->out_o_o, d * 48, 48), sums_[h][set][e + d])
              << "column " << h << " set " << set << " element " << e + d << " of " << hp;
        }
      }
      top_->out_re_i = 0;
    }
  }

  std::mt19937_64 random_;
  VerilatedContext context_;
  std::unique_ptr<Vattn_sums> top_;
  std::array<Merge, kHeads> merges_;
  std::array<std::array<std::array<std::int64_t, kElements>, kSets>, kHeads> sums_{};
  unsigned item_ = 0;
  bool granted_ = false, busy_ = false;
};

TEST_F(AttnSumsTest, EveryBit) {
  for (unsigned round = 0; round < 40; ++round) {
    const unsigned hpb = 3 + round % 6;
    const unsigned chunks = (1u << hpb) > kLanes ? (1u << hpb) / kLanes : 1;
    const unsigned set = pick(0, kSets - 1);
    for (unsigned block = 0; block < 6; ++block) {
      for (unsigned c = 0; c < chunks; ++c) ASSERT_NO_FATAL_FAILURE(chunk(hpb, set, c, block == 0));
    }
    ASSERT_NO_FATAL_FAILURE(read_back(hpb, set));
  }
}

// A set is read while another one is merged: a drain of the same bank goes first, else nothing waits.
TEST_F(AttnSumsTest, ReadBesideDrain) {
  const unsigned hpb = 5, chunks = 32 > kLanes ? 32 / kLanes : 1;
  for (const unsigned set : {0u, 1u}) {
    for (unsigned c = 0; c < chunks; ++c) ASSERT_NO_FATAL_FAILURE(chunk(hpb, set, c, true));
  }
  for (int i = 0; i < 3; ++i) cycle();
  top_->out_re_i = 1;
  top_->out_set_i = 1;
  top_->out_head_i = 0;
  top_->out_elem_i = 0;
  const std::int64_t before = sums_[0][1][0];
  top_->acc_valid_i = 1;
  top_->acc_meta_i = 0;  // item 0, set 0
  item_ = 0;
  merges_.fill({true, true, 0, 0});
  cycle();
  top_->acc_valid_i = 0;
  const bool own_bank = kHeads == 1;
  cycle();
  EXPECT_EQ(granted_, own_bank);
  for (unsigned waited = 0; !granted_; ++waited) {
    ASSERT_LT(waited, 2 * kLanes + 8);
    cycle();
  }
  EXPECT_EQ(get(top_->out_o_o, 0, 48), before);
}

}  // namespace
