// SPDX-License-Identifier: Apache-2.0
// luoshu_bus: both masters and the instruction port at random against an array of words, each grant, strobe
// and answer in the cycle that the header names.
#include <gtest/gtest.h>
#include <verilated.h>

#include <memory>
#include <random>
#include <vector>

#include "Vbus.h"
#include "support/seed.h"

namespace {

using luoshu::test_seed;

constexpr std::uint32_t kTcm = BENCH_TCM_BYTES, kRegisters = 0x80000000u, kWindow = 0x40000000u;

enum class Target { kTcm, kRegister, kWindow, kNone };

struct Access {
  bool link = false, write = false;
  std::uint32_t address = 0, data = 0;
  unsigned bytes = 15;  // enables
  Target target() const {
    if (address < kTcm) return Target::kTcm;
    if (address >> 16 == kRegisters >> 16) return Target::kRegister;
    if (address >> 30 == kWindow >> 30 && !link) return Target::kWindow;
    return Target::kNone;
  }
};

class Bus : public testing::Test {
 protected:
  Bus() : random_(test_seed()), memory_(kTcm / 4) {
    context_.randReset(2);
    context_.randSeed(static_cast<int>(test_seed() & 0xffff) + 1);
    top_ = std::make_unique<Vbus>(&context_, "bus");
    top_->l_req_i = top_->d_req_i = top_->i_req_i = top_->l_hold_i = 0;
    top_->win_rdata_i = top_->reg_rdata_i = top_->win_rvalid_i = 0;
    reset();
    fetch_ = 0;
    for (std::uint32_t at = 0; at < kTcm; at += 4) {  // the link writes all of it
      link_ = std::make_unique<Access>();
      *link_ = {true, true, at, static_cast<std::uint32_t>(random_()), 15};
      while (link_ && !HasFatalFailure()) cycle();
    }
    fetch_ = 50;
  }
  ~Bus() override { top_->final(); }

  unsigned pick(unsigned low, unsigned high) {
    return std::uniform_int_distribution<unsigned>(low, high)(random_);
  }
  bool chance(unsigned percent) { return pick(0, 99) < percent; }
  std::uint32_t word() { return static_cast<std::uint32_t>(random_()); }

  void reset() {
    top_->rst_ni = 0;
    top_->l_req_i = top_->d_req_i = top_->i_req_i = 0;
    edge();
    top_->rst_ni = 1;
    busy_ = fetched_ = false;
    top_->reg_rdata_i = 0;
  }
  void edge() {
    top_->clk_i = 0;
    top_->eval();
    top_->clk_i = 1;
    top_->eval();
  }
  std::unique_ptr<Access> access(bool link) {
    auto a = std::make_unique<Access>();
    a->link = link;
    a->write = chance(50);
    a->data = word();
    if (!link) a->bytes = pick(0, 15);
    switch (pick(0, 9)) {
      case 0:
      case 1:
        a->address = kRegisters + 4 * pick(0, 0x3fff);
        break;
      case 2:
      case 3:
        a->address = kWindow + 4 * (word() >> 4);  // all of it
        a->address = kWindow | (a->address & (kWindow - 1) & ~3u);
        break;
      case 4: {  // no target: next to one, or anywhere with a bit of the address turned
        const std::uint32_t beside[] = {kTcm,        0x80010000u, 0x7ffffffcu,
                                        0x3ffffffcu, 0xc0000000u, 0xfffffffcu};
        a->address = chance(50)
                         ? beside[pick(0, 5)]
                         : (chance(50) ? kRegisters : 0u) ^ 4 * pick(0, kTcm / 4 - 1) ^ 1u << pick(11, 31);
        break;
      }
      default:
        a->address = 4 * pick(0, kTcm / 4 - 1);
        if (chance(50)) a->address &= 31u;  // often the same words
    }
    return a;
  }

  void cycle() {
    auto& t = *top_;
    // what the masters want; without a request the lines are anything
    t.l_req_i = link_ != nullptr;
    t.l_hold_i = hold_;
    t.l_we_i = link_ ? link_->write : chance(50);
    t.l_addr_i = link_ ? link_->address : access(true)->address;
    t.l_wdata_i = link_ ? link_->data : word();
    t.d_req_i = core_ != nullptr;
    t.d_we_i = core_ ? core_->write : chance(50);
    t.d_addr_i = core_ ? core_->address : access(false)->address;
    t.d_wdata_i = core_ ? core_->data : word();
    t.d_be_i = static_cast<std::uint8_t>(core_ ? core_->bytes : pick(0, 15));
    t.i_req_i = chance(fetch_);
    t.i_addr_i = 4 * pick(0, chance(50) ? 7 : kTcm / 4 - 1);
    t.win_gnt_i = chance(60);
    const bool window = busy_ && now_.target() == Target::kWindow;
    const bool answer = window && chance(window_speed_);
    t.win_rvalid_i = answer || (!window && chance(20));
    t.win_rdata_i = answer&& !now_.write ? window_word_ = word() : 0;
    t.win_err_i = chance(30);
    t.clk_i = 0;
    t.eval();

    const bool finish = busy_ && (!window || answer), free = !busy_ || finish;
    const bool pick_link = t.l_req_i || t.l_hold_i;
    const Access* next = pick_link ? link_.get() : core_.get();
    const bool to_window = next != nullptr && next->target() == Target::kWindow;
    const bool grant = next != nullptr && free && (!to_window || t.win_gnt_i);
    ASSERT_EQ(t.l_gnt_o, grant && next->link);
    ASSERT_EQ(t.d_gnt_o, grant && !next->link);
    ASSERT_EQ(t.reg_req_o, grant && next->target() == Target::kRegister);
    ASSERT_EQ(t.win_req_o, free && to_window);
    if (next != nullptr) {
      if (t.reg_req_o) {
        ASSERT_EQ(t.reg_we_o, next->write);
        ASSERT_EQ(t.reg_addr_o, next->address & 0xffffu);
        ASSERT_EQ(t.reg_wdata_o, next->data);
      }
      if (t.win_req_o) {
        ASSERT_EQ(t.win_we_o, next->write);
        ASSERT_EQ(t.win_be_o, next->bytes);
        ASSERT_EQ(t.win_addr_o, next->address - kWindow);
        ASSERT_EQ(t.win_wdata_o, next->data);
      }
    }
    if (t.l_hold_i) {  // on the way to all targets
      ASSERT_EQ(t.win_addr_o, t.l_addr_i & 0x3fffffffu);
      ASSERT_EQ(t.win_wdata_o, t.l_wdata_i);
      ++holds_;
    }
    // the access that ends
    ASSERT_EQ(t.l_rvalid_o, finish && now_.link);
    ASSERT_EQ(t.d_rvalid_o, finish && !now_.link);
    if (finish) {
      const bool failed = now_.target() == Target::kNone || (window && t.win_err_i);
      ASSERT_EQ(now_.link ? t.l_err_o : t.d_err_o, failed) << std::hex << now_.address;
      if (!now_.write && now_.target() != Target::kNone) {
        const std::uint32_t expected = now_.target() == Target::kTcm        ? tcm_word_
                                       : now_.target() == Target::kRegister ? register_word_
                                                                            : window_word_;
        ASSERT_EQ(now_.link ? t.l_rdata_o : t.d_rdata_o, expected) << std::hex << now_.address;
      }
      ++ended_[now_.link][static_cast<int>(now_.target())];
    }
    // instructions
    if (fetched_) {
      ASSERT_EQ(t.i_rdata_o, fetch_word_);
    }
    const bool tcm = grant && next->target() == Target::kTcm;
    ASSERT_EQ(t.i_gnt_o, t.i_req_i && !(tcm && !next->write));
    // a word that is written in the same cycle is undefined
    fetched_ = t.i_gnt_o && !(tcm && next->write && next->address == t.i_addr_i);
    if (fetched_) fetch_word_ = memory_[t.i_addr_i / 4];
    fetches_ += fetched_;
    if (tcm && next->write) {
      std::uint32_t mask = 0;
      for (unsigned b = 0; b < 4; ++b) mask |= (next->bytes >> b & 1u) != 0 ? 0xffu << 8 * b : 0u;
      std::uint32_t& w = memory_[next->address / 4];
      w = (w & ~mask) | (next->data & mask);
    } else if (tcm) {
      tcm_word_ = memory_[next->address / 4];
    }
    const bool register_read = t.reg_req_o && !t.reg_we_o;
    if (grant) now_ = *next;
    busy_ = grant || (busy_ && !finish);
    if (grant) (pick_link ? link_ : core_).reset();
    t.clk_i = 1;
    t.eval();
    t.reg_rdata_i = register_read ? register_word_ = word() : 0;
  }

  std::mt19937_64 random_;
  VerilatedContext context_;
  std::unique_ptr<Vbus> top_;
  std::vector<std::uint32_t> memory_;
  std::unique_ptr<Access> link_, core_;  // asked for, not granted
  Access now_;                           // in flight, if busy_
  bool busy_ = false, fetched_ = false, hold_ = false;
  unsigned fetch_ = 50, window_speed_ = 50;
  std::uint32_t tcm_word_ = 0, register_word_ = 0, window_word_ = 0, fetch_word_ = 0;
  unsigned ended_[2][4] = {}, holds_ = 0, fetches_ = 0;
};

TEST_F(Bus, RandomAccesses) {
  for (int i = 0; i < 60000; ++i) {
    static unsigned link_rate = 30, core_rate = 30, hold_rate = 0;
    if (i % 500 == 0) {
      link_rate = pick(0, 2) == 0 ? 0 : pick(5, 100);
      core_rate = pick(0, 2) == 0 ? 100 : pick(5, 100);
      hold_rate = chance(50) ? 0 : 30;
      fetch_ = pick(0, 100);
      window_speed_ = pick(5, 100);
    }
    if (!link_ && chance(link_rate)) link_ = access(true);
    if (!core_ && chance(core_rate)) core_ = access(false);
    hold_ = chance(hold_rate);
    ASSERT_NO_FATAL_FAILURE(cycle()) << "cycle " << i;
  }
  for (const bool link : {false, true}) {
    for (int target = 0; target < 4; ++target) {
      if (link && target == static_cast<int>(Target::kWindow)) continue;
      EXPECT_GT(ended_[link][target], 300u) << link << target;
    }
  }
  EXPECT_GT(holds_, 1000u);
  EXPECT_GT(fetches_, 5000u);
}

TEST_F(Bus, ResetForgetsTheAccessInFlight) {
  for (int i = 0; i < 20; ++i) {
    core_ = std::make_unique<Access>();
    *core_ = {false, false, kWindow + 4 * pick(0, 99), 0, 15};
    window_speed_ = 0;
    while (core_) ASSERT_NO_FATAL_FAILURE(cycle());
    ASSERT_NO_FATAL_FAILURE(cycle());
    reset();
    window_speed_ = 100;
    for (unsigned k = pick(0, 3); k > 0; --k) ASSERT_NO_FATAL_FAILURE(cycle());
    core_ = access(false);
    while (core_) ASSERT_NO_FATAL_FAILURE(cycle());
    ASSERT_NO_FATAL_FAILURE(cycle());
  }
}

}  // namespace
