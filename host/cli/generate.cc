// SPDX-License-Identifier: Apache-2.0
// luoshu generate: streams text to stdout, figures to stderr and JSON.
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <numeric>

#include "cli/files.h"
#include "cli/generation.h"
#include "cli/speculate.h"
#include "cli/timeline.h"
#include "cli/verbs.h"
#include "luoshu/interrupt.h"
#include "runtime/roofline.h"
#include "tokenizer/utf8.h"

namespace luoshu::cli {
namespace {

struct Options {
  ModelOptions model;
  PromptOptions prompt;
  SamplerOptions sampler;
  bool random_seed = false;
  SpeculateOptions speculate;
  std::string json;
  std::string logits;
  std::string timeline;
  std::string timeline_window;
};

// What --timeline asks for; null without it.
std::unique_ptr<Timeline> make_timeline(const Options& o) {
  if (o.timeline.empty()) {
    if (!o.timeline_window.empty()) throw InputError("--timeline-window needs --timeline FILE; give both");
    return nullptr;
  }
  if (device_kind(o.model.device) != DeviceKind::kSim) {
    throw InputError("--timeline is of the in-process simulation, not of --device " + o.model.device +
                     "; give --device sim");
  }
  std::uint64_t from = 0;
  std::uint64_t to = ~std::uint64_t{0};
  parse_window("--timeline-window", o.timeline_window, from, to);
  return std::make_unique<Timeline>(from, to);
}

nlohmann::json unit_json(const ChipCounters::Unit& u) {
  return {{"busy", u.busy}, {"memory_stall", u.memory_stall}, {"dependency_stall", u.dependency_stall}};
}

// The least cycles of both phases: max(bytes / beat, MACs / multipliers).
struct Roofline {
  std::uint64_t prefill = 0, decode = 0;
};

Roofline roofline(Session& session, const Generation& g, bool all_logits) {
  Roofline r;
  if (session.image() == nullptr) return r;
  const Capabilities& chip = session.chip()->capabilities();
  if (g.prefilled) {
    r.prefill = roofline_cycles(prefill_work(*session.image(), session.config(),
                                             static_cast<std::uint32_t>(g.prompt.size()), all_logits),
                                chip);
  }
  for (const DecodePass& pass : g.passes) {
    const Work work =
        shared_work(*session.image(), session.config(), {{pass.position, pass.tokens}}, pass.tokens);
    r.decode += roofline_cycles(work, chip);
  }
  return r;
}

double share(std::uint64_t least, std::uint64_t measured) {
  return measured == 0 ? 0.0 : static_cast<double>(least) / static_cast<double>(measured);
}

nlohmann::json report(Session& session, const Options& o, const Generation& g,
                      const SpeculationCounts& speculation, const std::string& text) {
  const Roofline least = roofline(session, g, !o.logits.empty());
  const std::uint64_t decode_cycles =
      std::accumulate(g.per_token.begin(), g.per_token.end(), std::uint64_t{0});
  const ChipCounters& c = g.decode.counters;
  const ChipCounters& p = g.prefill.counters;
  const Image* image = session.image();
  const double wall = g.prefill_seconds + g.decode_seconds;
  const double kcycles = static_cast<double>(g.prefill.cycles + g.decode.cycles) / 1000.0;
  nlohmann::json result = {
      {"schema", kSchema},
      {"version", version()},
      {"commit", commit()},
      {"label", session.label()},
      {"device", o.model.device},
      {"config", session.configuration()},
      {"memory", session.memory()},
      {"model", session.model_json()},
      {"prompt_tokens", g.prompt},
      {"tokens", g.tokens},
      {"text", text},
      {"stop", g.stop},
      {"seed", o.sampler.seed},
      {"cycles",
       {{"load", session.load_cycles()},
        {"prefill", g.prefill.cycles},
        {"decode", decode_cycles},
        {"per_token", g.per_token}}},
      {"bytes",
       {{"weight_bytes_file", image == nullptr ? 0 : image->file_bytes()},
        {"weight_bytes_chip", image == nullptr ? 0 : image->weight_bytes()},
        {"weights_read", c.weights_read + p.weights_read},
        {"kv_read", c.kv_read + p.kv_read},
        {"kv_written", c.kv_written + p.kv_written},
        {"other", c.other + p.other}}},
      {"roofline",
       {{"decode_cycles", least.decode},
        {"decode_share", share(least.decode, decode_cycles)},
        {"prefill_cycles", least.prefill},
        {"prefill_share", share(least.prefill, g.prefill.cycles)}}},
      {"units",
       {{"array", unit_json(c.array)},
        {"attention", unit_json(c.attention)},
        {"vector", unit_json(c.vector)},
        {"control", unit_json(c.control)}}},
      {"speculation",
       {{"drafted", speculation.drafted}, {"accepted", speculation.accepted}, {"passes", g.passes.size()}}},
      {"wall_s",
       {{"start", session.start_seconds()},
        {"load", session.load_seconds()},
        {"prefill", g.prefill_seconds},
        {"decode", g.decode_seconds}}},
      {"host_us_per_token",
       g.per_token.empty() ? 0.0 : g.host_seconds * 1e6 / static_cast<double>(g.per_token.size())},
      {"sim_kcycles_per_s", wall > 0 ? kcycles / wall : 0.0},
  };
  if (!session.checkpoint().empty()) result["checkpoint"] = session.checkpoint();
  return result;
}

// One line: what it cost, against what it must cost at least.
void summarise(Session& session, const Options& o, const Generation& g) {
  const Roofline least = roofline(session, g, !o.logits.empty());
  const auto passes = static_cast<double>(std::max<std::size_t>(1, g.per_token.size()));
  const std::uint64_t measured = std::accumulate(g.per_token.begin(), g.per_token.end(), std::uint64_t{0});
  std::string line = fmt::format("{}: {} tokens, stop: {}", session.label(), g.tokens.size(), g.stop);
  if (measured != 0) {
    const ChipCounters& c = g.decode.counters;
    line +=
        fmt::format("; decode {:.0f} cycles per token ({:.1f} % of the roofline), {:.2f} MB moved per token",
                    static_cast<double>(measured) / passes, 100 * share(least.decode, measured),
                    static_cast<double>(c.weights_read + c.kv_read + c.kv_written + c.other) / passes / 1e6);
  }
  if (g.passes.size() < g.per_token.size())
    line += fmt::format("; {:.2f} tokens per pass", passes / static_cast<double>(g.passes.size()));
  if (g.prefill.cycles != 0) {
    line += fmt::format("; prefill of {} tokens {} cycles ({:.1f} %)", g.prompt.size(), g.prefill.cycles,
                        100 * share(least.prefill, g.prefill.cycles));
  }
  if (g.decode_seconds > 0 && !g.per_token.empty())
    line += fmt::format("; {:.2f} tokens/s on this machine", passes / g.decode_seconds);
  spdlog::info("{}", line);
}

void run(const Options& o, int& exit_code) {
  JsonOutput json(o.json);
  OutputFile logits(o.logits);
  OutputFile timeline_file(o.timeline);
  const Sampler check_flags(o.sampler);
  check_device_flags(o.model, {device_kind(o.model.device)});
  const std::unique_ptr<Timeline> timeline = make_timeline(o);
  ModelOptions model = o.model;
  model.timeline = timeline.get();
  Session session(model);
  const std::vector<std::int32_t> prompt = session.prompt(o.prompt);
  Speculation speculation(session, o.speculate);
  if (o.random_seed) spdlog::info("seed {}", o.sampler.seed);
  session.start();
  GenerationOptions options;
  options.predict = o.prompt.predict;
  options.ignore_eos = o.prompt.ignore_eos;
  options.want_logits = !o.logits.empty();
  options.sampler = o.sampler;
  options.speculator = speculation.start();
  const bool to_stdout = !json.to_stdout();
  options.progress = !to_stdout || isatty(STDOUT_FILENO) == 0;  // else the text shows it
  Utf8Stream stream;
  std::string text;
  const auto show = [&](const std::string& part) {
    text += part;
    if (to_stdout && !part.empty()) write_stdout(part);
  };
  const Generation g = generate(session, prompt, options, [&](std::int32_t token) {
    show(stream.push(session.tokenizer().piece(token)));
  });
  const InterruptHold hold;  // what was done is told, also after Ctrl-C
  show(stream.finish());
  if (to_stdout) write_stdout("\n");
  summarise(session, o, g);
  if (timeline) {
    write_timeline(session, *timeline, timeline_file.scratch());
    timeline_file.commit();
  }
  if (logits) {
    write_npy(g.logits, session.config().vocab, logits.scratch());
    logits.commit();
  }
  json.write(report(session, o, g, speculation.counts(), text));
  exit_code = 0;
}

}  // namespace

void add_generate(CLI::App& app, int& exit_code) {
  auto o = std::make_shared<Options>();
  CLI::App* verb = app.add_subcommand("generate", "continue a prompt");
  add_model_options(*verb, o->model);
  add_prompt_options(*verb, o->prompt);
  add_sampler_options(*verb, o->sampler, o->random_seed);
  add_speculate_options(*verb, o->speculate);
  verb->add_option("--json", o->json, "write the result as JSON to this file, - = stdout");
  verb->add_option("--logits", o->logits, "write the logits [positions, vocab] to this .npy file");
  verb->add_option("--timeline", o->timeline,
                   "write what each unit did when to this JSON file, for Perfetto");
  verb->add_option("--timeline-window", o->timeline_window, "cycles A:B of the timeline");
  verb->callback([o, &exit_code] { run(*o, exit_code); });
}

}  // namespace luoshu::cli
