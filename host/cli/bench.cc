// SPDX-License-Identifier: Apache-2.0
// luoshu bench: cycles, tokens per second and shares of the roofline for a model or a shape.
#include <spdlog/spdlog.h>

#include <algorithm>
#include <ctime>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>

#include "bench/plot.h"
#include "bench/runner.h"
#include "bench/shapes.h"
#include "bench/table.h"
#include "cli/devices.h"
#include "cli/files.h"
#include "cli/progress.h"
#include "cli/session.h"
#include "cli/verbs.h"
#include "luoshu/interrupt.h"

namespace luoshu::cli {
namespace {

struct Options {
  ModelOptions model;
  std::string shape;
  std::string type = "Q8_0";
  std::string tests = "pp32,tg4@d128";
  std::string batches = "1";
  std::string format = "md";
  std::string json;
  std::string plot;
  bool extrapolate = false;
};

// Layers of the shortened models of --extrapolate.
constexpr std::uint32_t kFewLayers = 2, kMoreLayers = 4;

std::string date() {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  gmtime_r(&now, &utc);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc);
  return text;
}

// The processor's name, as the kernel tells it.
std::string machine() {
  std::ifstream in("/proc/cpuinfo");
  std::string line;
  while (std::getline(in, line)) {
    const std::size_t colon = line.find(": ");
    if (line.compare(0, 10, "model name") == 0 && colon != std::string::npos) return line.substr(colon + 2);
  }
  return "unknown";
}

std::unique_ptr<gguf::File> open_model(const Options& o) {
  if (o.shape.empty()) return std::make_unique<gguf::File>(model_path(o.model));
  return bench::synthetic_model(bench::shape(o.shape), bench::weight_type(o.type));
}

bench::Setting setting(const Options& o, DeviceKind kind, const ModelConfig& config,
                       const Capabilities& chip) {
  bench::Setting s;
  s.schema = kSchema;
  s.version = version();
  s.commit = commit();
  s.date = date();
  s.machine = machine();
  s.model = o.shape.empty() ? config.name : o.shape;
  s.type = o.shape.empty() ? "-" : o.type;
  s.device = o.model.device;
  s.config = configuration_name(chip);
  s.memory = kind == DeviceKind::kSim ? o.model.memory : "-";
  s.label = device_label(kind);
  s.clock_hz = std::uint64_t{chip.clock_khz} * 1000;
  return s;
}

// A test with a number of sequences.
struct Case {
  bench::BenchTest test;
  std::uint32_t batch;
};

// Every decode test with every batch; the others take one sequence.
std::vector<Case> cases(const Options& o) {
  const std::vector<bench::BenchTest> tests = bench::parse_tests(o.tests);
  const std::vector<std::uint32_t> batches = bench::parse_batches(o.batches);
  std::vector<Case> all;
  for (const bench::BenchTest& test : tests) {
    if (test.kind != bench::BenchTest::Kind::kDecode) {
      all.push_back({test, 1});
      continue;
    }
    for (const std::uint32_t batch : batches) all.push_back({test, batch});
  }
  return all;
}

// A model on a chip, whole or with some of its layers.
class Bench {
 public:
  Bench(const Options& o, std::vector<Case> all)
      : options_(o.model), cases_(std::move(all)), file_(open_model(o)) {
    for (const Case& c : cases_) {
      context_ = std::max(context_, c.test.depth + c.test.count);
      sequences_ = std::max(sequences_, c.batch);
    }
  }
  const gguf::File& file() const { return *file_; }
  Image plan(const ModelConfig& config, const Capabilities& chip) const {
    return Image(*file_, config, chip, context_, sequences_);
  }

  // Ctrl-C ends it: then the last measurement says which test it interrupted.
  std::vector<bench::Measurement> run(TimedChip& chip, const ModelConfig& config) const {
    std::vector<bench::Measurement> out;
    try {
      bench::Runner runner(
          chip, *file_, config, context_, sequences_,
          [this](const Image& image) { return open_checkpoint(options_, image); },
          [](Image& image, Chip& to, Checkpoint* checkpoint) { upload(image, to, false, checkpoint); });
      for (const Case& c : cases_) {
        {
          const Progress progress([&] {
            return fmt::format("bench: test {} of {}, {} batch {}, {}", out.size() + 1, cases_.size(),
                               c.test.name(), c.batch, runner.state());
          });
          out.push_back(runner.run(c.test, c.batch));
        }
        spdlog::info("{} batch {}, {} layers: {} cycles in {:.1f} s", c.test.name(), c.batch, config.layers,
                     out.back().cycles, out.back().wall_seconds);
      }
    } catch (const InterruptedError&) {
      bench::Measurement ended;
      ended.test = cases_[out.size()].test;
      ended.batch = cases_[out.size()].batch;
      ended.interrupted = true;
      out.push_back(ended);
    }
    return out;
  }

 private:
  const ModelOptions options_;
  const std::vector<Case> cases_;
  std::unique_ptr<gguf::File> file_;
  std::uint32_t context_ = 1;
  std::uint32_t sequences_ = 1;
};

std::vector<bench::Measurement> extrapolated(const Bench& bench, TimedChip& chip, const ModelConfig& whole) {
  if (whole.layers <= kMoreLayers) {
    throw InputError("--extrapolate needs more than " + std::to_string(kMoreLayers) +
                     " layers, the model has " + std::to_string(whole.layers) + "; run it whole");
  }
  ModelConfig few = whole;
  few.layers = kFewLayers;
  ModelConfig more = whole;
  more.layers = kMoreLayers;
  std::vector<bench::Measurement> out;
  const std::vector<bench::Measurement> a = bench.run(chip, few);
  if (a.back().interrupted) return {a.back()};
  const std::vector<bench::Measurement> b = bench.run(chip, more);
  if (b.back().interrupted) return {b.back()};
  const Image plan = bench.plan(whole, chip.capabilities());
  for (std::size_t i = 0; i < a.size(); ++i) {
    out.push_back(bench::extrapolate(a[i], kFewLayers, b[i], kMoreLayers, whole.layers));
    bench::set_bounds(plan, whole, out.back());
  }
  return out;
}

struct Report {
  nlohmann::json rows = nlohmann::json::array();
  Capabilities chip;
};

Report measure(const Options& o) {
  const DeviceKind kind = device_kind(o.model.device);
  if (kind == DeviceKind::kReference)
    throw InputError("the reference is no chip; bench takes --device sim or model");
  const Bench bench(o, cases(o));
  const ModelConfig config = ModelConfig::from(bench.file());
  ModelOptions options = o.model;
  const TraceFile trace(options, kind);
  TimedChip chip(open_chip(kind, options));
  const std::vector<bench::Measurement> results =
      o.extrapolate ? extrapolated(bench, chip, config) : bench.run(chip, config);
  const bench::Setting on = setting(o, kind, config, chip.capabilities());
  Report report;
  report.chip = chip.capabilities();
  for (const bench::Measurement& m : results) {
    report.rows.push_back(bench::as_json(on, m, report.chip));
    if (!m.checkpoint.empty()) report.rows.back()["checkpoint"] = m.checkpoint;
  }
  return report;
}

void run(const Options& o) {
  if (!o.shape.empty() && !o.model.model.empty())
    throw InputError("-m and --shape exclude each other; give one of them");
  if (o.extrapolate && !o.model.checkpoint.empty())
    throw InputError("--extrapolate runs two models, --checkpoint keeps one; leave one of them out");
  JsonOutput json(o.json);
  OutputFile plot(o.plot);
  check_device_flags(o.model, {device_kind(o.model.device)});
  const Report report = measure(o);
  const nlohmann::json& rows = report.rows;
  if (plot) {
    write_text(bench::roofline_svg(rows, report.chip), plot.scratch());
    plot.commit();
  }
  json.write(rows);
  if (json.to_stdout()) return;
  if (o.format == "json") {
    write_json(rows, "-");
  } else {
    write_stdout(o.format == "csv" ? bench::csv(rows) : bench::markdown(rows));
  }
}

}  // namespace

void add_bench(CLI::App& app, int&) {
  auto o = std::make_shared<Options>();
  CLI::App* verb = app.add_subcommand("bench", "measure prefill and decode against the roofline");
  verb->add_option("-m,--model", o->model.model, "GGUF file (default: the bundled model)");
  o->model.tuned = true;
  add_device_options(*verb, o->model);
  verb->add_option("--shape", o->shape, "a model of this shape with synthetic weights instead of a file");
  verb->add_option("--type", o->type, "type of every matrix of --shape: Q8_0, Q4_0, Q4_1, F16")
      ->capture_default_str();
  verb->add_option(
          "--test", o->tests,
          "comma-separated: ppN = prompt of N tokens, tgN = N decode passes; @dD = after D tokens that "
          "are in the cache")
      ->capture_default_str();
  verb->add_option("--batch", o->batches, "comma-separated numbers of sequences that decode together")
      ->capture_default_str();
  verb->add_option("--format", o->format, "what goes to stdout: md, csv or json")
      ->check(CLI::IsMember({"md", "csv", "json"}))
      ->capture_default_str();
  verb->add_option("--json", o->json, "write the rows as JSON to this file, - = stdout instead of a table");
  verb->add_option("--plot", o->plot, "write a roofline picture of the rows to this SVG file");
  verb->add_flag("--extrapolate", o->extrapolate,
                 "simulate 2 and 4 layers and extrapolate to the whole model; the rows say so");
  verb->callback([o] { run(*o); });
}

}  // namespace luoshu::cli
