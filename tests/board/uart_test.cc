// SPDX-License-Identifier: Apache-2.0
// The serial port against a line that has a clock of its own: every byte, both ways at once, clocks that are
// off, noise.
#include <gtest/gtest.h>
#include <verilated.h>

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
  explicit Uart(double error, unsigned stall = 0)
      : host(kBit * (1 + error)), stall_(stall), random_(test_seed()) {
    context_.randReset(2);
    context_.randSeed(static_cast<int>(test_seed() & 0xffff) + 1);
    top_ = std::make_unique<Vuart>(&context_, "uart");
    top_->rst_ni = 0;
    top_->rxd_i = 1;
    for (int i = 0; i < 8; ++i) cycle();
    top_->rst_ni = 1;
    for (int i = 0; i < 8; ++i) cycle();
    host.received.clear();
  }
  void cycle() {
    Vuart& t = *top_;
    t.rx_ready_i = random_() % 100 >= stall_;
    t.tx_valid_i = !words.empty() && (t.tx_valid_i || random_() % 100 >= stall_);
    if (t.tx_valid_i) t.tx_data_i = words.front();
    t.clk_i = 0;
    t.eval();
    if (t.rx_valid_o && t.rx_ready_i) {
      EXPECT_EQ(t.rx_bytes_o, 1);
      got.push_back(static_cast<std::uint8_t>(t.rx_data_o));
    }
    if (t.tx_valid_i && t.tx_ready_o) {
      words.pop_front();
      t.tx_valid_i = 0;
    }
    const bool level = host.cycle(t.txd_o != 0);
    t.rxd_i = line_low ? 0 : level ? 1 : 0;
    t.clk_i = 1;
    t.eval();
  }
  void run(std::size_t bytes) {
    for (std::size_t i = 0; i < static_cast<std::size_t>(kBit * 12) * (bytes + 4); ++i) cycle();
  }

  UartHost host;
  std::deque<std::uint32_t> words;
  std::vector<std::uint8_t> got;
  bool line_low = false;

 private:
  VerilatedContext context_;
  std::unique_ptr<Vuart> top_;
  const unsigned stall_;
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

// Two serial ports may differ by about 4 % in all at many cycles per bit; with 8 cycles a bit 2 % must do.
TEST(Uart, BothWays) {
  for (const double error : {0.0, 0.02, -0.02}) both_ways(error, 0);
}
TEST(Uart, Stalls) {
  both_ways(0.001, 50);
}

// A glitch shorter than half a bit is no byte; a line that is low for long (break) is none either, and the
// next byte is right.
TEST(Uart, GlitchAndBreak) {
  Uart uart(0);
  uart.line_low = true;
  for (int i = 0; i < static_cast<int>(kBit / 4); ++i) uart.cycle();
  uart.line_low = false;
  uart.run(2);
  EXPECT_TRUE(uart.got.empty());
  uart.line_low = true;
  uart.run(3);
  uart.line_low = false;
  uart.run(1);
  EXPECT_TRUE(uart.got.empty());
  uart.host.to_send = {0x53, 0x4c};
  uart.run(2);
  EXPECT_EQ(uart.got, (std::vector<std::uint8_t>{0x53, 0x4c}));
}

// A link that takes nothing: RxDepth bytes wait (and one at the queue's head), later ones are dropped, none
// is changed.
TEST(Uart, FullQueue) {
  Uart uart(0, 100);
  std::vector<std::uint8_t> down;
  for (int i = 0; i < 100; ++i) down.push_back(static_cast<std::uint8_t>(i));
  uart.host.to_send.assign(down.begin(), down.end());
  uart.run(down.size());
  EXPECT_TRUE(uart.got.empty());
}

}  // namespace
}  // namespace luoshu::test
