// SPDX-License-Identifier: Apache-2.0
#include "memory.h"

#include <sys/mman.h>

#include <cstring>
#include <utility>

#include "luoshu/error.h"

namespace luoshu {

SparseMemory::SparseMemory(std::uint64_t bytes) : size_(bytes) {
  void* p = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (p == MAP_FAILED)
    throw DeviceError("cannot reserve " + std::to_string(bytes >> 20) +
                      " MiB for the simulated memory; free some memory");
  data_ = static_cast<std::uint8_t*>(p);
}

SparseMemory::~SparseMemory() {
  munmap(data_, size_);
}

AxiMemory::AxiMemory(SparseMemory& memory, unsigned beat_bytes, const MemoryTiming& timing,
                     std::uint64_t stall_seed)
    : memory_(memory),
      beat_bytes_(beat_bytes),
      latency_(timing.latency),
      bus_(timing, stall_seed),
      rules_(beat_bytes),
      random_(stall_seed),
      fault_random_(0) {
  if (stall_seed == 0) return;
  for (const AxiChannel channel : {kAxiAr, kAxiAw, kAxiW}) stall(channel, 1.0 / 4);
  for (const AxiChannel channel : {kAxiR, kAxiB}) stall(channel, 1.0 / 3);
}

void AxiMemory::stall(AxiChannel channel, double share) {
  stall_threshold_[channel] = static_cast<std::uint64_t>(share * 0x1p32);
}

bool AxiMemory::stalled(AxiChannel channel) {
  if (cycle_ < held_until_[channel]) return true;
  return stall_threshold_[channel] != 0 && random_.below(stall_threshold_[channel]);
}

void AxiMemory::fail_randomly(double share, std::uint64_t seed) {
  fault_threshold_ = static_cast<std::uint64_t>(share * 0x1p32);
  fault_random_ = StallRandom(seed);
}

void AxiMemory::clear_faults() {
  faults_.clear();
  fault_threshold_ = 0;
}

unsigned AxiMemory::response(bool write, std::uint32_t address, unsigned beats, unsigned client) {
  unsigned answer = inside(address, beats) ? 0 : 3;
  if (fault_threshold_ != 0 && fault_random_.below(fault_threshold_) && answer == 0) answer = 2;
  for (Fault& f : faults_) {
    const AxiFault& wanted = f.wanted;
    if (wanted.write != write || (wanted.client != AxiFault::kAnyClient && wanted.client != client) ||
        address >= wanted.end_address || address + std::uint64_t{beats} * beat_bytes_ <= wanted.first_address)
      continue;
    const std::uint64_t number = f.seen++;
    if (answer == 0 && number >= wanted.skip && number - wanted.skip < wanted.count) answer = wanted.response;
  }
  if (answer != 0) ++errors_;
  return answer;
}

void AxiMemory::take_read(const AxiOutputs::Address& a) {
  const unsigned beats = a.len + 1;
  Read read{cycle_ + latency_, a.address, beats, a.user, {}};
  const std::uint64_t end = a.address + std::uint64_t{beats} * beat_bytes_;
  for (const Write& w : writes_) {
    if (a.address < w.address + std::uint64_t{w.beats} * beat_bytes_ && w.address < end &&
        end <= memory_.size()) {
      read.old.assign(memory_.data() + a.address, memory_.data() + end);
      break;
    }
  }
  reads_.push_back(std::move(read));
}

// Beats that have their address.
void AxiMemory::take_data() {
  if (filling_ == writes_.size()) return;
  Write& write = writes_[filling_];
  bus_.write(write.address + write.received * beat_bytes_);
  early_beat_ = false;
  if (++write.received < write.beats) return;
  write.ready_cycle = cycle_ + latency_;
  ++filling_;
}

void AxiMemory::commit(const Write& write, bool good) {
  std::uint64_t written = 0;
  for (unsigned beat = 0; beat < write.beats; ++beat) {
    const std::uint8_t* data = beats_.front().data();
    const std::uint8_t* strobes = data + beat_bytes_;
    std::uint8_t* to = memory_.data() + write.address + std::size_t{beat} * beat_bytes_;
    for (unsigned i = 0; i < beat_bytes_; ++i) {
      if ((strobes[i / 8] >> (i % 8) & 1) == 0) continue;
      if (good) to[i] = data[i];
      ++written;
    }
    spare_.push_back(std::move(beats_.front()));
    beats_.pop_front();
  }
  bytes_written_[write.client & 7u] += written;
  ++write_bursts_[write.client & 7u];
}

void AxiMemory::cycle(const AxiOutputs& out) {
  rules_.check(inputs_, out, cycle_);
  // What the chip sends.
  if (out.ar.valid && inputs_.ar_ready) take_read(out.ar);
  const bool early = early_beat_;
  if (out.aw.valid && inputs_.aw_ready) {
    writes_.push_back({out.aw.address, out.aw.len + 1, out.aw.user, 0, 0});
    if (early) take_data();
  }
  if (out.w_valid && inputs_.w_ready) {
    if (spare_.empty()) spare_.emplace_back(beat_bytes_ + (beat_bytes_ + 7) / 8);
    beats_.push_back(std::move(spare_.front()));
    spare_.pop_front();
    std::memcpy(beats_.back().data(), out.w_data, beat_bytes_);
    std::memcpy(beats_.back().data() + beat_bytes_, out.w_strb, (beat_bytes_ + 7) / 8);
    early_beat_ = true;
    take_data();
  }
  // What it has taken.
  if (inputs_.r_valid) {
    Read& read = reads_.front();
    bytes_read_[read.client & 7u] += beat_bytes_;
    read.address += beat_bytes_;
    if (--read.beats == 0) reads_.pop_front();
  }
  if (inputs_.b_valid) {
    commit(writes_.front(), inputs_.b_resp == 0);
    writes_.pop_front();
    --filling_;
  }
  ++cycle_;
  bus_.advance();
  inputs_.ar_ready = !stalled(kAxiAr);
  inputs_.aw_ready = !stalled(kAxiAw);
  inputs_.w_ready = !early_beat_ && !stalled(kAxiW);
  inputs_.r_valid = !reads_.empty() && cycle_ >= reads_.front().ready_cycle && !stalled(kAxiR) &&
                    bus_.read(reads_.front().address);
  if (inputs_.r_valid) {
    const Read& read = reads_.front();
    static const std::vector<std::uint8_t> arbitrary(256, 0xa5);
    const std::size_t left = std::size_t{read.beats} * beat_bytes_;
    inputs_.r_last = read.beats == 1;
    inputs_.r_resp = response(false, read.address, 1, read.client);
    inputs_.r_data = inputs_.r_resp != 0 ? arbitrary.data()
                     : read.old.empty()  ? memory_.data() + read.address
                                         : read.old.data() + read.old.size() - left;
  }
  inputs_.b_valid = filling_ != 0 && cycle_ >= writes_.front().ready_cycle && !stalled(kAxiB);
  if (inputs_.b_valid) {
    const Write& write = writes_.front();
    inputs_.b_resp = response(true, write.address, write.beats, write.client);
  }
}

void AxiMemory::reset() {
  rules_.reset();
  inputs_ = {};
  reads_.clear();
  writes_.clear();
  filling_ = 0;
  beats_.clear();
  early_beat_ = false;
}

}  // namespace luoshu
