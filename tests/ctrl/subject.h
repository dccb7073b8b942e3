// SPDX-License-Identifier: Apache-2.0
// A small random model on the verilated chip and on the bit-exact model, for tests that disturb the chip and
// then ask whether it still computes the model's bits.
#pragma once
#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <random>

#include "chip/model_chip.h"
#include "config/model_config.h"
#include "luoshu/clocked_transport.h"
#include "luoshu/configuration.h"
#include "luoshu/defs.h"
#include "luoshu/link_chip.h"
#include "runtime/engine.h"
#include "simulation.h"
#include "support/gguf_writer.h"
#include "support/seed.h"

namespace luoshu::testing_support {

using Tokens = std::vector<std::int32_t>;
constexpr std::chrono::milliseconds kEventDeadline{100};  // of the chip's time

inline RandomModel tiny_model() {
  RandomModel m;
  m.layers = 1;
  m.d = 64;
  m.ff = 64;
  m.heads = 2;
  m.kv_heads = 1;
  m.head_dim = 16;
  m.vocab = 67;
  return m;
}

struct SimulationHolder {
  std::unique_ptr<Simulation> simulation;
};

// The verilated chip with its clock within reach. Memory is read and written directly.
class OpenChip final : private SimulationHolder, public LinkChip {
 public:
  explicit OpenChip(const SimulationOptions& options)
      : SimulationHolder{make_simulation(options)}, LinkChip(connect(*simulation, options.config)) {
    boot();
  }
  void write_memory(std::uint32_t address, const void* data, std::size_t bytes) override {
    std::memcpy(at(address, bytes), data, bytes);
  }
  void read_memory(std::uint32_t address, void* data, std::size_t bytes) override {
    std::memcpy(data, at(address, bytes), bytes);
  }
  std::uint64_t cycles() const override { return simulation->cycles(); }

  // Traffic, stalls and faults of its memory.
  AxiMemory& port() { return simulation->port(); }
  // For another host in the place of device(): the chip, a way to it, and how it waits.
  Simulation& peer() { return *simulation; }
  static std::unique_ptr<Transport> transport(Simulation& simulation, const std::string& config) {
    ClockedTransport::Options options;
    options.cycle_time = std::chrono::nanoseconds(1000000 / configuration(config).clock_khz);
    return std::make_unique<ClockedTransport>(simulation, options);
  }
  static LinkOptions link_options() {
    LinkOptions link;
    link.retry = std::chrono::milliseconds(5);  // a host that was silent soon hears what it missed
    return link;
  }

  // The host neither sends nor takes anything for that long: what the chip says is lost, until the host asks
  // again.
  void silence(std::uint64_t length) {
    std::vector<std::uint8_t> lost;
    for (const std::uint64_t end = cycles() + length; cycles() < end;)
      simulation->step(nullptr, 0, end - cycles(), lost);
  }

 private:
  static Device connect(Simulation& simulation, const std::string& config) {
    return Device(transport(simulation, config), link_options());
  }
  std::uint8_t* at(std::uint32_t address, std::size_t bytes) {
    SparseMemory& memory = simulation->memory();
    if (address > memory.size() || bytes > memory.size() - address) throw DeviceError("outside memory");
    return memory.data() + address;
  }
};

// The same image on a chip with an engine over it.
class Subject {
 public:
  Subject(std::unique_ptr<Chip> chip, const gguf::File& file, const ModelConfig& config,
          const std::string& name, std::uint32_t context, std::uint32_t sequences)
      : chip_(std::move(chip)),
        image_(file, config, configuration(name).capabilities(), context, sequences),
        vocab_(config.vocab) {
    image_.upload(*chip_, nullptr, true);
    engine_ = make_chip_engine(*chip_, image_, vocab_);
  }
  BatchEngine& engine() { return *engine_; }
  Chip& chip() { return *chip_; }
  const Image& image() const { return image_; }

  // A run of the pass program: the tokens from position 0 on.
  RunRequest run(const Tokens& tokens, LogitsMode mode, std::uint32_t bank = 0) const {
    RunRequest run;
    run.program = image_.program();
    run.commands = image_.commands();
    run.logits = mode;
    run.bank = bank;
    for (std::size_t i = 0; i < tokens.size(); ++i) {
      run.tokens.push_back(
          image_.token_context(static_cast<std::uint32_t>(tokens[i]), static_cast<std::uint32_t>(i), 0));
    }
    return run;
  }
  // A decode loop from `token` at position 0.
  RunRequest loop(std::int32_t token, std::uint32_t passes, std::uint32_t bank = 0) const {
    RunRequest r = run({token}, LogitsMode::kLast, bank);
    r.passes = passes;
    r.loop = true;
    return r;
  }

 private:
  std::unique_ptr<Chip> chip_;
  Image image_;
  std::uint32_t vocab_;
  std::unique_ptr<BatchEngine> engine_;
};

// Chip and model side by side.
class Twins {
 public:
  explicit Twins(const std::string& name, std::uint64_t seed = 0, std::uint32_t context = 96,
                 const RandomModel& shape = tiny_model(), std::uint32_t sequences = 1)
      : name_(name),
        bytes_(shape.file()),
        file_("random", {bytes_.begin(), bytes_.end()}),
        config_(ModelConfig::from(file_)) {
    SimulationOptions options;
    options.config = name;
    options.memory = "latency30";
    options.seed = seed;
    auto simulated = std::make_unique<OpenChip>(options);
    sim_ = simulated.get();
    chip_ = std::make_unique<Subject>(std::move(simulated), file_, config_, name, context, sequences);
    model_ = std::make_unique<Subject>(std::make_unique<ModelChip>(configuration(name), 1), file_, config_,
                                       name, context, sequences);
  }
  OpenChip& sim() { return *sim_; }
  Subject& chip() { return *chip_; }
  Subject& model() { return *model_; }
  std::uint32_t vocab() const { return config_.vocab; }

  Tokens random_tokens(std::size_t count, std::uint64_t seed) const {
    std::mt19937_64 random(seed);
    Tokens ids(count);
    for (auto& id : ids) id = static_cast<std::int32_t>(random() % config_.vocab);
    return ids;
  }

  // `body(engine, logits)` on both; its tokens and logits must be the same bits.
  template <class Body>
  void expect_same(const std::string& what, Body body) {
    std::vector<float> logits[2];
    const Tokens a = body(chip_->engine(), logits[0]);
    const Tokens b = body(model_->engine(), logits[1]);
    EXPECT_EQ(a, b) << name_ << ", " << what;
    ASSERT_EQ(logits[0].size(), logits[1].size()) << name_ << ", " << what;
    for (std::size_t i = 0; i < logits[0].size(); ++i) {
      ASSERT_EQ(std::memcmp(&logits[0][i], &logits[1][i], 4), 0)
          << name_ << ", " << what << ": logit " << i << " is " << logits[0][i] << " on the chip, "
          << logits[1][i] << " in the model";
    }
  }

  // A new prompt of a few tokens in one pass or more, all logits.
  void expect_new_prompt(const std::string& what, std::uint64_t seed = 5) {
    const Tokens prompt = random_tokens(5, seed);
    expect_same(what, [&](BatchEngine& engine, std::vector<float>& logits) {
      engine.reset();
      return Tokens{engine.evaluate(prompt, LogitsMode::kAll, &logits)};
    });
  }

  // Greedy continuation of one token by the model.
  Tokens greedy(std::int32_t token, std::uint32_t passes) {
    Tokens out;
    model_->engine().reset();
    model_->engine().decode_greedy(token, passes, {}, [&](std::int32_t t, std::uint64_t) {
      out.push_back(t);
      return true;
    });
    return out;
  }

  void set_reg(std::uint32_t offset, std::uint32_t value) {
    sim_->device().write_reg(LUOSHU_REG_BASE + offset, value);
  }
  std::uint32_t reg(std::uint32_t offset) { return sim_->device().read_reg(LUOSHU_REG_BASE + offset); }
  void message(const std::vector<std::uint32_t>& words) { sim_->device().send_message(words); }
  // The next event; empty where none came in time.
  std::vector<std::uint32_t> event(std::chrono::milliseconds wait = kEventDeadline) {
    return sim_->device().wait_event(wait).value_or(std::vector<std::uint32_t>{});
  }
  // Drops events until the firmware has answered: what was asked before is served.
  void settle() {
    static std::uint32_t nonce = 0x5e771e;
    message({LUOSHU_MSG_PING, ++nonce});
    for (;;) {
      const auto words = event();
      ASSERT_FALSE(words.empty()) << name_ << ": the firmware does not answer";
      if (words[0] == LUOSHU_EVT_PONG && words[1] == nonce) return;
    }
  }
  // With whatever the firmware has not served yet.
  void soft_reset() {
    settle();
    set_reg(LUOSHU_REG_SOFT_RESET, 1);
    settle();
  }

 private:
  const std::string name_;
  const std::string bytes_;
  const gguf::File file_;
  const ModelConfig config_;
  OpenChip* sim_ = nullptr;
  std::unique_ptr<Subject> chip_, model_;
};

}  // namespace luoshu::testing_support
