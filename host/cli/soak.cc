// SPDX-License-Identifier: Apache-2.0
// luoshu soak: the same greedy generation under many seeds of stalls and initial states must give one text.
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/faults.h"
#include "cli/files.h"
#include "cli/generation.h"
#include "cli/progress.h"
#include "cli/verbs.h"

namespace luoshu::cli {
namespace {

struct Options {
  ModelOptions model;
  PromptOptions prompt;
  std::uint32_t runs = 1000;
  std::uint64_t first_seed = 1;
  std::string json;
  bool faults = false;
};

// What a run evaluates and what must come of it.
struct Text {
  std::vector<std::int32_t> prompt, tokens;
};

std::vector<std::int32_t> continuation(const Options& o, Session& session,
                                       const std::vector<std::int32_t>& prompt) {
  session.start();
  GenerationOptions options;
  options.predict = o.prompt.predict;
  options.ignore_eos = o.prompt.ignore_eos;
  options.sampler.temperature = 0;
  return generate(session, prompt, options, [](std::int32_t) {}).tokens;
}

Text expected_text(const Options& o) {
  ModelOptions model = o.model;
  model.device = "model";
  Session session(model);
  Text text;
  text.prompt = session.prompt(o.prompt);
  text.tokens = continuation(o, session, text.prompt);
  return text;
}

// Empty when the run with this seed gives the text, else what went wrong.
std::string fault(const Options& o, std::uint64_t seed, const Text& text) {
  ModelOptions model = o.model;
  model.sim_seed = seed;
  Session session(model);
  try {
    return continuation(o, session, text.prompt) == text.tokens ? "" : "other tokens than the model device";
  } catch (const DeviceError& e) {
    return e.what();
  }
}

// The command that runs a seed again, with all that it depends on.
std::string replay(const Options& o, std::uint64_t seed, const Text& text) {
  const ModelOptions& m = o.model;
  std::string line = "luoshu generate --temp 0";
  const auto flag = [&line](const char* name, const std::string& value) {
    line += std::string(" ") + name + " " + value;
  };
  if (!m.model.empty()) flag("-m", "'" + m.model + "'");
  if (m.device != "sim") flag("--device", m.device);
  flag("--config", m.config);
  flag("--memory", m.memory);
  if (m.context != 0) flag("-c", std::to_string(m.context));
  flag("--upload", m.upload);
  if (o.prompt.ignore_eos) line += " --ignore-eos";
  std::string ids;
  for (const std::int32_t id : text.prompt) ids += (ids.empty() ? "" : ",") + std::to_string(id);
  flag("--tokens", ids);
  flag("-n", std::to_string(o.prompt.predict));
  flag("--sim-seed", std::to_string(seed));
  return line;
}

void check_device(const Options& o) {
  const DeviceKind kind = device_kind(o.model.device);
  if (kind == DeviceKind::kModel || kind == DeviceKind::kReference) {
    throw InputError("soak compares a chip with the model device, --device " + o.model.device +
                     " is none; give sim, unix:PATH or tcp:HOST:PORT");
  }
  if (o.model.sim_seed != 0)
    throw InputError("soak gives each run a seed of its own; give --first-seed instead of --sim-seed");
  check_device_flags(o.model, {kind, DeviceKind::kModel});
}

void run(const Options& o, int& exit_code) {
  JsonOutput json(o.json);
  check_device(o);
  spdlog::set_level(std::max(spdlog::get_level(), spdlog::level::warn));
  std::vector<std::uint64_t> failed;
  std::uint32_t done = 0;
  const Progress progress([&] {
    return "soak: run " + std::to_string(done + 1) + " of " + std::to_string(o.runs) + ", " +
           std::to_string(failed.size()) + " failed";
  });
  const Text text = expected_text(o);
  for (; done < o.runs && !interrupted(); ++done) {
    const std::uint64_t seed = o.first_seed + done;
    std::string why;
    try {
      why = fault(o, seed, text);
    } catch (const InterruptedError&) {
    }
    if (interrupted()) break;
    if (why.empty()) continue;
    failed.push_back(seed);
    Progress::clear();
    std::fprintf(stderr, "luoshu: seed %llu: %s; replay with: %s\n", static_cast<unsigned long long>(seed),
                 why.c_str(), replay(o, seed, text).c_str());
  }
  if (json) {
    json.write({{"schema", kSchema},
                {"runs", done},
                {"failed", failed},
                {"tokens", text.tokens.size()},
                {"first_seed", o.first_seed},
                {"stop", interrupted() ? "interrupted" : "runs"}});
  } else {
    write_stdout(fmt::format("{} runs of {} tokens, {} failed{}\n", done, text.tokens.size(), failed.size(),
                             interrupted() ? ", interrupted" : ""));
  }
  exit_code = failed.empty() ? 0 : 1;
}

// Events at random moments; each run prints a line when it fails, the summary counts what was seen.
void run_faults(const Options& o, int& exit_code) {
  if (o.model.device != "sim" || !o.model.model.empty())
    throw InputError(
        "--faults disturbs the simulated chip with a small model of its own; leave out --device and -m");
  const FaultSoak soak(o.model.config, o.model.memory);
  std::map<std::string, std::map<std::string, std::uint32_t>> outcomes;  // of each event
  std::vector<std::uint64_t> failed;
  std::uint32_t done = 0;
  for (; done < o.runs && !interrupted(); ++done) {
    const std::uint64_t seed = o.first_seed + done;
    const FaultReport report = soak.run(seed);
    ++outcomes[report.event][report.failure.empty() ? report.outcome : "failed"];
    if (report.failure.empty()) continue;
    failed.push_back(seed);
    std::fprintf(stderr,
                 "luoshu: seed %llu: %s in cycle %llu of %s: %s; replay with: luoshu soak --faults --config "
                 "%s --memory %s --first-seed %llu --runs 1\n",
                 static_cast<unsigned long long>(seed), report.event.c_str(),
                 static_cast<unsigned long long>(report.cycle), report.job.c_str(), report.failure.c_str(),
                 o.model.config.c_str(), o.model.memory.c_str(), static_cast<unsigned long long>(seed));
  }
  if (!o.json.empty()) {
    write_json({{"schema", kSchema},
                {"runs", done},
                {"failed", failed},
                {"events", outcomes},
                {"first_seed", o.first_seed}},
               o.json);
  } else {
    for (const auto& [event, seen] : outcomes) {
      std::printf("%s:", event.c_str());
      for (const auto& [outcome, count] : seen) std::printf(" %u %s;", count, outcome.c_str());
      std::printf("\n");
    }
    std::printf("%u events from seed %llu on, %zu failed\n", done,
                static_cast<unsigned long long>(o.first_seed), failed.size());
  }
  exit_code = failed.empty() ? 0 : 1;
}

}  // namespace

void add_soak(CLI::App& app, int& exit_code) {
  auto o = std::make_shared<Options>();
  o->model.tuned = true;
  o->prompt.predict = 32;
  o->prompt.text = "Once upon a time";
  CLI::App* verb = app.add_subcommand(
      "soak", "repeat a greedy generation under random stalls and initial states; one text must come out");
  add_model_options(*verb, o->model);
  add_prompt_options(*verb, o->prompt);
  verb->add_option("--runs", o->runs, "runs, each with the next seed")->capture_default_str();
  add_seed(*verb, "--first-seed", o->first_seed, "seed of the first run (default: 1)");
  verb->add_option("--json", o->json, "write the result as JSON to this file, - = stdout");
  verb->add_flag(
      "--faults", o->faults,
      "instead disturb the chip at random moments (stop, resets, bus errors, a damaged link, a silent host, "
      "stalled memory), each followed by a job that must give the model's bits");
  verb->callback([o, &exit_code] { o->faults ? run_faults(*o, exit_code) : run(*o, exit_code); });
}

}  // namespace luoshu::cli
