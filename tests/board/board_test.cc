// SPDX-License-Identifier: Apache-2.0
// ULX3S without its vendor cells: the driver over a serial line, bit by bit, through the chip to the pins of
// the SDRAM.
#include <gtest/gtest.h>
#include <verilated.h>

#include <cstring>
#include <memory>
#include <random>

#include "Vboard.h"
#include "board/uart_host.h"
#include "chip/model_chip.h"
#include "config/model_config.h"
#include "luoshu/clocked_transport.h"
#include "luoshu/configuration.h"
#include "luoshu/device.h"
#include "luoshu/error.h"
#include "luoshu/link_chip.h"
#include "program/image.h"
#include "runtime/engine.h"
#include "sdram/sdram_model.h"
#include "support/gguf_writer.h"
#include "support/mapped_model.h"
#include "support/seed.h"

namespace luoshu::test {
namespace {

using testing_support::RandomModel;

constexpr double kCoreNs = 40, kMemNs = 20;
constexpr double kBitCycles = 1e9 / 3000000 / kCoreNs;

// The board with its SDRAM and the host's end of the serial line.
class Board final : public ClockedPeer {
 public:
  explicit Board(std::uint64_t seed, const SdramPart& part = is42s16160g_7())
      : part_(part), line_(kBitCycles * 1.001), random_(seed) {
    context_.randReset(2);
    context_.randSeed(static_cast<int>(seed & 0xffff) + 1);
    context_.fatalOnError(false);
    top_ = std::make_unique<Vboard>(&context_, "board");
    top_->rxd_i = 1;
    context_.assertOn(false);  // until the reset has passed its synchronisers
    reset();
    context_.assertOn(true);
  }
  ~Board() override { top_->final(); }

  // The reset button. The controller powers the SDRAM up again and what it held is lost: a new part.
  void reset() {
    if (memory_) check_memory();
    memory_.reset();
    driving_ = false;
    top_->rst_ni = 0;
    for (int i = 0; i < 16; ++i) cycle();
    memory_ = std::make_unique<SdramModel>(part_, kMemNs);
    top_->rst_ni = 1;
    line_.received.clear();
  }
  // What the part complains about.
  void check_memory() const {
    for (const std::string& f : memory_->faults()) ADD_FAILURE() << f;
  }
  // From now on one cycle in `cycles` begins a disturbance of the line, nine cycles (a bit) long, either
  // way; 0: none.
  void disturb(unsigned cycles) { disturb_ = cycles; }
  unsigned disturbances() const { return disturbances_; }

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
  const SdramModel& memory() const { return *memory_; }
  const UartHost& line() const { return line_; }
  unsigned leds() const { return top_->led_o; }

 private:
  // A cycle of the core; the SDRAM's clock is twice as fast, and its own clock rises half a cycle late. With
  // the way out of that clock, its access time and the way back, its data are there more than half a cycle
  // and less than a whole one after the edge: at the controller's rising edge the pins are still unsettled.
  void cycle() {
    Vboard& t = *top_;
    for (int half = 0; half < 2; ++half) {
      t.mem_clk_i = 1;
      t.core_clk_i = half == 0;
      t.sdram_dq_i = static_cast<std::uint16_t>(random_());
      t.eval();
      t.sdram_dq_i = static_cast<std::uint16_t>(driving_ ? memory_->dq() : random_());
      if (half == 0) {
        if (disturb_ != 0 && left_ == 0 && random_() % disturb_ == 0) {
          left_ = 9;
          ++disturbances_;
          upwards_ = random_() % 2 == 0;
        }
        const bool flip = left_ != 0;
        if (flip) --left_;
        t.rxd_i = line_.cycle((t.txd_o != 0) != (flip && upwards_)) != (flip && !upwards_) ? 1 : 0;
      }
      t.mem_clk_i = 0;
      t.eval();
      if (!memory_) continue;  // the reset has not passed its synchronisers yet
      driving_ = memory_->edge({t.sdram_cke_o != 0, t.sdram_cs_no != 0, t.sdram_ras_no != 0,
                                t.sdram_cas_no != 0, t.sdram_we_no != 0, t.sdram_ba_o, t.sdram_a_o,
                                t.sdram_dqm_o, t.sdram_dq_o, t.sdram_dq_oe_o != 0});
    }
  }

  VerilatedContext context_;
  std::unique_ptr<Vboard> top_;
  const SdramPart part_;
  std::unique_ptr<SdramModel> memory_;
  UartHost line_;
  std::mt19937_64 random_;
  unsigned disturb_ = 0, left_ = 0, disturbances_ = 0;
  bool upwards_ = false, driving_ = false;
};

Device connect(Board& board) {
  ClockedTransport::Options options;
  options.cycle_time = std::chrono::nanoseconds(40);
  LinkOptions link;  // of simulated time; a frame takes 3.4 ms
  link.retry = std::chrono::milliseconds(10);
  link.give_up = std::chrono::milliseconds(200);
  return Device(std::make_unique<ClockedTransport>(board, options), link);
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
  const auto chip = std::make_unique<LinkChip>(connect(board));
  chip->boot();
  EXPECT_EQ(chip->capabilities().memory_bytes, 32U << 20U);
  EXPECT_EQ(chip->capabilities().clock_khz, 25000U);
  EXPECT_NE(board.leds() & 2U, 0U) << "memory is ready, its light is on";
  const auto file = testing_support::mapped(tiny().file());
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
  board.check_memory();
  EXPECT_EQ(board.line().framing_errors, 0U);
}

std::vector<std::uint8_t> random_bytes(std::size_t n) {
  std::mt19937_64 random(test_seed());
  std::vector<std::uint8_t> data(n);
  for (auto& byte : data) byte = static_cast<std::uint8_t>(random());
  return data;
}

// The reset button in the middle of an upload: the session is refused with an error, the next one is right.
TEST(Board, ResetButton) {
  Board board(test_seed() + 1);
  const std::vector<std::uint8_t> data = random_bytes(1500);
  std::vector<std::uint8_t> back(data.size());
  Device device = connect(board);
  device.write_memory(0, data.data(), data.size());
  board.reset();
  EXPECT_THROW(device.read_memory(0, back.data(), back.size()), DeviceError);
  device.write_memory(123457, data.data(), data.size());
  device.read_memory(123457, back.data(), back.size());
  EXPECT_EQ(back, data);
  board.check_memory();
}

// Bits that flip, both ways, while memory is written and read: the link sends again what was damaged.
TEST(Board, NoisyLine) {
  Board board(test_seed() + 2);
  const std::vector<std::uint8_t> data = random_bytes(2500);
  std::vector<std::uint8_t> back(data.size());
  Device device = connect(board);
  device.hello();
  board.disturb(60000);
  device.write_memory(4096, data.data(), data.size());
  device.read_memory(4096, back.data(), back.size());
  EXPECT_EQ(back, data);
  EXPECT_GE(board.disturbances(), 3U);
  EXPECT_GT(device.statistics().retransmitted, 0U);
  board.check_memory();
}

// Every address bit of the SDRAM is another place: one word at each power of two and at 0, then all of them
// again. On each of the parts that ULX3S boards carry.
void address_bits(const SdramPart& part) {
  SCOPED_TRACE(part.name);
  Board board(test_seed() + 3, part);
  Device device = connect(board);
  std::vector<std::uint32_t> places{0};
  for (std::uint32_t at = 4; at < 32U << 20U; at *= 2) places.push_back(at);
  for (const std::uint32_t at : places) {
    const std::uint32_t value = at ^ 0xa5a5a5a5U;
    device.write_memory(at, &value, 4);
  }
  for (const std::uint32_t at : places) {
    std::uint32_t value = 0;
    device.read_memory(at, &value, 4);
    EXPECT_EQ(value, at ^ 0xa5a5a5a5U) << "address " << at;
  }
  std::uint32_t value = 0;
  EXPECT_THROW(device.read_memory(32U << 20U, &value, 4), DeviceError) << "above the SDRAM's 32 MiB";
  board.check_memory();
}

TEST(Board, AddressBits) {
  for (const SdramPart& part : {is42s16160g_7(), w9825g6kh_6(), as4c32m16sb_7()}) address_bits(part);
}

}  // namespace
}  // namespace luoshu::test
