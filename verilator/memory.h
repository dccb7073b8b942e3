// SPDX-License-Identifier: Apache-2.0
// Simulated device memory behind the chip's AXI4 port: a sparse byte array, the timing of memory_timing.h,
// optional random stalls, and the byte counts that `generate` and `bench` report.
#pragma once
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>

#include "memory_bus.h"

namespace luoshu {

// Clients of the memory port as the top module numbers them (m_ar_user_o, m_aw_user_o).
enum ReadClient : unsigned { kReadSequencer, kReadWeights, kReadKv, kReadEmbedding, kReadLink };
enum WriteClient : unsigned { kWriteKv, kWriteLogits, kWriteLink };

// Zero-filled memory whose untouched pages cost nothing.
class SparseMemory {
 public:
  explicit SparseMemory(std::uint64_t bytes);
  ~SparseMemory();
  SparseMemory(const SparseMemory&) = delete;
  SparseMemory& operator=(const SparseMemory&) = delete;
  std::uint8_t* data() { return data_; }
  const std::uint8_t* data() const { return data_; }
  std::uint64_t size() const { return size_; }

 private:
  std::uint8_t* data_ = nullptr;
  std::uint64_t size_ = 0;
};

// Signals of the port in one cycle, without the data.
struct AxiInputs {  // memory -> chip
  bool ar_ready = true, r_valid = false, r_last = false, aw_ready = true, w_ready = true, b_valid = false;
  unsigned r_resp = 0, b_resp = 0;
  const std::uint8_t* r_data = nullptr;
};

// The AXI4 subordinate: in-order, at most one beat per cycle each way.
class AxiMemory {
 public:
  AxiMemory(SparseMemory& memory, unsigned beat_bytes, const MemoryTiming& timing, std::uint64_t stall_seed);
  // Signals that the memory drives in this cycle; stable until advance().
  const AxiInputs& inputs() const { return inputs_; }
  // The chip's side of the cycle that ends now: requests are taken, the next cycle's inputs computed.
  void read_request(std::uint32_t address, unsigned beats, unsigned client);
  void write_address(std::uint32_t address, unsigned client);
  void write_data(const std::uint8_t* data, const std::uint8_t* strobes);  // strobes: one bit per byte
  void advance();

  // Bytes per read client and per write client so far.
  std::uint64_t bytes_read(unsigned client) const { return bytes_read_[client & 7u]; }
  std::uint64_t bytes_written(unsigned client) const { return bytes_written_[client & 7u]; }

 private:
  struct Burst {
    std::uint64_t ready_cycle;
    std::uint32_t address;
    unsigned beats;
    unsigned client;
    bool error;
  };
  void finish_write();

  SparseMemory& memory_;
  const unsigned beat_bytes_;
  const unsigned latency_;
  MemoryBus bus_;
  const bool stalls_;
  StallRandom random_;
  std::uint64_t cycle_ = 0;
  AxiInputs inputs_;
  std::deque<Burst> reads_;
  std::deque<std::pair<std::uint32_t, unsigned>> write_addresses_;  // address, client
  std::deque<std::uint64_t> write_ready_;                           // cycle of each response
  std::deque<bool> write_error_;
  std::unique_ptr<std::uint8_t[]> pending_data_, pending_strobes_;
  bool data_pending_ = false;
  std::uint64_t bytes_read_[8] = {};
  std::uint64_t bytes_written_[8] = {};
};

}  // namespace luoshu
