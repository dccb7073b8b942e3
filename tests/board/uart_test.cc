// SPDX-License-Identifier: Apache-2.0
// The serial port against a line that has a clock of its own: every byte, both ways at once, clocks that are
// off, noise.
#include <gtest/gtest.h>
#include <verilated.h>

#include <deque>
#include <memory>
#include <random>

#include "Vuart.h"
#include "board/uart_host.h"
#include "support/seed.h"

namespace luoshu::test {
namespace {

constexpr double kBit = 1000.0 * UART_KHZ / UART_BAUD;  // cycles

class Uart {
 public:
  // error: of the host's clock, 0.02 is 2 % slow.
  explicit Uart(double error, unsigned stall_percent = 0)
      : host(kBit * (1 + error)), stall(stall_percent), random_(test_seed()) {
    context_.randReset(2);
    context_.randSeed(static_cast<int>(test_seed() & 0xffff) + 1);
    top_ = std::make_unique<Vuart>(&context_, "uart");
    top_->rxd_i = 1;
    reset();
  }
  void reset() {
    top_->rst_ni = 0;
    for (int i = 0; i < 8; ++i) cycle();
    top_->rst_ni = 1;
    got.clear();  // before the reset anything may be seen
    host.received.clear();
  }
  void cycle() {
    Vuart& t = *top_;
    t.rx_ready_i = random_() % 100 >= stall;
    t.tx_valid_i = !words.empty() && (t.tx_valid_i || random_() % 100 >= stall);
    if (t.tx_valid_i) t.tx_data_i = words.front();
    t.clk_i = 0;
    t.eval();
    if (t.rx_valid_o && t.rx_ready_i) {
      EXPECT_EQ(t.rx_bytes_o, 1);
      got.push_back(static_cast<std::uint8_t>(t.rx_data_o));
    }
    const bool taken = t.tx_valid_i != 0 && t.tx_ready_o != 0;
    if (taken) words.pop_front();
    const bool level = host.cycle(t.txd_o != 0);
    t.rxd_i = line_low ? 0 : level ? 1 : 0;
    t.clk_i = 1;
    t.eval();
    if (taken) t.tx_valid_i = 0;
  }
  void run(std::size_t bytes) {
    for (std::size_t i = 0; i < static_cast<std::size_t>(kBit * 12) * (bytes + 4); ++i) cycle();
  }

  UartHost host;
  std::deque<std::uint32_t> words;
  std::vector<std::uint8_t> got;
  bool line_low = false;
  unsigned stall;  // percent of the cycles

 private:
  VerilatedContext context_;
  std::unique_ptr<Vuart> top_;
  std::mt19937_64 random_;
};

void both_ways(double error, unsigned stall) {
  Uart uart(error, stall);
  std::mt19937_64 random(test_seed());
  std::vector<std::uint8_t> down, up;
  for (int i = 0; i < 256; ++i) down.push_back(static_cast<std::uint8_t>(i));
  for (int i = 0; i < 300; ++i) down.push_back(static_cast<std::uint8_t>(random()));
  for (int i = 0; i < 130; ++i) {
    const auto word = static_cast<std::uint32_t>(random());
    uart.words.push_back(word);
    for (int b = 0; b < 4; ++b) up.push_back(static_cast<std::uint8_t>(word >> (8 * b)));
  }
  uart.host.to_send.assign(down.begin(), down.end());
  uart.run(down.size());
  EXPECT_EQ(uart.got, down) << "error " << error;
  EXPECT_EQ(uart.host.received, up) << "error " << error;
  EXPECT_EQ(uart.host.framing_errors, 0U);
}

// Two serial ports may differ by about 4 % in all when a bit is many cycles long; with 4 to 9 cycles 2 % must
// do.
TEST(Uart, BothWays) {
  for (const double error : {0.0, 0.02, -0.02}) both_ways(error, 0);
}
TEST(Uart, Stalls) {
  both_ways(0.001, 50);
}

// Start bits at any distance from the byte before: each byte is found by its own edge.
TEST(Uart, Pauses) {
  for (const double error : {0.02, -0.02}) {
    Uart uart(error);
    std::mt19937_64 random(test_seed());
    std::vector<std::uint8_t> down;
    for (int i = 0; i < 400; ++i) {
      down.push_back(static_cast<std::uint8_t>(random()));
      uart.host.to_send.push_back(down.back());
      while (!uart.host.idle()) uart.cycle();
      for (unsigned n = static_cast<unsigned>(random() % 40); n != 0; --n) uart.cycle();
    }
    uart.run(1);
    EXPECT_EQ(uart.got, down) << "error " << error;
  }
}

// Words that wait leave as bytes without a gap: ten bits each, of the rate that 1/2^16 of a bit can express.
TEST(Uart, BackToBack) {
  Uart uart(0);
  constexpr int kWords = 50;
  constexpr double kExpected = (4.0 * kWords - 1) * 10 * kBit;
  for (int i = 0; i < kWords; ++i) uart.words.push_back(0x01020304U * static_cast<std::uint32_t>(i));
  while (uart.host.received.empty()) uart.cycle();
  std::size_t cycles = 0;
  while (uart.host.received.size() < std::size_t{4 * kWords} &&
         cycles < static_cast<std::size_t>(4 * kWords * 20 * kBit)) {
    uart.cycle();
    ++cycles;
  }
  EXPECT_NEAR(static_cast<double>(cycles), kExpected, 2 + kExpected * kBit / 65536);
}

// A glitch of up to three eighths of a bit is no byte (half a bit less what the synchroniser may add), and
// what follows it is right; a line that is low for long (break) is no byte either.
TEST(Uart, GlitchAndBreak) {
  Uart uart(0);
  std::vector<std::uint8_t> down;
  for (int length = 1; length <= static_cast<int>(kBit * 3 / 8); length += 1 + length / 8) {
    uart.line_low = true;
    for (int i = 0; i < length; ++i) uart.cycle();
    uart.line_low = false;
    for (int i = 0; i < static_cast<int>(kBit) + 4; ++i) uart.cycle();
    EXPECT_EQ(uart.got, down) << "a glitch of " << length << " cycles";
    down.push_back(static_cast<std::uint8_t>(0x50 + length));
    uart.host.to_send = {down.back()};
    uart.run(2);
    EXPECT_EQ(uart.got, down) << "after a glitch of " << length << " cycles";
  }
  uart.line_low = true;
  uart.run(3);
  uart.line_low = false;
  uart.run(1);
  EXPECT_EQ(uart.got, down) << "after a break";
  uart.host.to_send = {0x53, 0x4c};
  uart.run(2);
  down.insert(down.end(), {0x53, 0x4c});
  EXPECT_EQ(uart.got, down);
}

// A byte whose stop bit is low is dropped, the line low from there is no start bit, and the next byte is
// right.
TEST(Uart, FramingError) {
  for (const std::uint8_t bad : std::vector<std::uint8_t>{0x00, 0x55, 0xff}) {
    Uart uart(0);
    uart.host.to_send = {0x11};
    uart.run(1);
    uart.host.bad_stop = true;
    uart.host.to_send = {bad};
    uart.run(1);
    uart.host.to_send = {0x22, 0x33};
    uart.run(2);
    EXPECT_EQ(uart.got, (std::vector<std::uint8_t>{0x11, 0x22, 0x33})) << int{bad};
  }
}

// A link that takes nothing: RxDepth bytes wait, later ones are dropped, none is changed or swapped, and what
// comes after room was made is received.
TEST(Uart, Overrun) {
  constexpr std::size_t kDepth = 64;
  Uart uart(0);
  std::vector<std::uint8_t> down;
  for (int i = 0; i < 100; ++i) down.push_back(static_cast<std::uint8_t>(i));
  uart.stall = 100;
  uart.host.to_send.assign(down.begin(), down.end());
  uart.run(down.size());
  EXPECT_TRUE(uart.got.empty());
  uart.stall = 0;
  uart.run(1);
  down.resize(kDepth);
  EXPECT_EQ(uart.got, down);
  uart.host.to_send = {0xa5};
  uart.run(1);
  down.push_back(0xa5);
  EXPECT_EQ(uart.got, down);
}

// A reset in the middle of a byte each way: the line is idle at once, the byte's rest is no byte that stays
// in the way.
TEST(Uart, Reset) {
  Uart uart(0);
  uart.host.to_send = {0x00, 0x00};
  uart.words = {0, 0};
  for (int i = 0; i < static_cast<int>(kBit * 4); ++i) uart.cycle();
  uart.host.to_send.clear();
  uart.words.clear();
  uart.reset();
  uart.run(3);  // the sender finishes its byte
  EXPECT_TRUE(uart.got.empty()) << "its start bit was before the reset";
  uart.host.received.clear();
  uart.host.to_send = {0x77};
  uart.words = {0x44332211};
  uart.run(5);
  EXPECT_EQ(uart.got, (std::vector<std::uint8_t>{0x77}));
  EXPECT_EQ(uart.host.received, (std::vector<std::uint8_t>{0x11, 0x22, 0x33, 0x44}));
}

}  // namespace
}  // namespace luoshu::test
