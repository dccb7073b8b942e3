// SPDX-License-Identifier: Apache-2.0
// ULX3S without its vendor cells: the driver over a serial line, bit by bit, through the chip to the pins of
// the SDRAM.
#include <gtest/gtest.h>
#include <unistd.h>
#include <verilated.h>

#include <cstring>
#include <fstream>
#include <memory>
#include <random>

#include "Vboard.h"
#include "board/uart_host.h"
#include "chip/model_chip.h"
#include "config/model_config.h"
#include "luoshu/clocked_transport.h"
#include "luoshu/configuration.h"
#include "luoshu/error.h"
#include "luoshu/link_chip.h"
#include "program/image.h"
#include "runtime/engine.h"
#include "sdram/sdram_model.h"
#include "support/gguf_writer.h"
#include "support/seed.h"

namespace luoshu::test {
namespace {

using testing_support::RandomModel;

constexpr double kCoreNs = 40, kMemNs = 20;
constexpr double kBitCycles = 1e9 / 3000000 / kCoreNs;

// The board with its SDRAM and the host's end of the serial line.
class Board final : public ClockedPeer {
 public:
  explicit Board(std::uint64_t seed)
      : memory_(is42s16160g_7(), kMemNs), line_(kBitCycles * 1.001), random_(seed) {
    context_.randReset(2);
    context_.randSeed(static_cast<int>(seed & 0xffff) + 1);
    context_.fatalOnError(false);
    top_ = std::make_unique<Vboard>(&context_, "board");
    reset();
  }
  ~Board() override { top_->final(); }

  void reset() {
    top_->rxd_i = 1;
    top_->rst_ni = 0;
    for (int i = 0; i < 16; ++i) cycle();
    top_->rst_ni = 1;
    for (int i = 0; i < 64; ++i) cycle();
    line_.received.clear();
  }

  Step step(const std::uint8_t* to_device, std::size_t n, std::uint64_t max_cycles,
            std::vector<std::uint8_t>& from_device) override {
    Step done;
    // A host controller hands bytes on as the line takes them.
    while (done.consumed < n && line_.to_send.size() < 64)
      line_.to_send.push_back(to_device[done.consumed++]);
    const std::size_t begin = line_.received.size();
    while (done.cycles < max_cycles) {
      cycle();
      ++done.cycles;
      if (n != 0 && line_.to_send.size() < 32) break;
      if (n == 0 && line_.received.size() >= begin + 4) break;
    }
    from_device.insert(from_device.end(), line_.received.begin(), line_.received.end());
    line_.received.clear();
    if (context_.gotFinish()) throw DeviceError("an assertion of the board failed, see above");
    return done;
  }
  // What the part complains about.
  const SdramModel& memory() const { return memory_; }
  const UartHost& line() const { return line_; }
  unsigned leds() const { return top_->led_o; }

 private:
  // A cycle of the core; the SDRAM's clock is twice as fast, and its own clock rises half a cycle late.
  void cycle() {
    Vboard& t = *top_;
    for (int half = 0; half < 2; ++half) {
      t.mem_clk_i = 1;
      t.core_clk_i = half == 0;
      t.eval();
      if (half == 0) t.rxd_i = line_.cycle(t.txd_o != 0) ? 1 : 0;
      t.mem_clk_i = 0;
      t.eval();
      if (++edges_ < 16) continue;  // the reset has not been clocked yet
      const bool driving = memory_.edge({t.sdram_cke_o != 0, t.sdram_cs_no != 0, t.sdram_ras_no != 0,
                                         t.sdram_cas_no != 0, t.sdram_we_no != 0, t.sdram_ba_o, t.sdram_a_o,
                                         t.sdram_dqm_o, t.sdram_dq_o, t.sdram_dq_oe_o != 0});
      t.sdram_dq_i = static_cast<std::uint16_t>(driving ? memory_.dq() : random_());
    }
  }

  VerilatedContext context_;
  std::unique_ptr<Vboard> top_;
  SdramModel memory_;
  UartHost line_;
  std::mt19937_64 random_;
  std::uint64_t edges_ = 0;
};

std::unique_ptr<LinkChip> connect(Board& board) {
  ClockedTransport::Options options;
  options.cycle_time = std::chrono::nanoseconds(40);
  auto chip = std::make_unique<LinkChip>(Device(std::make_unique<ClockedTransport>(board, options)));
  chip->boot();
  return chip;
}

std::unique_ptr<gguf::File> open(const RandomModel& m) {
  const std::string path = testing::TempDir() + "luoshu_board_" + std::to_string(getpid()) + ".gguf";
  std::ofstream(path, std::ios::binary) << m.file();
  auto file = std::make_unique<gguf::File>(path);
  unlink(path.c_str());
  return file;
}

RandomModel tiny() {
  RandomModel m;
  m.d = 32;
  m.ff = 32;
  m.heads = 2;
  m.kv_heads = 1;
  m.head_dim = 16;
  m.layers = 1;
  m.vocab = 96;
  m.type = gguf::Type::kQ8_0;
  return m;
}

void expect_same(const std::vector<float>& a, const std::vector<float>& b) {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) ASSERT_EQ(std::memcmp(&a[i], &b[i], 4), 0) << "logit " << i;
}

// A prompt, a decode loop in hardware, a single token: every logit as the model has it, and the SDRAM
// content.
TEST(Board, Generates) {
  const std::uint64_t seed = test_seed();
  Board board(seed);
  const auto chip = connect(board);
  EXPECT_EQ(chip->capabilities().memory_bytes, 32U << 20U);
  EXPECT_EQ(chip->capabilities().clock_khz, 25000U);
  EXPECT_NE(board.leds() & 2U, 0U) << "memory is ready, its light is on";
  const auto file = open(tiny());
  const ModelConfig config = ModelConfig::from(*file);
  ModelChip model(configuration("nano"), 1);
  std::vector<float> logits[2];
  std::vector<std::int32_t> tokens[2];
  Chip* const chips[] = {chip.get(), &model};
  for (int i = 0; i < 2; ++i) {
    Image image(*file, config, configuration("nano").capabilities(), 48);
    image.upload(*chips[i], nullptr, true);
    const auto engine = make_chip_engine(*chips[i], image, config.vocab);
    const std::vector<std::int32_t> prompt{1, 5, 9, 2, 77, 31, 8};
    const std::int32_t next = engine->evaluate(prompt, LogitsMode::kAll, &logits[i]);
    tokens[i].push_back(next);
    engine->decode_greedy(next, 5, {}, [&](std::int32_t token, std::uint64_t) {
      tokens[i].push_back(token);
      return true;
    });
    tokens[i].push_back(engine->evaluate({tokens[i].back()}, LogitsMode::kLast, &logits[i]));
  }
  EXPECT_EQ(tokens[0], tokens[1]);
  expect_same(logits[0], logits[1]);
  for (const std::string& f : board.memory().faults()) ADD_FAILURE() << f;
  EXPECT_EQ(board.line().framing_errors, 0U);
}

// The reset button in the middle of an upload: the next connection starts anew and everything is right.
TEST(Board, ResetButton) {
  Board board(test_seed() + 1);
  {
    const auto chip = connect(board);
    const std::vector<std::uint8_t> block(4096, 0x5a);
    chip->write_memory(0, block.data(), block.size());
    board.reset();
    EXPECT_ANY_THROW(chip->read_memory(0, std::vector<std::uint8_t>(64).data(), 64));
  }
  const auto chip = connect(board);
  std::vector<std::uint8_t> data(3000), back(3000);
  std::mt19937_64 random(7);
  for (auto& byte : data) byte = static_cast<std::uint8_t>(random());
  chip->write_memory(123457, data.data(), data.size());
  chip->read_memory(123457, back.data(), back.size());
  EXPECT_EQ(back, data);
  for (const std::string& f : board.memory().faults()) ADD_FAILURE() << f;
}

}  // namespace
}  // namespace luoshu::test
