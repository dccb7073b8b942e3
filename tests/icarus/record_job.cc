// SPDX-License-Identifier: Apache-2.0
// record_job CONFIGURATION FILE: runs a job of a tiny random model on the simulated chip and writes what
// every pin did in every cycle (verilator/pin_log.h). Boot, a prompt of three tokens with all logits, two
// tokens of the decode loop, one more token with logits; tokens and logits are compared with the model's
// first, so that what is replayed is right. Prints the cycles.
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "chip/model_chip.h"
#include "config/model_config.h"
#include "luoshu/configuration.h"
#include "luoshu/error.h"
#include "program/image.h"
#include "runtime/engine.h"
#include "simulated_chip.h"
#include "support/gguf_writer.h"
#include "support/mapped_model.h"

namespace {

using namespace luoshu;

struct Result {
  std::vector<std::int32_t> tokens;
  std::vector<float> logits;
};

Result job(Chip& chip, const gguf::File& file, const ModelConfig& config) {
  Image image(file, config, chip.capabilities(), 16);
  image.upload(chip, nullptr, false);
  const auto engine = make_chip_engine(chip, image, config.vocab);
  Result result;
  result.tokens.push_back(engine->evaluate({1, 5, 3}, LogitsMode::kAll, &result.logits));
  engine->decode_greedy(result.tokens.back(), 2, {}, [&](std::int32_t token, std::uint64_t) {
    result.tokens.push_back(token);
    return true;
  });
  result.tokens.push_back(engine->evaluate({result.tokens.back()}, LogitsMode::kLast, &result.logits));
  return result;
}

int record(const std::string& configuration_name, const std::string& pins_file) {
  testing_support::RandomModel random;
  random.layers = 1;
  random.d = 32;
  random.ff = 32;
  random.heads = 2;
  random.kv_heads = 1;
  random.head_dim = 8;
  random.vocab = 12;
  const std::unique_ptr<gguf::File> file = testing_support::mapped(random.file());
  const ModelConfig config = ModelConfig::from(*file);

  PinLog pins(pins_file);
  SimulationOptions options;
  options.config = configuration_name;
  options.memory = "ideal";
  options.seed = 0;  // no stalls: few cycles, which Icarus simulates slowly
  options.pins = &pins;
  SimulatedChip chip(options, true);
  const Result simulated = job(chip, *file, config);
  pins.finish();

  ModelChip model(configuration(configuration_name), 1);
  const Result expected = job(model, *file, config);
  if (simulated.tokens != expected.tokens || simulated.logits.size() != expected.logits.size() ||
      std::memcmp(simulated.logits.data(), expected.logits.data(), 4 * expected.logits.size()) != 0) {
    std::fprintf(stderr, "record_job: the chip's tokens or logits are not the model's\n");
    return 1;
  }
  std::printf("%llu cycles, %llu lines, %zu tokens, %zu logits\n",
              static_cast<unsigned long long>(chip.cycles()), static_cast<unsigned long long>(pins.lines()),
              expected.tokens.size(), expected.logits.size());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: record_job CONFIGURATION FILE\n");
    return 2;
  }
  try {
    return record(argv[1], argv[2]);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "record_job: %s\n", e.what());
    return 1;
  }
}
