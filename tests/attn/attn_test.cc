// SPDX-License-Identifier: Apache-2.0
// The attention unit against models/chip: head widths, groups, positions, several tokens, random stalls.
#include <gtest/gtest.h>
#include <verilated.h>

#include <cmath>
#include <cstring>
#include <deque>
#include <functional>
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
  bool wild = false;                // of any magnitude
};

class AttnTest : public testing::Test {
 protected:
  AttnTest() : random_(test_seed()), memory_(8 << 20) {
    context_.randReset(2);
    top_ = std::make_unique<Vattn>(&context_, "attn");
    context_.randSeed(static_cast<int>(test_seed() & 0xffff) + 1);
    top_->clk_i = 0;
    reset();
  }

  // From whatever state: nothing is left.
  void reset() {
    top_->rst_ni = 0;
    top_->cmd_valid_i = top_->qw_valid_i = 0;
    reads_.clear();
    rq_stalled_ = aw_stalled_ = false;
    for (unsigned i = pick(1, 4); i > 0; --i) cycle();
    top_->rst_ni = 1;
    for (int i = 0; i < 40; ++i) {
      top_->eval();
      ASSERT_TRUE(top_->cmd_ready_o);
      ASSERT_FALSE(top_->busy_o || top_->stall_memory_o || top_->stall_wait_o || top_->rq_valid_o ||
                   top_->aw_valid_o || top_->done_o || top_->ctx_re_o)
          << "cycle " << i << " after a reset";
      cycle();
    }
  }
  unsigned pick(unsigned low, unsigned high) {
    return std::uniform_int_distribution<unsigned>(low, high)(random_);
  }
  bool chance(unsigned percent) { return pick(1, 100) <= percent; }

  void cycle() {
    top_->clk_i = 0;
    top_->rq_ready_i = !chance(stall_);
    top_->rc_valid_i = !reads_.empty() && cycle_ >= first_request_ + starve_ && !chance(stall_);
    if (top_->rc_valid_i)
      std::memcpy(static_cast<void*>(&top_->rc_data_i), memory_.data() + reads_.front(), kLanes);
    top_->ctx_gnt_i = 0;
    top_->aw_ready_i = !chance(stall_);
    top_->w_valid_i = chance(50);
    top_->eval();
    top_->ctx_gnt_i = top_->ctx_re_o && !chance(stall_);
    top_->eval();
    bool asked = false;
    unsigned token = 0;
    if (top_->rst_ni != 0) {
      check_streams();
      if (top_->rc_valid_i) {
        reads_.pop_front();
        ++beats_;
      }
      if (top_->rq_valid_o && top_->rq_ready_i) {
        if (first_request_ == 0) first_request_ = cycle_;
        ASSERT_TRUE(top_->rq_beats_o >= 1 && top_->rq_beats_o <= 16);
        for (unsigned b = 0; b < top_->rq_beats_o; ++b) {
          const std::uint32_t at = top_->rq_addr_o + b * kLanes - origin_;
          ASSERT_LE(at + kLanes, memory_.size()) << "read of " << top_->rq_addr_o;
          ASSERT_EQ(at % kLanes, 0u);
          reads_.push_back(at);
        }
      }
      asked = top_->ctx_gnt_i;
      token = top_->ctx_addr_o & 127u;
      if (asked) ASSERT_EQ(top_->ctx_addr_o >> 7, bank_) << "the context of the other bank";
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
      if (top_->done_o) {
        ASSERT_FALSE(done_) << "done twice";
        done_ = true;
      }
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

  // What is offered and not taken stays.
  void check_streams() {
    const std::uint32_t request[2] = {top_->rq_addr_o, top_->rq_beats_o};
    if (rq_stalled_)
      ASSERT_TRUE(top_->rq_valid_o && std::equal(request, request + 2, request_)) << "a request changed";
    rq_stalled_ = top_->rq_valid_o && !top_->rq_ready_i;
    std::copy(request, request + 2, request_);
    std::vector<std::uint32_t> w{top_->aw_token_o, top_->aw_block_o,  top_->aw_exp_o, top_->aw_sum_o,
                                 top_->aw_first_o, top_->aw_joined_o, top_->aw_vec_o};
    for (unsigned i = 0; i < 12; ++i)
      w.push_back(static_cast<std::uint32_t>(field(top_->aw_data_o, i * 32, 32)));
    if (aw_stalled_) ASSERT_TRUE(top_->aw_valid_o && w == write_) << "a block of activations changed";
    aw_stalled_ = top_->aw_valid_o && !top_->aw_ready_i;
    write_ = w;
    if (!top_->busy_o) ASSERT_FALSE(top_->stall_memory_o || top_->stall_wait_o);
    stalls_memory_ += top_->stall_memory_o;
    stalls_wait_ += top_->stall_wait_o;
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
          if (!chance(stall_)) continue;
          top_->qw_head_i = static_cast<std::uint16_t>(pick(0, 31));  // not looked at
          top_->qw_last_i = chance(50);
          top_->qw_exp_i = static_cast<std::uint8_t>(pick(0, 255));
          cycle();
        }
      }
    }
  }

  // Runs a command on random queries, keys and values; gives up after abort_after cycles, to be followed by a
  // reset.
  void run(const Shape& s, unsigned stall, std::uint64_t abort_after = 0) {
    stall_ = stall;
    const unsigned heads = s.kv_heads * s.group;
    std::string what = "head_dim " + std::to_string(s.head_dim) + " heads " + std::to_string(heads) + "/" +
                       std::to_string(s.kv_heads) + " tokens " + std::to_string(s.tokens) + " positions";
    for (const unsigned p : s.positions) what += " " + std::to_string(p);
    model::KvCache cache{nullptr, kLanes, s.head_dim, 0, 0};
    cache.block_bytes = cache.meta_bytes() + 32 * cache.padded() * 5 / 2;
    const unsigned last = *std::max_element(s.positions.begin(), s.positions.end());
    const unsigned blocks = last / 32 + 1;
    // Regions begin anywhere; what lies between them is no one's.
    const std::uint32_t unit = std::max(64u, kLanes);
    cache.head_stride = cache.block_bytes * blocks + unit * pick(0, 3);
    const std::uint32_t base = unit * pick(0, 63);
    const std::uint32_t sequence = cache.head_stride * s.kv_heads + unit * pick(0, 3);
    origin_ = pick(0, 500) << 23;
    bank_ = pick(0, 1);
    ASSERT_LE(base + std::uint64_t{sequence} * s.tokens, memory_.size());
    std::fill(memory_.begin(), memory_.end(), std::uint8_t{0});
    std::normal_distribution<float> normal;
    // Logits that saturate, logits that vanish, weights of keys and values that differ by more than the
    // shifts reach.
    const float q_size = s.wild ? std::ldexp(1.0f, static_cast<int>(pick(0, 90)) - 45) : 1.0f;
    const float k_size = s.wild ? std::ldexp(1.0f, static_cast<int>(pick(0, 60)) - 30) : 1.0f;
    const auto wild = [&](int range) {
      return s.wild && chance(25)
                 ? std::ldexp(1.0f, static_cast<int>(pick(0, 2 * static_cast<unsigned>(range))) - range)
                 : 1.0f;
    };
    for (unsigned seq = 0; seq < (s.sequences ? s.tokens : 1); ++seq) {
      cache.base = memory_.data() + base + seq * sequence;
      for (unsigned head = 0; head < s.kv_heads; ++head) {
        for (unsigned p = 0; p <= last; ++p) {
          std::vector<float> v(s.head_dim);
          std::vector<std::int16_t> k(s.head_dim);
          std::vector<std::int8_t> v8(s.head_dim);
          const float spread = (chance(10) ? 30.0f : 1.0f) * k_size * wild(20);
          for (float& f : v) f = normal(random_) * spread;
          const int e = numerics::quantise(v.data(), static_cast<int>(s.head_dim), 11, k.data(), true);
          write_key(cache, head, p, k.data(), e);
          const float v_spread = s.wild ? wild(45) : spread;
          for (float& f : v) f = normal(random_) * v_spread;
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
        const float spread = (chance(20) ? 8.0f : 0.5f) * q_size * wild(20);
        for (float& f : v) f = normal(random_) * spread;
        one.q.resize(s.head_dim);
        one.e = numerics::quantise(v.data(), static_cast<int>(s.head_dim), 11, one.q.data(), true);
      }
    }
    const bool early = chance(50);  // the command comes before its queries
    if (!early) write_queries(q, cache.padded());
    const unsigned block = pick(0, 9);
    Command c(LUOSHU_OP_ATTN);
    const bool joined = chance(50);
    const unsigned vec = pick(0, 2);
    c.set(LUOSHU_CMD_ADDRESS, origin_ + base)
        .set(LUOSHU_CMD_ATTN_HEADS, heads)
        .set(LUOSHU_CMD_ATTN_KV_HEADS, s.kv_heads)
        .set(LUOSHU_CMD_ATTN_HEAD_DIM, s.head_dim);
    c.act(block, joined, vec).set(5, 0, 32, cache.block_bytes).set(6, 0, 32, cache.head_stride);
    std::memcpy(static_cast<void*>(&top_->cmd_i), c.words().data(), 32);
    top_->info_i = static_cast<std::uint16_t>(s.tokens << 5 | bank_ << 3 | pick(0, 7) | pick(0, 1) << 4);
    top_->cmd_valid_i = 1;
    acts_.clear();
    writes_ = 0;
    done_ = false;
    beats_ = 0;
    first_request_ = stalls_memory_ = stalls_wait_ = 0;
    const std::uint64_t start = cycle_;
    std::uint64_t taken_at = 0;
    bool taken = false;
    while (!done_) {
      if (abort_after != 0 && cycle_ - start >= abort_after) return;
      if (HasFatalFailure()) return;  // of a port
      ASSERT_LT(cycle_ - start, 500000u) << what << " hangs";
      top_->clk_i = 0;
      top_->eval();
      const bool ready = top_->cmd_ready_o;
      ASSERT_EQ(top_->busy_o != 0, taken);
      ASSERT_EQ(ready, !taken);
      cycle();
      if (!taken && ready) {
        taken = true;
        taken_at = cycle_ - 1;
        top_->cmd_valid_i = 0;
        if (early) write_queries(q, cache.padded());
      }
    }
    cycles_ = cycle_ - start;
    ASSERT_TRUE(reads_.empty()) << what << " asked for more than it needs";
    // Command to first read segment, and a cycle to its request (luoshu_attn_walk, luoshu_kv_reader).
    if (stall == 0) ASSERT_EQ(first_request_ - taken_at, std::max(s.tokens + 1, s.group) + 5) << what;
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
        ASSERT_EQ(w.joined, joined) << what;
        ASSERT_EQ(w.vec, vec) << what;
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
  std::uint64_t first_request_ = 0, stalls_memory_ = 0, stalls_wait_ = 0;
  unsigned stall_ = 0, bank_ = 0;
  std::uint32_t origin_ = 0;  // address of memory_
  bool done_ = false;
  std::uint64_t starve_ = 0;  // cycles from the first request in which memory gives nothing
  bool rq_stalled_ = false, aw_stalled_ = false;
  std::uint32_t request_[2] = {};
  std::vector<std::uint32_t> write_;
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

// Any shape that the unit takes.
Shape random_shape(const std::function<unsigned(unsigned, unsigned)>& pick) {
  static const unsigned kDims[] = {8, 16, 32, 64, 128, 256, 24, 40, 48, 80, 96, 10, 50, 98};
  Shape s;
  s.head_dim = kDims[pick(0, 13)];
  unsigned padded = 8;
  while (padded < s.head_dim) padded *= 2;
  const unsigned most = std::min(kMaxHeads, kQElements / padded);
  s.kv_heads = pick(1, std::min(3u, most));
  s.group = pick(1, std::min(8u, most / s.kv_heads));
  s.tokens = pick(1, 10) <= 3 ? 1 : pick(1, kMaxTokens);
  s.sequences = pick(1, 10) <= 3;
  const unsigned first = pick(0, 150);
  for (unsigned t = 0; t < s.tokens; ++t) s.positions.push_back(s.sequences ? pick(0, 150) : first + t);
  return s;
}

TEST_F(AttnTest, LongContext) {
  ASSERT_NO_FATAL_FAILURE(run({8, 1, 2, 1, {16389}}, 0));
  ASSERT_NO_FATAL_FAILURE(run({8, 2, 1, 1, {10000 + pick(0, 5000)}}, 0));
}

TEST_F(AttnTest, RandomShapes) {
  for (int round = 0; round < 60; ++round) {
    const Shape s = random_shape([this](unsigned a, unsigned b) { return pick(a, b); });
    ASSERT_NO_FATAL_FAILURE(run(s, round % 2 == 0 ? 0 : pick(5, 60)));
  }
}

TEST_F(AttnTest, AnyMagnitude) {
  for (int round = 0; round < 60; ++round) {
    Shape s = random_shape([this](unsigned a, unsigned b) { return pick(a, b); });
    s.wild = true;
    ASSERT_NO_FATAL_FAILURE(run(s, round % 2 == 0 ? 0 : pick(5, 60)));
  }
}

// A reset at any moment leaves nothing behind: the next command has the model's bits.
TEST_F(AttnTest, ResetInTheMiddle) {
  for (int round = 0; round < 40; ++round) {
    const auto choose = [this](unsigned a, unsigned b) { return pick(a, b); };
    ASSERT_NO_FATAL_FAILURE(run(random_shape(choose), chance(50) ? 0 : 40, pick(1, 40) * pick(1, 40)));
    ASSERT_NO_FATAL_FAILURE(reset());
    Shape s = random_shape(choose);
    s.positions.resize(1);
    s.tokens = 1;
    ASSERT_NO_FATAL_FAILURE(run(s, 0));
  }
}

// The counters: a stall on memory is a cycle in which a beat is wanted and there is none.
TEST_F(AttnTest, Stalls) {
  const Shape s{64, 1, 2, 1, {100}};
  ASSERT_NO_FATAL_FAILURE(run(s, 0));
  const std::uint64_t memory = stalls_memory_;
  EXPECT_LT(memory, cycles_ / 2);
  starve_ = 300;
  ASSERT_NO_FATAL_FAILURE(run(s, 0));
  EXPECT_GE(stalls_memory_, memory + 250) << "nobody counted that memory gave nothing for 300 cycles";
}

}  // namespace
