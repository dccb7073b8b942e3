// SPDX-License-Identifier: Apache-2.0
// The flags that all verbs which run a model share (the contract: README.md, "Flags").
#pragma once
#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "sampler/sampler.h"

namespace luoshu {
class Timeline;
}

namespace luoshu::cli {

struct ModelOptions {
  std::string model;  // empty: the bundled one
  std::string device = "sim";
  std::string config = "lab";
  std::string memory = "latency30";
  std::uint64_t sim_seed = 0;
  std::uint32_t context = 0;    // 0: the model's, at most 4096
  std::uint32_t threads = 0;    // model and reference device, 0 = all
  bool verify = false;          // compare checksums on the device after the upload
  std::string upload = "door";  // sim: "door" writes the simulated memory directly, "link" takes the link
  std::string checkpoint;       // file of the packed model, empty: none
  bool tuned = false;           // sim: worth the time that a fast chip takes to build
  std::string trace;
  std::string trace_window;
  Timeline* timeline = nullptr;    // of sim: records from the start where given
  const CLI::App* verb = nullptr;  // tells which flags were given
};

struct PromptOptions {
  std::string text;
  bool has_text = false;  // -p was given, perhaps empty
  std::string file;
  std::string tokens;          // comma-separated ids
  std::int64_t predict = 128;  // tokens to generate, -1: until the end token or the context's end
  bool ignore_eos = false;
};

// The model, its context, and the device; the device alone.
void add_model_options(CLI::App& app, ModelOptions& options);
void add_device_options(CLI::App& app, ModelOptions& options);
void add_prompt_options(CLI::App& app, PromptOptions& options);
// -s -1 chooses a seed here and sets `random_seed`.
void add_sampler_options(CLI::App& app, SamplerOptions& options, bool& random_seed);
// A flag that takes a whole number from 0 to 2^64 - 1; others are refused.
CLI::Option* add_seed(CLI::App& app, const std::string& flag, std::uint64_t& value,
                      const std::string& description);

// "A:B" as two numbers; throws InputError naming the flag.
void parse_window(const std::string& flag, const std::string& text, std::uint64_t& from, std::uint64_t& to);
// A whole decimal number; false when `text` is none.
bool parse_count(const std::string& text, std::uint32_t& value);
// "1,2,3" as token ids below `vocab`; throws InputError.
std::vector<std::int32_t> parse_tokens(const std::string& text, std::uint32_t vocab);

}  // namespace luoshu::cli
