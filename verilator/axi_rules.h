// SPDX-License-Identifier: Apache-2.0
// The signals of the chip's AXI4 port in one cycle, and the rules that the chip, the manager, must keep on
// them: those of AXI4, and the narrower promises of rtl/luoshu.sv.
#pragma once
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "luoshu/error.h"

namespace luoshu {

// Memory -> chip.
struct AxiInputs {
  bool ar_ready = true, r_valid = false, r_last = false, aw_ready = true, w_ready = true, b_valid = false;
  unsigned r_resp = 0, b_resp = 0, r_id = 0, b_id = 0;
  const std::uint8_t* r_data = nullptr;  // a beat, while r_valid
};

// Chip -> memory. Pointers are valid in the cycle only.
struct AxiOutputs {
  struct Address {
    bool valid = false;
    std::uint32_t address = 0;
    unsigned id = 0, len = 0, size = 0, burst = 1, lock = 0, cache = 3, prot = 0, qos = 0, user = 0;
  };
  Address ar, aw;
  bool w_valid = false, w_last = false, r_ready = true, b_ready = true;
  const std::uint8_t* w_data = nullptr;  // a beat
  const std::uint8_t* w_strb = nullptr;  // one bit per byte
};

// The chip broke a rule of its port. rule() is its name, as below.
class AxiViolation : public DeviceError {
 public:
  AxiViolation(const std::string& rule, std::uint64_t cycle, const std::string& what);
  const std::string& rule() const { return rule_; }
  std::uint64_t cycle() const { return cycle_; }

 private:
  std::string rule_;
  std::uint64_t cycle_;
};

// Rules:
//   stable     a request or beat that was not taken is offered again, the same
//   reset      no valid in the first cycle after a reset
//   id, size, burst, attributes   are the constants of rtl/luoshu.sv (size: whole beats; burst: INCR)
//   aligned    an address is a multiple of a beat
//   length     at most kMaxReadBeats, kMaxWriteBeats
//   page       a burst stays within 4 KiB
//   last       WLAST with the last beat of its burst, and with no other
//   early      at most one beat of data is offered before its address
//   client     user names a client
//   ready      answers are taken at once
class AxiRules {
 public:
  static constexpr unsigned kMaxReadBeats = 64, kMaxWriteBeats = 16;
  static constexpr unsigned kReadClients = 5, kWriteClients = 3;
  explicit AxiRules(unsigned beat_bytes);
  // Looks at what was on the port in `cycle`. Throws AxiViolation.
  void check(const AxiInputs& in, const AxiOutputs& out, std::uint64_t cycle);
  void reset();

 private:
  void address(const AxiOutputs::Address& a, bool write, std::uint64_t cycle) const;
  void write_beat(const AxiOutputs& out, std::uint64_t cycle);

  const unsigned beat_bytes_;
  bool after_reset_ = true;
  AxiOutputs stalled_;  // what was offered and not taken in the last cycle
  std::vector<std::uint8_t> stalled_data_, stalled_strb_;
  std::deque<unsigned> beats_left_;          // of the write bursts whose address was taken
  bool early_ = false, early_last_ = false;  // a beat was taken before its address; with WLAST
};

}  // namespace luoshu
