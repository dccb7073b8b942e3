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
#include <utility>

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
    context_.randSeed(static_cast<int>(test_seed() & 0xffff) + 1);
    top_ = std::make_unique<Vvector>(&context_, "vector");
    top_->clk_i = 0;
    top_->hard_rst_ni = 0;
    reset();
    top_->hard_rst_ni = 1;
  }

  // From whatever state: nothing is left, but what a ROPE has loaded, which only the hard reset forgets.
  void reset() {
    top_->rst_ni = 0;
    top_->cmd_valid_i = 0;
    aux_.clear();
    results_.clear();
    embedding_.clear();
    pending_logits_ = pending_kv_ = 0;
    lw_stalled_ = wq_stalled_ = er_stalled_ = qw_stalled_ = tok_stalled_ = false;
    stall_ = 0;
    last_only_ = false;
    for (unsigned i = pick(1, 4); i > 0; --i) cycle();
    top_->rst_ni = 1;
    for (int i = 0; i < 60; ++i) {
      top_->eval();
      ASSERT_TRUE(top_->cmd_ready_o);
      ASSERT_FALSE(top_->busy_o || top_->stall_memory_o || top_->stall_stream_o || top_->done_o ||
                   top_->aw_valid_o || top_->qw_valid_o || top_->er_valid_o || top_->lw_valid_o ||
                   top_->wq_valid_o || top_->tok_valid_o || top_->ctx_re_o || top_->kctx_re_o ||
                   top_->kv_written_o || top_->r_ready_o)
          << "cycle " << i << " after a reset";
      cycle();
    }
    x_.assign(kMaxTokens, {});
    acts_.clear();
    act_writes_ = 0;
    tokens_.clear();
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
  // Sometimes of few bits, on one grid: a quantiser that rounds them meets ties.
  std::vector<float> numbers(std::size_t n) {
    std::vector<float> v(n);
    const unsigned bits = chance(30) ? pick(8, 16) : 0;
    const int grid = static_cast<int>(pick(0, 12)) - 20;
    for (float& f : v)
      f = bits != 0
              ? std::ldexp(static_cast<float>(pick(0, 2u << bits)) - static_cast<float>(1u << bits), grid)
              : number();
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
    top_->qw_ready_i = !chance(stall_);
    top_->er_ready_i = !chance(stall_);
    top_->er_rvalid_i = go && !embedding_.empty() && !chance(stall_);
    if (top_->er_rvalid_i)
      std::memcpy(static_cast<void*>(&top_->er_rdata_i), memory_.data() + embedding_.front(), kLanes);
    top_->bank_i = static_cast<std::uint8_t>(bank_);
    top_->lw_ready_i = !chance(stall_);
    top_->tok_ready_i = !chance(stall_);
    top_->wq_ready_i = !chance(stall_);
    top_->lw_bvalid_i = pending_logits_ != 0 && !chance(stall_);
    top_->wc_bvalid_i = pending_kv_ != 0 && !chance(stall_);
    top_->ctx_gnt_i = top_->kctx_gnt_i = 0;
    top_->eval();
    top_->ctx_gnt_i = top_->ctx_re_o && !chance(stall_);
    top_->kctx_gnt_i = top_->kctx_re_o && !chance(stall_);
    top_->eval();
    asked_ = kv_asked_ = false;
    sample();
    top_->clk_i = 1;
    top_->eval();
    ++cycle_;
    // a context read that was granted answers in the next cycle, and only then
    top_->ctx_id_i = asked_ ? contexts_[token_asked_].token : static_cast<std::uint32_t>(random_());
    top_->ctx_pos_i = asked_ ? contexts_[token_asked_].position : static_cast<std::uint32_t>(random_());
    if (kv_asked_) {
      const TokenContext& c = contexts_[kv_token_];
      const std::uint32_t words[4] = {c.token, c.position, c.kv_seq_offset, c.kv_block_offset};
      std::memcpy(static_cast<void*>(&top_->kctx_data_i), words, 16);
    }
  }

  void sample() {
    if (top_->rst_ni == 0) return;
    if (top_->ax_valid_i && top_->ax_ready_o) aux_.pop_front();
    if (top_->r_valid_i && top_->r_ready_o) results_.pop_front();
    check_streams();
    asked_ = top_->ctx_gnt_i;
    token_asked_ = top_->ctx_token_o;
    if (asked_) ASSERT_LT(token_asked_, count_);
    kv_asked_ = top_->kctx_gnt_i;
    kv_token_ = top_->kctx_addr_o & 127u;
    if (kv_asked_) {
      ASSERT_EQ(top_->kctx_addr_o >> 7, bank_) << "the context of the other bank";
      ASSERT_LT(kv_token_, count_);
    }
    if (top_->er_rvalid_i && top_->er_rready_o) embedding_.pop_front();
    if (top_->er_valid_o && top_->er_ready_i) {
      for (unsigned b = 0; b < top_->er_beats_o; ++b) {
        const std::uint32_t at = top_->er_addr_o + b * kLanes - origin_;
        ASSERT_LE(at + kLanes, memory_.size()) << "read of " << top_->er_addr_o;
        embedding_.push_back(at);
      }
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
    if (top_->qw_valid_o && top_->qw_ready_i) {
      if (top_->qw_last_o) ASSERT_EQ(top_->qw_final_o != 0, top_->qw_token_o + 1u == count_);
      for (unsigned i = 0; i < kVl; ++i)
        q_[top_->qw_token_o][top_->qw_head_o][top_->qw_elem_o + i] = field(top_->qw_data_o, i * 12, 12);
      if (top_->qw_last_o)
        q_exp_[{top_->qw_token_o, top_->qw_head_o}] = static_cast<std::int8_t>(top_->qw_exp_o);
    }
    if (top_->tok_valid_o && top_->tok_ready_i)
      tokens_.push_back({top_->tok_index_o, top_->tok_id_o, numerics::from_bits(top_->tok_logit_o)});
    if (top_->done_o) ++done_;
  }

  // What is offered and not taken stays.
  void check_streams() {
    const auto held = [](bool& stalled, bool valid, bool ready, std::vector<std::uint8_t>& before,
                         std::vector<std::uint8_t> now, const char* name) {
      if (stalled) ASSERT_TRUE(valid && now == before) << name << " changed while it waited";
      stalled = valid && !ready;
      before = std::move(now);
    };
    std::vector<std::uint8_t> bytes;
    const auto add = [&bytes](const auto& port, unsigned n) {
      const auto* p = reinterpret_cast<const std::uint8_t*>(&port);
      bytes.insert(bytes.end(), p, p + n);
    };
    add(top_->lw_addr_o, 4), add(top_->lw_data_o, kLanes), add(top_->lw_strb_o, kLanes / 8);
    held(lw_stalled_, top_->lw_valid_o, top_->lw_ready_i, lw_, bytes, "a write of a logit");
    bytes.clear();
    add(top_->wq_addr_o, 4), add(top_->wq_data_o, kLanes), add(top_->wq_strb_o, kLanes / 8);
    held(wq_stalled_, top_->wq_valid_o, top_->wq_ready_i, wq_, bytes, "a write of K or V");
    bytes.clear();
    add(top_->er_addr_o, 4), add(top_->er_beats_o, 2);
    held(er_stalled_, top_->er_valid_o, top_->er_ready_i, er_, bytes, "a read of the embedding");
    bytes.clear();
    add(top_->qw_data_o, kVl * 12 / 8), add(top_->qw_token_o, 1), add(top_->qw_head_o, 2),
        add(top_->qw_elem_o, 1);
    add(top_->qw_last_o, 1);
    held(qw_stalled_, top_->qw_valid_o, top_->qw_ready_i, qw_, bytes, "a word of q");
    bytes.clear();
    add(top_->tok_index_o, 1), add(top_->tok_id_o, 4), add(top_->tok_logit_o, 4);
    held(tok_stalled_, top_->tok_valid_o, top_->tok_ready_i, tok_, bytes, "a token");
    if (!top_->busy_o) ASSERT_FALSE(top_->stall_memory_o || top_->stall_stream_o);
    stalls_memory_ += top_->stall_memory_o;
    stalls_stream_ += top_->stall_stream_o;
  }

  template <class Data, class Strobes>
  void store(std::uint32_t address, const Data& data, const Strobes& strobes) {
    address -= origin_;
    ASSERT_EQ(address % kLanes, 0u);
    ASSERT_LE(address + kLanes, memory_.size());
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(&data);
    for (unsigned i = 0; i < kLanes; ++i) {
      if (field(strobes, i, 1) != 0) memory_[address + i] = bytes[i];
    }
  }

  void execute(const Command& c, const std::string& what) {
    done_ = 0;
    stalls_memory_ = stalls_stream_ = 0;
    top_->ctx_tokens_i = static_cast<std::uint8_t>(count_);
    top_->ctx_logits_mode_i = last_only_ ? 1 : 2;
    top_->ctx_write_logits_i = write_logits_;
    std::memcpy(static_cast<void*>(&top_->cmd_i), c.words().data(), 32);
    top_->cmd_valid_i = 1;
    const std::uint64_t start = cycle_;
    bool taken = false;
    while (done_ == 0) {
      if (abort_after_ != 0 && cycle_ - start >= abort_after_) throw Aborted();
      if (HasFatalFailure()) return;  // of a port
      ASSERT_LT(cycle_ - start, 400000u) << what << " hangs";
      top_->clk_i = 0;
      top_->eval();
      const bool ready = top_->cmd_ready_o;
      ASSERT_EQ(top_->busy_o != 0, taken) << what;
      cycle();
      if (!taken && ready) {
        taken = true;
        top_->cmd_valid_i = 0;
      }
    }
    ASSERT_EQ(done_, 1u) << what;
    cycles_ = cycle_ - start;
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
  std::vector<std::vector<float>> stream_results(unsigned rows, unsigned tile) {
    std::vector<std::vector<float>> y(count_);
    for (auto& v : y) v = numbers(rows);
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
    origin_ = pick(0, 4000) << 20;
    bank_ = pick(0, 1);
    write_logits_ = true;
    acts_.clear();
    act_writes_ = 0;
  }

  // EMBED of random rows; x_ follows.
  void embed(unsigned d) {
    model::WeightStream s;
    s.lanes = kLanes;
    s.mode = pick(0, 3);
    s.kblocks = (d + 31) / 32;
    s.rows = chance(10) ? 900000 / (s.kblocks * 72) : 20;
    for (unsigned t = 0; t < kMaxTokens; ++t) contexts_[t].token = pick(0, static_cast<unsigned>(s.rows) - 1);
    const std::uint32_t address = kLanes * pick(0, 63);
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
    c.set(LUOSHU_CMD_ADDRESS, origin_ + address)
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
    const float eps = chance(50) ? 1e-5f : chance(50) ? 1e-12f : 0.5f;
    const unsigned block = pick(0, 5);
    const unsigned vec = pick(0, 2);
    const bool joined = chance(50);
    Command c(LUOSHU_OP_NORM);
    c.set(LUOSHU_CMD_NORM_N, d)
        .act(block, joined, vec)
        .set_float(LUOSHU_CMD_NORM_INV_N, 1.0f / static_cast<float>(d))
        .set_float(LUOSHU_CMD_NORM_EPS, eps);
    c.set(LUOSHU_CMD_LAST, 1);
    ASSERT_NO_FATAL_FAILURE(execute(c, "NORM after " + after));
    std::vector<std::vector<float>> y(count_);
    for (unsigned t = 0; t < count_; ++t) {
      y[t].resize(d);
      model::rms_norm(x_[t].data(), weight.data(), d, 1.0f / static_cast<float>(d), eps, y[t].data());
    }
    check_acts(y, block, vec, joined, "NORM after " + after);
  }

  void embed_norm_resid() {
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

  void swiglu(int round) {
    new_pass();
    const unsigned pairs = round < 6 ? 32 * pick(1, 4) + 1 : pick(1, 300);
    if (round < 6) count_ = kMaxTokens, stall_ = 0;
    auto y = stream_results(2 * pairs, tile());
    if (round < 3) {  // gates whose sigmoid is tiny and tells the last bit of its argument
      const unsigned from = pick(45, 79);
      for (auto& result : results_) {
        const float gate = -std::ldexp(static_cast<float>((from << 18) + pick(0, 1u << 18)), -18);
        result.value = result.row % 2 == 0 ? gate : std::copysign(1.0f, result.value);
        y[result.token][result.row] = result.value;
      }
    }
    const unsigned block = pick(0, 5);
    Command c(LUOSHU_OP_SWIGLU);
    c.set(LUOSHU_CMD_SWIGLU_N, pairs).act(block, round % 2 != 0, 2);
    ASSERT_NO_FATAL_FAILURE(execute(c, "SWIGLU"));
    std::vector<std::vector<float>> h(count_, std::vector<float>(pairs));
    for (unsigned t = 0; t < count_; ++t) model::swiglu(y[t].data(), pairs, h[t].data());
    ASSERT_NO_FATAL_FAILURE(check_acts(h, block, 2, round % 2 != 0, "SWIGLU " + std::to_string(pairs)));
  }

  void logits() {
    new_pass();
    last_only_ = chance(40);
    const unsigned vocab = pick(1, 700);
    auto y = stream_results(vocab, tile());
    // Ties: the lowest row wins; negative numbers and zeros have their order, too.
    if (chance(60)) {
      const unsigned kinds = pick(1, 4);
      std::vector<float> few = numbers(kinds);
      if (chance(30)) {
        for (float& f : few) f = -std::fabs(f);
      }
      for (auto& result : results_) y[result.token][result.row] = result.value = few[pick(0, kinds - 1)];
    }
    write_logits_ = chance(80);
    tokens_.clear();
    Command c(LUOSHU_OP_LOGITS);
    // Any word may be a token's first; what lies around its logits stays.
    const std::uint32_t address = 4 * pick(0, 3200);
    const std::uint32_t stride = 4 * (vocab + pick(0, 500));
    std::vector<std::uint8_t> expected(memory_);
    c.set(LUOSHU_CMD_ADDRESS, origin_ + address)
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
      for (unsigned i = 0; write_logits_ && i < vocab; ++i) {
        const std::uint32_t at = address + (t - first()) * stride + i * 4;
        const std::uint32_t bits = numerics::bits_of(y[t][i]);
        ASSERT_EQ(std::memcmp(memory_.data() + at, &bits, 4), 0)
            << "vocab " << vocab << " row " << i << " token " << t << " of " << count_;
        std::memcpy(expected.data() + at, &bits, 4);
      }
    }
    ASSERT_EQ(memory_, expected) << "bytes that are no logits";
    last_only_ = false;
  }

  void qkv() {
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
    if (chance(30)) {
      const unsigned stall = stall_;
      ASSERT_NO_FATAL_FAILURE(reset());
      stall_ = stall;
    }
    // The rotation's angles follow the positions that EMBED saw.
    // The low bits say where a key goes, all of them how far it turns.
    for (unsigned t = 0; t < kMaxTokens; ++t)
      contexts_[t].position =
          pick(0, 63) | (chance(50) ? 0 : static_cast<std::uint32_t>(random_()) << pick(6, 31));
    ASSERT_NO_FATAL_FAILURE(embed(32));

    const unsigned rows = (heads + 2 * kv_heads) * p.head_dim;
    std::vector<float> parameters;
    for (unsigned i = 0; norm && i < 2 * p.head_dim; ++i) parameters.push_back(tame());
    for (unsigned i = 0; bias && i < rows; ++i) parameters.push_back(tame());
    if (!parameters.empty()) stream_aux(parameters.data(), parameters.size() * 4);
    auto y = stream_results(rows, tile());

    model::KvCache cache{nullptr, kLanes, p.head_dim, 0, 0};
    cache.block_bytes = cache.meta_bytes() + 32 * cache.padded() * 5 / 2;
    cache.head_stride = cache.block_bytes * 2 + std::max(64u, kLanes) * pick(0, 3);
    for (unsigned t = 0; t < count_; ++t) {
      contexts_[t].kv_seq_offset = t * cache.head_stride * kv_heads;  // a sequence each
      contexts_[t].kv_block_offset = contexts_[t].position % 64 / 32 * cache.block_bytes;
    }
    const std::uint32_t base = 128 * pick(0, 63);
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
    c.set(LUOSHU_CMD_QKV_KV_BASE, origin_ + base);
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
          model::write_value(mine, head - kv_heads, contexts_[t].position % 64, q8.data(), e);
          continue;
        }
        const int e = numerics::quantise(v, static_cast<int>(p.head_dim), 11, q.data(), true);
        if (kind == model::HeadKind::kKey) {
          model::write_key(mine, head, contexts_[t].position % 64, q.data(), e);
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

  struct Aborted {};
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
  std::uint64_t cycles_ = 0, stalls_memory_ = 0, stalls_stream_ = 0, abort_after_ = 0;
  unsigned bank_ = 0;
  std::uint32_t origin_ = 0;  // address of memory_
  bool write_logits_ = true, asked_ = false;
  bool lw_stalled_ = false, wq_stalled_ = false, er_stalled_ = false, qw_stalled_ = false;
  bool tok_stalled_ = false;
  std::vector<std::uint8_t> lw_, wq_, er_, qw_, tok_;  // what was offered in the last cycle
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
  for (int round = 0; round < 40; ++round) ASSERT_NO_FATAL_FAILURE(embed_norm_resid());
}

TEST_F(VectorTest, Swiglu) {
  for (int round = 0; round < 30; ++round) ASSERT_NO_FATAL_FAILURE(swiglu(round));
}

TEST_F(VectorTest, Logits) {
  for (int round = 0; round < 60; ++round) ASSERT_NO_FATAL_FAILURE(logits());
}

TEST_F(VectorTest, Qkv) {
  for (int round = 0; round < 120; ++round) ASSERT_NO_FATAL_FAILURE(qkv());
}

// A reset at any moment leaves nothing behind: the next commands have the model's bits. Tables that a command
// loads are loaded again.
TEST_F(VectorTest, ResetInTheMiddle) {
  const auto one = [this](unsigned kind) {
    switch (kind) {
      case 0:
        return embed_norm_resid();
      case 1:
        return swiglu(static_cast<int>(pick(0, 20)));
      case 2:
        return logits();
      default:
        return qkv();
    }
  };
  for (int round = 0; round < 40; ++round) {
    abort_after_ = pick(1, 60) * pick(1, 30);
    try {
      ASSERT_NO_FATAL_FAILURE(one(pick(0, 3)));
    } catch (const Aborted&) {
    }
    abort_after_ = 0;
    ASSERT_NO_FATAL_FAILURE(reset());
    ASSERT_NO_FATAL_FAILURE(one(pick(0, 3)));
  }
}

// The counters: what is missing is counted while it is missing.
TEST_F(VectorTest, Stalls) {
  new_pass();
  stall_ = 0;
  count_ = 2;
  ASSERT_NO_FATAL_FAILURE(embed(64));
  const std::uint64_t fast = stalls_memory_;
  EXPECT_LT(fast, cycles_);
  stall_ = 90;
  ASSERT_NO_FATAL_FAILURE(embed(64));
  EXPECT_GT(stalls_memory_, fast + 20);
  stall_ = 0;
  const auto y = stream_results(64, 2);
  Command c(LUOSHU_OP_RESID);
  c.set(LUOSHU_CMD_RESID_N, 64);
  ASSERT_NO_FATAL_FAILURE(execute(c, "RESID"));
  EXPECT_LE(stalls_stream_, 1u);
  EXPECT_LE(cycles_, 2 * 64 + 12) << "an element per cycle";
  stream_results(64, 2);
  stall_ = 80;
  ASSERT_NO_FATAL_FAILURE(execute(c, "RESID"));
  EXPECT_GT(stalls_stream_, 100u);
  EXPECT_EQ(stalls_memory_, 0u);
}

}  // namespace
