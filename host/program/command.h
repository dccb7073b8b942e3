// SPDX-License-Identifier: Apache-2.0
// Builds 32-byte commands from the generated field definitions.
#pragma once
#include <array>
#include <cstdint>
#include <cstring>

#include "luoshu/defs.h"

namespace luoshu {

class Command {
 public:
  explicit Command(std::uint32_t opcode) { set(LUOSHU_CMD_OPCODE, opcode); }
  // Sets a field given as (word, first bit, width); the value must fit.
  Command& set(std::uint32_t word, std::uint32_t lsb, std::uint32_t bits, std::uint32_t value) {
    const std::uint32_t mask = bits == 32 ? ~0u : ((1u << bits) - 1u);
    words_[word] = (words_[word] & ~(mask << lsb)) | (value & mask) << lsb;
    return *this;
  }
  Command& set_float(std::uint32_t word, std::uint32_t lsb, std::uint32_t bits, float value) {
    std::uint32_t raw = 0;
    std::memcpy(&raw, &value, 4);
    return set(word, lsb, bits, raw);
  }
  Command& wait(std::uint32_t semaphore) { return set(LUOSHU_CMD_WAIT_A, semaphore); }
  Command& post(std::uint32_t semaphore) { return set(LUOSHU_CMD_POST, semaphore); }
  // Runs only when logits are wanted, on the last token when only its logits are.
  Command& for_logits() { return set(LUOSHU_CMD_IF_LOGITS, 1).set(LUOSHU_CMD_LAST, 1); }
  // Destination of activations: first block, mapping, vector.
  Command& act(std::uint32_t block, bool joined, std::uint32_t vector) {
    return set(LUOSHU_CMD_ACT_BLOCK, block)
        .set(LUOSHU_CMD_ACT_JOINED, joined ? 1 : 0)
        .set(LUOSHU_CMD_ACT_VECTOR, vector);
  }
  const std::array<std::uint32_t, 8>& words() const { return words_; }

 private:
  std::array<std::uint32_t, 8> words_{};
};

}  // namespace luoshu
