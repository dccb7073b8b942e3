// SPDX-License-Identifier: Apache-2.0
// The timeline of the simulated chip: how spans are cut and bounded, and that those of a run are in order,
// apart from each other, and add up to what the chip's own performance counters say.
#include "cli/timeline.h"

#include <gtest/gtest.h>

#include "chip_timeline.h"
#include "config/model_config.h"
#include "luoshu/configuration.h"
#include "luoshu/defs.h"
#include "program/image.h"
#include "runtime/engine.h"
#include "simulated_chip.h"
#include "support/gguf_writer.h"
#include "support/mapped_model.h"

namespace {

using namespace luoshu;

TEST(Timeline, JoinsShortGapsAndCutsAtCommands) {
  Timeline t;
  const std::uint32_t command[8] = {LUOSHU_OP_MATMUL, 4096};
  ChipActivity busy;
  busy.command = command;
  busy.units = 1;  // array
  for (const std::uint64_t cycle : {10u, 11u}) t.sample(cycle, busy);
  busy.pushed = 1;
  t.sample(20, busy);
  busy.pushed = 0;
  busy.accepted = 1;
  t.sample(21, busy);  // still the old command's
  busy.accepted = 0;
  busy.units = 3;  // and a memory stall
  t.sample(22, busy);
  t.sample(900, busy);
  t.finish();
  const auto& spans = t.spans(Timeline::kArray);
  ASSERT_EQ(spans.size(), 3u);
  EXPECT_EQ(spans[0].begin, 10u);
  EXPECT_EQ(spans[0].end, 22u);
  EXPECT_EQ(spans[0].amounts[0], 4u);
  EXPECT_EQ(spans[0].label, 0u);
  EXPECT_EQ(spans[1].begin, 22u);
  EXPECT_EQ(spans[1].amounts[1], 1u);
  EXPECT_EQ(spans[1].label, 1u);
  EXPECT_EQ(spans[2].begin, 900u);
  ASSERT_EQ(t.commands().size(), 1u);
  EXPECT_EQ(t.commands()[0].address, 4096u);
}

TEST(Timeline, KeepsToItsWindow) {
  Timeline t(100, 200);
  ChipActivity a;
  a.beats = 1;
  for (std::uint64_t cycle = 0; cycle < 300; ++cycle) t.sample(cycle, a);
  t.host_call({"early", 0, 50, 0});
  t.host_call({"in it", 90, 110, 0});
  t.finish();
  ASSERT_EQ(t.spans(Timeline::kWeightStream).size(), 1u);
  EXPECT_EQ(t.spans(Timeline::kWeightStream)[0].amounts[0], 100u);
  ASSERT_EQ(t.windows().size(), 1u);
  EXPECT_EQ(t.windows()[0].beats[0], 100u);
  ASSERT_EQ(t.host_calls().size(), 1u);
}

TEST(Timeline, IsBounded) {
  Timeline t;
  ChipActivity a;
  a.link_in = 4;
  for (std::uint64_t i = 0; i < Timeline::kMostEvents + 7; ++i) t.sample(i * 100, a);
  t.finish();
  EXPECT_EQ(t.spans(Timeline::kLinkIn).size(), Timeline::kMostEvents);
  EXPECT_EQ(t.dropped(), 7u);
}

TEST(Timeline, NamesFollowTheProgram) {
  const auto command = [](std::uint32_t opcode, std::uint32_t address) {
    return std::array<std::uint32_t, 8>{opcode, address, 0, 0, 0, 0, 0, 0};
  };
  const std::vector<std::array<std::uint32_t, 8>> program = {
      command(LUOSHU_OP_EMBED, 0),  command(LUOSHU_OP_NORM, 1),   command(LUOSHU_OP_MATMUL, 2),
      command(LUOSHU_OP_AUX, 3),    command(LUOSHU_OP_QKV, 3),    command(LUOSHU_OP_ATTN, 4),
      command(LUOSHU_OP_MATMUL, 5), command(LUOSHU_OP_RESID, 0),  command(LUOSHU_OP_NORM, 6),
      command(LUOSHU_OP_MATMUL, 7), command(LUOSHU_OP_SWIGLU, 0), command(LUOSHU_OP_MATMUL, 8),
      command(LUOSHU_OP_RESID, 0),  command(LUOSHU_OP_NORM, 9),   command(LUOSHU_OP_MATMUL, 10),
      command(LUOSHU_OP_LOGITS, 11)};
  std::vector<Timeline::Command> taken = {
      {0, LUOSHU_OP_MATMUL, 2},  {0, LUOSHU_OP_MATMUL, 5}, {0, LUOSHU_OP_MATMUL, 7}, {0, LUOSHU_OP_MATMUL, 8},
      {0, LUOSHU_OP_MATMUL, 10}, {0, LUOSHU_OP_MATMUL, 2}, {2, LUOSHU_OP_ATTN, 4},   {1, LUOSHU_OP_ROPE, 77}};
  const auto names = cli::names_of(taken, cli::name_commands(program));
  const std::vector<std::string> expected = {
      "L0 K V Q", "L0 attention output", "L0 gate, up", "L0 down", "LM head",
      "L0 K V Q", "L0 attention",        "RoPE table"};
  EXPECT_EQ(names, expected);
}

std::uint64_t total(const Timeline& timeline, Timeline::Track track, std::size_t amount, std::uint64_t from) {
  std::uint64_t sum = 0;
  for (const Timeline::Span& span : timeline.spans(track)) {
    if (span.begin >= from) sum += span.amounts[amount];
  }
  return sum;
}

TEST(Timeline, AddsUpToTheCounters) {
  testing_support::RandomModel random;
  const auto file = testing_support::mapped(random.file());
  const ModelConfig config = ModelConfig::from(*file);
  Timeline timeline;
  SimulationOptions options;
  options.memory = "latency30";
  options.timeline = &timeline;
  SimulatedChip chip(options, true);
  Image image(*file, config, chip.capabilities(), 64);
  image.upload(chip, nullptr, false);
  const auto engine = make_chip_engine(chip, image, config.vocab);
  const std::uint64_t from = chip.cycles();
  chip.counters(true);
  std::vector<std::int32_t> prompt(21);
  for (std::size_t i = 0; i < prompt.size(); ++i) prompt[i] = static_cast<std::int32_t>(i * 7 % config.vocab);
  const std::int32_t next = engine->evaluate(prompt, LogitsMode::kLast, nullptr);
  engine->decode_greedy(next, 5, {}, [](std::int32_t, std::uint64_t) { return true; });
  const ChipCounters counters = chip.counters(false);
  timeline.finish();

  const std::pair<Timeline::Track, const ChipCounters::Unit*> units[] = {
      {Timeline::kArray, &counters.array},
      {Timeline::kAttention, &counters.attention},
      {Timeline::kVector, &counters.vector}};
  for (const auto& [track, unit] : units) {
    EXPECT_GT(unit->busy, 0u);
    EXPECT_EQ(total(timeline, track, 0, from), unit->busy) << track;
    EXPECT_EQ(total(timeline, track, 1, from), unit->memory_stall) << track;
    EXPECT_EQ(total(timeline, track, 2, from), unit->dependency_stall) << track;
  }
  EXPECT_EQ(total(timeline, Timeline::kCore, 0, from), counters.control.busy);
  EXPECT_EQ(total(timeline, Timeline::kFirmware, 0, from), counters.control.busy);
  EXPECT_EQ(total(timeline, Timeline::kSequencer, 0, from), counters.control.dependency_stall);
  const std::uint64_t lanes = chip.capabilities().lanes;
  EXPECT_EQ(total(timeline, Timeline::kWeightStream, 0, from) * lanes, counters.weights_read);
  EXPECT_EQ(total(timeline, Timeline::kKvStream, 0, from) * lanes, counters.kv_read);
  EXPECT_GT(total(timeline, Timeline::kLinkIn, 0, from), 0u);
  EXPECT_GT(total(timeline, Timeline::kLinkOut, 0, from), 0u);

  for (int t = 0; t < Timeline::kTracks; ++t) {
    std::uint64_t end = 0;
    for (const Timeline::Span& span : timeline.spans(static_cast<Timeline::Track>(t))) {
      EXPECT_GE(span.begin, end) << t;
      EXPECT_GT(span.end, span.begin) << t;
      end = span.end;
    }
  }
  std::uint64_t beats = 0;
  for (const Timeline::Window& w : timeline.windows()) beats += w.beats[0];
  EXPECT_EQ(beats, total(timeline, Timeline::kWeightStream, 0, 0));
}

}  // namespace
