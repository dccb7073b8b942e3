// SPDX-License-Identifier: Apache-2.0
// Writes what the chip's pins do, cycle by cycle, as text that another simulator replays (tests/icarus).
//
// One line per change: how many cycles it holds (decimal), the inputs, a space, the outputs. A vector is the
// pins in the order in which they were given, each in hexadecimal with leading zeros, (bits + 3) / 4 digits;
// what is not valid is 0.
#pragma once
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <string>

namespace luoshu {

class PinLog {
 public:
  // Throws InputError when the file cannot be written.
  explicit PinLog(const std::string& path);
  // Writes the last line; throws InputError when any line could not be written.
  void finish();

  // The pins of a cycle: first the inputs, then outputs(), then the outputs, then end_cycle().
  void pin(std::uint32_t value, unsigned bits);
  // A pin of whole bytes, the lowest first; 0 where `valid` is false. Bytes whose bit in `strobes` (one per
  // byte) is clear are 0; null: all count.
  void pin(const void* bytes, std::size_t count, bool valid, const void* strobes = nullptr);
  void outputs() { line_ += ' '; }
  void end_cycle();

  std::uint64_t lines() const { return lines_; }

 private:
  void write_held();
  const std::string path_;
  std::ofstream file_;
  std::string line_, held_;
  std::uint64_t cycles_ = 0;  // that held_ has lasted
  std::uint64_t lines_ = 0;
};

}  // namespace luoshu
