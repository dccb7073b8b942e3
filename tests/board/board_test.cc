// SPDX-License-Identifier: Apache-2.0
// ULX3S without its vendor cells: the driver over a serial line, bit by bit, through the chip to the pins of
// the SDRAM.
#include "board/board_bench.h"
#include "support/seed.h"

namespace luoshu::test {
namespace {

TEST(Board, Generates) {
  const std::uint64_t seed = test_seed();
  Board board(seed);
  run_job(connect(board));
  EXPECT_NE(board.leds() & 2U, 0U) << "memory is ready, its light is on";
  EXPECT_EQ(board.leds() >> 6U, 0U) << "no USB";
  board.check_memory();
  EXPECT_EQ(board.line().framing_errors, 0U);
}

// The reset button in the middle of an upload: the session is refused with an error, the next one is right.
TEST(Board, ResetButton) {
  Board board(test_seed() + 1);
  const std::vector<std::uint8_t> data = random_bytes(1500, test_seed());
  std::vector<std::uint8_t> back(data.size());
  Device device = connect(board);
  device.write_memory(0, data.data(), data.size());
  board.reset();
  EXPECT_THROW(device.read_memory(0, back.data(), back.size()), DeviceError);
  device.write_memory(123457, data.data(), data.size());
  device.read_memory(123457, back.data(), back.size());
  EXPECT_EQ(back, data);
  board.check_memory();
}

// Bits that flip, both ways, while memory is written and read: the link sends again what was damaged.
TEST(Board, NoisyLine) {
  Board board(test_seed() + 2);
  const std::vector<std::uint8_t> data = random_bytes(2500, test_seed());
  std::vector<std::uint8_t> back(data.size());
  Device device = connect(board);
  device.hello();
  board.disturb(60000);
  device.write_memory(4096, data.data(), data.size());
  device.read_memory(4096, back.data(), back.size());
  EXPECT_EQ(back, data);
  EXPECT_GE(board.disturbances(), 3U);
  EXPECT_GT(device.statistics().retransmitted, 0U);
  board.check_memory();
}

// Every address bit of the SDRAM is another place: one word at each power of two and at 0, then all of them
// again. On each of the parts that ULX3S boards carry.
void address_bits(const SdramPart& part) {
  SCOPED_TRACE(part.name);
  Board board(test_seed() + 3, part);
  Device device = connect(board);
  std::vector<std::uint32_t> places{0};
  for (std::uint32_t at = 4; at < 32U << 20U; at *= 2) places.push_back(at);
  for (const std::uint32_t at : places) {
    const std::uint32_t value = at ^ 0xa5a5a5a5U;
    device.write_memory(at, &value, 4);
  }
  for (const std::uint32_t at : places) {
    std::uint32_t value = 0;
    device.read_memory(at, &value, 4);
    EXPECT_EQ(value, at ^ 0xa5a5a5a5U) << "address " << at;
  }
  std::uint32_t value = 0;
  EXPECT_THROW(device.read_memory(32U << 20U, &value, 4), DeviceError) << "above the SDRAM's 32 MiB";
  board.check_memory();
}

TEST(Board, AddressBits) {
  for (const SdramPart& part : {is42s16160g_7(), w9825g6kh_6(), as4c32m16sb_7()}) address_bits(part);
}

}  // namespace
}  // namespace luoshu::test
