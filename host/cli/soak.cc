// SPDX-License-Identifier: Apache-2.0
// luoshu soak: the same greedy generation under many seeds of stalls and initial states must give one text.
#include <spdlog/spdlog.h>

#include <cstdio>
#include <memory>

#include "cli/files.h"
#include "cli/generation.h"
#include "cli/verbs.h"

namespace luoshu::cli {
namespace {

struct Options {
  ModelOptions model;
  PromptOptions prompt;
  std::uint32_t runs = 1000;
  std::uint64_t first_seed = 1;
  std::string json;
};

std::vector<std::int32_t> once(const Options& o, std::uint64_t seed, const std::string& device) {
  ModelOptions model = o.model;
  model.sim_seed = seed;
  model.device = device;
  Session session(model);
  GenerationOptions options;
  options.predict = o.prompt.predict;
  options.ignore_eos = o.prompt.ignore_eos;
  options.sampler.temperature = 0;
  return generate(session, session.prompt(o.prompt), options, [](std::int32_t) { return !interrupted(); })
      .tokens;
}

void run(const Options& o, int& exit_code) {
  spdlog::set_level(spdlog::level::warn);
  const std::vector<std::int32_t> expected = once(o, 0, "model");
  std::vector<std::uint64_t> failed;
  std::uint32_t done = 0;
  for (; done < o.runs && !interrupted(); ++done) {
    const std::uint64_t seed = o.first_seed + done;
    std::string why;
    try {
      if (once(o, seed, o.model.device) != expected) why = "other tokens than the model device";
    } catch (const DeviceError& e) {
      why = e.what();
    }
    if (interrupted()) break;
    if (why.empty()) continue;
    failed.push_back(seed);
    std::fprintf(stderr, "luoshu: seed %llu: %s; replay with: luoshu generate --sim-seed %llu\n",
                 static_cast<unsigned long long>(seed), why.c_str(), static_cast<unsigned long long>(seed));
  }
  if (!o.json.empty()) {
    write_json({{"schema", kSchema},
                {"runs", done},
                {"failed", failed},
                {"tokens", expected.size()},
                {"first_seed", o.first_seed}},
               o.json);
  } else {
    std::printf("%u runs of %zu tokens, %zu failed\n", done, expected.size(), failed.size());
  }
  exit_code = failed.empty() ? 0 : 1;
}

}  // namespace

void add_soak(CLI::App& app, int& exit_code) {
  auto o = std::make_shared<Options>();
  o->prompt.predict = 32;
  o->prompt.text = "Once upon a time";
  CLI::App* verb = app.add_subcommand(
      "soak", "repeat a greedy generation under random stalls and initial states; one text must come out");
  add_model_options(*verb, o->model);
  add_prompt_options(*verb, o->prompt);
  verb->add_option("--runs", o->runs, "runs, each with the next seed")->capture_default_str();
  verb->add_option("--first-seed", o->first_seed, "seed of the first run")->capture_default_str();
  verb->add_option("--json", o->json, "write the result as JSON to this file, - = stdout");
  verb->callback([o, &exit_code] { run(*o, exit_code); });
}

}  // namespace luoshu::cli
