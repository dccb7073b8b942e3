// SPDX-License-Identifier: Apache-2.0
// The chip as the runtime sees it: memory, pass contexts, runs, events. Implemented over the link (simulator,
// board) and by the bit-exact model.
#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "luoshu/error.h"

namespace luoshu {

// What the identification registers say.
struct Capabilities {
  std::uint32_t lanes = 0;  // bytes per beat
  std::uint32_t columns = 0;
  std::uint32_t groups = 0;        // tokens per pass <= columns x groups
  std::uint32_t max_d = 0;         // residual width, elements
  std::uint32_t act_blocks = 0;    // activation blocks of 32 per token, all vectors together
  std::uint32_t max_heads = 0;     // query heads
  std::uint32_t q_elements = 0;    // heads x padded head_dim per token
  std::uint32_t vector_lanes = 0;  // elements per cycle of the vector unit
  std::uint32_t head_words = 0;    // words of vector_lanes elements for one head in it
  std::uint64_t memory_bytes = 0;  // device memory
  std::uint32_t clock_khz = 0;
};

// One token slot of a pass context.
struct TokenContext {
  std::uint32_t token = 0;
  std::uint32_t position = 0;
  std::uint32_t kv_seq_offset = 0;    // bytes from the first sequence's KV cache
  std::uint32_t kv_block_offset = 0;  // position / 32 x KV block bytes
};

enum class LogitsMode : std::uint32_t { kNone = 0, kLast = 1, kAll = 2 };

// A run of the command program: T tokens of a context bank, `passes` times (more than one only in a decode
// loop).
struct RunRequest {
  std::uint32_t program = 0;   // device byte address
  std::uint32_t commands = 0;  // commands per pass
  std::uint32_t passes = 1;
  std::uint32_t bank = 0;
  LogitsMode logits = LogitsMode::kNone;
  bool write_logits = false;  // logits go to the buffer in device memory as well
  bool loop = false;          // argmax -> next token in hardware
  std::vector<TokenContext> tokens;
};

struct ChipEvent {
  enum class Kind { kToken, kDone, kError } kind = Kind::kDone;
  std::uint32_t token = 0;
  std::uint32_t index = 0;  // token slot in the pass
  bool stop_id = false;     // the token is one of the stop ids
  float logit = 0;
  std::uint32_t code = 0;    // kError
  std::uint32_t detail = 0;  // kError
  std::uint64_t cycle = 0;   // core cycle of arrival at the host (simulation), 0 where there is none
};

// Bytes at the memory port and busy/stall cycles of the units since the last clear.
struct ChipCounters {
  std::uint64_t weights_read = 0, kv_read = 0, kv_written = 0, other = 0;  // bytes
  struct Unit {
    std::uint64_t busy = 0, memory_stall = 0, dependency_stall = 0;  // cycles
  };
  Unit array, attention, vector, control;
};

class Chip {
 public:
  virtual ~Chip() = default;
  virtual const Capabilities& capabilities() const = 0;
  // Device memory; throw DeviceError. `bulk` writes may use a back door in simulation.
  virtual void write_memory(std::uint32_t address, const void* data, std::size_t bytes) = 0;
  // Puts pages of a file into device memory, copy-on-write, as if they had been written; false, and nothing
  // has changed, where the device cannot or address, offset and pages do not fit.
  virtual bool map_memory(std::uint32_t address, int file, std::uint64_t offset, std::size_t bytes) {
    (void)address, (void)file, (void)offset, (void)bytes;
    return false;
  }
  virtual void read_memory(std::uint32_t address, void* data, std::size_t bytes) = 0;
  // CRC-32 (IEEE) of device memory, computed by the device.
  virtual std::uint32_t checksum(std::uint32_t address, std::uint64_t bytes) = 0;
  // Values that hold for all runs of a model.
  virtual void configure(std::uint32_t kv_head_stride, std::uint32_t kv_block_bytes,
                         const std::vector<std::uint32_t>& stop_ids) = 0;
  // Up to two runs may be in flight; their events come in order. After an error event no run is in flight.
  virtual void start(const RunRequest& run) = 0;
  // The next token of the decode loop at work is its last; its Done event still comes. Nothing where none is
  // at work.
  virtual void stop() = 0;
  // The next event; throws TimeoutError after the deadline.
  virtual ChipEvent next_event(std::chrono::milliseconds deadline) = 0;
  virtual ChipCounters counters(bool clear) = 0;
  // Core cycles so far (simulation), 0 where there is none.
  virtual std::uint64_t cycles() const = 0;
  // Wall time that the device took so far, the host's own work left out; nothing where the chip cannot tell
  // and every call is the device's.
  virtual std::optional<double> device_seconds() const { return std::nullopt; }
};

}  // namespace luoshu
