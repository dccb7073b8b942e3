// SPDX-License-Identifier: Apache-2.0
#include "cli/options.h"

#include <charconv>
#include <random>

#include "luoshu/error.h"

namespace luoshu::cli {
namespace {

// A whole decimal number in [begin, end); false when it is none.
template <class T>
bool parse_number(const char* begin, const char* end, T& value) {
  const auto result = std::from_chars(begin, end, value);
  return result.ec == std::errc() && result.ptr == end;
}

std::uint64_t seed_of(const std::string& flag, const std::string& text, const char* advice) {
  std::uint64_t value = 0;
  if (!parse_number(text.data(), text.data() + text.size(), value)) {
    throw InputError(flag + " '" + text + "' is no whole number of at most 64 bits; give 0 to " +
                     std::to_string(~std::uint64_t{0}) + advice);
  }
  return value;
}

}  // namespace

void add_model_options(CLI::App& app, ModelOptions& o) {
  app.add_option("-m,--model", o.model, "GGUF file (default: the bundled model)");
  add_device_options(app, o);
  app.add_option("-c,--ctx-size", o.context,
                 "positions of the KV cache (default: the model's, at most 4096)");
  app.add_flag("--verify", o.verify, "compare checksums on the device after the upload");
}

CLI::Option* add_seed(CLI::App& app, const std::string& flag, std::uint64_t& value,
                      const std::string& description) {
  return app.add_option_function<std::string>(
      flag, [flag, &value](const std::string& text) { value = seed_of(flag, text, ""); }, description);
}

void add_device_options(CLI::App& app, ModelOptions& o) {
  o.verb = &app;
  app.add_option(
         "--device", o.device,
         "sim, model, reference, unix:PATH or tcp:HOST:PORT (a simulator, which serves one client at a "
         "time), serial:PATH[:BAUD] or usb[:SERIAL] (a board; `devices` lists them)")
      ->capture_default_str();
  app.add_option("--config", o.config, "chip configuration of sim and model; `configs` lists them")
      ->capture_default_str();
  app.add_option("--memory", o.memory,
                 "memory model of sim, with changes or without (latency30,share=0.8); `configs` lists them")
      ->capture_default_str();
  add_seed(app, "--sim-seed", o.sim_seed,
           "random stalls on memory and link and a random initial state, 0 = none");
  app.add_option("-t,--threads", o.threads,
                 "threads of the model device, at most one per core (default: all cores)");
  app.add_option("--upload", o.upload, "how data reach the memory of sim: door (directly) or link")
      ->check(CLI::IsMember({"door", "link"}))
      ->capture_default_str();
  app.add_option(
      "--checkpoint", o.checkpoint,
      "keep the packed model in this file: written by the first run, taken from there by later ones");
  app.add_option("--trace", o.trace, "write waveforms of the simulated chip to this FST file");
  app.add_option("--trace-window", o.trace_window, "cycles A:B to trace");
}

void add_prompt_options(CLI::App& app, PromptOptions& o) {
  auto* text =
      app.add_option("-p,--prompt", o.text, "the prompt; empty: text from BOS alone, where the model has one")
          ->each([&o](const std::string&) { o.has_text = true; });
  auto* file = app.add_option("-f,--file", o.file, "read the prompt from a file, - = stdin");
  auto* tokens =
      app.add_option("--tokens", o.tokens, "the prompt as comma-separated token ids, no BOS is added");
  text->excludes(file)->excludes(tokens);
  file->excludes(tokens);
  app.add_option("-n,--predict", o.predict,
                 "tokens to generate, -1 = until the end token or the end of the context")
      ->check(CLI::Range(std::int64_t{-1}, std::int64_t{1} << 31))
      ->capture_default_str();
  app.add_flag("--ignore-eos", o.ignore_eos, "go on after the end token");
}

void add_sampler_options(CLI::App& app, SamplerOptions& o, bool& random_seed) {
  app.add_option_function<std::string>(
      "-s,--seed",
      [&o, &random_seed](const std::string& text) {
        random_seed = text == "-1";
        o.seed = random_seed ? std::random_device()() : seed_of("--seed", text, ", or -1 for a random one");
      },
      "seed of the sampler, -1 = a random one, which is told");
  app.add_option("--temp", o.temperature, "temperature, 0 = greedy")->capture_default_str();
  app.add_option("--top-k", o.top_k, "keep the k most probable tokens, 0 = all")->capture_default_str();
  app.add_option("--top-p", o.top_p, "keep the most probable tokens up to this probability")
      ->capture_default_str();
  app.add_option("--min-p", o.min_p, "drop tokens below this share of the most probable one")
      ->capture_default_str();
  app.add_option("--repeat-penalty", o.repeat_penalty, "penalty for tokens seen lately, 1 = none")
      ->capture_default_str();
}

void parse_window(const std::string& flag, const std::string& text, std::uint64_t& from, std::uint64_t& to) {
  if (text.empty()) return;
  const std::size_t colon = text.find(':');
  const char* begin = text.data();
  const char* end = begin + text.size();
  if (colon == std::string::npos || !parse_number(begin, begin + colon, from) ||
      !parse_number(begin + colon + 1, end, to) || from >= to) {
    throw InputError(flag + " '" + text + "' is not A:B with A below B; give two cycle numbers");
  }
}

bool parse_count(const std::string& text, std::uint32_t& value) {
  return parse_number(text.data(), text.data() + text.size(), value);
}

std::vector<std::int32_t> parse_tokens(const std::string& text, std::uint32_t vocab) {
  std::vector<std::int32_t> ids;
  std::size_t at = 0;
  while (at <= text.size()) {
    std::size_t comma = text.find(',', at);
    if (comma == std::string::npos) comma = text.size();
    std::int32_t id = -1;
    if (!parse_number(text.data() + at, text.data() + comma, id) || id < 0 ||
        static_cast<std::uint32_t>(id) >= vocab) {
      throw InputError("--tokens holds '" + text.substr(at, comma - at) + "'; give ids from 0 to " +
                       std::to_string(vocab - 1) + " separated by commas");
    }
    ids.push_back(id);
    at = comma + 1;
  }
  return ids;
}

}  // namespace luoshu::cli
