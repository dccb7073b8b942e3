// SPDX-License-Identifier: Apache-2.0
// The matrix engine against models/chip: random streams in all modes and shapes, random stalls, client K in
// between.
#include <gtest/gtest.h>
#include <verilated.h>

#include <cstring>
#include <deque>
#include <memory>
#include <random>

#include "Varray.h"
#include "chip/kernels.h"
#include "numerics/fp.h"
#include "program/command.h"
#include "support/seed.h"

namespace {

using luoshu::model::Activations;
using luoshu::model::WeightStream;

constexpr std::uint64_t kLimit = 400000;  // cycles, of most tests
constexpr unsigned kLanes = ARRAY_LANES, kColumns = ARRAY_COLUMNS, kGroups = ARRAY_GROUPS, kActBlocks = 64;

// Sets `bits` bits of a wide port (or a plain integer port) from `at` on.
template <class Port>
void put(Port& port, unsigned at, unsigned bits, std::uint64_t value) {
  auto* words = reinterpret_cast<std::uint8_t*>(&port);
  for (unsigned i = 0; i < bits; ++i) {
    const unsigned bit = at + i;
    const auto mask = static_cast<std::uint8_t>(1u << (bit % 8));
    words[bit / 8] =
        static_cast<std::uint8_t>((value >> i & 1) != 0 ? words[bit / 8] | mask : words[bit / 8] & ~mask);
  }
}

template <class Port>
std::int64_t get(const Port& port, unsigned at, unsigned bits) {
  const auto* words = reinterpret_cast<const std::uint8_t*>(&port);
  std::uint64_t value = 0;
  for (unsigned i = 0; i < bits; ++i)
    value |= static_cast<std::uint64_t>(words[(at + i) / 8] >> ((at + i) % 8) & 1) << i;
  return static_cast<std::int64_t>(value << (64 - bits)) >> (64 - bits);
}

struct Matrix {
  WeightStream stream;
  std::vector<std::uint8_t> bytes;
  unsigned tokens = 1;  // T of the pass
  bool last_only = false;
  unsigned vec = 0, src = 0;
  std::vector<Activations> x;         // per token
  std::vector<std::vector<float>> y;  // per token that is asked for
  unsigned first() const { return last_only ? tokens - 1 : 0; }
};

class ArrayTest : public testing::Test {
 protected:
  ArrayTest() : seed_(luoshu::test_seed()), random_(seed_) {
    context_.randReset(2);
    context_.randSeed(static_cast<int>(seed_ & 0xffff) + 1);
    top_ = std::make_unique<Varray>(&context_, "array");
    top_->clk_i = 0;
    reset();
  }

  // From whatever state: nothing is left.
  void reset() {
    top_->rst_ni = 0;
    top_->cmd_valid_i = top_->value_valid_i = top_->scale_valid_i = top_->aw_valid_i = top_->k_valid_i = 0;
    top_->r_ready_i = 1;
    for (unsigned i = pick(1, 4); i > 0; --i) tick();
    top_->rst_ni = 1;
    for (unsigned i = 0; i < 2 * kColumns + 30; ++i) {
      settle();
      ASSERT_TRUE(top_->cmd_ready_o);
      ASSERT_FALSE(top_->r_valid_o || top_->done_o || top_->busy_o || top_->stall_memory_o ||
                   top_->stall_wait_o || top_->value_ready_o || top_->scale_ready_o)
          << "cycle " << i << " after a reset";
      ASSERT_EQ(get(top_->k_op_valid_o, 0, kColumns), 0);
      ASSERT_EQ(get(top_->k_sum_valid_o, 0, kColumns), 0);
      ASSERT_EQ(get(top_->k_accv_o, 0, kColumns), 0);
      edge();
    }
  }

  unsigned pick(unsigned low, unsigned high) {
    return std::uniform_int_distribution<unsigned>(low, high)(random_);
  }
  bool chance(unsigned percent) { return pick(1, 100) <= percent; }

  void settle() {
    top_->clk_i = 0;
    top_->eval();
  }
  void edge() {
    top_->clk_i = 1;
    top_->eval();
    ++cycle_;
  }
  void tick() {
    settle();
    edge();
  }

  // An fp16 with at most that biased exponent; often the largest, some subnormal.
  std::uint16_t random_half(unsigned biased) {
    const unsigned e = chance(5) ? 0 : chance(30) ? biased : pick(0, biased);
    return static_cast<std::uint16_t>(pick(0, 1) << 15 | e << 10 | (chance(10) ? 1023 : pick(0, 1023)));
  }

  Matrix random_matrix(unsigned mode) {
    Matrix m;
    m.stream.lanes = kLanes;
    m.stream.mode = mode;
    m.stream.kblocks = pick(1, 9);
    m.stream.rows = pick(1, (chance(20) ? 40 : 5) * m.stream.tile_rows() + 3);
    const unsigned most = kColumns * kGroups / (m.stream.joined() ? 2 : 1);
    m.tokens = chance(30) ? 1 : pick(1, most);
    m.last_only = chance(25);
    m.vec = pick(0, 2);
    m.src = pick(0, kActBlocks - m.stream.kblocks);
    m.bytes.resize(m.stream.beats() * kLanes);
    for (auto& b : m.bytes) b = static_cast<std::uint8_t>(pick(0, 255));
    const unsigned run = m.stream.run_beats();
    const unsigned biased = chance(50) ? 24 : pick(1, 30);
    for (std::size_t at = 0; at < m.bytes.size(); at += std::size_t{run + 1} * kLanes) {
      for (unsigned i = 0; i < kLanes; i += 2) {
        const std::uint16_t h = random_half(biased);
        std::memcpy(m.bytes.data() + at + i, &h, 2);
      }
    }
    m.stream.data = m.bytes.data();
    m.stream.reference = static_cast<int>(biased) - 25 + static_cast<int>(chance(50) ? 0 : pick(0, 8));
    for (unsigned t = 0; t < m.tokens; ++t) {
      Activations a;
      std::vector<float> v(m.stream.kblocks * 32);
      for (std::size_t b = 0; b < m.stream.kblocks; ++b) {
        const int e = static_cast<int>(pick(0, 40)) - 20;
        for (std::size_t i = 0; i < 32; ++i)
          v[b * 32 + i] = std::ldexp(static_cast<float>(pick(0, 4000)) - 2000.0f, chance(3) ? -140 : e);
      }
      if (chance(5)) std::fill(v.begin(), v.end(), 0.0f);
      for (float& f : v) {
        if (std::fabs(f) < 1e-37f) f = 0;
      }
      luoshu::model::quantise_activations(v.data(), v.size(), a);
      m.x.push_back(a);
    }
    luoshu::model::WorkerPool pool(1);
    std::vector<const Activations*> wanted;
    for (unsigned t = m.first(); t < m.tokens; ++t) wanted.push_back(&m.x[t]);
    std::vector<float> y(wanted.size() * m.stream.rows);
    luoshu::model::matmul(pool, m.stream, wanted, y.data());
    for (std::size_t t = 0; t < wanted.size(); ++t) {
      m.y.emplace_back(y.begin() + static_cast<std::ptrdiff_t>(t * m.stream.rows),
                       y.begin() + static_cast<std::ptrdiff_t>((t + 1) * m.stream.rows));
    }
    return m;
  }

  void write_activations(const Matrix& m) {
    for (unsigned t = 0; t < m.tokens; ++t) {
      for (unsigned b = 0; b < m.stream.kblocks; ++b) {
        const Activations& a = m.x[t];
        top_->aw_valid_i = 1;
        top_->aw_token_i = static_cast<std::uint8_t>(t);
        top_->aw_block_i = static_cast<std::uint16_t>(m.src + b);
        for (unsigned i = 0; i < 32; ++i)
          put(top_->aw_data_i, i * 12, 12, static_cast<std::uint16_t>(a.a[b * 32 + i]));
        top_->aw_exp_i = static_cast<std::uint16_t>(a.e[b] & 511);
        top_->aw_sum_i = static_cast<std::uint32_t>(a.sum[b]) & 0x3ffff;
        top_->aw_joined_i = m.stream.joined();
        top_->aw_first_i = b == 0;
        top_->aw_vec_i = static_cast<std::uint8_t>(m.vec);
        do {
          settle();
          const bool ready = top_->aw_ready_o;
          edge();
          if (ready) break;
        } while (true);
      }
    }
    top_->aw_valid_i = 0;
    for (int i = 0; i < 5; ++i) tick();
  }

  luoshu::Command command(const Matrix& m) {
    luoshu::Command c(LUOSHU_OP_MATMUL);
    c.set(LUOSHU_CMD_MATMUL_ROWS, m.stream.rows)
        .set(LUOSHU_CMD_MATMUL_KBLOCKS, m.stream.kblocks)
        .set(LUOSHU_CMD_MATMUL_MODE, m.stream.mode);
    c.set(LUOSHU_CMD_MATMUL_REF_EXPONENT, static_cast<std::uint32_t>(m.stream.reference) & 255u)
        .set(LUOSHU_CMD_MATMUL_SRC_BLOCK, m.src);
    c.set(LUOSHU_CMD_MATMUL_SRC_VECTOR, m.vec).set(LUOSHU_CMD_LAST, 1);
    return c;
  }

  // Runs the matrices back to back; the activations of all must have been written. stall: percent of cycles
  // without valid or ready. Gives up after `cycles`, to be followed by a reset.
  void run(const std::deque<Matrix>& matrices, unsigned stall, bool with_k, std::uint64_t cycles = kLimit) {
    const bool slow_reader = chance(50) && cycles <= kLimit;
    const bool whole = cycles >= kLimit;
    std::vector<std::size_t> ends;  // value beats up to the end of each matrix
    std::size_t consumed = 0;
    std::uint32_t stalled[4] = {};  // a result that was not taken
    bool was_stalled = false;
    last_beat_ = first_of_last_tile_ = 0;
    std::deque<const std::uint8_t*> values;
    std::deque<const std::uint8_t*> scales;
    for (const Matrix& m : matrices) {
      for (std::size_t beat = 0; beat < m.stream.beats(); ++beat) {
        (beat % (m.stream.run_beats() + 1) == 0 ? scales : values).push_back(m.bytes.data() + beat * kLanes);
      }
      ends.push_back(values.size());
    }
    std::size_t next_command = 0;
    std::size_t current = 0;  // matrix whose results come
    std::size_t done = 0;
    unsigned row = 0, token = 0, tile = 0;
    const std::uint64_t start = cycle_;
    while (done < matrices.size()) {
      if (!whole && cycle_ - start >= cycles) return;
      ASSERT_LT(cycle_ - start, cycles) << "the engine hangs, seed " << seed_;
      top_->cmd_valid_i = next_command < matrices.size();
      if (top_->cmd_valid_i) {
        const Matrix& m = matrices[next_command];
        std::memcpy(&top_->cmd_i, command(m).words().data(), 32);
        top_->info_i = static_cast<std::uint16_t>(m.tokens << 5 | (m.last_only ? 1 : 2));
      }
      const auto offer = [&](auto& queue, std::uint8_t& valid, auto& port) {
        valid = !queue.empty() && !chance(stall);
        if (valid) std::memcpy(static_cast<void*>(&port), queue.front(), kLanes);
      };
      offer(values, top_->value_valid_i, top_->value_data_i);
      offer(scales, top_->scale_valid_i, top_->scale_data_i);
      // Now and then nobody takes results for a while: every place of the result memory is used.
      if (slow_reader && chance(1)) reader_rests_ = pick(10, 400);
      if (reader_rests_ > 0) --reader_rests_;
      top_->r_ready_i = reader_rests_ == 0 && !chance(stall);
      top_->k_valid_i = with_k && chance(30);
      if (top_->k_valid_i) drive_k();
      settle();
      // Counters: busy from a command to its last result; a beat is missing; a place or the multipliers are.
      const bool issues = next_command > 0 && consumed < ends[next_command - 1];
      const bool offered = top_->value_valid_i && top_->scale_valid_i;
      ASSERT_EQ(top_->busy_o != 0, next_command > done) << "seed " << seed_;
      ASSERT_EQ(top_->stall_memory_o != 0, issues && !offered) << "seed " << seed_;
      if (top_->stall_wait_o) ASSERT_TRUE(issues && offered && !top_->value_ready_o) << "seed " << seed_;
      if (issues && offered && top_->k_valid_i) ASSERT_TRUE(top_->stall_wait_o) << "seed " << seed_;
      if (issues && offered && next_command == 1 && consumed == 0 && !top_->k_valid_i)
        ASSERT_FALSE(top_->stall_wait_o);
      ASSERT_FALSE((top_->value_ready_o || top_->scale_ready_o) && !(issues && offered));
      if (top_->cmd_valid_i && top_->cmd_ready_o) ++next_command;
      if (top_->value_valid_i && top_->value_ready_o) {
        values.pop_front();
        last_beat_ = cycle_;
        ++consumed;
      }
      if (top_->scale_valid_i && top_->scale_ready_o) scales.pop_front();
      if (top_->k_valid_i) ++k_issued_;
      const std::uint32_t result[4] = {top_->r_row_o, top_->r_token_o, top_->r_data_o, top_->r_last_o};
      if (was_stalled)
        ASSERT_TRUE(top_->r_valid_o && std::equal(result, result + 4, stalled)) << "a stalled result changed";
      was_stalled = top_->r_valid_o && !top_->r_ready_i;
      std::copy(result, result + 4, stalled);
      ASSERT_EQ(top_->done_o != 0, top_->r_valid_o && top_->r_ready_i && top_->r_last_o);
      if (top_->done_o) ++done;
      if (top_->r_valid_o && top_->r_ready_i) {
        if (row == 0 && token == 0) first_of_last_tile_ = cycle_;
        const Matrix& m = matrices[current];
        ASSERT_EQ(top_->r_row_o, tile + row) << "seed " << seed_;
        ASSERT_EQ(top_->r_token_o, m.first() + token) << "seed " << seed_;
        const std::uint32_t expected = luoshu::numerics::bits_of(m.y[token][tile + row]);
        ASSERT_EQ(top_->r_data_o, expected)
            << "matrix " << current << " mode " << m.stream.mode << " row " << tile + row << " token "
            << token << " of " << m.tokens << " kblocks " << m.stream.kblocks << " seed " << seed_;
        const unsigned in_tile = std::min(m.stream.tile_rows(), m.stream.rows - tile);
        if (++row == in_tile) {
          row = 0;
          if (++token == m.y.size()) {
            token = 0;
            tile += in_tile;
          }
        }
        const bool last = tile == m.stream.rows;
        ASSERT_EQ(top_->r_last_o != 0, last);
        if (last) {
          tile = 0;
          ++current;
        }
      }
      edge();
    }
    EXPECT_TRUE(values.empty());
    EXPECT_TRUE(scales.empty());
    cycles_ = cycle_ - start;
    top_->value_valid_i = top_->scale_valid_i = top_->cmd_valid_i = top_->k_valid_i = 0;
  }

  void drive_k() {
    for (unsigned l = 0; l < kLanes; ++l) put(top_->k_a_i, l * 12, 12, pick(0, 4095));
    top_->k_acc_i = static_cast<std::uint8_t>(pick(0, 1));
    top_->k_last_i = static_cast<std::uint8_t>(pick(0, 1));
    top_->k_cols_i = static_cast<std::uint8_t>(pick(0, (1u << kColumns) - 1));
    top_->k_meta_i = static_cast<std::uint16_t>(pick(0, 65535));
  }

  const std::uint64_t seed_;
  std::mt19937_64 random_;
  VerilatedContext context_;
  std::unique_ptr<Varray> top_;
  std::uint64_t cycle_ = 0, cycles_ = 0, k_issued_ = 0;
  std::uint64_t last_beat_ = 0, first_of_last_tile_ = 0;  // cycles of the last value beat, of that result
  unsigned reader_rests_ = 0;                             // cycles without a result taken
};

TEST_F(ArrayTest, EveryModeAgainstTheModel) {
  for (unsigned round = 0; round < 60; ++round) {
    const unsigned stall = round % 3 == 0 ? 0 : pick(5, 60);
    for (unsigned mode = 0; mode < 4; ++mode) {
      std::deque<Matrix> one{random_matrix(mode)};
      write_activations(one[0]);
      ASSERT_NO_FATAL_FAILURE(run(one, stall, round % 2 != 0));
    }
  }
  EXPECT_GT(k_issued_, 100u);
}

// Commands that follow each other without a gap, on different vectors of the same mapping.
TEST_F(ArrayTest, BackToBack) {
  for (unsigned round = 0; round < 20; ++round) {
    std::deque<Matrix> list;
    const bool joined = chance(50);
    for (unsigned i = 0; i < 3; ++i) {
      list.push_back(random_matrix(joined ? pick(1, 2) : pick(0, 1) * 3));
      list.back().vec = i;
      list.back().src = i * 16;
      write_activations(list.back());
    }
    ASSERT_NO_FATAL_FAILURE(run(list, round % 2 == 0 ? 0 : 40, false));
  }
}

// A large matrix without stalls: one value beat per cycle.
TEST_F(ArrayTest, OneBeatPerCycle) {
  Matrix m = random_matrix(LUOSHU_MODE_INT8);
  m.stream.kblocks = 18;
  m.stream.rows = 64 * m.stream.slots();
  m.bytes.assign(m.stream.beats() * kLanes, 1);
  m.stream.data = m.bytes.data();
  m.tokens = 1;
  m.last_only = false;
  m.src = 0;
  std::vector<float> v(18 * 32, 1.0f);
  m.x.resize(1);
  luoshu::model::quantise_activations(v.data(), v.size(), m.x[0]);
  luoshu::model::WorkerPool pool(1);
  m.y.assign(1, std::vector<float>(m.stream.rows));
  luoshu::model::matmul(pool, m.stream, {&m.x[0]}, m.y[0].data());
  const std::uint64_t beats = std::uint64_t{64} * 18 * m.stream.beats_per_block();
  write_activations(m);
  ASSERT_NO_FATAL_FAILURE(run({m}, 0, false, kLimit + 1));
  EXPECT_LE(cycles_, beats + 40);
  RecordProperty("cycles", static_cast<int>(cycles_));
  // A tile is complete 7 cycles and one per column after its last beat, with a scale unit for all columns one
  // more per column; reading, conversion and the queue take 6, 7 where the queue is a small RAM.
  const bool shared = kLanes * kColumns <= 16 && kGroups == 1;
  EXPECT_EQ(first_of_last_tile_ - last_beat_, 7 + kColumns + (shared ? kColumns + 1 : 0) + 6);
}

// A reset at any moment leaves nothing behind: the next matrix has the model's bits.
TEST_F(ArrayTest, ResetInTheMiddle) {
  for (unsigned round = 0; round < 60; ++round) {
    const unsigned mode = pick(0, 3);
    std::deque<Matrix> one{random_matrix(mode)};
    write_activations(one[0]);
    ASSERT_NO_FATAL_FAILURE(run(one, chance(50) ? 0 : 40, chance(50), pick(1, 60) * pick(1, 10)));
    ASSERT_NO_FATAL_FAILURE(reset());
    std::deque<Matrix> next{random_matrix(chance(50) ? mode : pick(0, 3))};
    write_activations(next[0]);
    ASSERT_NO_FATAL_FAILURE(run(next, 0, false));
  }
}

// Client K: dot products of 8 lanes and lane accumulators, a beat in most cycles, each column at its time.
TEST_F(ArrayTest, ClientK) {
  struct Beat {
    bool valid = false, accumulate = false, last = false;
    unsigned cols = 0, meta = 0;
    std::vector<std::int64_t> a;
  };
  std::deque<Beat> issued(kColumns + 4);  // the latest first
  std::vector<std::int64_t> acc(kColumns * kLanes, 0), result(kColumns * kLanes, 0),
      sums(kColumns * kLanes / 8, 0);
  std::vector<bool> has_result(kColumns, false);
  for (int round = 0; round < 1500; ++round) {
    const auto beat_of = [&](std::size_t ago, unsigned c) {  // that of column c
      Beat b = issued.at(ago + c - 1);
      b.valid = b.valid && (b.cols >> c & 1) != 0;
      return b;
    };
    drive_k();
    top_->k_last_i = chance(20);
    top_->k_valid_i = chance(round % 100 < 50 ? 90 : 20);
    settle();
    std::vector<std::int64_t> b(kColumns * kLanes);
    for (unsigned c = 0; c < kColumns; ++c) {
      const Beat multiply = beat_of(2, c);
      for (unsigned l = 0; l < kLanes; ++l) {
        // weights of the softmax, or elements of q
        b[c * kLanes + l] = multiply.accumulate ? static_cast<std::int64_t>(pick(0, 131071)) - 65536
                                                : static_cast<std::int64_t>(pick(0, 4094)) - 2047;
        put(top_->k_b_i, (c * kLanes + l) * 17, 17, static_cast<std::uint64_t>(b[c * kLanes + l]));
      }
    }
    settle();
    const auto meta = [](const auto& port, unsigned c) {
      return static_cast<unsigned>(get(port, c * 16, 16)) & 0xffffu;
    };
    for (unsigned c = 0; c < kColumns; ++c) {
      const Beat ask = beat_of(1, c), multiply = beat_of(2, c), show = beat_of(3, c);
      ASSERT_EQ(get(top_->k_op_valid_o, c, 1) != 0, ask.valid);
      if (ask.valid) ASSERT_EQ(meta(top_->k_op_meta_o, c), ask.meta);
      ASSERT_EQ(get(top_->k_accv_o, c, 1) != 0, multiply.valid && multiply.accumulate);
      if (multiply.valid && multiply.accumulate) ASSERT_EQ(meta(top_->k_acc_meta_o, c), multiply.meta);
      ASSERT_EQ(get(top_->k_sum_valid_o, c, 1) != 0, show.valid && !show.accumulate);
      if (show.valid && !show.accumulate) {
        ASSERT_EQ(meta(top_->k_sum_meta_o, c), show.meta);
        for (unsigned g = 0; g < kLanes / 8; ++g) {
          ASSERT_EQ(get(top_->k_sum_o, (c * (kLanes / 8) + g) * 29, 29), sums[c * kLanes / 8 + g])
              << "seed " << seed_;
        }
      }
      for (unsigned l = 0; has_result[c] && l < kLanes; ++l)
        ASSERT_EQ(get(top_->k_acc_o, (c * kLanes + l) * 32, 32), result[c * kLanes + l]) << "seed " << seed_;
      if (!multiply.valid) continue;
      for (unsigned g = 0; !multiply.accumulate && g < kLanes / 8; ++g) {
        std::int64_t sum = 0;
        for (unsigned l = g * 8; l < g * 8 + 8; ++l) sum += multiply.a[l] * b[c * kLanes + l];
        sums[c * kLanes / 8 + g] = sum;
      }
      for (unsigned l = 0; multiply.accumulate && l < kLanes; ++l) {
        std::int64_t& mine = acc[c * kLanes + l];
        const auto total = static_cast<std::uint64_t>(mine + multiply.a[l] * b[c * kLanes + l]);
        mine = static_cast<std::int64_t>(total << 35) >> 35;  // 29 bits
        if (!multiply.last) continue;
        result[c * kLanes + l] = mine;
        mine = 0;
      }
      if (multiply.accumulate && multiply.last) has_result[c] = true;
    }
    Beat now;
    now.valid = top_->k_valid_i != 0;
    now.accumulate = top_->k_acc_i != 0;
    now.last = top_->k_last_i != 0;
    now.cols = top_->k_cols_i;
    now.meta = top_->k_meta_i;
    for (unsigned l = 0; l < kLanes; ++l) now.a.push_back(get(top_->k_a_i, l * 12, 12));
    issued.pop_back();
    issued.push_front(now);
    edge();
  }
}

// As many rows as the largest vocabularies have.
TEST_F(ArrayTest, ManyRows) {
  Matrix m = random_matrix(LUOSHU_MODE_INT8);
  m.stream.kblocks = 1;
  m.stream.rows = (1u << (kLanes < 32 ? 16 : kLanes < 128 ? 18 : 19)) + 5;
  m.bytes.assign(m.stream.beats() * kLanes, 0);
  for (std::size_t beat = 0; beat < m.stream.beats(); ++beat) {
    for (unsigned i = 0; i < kLanes; i += 2) {
      const auto half = static_cast<std::uint16_t>(pick(0, 1) << 15 | pick(0, 24) << 10 | pick(0, 1023));
      std::memcpy(m.bytes.data() + beat * kLanes + i, &half, 2);
    }
  }
  m.stream.data = m.bytes.data();
  m.stream.reference = 0;
  m.tokens = 1;
  m.last_only = false;
  m.src = 0;
  std::vector<float> v(32, 1.5f);
  m.x.resize(1);
  luoshu::model::quantise_activations(v.data(), v.size(), m.x[0]);
  luoshu::model::WorkerPool pool(1);
  m.y.assign(1, std::vector<float>(m.stream.rows));
  luoshu::model::matmul(pool, m.stream, {&m.x[0]}, m.y[0].data());
  write_activations(m);
  ASSERT_NO_FATAL_FAILURE(run({m}, 0, false, 10 * kLimit));
}

}  // namespace
