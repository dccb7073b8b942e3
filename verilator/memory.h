// SPDX-License-Identifier: Apache-2.0
// Simulated device memory behind the chip's AXI4 port: a sparse byte array, the timing of memory_timing.h,
// stalls and errors on request, and the byte counts that `generate` and `bench` report.
#pragma once
#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

#include "axi_rules.h"
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

// Channels of the port, for stalls.
enum AxiChannel : unsigned { kAxiAr, kAxiR, kAxiAw, kAxiW, kAxiB, kAxiChannels };

// Answers that shall be errors: of read beats, or of write bursts.
struct AxiFault {
  static constexpr unsigned kAnyClient = ~0u;
  bool write = false;
  unsigned client = kAnyClient;                                      // ReadClient or WriteClient
  std::uint64_t first_address = 0, end_address = ~std::uint64_t{0};  // bytes; a burst matches by any of them
  std::uint64_t skip = 0;                                            // so many matching answers stay good
  std::uint64_t count = 1;                                           // then so many are errors
  unsigned response = 2;                                             // 2 SLVERR, 3 DECERR
};

// The AXI4 subordinate: strict (axi_rules.h), in order, at most one beat per cycle each way. What is written
// is seen by reads that are asked for after the answer to the write; a read that is asked for before it gets
// the old bytes. Addresses beyond memory are answered DECERR. Data of an answer that is an error are
// arbitrary; a write that is answered with an error changes nothing.
class AxiMemory {
 public:
  AxiMemory(SparseMemory& memory, unsigned beat_bytes, const MemoryTiming& timing, std::uint64_t stall_seed);
  // Signals that the memory drives in this cycle; stable until cycle().
  const AxiInputs& inputs() const { return inputs_; }
  // The chip's side of the cycle that ends now: checked, taken, and the next cycle's inputs computed. Throws
  // AxiViolation.
  void cycle(const AxiOutputs& out);
  // ARESETn: everything in flight is forgotten. The contents, stalls and faults stay.
  void reset();

  // Errors on request; several at a time, the first that matches counts.
  void fail(const AxiFault& fault) { faults_.push_back({fault, 0}); }
  // Each read beat and each write burst fails with this probability, by seed.
  void fail_randomly(double share, std::uint64_t seed);
  void clear_faults();
  std::uint64_t errors() const { return errors_; }  // answers that were errors so far

  // The share of the cycles in which a channel stands still, at random (a constructor with a seed other than
  // 0 starts with a quarter of AR, AW, W and a third of R, B).
  void stall(AxiChannel channel, double share);
  // A channel stands still for so many cycles from now.
  void hold(AxiChannel channel, std::uint64_t cycles) { held_until_[channel] = cycle_ + cycles; }

  // Bytes per read client and per write client so far.
  std::uint64_t bytes_read(unsigned client) const { return bytes_read_[client & 7u]; }
  std::uint64_t bytes_written(unsigned client) const { return bytes_written_[client & 7u]; }
  // Write bursts per client so far.
  std::uint64_t write_bursts(unsigned client) const { return write_bursts_[client & 7u]; }

 private:
  struct Read {
    std::uint64_t ready_cycle;
    std::uint32_t address;
    unsigned beats;
    unsigned client;
    std::vector<std::uint8_t> old;  // bytes before a write in flight, if there is one
  };
  struct Write {
    std::uint32_t address;
    unsigned beats, client;
    unsigned received;
    std::uint64_t ready_cycle;
  };
  struct Fault {
    AxiFault wanted;
    std::uint64_t seen;
  };
  void take_read(const AxiOutputs::Address& a);
  void take_data();
  void commit(const Write& write, bool good);
  bool stalled(AxiChannel channel);
  bool inside(std::uint32_t address, unsigned beats) const {
    return std::uint64_t{address} + std::uint64_t{beats} * beat_bytes_ <= memory_.size();
  }
  // The response to a read beat or a write burst.
  unsigned response(bool write, std::uint32_t address, unsigned beats, unsigned client);

  SparseMemory& memory_;
  const unsigned beat_bytes_;
  const unsigned latency_;
  MemoryBus bus_;
  AxiRules rules_;
  StallRandom random_;
  std::uint64_t stall_threshold_[kAxiChannels] = {};  // of 2^32
  std::uint64_t held_until_[kAxiChannels] = {};
  std::uint64_t cycle_ = 0;
  AxiInputs inputs_;
  std::deque<Read> reads_;
  std::deque<Write> writes_;  // the answers are owed in this order
  std::size_t filling_ = 0;   // the first of writes_ that waits for data
  std::deque<std::vector<std::uint8_t>> beats_,
      spare_;                // data then strobes: of writes_, and one before its address
  bool early_beat_ = false;  // the last of beats_ has no address yet
  std::vector<Fault> faults_;
  std::uint64_t fault_threshold_ = 0;
  StallRandom fault_random_;
  std::uint64_t errors_ = 0;
  std::uint64_t bytes_read_[8] = {};
  std::uint64_t bytes_written_[8] = {};
  std::uint64_t write_bursts_[8] = {};
};

}  // namespace luoshu
