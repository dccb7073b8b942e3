// SPDX-License-Identifier: Apache-2.0
#include "bench/runner.h"

#include <algorithm>
#include <chrono>

#include "bench/cache.h"
#include "bench/xorshift.h"

namespace luoshu::bench {
namespace {

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// The same random tokens at every call.
std::vector<std::int32_t> some_tokens(std::size_t count, std::uint32_t vocab) {
  Xorshift random(4);
  std::vector<std::int32_t> tokens(count);
  for (auto& t : tokens) t = static_cast<std::int32_t>(random.below(vocab));
  return tokens;
}

[[noreturn]] void interrupted() {
  throw DeviceError("interrupted in the middle of a test; start again");
}

// Attention's bound for spans that are one pass: their keys and values read once, or its multiplications.
std::uint64_t attention_cycles(const ModelConfig& config, const Capabilities& chip,
                               const std::vector<Span>& spans) {
  Work work;
  for (const Span& span : spans) {
    const std::uint64_t n = span.tokens;
    work.bytes += (span.position + n) * key_bytes(config);
    work.macs += (n * span.position + n * (n + 1) / 2) * config.layers * config.heads * config.head_dim * 2;
  }
  return roofline_cycles(work, chip);
}

}  // namespace

Runner::Runner(TimedChip& chip, const gguf::File& file, const ModelConfig& config, std::uint32_t context,
               std::uint32_t sequences)
    : chip_(chip), config_(config), image_(file, config, chip.capabilities(), context, sequences) {
  image_.upload(chip_, nullptr, false);
  engine_ = make_chip_engine(chip_, image_, config.vocab);
}

void Runner::account(Measurement& m, const std::vector<Span>& spans, std::uint64_t logits) const {
  const Work work = shared_work(image_, config_, spans, logits);
  m.work.bytes += work.bytes;
  m.work.macs += work.macs;
  m.roofline_cycles += roofline_cycles(work, image_.chip());
}

Measurement Runner::run(const BenchTest& test, std::uint32_t batch, const std::function<bool()>& keep_going) {
  Measurement m;
  m.test = test;
  m.batch = test.kind == BenchTest::Kind::kDecode ? batch : 1;
  fill_cache(chip_, image_, config_, m.batch, test.depth);
  for (std::uint32_t s = m.batch; s-- > 0;) {
    engine_->select(s);
    engine_->seek(test.depth);
  }
  engine_->take_cost();
  const double start = now();
  const double in_chip = chip_.seconds();
  if (test.kind == BenchTest::Kind::kDecode) {
    decode(m, keep_going);
  } else {
    prefill(m);
  }
  m.wall_seconds = now() - start;
  m.host_seconds = m.wall_seconds - (chip_.seconds() - in_chip);
  m.counters = engine_->take_cost().counters;
  return m;
}

void Runner::decode(Measurement& m, const std::function<bool()>& keep_going) {
  m.passes = m.test.count;
  m.tokens = m.passes * m.batch;
  std::vector<SequenceToken> next(m.batch);
  const std::vector<std::int32_t> first = some_tokens(m.batch, config_.vocab);
  for (std::uint32_t s = 0; s < m.batch; ++s) next[s] = {s, first[s]};
  if (m.batch == 1) {
    bool stopped = false;
    engine_->decode_greedy(first[0], m.test.count, {}, [&](std::int32_t, std::uint64_t cycles) {
      m.cycles += cycles;
      stopped = !keep_going();
      return !stopped;
    });
    if (stopped) interrupted();
  } else {
    for (std::uint32_t pass = 0; pass < m.test.count; ++pass) {
      const std::uint64_t before = chip_.cycles();
      const std::vector<std::int32_t> tokens = engine_->evaluate_batch(next, nullptr);
      m.cycles += chip_.cycles() - before;
      for (std::uint32_t s = 0; s < m.batch; ++s) next[s].token = tokens[s];
      if (!keep_going()) interrupted();
    }
  }
  for (std::uint32_t pass = 0; pass < m.test.count; ++pass) {
    const std::vector<Span> spans(m.batch, {m.test.depth + pass, 1});
    account(m, spans, m.batch);
    m.attention_bound += attention_cycles(config_, image_.chip(), spans);
  }
}

void Runner::prefill(Measurement& m) {
  m.tokens = m.test.count;
  const std::uint64_t before = chip_.cycles();
  engine_->evaluate(some_tokens(m.tokens, config_.vocab), LogitsMode::kLast, nullptr);
  m.cycles = chip_.cycles() - before;
  account(m, {{m.test.depth, m.test.count}}, 1);
  for (std::uint32_t first = 0; first < m.test.count; first += image_.max_tokens()) {
    const Span span{m.test.depth + first, std::min(image_.max_tokens(), m.test.count - first)};
    m.attention_bound += attention_cycles(config_, image_.chip(), {span});
    ++m.passes;
  }
}

}  // namespace luoshu::bench
