// SPDX-License-Identifier: Apache-2.0
// The other end of a serial line, bit by bit, on a clock of its own.
#pragma once
#include <cstdint>
#include <deque>
#include <vector>

namespace luoshu::test {

class UartHost {
 public:
  // bit_cycles: length of a bit in cycles of the device, the host's own error included.
  explicit UartHost(double bit_cycles) : bit_(bit_cycles) {}
  // One cycle of the device with the level that it sends; returns the level that it receives.
  bool cycle(bool from_device) {
    send();
    receive(from_device);
    return level_;
  }
  std::deque<std::uint8_t> to_send;
  bool bad_stop = false;  // the next byte's stop bit is low; then false again
  std::vector<std::uint8_t> received;
  unsigned framing_errors = 0;
  bool idle() const { return to_send.empty() && !sending_; }

 private:
  void send() {
    if (!sending_) {
      level_ = true;
      if (to_send.empty()) return;
      frame_ = 0x200U | (std::uint32_t{to_send.front()} << 1U);  // start 0, data, stop 1
      to_send.pop_front();
      if (bad_stop) frame_ &= 0x1ffU;
      bad_stop = false;
      bits_ = 0;
      // A start may fall anywhere between two edges of the device's clock: the remainder goes on.
      phase_ = gap_;
      sending_ = true;
    }
    level_ = (frame_ >> bits_ & 1U) != 0;
    phase_ += 1;
    if (phase_ >= bit_) {
      phase_ -= bit_;
      if (++bits_ == 10) {
        sending_ = false;
        gap_ = phase_;
      }
    }
  }
  void receive(bool level) {
    if (!receiving_) {
      if (!level && last_) {
        receiving_ = true;
        sample_ = bit_ / 2;
        got_ = 0;
        count_ = 0;
      }
    } else {
      sample_ -= 1;
      if (sample_ <= 0) {
        sample_ += bit_;
        if (count_ == 0 && level) {
          receiving_ = false;  // a glitch, no start bit
        } else if (count_ == 9) {
          if (level) {
            received.push_back(static_cast<std::uint8_t>(got_ >> 1U));
          } else {
            ++framing_errors;
          }
          receiving_ = false;
        } else {
          got_ |= static_cast<std::uint32_t>(level) << count_;
          ++count_;
        }
      }
    }
    last_ = level;
  }

  const double bit_;
  bool level_ = true, sending_ = false, receiving_ = false, last_ = true;
  std::uint32_t frame_ = 0, got_ = 0;
  unsigned bits_ = 0, count_ = 0;
  double phase_ = 0, sample_ = 0, gap_ = 0;
};

}  // namespace luoshu::test
