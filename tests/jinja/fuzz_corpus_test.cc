// SPDX-License-Identifier: Apache-2.0
// What the fuzzer is given and what it found, once each; and small changes of it.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>

#include "support/seed.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace luoshu {
namespace {

void run(const std::string& input) {
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(input.data()), input.size());
}

std::vector<std::string> corpus() {
  std::vector<std::string> inputs;
  for (const char* folder : {"tests/jinja/fuzz_corpus", "tests/jinja/templates"}) {
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      std::ifstream file(entry.path(), std::ios::binary);
      std::ostringstream text;
      text << file.rdbuf();
      inputs.push_back(text.str());
    }
  }
  std::sort(inputs.begin(), inputs.end());
  return inputs;
}

TEST(FuzzCorpus, IsRenderedOrRefused) {
  const auto inputs = corpus();
  ASSERT_GE(inputs.size(), 18u);
  for (const std::string& input : inputs) run(input);
}

TEST(FuzzCorpus, SoAreItsMutations) {
  const auto inputs = corpus();
  std::mt19937_64 random(test_seed());
  for (int round = 0; round < 3000; ++round) {
    std::string input = inputs[random() % inputs.size()];
    const std::string& other = inputs[random() % inputs.size()];
    for (std::size_t i = 0; i < 1 + random() % 4 && !input.empty(); ++i) {
      const std::size_t at = random() % input.size();
      switch (random() % 4) {
        case 0:
          input[at] = static_cast<char>(random());
          break;
        case 1:
          input.erase(at, 1 + random() % 8);
          break;
        case 2:
          input.insert(at, other.substr(random() % (other.size() + 1), random() % 24));
          break;
        default:
          input.resize(at);
      }
    }
    run(input);
  }
}

}  // namespace
}  // namespace luoshu
