// SPDX-License-Identifier: Apache-2.0
#include "bench/runner.h"

#include <algorithm>
#include <chrono>
#include <cmath>

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

// What attention alone must do for spans that are one pass: read their keys and values once, multiply.
Work attention_work(const ModelConfig& config, const std::vector<Span>& spans) {
  Work work;
  for (const Span& span : spans) {
    const std::uint64_t n = span.tokens;
    work.bytes += (span.position + n) * key_bytes(config);
    work.macs += (n * span.position + n * (n + 1) / 2) * config.layers * config.heads * config.head_dim * 2;
  }
  return work;
}

// The value at `x` of the line through (ax, a) and (bx, b), at least 0.
std::uint64_t line(std::uint64_t a, std::uint64_t b, double ax, double bx, double x) {
  const auto from = static_cast<double>(a);
  const double value = from + (static_cast<double>(b) - from) * (x - ax) / (bx - ax);
  return static_cast<std::uint64_t>(std::llround(std::max(0.0, value)));
}

}  // namespace

void set_bounds(const Image& image, const ModelConfig& config, Measurement& m) {
  const BenchTest& test = m.test;
  const auto pass = [&](const Work& whole, const Work& attention) {
    m.work.bytes += whole.bytes;
    m.work.macs += whole.macs;
    m.roofline_cycles += roofline_cycles(whole, image.chip());
    m.attention_bound += roofline_cycles(attention, image.chip());
    ++m.passes;
  };
  if (test.kind == BenchTest::Kind::kDecode) {
    for (std::uint32_t i = 0; i < test.count; ++i) {
      const std::vector<Span> spans(m.batch, {test.depth + i, 1});
      pass(shared_work(image, config, spans, m.batch), attention_work(config, spans));
    }
    m.tokens = m.passes * m.batch;
  } else if (test.kind == BenchTest::Kind::kAttention) {
    ModelConfig layer = config;
    layer.layers = 1;
    const Work work = attention_work(layer, {{test.depth, 1}});
    for (std::uint32_t i = 0; i < test.count; ++i) pass(work, work);
  } else {
    // Weights once for the whole prompt; attention reads the keys again in every pass.
    m.work = shared_work(image, config, {{test.depth, test.count}}, 1);
    m.roofline_cycles = roofline_cycles(m.work, image.chip());
    for (std::uint32_t first = 0; first < test.count; first += image.max_tokens()) {
      const Span span{test.depth + first, std::min(image.max_tokens(), test.count - first)};
      m.attention_bound += roofline_cycles(attention_work(config, {span}), image.chip());
      ++m.passes;
    }
    m.tokens = test.count;
  }
}

Measurement extrapolate(const Measurement& a, std::uint32_t a_layers, const Measurement& b,
                        std::uint32_t b_layers, std::uint32_t layers) {
  const auto on = [&](std::uint64_t x, std::uint64_t y) { return line(x, y, a_layers, b_layers, layers); };
  Measurement m;
  m.test = a.test;
  m.batch = a.batch;
  m.from_layers = a_layers;
  m.to_layers = b_layers;
  m.cycles = on(a.cycles, b.cycles);
  const ChipCounters& x = a.counters;
  const ChipCounters& y = b.counters;
  m.counters.weights_read = on(x.weights_read, y.weights_read);
  m.counters.kv_read = on(x.kv_read, y.kv_read);
  m.counters.kv_written = on(x.kv_written, y.kv_written);
  m.counters.other = on(x.other, y.other);
  for (auto unit :
       {&ChipCounters::array, &ChipCounters::attention, &ChipCounters::vector, &ChipCounters::control}) {
    (m.counters.*unit).busy = on((x.*unit).busy, (y.*unit).busy);
    (m.counters.*unit).memory_stall = on((x.*unit).memory_stall, (y.*unit).memory_stall);
    (m.counters.*unit).dependency_stall = on((x.*unit).dependency_stall, (y.*unit).dependency_stall);
  }
  m.wall_seconds = a.wall_seconds + b.wall_seconds;
  m.host_seconds = a.host_seconds + b.host_seconds;
  m.load_seconds = a.load_seconds + b.load_seconds;
  return m;
}

Runner::Runner(TimedChip& chip, const gguf::File& file, const ModelConfig& config, std::uint32_t context,
               std::uint32_t sequences, const OpenCheckpoint& open_checkpoint, const Upload& upload)
    : chip_(chip), config_(config), image_(file, config, chip.capabilities(), context, sequences) {
  const double start = now();
  const std::unique_ptr<Checkpoint> checkpoint = open_checkpoint ? open_checkpoint(image_) : nullptr;
  if (checkpoint) checkpoint_ = checkpoint->found() ? "used" : "written";
  if (upload) {
    upload(image_, chip_, checkpoint.get());
  } else {
    image_.upload(chip_, nullptr, false, checkpoint.get());
  }
  load_seconds_ = now() - start;
  engine_ = make_chip_engine(chip_, image_, config.vocab);
}

std::string Runner::state() const {
  if (all_ == 0) return "filling the caches";
  const std::uint32_t done = prompt_ ? engine_->position() - depth_ : done_;
  return (prompt_ ? "token " : "pass ") + std::to_string(done) + " of " + std::to_string(all_);
}

Measurement Runner::run(const BenchTest& test, std::uint32_t batch) {
  all_ = 0;
  Measurement m;
  m.test = test;
  m.batch = test.kind == BenchTest::Kind::kDecode ? batch : 1;
  m.load_seconds = load_seconds_;
  m.checkpoint = checkpoint_;
  set_bounds(image_, config_, m);
  fill_cache(chip_, image_, config_, m.batch, test.depth);
  for (std::uint32_t s = m.batch; s-- > 0;) {
    engine_->select(s);
    engine_->seek(test.depth);
  }
  engine_->take_cost();
  done_ = 0;
  all_ = test.count;
  prompt_ = test.kind == BenchTest::Kind::kPrefill;
  depth_ = test.depth;
  const double start = now();
  const double in_chip = chip_.seconds();
  if (test.kind == BenchTest::Kind::kDecode) {
    decode(m);
  } else if (test.kind == BenchTest::Kind::kPrefill) {
    prefill(m);
  } else {
    attend(m);
  }
  m.wall_seconds = now() - start;
  m.host_seconds = m.wall_seconds - (chip_.seconds() - in_chip);
  m.counters = engine_->take_cost().counters;
  if (test.kind == BenchTest::Kind::kAttention) m.cycles = m.counters.attention.busy;
  return m;
}

void Runner::decode(Measurement& m) {
  std::vector<SequenceToken> next(m.batch);
  const std::vector<std::int32_t> first = some_tokens(m.batch, config_.vocab);
  for (std::uint32_t s = 0; s < m.batch; ++s) next[s] = {s, first[s]};
  if (m.batch == 1) {
    engine_->decode_greedy(first[0], m.test.count, {}, [&](std::int32_t, std::uint64_t cycles) {
      m.cycles += cycles;
      ++done_;
      return true;
    });
  } else {
    for (std::uint32_t pass = 0; pass < m.test.count; ++pass) {
      const std::uint64_t before = chip_.cycles();
      const std::vector<std::int32_t> tokens = engine_->evaluate_batch(next, nullptr);
      m.cycles += chip_.cycles() - before;
      for (std::uint32_t s = 0; s < m.batch; ++s) next[s].token = tokens[s];
      ++done_;
    }
  }
}

void Runner::prefill(Measurement& m) {
  const std::uint64_t before = chip_.cycles();
  engine_->evaluate(some_tokens(m.test.count, config_.vocab), LogitsMode::kLast, nullptr);
  m.cycles = chip_.cycles() - before;
}

void Runner::attend(Measurement& m) {
  for (std::uint32_t pass = 0; pass < m.test.count; ++pass) {
    RunRequest run;
    run.program = image_.attention_program();
    run.commands = image_.attention_commands();
    run.tokens = {image_.token_context(0, m.test.depth)};
    run_to_end(chip_, run);
    ++done_;
  }
}

}  // namespace luoshu::bench
