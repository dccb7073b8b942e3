// SPDX-License-Identifier: Apache-2.0
// luoshu_ram_1rw against an array: byte writes, read latency, hold while req_i is low.
#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <memory>
#include <random>

#include "Vram.h"
#include "support/seed.h"
#include "verilated.h"

namespace {

TEST(Ram1rw, RandomAccessesMatchAnArray) {
  std::mt19937_64 rng(luoshu::test_seed());
  VerilatedContext context;
  const auto top = std::make_unique<Vram>(&context);
  std::array<std::uint32_t, 64> model{};
  std::uint32_t expected = 0;
  bool known = false;
  for (std::uint32_t i = 0; i < 100064; ++i) {
    const bool fill = i < 64;  // first every word once
    const bool req = fill || (rng() & 3) != 0;
    const bool write = fill || (rng() & 1) != 0;
    const auto addr = static_cast<std::uint32_t>(fill ? i : rng() % 64);
    const auto mask = static_cast<std::uint32_t>(fill ? 0xF : rng() & 0xF);
    const auto data = static_cast<std::uint32_t>(rng());
    top->req_i = req ? 1 : 0;
    top->we_i = write ? 1 : 0;
    top->addr_i = static_cast<std::uint8_t>(addr);
    top->wmask_i = static_cast<std::uint8_t>(mask);
    top->wdata_i = data;
    top->clk_i = 0;
    top->eval();
    top->clk_i = 1;
    top->eval();
    if (req && write) {
      std::uint32_t bits = 0;
      for (unsigned b = 0; b < 4; ++b) bits |= ((mask >> b) & 1U) != 0 ? 0xFFU << (8 * b) : 0U;
      model[addr] = (model[addr] & ~bits) | (data & bits);
      known = false;
    } else if (req) {
      expected = model[addr];
      known = true;
    }
    if (known) {
      ASSERT_EQ(top->rdata_o, expected) << "access " << i;
    }
  }
}

}  // namespace
