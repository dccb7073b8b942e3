// SPDX-License-Identifier: Apache-2.0
// Runs one test of a benchmark on a chip and compares what it took with the least that it can take.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>

#include "bench/spec.h"
#include "config/model_config.h"
#include "gguf/gguf.h"
#include "program/image.h"
#include "runtime/engine.h"
#include "runtime/roofline.h"
#include "runtime/timed_chip.h"

namespace luoshu::bench {

struct Measurement {
  BenchTest test;
  std::uint32_t batch = 1;
  std::uint64_t passes = 0;
  std::uint64_t tokens = 0;  // evaluated
  // From the host's command to the last token's arrival, 0 where unknown; of attention alone the cycles in
  // which the attention unit was busy.
  std::uint64_t cycles = 0;           // from the host's command to the last token's arrival; 0 where unknown
  ChipCounters counters;              // bytes at the memory port, busy and stalled cycles
  Work work;                          // the least bytes and multiplications, all passes
  std::uint64_t roofline_cycles = 0;  // sum of the bounds of the passes
  std::uint64_t attention_bound = 0;  // cycles: keys and values once per pass, or attention's multiplications
  double wall_seconds = 0;
  double host_seconds = 0;  // of them outside the chip
  double load_seconds = 0;  // of packing and uploading before the test
  std::string checkpoint;   // what became of it: "written", "used", or empty without one
  // Layers of the two shortened models that this was extrapolated from; 0: the whole model ran.
  std::uint32_t from_layers = 0, to_layers = 0;
  bool interrupted = false;  // nothing was measured: test and batch say what was running
};

// Fills passes, tokens, least work and bounds of a measurement from its test and batch.
void set_bounds(const Image& image, const ModelConfig& config, Measurement& m);
// Cycles and counters of `layers` layers on the line through the same test on two shortened models; bounds
// are left to set_bounds.
Measurement extrapolate(const Measurement& a, std::uint32_t a_layers, const Measurement& b,
                        std::uint32_t b_layers, std::uint32_t layers);

class Runner {
 public:
  // The checkpoint of an image; null for none.
  using OpenCheckpoint = std::function<std::unique_ptr<Checkpoint>(const Image&)>;
  // Uploads an image: image.upload(), with what the caller wants to tell of it.
  using Upload = std::function<void(Image&, Chip&, Checkpoint*)>;
  // Plans an image for `context` positions of `sequences` sequences and uploads it. Everything given must
  // outlive the object. Throws InputError when the model exceeds the chip.
  Runner(TimedChip& chip, const gguf::File& file, const ModelConfig& config, std::uint32_t context,
         std::uint32_t sequences, const OpenCheckpoint& open_checkpoint = nullptr,
         const Upload& upload = nullptr);
  // Fills the caches to the test's depth, runs it, measures. Throws InterruptedError at poll points. Prompts
  // and attention alone take one sequence, whatever the batch.
  Measurement run(const BenchTest& test, std::uint32_t batch);
  // Where run() is, for people: "pass 3 of 64".
  std::string state() const;
  const Image& image() const { return image_; }

 private:
  void decode(Measurement& m);
  void prefill(Measurement& m);
  void attend(Measurement& m);

  TimedChip& chip_;
  const ModelConfig& config_;
  Image image_;
  std::unique_ptr<BatchEngine> engine_;
  double load_seconds_ = 0;
  std::string checkpoint_;
  // Passes, or tokens of a prompt, done and in all; 0 in all while caches are filled.
  std::uint32_t done_ = 0, all_ = 0;
  bool prompt_ = false;
  std::uint32_t depth_ = 0;
};

}  // namespace luoshu::bench
