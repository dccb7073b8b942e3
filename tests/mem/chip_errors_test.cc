// SPDX-License-Identifier: Apache-2.0
// Errors of device memory on the whole chip: each is told to whoever caused it, and to nobody else
// (docs/link.md: completion, status and bit 7 of the link; error BusError of a run; trap of the control
// core).
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <numeric>

#include "config/model_config.h"
#include "luoshu/defs.h"
#include "program/image.h"
#include "runtime/engine.h"
#include "simulated_chip.h"
#include "support/gguf_writer.h"
#include "support/seed.h"

namespace {

using namespace luoshu;

constexpr std::uint32_t kLinkError = 6;   // docs/link.md
constexpr std::uint32_t kBad = 0x200000;  // where memory fails: the model lies below

SimulationOptions options(const std::string& config) {
  SimulationOptions o;
  o.config = config;
  o.memory = "latency30";
  o.seed = test_seed();
  return o;
}

class ChipErrors : public testing::TestWithParam<std::string> {
 protected:
  ChipErrors() : chip_(options(GetParam()), true) {}
  AxiMemory& port() { return chip_.memory_port(); }
  Device& device() { return chip_.device(); }
  // Accesses of the host to 64 bytes at kBad fail.
  void fail_host() {
    for (const bool write : {false, true}) {
      AxiFault fault;
      fault.write = write;
      fault.client = write ? static_cast<unsigned>(kWriteLink) : static_cast<unsigned>(kReadLink);
      fault.first_address = kBad;
      fault.end_address = kBad + 64;
      fault.count = ~std::uint64_t{0};
      fault.response = write ? 2 : 3;
      port().fail(fault);
    }
  }
  template <class F>
  std::uint32_t code(F&& act) {
    try {
      act();
    } catch (const DeviceError& e) {
      return e.detail().code;
    }
    return 0;
  }
  std::uint32_t reg(std::uint32_t offset) { return device().read_reg(LUOSHU_REG_BASE + offset); }

  SimulatedChip chip_;
};

TEST_P(ChipErrors, OfTheLinkAreTheLinks) {
  fail_host();
  std::vector<std::uint8_t> data(4096, 7), back(4096);
  EXPECT_EQ(code([&] { device().write_memory(kBad - 2048, data.data(), 4096); }), kLinkError);
  EXPECT_EQ(code([&] { device().write_memory(kBad + 64, data.data(), 2048); }), 0u);
  EXPECT_EQ(code([&] { device().read_memory(kBad + 64, back.data(), 2048); }), 0u);
  EXPECT_EQ(std::memcmp(back.data(), data.data(), 2048), 0);
  EXPECT_EQ(code([&] { device().read_memory(kBad + 60, back.data(), 4); }), kLinkError);
  EXPECT_EQ(code([&] { device().read_memory(kBad + 64, back.data(), 4); }), 0u);
  EXPECT_EQ(code([&] { device().crc32(kBad - 4096, 8192); }), kLinkError);
  EXPECT_EQ(code([&] { device().crc32(kBad + 64, 8192); }), 0u);
  EXPECT_EQ(code([&] { device().write_memory(kBad + 63, data.data(), 1); }), kLinkError);
  EXPECT_EQ(code([&] { device().write_memory(kBad + 64, data.data(), 1); }), 0u);
  EXPECT_GT(port().errors(), 4u);
  EXPECT_EQ(reg(LUOSHU_REG_ERROR), 0u) << "the units have no part in it";
  EXPECT_EQ(reg(LUOSHU_REG_IRQ_PENDING), 0u);
}

TEST_P(ChipErrors, OfTheControlCoreTrap) {
  fail_host();
  device().send_message({LUOSHU_MSG_SELF_TEST, 64, kBad - 64});  // in front of it
  auto event = device().wait_event(std::chrono::milliseconds(1000));
  ASSERT_TRUE(event);
  ASSERT_EQ(event->front(), static_cast<std::uint32_t>(LUOSHU_EVT_SELF_TEST_DONE));
  EXPECT_EQ((*event)[1], 0u);
  device().send_message({LUOSHU_MSG_SELF_TEST, 64, kBad});
  event = device().wait_event(std::chrono::milliseconds(1000));
  ASSERT_TRUE(event) << "no event: the core hangs";
  ASSERT_EQ(event->size(), 4u);
  EXPECT_EQ((*event)[0], static_cast<std::uint32_t>(LUOSHU_EVT_ERROR));
  EXPECT_EQ((*event)[1], LUOSHU_ERR_TRAP);
  const std::uint32_t cause = (*event)[3];
  EXPECT_TRUE(cause == 5 || cause == 7) << "load or store access fault, not " << cause;
  // The host starts the core again.
  port().clear_faults();
  chip_.boot();
  // A boot whose own test of memory fails says so.
  AxiFault fault;
  fault.client = kReadLink;
  fault.end_address = 256;
  port().fail(fault);
  try {
    chip_.boot();
    ADD_FAILURE() << "booted";
  } catch (const TimeoutError& e) {
    ADD_FAILURE() << e.what();
  } catch (const DeviceError& e) {
    EXPECT_EQ(e.detail().code, LUOSHU_ERR_TRAP) << e.what();
  }
  port().clear_faults();
  chip_.boot();
}

class ChipRunErrors : public ChipErrors {
 protected:
  ChipRunErrors() {
    testing_support::RandomModel m;
    m.layers = 1;
    const std::string path = testing::TempDir() + "luoshu_errors_" + std::to_string(getpid()) + ".gguf";
    std::ofstream(path, std::ios::binary) << m.file();
    file_ = std::make_unique<gguf::File>(path);
    unlink(path.c_str());
    config_ = std::make_unique<ModelConfig>(ModelConfig::from(*file_));
    image_ = std::make_unique<Image>(*file_, *config_, chip_.capabilities(), 64);
    image_->upload(chip_, nullptr, true);
    engine_ = make_chip_engine(chip_, *image_, config_->vocab);
  }
  std::vector<float> logits(const std::vector<std::int32_t>& prompt) {
    std::vector<float> out;
    engine_->reset();
    engine_->evaluate(prompt, LogitsMode::kAll, &out);
    return out;
  }
  std::unique_ptr<gguf::File> file_;
  std::unique_ptr<ModelConfig> config_;
  std::unique_ptr<Image> image_;
  std::unique_ptr<Engine> engine_;
};

TEST_P(ChipRunErrors, OfTheLinkDoNotTouchARun) {
  ASSERT_LT(image_->logits_address(64) + 4096, kBad);
  const std::vector<float> expected = logits({5});
  std::vector<float> got(config_->vocab, 0);
  chip_.write_memory(image_->logits_address(0), got.data(), got.size() * 4);
  fail_host();
  RunRequest run;
  run.program = image_->program();
  run.commands = image_->commands();
  run.logits = LogitsMode::kAll;
  run.write_logits = true;
  run.tokens.push_back(image_->token_context(5, 0, 0));
  chip_.start(run);
  unsigned failed = 0;
  bool during = false;
  for (unsigned i = 0; i < 10000; ++i) {
    failed += code([&] { device().crc32(kBad, 64); }) == kLinkError ? 1 : 0;
    const bool busy = (reg(LUOSHU_REG_SEQ_STATUS) & 1u) != 0;
    during |= busy && failed != 0;
    if (during && !busy) break;
  }
  EXPECT_TRUE(during);
  EXPECT_EQ(reg(LUOSHU_REG_ERROR), 0u);
  chip_.read_memory(image_->logits_address(0), got.data(), got.size() * 4);
  EXPECT_EQ(std::memcmp(got.data(), expected.data(), got.size() * 4), 0);
}

TEST_P(ChipRunErrors, OfTheUnitsEndTheRun) {
  const std::vector<std::int32_t> prompt{1, 2, 3, 4, 5};
  const std::vector<float> expected = logits(prompt);
  constexpr unsigned kUnits = unsigned{kReadLink} + unsigned{kWriteLink};  // readers, then writers
  for (unsigned client = 0; client < kUnits; ++client) {
    AxiFault fault;
    fault.write = client >= kReadLink;
    fault.client = fault.write ? client - kReadLink : client;
    fault.skip = client % 2;
    fault.response = 2 + client % 2;
    port().fail(fault);
    const std::uint64_t before = port().errors();
    EXPECT_EQ(code([&] { logits(prompt); }), LUOSHU_ERR_BUS_ERROR) << "client " << client;
    EXPECT_EQ(port().errors(), before + 1) << "client " << client;
    port().clear_faults();
    // A new device session, as after any error: load the firmware again and go on.
    chip_.boot();
    engine_ = make_chip_engine(chip_, *image_, config_->vocab);
    const std::vector<float> again = logits(prompt);
    ASSERT_EQ(again.size(), expected.size());
    EXPECT_EQ(std::memcmp(again.data(), expected.data(), again.size() * 4), 0) << "client " << client;
  }
}

// Uploads are bursts; what is written is what is read.
TEST_P(ChipErrors, UploadsAreBursts) {
  std::vector<std::uint8_t> data(50000), back(50000);
  std::iota(data.begin(), data.end(), std::uint8_t{3});
  const std::uint64_t before = port().write_bursts(kWriteLink);
  device().write_memory(0x10003, data.data(), data.size());
  const std::uint64_t bursts = port().write_bursts(kWriteLink) - before;
  device().read_memory(0x10003, back.data(), back.size());
  EXPECT_EQ(data, back);
  const std::uint64_t lanes = chip_.capabilities().lanes;
  const std::uint64_t frames = data.size() / 896 + 2;
  EXPECT_LE(bursts, data.size() / (16 * lanes) + 2 * frames);
}

INSTANTIATE_TEST_SUITE_P(Configurations, ChipErrors, testing::Values(std::string("nano"), std::string("lab")),
                         [](const auto& info) { return info.param; });
INSTANTIATE_TEST_SUITE_P(Configurations, ChipRunErrors,
                         testing::Values(std::string("nano"), std::string("lab")),
                         [](const auto& info) { return info.param; });

}  // namespace
