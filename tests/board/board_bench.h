// SPDX-License-Identifier: Apache-2.0
// ULX3S without its vendor cells, pin by pin: the board, its SDRAM, the host's end of the serial line, and
// the two wires of USB, whose host (usb::UsbHost) is the user's.
#pragma once
#include <gtest/gtest.h>
#include <verilated.h>

#include <chrono>
#include <cstring>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "Vboard.h"
#include "board/uart_host.h"
#include "luoshu/clocked_transport.h"
#include "luoshu/device.h"
#include "luoshu/error.h"
#include "sdram_model.h"
#include "usb/usb_host.h"

namespace luoshu::test {

// The core runs at 25 MHz, the SDRAM at 50, USB at 48, each in its real place in time. As ClockedPeer: the
// serial line.
class Board final : public ClockedPeer, public usb::UsbDevicePins {
 public:
  // with_usb: its clock runs. Then the other user of time is clock(), which a UsbHost calls; while the serial
  // line's step() passes time the two wires are idle: unplugged, or suspended.
  explicit Board(std::uint64_t seed, const SdramPart& part = is42s16160g_7(), bool with_usb = false)
      : part_(part), with_usb_(with_usb), line_(kBitCycles * 1.001), random_(seed) {
    context_.randReset(2);
    context_.randSeed(static_cast<int>(seed & 0xffff) + 1);
    context_.fatalOnError(false);
    top_ = std::make_unique<Vboard>(&context_, "board");
    top_->rxd_i = 1;
    top_->usb_on_i = with_usb ? 1 : 0;
    context_.assertOn(false);  // until the reset has passed its synchronisers
    reset();
    context_.assertOn(true);
  }
  ~Board() override { top_->final(); }
  Board(const Board&) = delete;
  Board& operator=(const Board&) = delete;

  // The reset button. The controller powers the SDRAM up again and what it held is lost: a new part.
  void reset() {
    if (memory_) check_memory();
    memory_.reset();
    driving_ = false;
    top_->rst_ni = 0;
    for (int i = 0; i < 16; ++i) cycle();
    memory_ = std::make_unique<SdramModel>(part_, kMemoryNs);
    top_->rst_ni = 1;
    line_.received.clear();
  }
  // What the part complains about.
  void check_memory() const {
    for (const std::string& f : memory_->faults()) ADD_FAILURE() << f;
  }
  // From now on one cycle in `cycles` begins a disturbance of the serial line, nine cycles (a bit) long,
  // either way; 0: none.
  void disturb(unsigned cycles) { disturb_ = cycles; }
  unsigned disturbances() const { return disturbances_; }

  Step step(const std::uint8_t* to_device, std::size_t n, std::uint64_t max_cycles,
            std::vector<std::uint8_t>& from_device) override {
    Step done;
    // A host controller hands bytes on as the line takes them.
    while (done.consumed < n && line_.to_send.size() < 64)
      line_.to_send.push_back(to_device[done.consumed++]);
    const std::size_t begin = line_.received.size();
    while (done.cycles < max_cycles) {
      cycle();
      ++done.cycles;
      if (n != 0 && line_.to_send.size() < 32) break;
      if (n == 0 && line_.received.size() >= begin + 4) break;
    }
    from_device.insert(from_device.end(), line_.received.begin(), line_.received.end());
    line_.received.clear();
    check_assertions();
    return done;
  }
  Pins clock(usb::Line line) override {
    while (quarter_at_ < usb_at_) quarter();
    return usb_edge(line);
  }

  void check_assertions() const {
    if (context_.gotFinish()) throw DeviceError("an assertion of the board failed, see above");
  }
  const SdramModel& memory() const { return *memory_; }
  UartHost& line() { return line_; }
  unsigned leds() const { return top_->led_o; }
  std::uint64_t cycles() const { return cycles_; }  // of the core

 private:
  static constexpr double kCoreNs = 40, kMemoryNs = 20;
  static constexpr double kBitCycles = 1e9 / 3000000 / kCoreNs;
  static constexpr usb::Time kQuarter = 10'000'000;  // of a cycle of the core

  // A cycle of the core.
  void cycle() {
    do {
      while (with_usb_ && usb_at_ <= quarter_at_)
        usb_edge(usb_pins_.pullup ? usb::Line::kJ : usb::Line::kSe0);
      quarter();
    } while (phase_ != 0);
  }
  Pins usb_edge(usb::Line line) {
    Vboard& t = *top_;
    t.usb_dp_i = static_cast<unsigned>(line) & 1U;
    t.usb_dn_i = (static_cast<unsigned>(line) >> 1U) & 1U;
    t.usb_clk_i = 1;  // falls with the next quarter
    t.eval();
    usb_at_ += usb::kDeviceClock;
    usb_pins_ = {static_cast<usb::Line>(t.usb_dp_o | (t.usb_dn_o << 1)), t.usb_oe_o != 0,
                 t.usb_pullup_o != 0};
    return usb_pins_;
  }
  // The next edge of the SDRAM controller's clock, twice as fast as the core's; the SDRAM's own clock rises
  // half a cycle late. With the way out of that clock, its access time and the way back, its data are there
  // more than half a cycle and less than a whole one after the edge: at the controller's rising edge the pins
  // are still unsettled.
  void quarter() {
    Vboard& t = *top_;
    const bool rises = phase_ % 2 == 0;
    t.usb_clk_i = 0;
    t.mem_clk_i = rises;
    if (rises) {
      t.core_clk_i = phase_ == 0;
      t.sdram_dq_i = static_cast<std::uint16_t>(random_());
    }
    t.eval();
    if (rises) t.sdram_dq_i = static_cast<std::uint16_t>(driving_ ? memory_->dq() : random_());
    if (phase_ == 0) {
      ++cycles_;
      serial_line();
    }
    if (!rises && memory_) {  // else the reset has not passed its synchronisers yet
      driving_ = memory_->edge({t.sdram_cke_o != 0, t.sdram_cs_no != 0, t.sdram_ras_no != 0,
                                t.sdram_cas_no != 0, t.sdram_we_no != 0, t.sdram_ba_o, t.sdram_a_o,
                                t.sdram_dqm_o, t.sdram_dq_o, t.sdram_dq_oe_o != 0});
    }
    phase_ = (phase_ + 1) % 4;
    quarter_at_ += kQuarter;
  }
  void serial_line() {
    if (disturb_ != 0 && left_ == 0 && random_() % disturb_ == 0) {
      left_ = 9;
      ++disturbances_;
      upwards_ = random_() % 2 == 0;
    }
    const bool flip = left_ != 0;
    if (flip) --left_;
    top_->rxd_i = line_.cycle((top_->txd_o != 0) != (flip && upwards_)) != (flip && !upwards_) ? 1 : 0;
  }

  VerilatedContext context_;
  std::unique_ptr<Vboard> top_;
  const SdramPart part_;
  const bool with_usb_;
  std::unique_ptr<SdramModel> memory_;
  UartHost line_;
  std::mt19937_64 random_;
  Pins usb_pins_;
  usb::Time quarter_at_ = 0, usb_at_ = 7'000'000;  // the phases drift
  unsigned phase_ = 0;                             // quarter of the core's cycle that comes next
  std::uint64_t cycles_ = 0;
  unsigned disturb_ = 0, left_ = 0, disturbances_ = 0;
  bool upwards_ = false, driving_ = false;
};

// The host's driver over a peer; times are simulated ones. `retry` is longer than a frame of padding with its
// RESYNC takes: 3.5 ms on the serial line, 1.2 ms over USB.
inline Device connect(ClockedPeer& peer, std::chrono::milliseconds retry = std::chrono::milliseconds(10),
                      std::chrono::milliseconds give_up = std::chrono::milliseconds(200)) {
  ClockedTransport::Options options;
  options.cycle_time = std::chrono::nanoseconds(40);
  LinkOptions link;
  link.retry = retry;
  link.give_up = give_up;
  return Device(std::make_unique<ClockedTransport>(peer, options), link);
}

inline std::vector<std::uint8_t> random_bytes(std::size_t n, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<std::uint8_t> data(n);
  for (auto& byte : data) byte = static_cast<std::uint8_t>(random());
  return data;
}

// A tiny model's job on the board that `device` reaches: a prompt, a decode loop in hardware, a single token;
// every token and every bit of the logits as the model computes them.
void run_job(Device device);

}  // namespace luoshu::test
