// SPDX-License-Identifier: Apache-2.0
#include "memory.h"

#include <sys/mman.h>

#include <cstring>

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
      stalls_(stall_seed != 0),
      random_(stall_seed),
      pending_data_(new std::uint8_t[beat_bytes]),
      pending_strobes_(new std::uint8_t[(beat_bytes + 7) / 8]) {}

void AxiMemory::read_request(std::uint32_t address, unsigned beats, unsigned client) {
  const bool error = std::uint64_t{address} + std::uint64_t{beats} * beat_bytes_ > memory_.size();
  reads_.push_back({cycle_ + latency_, address, beats, client, error});
}

void AxiMemory::write_address(std::uint32_t address, unsigned client) {
  write_addresses_.emplace_back(address, client);
  finish_write();
}

void AxiMemory::write_data(const std::uint8_t* data, const std::uint8_t* strobes) {
  std::memcpy(pending_data_.get(), data, beat_bytes_);
  std::memcpy(pending_strobes_.get(), strobes, (beat_bytes_ + 7) / 8);
  data_pending_ = true;
  finish_write();
}

void AxiMemory::finish_write() {
  if (!data_pending_ || write_addresses_.empty()) return;
  const auto [address, client] = write_addresses_.front();
  write_addresses_.pop_front();
  data_pending_ = false;
  const bool error = std::uint64_t{address} + beat_bytes_ > memory_.size();
  unsigned written = 0;
  for (unsigned i = 0; i < beat_bytes_; ++i) {
    if ((pending_strobes_[i / 8] >> (i % 8) & 1) == 0) continue;
    if (!error) memory_.data()[address + i] = pending_data_[i];
    ++written;
  }
  bytes_written_[client & 7u] += written;
  bus_.write(address);
  write_ready_.push_back(cycle_ + latency_);
  write_error_.push_back(error);
}

void AxiMemory::advance() {
  // what was on the channels in the cycle that ends is consumed (the chip is always ready for R and B)
  if (inputs_.r_valid) {
    Burst& burst = reads_.front();
    bytes_read_[burst.client & 7u] += beat_bytes_;
    burst.address += beat_bytes_;
    if (--burst.beats == 0) reads_.pop_front();
  }
  if (inputs_.b_valid) {
    write_ready_.pop_front();
    write_error_.pop_front();
  }
  ++cycle_;
  bus_.advance();
  inputs_.ar_ready = !(stalls_ && random_.one_in(4));
  inputs_.aw_ready = !(stalls_ && random_.one_in(4));
  inputs_.w_ready = !data_pending_ && !(stalls_ && random_.one_in(4));
  inputs_.r_valid = !reads_.empty() && cycle_ >= reads_.front().ready_cycle &&
                    !(stalls_ && random_.one_in(3)) && bus_.read(reads_.front().address);
  if (inputs_.r_valid) {
    const Burst& burst = reads_.front();
    static const std::uint8_t zeros[256] = {};
    inputs_.r_last = burst.beats == 1;
    inputs_.r_resp = burst.error ? 2 : 0;
    inputs_.r_data = burst.error ? zeros : memory_.data() + burst.address;
  }
  inputs_.b_valid =
      !write_ready_.empty() && cycle_ >= write_ready_.front() && !(stalls_ && random_.one_in(3));
  if (inputs_.b_valid) inputs_.b_resp = write_error_.front() ? 2 : 0;
}

}  // namespace luoshu
