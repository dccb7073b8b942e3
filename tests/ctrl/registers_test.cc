// SPDX-License-Identifier: Apache-2.0
// The control registers at their bus: values and resets, runs, tokens and ends of runs in order, decode
// loops, errors, watchdog, soft reset, counters that lose nothing.
#include <gtest/gtest.h>
#include <verilated.h>

#include <memory>
#include <random>
#include <vector>

#include "Vregisters.h"
#include "Vregisters___024root.h"
#include "luoshu/defs.h"
#include "support/seed.h"

namespace {

using luoshu::test_seed;
constexpr bool kSmall = BENCH_LANES < 32;
constexpr unsigned kQueue = 16;  // tokens, of nano and lab
constexpr std::uint32_t kToken = 2, kDone = 4, kDog = 8, kError = 16;

class Registers : public testing::Test {
 protected:
  Registers() : random_(test_seed()) {
    context_.randReset(2);
    context_.randSeed(7);
    top_ = std::make_unique<Vregisters>(&context_, "registers");
    auto& t = *top_;
    t.rst_ni = 0;
    t.soft_rst_ni = 1;
    t.reg_req_i = t.msg_valid_i = t.evt_ready_i = t.run_done_i = t.seq_busy_i = t.loop_i = t.tok_valid_i = 0;
    t.bus_error_i = t.bad_opcode_i = t.progress_i = t.rf_re_i = t.rf_we_i = 0;
    t.count_i = t.beats_i = 0;
    t.run_ready_i = 1;
    t.loop_passes_i = 1;
    for (int i = 0; i < 4; ++i) cycle();
    t.rst_ni = 1;
    for (int i = 0; i < 40; ++i) cycle();
  }
  ~Registers() override { top_->final(); }

  void cycle() {
    top_->clk_i = 0;
    top_->eval();
    stops_ += top_->stop_o;
    advances_ += top_->ctx_advance_o;
    if (top_->soft_reset_o != 0) ++soft_resets_;
    if (top_->run_valid_o != 0) {
      run_info_ = top_->run_info_o;
      run_count_ = top_->run_count_o;
      run_passes_ = top_->run_passes_o;
      run_program_ = top_->run_program_o;
      ++runs_;
    }
    top_->clk_i = 1;
    top_->eval();
    ++cycle_;
  }
  void write(std::uint32_t at, std::uint32_t value) {
    top_->reg_req_i = top_->reg_we_i = 1;
    top_->reg_addr_i = static_cast<std::uint16_t>(at);
    top_->reg_wdata_i = value;
    cycle();
    top_->reg_req_i = 0;
    cycle();
  }
  std::uint32_t read(std::uint32_t at) {
    top_->reg_req_i = 1;
    top_->reg_we_i = 0;
    top_->reg_addr_i = static_cast<std::uint16_t>(at);
    cycle();
    top_->reg_req_i = 0;
    const std::uint32_t value = top_->reg_rdata_o;
    cycle();
    return value;
  }
  // Offers a token until it is taken; false where there is no room within `patience` cycles.
  bool token(std::uint32_t id, unsigned index = 0, unsigned patience = 1) {
    auto& t = *top_;
    t.tok_valid_i = 1;
    t.tok_id_i = id;
    t.tok_index_i = static_cast<std::uint8_t>(index);
    t.tok_logit_i = ~id;
    t.tok_bank_i = id & 1u;
    bool taken = false;
    for (; !taken && patience > 0; --patience) {
      t.eval();
      taken = t.tok_ready_o != 0;
      cycle();
    }
    t.tok_valid_i = 0;
    return taken;
  }
  void end_of_run() {
    top_->eval();
    ASSERT_NE(top_->tok_ready_o, 0u);
    top_->run_done_i = 1;
    cycle();
    top_->run_done_i = 0;
    cycle();
  }
  std::uint32_t pending() {
    cycle(), cycle(), cycle();
    return read(LUOSHU_REG_IRQ_PENDING);
  }
  void set_loop(std::uint32_t passes) {
    top_->loop_i = passes != 0;
    top_->loop_passes_i = passes;
    cycle();
  }

  std::mt19937_64 random_;
  VerilatedContext context_;
  std::unique_ptr<Vregisters> top_;
  std::uint64_t cycle_ = 0;
  unsigned stops_ = 0, advances_ = 0, soft_resets_ = 0, runs_ = 0;
  std::uint32_t run_info_ = 0, run_count_ = 0, run_passes_ = 0, run_program_ = 0;
};

TEST_F(Registers, ValuesAndReset) {
  EXPECT_EQ(read(LUOSHU_REG_ID_MAGIC), LUOSHU_MAGIC);
  EXPECT_EQ(read(LUOSHU_REG_ID_VERSION), LUOSHU_VERSION);
  EXPECT_EQ(read(LUOSHU_REG_ID_LANES), static_cast<std::uint32_t>(BENCH_LANES));
  for (const std::uint32_t at : {LUOSHU_REG_WATCHDOG, LUOSHU_REG_SCRATCH}) {
    EXPECT_EQ(read(at), 0u);
    for (const std::uint32_t value : {0xa5a5a5a5u, 0x5a5a5a5au}) {
      write(at, value);
      EXPECT_EQ(read(at), value);
    }
  }
  write(LUOSHU_REG_IRQ_ENABLE, 0x15);
  EXPECT_EQ(read(LUOSHU_REG_IRQ_ENABLE), 0x15u);
  EXPECT_EQ(top_->core_run_o, 0u);
  write(LUOSHU_REG_CORE_CONTROL, 1);
  EXPECT_EQ(top_->core_run_o, 1u);
  EXPECT_EQ(read(LUOSHU_REG_CORE_CONTROL), 1u);
  write(LUOSHU_REG_SOFT_RESET, 1);
  EXPECT_EQ(read(LUOSHU_REG_SCRATCH), 0x5a5a5a5au) << "a soft reset keeps registers";
  EXPECT_EQ(read(LUOSHU_REG_IRQ_ENABLE), 0x15u);
  top_->rst_ni = 0;
  cycle();
  top_->rst_ni = 1;
  EXPECT_EQ(read(LUOSHU_REG_SCRATCH), 0u);
  EXPECT_EQ(read(LUOSHU_REG_IRQ_ENABLE), 0u);
  EXPECT_EQ(top_->core_run_o, 0u);
}

TEST_F(Registers, RunIsWhatWasWritten) {
  write(LUOSHU_REG_CONTEXT_TOKENS, 3);
  write(LUOSHU_REG_CONTEXT_TOKENS + 4, 2);
  write(LUOSHU_REG_SEQ_PROGRAM, 0x12345600);
  write(LUOSHU_REG_SEQ_COUNT, 0xbeef);
  write(LUOSHU_REG_SEQ_PASSES, 0x10002);
  write(LUOSHU_REG_SEQ_RUN, 8u | 1u);
  EXPECT_EQ(runs_, 1u);
  EXPECT_EQ(run_info_, 2u << 5 | 9u);
  EXPECT_EQ(run_program_, 0x12345600u);
  EXPECT_EQ(run_count_, 0xbeefu);
  EXPECT_EQ(run_passes_, 0x10002u);
  top_->seq_busy_i = 1;
  EXPECT_EQ(read(LUOSHU_REG_SEQ_STATUS), 1u);
  top_->run_ready_i = 0;
  EXPECT_EQ(read(LUOSHU_REG_SEQ_STATUS), 3u);
}

// Tokens and ends of runs come out as they went in; a full queue holds the source and is no hang.
TEST_F(Registers, TokensWaitForRoom) {
  write(LUOSHU_REG_WATCHDOG, 100);
  write(LUOSHU_REG_IRQ_ENABLE, 31);
  std::vector<std::uint32_t> expected;  // id, or ~0 for the end of a run
  std::uint32_t id = 100;
  for (int round = 0; round < 200; ++round) {
    if (random_() % 3 != 0) {
      const bool room = expected.size() < kQueue;
      if (random_() % 4 == 0 && room) {
        ASSERT_NO_FATAL_FAILURE(end_of_run());
        expected.push_back(~0u);
      } else {
        ASSERT_EQ(token(id, id % 8), room) << expected.size() << " waiting";
        if (room) expected.push_back(id++);
      }
      if (expected.size() == kQueue) {
        top_->seq_busy_i = 1;
        for (int i = 0; i < 500; ++i) cycle();
        top_->seq_busy_i = 0;
        cycle();
      }
    } else if (!expected.empty()) {
      const bool end = expected.front() == ~0u;
      ASSERT_EQ(pending(), end ? kDone : kToken);
      EXPECT_EQ(top_->irq_o, 1u);
      if (!end) {
        EXPECT_EQ(read(LUOSHU_REG_TOKEN_ID), expected.front());
        EXPECT_EQ(read(LUOSHU_REG_TOKEN_LOGIT), ~expected.front());
        EXPECT_EQ(read(LUOSHU_REG_TOKEN_STATUS), 1u | expected.front() % 8 << 8);
        write(LUOSHU_REG_IRQ_CLEAR, kDone);  // not the end of a run: nothing
      } else {
        EXPECT_EQ(read(LUOSHU_REG_TOKEN_STATUS) & 1u, 0u);
        write(LUOSHU_REG_TOKEN_POP, 1);  // no token: nothing
      }
      ASSERT_EQ(pending(), end ? kDone : kToken);
      write(end ? LUOSHU_REG_IRQ_CLEAR : LUOSHU_REG_TOKEN_POP, kDone);
      expected.erase(expected.begin());
    }
  }
}

TEST_F(Registers, DecodeLoopEnds) {
  const struct {
    std::uint32_t passes;
    int stop_id_at, stop_at;  // token number, 0 = never
  } cases[] = {{1, 0, 0}, {4, 0, 0}, {9, 3, 0}, {9, 9, 0}, {9, 0, 2},
               {9, 0, 1}, {9, 2, 2}, {3, 0, 3}, {2, 0, 0}};
  for (const auto& c : cases) {
    for (unsigned i = 0; i < 4; ++i) write(LUOSHU_REG_STOP_ID + 4 * i, i == 2 ? 777u : 0xffffffffu);
    stops_ = advances_ = 0;
    write(LUOSHU_REG_SEQ_STOP, 1);  // no loop is at work yet
    set_loop(c.passes);
    for (int n = 1;; ++n) {
      ASSERT_LE(n, 9);
      if (n == c.stop_at) write(LUOSHU_REG_SEQ_STOP, 1), write(LUOSHU_REG_SEQ_STOP, 1);
      const bool stop_id = n == c.stop_id_at;
      ASSERT_TRUE(token(stop_id ? 777u : 40u + static_cast<unsigned>(n)));
      cycle(), cycle(), cycle(), cycle();
      const std::uint32_t status = read(LUOSHU_REG_TOKEN_STATUS);
      write(LUOSHU_REG_TOKEN_POP, 1);
      const bool natural = n == static_cast<int>(c.passes);
      const bool last = natural || stop_id || n == c.stop_at;
      EXPECT_EQ(status, 1u | (stop_id ? 2u : 0u) | (last ? 4u : 0u)) << "token " << n << " of " << c.passes;
      EXPECT_EQ(advances_, static_cast<unsigned>(last ? n - 1 : n));
      EXPECT_EQ(stops_, last && !natural ? 1u : 0u);
      if (last) break;
    }
    set_loop(0);
  }
  ASSERT_TRUE(token(777));
  cycle(), cycle(), cycle();
  EXPECT_EQ(read(LUOSHU_REG_TOKEN_STATUS), 3u) << "no loop: a stop id, not the last";
}

// Fires when nothing has moved for that long, not before, and not while something moves.
TEST_F(Registers, Watchdog) {
  const unsigned limit = 200, late = kSmall ? 70 : 4;
  write(LUOSHU_REG_WATCHDOG, limit);
  for (int i = 0; i < 400; ++i) cycle();
  EXPECT_EQ(pending(), 0u) << "nothing runs";
  for (int round = 0; round < 3; ++round) {
    top_->seq_busy_i = 1;
    for (int i = 0; i < 1000; ++i) {
      top_->progress_i = i % 150 == 0;
      cycle();
    }
    top_->progress_i = 1;
    cycle();
    top_->progress_i = 0;
    for (unsigned i = 0; i < limit - 8; ++i) cycle();
    EXPECT_EQ(read(LUOSHU_REG_IRQ_PENDING), 0u) << "too early";
    for (unsigned i = 0; i < late + 8; ++i) cycle();
    EXPECT_EQ(read(LUOSHU_REG_IRQ_PENDING), kDog) << "too late";
    EXPECT_EQ(read(LUOSHU_REG_ERROR), LUOSHU_ERR_WATCHDOG);
    top_->seq_busy_i = 0;
    write(LUOSHU_REG_SOFT_RESET, 1);
    EXPECT_EQ(pending(), 0u);
    EXPECT_EQ(read(LUOSHU_REG_ERROR), 0u);
  }
}

TEST_F(Registers, ErrorsAndSoftReset) {
  for (const bool opcode : {true, false}) {
    (opcode ? top_->bad_opcode_i : top_->bus_error_i) = 1;
    cycle();
    top_->bad_opcode_i = top_->bus_error_i = 0;
    EXPECT_EQ(pending(), kError);
    EXPECT_EQ(read(LUOSHU_REG_ERROR), opcode ? LUOSHU_ERR_BAD_OPCODE : LUOSHU_ERR_BUS_ERROR);
    ASSERT_TRUE(token(5));
    // everything that comes while the reset lasts is dropped
    soft_resets_ = 0;
    write(LUOSHU_REG_SOFT_RESET, 1);
    EXPECT_EQ(soft_resets_, 1u);
    top_->soft_rst_ni = 0;
    top_->bus_error_i = 1;
    for (int i = 0; i < 10; ++i) cycle();
    token(6);
    top_->bus_error_i = 0;
    cycle();
    top_->soft_rst_ni = 1;
    EXPECT_EQ(pending(), 0u);
    EXPECT_EQ(read(LUOSHU_REG_TOKEN_STATUS) & 1u, 0u);
    EXPECT_EQ(read(LUOSHU_REG_ERROR), 0u);
  }
}

// The two words of the cycle counter belong together, also where the low one overflows in between.
TEST_F(Registers, CycleIsOneNumber) {
  auto& counter = top_->rootp->luoshu_registers__DOT__cycle_q;  // 2^32 cycles are too many to wait for
  for (unsigned before = 0; before < 12; ++before) {
    counter = (std::uint64_t{77} << 32) - before;
    const std::uint32_t low = read(LUOSHU_REG_CYCLE_LOW);
    cycle(), cycle(), cycle(), cycle(), cycle(), cycle();
    const std::uint32_t high = read(LUOSHU_REG_CYCLE_HIGH);
    EXPECT_EQ(high, low < 100u ? 77u : 76u) << low;
    const std::uint32_t later = read(LUOSHU_REG_CYCLE_LOW);
    EXPECT_EQ(later - low, 10u);
    EXPECT_EQ(read(LUOSHU_REG_CYCLE_HIGH), later < 100u ? 77u : 76u) << later;
  }
}

// Every event counts once, however often the counters are read.
TEST_F(Registers, CountersLoseNothing) {
  std::uint32_t counted[16] = {};
  write(LUOSHU_REG_COUNTER_CLEAR, 1);
  const auto tick = [&] {
    top_->count_i = static_cast<std::uint16_t>(random_() & random_()) & 0xfffu;
    top_->beats_i = static_cast<std::uint8_t>(random_() & 15u);
    if (kSmall) top_->count_i &= 0xbffu;  // the watchdog's place
    for (unsigned i = 0; i < 16; ++i)
      counted[i] += (top_->count_i | static_cast<unsigned>(top_->beats_i) << 12) >> i & 1u;
    cycle();
  };
  for (int i = 0; i < 20000; ++i) {
    if (i % (kSmall ? 4 : 2) == 0 && random_() % 8 != 0) {
      const auto which = static_cast<unsigned>(random_() % 16);
      top_->reg_req_i = 1;
      top_->reg_we_i = 0;
      top_->reg_addr_i = static_cast<std::uint16_t>(LUOSHU_REG_COUNTER_ARRAY + 4 * which);
      const std::uint32_t before = counted[which];
      tick();
      top_->reg_req_i = 0;
      ASSERT_EQ(top_->reg_rdata_o, before) << "counter " << which << ", read " << i;
    } else {
      tick();
    }
  }
}

}  // namespace
