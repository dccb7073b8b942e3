// SPDX-License-Identifier: Apache-2.0
// The whole chip against the model on every logit bit: link, firmware, queues and units of each
// configuration, prompt batches and decode loops, random stalls on memory and link, random initial state.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <fstream>

#include "chip/model_chip.h"
#include "config/model_config.h"
#include "luoshu/configuration.h"
#include "program/image.h"
#include "runtime/engine.h"
#include "simulated_chip.h"
#include "support/gguf_writer.h"
#include "support/models.h"
#include "support/seed.h"

namespace {

using namespace luoshu;
using testing_support::RandomModel;

// A model on a chip.
class Loaded {
 public:
  Loaded(const gguf::File& file, const ModelConfig& config, const std::string& configuration_name,
         std::unique_ptr<Chip> chip, std::uint32_t context)
      : chip_(std::move(chip)),
        image_(file, config, configuration(configuration_name).capabilities(), context) {
    image_.upload(*chip_, nullptr, true);
    engine_ = make_chip_engine(*chip_, image_, config.vocab);
  }
  Engine& engine() { return *engine_; }
  Chip& chip() { return *chip_; }

 private:
  std::unique_ptr<Chip> chip_;
  Image image_;
  std::unique_ptr<Engine> engine_;
};

std::unique_ptr<Chip> simulated(const std::string& name, std::uint64_t seed) {
  SimulationOptions options;
  options.config = name;
  options.memory = seed % 2 == 0 ? "ideal" : "latency30";
  options.seed = seed;
  return std::make_unique<SimulatedChip>(options, true);
}

void expect_same(const std::vector<float>& a, const std::vector<float>& b, const std::string& what) {
  ASSERT_EQ(a.size(), b.size()) << what;
  for (std::size_t i = 0; i < a.size(); ++i) {
    ASSERT_EQ(std::memcmp(&a[i], &b[i], 4), 0)
        << what << ": logit " << i << " is " << a[i] << " on the chip, " << b[i] << " in the model";
  }
}

// A prompt in batches, a greedy decode loop in hardware of `passes` tokens, then `singles` tokens one by one.
// Every logit of the prompt and of the single tokens is compared, of the loop the token ids; what comes after
// the loop depends on it. Prints how many positions had their logits compared.
void compare(const gguf::File& file, const std::string& name, std::vector<std::int32_t> prompt,
             std::uint32_t passes, std::uint32_t singles, std::uint64_t seed) {
  const ModelConfig config = ModelConfig::from(file);
  const auto context = static_cast<std::uint32_t>(prompt.size() + passes + singles + 4);
  Loaded chip(file, config, name, simulated(name, seed), context);
  Loaded model(file, config, name, std::make_unique<ModelChip>(configuration(name), 1), context);
  const std::string what = name + ", seed " + std::to_string(seed) + ", " + config.name;
  std::vector<float> logits[2];
  std::vector<std::int32_t> tokens[2];
  Loaded* const both[] = {&chip, &model};
  for (int i = 0; i < 2; ++i) {
    Engine& engine = both[i]->engine();
    const std::int32_t next = engine.evaluate(prompt, LogitsMode::kAll, &logits[i]);
    tokens[i].push_back(next);
    engine.decode_greedy(next, passes, {}, [&](std::int32_t token, std::uint64_t) {
      tokens[i].push_back(token);
      return true;
    });
    for (std::uint32_t n = 0; n < singles; ++n) {
      tokens[i].push_back(engine.evaluate({tokens[i].back()}, LogitsMode::kLast, &logits[i]));
    }
  }
  ASSERT_EQ(tokens[0], tokens[1]) << what;
  ASSERT_EQ(logits[0].size(), (prompt.size() + singles) * config.vocab) << what;
  expect_same(logits[0], logits[1], what);
  std::printf("%zu positions with every logit bit: %s\n", prompt.size() + singles, what.c_str());
}

std::vector<std::int32_t> some_tokens(std::uint32_t vocab, std::size_t n, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<std::int32_t> ids(n);
  for (auto& id : ids) id = static_cast<std::int32_t>(random() % vocab);
  return ids;
}

class ChipTest : public testing::TestWithParam<std::string> {
 protected:
  // Writes the model to a file of its own and maps it.
  std::unique_ptr<gguf::File> open(const RandomModel& m) {
    path_ = testing::TempDir() + "luoshu_chip_" + std::to_string(getpid()) + ".gguf";
    std::ofstream(path_, std::ios::binary) << m.file();
    auto file = std::make_unique<gguf::File>(path_);
    unlink(path_.c_str());
    return file;
  }
  std::string path_;
};

TEST_P(ChipTest, RandomModels) {
  std::vector<RandomModel> models;
  models.push_back({});  // llama, head_dim 24, d 96
  RandomModel m;
  m.arch = "qwen2";
  m.bias = true;
  m.d = 64;
  m.ff = 172;
  m.heads = 6;
  m.kv_heads = 2;
  m.head_dim = 40;
  m.type = gguf::Type::kQ4_0;
  m.tied = false;
  models.push_back(m);
  m = {};
  m.arch = "qwen3";
  m.qk_norm = true;
  m.d = 160;
  m.ff = 96;
  m.heads = 7;
  m.kv_heads = 1;
  m.head_dim = 16;
  m.type = gguf::Type::kQ4_1;
  models.push_back(m);
  m = {};
  m.d = 72;
  m.ff = 44;
  m.heads = 2;
  m.kv_heads = 2;
  m.head_dim = 128;
  m.rope_dims = 64;
  m.type = gguf::Type::kBF16;
  m.layers = 1;
  models.push_back(m);
  m = {};
  m.type = gguf::Type::kF32;
  m.head_dim = 8;
  m.heads = 8;
  m.kv_heads = 4;
  models.push_back(m);
  m = {};  // pairs that fill no word of the vector unit, in both pairings
  m.type = gguf::Type::kQ8_0;
  m.layers = 1;
  m.head_dim = 100;
  models.push_back(m);
  m.arch = "qwen3";
  m.qk_norm = true;
  m.head_dim = 250;
  m.heads = 2;
  m.kv_heads = 1;
  models.push_back(m);
  m.arch = "qwen2";
  m.qk_norm = false;
  m.bias = true;
  m.head_dim = 80;
  m.rope_dims = 42;
  models.push_back(m);
  std::uint64_t seed = test_seed();
  for (const RandomModel& model : models) {
    const auto file = open(model);
    ASSERT_NO_FATAL_FAILURE(compare(*file, GetParam(), some_tokens(model.vocab, 37, seed), 6, 1, seed));
    ++seed;
  }
}

TEST_P(ChipTest, Bundled) {
  const gguf::File file(testing_support::bundled_model());
  const std::uint32_t singles = GetParam() == "nano" ? 1 : 80;  // nano is slow
  ASSERT_NO_FATAL_FAILURE(compare(file, GetParam(), some_tokens(2048, 40, 5), 24, singles, test_seed() + 7));
}

TEST_P(ChipTest, Stories260K) {
  for (const char* name : {"stories260K.gguf", "stories260K-q8_0.gguf"}) {
    const std::string path = testing_support::real_file(name);
    if (path.empty()) GTEST_SKIP() << name << " is not here; set LUOSHU_MODELS to the folder that holds it";
    const gguf::File file(path);
    const std::uint32_t singles = GetParam() == "nano" ? 4 : 100;  // five and eight blocks of keys
    ASSERT_NO_FATAL_FAILURE(compare(file, GetParam(), some_tokens(512, 70, 3), 60, singles, test_seed() + 3));
  }
}

INSTANTIATE_TEST_SUITE_P(Configurations, ChipTest,
                         testing::Values(std::string("nano"), std::string("lab"), std::string("wide")),
                         [](const auto& info) { return info.param; });

// The logits of one prompt are the same bits in every configuration.
TEST(ChipModel, ConfigurationsAgree) {
  const gguf::File file(testing_support::bundled_model());
  const ModelConfig config = ModelConfig::from(file);
  std::vector<float> first;
  for (const Configuration& c : configurations()) {
    Loaded model(file, config, c.name, std::make_unique<ModelChip>(c, 1), 64);
    std::vector<float> logits;
    model.engine().evaluate(some_tokens(config.vocab, 50, 9), LogitsMode::kAll, &logits);
    if (first.empty()) first = logits;
    ASSERT_NO_FATAL_FAILURE(expect_same(logits, first, c.name));
  }
}

}  // namespace
