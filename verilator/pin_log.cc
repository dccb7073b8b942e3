// SPDX-License-Identifier: Apache-2.0
#include "pin_log.h"

#include "luoshu/error.h"

namespace luoshu {
namespace {

constexpr char kDigits[] = "0123456789abcdef";

}  // namespace

PinLog::PinLog(const std::string& path) : path_(path), file_(path) {
  if (!file_) throw InputError("cannot write the pins to '" + path + "'; check the path");
}

void PinLog::finish() {
  write_held();
  file_.close();
  if (!file_) throw InputError("cannot write the pins to '" + path_ + "'; is the disk full?");
}

void PinLog::pin(std::uint32_t value, unsigned bits) {
  for (unsigned digit = (bits + 3) / 4; digit-- > 0;) line_ += kDigits[value >> (4 * digit) & 15u];
}

void PinLog::pin(const void* bytes, std::size_t count, bool valid, const void* strobes) {
  const auto* data = static_cast<const std::uint8_t*>(bytes);
  const auto* enables = static_cast<const std::uint8_t*>(strobes);
  for (std::size_t i = count; i-- > 0;) {
    const bool counts = valid && (enables == nullptr || (enables[i / 8] >> (i % 8) & 1) != 0);
    pin(counts ? data[i] : 0u, 8);
  }
}

void PinLog::end_cycle() {
  if (line_ != held_) {
    write_held();
    held_ = line_;
  }
  ++cycles_;
  line_.clear();
}

void PinLog::write_held() {
  if (cycles_ == 0) return;
  file_ << cycles_ << ' ' << held_ << '\n';
  cycles_ = 0;
  ++lines_;
}

}  // namespace luoshu
