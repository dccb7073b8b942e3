// SPDX-License-Identifier: Apache-2.0
// The sequencer with its queues and semaphores between stub units of random speed: order of the commands at
// each unit, semaphores, passes, the skipped and the unknown, decode loops, stops and resets.
#include <gtest/gtest.h>
#include <verilated.h>

#include <array>
#include <cstring>
#include <deque>
#include <memory>
#include <random>
#include <vector>

#include "Vsequencer.h"
#include "luoshu/defs.h"
#include "support/seed.h"

namespace {

using luoshu::test_seed;

constexpr unsigned kLanes = BENCH_LANES, kBeats = kLanes < 32 ? 32 / kLanes : 1;
constexpr unsigned kArray = 0, kVector = 1, kAttention = 2, kUnits = 3;

using Command = std::array<std::uint32_t, 8>;

unsigned field(std::uint32_t word, unsigned lsb, unsigned bits) {
  return word >> lsb & ((1u << bits) - 1u);
}

// The unit that executes an opcode; kUnits: none (Aux), kUnits + 1: unknown.
unsigned unit_of(std::uint32_t opcode) {
  switch (opcode) {
    case LUOSHU_OP_MATMUL:
      return kArray;
    case LUOSHU_OP_ATTN:
      return kAttention;
    case LUOSHU_OP_AUX:
      return kUnits;
    default:
      return opcode >= 1 && opcode <= LUOSHU_OP_ROPE ? kVector : kUnits + 1;
  }
}
bool streams(std::uint32_t opcode) {
  return opcode == LUOSHU_OP_MATMUL || opcode == LUOSHU_OP_NORM || opcode == LUOSHU_OP_AUX ||
         opcode == LUOSHU_OP_ROPE;
}

struct Job {
  std::uint32_t program = 0, passes = 1, info = 0;
  std::vector<Command> commands;
  std::uint32_t stop_at = 0;  // loop: the token with this number is stopped at, 0 = none
  bool loop() const { return (info >> 4 & 1u) != 0; }
};

struct Segment {
  bool aux;
  std::uint32_t address, beats, mode;
};

class Sequencer : public testing::Test {
 protected:
  Sequencer() : random_(test_seed()), memory_(1u << 20) {
    context_.randReset(2);
    context_.randSeed(static_cast<int>(test_seed() & 0xffff) + 1);
    top_ = std::make_unique<Vsequencer>(&context_, "sequencer");
    top_->run_valid_i = 0;
    reset(4);
    cycle();
    longest_reset_ = 0;
  }
  ~Sequencer() override { top_->final(); }

  unsigned pick(unsigned low, unsigned high) {
    return std::uniform_int_distribution<unsigned>(low, high)(random_);
  }
  bool chance(unsigned percent) { return pick(1, 100) <= percent; }

  void reset(unsigned cycles) {
    top_->rst_ni = 0;
    for (unsigned i = 0; i < cycles; ++i) cycle();
    top_->rst_ni = 1;
  }

  // A program in which every wait is for a post of a command before it, and every post is waited for.
  std::vector<Command> program(unsigned length, bool loop) {
    std::vector<Command> all;
    std::vector<unsigned> unused, posted;  // semaphores
    for (unsigned s = 1; s < 15; ++s) unused.push_back(s);
    const auto take = [&](std::vector<unsigned>& from) {
      const unsigned at = pick(0, static_cast<unsigned>(from.size()) - 1);
      const unsigned s = from[at];
      from.erase(from.begin() + at);
      return s;
    };
    const auto add = [&](std::uint32_t opcode, bool waits, bool posts, std::uint32_t flags) {
      Command c{};
      for (auto& word : c) word = static_cast<std::uint32_t>(random_());
      c[0] = opcode | flags;
      c[1] &= ~(kLanes - 1);
      if (opcode == LUOSHU_OP_MATMUL) c[5] &= 0xffffu;
      if (unit_of(opcode) < kUnits) {
        if (waits && !posted.empty()) c[0] |= take(posted) << 8;
        if (waits && !posted.empty() && opcode != LUOSHU_OP_EMBED && (chance(50) || posted.size() > 3))
          c[0] |= take(posted) << 12;
        if (posts && !unused.empty()) {
          posted.push_back(take(unused));
          c[0] |= posted.back() << 16;
        }
      }
      all.push_back(c);
    };
    if (loop) add(LUOSHU_OP_EMBED, false, true, 0);
    static const std::uint32_t kOps[] = {
        LUOSHU_OP_NORM,   LUOSHU_OP_MATMUL, LUOSHU_OP_QKV,  LUOSHU_OP_ATTN,   LUOSHU_OP_RESID,
        LUOSHU_OP_SWIGLU, LUOSHU_OP_AUX,    LUOSHU_OP_ROPE, LUOSHU_OP_MATMUL, 77,
        LUOSHU_OP_ATTN};
    while (all.size() + (loop ? 1 : 0) < length) {
      const std::uint32_t opcode = kOps[pick(0, 10)];
      if (opcode == 77 && !chance(20)) continue;
      // what is skipped neither waits nor posts here, so that the rest is balanced with and without it
      const bool skipped = chance(15);
      add(opcode, !skipped && chance(60), !skipped && chance(50), skipped ? 1u << 20 : 0);
    }
    while (!posted.empty()) add(LUOSHU_OP_RESID, true, false, 0);
    add(loop ? LUOSHU_OP_LOGITS : LUOSHU_OP_RESID, false, false, 0);
    return all;
  }

  void place(Job& run) {
    run.program = (next_program_ += 0x8000) % 0x80000u;
    std::memcpy(memory_.data() + run.program, run.commands.data(), 32 * run.commands.size());
  }

  // Offers a run until it is taken.
  void start(const Job& run) {
    runs_.push_back(run);
    offer(run);
    for (int i = 0; top_->run_ready_o == 0; ++i) {
      ASSERT_LT(i, 200000) << "a run is not taken";
      top_->run_valid_i = 0;
      cycle();
      offer(run);
    }
    cycle();
    top_->run_valid_i = 0;
  }
  void offer(const Job& run) {
    top_->run_valid_i = 1;
    top_->run_program_i = run.program;
    top_->run_count_i = static_cast<std::uint16_t>(run.commands.size());
    top_->run_passes_i = run.passes;
    top_->run_info_i = static_cast<std::uint16_t>(run.info);
    top_->eval();
  }
  void wait_idle(unsigned limit = 400000) {
    for (unsigned i = 0; top_->busy_o != 0; ++i) {
      ASSERT_LT(i, limit) << "a run does not end";
      cycle();
    }
    for (int i = 0; i < 40; ++i) cycle();
    ASSERT_TRUE(runs_.empty()) << "idle, but a run was not reported";
  }

  void cycle() {
    auto& t = *top_;
    t.clk_i = 0;
    const bool alive = t.rst_ni != 0;
    t.rq_ready_i = chance(70);
    const bool back = !reads_.empty() && reads_.front().second <= cycle_ && chance(80);
    t.rc_valid_i = back;
    if (back) std::memcpy(static_cast<void*>(&t.rc_data_i), memory_.data() + reads_.front().first, kLanes);
    t.seg_ready_i = chance(stream_speed_);
    t.done_ready_i = done_ready_;
    t.memory_idle_i = idle_;
    t.advance_i = advance_at_ != 0 && advance_at_ <= cycle_;
    t.stop_i = stop_at_ != 0 && stop_at_ <= cycle_;
    unsigned ready = 0, done = 0, early = 0;
    for (unsigned u = 0; u < kUnits; ++u) {
      if (alive && accepted_[u].size() < 4 && chance(60)) ready |= 1u << u;
      if (!accepted_[u].empty()) {
        Work& work = accepted_[u].front();
        if (work.end <= cycle_ && t.seg_valid_o == 0)  // what it streams has been asked for

          done |= 1u << u;
        else if (u == kVector && !work.posted && kLanes >= 32 && chance(5))
          early |= 1u << u;
      }
    }
    t.cmd_ready_i = static_cast<std::uint8_t>(ready);
    t.done_i = static_cast<std::uint8_t>(done);
    t.early_i = static_cast<std::uint8_t>(early);
    t.eval();
    if (alive) sample(ready, done, early, back);
    if (!alive || t.unit_rst_no == 0) {
      EXPECT_TRUE(!alive || reads_.empty()) << "units are reset with a read in flight";
      for (auto& queue : accepted_) queue.clear();
      semaphores_.fill(0);
      advance_at_ = 0;
      if (!alive) runs_.clear(), reads_.clear(), next_ = {}, segments_ = 0, tokens_ = stop_at_ = 0;
    }
    idle_ = reads_.empty() && t.rq_valid_o == 0;
    reset_length_ = t.unit_rst_no == 0 ? reset_length_ + 1 : 0;
    longest_reset_ = std::max(longest_reset_, reset_length_);
    t.clk_i = 1;
    t.eval();
    ++cycle_;
    ASSERT_FALSE(context_.gotFinish());
  }

  struct Work {
    Command command;
    std::uint64_t end;
    bool posted = false;
  };

  void sample(unsigned ready, unsigned done, unsigned early, bool back) {
    auto& t = *top_;
    if (t.advance_i) advance_at_ = 0;
    if (t.stop_i) stop_at_ = 0, stopped_ = true;
    if (back) reads_.pop_front();
    if (t.rq_valid_o && t.rq_ready_i) {
      ASSERT_EQ(t.rq_beats_o, kBeats);
      ASSERT_EQ(t.rq_addr_o % kLanes, 0u);
      const std::uint64_t at = cycle_ + pick(1, latency_);
      for (unsigned b = 0; b < kBeats; ++b) reads_.emplace_back(t.rq_addr_o + b * kLanes, at);
    }
    if (t.bad_opcode_o) ++bad_opcodes_;
    // commands that are taken; posts of this cycle count for the next
    for (unsigned u = 0; u < kUnits; ++u) {
      if ((t.cmd_valid_o >> u & 1u) == 0 || (ready >> u & 1u) == 0) continue;
      Command got;
      std::memcpy(got.data(), reinterpret_cast<const std::uint8_t*>(&t.cmd_o) + 32 * u, 32);
      ASSERT_FALSE(runs_.empty()) << "a command of no run";
      const Job& run = runs_.front();
      const Command expected = next_command(run, u);
      ASSERT_EQ(got, expected) << "unit " << u << ", opcode " << (got[0] & 255u) << " for "
                               << (expected[0] & 255u);
      std::uint64_t infos = 0;
      std::memcpy(&infos, &t.cmd_info_o, sizeof t.cmd_info_o);
      ASSERT_EQ(infos >> (12 * u) & 0xfffu, run.info);
      for (const unsigned lsb : {8u, 12u}) {
        const unsigned s = field(got[0], lsb, 4);
        if (s == 0) continue;
        ASSERT_GT(semaphores_[s], 0) << "semaphore " << s << " is taken before it was posted";
        --semaphores_[s];
      }
      // a unit works on one command after the other, a small one for a while on each
      free_[u] = std::max(free_[u], cycle_) + pick(kLanes < 32 ? 20 : 1, slowest_);
      accepted_[u].push_back({got, free_[u]});
    }
    for (unsigned u = 0; u < kUnits; ++u) {
      if (((done | early) >> u & 1u) == 0) continue;
      Work& work = accepted_[u].front();
      if (!work.posted) ++semaphores_[field(work.command[0], 16, 4)];
      work.posted = true;
      if ((done >> u & 1u) == 0) continue;
      if ((work.command[0] & 255u) == LUOSHU_OP_LOGITS) token();
      accepted_[u].pop_front();
    }
    if (t.advance_i) ++semaphores_[15];
    if (t.seg_valid_o && t.seg_ready_i) {
      ASSERT_FALSE(runs_.empty());
      const Segment expected = next_segment(runs_.front());
      ASSERT_EQ(t.seg_aux_o != 0, expected.aux);
      ASSERT_EQ(t.seg_addr_o, expected.address);
      ASSERT_EQ(t.seg_beats_o, expected.beats);
      if (!expected.aux) ASSERT_EQ(t.seg_mode_o, expected.mode);
      ++segments_;
    }
    if (t.run_done_o) {
      ASSERT_FALSE(runs_.empty()) << "the end of no run";
      ASSERT_TRUE(done_ready_) << "an end without room for it";
      const Job& run = runs_.front();
      for (unsigned u = 0; u < kUnits; ++u) {
        ASSERT_TRUE(accepted_[u].empty()) << "done, but unit " << u << " works";
        if (!stopped_) ASSERT_EQ(next_[u], run.passes * executed(run, u)) << "unit " << u;
      }
      if (!stopped_) ASSERT_EQ(segments_, run.passes * segments(run).size());
      ASSERT_TRUE(reads_.empty()) << "done, but memory has not answered";
      next_ = {};
      segments_ = 0;
      tokens_ = 0;
      stopped_ = false;
      runs_.pop_front();
      ++ended_;
    }
  }

  // LOGITS of a decode loop are done.
  void token() {
    const Job& run = runs_.front();
    if (!run.loop() || ++tokens_ == run.passes) return;
    if (tokens_ == run.stop_at)
      stop_at_ = cycle_ + 1;
    else
      advance_at_ = cycle_ + pick(1, 12);
  }

  static bool skipped(const Job& run, const Command& c) {
    return field(c[0], 20, 1) != 0 && (run.info & 3u) == 0;
  }
  static std::size_t executed(const Job& run, unsigned unit) {
    std::size_t n = 0;
    for (const Command& c : run.commands)
      if (unit_of(c[0] & 255u) == unit && !skipped(run, c)) ++n;
    return n;
  }
  Command next_command(const Job& run, unsigned unit) {
    const std::size_t per_pass = executed(run, unit);
    EXPECT_NE(per_pass, 0u);
    std::size_t left = next_[unit] % per_pass;
    const std::size_t pass = next_[unit] / per_pass;
    EXPECT_LT(pass, run.passes) << "a pass too many";
    ++next_[unit];
    for (const Command& c : run.commands) {
      if (unit_of(c[0] & 255u) != unit || skipped(run, c) || left-- != 0) continue;
      Command expected = c;
      if ((c[0] & 255u) == LUOSHU_OP_EMBED && run.loop() && pass != 0) expected[0] |= 15u << 12;
      return expected;
    }
    return {};
  }
  static std::vector<Segment> segments(const Job& run) {
    std::vector<Segment> all;
    for (const Command& c : run.commands) {
      if (skipped(run, c) || !streams(c[0] & 255u)) continue;
      const bool matmul = (c[0] & 255u) == LUOSHU_OP_MATMUL;
      all.push_back({!matmul, c[1], matmul ? c[5] : c[7] / kLanes, field(c[3], 16, 3)});
    }
    return all;
  }
  Segment next_segment(const Job& run) {
    const std::vector<Segment> all = segments(run);
    return all.empty() ? Segment{} : all[segments_ % all.size()];
  }
  // An unknown command is told in every pass, with IF_LOGITS or without.
  static unsigned unknown(const Job& run) {
    unsigned n = 0;
    for (const Command& c : run.commands)
      if (unit_of(c[0] & 255u) > kUnits) ++n;
    return n * run.passes;
  }

  Job random_job(bool loop) {
    Job run;
    run.info = (loop ? 17u : pick(0, 2)) | pick(0, 3) << 2 | pick(1, 64) << 5;
    run.commands = program(pick(2, 24), loop);
    run.passes = pick(1, 5);
    place(run);
    return run;
  }
  void random_speed() {
    stream_speed_ = chance(50) ? 100 : pick(5, 60);
    slowest_ = kLanes < 32 ? pick(20, 80) : pick(1, 60);
    latency_ = pick(1, 40);
  }

  std::mt19937_64 random_;
  VerilatedContext context_;
  std::unique_ptr<Vsequencer> top_;
  std::vector<std::uint8_t> memory_;
  std::uint64_t cycle_ = 1;
  unsigned stream_speed_ = 80, slowest_ = 40, latency_ = 20;
  bool done_ready_ = true, idle_ = false, stopped_ = false;
  std::uint32_t next_program_ = 0;
  std::deque<Job> runs_;
  std::deque<std::pair<std::uint32_t, std::uint64_t>> reads_;  // address of a beat, earliest cycle
  std::deque<Work> accepted_[kUnits];
  std::uint64_t free_[kUnits] = {};  // cycle in which the last accepted command is done
  std::array<int, 16> semaphores_{};
  std::array<std::size_t, kUnits> next_{};
  std::size_t segments_ = 0;
  std::uint32_t tokens_ = 0;
  std::uint64_t advance_at_ = 0, stop_at_ = 0;
  unsigned bad_opcodes_ = 0, ended_ = 0, reset_length_ = 0, longest_reset_ = 0;
};

TEST_F(Sequencer, RunsOneAfterTheOther) {
  unsigned expected_bad = 0, expected_ends = 0;
  for (int round = 0; round < 60; ++round) {
    random_speed();
    const Job run = random_job(chance(50));
    expected_bad += unknown(run);
    ++expected_ends;
    ASSERT_NO_FATAL_FAILURE(start(run));
    if (chance(40)) ASSERT_NO_FATAL_FAILURE(wait_idle());
  }
  ASSERT_NO_FATAL_FAILURE(wait_idle());
  EXPECT_EQ(bad_opcodes_, expected_bad);
  EXPECT_GT(bad_opcodes_, 0u);
  EXPECT_EQ(ended_, expected_ends);
  EXPECT_EQ(longest_reset_, 0u) << "the units were reset";
}

// A stop in any pass drops what ran ahead, semaphores included; runs behind it are not touched.
TEST_F(Sequencer, StopsAndGoesOn) {
  for (int round = 0; round < 60; ++round) {
    random_speed();
    Job run = random_job(true);
    run.passes = pick(2, 6);
    run.stop_at = pick(1, run.passes - 1);
    longest_reset_ = 0;
    const unsigned ended = ended_;
    ASSERT_NO_FATAL_FAILURE(start(run));
    const Job behind = random_job(chance(50));
    const bool queued = chance(50);
    if (queued) ASSERT_NO_FATAL_FAILURE(start(behind));
    ASSERT_NO_FATAL_FAILURE(wait_idle());
    EXPECT_EQ(ended_, ended + (queued ? 2 : 1));
    EXPECT_GE(longest_reset_, 4u);
  }
}

// A stop for a run that is no loop, or for none, is nothing.
TEST_F(Sequencer, StopWithoutALoop) {
  for (int round = 0; round < 10; ++round) {
    random_speed();
    longest_reset_ = 0;
    stop_at_ = cycle_;
    cycle();
    stopped_ = false;
    ASSERT_NO_FATAL_FAILURE(start(random_job(false)));
    for (unsigned i = pick(0, 60); i > 0; --i) cycle();
    if (top_->busy_o != 0 && !runs_.empty()) {
      stop_at_ = cycle_;
      cycle();
      stopped_ = false;
    }
    ASSERT_NO_FATAL_FAILURE(wait_idle());
    EXPECT_EQ(longest_reset_, 0u);
  }
}

// A program that leaves semaphores behind when it is stopped: the next run starts from none.
TEST_F(Sequencer, StopClearsSemaphores) {
  Job run;
  run.info = 17u | 1u << 5;
  run.passes = 4;
  run.stop_at = 2;
  const auto command = [](std::uint32_t opcode, std::uint32_t wait, std::uint32_t post) {
    return Command{opcode | wait << 8 | post << 16};
  };
  run.commands = {command(LUOSHU_OP_EMBED, 0, 3), command(LUOSHU_OP_ATTN, 0, 5),
                  command(LUOSHU_OP_RESID, 5, 0), command(LUOSHU_OP_LOGITS, 3, 0)};
  place(run);
  Job waiting;
  waiting.info = 1u << 5;
  waiting.commands = {command(LUOSHU_OP_RESID, 5, 0), command(LUOSHU_OP_ATTN, 0, 5)};
  place(waiting);
  for (int round = 0; round < 5; ++round) {
    ASSERT_NO_FATAL_FAILURE(start(run));
    ASSERT_NO_FATAL_FAILURE(wait_idle());
    ASSERT_NO_FATAL_FAILURE(start(waiting));
    ASSERT_NO_FATAL_FAILURE(wait_idle());
  }
}

// What is offered while there is no room changes nothing, and passes of a queued run are its own.
TEST_F(Sequencer, RefusedRunsChangeNothing) {
  for (int round = 0; round < 20; ++round) {
    random_speed();
    const Job first = random_job(true), second = random_job(true), third = random_job(true);
    ASSERT_NO_FATAL_FAILURE(start(first));
    ASSERT_NO_FATAL_FAILURE(start(second));
    for (unsigned i = 0; i < 20 && top_->run_ready_o == 0; ++i) {
      offer(third);
      if (top_->run_ready_o == 0) cycle();
      top_->run_valid_i = 0;
    }
    top_->run_valid_i = 0;
    ASSERT_NO_FATAL_FAILURE(wait_idle());
  }
}

// The end of a run waits for room; meanwhile nothing is reported and the next run does not start.
TEST_F(Sequencer, EndWaitsForRoom) {
  for (const bool stops : {false, true}) {
    Job run = random_job(true);
    run.passes = 3;
    run.stop_at = stops ? 1 : 0;
    done_ready_ = false;
    const unsigned ended = ended_;
    ASSERT_NO_FATAL_FAILURE(start(run));
    for (int i = 0; i < 20000; ++i) cycle();
    EXPECT_EQ(ended_, ended);
    EXPECT_NE(top_->busy_o, 0u);
    EXPECT_NE(top_->loop_o, 0u);
    EXPECT_EQ(top_->loop_passes_o, 3u);
    done_ready_ = true;
    ASSERT_NO_FATAL_FAILURE(wait_idle());
    EXPECT_EQ(ended_, ended + 1);
    EXPECT_EQ(top_->loop_o, 0u);
  }
}

// A reset at any moment, one run queued; the next run is as ever.
TEST_F(Sequencer, ResetDropsAll) {
  for (int round = 0; round < 40; ++round) {
    random_speed();
    ASSERT_NO_FATAL_FAILURE(start(random_job(chance(50))));
    if (chance(50)) ASSERT_NO_FATAL_FAILURE(start(random_job(chance(50))));
    for (unsigned i = pick(0, 300); i > 0; --i) cycle();
    reset(64);
    EXPECT_EQ(top_->busy_o, 0u);
    ASSERT_NO_FATAL_FAILURE(start(random_job(chance(50))));
    ASSERT_NO_FATAL_FAILURE(wait_idle());
  }
}

}  // namespace
