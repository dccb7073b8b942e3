// SPDX-License-Identifier: Apache-2.0
// Tests simulate a chip whose assertions are live: one that fails ends the simulation with an error.
#include <gtest/gtest.h>

#include "Vluoshu_nano.h"
#include "Vluoshu_nano___024root.h"
#include "chip_simulation.h"

namespace {

using namespace luoshu;

// A chip whose memory answers writes that it never asked for.
class Astray : public Vluoshu_nano {
 public:
  using Vluoshu_nano::Vluoshu_nano;
  void eval() {
    if (answer) m_b_valid_i = 1;
    Vluoshu_nano::eval();
  }
  static inline bool answer = false;
};

TEST(Assertions, StopTheSimulation) {
  for (const std::uint64_t seed : {0u, 7u}) {
    Astray::answer = false;
    SimulationOptions options;
    options.config = "nano";
    options.memory_bytes = 1u << 20;
    options.seed = seed;
    std::vector<std::uint8_t> out;
    ChipSimulation<Astray, 8> chip(options);
    EXPECT_EQ(chip.step(nullptr, 0, 1000, out).cycles, 1000u);
    Astray::answer = true;
    testing::internal::CaptureStdout();
    EXPECT_THROW(chip.step(nullptr, 0, 1000, out), AssertionError);
    const std::string said = testing::internal::GetCapturedStdout();
    EXPECT_NE(said.find("b_has_tag"), std::string::npos) << said;
  }
}

}  // namespace
