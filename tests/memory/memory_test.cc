// SPDX-License-Identifier: Apache-2.0
// The simulated memory's timing: cycles that bursts take, counted beat by beat, and what --memory accepts.
#include "memory.h"

#include <gtest/gtest.h>

#include "luoshu/error.h"

namespace {

using namespace luoshu;

constexpr unsigned kBeat = 32;
constexpr unsigned kBurst = 64;  // beats
const Configuration& lab() {
  return configuration("lab");
}

// Cycles from the first request to the last beat of `bursts` reads that follow each other in memory, at most
// four outstanding.
std::uint64_t read_cycles(const std::string& memory, unsigned bursts, std::uint32_t start = 0) {
  SparseMemory bytes(std::uint64_t{64} << 20);
  AxiMemory port(bytes, kBeat, memory_timing(memory, lab()), 0);
  unsigned asked = 0;
  unsigned beats = 0;
  std::uint64_t cycles = 0;
  while (beats < bursts * kBurst && cycles < 10000000) {
    if (port.inputs().r_valid) ++beats;
    if (asked < bursts && asked < beats / kBurst + 4 && port.inputs().ar_ready)
      port.read_request(start + asked++ * kBurst * kBeat, kBurst, kReadWeights);
    port.advance();
    ++cycles;
  }
  EXPECT_EQ(port.bytes_read(kReadWeights), std::uint64_t{beats} * kBeat);
  return cycles;
}

TEST(Memory, IdealMovesABeatPerCycle) {
  EXPECT_EQ(read_cycles("ideal", 100), 100 * kBurst + 1);
  EXPECT_EQ(read_cycles("latency30", 100), 100 * kBurst + 30);
  EXPECT_EQ(read_cycles("ideal,latency=5", 100), 100 * kBurst + 5);
}

TEST(Memory, ShareIsExact) {
  EXPECT_NEAR(static_cast<double>(read_cycles("ideal,share=0.8", 100)), 100 * kBurst / 0.8, 3);
  EXPECT_NEAR(static_cast<double>(read_cycles("ideal,share=0.23", 100)), 100 * kBurst / 0.23, 6);
  EXPECT_EQ(read_cycles("ideal,share=1", 100), read_cycles("ideal", 100));
}

TEST(Memory, WritesTakeBeatsOfAShare) {
  SparseMemory bytes(1 << 20);
  AxiMemory port(bytes, kBeat, memory_timing("ideal,share=0.5", lab()), 0);
  const std::uint8_t data[kBeat] = {1};
  const std::uint8_t strobes[kBeat / 8] = {0xff, 0xff, 0xff, 0xff};
  for (int i = 0; i < 10; ++i) {
    port.write_address(static_cast<std::uint32_t>(i) * kBeat, kWriteKv);
    port.write_data(data, strobes);
    port.advance();
  }
  port.read_request(0, 1, kReadKv);
  int cycles = 0;
  while (!port.inputs().r_valid && cycles < 100) {
    port.advance();
    ++cycles;
  }
  EXPECT_GE(cycles, 10);  // ten beats at half speed, ten cycles of them passed
  EXPECT_LE(cycles, 13);
  EXPECT_EQ(port.inputs().r_data[0], 1);
}

// 6400 beats, a pause of 20 cycles in every 1000.
TEST(Memory, RefreshPauses) {
  const std::uint64_t expected = 100 * kBurst + 1 + 100 * kBurst / 980 * 20;
  EXPECT_EQ(read_cycles("ideal,refresh_interval=1000,refresh_cycles=20", 100), expected);
}

// 100 bursts of 2 KiB are 200 rows of 1 KiB, and one that is closed by nothing stays open.
TEST(Memory, RowsCostOnceEach) {
  EXPECT_EQ(read_cycles("ideal,row_bytes=1024,row_miss=7", 100), 100 * kBurst + 1 + 200 * 7);
  EXPECT_EQ(read_cycles("ideal,row_bytes=65536,row_miss=7", 16), 16 * kBurst + 1 + 7);
  EXPECT_EQ(read_cycles("ideal,row_bytes=65536,row_miss=7,banks=4", 32 * 4), 32 * 4 * kBurst + 1 + 4 * 7);
}

TEST(Memory, StallsAreAShareOfCycles) {
  const auto cycles = static_cast<double>(read_cycles("ideal,stalls=0.25", 400));
  EXPECT_NEAR(400 * kBurst / cycles, 0.75, 0.02);
  EXPECT_EQ(read_cycles("ideal,stalls=0.25", 10), read_cycles("ideal,stalls=0.25", 10));
}

TEST(Memory, BoardsFollowTheirArithmetic) {
  const MemoryTiming nano = memory_timing("tang-nano-20k", configuration("nano"));  // 8 bytes at 54 MHz
  EXPECT_DOUBLE_EQ(nano.share, 400.0 / (8 * 54));
  EXPECT_EQ(nano.latency, 6u);                                 // 100 ns
  EXPECT_EQ(nano.row_miss, 3u);                                // 40 ns
  EXPECT_EQ(nano.refresh_interval, 843u);                      // 15.6 us
  EXPECT_EQ(nano.refresh_cycles, 4u);                          // 70 ns
  const MemoryTiming ulx = memory_timing("ulx3s-85f", lab());  // 32 bytes at 50 MHz
  EXPECT_DOUBLE_EQ(ulx.share, 266.0 / 1600);
  EXPECT_DOUBLE_EQ(memory_timing("tang-mega-138k", lab()).share, 1);
  for (const std::string& name : memory_names()) {
    for (const Configuration& c : configurations()) EXPECT_EQ(memory_timing(name, c).name, name);
  }
}

TEST(Memory, RefusesOtherModels) {
  for (const char* text : {"", "dream", "ideal,", "ideal,share", "ideal,share=", "ideal,share=0",
                           "ideal,share=1.5", "ideal,share=nan", "ideal,share=0.5x", "ideal,latency=0",
                           "ideal,latency=-1", "ideal,latency=1.5", "ideal,latency=1e9", "ideal,stalls=1",
                           "ideal,width=3", "ideal,refresh_cycles=9,refresh_interval=9", "ideal,,"}) {
    EXPECT_THROW(memory_timing(text, lab()), InputError) << text;
  }
}

}  // namespace
