// SPDX-License-Identifier: Apache-2.0
// luoshu bench: cycles, tokens per second and shares of the roofline for a model or a shape.
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <memory>

#include "bench/runner.h"
#include "bench/shapes.h"
#include "bench/table.h"
#include "cli/devices.h"
#include "cli/files.h"
#include "cli/session.h"
#include "cli/verbs.h"

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
};

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

nlohmann::json measure(const Options& o, const std::vector<bench::BenchTest>& tests,
                       const std::vector<std::uint32_t>& batches) {
  const DeviceKind kind = device_kind(o.model.device);
  if (kind == DeviceKind::kReference)
    throw InputError("the reference is no chip; bench takes --device sim or model");
  const std::unique_ptr<gguf::File> file = open_model(o);
  const ModelConfig config = ModelConfig::from(*file);
  std::uint32_t context = 1;
  for (const bench::BenchTest& t : tests) context = std::max(context, t.depth + t.count);
  TimedChip chip(open_chip(kind, o.model));
  bench::Runner runner(chip, *file, config, context, *std::max_element(batches.begin(), batches.end()));
  const bench::Setting on = setting(o, kind, config, chip.capabilities());
  nlohmann::json rows = nlohmann::json::array();
  for (const bench::BenchTest& test : tests) {
    for (const std::uint32_t batch : batches) {
      if (test.kind != bench::BenchTest::Kind::kDecode && batch != batches.front()) continue;
      const bench::Measurement m = runner.run(test, batch, [] { return !interrupted(); });
      rows.push_back(bench::as_json(on, m, runner.image()));
      spdlog::info("{} batch {}: {} cycles, {:.1f} % of the roofline, {:.1f} s", test.name(), m.batch,
                   m.cycles, 100 * rows.back()["roofline_share"].get<double>(), m.wall_seconds);
    }
  }
  return rows;
}

void run(const Options& o) {
  if (!o.shape.empty() && !o.model.model.empty())
    throw InputError("-m and --shape exclude each other; give one of them");
  const nlohmann::json rows = measure(o, bench::parse_tests(o.tests), bench::parse_batches(o.batches));
  if (!o.json.empty()) write_json(rows, o.json);
  if (o.json == "-") return;
  if (o.format == "json") {
    write_json(rows, "-");
  } else {
    std::fputs((o.format == "csv" ? bench::csv(rows) : bench::markdown(rows)).c_str(), stdout);
  }
}

}  // namespace

void add_bench(CLI::App& app, int&) {
  auto o = std::make_shared<Options>();
  CLI::App* verb = app.add_subcommand("bench", "measure prefill and decode against the roofline");
  verb->add_option("-m,--model", o->model.model, "GGUF file (default: the bundled model)");
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
  verb->callback([o] { run(*o); });
}

}  // namespace luoshu::cli
