// SPDX-License-Identifier: Apache-2.0
#include "axi_rules.h"

#include <cstring>

namespace luoshu {
namespace {

constexpr std::uint32_t kPage = 4096;

[[noreturn]] void broken(const char* rule, std::uint64_t cycle, const std::string& what) {
  throw AxiViolation(rule, cycle, what);
}

bool same(const AxiOutputs::Address& a, const AxiOutputs::Address& b) {
  return a.address == b.address && a.id == b.id && a.len == b.len && a.size == b.size && a.burst == b.burst &&
         a.lock == b.lock && a.cache == b.cache && a.prot == b.prot && a.qos == b.qos && a.user == b.user;
}

}  // namespace

AxiViolation::AxiViolation(const std::string& rule, std::uint64_t cycle, const std::string& what)
    : DeviceError("the chip broke the rule '" + rule + "' of its memory port in cycle " +
                  std::to_string(cycle) + ": " + what + "; report it with the command line"),
      rule_(rule),
      cycle_(cycle) {}

AxiRules::AxiRules(unsigned beat_bytes)
    : beat_bytes_(beat_bytes), stalled_data_(beat_bytes), stalled_strb_((beat_bytes + 7) / 8) {}

void AxiRules::reset() {
  after_reset_ = true;
  stalled_ = {};
  beats_left_.clear();
  early_ = false;
}

void AxiRules::check(const AxiInputs& in, const AxiOutputs& out, std::uint64_t cycle) {
  if (after_reset_ && (out.ar.valid || out.aw.valid || out.w_valid))
    broken("reset", cycle, "a request in the first cycle");
  after_reset_ = false;
  if ((in.r_valid && !out.r_ready) || (in.b_valid && !out.b_ready)) broken("ready", cycle, "an answer waits");
  if (stalled_.ar.valid && !(out.ar.valid && same(out.ar, stalled_.ar)))
    broken("stable", cycle, "a read address changed before it was taken");
  if (stalled_.aw.valid && !(out.aw.valid && same(out.aw, stalled_.aw)))
    broken("stable", cycle, "a write address changed before it was taken");
  if (stalled_.w_valid && !(out.w_valid && out.w_last == stalled_.w_last &&
                            std::memcmp(out.w_data, stalled_data_.data(), stalled_data_.size()) == 0 &&
                            std::memcmp(out.w_strb, stalled_strb_.data(), stalled_strb_.size()) == 0))
    broken("stable", cycle, "write data changed before they were taken");
  stalled_.ar.valid = stalled_.aw.valid = stalled_.w_valid = false;
  if (out.ar.valid) {
    if (!in.ar_ready) stalled_.ar = out.ar;
    address(out.ar, false, cycle);
  }
  if (out.aw.valid) {
    address(out.aw, true, cycle);
    if (in.aw_ready) {
      beats_left_.push_back(out.aw.len + 1);
    } else {
      stalled_.aw = out.aw;
    }
  }
  if (out.w_valid) {
    if (in.w_ready) {
      write_beat(out, cycle);
    } else {
      stalled_.w_valid = true;
      stalled_.w_last = out.w_last;
      std::memcpy(stalled_data_.data(), out.w_data, stalled_data_.size());
      std::memcpy(stalled_strb_.data(), out.w_strb, stalled_strb_.size());
    }
  }
  if (early_ && !beats_left_.empty()) {
    early_ = false;
    if (early_last_ != (beats_left_.front() == 1))
      broken("last", cycle, "WLAST of data before their address");
    if (--beats_left_.front() == 0) beats_left_.pop_front();
  }
}

void AxiRules::write_beat(const AxiOutputs& out, std::uint64_t cycle) {
  if (beats_left_.empty() || early_) {
    if (early_) broken("early", cycle, "two beats of data before their address");
    early_ = true;
    early_last_ = out.w_last;
    return;
  }
  if (out.w_last != (beats_left_.front() == 1)) {
    broken("last", cycle,
           std::string(out.w_last ? "WLAST" : "no WLAST") + " with " + std::to_string(beats_left_.front()) +
               " beats to come");
  }
  if (--beats_left_.front() == 0) beats_left_.pop_front();
}

void AxiRules::address(const AxiOutputs::Address& a, bool write, std::uint64_t cycle) const {
  if (a.id != 0) broken("id", cycle, "id " + std::to_string(a.id));
  if (1u << a.size != beat_bytes_) broken("size", cycle, "size " + std::to_string(a.size));
  if (a.burst != 1) broken("burst", cycle, "burst type " + std::to_string(a.burst));
  if (a.lock != 0 || a.cache != 3 || a.prot != 0 || a.qos != 0)
    broken("attributes", cycle, "not as documented");
  if (a.address % beat_bytes_ != 0) broken("aligned", cycle, "address " + std::to_string(a.address));
  if (a.len >= (write ? kMaxWriteBeats : kMaxReadBeats))
    broken("length", cycle, std::to_string(a.len + 1) + " beats");
  if (a.address % kPage + (a.len + 1) * beat_bytes_ > kPage)
    broken("page", cycle,
           std::to_string(a.len + 1) + " beats from address " + std::to_string(a.address) + " cross 4 KiB");
  if (a.user >= (write ? kWriteClients : kReadClients))
    broken("client", cycle, "client " + std::to_string(a.user));
}

}  // namespace luoshu
