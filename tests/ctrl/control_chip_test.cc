// SPDX-License-Identifier: Apache-2.0
// The whole chip after a decode loop that did not run to its end: stop id, stop, soft reset, memory error,
// watchdog. Whatever happened, the next prompt on the same engine has the model's bits.
#include <algorithm>

#include "ctrl/subject.h"
#include "link/link.h"

namespace {

using namespace luoshu;
using namespace luoshu::testing_support;

class ControlChip : public testing::TestWithParam<std::string> {};

// A loop on both engines that ends by a stop id; tokens are the same.
void loop_with_stop_id(Twins& twins, std::int32_t from) {
  const Tokens text = twins.greedy(from, 8);
  const std::int32_t stop_token = text[2];
  const auto count =
      static_cast<std::size_t>(std::find(text.begin(), text.end(), stop_token) - text.begin()) + 1;
  const auto stop = static_cast<std::uint32_t>(stop_token);
  twins.expect_same("loop to a stop id", [&](BatchEngine& engine, std::vector<float>&) {
    Tokens out;
    engine.reset();
    engine.decode_greedy(from, 20, {stop}, [&](std::int32_t t, std::uint64_t) {
      out.push_back(t);
      return true;
    });
    EXPECT_EQ(out.size(), count);
    EXPECT_EQ(engine.position(), count);
    return out;
  });
}

TEST_P(ControlChip, StopIdThenEveryEntryPoint) {
  Twins twins(GetParam(), test_seed(), 96, tiny_model(), 2);
  const Tokens prompt = twins.random_tokens(5, 3);
  using Logits = std::vector<float>;
  loop_with_stop_id(twins, 7);
  twins.expect_new_prompt("evaluate after a stop id");
  loop_with_stop_id(twins, 8);
  twins.expect_same("evaluate_each after a stop id", [&](BatchEngine& engine, Logits& logits) {
    engine.reset();
    return engine.evaluate_each({prompt[0], prompt[1]}, &logits);
  });
  loop_with_stop_id(twins, 9);
  twins.expect_same("decode_greedy after a stop id", [&](BatchEngine& engine, Logits& logits) {
    Tokens out;
    engine.decode_greedy(prompt[0], 4, {}, [&](std::int32_t t, std::uint64_t) {
      out.push_back(t);
      return true;
    });
    out.push_back(engine.evaluate({out.back()}, LogitsMode::kLast, &logits));
    return out;
  });
  loop_with_stop_id(twins, 10);
  twins.expect_same("evaluate_batch after a stop id", [&](BatchEngine& engine, Logits& logits) {
    engine.reset();
    return engine.evaluate_batch({{0, prompt[0]}, {1, prompt[1]}}, &logits);
  });
  loop_with_stop_id(twins, 11);
  twins.expect_same("what speculation does, after a stop id", [&](BatchEngine& engine, Logits& logits) {
    engine.reset();
    Tokens out{engine.evaluate({prompt[0]}, LogitsMode::kLast, &logits)};
    for (int i = 0; i < 3; ++i) {  // drafts of which one is taken back
      const Tokens next = engine.evaluate_each({out.back(), prompt[2]}, &logits);
      engine.rollback(engine.position() - 1);
      out.push_back(next[0]);
    }
    return out;
  });
}

TEST_P(ControlChip, StopThenNewPrompt) {
  Twins twins(GetParam(), test_seed() + 1);
  for (int round = 0; round < 2; ++round) {
    twins.expect_same("loop that is stopped", [&](BatchEngine& engine, std::vector<float>&) {
      Tokens out;
      engine.reset();
      engine.decode_greedy(3 + round, 60, {}, [&](std::int32_t t, std::uint64_t) {
        out.push_back(t);
        return out.size() < 3;
      });
      EXPECT_EQ(out.size(), 3u);
      return out;
    });
    ASSERT_NO_FATAL_FAILURE(twins.expect_new_prompt("after a stop"));
  }
}

TEST_P(ControlChip, SoftResetThenNewPrompt) {
  Twins twins(GetParam(), test_seed() + 2);
  std::mt19937_64 random(test_seed());
  for (int round = 0; round < 3; ++round) {
    twins.chip().chip().start(twins.chip().loop(5, 40));
    for (std::uint64_t n = random() % 3; n > 0; --n) ASSERT_EQ(twins.event()[0], LUOSHU_EVT_TOKEN);
    twins.soft_reset();
    ASSERT_NO_FATAL_FAILURE(twins.expect_new_prompt("after a soft reset"));
  }
}

// A word of the command `index` of the pass program.
std::uint32_t command_word(Twins& twins, std::uint32_t index, std::uint32_t word) {
  return twins.chip().image().program() + 32 * index + 4 * word;
}

// Breaks one word of the program while `body` runs.
template <class Body>
void with_word(Twins& twins, std::uint32_t address, std::uint32_t value, Body body) {
  std::uint32_t old = 0;
  twins.sim().read_memory(address, &old, 4);
  twins.sim().write_memory(address, &value, 4);
  body();
  twins.sim().write_memory(address, &old, 4);
}

// The last command with that opcode.
std::uint32_t find_command(Twins& twins, std::uint32_t opcode) {
  for (std::uint32_t i = twins.chip().image().commands(); i-- > 0;) {
    std::uint32_t word = 0;
    twins.sim().read_memory(command_word(twins, i, 0), &word, 4);
    if ((word & 255u) == opcode) return i;
  }
  ADD_FAILURE() << "no command " << opcode;
  return 0;
}

// An evaluation on the chip that ends with an error.
void expect_error(Twins& twins, std::uint32_t code) {
  std::vector<float> logits;
  twins.chip().engine().reset();
  try {
    twins.chip().engine().evaluate(twins.random_tokens(2, 4), LogitsMode::kAll, &logits);
    ADD_FAILURE() << "Done, though error " << code << " happened";
  } catch (const DeviceError& e) {
    EXPECT_EQ(e.detail().code, code) << e.what();
  }
}

TEST_P(ControlChip, BusErrorThenNewPrompt) {
  Twins twins(GetParam(), test_seed() + 3);
  AxiFault fault;
  fault.client = kReadWeights;
  fault.skip = 5;
  twins.sim().port().fail(fault);
  expect_error(twins, LUOSHU_ERR_BUS_ERROR);
  twins.sim().port().clear_faults();
  ASSERT_NO_FATAL_FAILURE(twins.expect_new_prompt("after a bus error"));
}

TEST_P(ControlChip, WatchdogThenNewPrompt) {
  Twins twins(GetParam(), test_seed() + 4);
  twins.set_reg(LUOSHU_REG_WATCHDOG, 3000);
  const std::uint32_t norm = find_command(twins, LUOSHU_OP_NORM);
  std::uint32_t word = 0;
  twins.sim().read_memory(command_word(twins, norm, 0), &word, 4);
  // waits for a semaphore that nobody posts
  with_word(twins, command_word(twins, norm, 0), word | 14u << 12,
            [&] { expect_error(twins, LUOSHU_ERR_WATCHDOG); });
  ASSERT_NO_FATAL_FAILURE(twins.expect_new_prompt("after the watchdog"));
}

using Event = std::vector<std::uint32_t>;

// Token events as they must be, then Done, and nothing behind it.
void expect_tokens(Twins& twins, const Tokens& expected, bool done = true) {
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const Event event = twins.event();
    ASSERT_GE(event.size(), 3u) << "token " << i << " of " << expected.size() << " did not come";
    ASSERT_EQ(event[0], LUOSHU_EVT_TOKEN) << "token " << i << ", word 1 " << event[1];
    ASSERT_EQ(static_cast<std::int32_t>(event[1]), expected[i]) << "token " << i;
  }
  if (!done) return;
  const Event event = twins.event();
  ASSERT_FALSE(event.empty()) << "no end after " << expected.size() << " tokens";
  ASSERT_EQ(event[0], LUOSHU_EVT_DONE) << "after " << expected.size() << " tokens";
}

// An error on one of the last writes of a run, or in its last command, comes before its end, which then never
// comes.
TEST_P(ControlChip, ErrorsComeBeforeDone) {
  Twins twins(GetParam(), test_seed() + 5);
  const std::uint32_t logits = find_command(twins, LUOSHU_OP_LOGITS);
  RunRequest run = twins.chip().run({3}, LogitsMode::kLast);
  run.write_logits = true;
  const auto expect_only = [&](std::uint32_t code, const std::string& what) {
    twins.chip().chip().start(run);
    Event event = twins.event();
    while (!event.empty() && event[0] == LUOSHU_EVT_TOKEN) event = twins.event();
    ASSERT_GE(event.size(), 2u) << what;
    ASSERT_EQ(event[0], LUOSHU_EVT_ERROR) << what << ": done in spite of the error";
    ASSERT_EQ(event[1], code) << what;
    twins.message({LUOSHU_MSG_PING, 1});
    ASSERT_EQ(twins.event(), (Event{LUOSHU_EVT_PONG, 1})) << what;
  };
  std::uint32_t buffer = 0;
  twins.sim().read_memory(command_word(twins, logits, 1), &buffer, 4);
  for (std::uint32_t bad = 1; bad <= 30; bad += 4) {
    AxiFault fault;
    fault.write = true;
    fault.client = kWriteLogits;
    fault.first_address = buffer + 4 * (twins.vocab() - bad);
    fault.end_address = buffer + 4 * twins.vocab();
    fault.count = ~std::uint64_t{0};
    twins.sim().port().fail(fault);
    ASSERT_NO_FATAL_FAILURE(
        expect_only(LUOSHU_ERR_BUS_ERROR, "the last " + std::to_string(bad) + " logits fail"));
    twins.sim().port().clear_faults();
  }
  ++run.commands;
  with_word(twins, command_word(twins, run.commands - 1, 0), 99,
            [&] { expect_only(LUOSHU_ERR_BAD_OPCODE, "opcode 99 at the end"); });
  ASSERT_NO_FATAL_FAILURE(twins.expect_new_prompt("after errors at the end of runs"));
}

// A host that is silent for long gets every token, in order; waiting for it is no hang.
TEST_P(ControlChip, SilentHostLosesNoToken) {
  Twins twins(GetParam(), test_seed() + 6, 128);
  const std::uint32_t passes = 90;
  const Tokens text = twins.greedy(11, passes);
  const std::uint64_t before = twins.sim().cycles();
  twins.chip().engine().evaluate({4}, LogitsMode::kLast, nullptr);
  const std::uint64_t pass = twins.sim().cycles() - before;
  twins.set_reg(LUOSHU_REG_WATCHDOG, static_cast<std::uint32_t>(40 * pass));
  twins.chip().chip().start(twins.chip().loop(11, passes));
  twins.sim().silence(60 * pass);
  ASSERT_NO_FATAL_FAILURE(expect_tokens(twins, text));
  // runs with a token for each of theirs, one behind the other
  const auto most = twins.chip().image().max_tokens();
  const Tokens prompt = twins.random_tokens(most, 8);
  Tokens each;
  std::vector<float> unused;
  twins.model().engine().reset();
  each = twins.model().engine().evaluate_each(prompt, &unused);
  for (std::uint32_t i = 0; i < 2; ++i)
    twins.chip().chip().start(twins.chip().run(prompt, LogitsMode::kAll, i));
  twins.sim().silence(60 * pass);
  for (int i = 0; i < 2; ++i) ASSERT_NO_FATAL_FAILURE(expect_tokens(twins, each));
  ASSERT_NO_FATAL_FAILURE(twins.expect_new_prompt("after silence"));
}

// Two loops queued: each has its own passes; what is refused meanwhile changes nothing.
TEST_P(ControlChip, TwoLoopsQueued) {
  Twins twins(GetParam(), test_seed() + 7);
  const Tokens first = twins.greedy(12, 5);
  const Tokens second = twins.greedy(13, 3);
  twins.chip().chip().start(twins.chip().loop(12, 5, 0));
  twins.chip().chip().start(twins.chip().loop(13, 3, 1));
  const auto program = twins.chip().image().program();
  const auto commands = twins.chip().image().commands();
  twins.message({LUOSHU_MSG_RUN, 17, 77, 1, program, commands});
  const Event busy = twins.event();
  ASSERT_GE(busy.size(), 2u);
  Tokens early;
  if (busy[0] == LUOSHU_EVT_TOKEN) GTEST_FAIL() << "the first loop was faster than three messages";
  EXPECT_EQ(busy[0], LUOSHU_EVT_ERROR);
  EXPECT_EQ(busy[1], LUOSHU_ERR_BUSY);
  twins.set_reg(LUOSHU_REG_SEQ_PASSES, 1);
  twins.set_reg(LUOSHU_REG_SEQ_RUN, 17);
  ASSERT_NO_FATAL_FAILURE(expect_tokens(twins, first));
  ASSERT_NO_FATAL_FAILURE(expect_tokens(twins, second));
  ASSERT_NO_FATAL_FAILURE(twins.settle());
  ASSERT_NO_FATAL_FAILURE(twins.expect_new_prompt("after two loops"));
}

// What cannot be run gives one error event and nothing else.
TEST_P(ControlChip, Refusals) {
  Twins twins(GetParam(), test_seed() + 8);
  const Capabilities c = configuration(GetParam()).capabilities();
  const std::uint32_t most = c.columns * c.groups;
  const std::uint32_t program = twins.chip().image().program();
  const std::uint32_t commands = twins.chip().image().commands();
  constexpr std::uint32_t kRun = LUOSHU_MSG_RUN, kBad = LUOSHU_ERR_BAD_MESSAGE, kFull = LUOSHU_ERR_CAPACITY;
  const struct {
    const char* what;
    std::uint32_t code;
    std::vector<std::uint32_t> words;
  } cases[] = {
      {"a token too many", kFull, {kRun, 2, 1, most + 1, program, commands}},
      {"64 columns' tokens", kFull, {kRun, 2, 1, 64 * c.columns, program, commands}},
      {"more tokens than 32 bits hold", kFull, {kRun, 2, 1, 0xffffffffu, program, commands}},
      {"65537 commands", kFull, {kRun, 0, 1, 1, program, 0x10001}},
      {"no tokens", kBad, {kRun, 2, 1, 0, program, commands}},
      {"no passes", kBad, {kRun, 2, 0, 1, program, commands}},
      {"no commands", kBad, {kRun, 2, 1, 1, program, 0}},
      {"a program within a beat", kBad, {kRun, 2, 1, 1, program + 4, commands}},
      {"logits mode 3", kBad, {kRun, 3, 1, 1, program, commands}},
      {"an unknown flag", kBad, {kRun, 33, 1, 1, program, commands}},
      {"a loop without logits", kBad, {kRun, 16, 2, 1, program, commands}},
      {"a loop of two tokens", kBad, {kRun, 17, 2, 2, program, commands}},
      {"five words", kBad, {kRun, 2, 1, 1, program}},
      {"seven words", kBad, {kRun, 2, 1, 1, program, commands, 0}},
      {"a run of one word", kBad, {kRun}},
      {"a stop of two words", kBad, {LUOSHU_MSG_STOP, 0}},
      {"a ping of one word", kBad, {LUOSHU_MSG_PING}},
      {"a self-test of two words", kBad, {LUOSHU_MSG_SELF_TEST, 16}},
      {"a self-test beyond the window", kBad, {LUOSHU_MSG_SELF_TEST, 16, 1u << 30}},
      {"a self-test across its end", kBad, {LUOSHU_MSG_SELF_TEST, 1u << 30, 4}},
      {"an unknown message", kBad, {9, 1, 2}},
      {"16 words", kBad, std::vector<std::uint32_t>(16, 0)},
  };
  for (const auto& refused : cases) {
    twins.message(refused.words);
    const Event event = twins.event();
    ASSERT_EQ(event.size(), 3u) << refused.what << " is not refused";
    EXPECT_EQ(event[0], LUOSHU_EVT_ERROR) << refused.what;
    EXPECT_EQ(event[1], refused.code) << refused.what;
    twins.message({LUOSHU_MSG_PING, 77});
    ASSERT_EQ(twins.event(), (Event{LUOSHU_EVT_PONG, 77})) << refused.what;
    ASSERT_EQ(twins.reg(LUOSHU_REG_SEQ_STATUS), 0u) << refused.what << " runs";
  }
  ASSERT_NO_FATAL_FAILURE(twins.expect_new_prompt("after refusals"));
}

// A stop ends the loop with its next token, marked as the last; without a loop it is nothing.
TEST_P(ControlChip, StopEndsWithTheNextToken) {
  Twins twins(GetParam(), test_seed() + 9);
  const Tokens text = twins.greedy(14, 40);
  std::mt19937_64 random(test_seed());
  for (int round = 0; round < 4; ++round) {
    const std::size_t before = round == 0 ? 0 : random() % 3;
    twins.chip().chip().start(twins.chip().loop(14, 40));
    ASSERT_NO_FATAL_FAILURE(expect_tokens(
        twins, Tokens(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(before)), false));
    twins.message({LUOSHU_MSG_STOP});
    if (round == 1) twins.message({LUOSHU_MSG_STOP});
    if (round == 2) twins.sim().silence(random() % 60000);
    for (std::size_t i = before;; ++i) {
      const Event event = twins.event();
      ASSERT_GE(event.size(), 3u) << "round " << round;
      ASSERT_EQ(event[0], LUOSHU_EVT_TOKEN) << "round " << round;
      ASSERT_LT(i, text.size()) << "the loop was not stopped";
      EXPECT_EQ(static_cast<std::int32_t>(event[1]), text[i]) << "round " << round;
      EXPECT_EQ(event[2] & 2u, 0u) << "a stop is no stop id";
      if ((event[2] & 4u) != 0) break;
      ASSERT_LT(i - before, 3u) << "round " << round << ": passes go on after the stop";
    }
    ASSERT_NO_FATAL_FAILURE(expect_tokens(twins, {}));
  }
  twins.message({LUOSHU_MSG_STOP});
  ASSERT_NO_FATAL_FAILURE(twins.settle());
  twins.chip().chip().start(twins.chip().loop(14, 4));
  ASSERT_NO_FATAL_FAILURE(expect_tokens(twins, Tokens(text.begin(), text.begin() + 4)));
  ASSERT_NO_FATAL_FAILURE(twins.expect_new_prompt("after stops"));
}

// A reset with one run at work and one queued drops both.
TEST_P(ControlChip, SoftResetDropsQueuedRuns) {
  Twins twins(GetParam(), test_seed() + 10);
  twins.chip().chip().start(twins.chip().loop(12, 30, 0));
  twins.chip().chip().start(twins.chip().loop(13, 30, 1));
  ASSERT_NO_FATAL_FAILURE(twins.settle());
  ASSERT_EQ(twins.reg(LUOSHU_REG_SEQ_STATUS), 3u);
  twins.soft_reset();
  ASSERT_EQ(twins.reg(LUOSHU_REG_SEQ_STATUS), 0u);
  ASSERT_TRUE(twins.event(std::chrono::milliseconds(20)).empty());
  const Tokens text = twins.greedy(15, 3);
  twins.chip().chip().start(twins.chip().loop(15, 3));  // at once after a reset
  ASSERT_NO_FATAL_FAILURE(expect_tokens(twins, text));
  twins.set_reg(LUOSHU_REG_SOFT_RESET, 1);
  twins.chip().chip().start(twins.chip().loop(15, 3));
  ASSERT_NO_FATAL_FAILURE(expect_tokens(twins, text));
}

// A host whose link is never quiet: it always has as many reads of device memory outstanding as it may, and
// looks at every byte.
class BusyHost {
 public:
  BusyHost(OpenChip& chip, const std::string& config)
      : chip_(chip),
        link_(OpenChip::transport(chip.peer(), config), OpenChip::link_options()),
        random_(test_seed()),
        first_(static_cast<std::uint32_t>(chip.peer().memory().size() - kBytes)),
        expected_(kBytes) {
    for (auto& b : expected_) b = static_cast<std::uint8_t>(random_());
    chip.write_memory(first_, expected_.data(), kBytes);
    link_.open();
  }
  // One read more.
  void read() {
    const auto size = 4 + 4 * static_cast<std::uint32_t>(random_() % (link_.max_payload() / 4 - 1));
    const auto at = 4 * static_cast<std::uint32_t>(random_() % ((kBytes - size) / 4));
    link_.post(RequestType::kMemRead, {first_ + at, 0, size}, nullptr, 0, [this, at, size](const Frame& f) {
      ++reads_;
      // the data and a word of status
      wrong_ += f.payload.size() != size + 4 || f.word(size / 4) != 0 ||
                std::memcmp(f.payload.data(), &expected_[at], size) != 0;
    });
  }
  void write_regs(std::uint32_t address, std::vector<std::uint32_t> words) {
    words.insert(words.begin(), address);
    link_.post(RequestType::kRegWrite, words, nullptr, 0, {});
  }
  void message(const std::vector<std::uint32_t>& words) {
    link_.post(RequestType::kMsg, words, nullptr, 0, {});
  }
  // The next event, with reads all the time; empty where none came in that many cycles.
  std::vector<std::uint32_t> event(std::uint64_t limit) {
    for (const std::uint64_t end = chip_.cycles() + limit; chip_.cycles() < end;) {
      read();
      if (auto words = link_.wait_event(link_.transport().now())) return *words;
    }
    return {};
  }
  std::uint64_t reads() const { return reads_; }
  std::uint64_t wrong() const { return wrong_; }

 private:
  static constexpr std::size_t kBytes = 16384;  // at the end of memory, which the model does not fill
  OpenChip& chip_;
  Link link_;
  std::mt19937_64 random_;
  const std::uint32_t first_;
  std::vector<std::uint8_t> expected_;
  std::uint64_t reads_ = 0, wrong_ = 0;
};

// A soft reset does not wait for the link: while reads of memory never cease, and each has its data, a loop
// is reset, and the next one begins and gives its tokens.
TEST_P(ControlChip, SoftResetUnderLinkTraffic) {
  constexpr std::uint64_t kLimit = 200000;  // cycles; the whole loop takes a quarter of it
  Twins twins(GetParam(), test_seed() + 11);
  const Tokens text = twins.greedy(15, 3);
  const RunRequest run = twins.chip().loop(15, 3);
  const TokenContext& c = run.tokens[0];
  twins.chip().chip().start(twins.chip().loop(14, 40));
  ASSERT_NO_FATAL_FAILURE(twins.settle());
  BusyHost host(twins.sim(), GetParam());
  std::mt19937_64 random(test_seed());
  for (std::uint32_t round = 0; round < 4; ++round) {
    for (std::uint64_t n = random() % 20; n > 0; --n) host.read();
    host.write_regs(LUOSHU_REG_BASE + LUOSHU_REG_SOFT_RESET, {1});
    host.message({LUOSHU_MSG_PING, round});
    for (;;) {  // what came before the reset
      const Event event = host.event(kLimit);
      ASSERT_FALSE(event.empty()) << "the firmware does not answer";
      if (event == Event{LUOSHU_EVT_PONG, round}) break;
    }
    host.write_regs(LUOSHU_REG_BASE + LUOSHU_REG_CONTEXT,
                    {c.token, c.position, c.kv_seq_offset, c.kv_block_offset});
    host.message({LUOSHU_MSG_RUN, static_cast<std::uint32_t>(run.logits) | 16u, run.passes, 1, run.program,
                  run.commands});
    const std::uint64_t before = host.reads();
    for (std::size_t i = 0; i < text.size(); ++i) {
      const Event event = host.event(kLimit);
      ASSERT_GE(event.size(), 2u) << "round " << round << ": the reset waits for the link, or the run does";
      ASSERT_EQ(event[0], LUOSHU_EVT_TOKEN);
      EXPECT_EQ(static_cast<std::int32_t>(event[1]), text[i]) << "round " << round;
    }
    EXPECT_GT(host.reads(), before + 4) << "the link was quiet";
    if (round % 2 == 0) continue;  // the next reset comes after this loop, else in the middle of another
    ASSERT_EQ(host.event(kLimit).at(0), LUOSHU_EVT_DONE);
    host.message(
        {LUOSHU_MSG_RUN, static_cast<std::uint32_t>(run.logits) | 16u, 40, 1, run.program, run.commands});
  }
  EXPECT_EQ(host.wrong(), 0u);
}

INSTANTIATE_TEST_SUITE_P(Configurations, ControlChip,
                         testing::Values(std::string("nano"), std::string("lab"), std::string("wide")),
                         [](const auto& info) { return info.param; });

}  // namespace
