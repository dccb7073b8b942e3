// SPDX-License-Identifier: Apache-2.0
// The vector unit and the KV writer against models/chip: every command, random shapes, random stalls on every
// port.
#include <gtest/gtest.h>
#include <verilated.h>

#include <cmath>
#include <cstring>
#include <deque>
#include <map>
#include <memory>
#include <random>

#include "Vvector.h"
#include "chip/kernels.h"
#include "luoshu/chip.h"
#include "numerics/fp.h"
#include "program/command.h"
#include "support/seed.h"

namespace {

using namespace luoshu;
using model::Activations;

constexpr unsigned kLanes = BENCH_LANES, kVl = BENCH_VL, kMaxTokens = 8, kMaxD = 512;

template <class Port>
std::int32_t field(const Port& port, unsigned at, unsigned bits) {
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(&port);
  std::uint32_t value = 0;
  for (unsigned i = 0; i < bits; ++i)
    value |= static_cast<std::uint32_t>(bytes[(at + i) / 8] >> ((at + i) % 8) & 1) << i;
  return static_cast<std::int32_t>(value << (32 - bits)) >> (32 - bits);
}

struct ActWrite {
  unsigned vec;
  bool joined, first;
  std::vector<std::int16_t> a;
  int e, sum;
};

class VectorTest : public testing::Test {
 protected:
  VectorTest() : random_(test_seed()), memory_(1 << 20) {
    context_.randReset(2);
    top_ = std::make_unique<Vvector>(&context_, "vector");
    top_->clk_i = 0;
    top_->hard_rst_ni = 0;
    top_->cmd_valid_i = 0;
    reset_units();
    top_->hard_rst_ni = 1;
    x_.assign(kMaxTokens, {});
  }

  // The reset that ends a decode loop: what a ROPE has loaded stays.
  void reset_units() {
    top_->rst_ni = 0;
    for (int i = 0; i < 4; ++i) cycle();
    top_->rst_ni = 1;
  }

  unsigned pick(unsigned low, unsigned high) {
    return std::uniform_int_distribution<unsigned>(low, high)(random_);
  }
  bool chance(unsigned percent) { return pick(1, 100) <= percent; }
  float number() {
    if (chance(2)) return 0.0f;
    const std::uint32_t exponent = chance(5) ? pick(1, 254) : pick(118, 132);
    return numerics::from_bits((static_cast<std::uint32_t>(random_()) & 0x807fffffu) | exponent << 23);
  }
  float tame() {
    return numerics::from_bits((static_cast<std::uint32_t>(random_()) & 0x807fffffu) | pick(118, 130) << 23);
  }
  std::vector<float> numbers(std::size_t n) {
    std::vector<float> v(n);
    for (float& f : v) f = number();
    return v;
  }

  // One clock cycle with every port served; stall_ percent of valid and ready are withheld.
  void cycle() {
    top_->clk_i = 0;
    const bool go = top_->rst_ni != 0;
    top_->ax_valid_i = go && !aux_.empty() && !chance(stall_);
    if (top_->ax_valid_i) std::memcpy(static_cast<void*>(&top_->ax_data_i), aux_.front().data(), kLanes);
    top_->r_valid_i = go && !results_.empty() && !chance(stall_);
    if (top_->r_valid_i) {
      const Result& r = results_.front();
      top_->r_row_i = r.row;
      top_->r_token_i = static_cast<std::uint8_t>(r.token);
      top_->r_data_i = numerics::bits_of(r.value);
      top_->r_last_i = results_.size() == 1;
    }
    top_->qw_ready_i = 1;
    top_->er_ready_i = !chance(stall_);
    top_->er_rvalid_i = go && !embedding_.empty() && !chance(stall_);
    if (top_->er_rvalid_i)
      std::memcpy(static_cast<void*>(&top_->er_rdata_i), memory_.data() + embedding_.front(), kLanes);
    top_->lw_ready_i = !chance(stall_);
    top_->tok_ready_i = !chance(stall_);
    top_->wq_ready_i = !chance(stall_);
    top_->lw_bvalid_i = pending_logits_ != 0 && !chance(stall_);
    top_->wc_bvalid_i = pending_kv_ != 0 && !chance(stall_);
    top_->eval();
    sample();
    top_->clk_i = 1;
    top_->eval();
    ++cycle_;
    // context reads answer in the next cycle
    top_->ctx_id_i = contexts_[token_asked_ % kMaxTokens].token;
    top_->ctx_pos_i = contexts_[token_asked_ % kMaxTokens].position;
    if (kv_asked_) {
      const TokenContext& c = contexts_[kv_token_ % kMaxTokens];
      const std::uint32_t words[4] = {c.token, c.position, c.kv_seq_offset, c.kv_block_offset};
      std::memcpy(static_cast<void*>(&top_->kctx_data_i), words, 16);
    }
  }

  void sample() {
    if (top_->rst_ni == 0) return;
    if (top_->ax_valid_i && top_->ax_ready_o) aux_.pop_front();
    if (top_->r_valid_i && top_->r_ready_o) results_.pop_front();
    token_asked_ = top_->ctx_token_o;
    kv_asked_ = top_->kctx_re_o;
    kv_token_ = top_->kctx_addr_o & 127u;
    if (top_->er_rvalid_i && top_->er_rready_o) embedding_.pop_front();
    if (top_->er_valid_o && top_->er_ready_i) {
      for (unsigned b = 0; b < top_->er_beats_o; ++b) embedding_.push_back(top_->er_addr_o + b * kLanes);
    }
    if (top_->lw_bvalid_i) --pending_logits_;
    if (top_->wc_bvalid_i) --pending_kv_;
    if (top_->lw_valid_o && top_->lw_ready_i) {
      ++pending_logits_;
      store(top_->lw_addr_o, top_->lw_data_o, top_->lw_strb_o);
    }
    if (top_->kv_written_o) {
      ++kv_told_;
      kv_writes_told_ = kv_writes_;
      ASSERT_EQ(pending_kv_, 0u) << "K and V are told as written, but not acknowledged";
    }
    if (top_->wq_valid_o && top_->wq_ready_i) {
      ++pending_kv_;
      ++kv_writes_;
      store(top_->wq_addr_o, top_->wq_data_o, top_->wq_strb_o);
    }
    if (top_->aw_valid_o) {
      ActWrite w{top_->aw_vec_o,
                 top_->aw_joined_o != 0,
                 top_->aw_first_o != 0,
                 {},
                 field(top_->aw_exp_o, 0, 9),
                 field(top_->aw_sum_o, 0, 18)};
      for (unsigned i = 0; i < 32; ++i)
        w.a.push_back(static_cast<std::int16_t>(field(top_->aw_data_o, i * 12, 12)));
      acts_[{top_->aw_token_o, top_->aw_block_o}] = w;
      ++act_writes_;
    }
    if (top_->qw_valid_o) {
      for (unsigned i = 0; i < kVl; ++i)
        q_[top_->qw_token_o][top_->qw_head_o][top_->qw_elem_o + i] = field(top_->qw_data_o, i * 12, 12);
      if (top_->qw_last_o)
        q_exp_[{top_->qw_token_o, top_->qw_head_o}] = static_cast<std::int8_t>(top_->qw_exp_o);
    }
    if (top_->tok_valid_o && top_->tok_ready_i)
      tokens_.push_back({top_->tok_index_o, top_->tok_id_o, numerics::from_bits(top_->tok_logit_o)});
    if (top_->done_o) ++done_;
  }

  template <class Data, class Strobes>
  void store(std::uint32_t address, const Data& data, const Strobes& strobes) {
    ASSERT_EQ(address % kLanes, 0u);
    ASSERT_LE(address + kLanes, memory_.size());
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(&data);
    for (unsigned i = 0; i < kLanes; ++i) {
      if (field(strobes, i, 1) != 0) memory_[address + i] = bytes[i];
    }
  }

  void execute(const Command& c, const std::string& what) {
    done_ = 0;
    top_->ctx_tokens_i = static_cast<std::uint8_t>(count_);
    top_->ctx_logits_mode_i = last_only_ ? 1 : 2;
    top_->ctx_write_logits_i = 1;
    std::memcpy(static_cast<void*>(&top_->cmd_i), c.words().data(), 32);
    top_->cmd_valid_i = 1;
    const std::uint64_t start = cycle_;
    bool taken = false;
    while (done_ == 0) {
      ASSERT_LT(cycle_ - start, 400000u) << what << " hangs";
      top_->clk_i = 0;
      top_->eval();
      const bool ready = top_->cmd_ready_o;
      cycle();
      if (!taken && ready) {
        taken = true;
        top_->cmd_valid_i = 0;
      }
    }
    ASSERT_EQ(done_, 1u) << what;
    ASSERT_TRUE(aux_.empty() && results_.empty()) << what << " left input";
  }

  void stream_aux(const void* data, std::size_t bytes) {
    std::vector<std::uint8_t> padded((bytes + kLanes - 1) / kLanes * kLanes, 0);
    std::memcpy(padded.data(), data, bytes);
    for (std::size_t at = 0; at < padded.size(); at += kLanes) {
      aux_.emplace_back(padded.begin() + static_cast<std::ptrdiff_t>(at),
                        padded.begin() + static_cast<std::ptrdiff_t>(at + kLanes));
    }
  }

  // Result stream of a matrix with `rows` rows: tiles of random height, token by token.
  // With `tie` the largest value of each token is there twice.
  std::vector<std::vector<float>> stream_results(unsigned rows, unsigned tile, bool tie = false) {
    std::vector<std::vector<float>> y(count_);
    for (auto& v : y) {
      v = numbers(rows);
      if (tie) v[pick(0, rows - 1)] = *std::max_element(v.begin(), v.end());
    }
    for (unsigned row = 0; row < rows; row += tile) {
      for (unsigned t = first(); t < count_; ++t) {
        for (unsigned r = row; r < std::min(rows, row + tile); ++r) results_.push_back({r, t, y[t][r]});
      }
    }
    return y;
  }

  unsigned first() const { return last_only_ ? count_ - 1 : 0; }
  unsigned tile() { return kLanes < 32 ? pick(1, 2) : kLanes / 32 * pick(1, 2); }

  void new_pass() {
    stall_ = chance(40) ? 0 : pick(5, 60);
    count_ = chance(30) ? 1 : pick(1, kMaxTokens);
    for (unsigned t = 0; t < kMaxTokens; ++t) contexts_[t] = {pick(0, 19), pick(0, 3000), 0, 0};
    acts_.clear();
    act_writes_ = 0;
  }

  // EMBED of random rows; x_ follows.
  void embed(unsigned d) {
    model::WeightStream s;
    s.lanes = kLanes;
    s.mode = pick(0, 3);
    s.rows = 20;
    s.kblocks = (d + 31) / 32;
    const std::uint32_t address = 4096;
    ASSERT_LE(address + s.beats() * kLanes, memory_.size());
    for (std::size_t i = 0; i < s.beats() * kLanes; ++i)
      memory_[address + i] = static_cast<std::uint8_t>(pick(0, 255));
    for (std::size_t run = 0; run * (s.run_beats() + 1) < s.beats(); ++run) {
      for (unsigned i = 0; i < kLanes; i += 2) {
        const auto h = static_cast<std::uint16_t>(pick(0, 1) << 15 | pick(0, 20) << 10 | pick(0, 1023));
        std::memcpy(memory_.data() + address + run * (s.run_beats() + 1) * kLanes + i, &h, 2);
      }
      // both planes of a block have one scale
      const unsigned rows = s.slots() * 2;
      std::uint8_t* entries = memory_.data() + address + run * (s.run_beats() + 1) * kLanes;
      for (unsigned at = 0; s.mode == LUOSHU_MODE_PLANES && at < kLanes; at += 2 * rows)
        std::memcpy(entries + at + rows, entries + at, rows);
    }
    s.data = memory_.data() + address;
    Command c(LUOSHU_OP_EMBED);
    c.set(LUOSHU_CMD_ADDRESS, address)
        .set(LUOSHU_CMD_EMBED_D, d)
        .set(LUOSHU_CMD_EMBED_KBLOCKS, s.kblocks)
        .set(LUOSHU_CMD_EMBED_MODE, s.mode);
    for (unsigned t = 0; t < count_; ++t) {
      x_[t].assign(d, 0);
      model::embedding_row(s, contexts_[t].token, d, x_[t].data());
    }
    embed_what_ = "EMBED mode " + std::to_string(s.mode) + " d " + std::to_string(d);
    execute(c, embed_what_);
  }

  void check_acts(const std::vector<std::vector<float>>& y, unsigned block, unsigned vec, bool joined,
                  const std::string& what) {
    std::size_t expected = 0;
    for (unsigned t = first(); t < count_; ++t) {
      Activations a;
      model::quantise_activations(y[t].data(), y[t].size(), a);
      for (unsigned b = 0; b < a.blocks(); ++b) {
        ++expected;
        ASSERT_EQ(acts_.count({t, block + b}), 1u) << what << " token " << t << " block " << b;
        const ActWrite& w = acts_[{t, block + b}];
        for (unsigned i = 0; i < 32; ++i)
          ASSERT_EQ(w.a[i], a.a[b * 32 + i]) << what << " token " << t << " block " << b << " element " << i;
        ASSERT_EQ(w.e, a.e[b]) << what;
        ASSERT_EQ(w.sum, a.sum[b]) << what;
        ASSERT_EQ(w.first, b == 0) << what;
        ASSERT_EQ(w.vec, vec);
        ASSERT_EQ(w.joined, joined);
      }
    }
    ASSERT_EQ(act_writes_, expected) << what;
    acts_.clear();
    act_writes_ = 0;
  }

  void norm(const std::string& after) {
    const unsigned d = static_cast<unsigned>(x_[0].size());
    const std::vector<float> weight = numbers(d);
    stream_aux(weight.data(), d * 4);
    const float eps = 1e-5f;
    const unsigned block = pick(0, 5);
    const bool joined = chance(50);
    Command c(LUOSHU_OP_NORM);
    c.set(LUOSHU_CMD_NORM_N, d)
        .act(block, joined, 0)
        .set_float(LUOSHU_CMD_NORM_INV_N, 1.0f / static_cast<float>(d))
        .set_float(LUOSHU_CMD_NORM_EPS, eps);
    c.set(LUOSHU_CMD_LAST, 1);
    ASSERT_NO_FATAL_FAILURE(execute(c, "NORM after " + after));
    std::vector<std::vector<float>> y(count_);
    for (unsigned t = 0; t < count_; ++t) {
      y[t].resize(d);
      model::rms_norm(x_[t].data(), weight.data(), d, 1.0f / static_cast<float>(d), eps, y[t].data());
    }
    check_acts(y, block, 0, joined, "NORM after " + after);
  }

  struct Result {
    std::uint32_t row, token;
    float value;
  };
  struct Token {
    std::uint32_t index, id;
    float logit;
  };
  std::mt19937_64 random_;
  VerilatedContext context_;
  std::unique_ptr<Vvector> top_;
  std::vector<std::uint8_t> memory_;
  std::uint64_t cycle_ = 0;
  unsigned stall_ = 0, count_ = 1, done_ = 0;
  bool last_only_ = false;
  std::string embed_what_;
  TokenContext contexts_[kMaxTokens];
  std::vector<std::vector<float>> x_;  // residual per token
  std::deque<std::vector<std::uint8_t>> aux_;
  std::deque<Result> results_;
  std::deque<std::uint32_t> embedding_;
  unsigned token_asked_ = 0, kv_token_ = 0, pending_logits_ = 0, pending_kv_ = 0;
  unsigned kv_told_ = 0, kv_writes_ = 0, kv_writes_told_ = 0;
  bool kv_asked_ = false;
  std::map<std::pair<unsigned, unsigned>, ActWrite> acts_;
  std::size_t act_writes_ = 0;
  std::int32_t q_[kMaxTokens][64][272];
  std::map<std::pair<unsigned, unsigned>, int> q_exp_;
  std::vector<Token> tokens_;
};

TEST_F(VectorTest, EmbedNormResid) {
  for (int round = 0; round < 40; ++round) {
    new_pass();
    const unsigned d = chance(50) ? pick(1, 16) * 32 : pick(8, kMaxD);
    ASSERT_NO_FATAL_FAILURE(embed(d));
    ASSERT_NO_FATAL_FAILURE(norm("EMBED"));
    const auto y = stream_results(d, tile());
    Command c(LUOSHU_OP_RESID);
    c.set(LUOSHU_CMD_RESID_N, d);
    ASSERT_NO_FATAL_FAILURE(execute(c, "RESID"));
    for (unsigned t = 0; t < count_; ++t) {
      for (unsigned i = 0; i < d; ++i) x_[t][i] = numerics::fadd(x_[t][i], y[t][i]);
    }
    last_only_ = chance(30);
    ASSERT_NO_FATAL_FAILURE(norm("RESID"));
    last_only_ = false;
  }
}

TEST_F(VectorTest, Swiglu) {
  for (int round = 0; round < 30; ++round) {
    new_pass();
    const unsigned pairs = round < 6 ? 32 * pick(1, 4) + 1 : pick(1, 300);
    if (round < 6) count_ = kMaxTokens, stall_ = 0;
    const auto y = stream_results(2 * pairs, tile());
    const unsigned block = pick(0, 5);
    Command c(LUOSHU_OP_SWIGLU);
    c.set(LUOSHU_CMD_SWIGLU_N, pairs).act(block, round % 2 != 0, 2);
    ASSERT_NO_FATAL_FAILURE(execute(c, "SWIGLU"));
    std::vector<std::vector<float>> h(count_, std::vector<float>(pairs));
    for (unsigned t = 0; t < count_; ++t) model::swiglu(y[t].data(), pairs, h[t].data());
    ASSERT_NO_FATAL_FAILURE(check_acts(h, block, 2, round % 2 != 0, "SWIGLU " + std::to_string(pairs)));
  }
}

TEST_F(VectorTest, Logits) {
  for (int round = 0; round < 30; ++round) {
    new_pass();
    last_only_ = chance(40);
    const unsigned vocab = pick(1, 700);
    const auto y = stream_results(vocab, tile(), chance(50));
    tokens_.clear();
    Command c(LUOSHU_OP_LOGITS);
    const std::uint32_t address = 8192;
    const std::uint32_t stride = 4096;
    c.set(LUOSHU_CMD_ADDRESS, address)
        .set(LUOSHU_CMD_LOGITS_VOCAB, vocab)
        .set(LUOSHU_CMD_LOGITS_TOKEN_STRIDE, stride)
        .set(LUOSHU_CMD_LAST, 1);
    ASSERT_NO_FATAL_FAILURE(execute(c, "LOGITS"));
    ASSERT_EQ(tokens_.size(), count_ - first());
    for (unsigned t = first(); t < count_; ++t) {
      const auto best = static_cast<unsigned>(std::max_element(y[t].begin(), y[t].end()) - y[t].begin());
      const Token& token = tokens_[t - first()];
      ASSERT_EQ(token.index, t);
      ASSERT_EQ(token.id, best) << "vocab " << vocab;
      ASSERT_EQ(token.logit, y[t][best]);
      for (unsigned i = 0; i < vocab; ++i) {
        std::uint32_t stored = 0;
        std::memcpy(&stored, memory_.data() + address + (t - first()) * stride + i * 4, 4);
        ASSERT_EQ(stored, numerics::bits_of(y[t][i]))
            << "vocab " << vocab << " row " << i << " token " << t << " of " << count_;
      }
    }
    last_only_ = false;
  }
}

TEST_F(VectorTest, Qkv) {
  for (int round = 0; round < 120; ++round) {
    new_pass();
    model::HeadParameters p;
    static const unsigned kDims[] = {8, 16, 32, 64, 128, 256, 24, 40, 48, 80, 96, 66, 100, 250};
    p.head_dim = chance(70) ? kDims[pick(0, 13)] : pick(8, 256);
    const unsigned kv_heads = pick(1, 3);
    const unsigned heads = kv_heads * pick(1, 3);
    p.rot = (chance(60) ? p.head_dim : pick(2, p.head_dim)) / 2 * 2;
    p.halves = chance(50);
    p.inv_head_dim = 1.0f / static_cast<float>(p.head_dim);
    p.q_scale = static_cast<float>(1.4426950408889634 / std::sqrt(static_cast<double>(p.head_dim)));
    p.eps = 1e-6f;
    const bool bias = chance(50);
    const bool norm = chance(50);
    std::vector<std::uint32_t> steps(p.rot / 2);
    for (auto& s : steps) s = static_cast<std::uint32_t>(random_());
    p.steps = steps.data();
    stream_aux(steps.data(), steps.size() * 4);
    Command rope(LUOSHU_OP_ROPE);
    rope.set(LUOSHU_CMD_ROPE_N, p.rot / 2);
    ASSERT_NO_FATAL_FAILURE(execute(rope, "ROPE"));
    if (chance(30)) reset_units();
    // The rotation's angles follow the positions that EMBED saw.
    for (unsigned t = 0; t < kMaxTokens; ++t) contexts_[t].position = pick(0, 63);
    ASSERT_NO_FATAL_FAILURE(embed(32));

    const unsigned rows = (heads + 2 * kv_heads) * p.head_dim;
    std::vector<float> parameters;
    for (unsigned i = 0; norm && i < 2 * p.head_dim; ++i) parameters.push_back(tame());
    for (unsigned i = 0; bias && i < rows; ++i) parameters.push_back(tame());
    if (!parameters.empty()) stream_aux(parameters.data(), parameters.size() * 4);
    auto y = stream_results(rows, tile());

    model::KvCache cache{nullptr, kLanes, p.head_dim, 0, 0};
    cache.block_bytes = cache.meta_bytes() + 32 * cache.padded() * 5 / 2;
    cache.head_stride = cache.block_bytes * 2;
    for (unsigned t = 0; t < count_; ++t) {
      contexts_[t].kv_seq_offset = t * cache.head_stride * kv_heads;  // a sequence each
      contexts_[t].kv_block_offset = contexts_[t].position / 32 * cache.block_bytes;
    }
    const std::uint32_t base = 4096;
    ASSERT_LE(base + std::uint64_t{kMaxTokens} * cache.head_stride * kv_heads, memory_.size());
    for (std::uint32_t i = 0; i < kMaxTokens * cache.head_stride * kv_heads; ++i) memory_[base + i] = 0;
    std::vector<std::uint8_t> expected(memory_);
    const std::string what = "QKV head_dim " + std::to_string(p.head_dim) + " rot " + std::to_string(p.rot) +
                             (p.halves ? " halves" : " adjacent") + " heads " + std::to_string(heads) + "/" +
                             std::to_string(kv_heads) + (bias ? " bias" : "") + (norm ? " norm" : "") +
                             " tokens " + std::to_string(count_);
    Command c(LUOSHU_OP_QKV);
    c.set(LUOSHU_CMD_QKV_HEADS, heads)
        .set(LUOSHU_CMD_QKV_KV_HEADS, kv_heads)
        .set(LUOSHU_CMD_QKV_HEAD_DIM, p.head_dim)
        .set(LUOSHU_CMD_QKV_ROT, p.rot);
    c.set(LUOSHU_CMD_QKV_HALVES, p.halves).set(LUOSHU_CMD_QKV_BIAS, bias).set(LUOSHU_CMD_QKV_QK_NORM, norm);
    c.set_float(LUOSHU_CMD_QKV_INV_HEAD_DIM, p.inv_head_dim)
        .set_float(LUOSHU_CMD_QKV_Q_SCALE, p.q_scale)
        .set_float(LUOSHU_CMD_QKV_EPS, p.eps);
    c.set(LUOSHU_CMD_QKV_KV_BASE, base);
    top_->head_stride_i = cache.head_stride;
    q_exp_.clear();
    kv_told_ = kv_writes_ = 0;
    ASSERT_NO_FATAL_FAILURE(execute(c, what));
    ASSERT_EQ(kv_told_, 1u) << what;
    ASSERT_EQ(kv_writes_told_, kv_writes_) << what << ": written after it was told";

    for (unsigned t = 0; t < count_; ++t) {
      model::KvCache mine = cache;
      mine.base = expected.data() + base + contexts_[t].kv_seq_offset;
      for (unsigned head = 0; head < 2 * kv_heads + heads; ++head) {
        const auto kind = head < kv_heads       ? model::HeadKind::kKey
                          : head < 2 * kv_heads ? model::HeadKind::kValue
                                                : model::HeadKind::kQuery;
        float* v = y[t].data() + head * p.head_dim;
        const float* n =
            norm ? parameters.data() + (kind == model::HeadKind::kKey ? p.head_dim : 0) : nullptr;
        const float* b = bias ? parameters.data() + (norm ? 2 * p.head_dim : 0) + head * p.head_dim : nullptr;
        model::finish_head(p, kind, contexts_[t].position, b, n, v);
        std::vector<std::int16_t> q(p.head_dim);
        if (kind == model::HeadKind::kValue) {
          std::vector<std::int8_t> q8(p.head_dim);
          const int e = numerics::quantise(v, static_cast<int>(p.head_dim), 7, q8.data(), true);
          model::write_value(mine, head - kv_heads, contexts_[t].position, q8.data(), e);
          continue;
        }
        const int e = numerics::quantise(v, static_cast<int>(p.head_dim), 11, q.data(), true);
        if (kind == model::HeadKind::kKey) {
          model::write_key(mine, head, contexts_[t].position, q.data(), e);
          continue;
        }
        const unsigned h = head - 2 * kv_heads;
        ASSERT_EQ(q_exp_.count({t, h}), 1u) << what;
        const int got_e = q_exp_[std::make_pair(t, h)];
        ASSERT_EQ(got_e, e) << what << " q exponent of head " << h;
        for (unsigned i = 0; i < p.head_dim; ++i)
          ASSERT_EQ(q_[t][h][i], q[i]) << what << " token " << t << " q head " << h << " element " << i;
        for (unsigned i = p.head_dim; i < cache.padded(); ++i) ASSERT_EQ(q_[t][h][i], 0) << what;
      }
    }
    for (std::size_t i = 0; i < memory_.size(); ++i) {
      ASSERT_EQ(memory_[i], expected[i])
          << what << ": KV byte " << (i - base) % cache.block_bytes << " of block "
          << (i - base) / cache.block_bytes << ", position of token 0 " << contexts_[0].position;
    }
  }
}

}  // namespace
