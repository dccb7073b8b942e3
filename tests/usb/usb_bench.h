// SPDX-License-Identifier: Apache-2.0
// luoshu_usb, verilated, between a bit-level host and the link's two streams. Two clocks: 48 MHz, and the
// core's at any period. The link side collects what comes and sends what is queued, with stalls.
#pragma once
#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <deque>
#include <memory>
#include <random>
#include <string>

#include "Vusb.h"
#include "support/seed.h"
#include "usb/usb_host.h"
#include "verilated.h"

namespace luoshu::usb {

class Bench : public UsbDevicePins {
 public:
  explicit Bench(Time core_period = 40'000'000, Time phase = 7'000'000, UsbHost::Options options = {},
                 bool pulse_reset = true)
      : rng_(options.seed + 99), period_(core_period), next_core_(phase), host(*this, options) {
    context_.randReset(2);
    context_.randSeed(static_cast<int>(options.seed % 0x7FFFFFFF) + 1);
    top_ = std::make_unique<Vusb>(&context_);
    top_->rst_ni = 1;
    top_->serial_i = 0x0123456789ABCDEF;
    top_->usb_dp_i = 0;
    top_->usb_dn_i = 0;
    top_->clk_i = 0;
    top_->clk48_i = 0;
    top_->rx_ready_i = 0;
    top_->tx_valid_i = 0;
    top_->tx_data_i = 0;
    top_->eval();
    if (const char* folder = std::getenv("LUOSHU_USB_WAVE")) {
      const auto* test = ::testing::UnitTest::GetInstance()->current_test_info();
      host.record(std::string(folder) + "/" + test->test_suite_name() + "." + test->name() + ".vcd");
    }
    if (pulse_reset) reset_core();
    host.wait_attached();
  }
  ~Bench() override {
    top_->final();
    for (const std::string& text : host.violations()) ADD_FAILURE() << text;
  }
  Bench(const Bench&) = delete;
  Bench& operator=(const Bench&) = delete;

  Pins clock(Line line) override {
    const Time edge = now_ + kDeviceClock;
    while (next_core_ < edge) core_edge(false);
    const bool both = next_core_ == edge;  // equal clocks: one evaluation
    top_->clk48_i = 0;
    if (both) core_low();
    top_->eval();
    top_->usb_dp_i = static_cast<unsigned>(line) & 1U;
    top_->usb_dn_i = (static_cast<unsigned>(line) >> 1U) & 1U;
    top_->clk48_i = 1;
    if (both) core_edge(true);
    top_->eval();
    now_ = edge;
    return {static_cast<Line>(top_->usb_dp_o | (top_->usb_dn_o << 1)), top_->usb_oe_o != 0,
            top_->usb_pullup_o != 0};
  }

  /// One cycle of rst_ni, in the next cycle of the core.
  void reset_core(int cycles = 1) { reset_cycles_ = cycles; }

  Bytes received;                  // from the host, in order
  std::deque<std::uint32_t> send;  // words to the host
  bool echo = false;               // send what is received, four bytes at a time
  unsigned rx_ready_percent = 100;
  unsigned tx_valid_percent = 100;
  Vusb& top() { return *top_; }

 private:
  void core_low() {
    top_->clk_i = 0;
    top_->rst_ni = reset_cycles_ > 0 ? 0 : 1;
    top_->rx_ready_i = draw(rx_ready_percent) ? 1 : 0;
    if (top_->tx_valid_i == 0 || taken_) {
      top_->tx_valid_i = !send.empty() && draw(tx_valid_percent) ? 1 : 0;
      top_->tx_data_i = send.empty() ? 0xDEADBEEF : send.front();
    }
    taken_ = false;
  }
  void core_edge(bool with_usb) {
    if (!with_usb) core_low();
    top_->eval();
    const bool rx = top_->rx_valid_o != 0 && top_->rx_ready_i != 0;
    const std::uint32_t data = top_->rx_data_o;
    taken_ = top_->tx_valid_i != 0 && top_->tx_ready_o != 0 && reset_cycles_ == 0;
    if (rx) EXPECT_EQ(top_->rx_bytes_o, 1);
    top_->clk_i = 1;
    if (!with_usb) top_->eval();
    if (reset_cycles_ > 0) {
      --reset_cycles_;
    } else {
      if (rx) take(static_cast<std::uint8_t>(data));
      if (taken_) send.pop_front();
    }
    next_core_ += period_;
  }
  void take(std::uint8_t byte) {
    received.push_back(byte);
    if (!echo) return;
    echo_word_ |= static_cast<std::uint32_t>(byte) << (8 * echo_count_);
    if (++echo_count_ == 4) {
      send.push_back(echo_word_);
      echo_word_ = 0;
      echo_count_ = 0;
    }
  }
  bool draw(unsigned percent) { return percent >= 100 || rng_() % 100 < percent; }

  VerilatedContext context_;
  std::unique_ptr<Vusb> top_;
  std::mt19937_64 rng_;
  Time now_ = 0;
  Time period_;
  Time next_core_;
  int reset_cycles_ = 0;
  bool taken_ = false;
  std::uint32_t echo_word_ = 0;
  unsigned echo_count_ = 0;

 public:
  UsbHost host;  // last: its constructor may already use the rest
};

/// Bytes that differ from place to place.
inline Bytes pattern(std::size_t bytes, std::uint64_t seed) {
  std::mt19937_64 rng(seed);
  Bytes data(bytes);
  for (std::uint8_t& byte : data) byte = static_cast<std::uint8_t>(rng());
  return data;
}
inline std::deque<std::uint32_t> words(const Bytes& data) {
  std::deque<std::uint32_t> result;
  for (std::size_t i = 0; i + 3 < data.size(); i += 4) {
    result.push_back(data[i] | (static_cast<std::uint32_t>(data[i + 1]) << 8U) |
                     (static_cast<std::uint32_t>(data[i + 2]) << 16U) |
                     (static_cast<std::uint32_t>(data[i + 3]) << 24U));
  }
  return result;
}

}  // namespace luoshu::usb
