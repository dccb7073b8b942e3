// SPDX-License-Identifier: Apache-2.0
// luoshu_ram_1r1w against an array: whole-word or byte writes, read latency, hold while re_i is low.
#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <random>
#include <vector>

#include "Vram.h"
#include "support/seed.h"
#include "verilated.h"

namespace {

TEST(Ram1r1w, RandomAccessesMatchAnArray) {
  std::mt19937_64 rng(luoshu::test_seed());
  VerilatedContext context;
  const auto top = std::make_unique<Vram>(&context);
  constexpr std::uint32_t kMask = static_cast<std::uint32_t>((std::uint64_t{1} << RAM_WIDTH) - 1);
  std::vector<std::uint32_t> model(RAM_DEPTH);
  std::uint32_t expected = 0;
  bool known = false;
  const auto cycle = [&] {
    top->clk_i = 0;
    top->eval();
    top->clk_i = 1;
    top->eval();
  };
  for (std::uint32_t i = 0; i < RAM_DEPTH; ++i) {
    model[i] = static_cast<std::uint32_t>(rng()) & kMask;
    top->we_i = 1;
    top->re_i = 0;
    top->wmask_i = 0xF;
    top->waddr_i = static_cast<std::uint8_t>(i);
    top->wdata_i = model[i];
    cycle();
  }
  int reads = 0;
  for (int i = 0; i < 100000; ++i) {
    const auto waddr = static_cast<std::uint32_t>(rng() % RAM_DEPTH);
    const auto raddr = static_cast<std::uint32_t>(rng() % RAM_DEPTH);
    const bool write = (rng() & 1) != 0;
    const bool read = (rng() & 1) != 0;
    const auto mask = static_cast<std::uint32_t>(rng() & 0xF);
    const auto data = static_cast<std::uint32_t>(rng()) & kMask;
    top->we_i = write ? 1 : 0;
    top->re_i = read ? 1 : 0;
    top->waddr_i = static_cast<std::uint8_t>(waddr);
    top->raddr_i = static_cast<std::uint8_t>(raddr);
    top->wmask_i = static_cast<std::uint8_t>(mask & ((RAM_WIDTH / 8) < 4 ? 0x3U : 0xFU));
    top->wdata_i = data;
    cycle();
    if (read) {
      known = !(write && waddr == raddr);  // the header leaves the other case undefined
      expected = model[raddr];
      ++reads;
    }
    if (write) {
      std::uint32_t bits = kMask;
      if (RAM_BYTES != 0) {
        bits = 0;
        for (unsigned b = 0; b < 4; ++b) bits |= ((mask >> b) & 1U) != 0 ? 0xFFU << (8 * b) : 0U;
      }
      model[waddr] = (model[waddr] & ~bits) | (data & bits);
    }
    if (known) {
      ASSERT_EQ(top->rdata_o, expected) << "access " << i;
    }
  }
  EXPECT_GT(reads, 40000);
}

}  // namespace
