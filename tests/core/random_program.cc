// SPDX-License-Identifier: Apache-2.0
#include "core/random_program.h"

#include <algorithm>
#include <array>

#include "core/core_bench.h"
#include "core/encode.h"

namespace luoshu {
namespace {

using rv::Program;
using rv::Word;

// Registers that mostly keep their purpose: x8-x11 point into data, x12 and x13 into code.
constexpr Word kFirstData = 8, kFirstCode = 12, kFirstFree = 14;

class Generator {
 public:
  explicit Generator(std::mt19937_64& rng) : rng_(rng) {}

  Program program() {
    prologue();
    while (words_.size() < kCodeBytes / 4 - 1) words_.push_back(instruction());
    words_.push_back(
        rv::jal(0, static_cast<std::int32_t>(body_) - static_cast<std::int32_t>(kCodeBytes - 4)));
    return words_;
  }

 private:
  Word below(Word limit) { return static_cast<Word>(rng_() % limit); }
  Word any() { return static_cast<Word>(rng_()); }
  std::int32_t between(std::int32_t low, std::int32_t high) {
    return low + static_cast<std::int32_t>(below(static_cast<Word>(high - low + 1)));
  }

  // Values that reach the corners of the adder, the comparisons and the shifter.
  Word value() {
    static constexpr std::array<Word, 10> kCorners = {
        0, 1, 2, 0x7FFFFFFF, 0x80000000, 0x80000001, 0xFFFFFFFF, 0xFFFFFFFE, 0x55555555, 31};
    return below(2) == 0 ? any() : kCorners.at(below(kCorners.size()));
  }
  Word source() { return below(16) == 0 ? 0 : below(32); }
  Word destination() {
    if (below(16) == 0) return 0;
    return below(40) == 0  ? below(32)
           : below(2) == 0 ? below(kFirstData)
                           : kFirstFree + below(32 - kFirstFree);
  }

  void prologue() {
    for (Word r = 1; r < 32; ++r) {
      Word v = value();
      if (r >= kFirstData && r < kFirstCode)
        v = kCodeBytes + 0x800 + below((kMemoryBytes - kCodeBytes) - 0x1000);
      if (r >= kFirstCode && r < kFirstFree) v = 0x800 + 4 * below((kCodeBytes - 0x1000) / 4);
      rv::li(words_, r, v);
    }
    for (const Word address : {rv::kMscratch, rv::kMepc, rv::kMcause, rv::kMtval}) {
      words_.push_back(rv::csr(1, 0, address, below(32)));
    }
    // The handler lies after two instructions that skip it.
    const Word handler = static_cast<Word>(4 * (words_.size() + 7));
    rv::li(words_, 31, handler);
    words_.push_back(rv::csr(1, 0, rv::kMtvec, 31));
    rv::li(words_, 31, 0x888 & any());
    words_.push_back(rv::csr(1, 0, rv::kMie, 31));
    constexpr std::int32_t kHandlerWords = 9;
    words_.push_back(rv::jal(0, 4 * (kHandlerWords + 1)));
    words_.push_back(rv::csr(2, 30, rv::kMcause, 0));
    words_.push_back(rv::branch(4, 30, 0, 4 * 7));  // an interrupt: return
    words_.push_back(rv::csr(2, 30, rv::kMepc, 0));
    words_.push_back(rv::addi(30, 30, 4));
    words_.push_back(rv::lui(31, kCodeBytes));
    words_.push_back(rv::addi(31, 31, -4));
    words_.push_back(rv::r_type(0, 7, 30, 30, 31));  // and: stay inside the code
    words_.push_back(rv::csr(1, 0, rv::kMepc, 30));
    words_.push_back(rv::kMret);
    words_.push_back(rv::csr(6, 0, rv::kMstatus, 8));  // mstatus.MIE
    body_ = static_cast<Word>(4 * words_.size());
  }

  Word arithmetic() {
    const Word funct3 = below(8);
    if (below(2) == 0) {
      const Word funct7 = (funct3 == 0 || funct3 == 5) && below(2) == 0 ? 0x20 : 0;
      return rv::r_type(funct7, funct3, destination(), source(), source());
    }
    if (funct3 == 1 || funct3 == 5) {
      const std::int32_t kind = funct3 == 5 && below(2) == 0 ? 0x400 : 0;
      return rv::i_type(0x13, funct3, destination(), source(), kind + between(0, 31));
    }
    return rv::i_type(0x13, funct3, destination(), source(), between(-2048, 2047));
  }

  Word memory(bool is_store) {
    static constexpr std::array<Word, 5> kLoads = {0, 1, 2, 4, 5};
    const Word funct3 = is_store ? below(3) : kLoads.at(below(kLoads.size()));
    const Word base = below(20) == 0 ? source() : kFirstData + below(kFirstCode - kFirstData);
    // Near offsets meet earlier stores; the base is arbitrary, so word accesses are often misaligned.
    const std::int32_t offset = below(2) == 0 ? between(0, 15) : between(-2048, 2047);
    return is_store ? rv::store(funct3, source(), base, offset)
                    : rv::load(funct3, destination(), base, offset);
  }

  Word jump() {
    switch (below(12)) {
      case 0:
        return rv::jal(destination(), 2 * between(-8, 30));
      case 1:
        return rv::jalr(destination(), kFirstCode + below(2), between(-2048, 2047));
      case 2:
        return rv::jalr(destination(), kFirstCode + below(2), 4 * between(-500, 500) + between(0, 1));
      case 3:
        return rv::jalr(destination(), source(), between(-2048, 2047));
      default:
        break;
    }
    static constexpr std::array<Word, 6> kBranches = {0, 1, 4, 5, 6, 7};
    const Word funct3 = kBranches.at(below(kBranches.size()));
    const std::int32_t words = below(10) == 0 ? between(-6, -1) : between(1, 10);
    const std::int32_t odd = below(30) == 0 ? 2 : 0;
    return rv::branch(funct3, source(), below(4) == 0 ? source() : below(32), 4 * words + odd);
  }

  Word control_register() {
    static constexpr std::array<Word, 24> kAddresses = {
        rv::kMstatus,  rv::kMstatus, rv::kMisa,     rv::kMie,       rv::kMtvec, rv::kMscratch,
        rv::kMscratch, rv::kMepc,    rv::kMcause,   rv::kMtval,     rv::kMip,   rv::kMcycle,
        rv::kMcycle,   rv::kMcycleh, rv::kMinstret, rv::kMinstreth, 0x310,      0x320,
        0x323,         0xB03,        rv::kMhartid,  0xB9F,          0xC00,      0xF11};
    const Word address = below(20) == 0 ? below(0x1000) : kAddresses.at(below(kAddresses.size()));
    static constexpr std::array<Word, 6> kOperations = {1, 2, 3, 5, 6, 7};
    const Word operation = kOperations.at(below(kOperations.size()));
    if (address == rv::kMtvec && below(50) != 0)
      return rv::csr(2, destination(), address, 0);  // keep the handler
    const bool read_only_access = below(3) == 0;
    return rv::csr(read_only_access ? 2 : operation, destination(), address, read_only_access ? 0 : source());
  }

  Word instruction() {
    const Word kind = below(1000);
    if (kind < 480) return arithmetic();
    if (kind < 530) return below(2) == 0 ? rv::lui(destination(), any()) : rv::auipc(destination(), any());
    if (kind < 660) return memory(false);
    if (kind < 750) return memory(true);
    if (kind < 880) return jump();
    if (kind < 960) return control_register();
    if (kind < 970) return below(2) == 0 ? rv::kFence : rv::kFenceI;
    if (kind < 974) return below(2) == 0 ? rv::kEcall : rv::kEbreak;
    if (kind < 976) return rv::kMret;
    if (kind < 980) return rv::kWfi;
    if (kind < 990) return any() | 3U;
    return mutated();
  }
  // A legal instruction with one bit changed: near misses of the decoder.
  Word mutated() {
    static constexpr std::array<Word, 6> kSystem = {rv::kEcall, rv::kEbreak, rv::kMret,
                                                    rv::kWfi,   rv::kFenceI, rv::kFence};
    const Word word = below(3) == 0 ? kSystem.at(below(kSystem.size())) : arithmetic();
    return word ^ (1U << below(32));
  }

  std::mt19937_64& rng_;
  Program words_;
  Word body_ = 0;
};

}  // namespace

std::vector<std::uint32_t> random_program(std::mt19937_64& rng) {
  return Generator(rng).program();
}

}  // namespace luoshu
