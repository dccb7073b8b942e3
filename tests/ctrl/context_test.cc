// SPDX-License-Identifier: Apache-2.0
// The pass context: writes, reads of several units, the step of a decode loop, also while the host writes.
#include <gtest/gtest.h>
#include <verilated.h>

#include <array>
#include <cstring>
#include <memory>
#include <random>

#include "Vcontext.h"
#include "support/seed.h"

namespace {

using luoshu::test_seed;
constexpr unsigned kTokens = 8, kReaders = 3;
using Entry = std::array<std::uint32_t, 4>;  // token, position, sequence offset, block offset

class Context : public testing::Test {
 protected:
  Context() : random_(test_seed()) {
    context_.randReset(2);
    top_ = std::make_unique<Vcontext>(&context_, "context");
    top_->rst_ni = 0;
    top_->we_i = top_->advance_i = top_->re_i = 0;
    for (int i = 0; i < 4; ++i) cycle();
    top_->rst_ni = 1;
    for (unsigned bank = 0; bank < 2; ++bank)
      for (unsigned t = 0; t < kTokens; ++t)
        for (unsigned w = 0; w < 4; ++w) write(bank, t, w, word());
  }
  ~Context() override { top_->final(); }

  std::uint32_t word() { return static_cast<std::uint32_t>(random_()); }
  unsigned below(unsigned n) { return static_cast<unsigned>(random_() % n); }

  // One cycle; every grant is checked in the next against what the entry was at the grant or becomes by an
  // advance.
  void cycle() {
    top_->clk_i = 0;
    top_->eval();
    const unsigned granted = top_->rst_ni != 0 ? top_->gnt_o & top_->re_i : 0;
    if (top_->advanced_o != 0 && top_->rst_ni != 0) ++advanced_;
    top_->clk_i = 1;
    top_->eval();
    for (unsigned r = 0; r < kReaders; ++r) {
      if ((granted >> r & 1u) == 0) continue;
      Entry got;
      std::memcpy(got.data(), reinterpret_cast<const std::uint8_t*>(&top_->rdata_o) + 16 * r, 16);
      last_[r] = got;
      done_ |= 1u << r;
    }
  }

  void write(unsigned bank, unsigned token, unsigned w, std::uint32_t value) {
    top_->we_i = 1;
    top_->wbank_i = bank != 0;
    top_->wtoken_i = static_cast<std::uint8_t>(token);
    top_->wword_i = static_cast<std::uint8_t>(w);
    top_->wdata_i = value;
    cycle();
    top_->we_i = 0;
    expected_[bank][token][w] = value;
  }

  // All readers at once, each an entry of its own.
  void read_all() {
    unsigned address[kReaders];
    done_ = 0;
    for (unsigned r = 0; r < kReaders; ++r) address[r] = below(2) << 7 | below(kTokens);
    for (int i = 0; done_ != (1u << kReaders) - 1; ++i) {
      ASSERT_LT(i, 100) << "a read is not granted";
      top_->re_i = static_cast<std::uint8_t>(~done_ & ((1u << kReaders) - 1));
      top_->raddr_i = address[0] | address[1] << 8 | address[2] << 16;
      cycle();
    }
    top_->re_i = 0;
    for (unsigned r = 0; r < kReaders; ++r)
      EXPECT_EQ(last_[r], expected_[address[r] >> 7][address[r] & 127u])
          << "reader " << r << ", " << address[r];
  }

  std::mt19937_64 random_;
  VerilatedContext context_;
  std::unique_ptr<Vcontext> top_;
  std::array<std::array<Entry, kTokens>, 2> expected_{};
  Entry last_[kReaders] = {};
  unsigned done_ = 0, advanced_ = 0;
};

TEST_F(Context, ReadsWhatWasWritten) {
  for (int round = 0; round < 300; ++round) {
    if (below(2) != 0) write(below(2), below(kTokens), below(4), word());
    ASSERT_NO_FATAL_FAILURE(read_all());
  }
}

// A step of the decode loop: token 0 of the bank, position on by one, block offset at a multiple of 32, the
// rest as it was; other words written meanwhile are not lost.
TEST_F(Context, Advance) {
  for (int round = 0; round < 400; ++round) {
    const unsigned bank = below(2);
    if (round % 20 == 0) write(bank, 0, 1, below(4) * 32 + 28);
    const std::uint32_t token = word(), block = word();
    top_->bank_i = bank != 0;
    top_->token_i = token;
    top_->block_bytes_i = block;
    top_->advance_i = 1;
    const unsigned before = advanced_;
    Entry& e = expected_[bank][0];
    // a bus write may come in the same cycle
    if (below(3) == 0)
      write(1 - bank, below(kTokens), below(4), word());
    else
      cycle();
    top_->advance_i = 0;
    e[0] = token;
    if (++e[1] % 32 == 0) e[3] += block;
    for (int i = 0; advanced_ == before; ++i) {
      ASSERT_LT(i, 60) << "the advance is not done";
      if (below(4) == 0)
        write(1 - bank, below(kTokens), below(4), word());
      else
        cycle();
    }
    for (int i = 0; i < 4; ++i) cycle();
    ASSERT_EQ(advanced_, before + 1) << "advanced twice";
    ASSERT_NO_FATAL_FAILURE(read_all());
    done_ = 0;  // the entry that moved
    for (int i = 0; done_ == 0; ++i) {
      ASSERT_LT(i, 100);
      top_->re_i = 2;
      top_->raddr_i = bank << 15;
      cycle();
    }
    top_->re_i = 0;
    EXPECT_EQ(last_[1], e) << "bank " << bank << " at position " << e[1];
  }
}

// A reset in any cycle of an advance: nobody hears of it afterwards, and the words are the host's.
TEST_F(Context, ResetDropsTheAdvance) {
  for (unsigned delay = 0; delay < 20; ++delay) {
    top_->bank_i = 0;
    top_->advance_i = 1;
    cycle();
    top_->advance_i = 0;
    for (unsigned i = 0; i < delay; ++i) cycle();
    top_->rst_ni = 0;
    cycle();
    top_->rst_ni = 1;
    advanced_ = 0;
    for (unsigned w = 0; w < 4; ++w) write(0, 0, w, word());
    for (int i = 0; i < 60; ++i) cycle();
    EXPECT_EQ(advanced_, 0u) << "reset " << delay << " cycles after the token";
    ASSERT_NO_FATAL_FAILURE(read_all());
  }
}

}  // namespace
