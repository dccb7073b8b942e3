// SPDX-License-Identifier: Apache-2.0
// What to measure: "pp512,tg8@d128,at1@d1024" and batch sizes, as llama-bench writes them.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace luoshu::bench {

struct BenchTest {
  enum class Kind {
    kPrefill,   // pp: a prompt of `count` tokens, the logits of the last one
    kDecode,    // tg: `count` passes of one token of each sequence
    kAttention  // at: `count` passes of the first layer's attention alone, its queries ready
  } kind = Kind::kDecode;
  std::uint32_t count = 0;
  std::uint32_t depth = 0;  // tokens that the KV cache holds before

  std::string name() const;  // as it is written: "tg8@d128"
};

// Comma-separated tests; throws InputError.
std::vector<BenchTest> parse_tests(const std::string& text);
// Comma-separated numbers of sequences, each 1 to 256; throws InputError.
std::vector<std::uint32_t> parse_batches(const std::string& text);

}  // namespace luoshu::bench
