// SPDX-License-Identifier: Apache-2.0
// The attention unit against models/chip: head widths, groups, positions, several tokens, random stalls.
#include <gtest/gtest.h>
#include <verilated.h>

#include <cmath>
#include <cstring>
#include <deque>
#include <map>
#include <memory>
#include <random>

#include "Vattn.h"
#include "chip/kernels.h"
#include "luoshu/chip.h"
#include "numerics/fp.h"
#include "program/command.h"
#include "support/seed.h"

namespace {

using namespace luoshu;

constexpr unsigned kLanes = BENCH_LANES, kVl = BENCH_VL, kMaxTokens = BENCH_TOKENS;
constexpr unsigned kQElements = 1024, kMaxHeads = 16;

template <class Port>
std::int32_t field(const Port& port, unsigned at, unsigned bits) {
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(&port);
  std::uint32_t value = 0;
  for (unsigned i = 0; i < bits; ++i)
    value |= static_cast<std::uint32_t>(bytes[(at + i) / 8] >> ((at + i) % 8) & 1) << i;
  return static_cast<std::int32_t>(value << (32 - bits)) >> (32 - bits);
}

template <class Port>
void put(Port& port, unsigned at, unsigned bits, std::uint32_t value) {
  auto* bytes = reinterpret_cast<std::uint8_t*>(&port);
  for (unsigned i = 0; i < bits; ++i) {
    const auto mask = static_cast<std::uint8_t>(1u << ((at + i) % 8));
    std::uint8_t& b = bytes[(at + i) / 8];
    b = static_cast<std::uint8_t>((value >> i & 1) != 0 ? b | mask : b & ~mask);
  }
}

struct Shape {
  unsigned head_dim, kv_heads, group, tokens;
  std::vector<unsigned> positions;  // per token
  bool sequences = false;           // each token a sequence of its own
};

class AttnTest : public testing::Test {
 protected:
  AttnTest() : random_(test_seed()), memory_(8 << 20) {
    context_.randReset(2);
    top_ = std::make_unique<Vattn>(&context_, "attn");
    top_->clk_i = 0;
    top_->rst_ni = 0;
    top_->cmd_valid_i = top_->qw_valid_i = 0;
    for (int i = 0; i < 4; ++i) cycle();
    top_->rst_ni = 1;
  }
  unsigned pick(unsigned low, unsigned high) {
    return std::uniform_int_distribution<unsigned>(low, high)(random_);
  }
  bool chance(unsigned percent) { return pick(1, 100) <= percent; }

  void cycle() {
    top_->clk_i = 0;
    top_->rq_ready_i = !chance(stall_);
    top_->rc_valid_i = !reads_.empty() && !chance(stall_);
    if (top_->rc_valid_i)
      std::memcpy(static_cast<void*>(&top_->rc_data_i), memory_.data() + reads_.front(), kLanes);
    top_->aw_ready_i = !chance(stall_);
    top_->w_valid_i = chance(50);
    top_->eval();
    bool asked = false;
    unsigned token = 0;
    if (top_->rst_ni != 0) {
      if (top_->rc_valid_i) {
        reads_.pop_front();
        ++beats_;
      }
      if (top_->rq_valid_o && top_->rq_ready_i) {
        for (unsigned b = 0; b < top_->rq_beats_o; ++b) reads_.push_back(top_->rq_addr_o + b * kLanes);
      }
      asked = top_->ctx_re_o;
      token = top_->ctx_addr_o & 127u;
      if (top_->aw_valid_o && top_->aw_ready_i) {
        Block w;
        for (unsigned i = 0; i < 32; ++i) w.a.push_back(field(top_->aw_data_o, i * 12, 12));
        w.e = field(top_->aw_exp_o, 0, 9);
        w.sum = field(top_->aw_sum_o, 0, 18);
        w.first = top_->aw_first_o;
        w.joined = top_->aw_joined_o;
        w.vec = top_->aw_vec_o;
        acts_[{top_->aw_token_o, top_->aw_block_o}] = w;
        ++writes_;
      }
      if (top_->done_o) done_ = true;
    }
    top_->clk_i = 1;
    top_->eval();
    ++cycle_;
    if (asked) {
      const TokenContext& c = contexts_[token % kMaxTokens];
      const std::uint32_t words[4] = {c.token, c.position, c.kv_seq_offset, c.kv_block_offset};
      std::memcpy(static_cast<void*>(&top_->ctx_data_i), words, 16);
    }
  }

  void write_queries(const std::vector<std::vector<model::Query>>& q, unsigned padded) {
    unsigned bits = 3;
    while (1u << bits < padded) ++bits;
    for (unsigned h = 0; h < q[0].size(); ++h) {
      for (unsigned t = 0; t < q.size(); ++t) {
        for (unsigned e = 0; e < padded; e += kVl) {
          top_->qw_valid_i = 1;
          top_->qw_token_i = static_cast<std::uint8_t>(t);
          top_->qw_head_i = static_cast<std::uint16_t>(h);
          top_->qw_elem_i = static_cast<std::uint8_t>(e);
          top_->qw_hpb_i = static_cast<std::uint8_t>(bits);
          for (unsigned i = 0; i < kVl; ++i) {
            const unsigned at = e + i;
            put(top_->qw_data_i, i * 12, 12,
                at < q[t][h].q.size() ? static_cast<std::uint32_t>(q[t][h].q[at]) : 0);
          }
          top_->qw_last_i = e + kVl >= padded;
          top_->qw_final_i = t + 1 == q.size();
          top_->qw_exp_i = static_cast<std::uint8_t>(q[t][h].e);
          cycle();
          top_->qw_valid_i = 0;
          if (chance(stall_)) cycle();
        }
      }
    }
  }

  void run(const Shape& s, unsigned stall) {
    stall_ = stall;
    const unsigned heads = s.kv_heads * s.group;
    std::string what = "head_dim " + std::to_string(s.head_dim) + " heads " + std::to_string(heads) + "/" +
                       std::to_string(s.kv_heads) + " tokens " + std::to_string(s.tokens) + " positions";
    for (const unsigned p : s.positions) what += " " + std::to_string(p);
    model::KvCache cache{nullptr, kLanes, s.head_dim, 0, 0};
    cache.block_bytes = cache.meta_bytes() + 32 * cache.padded() * 5 / 2;
    const unsigned last = *std::max_element(s.positions.begin(), s.positions.end());
    const unsigned blocks = last / 32 + 1;
    cache.head_stride = cache.block_bytes * blocks;
    const std::uint32_t base = 4096;
    const std::uint32_t sequence = cache.head_stride * s.kv_heads;
    ASSERT_LE(base + std::uint64_t{sequence} * s.tokens, memory_.size());
    std::fill(memory_.begin(), memory_.end(), std::uint8_t{0});
    std::normal_distribution<float> normal;
    for (unsigned seq = 0; seq < (s.sequences ? s.tokens : 1); ++seq) {
      cache.base = memory_.data() + base + seq * sequence;
      for (unsigned head = 0; head < s.kv_heads; ++head) {
        for (unsigned p = 0; p <= last; ++p) {
          std::vector<float> v(s.head_dim);
          std::vector<std::int16_t> k(s.head_dim);
          std::vector<std::int8_t> v8(s.head_dim);
          const float spread = chance(10) ? 30.0f : 1.0f;
          for (float& f : v) f = normal(random_) * spread;
          const int e = numerics::quantise(v.data(), static_cast<int>(s.head_dim), 11, k.data(), true);
          write_key(cache, head, p, k.data(), e);
          for (float& f : v) f = normal(random_) * spread;
          const int ve = numerics::quantise(v.data(), static_cast<int>(s.head_dim), 7, v8.data(), true);
          write_value(cache, head, p, v8.data(), ve);
        }
      }
    }
    std::vector<std::vector<model::Query>> q(s.tokens, std::vector<model::Query>(heads));
    for (unsigned t = 0; t < s.tokens; ++t) {
      contexts_[t] = {0, s.positions[t], s.sequences ? t * sequence : 0,
                      s.positions[t] / 32 * cache.block_bytes};
      for (auto& one : q[t]) {
        std::vector<float> v(s.head_dim);
        const float spread = chance(20) ? 8.0f : 0.5f;
        for (float& f : v) f = normal(random_) * spread;
        one.q.resize(s.head_dim);
        one.e = numerics::quantise(v.data(), static_cast<int>(s.head_dim), 11, one.q.data(), true);
      }
    }
    const bool early = chance(50);  // the command comes before its queries
    if (!early) write_queries(q, cache.padded());
    const unsigned block = pick(0, 9);
    Command c(LUOSHU_OP_ATTN);
    c.set(LUOSHU_CMD_ADDRESS, base)
        .set(LUOSHU_CMD_ATTN_HEADS, heads)
        .set(LUOSHU_CMD_ATTN_KV_HEADS, s.kv_heads)
        .set(LUOSHU_CMD_ATTN_HEAD_DIM, s.head_dim);
    c.act(block, chance(50), 1).set(5, 0, 32, cache.block_bytes).set(6, 0, 32, cache.head_stride);
    std::memcpy(static_cast<void*>(&top_->cmd_i), c.words().data(), 32);
    top_->info_i = static_cast<std::uint16_t>(s.tokens << 5 | 2);
    top_->cmd_valid_i = 1;
    acts_.clear();
    writes_ = 0;
    done_ = false;
    beats_ = 0;
    const std::uint64_t start = cycle_;
    bool taken = false;
    while (!done_) {
      ASSERT_LT(cycle_ - start, 500000u) << what << " hangs";
      top_->clk_i = 0;
      top_->eval();
      const bool ready = top_->cmd_ready_o;
      cycle();
      if (!taken && ready) {
        taken = true;
        top_->cmd_valid_i = 0;
        if (early) write_queries(q, cache.padded());
      }
    }
    cycles_ = cycle_ - start;
    std::size_t expected = 0;
    for (unsigned t = 0; t < s.tokens; ++t) {
      cache.base = memory_.data() + base + contexts_[t].kv_seq_offset;
      std::vector<float> out(heads * s.head_dim);
      for (unsigned head = 0; head < s.kv_heads; ++head) {
        model::attention(cache, head, s.positions[t] + 1, &q[t][head * s.group], s.group,
                         out.data() + head * s.group * s.head_dim);
      }
      model::Activations a;
      model::quantise_activations(out.data(), out.size(), a);
      for (unsigned b = 0; b < a.blocks(); ++b) {
        ++expected;
        ASSERT_EQ(acts_.count({t, block + b}), 1u) << what << " token " << t << " block " << b;
        const Block& w = acts_[{t, block + b}];
        ASSERT_EQ(w.e, a.e[b]) << what << " token " << t << " block " << b;
        for (unsigned i = 0; i < 32; ++i)
          ASSERT_EQ(w.a[i], a.a[b * 32 + i]) << what << " token " << t << " block " << b << " element " << i;
        ASSERT_EQ(w.sum, a.sum[b]) << what;
        ASSERT_EQ(w.first, b == 0) << what;
        ASSERT_EQ(w.vec, 1u);
      }
    }
    ASSERT_EQ(writes_, expected) << what;
  }

  struct Block {
    std::vector<std::int32_t> a;
    int e = 0, sum = 0;
    bool first = false, joined = false;
    unsigned vec = 0;
  };
  std::mt19937_64 random_;
  VerilatedContext context_;
  std::unique_ptr<Vattn> top_;
  std::vector<std::uint8_t> memory_;
  std::uint64_t cycle_ = 0, cycles_ = 0, beats_ = 0;
  unsigned stall_ = 0;
  bool done_ = false;
  TokenContext contexts_[kMaxTokens];
  std::deque<std::uint32_t> reads_;
  std::map<std::pair<unsigned, unsigned>, Block> acts_;
  std::size_t writes_ = 0;
};

TEST_F(AttnTest, OneKey) {
  for (const unsigned dim : {8u, 64u, 128u}) ASSERT_NO_FATAL_FAILURE(run({dim, 1, 1, 1, {0}}, 0));
}

TEST_F(AttnTest, OneTokenManyBlocks) {
  for (const unsigned dim : {8u, 16u, 32u, 64u, 128u, 256u}) {
    for (const unsigned position : {1u, 31u, 32u, 33u, 100u, 200u})
      ASSERT_NO_FATAL_FAILURE(run({dim, 2, 2, 1, {position}}, 0));
  }
}

TEST_F(AttnTest, RandomShapes) {
  static const unsigned kDims[] = {8, 16, 32, 64, 128, 256, 24, 40, 48, 80, 96, 10, 50, 98};
  for (int round = 0; round < 60; ++round) {
    Shape s;
    s.head_dim = kDims[pick(0, 13)];
    unsigned padded = 8;
    while (padded < s.head_dim) padded *= 2;
    const unsigned most = std::min(kMaxHeads, kQElements / padded);
    s.kv_heads = pick(1, std::min(3u, most));
    s.group = pick(1, std::min(8u, most / s.kv_heads));
    s.tokens = chance(30) ? 1 : pick(1, kMaxTokens);
    s.sequences = chance(30);
    const unsigned first = pick(0, 150);
    for (unsigned t = 0; t < s.tokens; ++t) s.positions.push_back(s.sequences ? pick(0, 150) : first + t);
    ASSERT_NO_FATAL_FAILURE(run(s, round % 2 == 0 ? 0 : pick(5, 60)));
  }
}

}  // namespace
