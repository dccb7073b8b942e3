// SPDX-License-Identifier: Apache-2.0
// luoshu examine: what a file holds, how each tensor runs, what the device needs.
#include <cmath>
#include <cstdio>
#include <memory>

#include "cli/files.h"
#include "cli/session.h"
#include "cli/verbs.h"
#include "luoshu/configuration.h"
#include "luoshu/interrupt.h"
#include "luoshu/printable.h"

namespace luoshu::cli {
namespace {

const char* fidelity_name(pack::Fidelity f) {
  switch (f) {
    case pack::Fidelity::kNative:
      return "native";
    case pack::Fidelity::kLossless:
      return "lossless";
    default:
      return "requantised";
  }
}

const char* mode_name(pack::Mode mode) {
  switch (mode) {
    case pack::Mode::kInt8:
      return "int8";
    case pack::Mode::kInt4:
      return "int4";
    case pack::Mode::kInt4m:
      return "int4m";
    default:
      return "planes";
  }
}

// Root mean square of the difference over that of the tensor.
double relative_error(const gguf::Tensor& tensor, pack::Mode mode) {
  const pack::MatrixSource source = pack::tensor_source(tensor, mode);
  std::vector<float> row(tensor.dims[0]);
  pack::Block block;
  double error = 0;
  double sum = 0;
  for (std::uint64_t r = 0; r < source.rows; ++r) {
    if (r % 256 == 0) poll_interrupt();
    gguf::dequantise_row(tensor, r, row.data());
    for (std::uint64_t i = 0; i < row.size(); ++i) {
      if (i % 32 == 0) source.block(r, i / 32, block);
      const int biased = block.scale >> 10;
      const double scale =
          biased == 0 ? std::ldexp(block.scale, -24) : std::ldexp(1024 + (block.scale & 1023), biased - 25);
      const double difference = block.w[i % 32] * scale - static_cast<double>(row[i]);
      error += difference * difference;
      sum += static_cast<double>(row[i]) * static_cast<double>(row[i]);
    }
  }
  return sum == 0 ? 0.0 : std::sqrt(error / sum);
}

nlohmann::json tensor_json(const gguf::File& file, const TensorPlan& plan) {
  nlohmann::json t = {{"name", plan.name},
                      {"type", plan.type},
                      {"shape", plan.shape},
                      {"runs", fidelity_name(plan.fidelity)}};
  t["mode"] = plan.vector ? "vector" : mode_name(plan.mode);
  if (plan.fidelity == pack::Fidelity::kRequantised && !plan.vector) {
    t["relative_error"] = relative_error(file.require(plan.name), plan.mode);
  }
  return t;
}

void run(const ModelOptions& o, const std::string& json) {
  JsonOutput out(json);
  const gguf::File file(model_path(o));
  const ModelConfig config = ModelConfig::from(file);
  Tokenizer::create(vocabulary_of(file, config.vocab));
  const Image image(file, config, configuration(o.config).capabilities(), context_size(o, config));
  nlohmann::json tensors = nlohmann::json::array();
  for (const TensorPlan& plan : image.tensors()) tensors.push_back(tensor_json(file, plan));
  if (out) {
    return out.write({{"schema", kSchema},
                      {"file", model_path(o)},
                      {"bytes", file.size()},
                      {"name", config.name},
                      {"arch", config.arch},
                      {"config", o.config},
                      {"context", image.context()},
                      {"layers", config.layers},
                      {"embedding_length", config.d},
                      {"feed_forward_length", config.ff},
                      {"heads", config.heads},
                      {"kv_heads", config.kv_heads},
                      {"head_dim", config.head_dim},
                      {"vocab", config.vocab},
                      {"program_commands", image.commands()},
                      {"program_bytes", image.commands() * 32},
                      {"device_bytes", image.memory_bytes()},
                      {"weight_bytes_per_token", image.weight_bytes()},
                      {"kv_bytes_per_token", image.kv_bytes_per_token()},
                      {"tensors", tensors}});
  }
  std::printf("%s (%s): %u layers, width %u, ff %u, %u heads of %u, %u kv heads, %u tokens\n",
              printable(config.name).c_str(), config.arch.c_str(), config.layers, config.d, config.ff,
              config.heads, config.head_dim, config.kv_heads, config.vocab);
  std::printf(
      "%s: program %u commands, device memory %.1f MiB for %u positions, %.3f MB of weights per token\n",
      o.config.c_str(), image.commands(), static_cast<double>(image.memory_bytes()) / 1048576.0,
      image.context(), static_cast<double>(image.weight_bytes()) / 1e6);
  for (const auto& t : tensors) {
    std::string shape;
    for (const auto& n : t["shape"])
      shape += (shape.empty() ? "" : " x ") + std::to_string(n.get<std::uint64_t>());
    std::printf("%-28s %-5s %-16s %-7s %s", t["name"].get<std::string>().c_str(),
                t["type"].get<std::string>().c_str(), shape.c_str(), t["mode"].get<std::string>().c_str(),
                t["runs"].get<std::string>().c_str());
    if (t.contains("relative_error"))
      std::printf(" (relative error %.1e)", t["relative_error"].get<double>());
    std::printf("\n");
  }
}

}  // namespace

void add_examine(CLI::App& app, int&) {
  auto o = std::make_shared<ModelOptions>();
  auto json = std::make_shared<std::string>();
  CLI::App* verb = app.add_subcommand("examine", "show what a GGUF file holds and how it runs");
  verb->add_option("-m,--model", o->model, "GGUF file (default: the bundled model)");
  verb->add_option("--config", o->config, "chip configuration")->capture_default_str();
  verb->add_option("-c,--ctx-size", o->context,
                   "positions of the KV cache (default: the model's, at most 4096)");
  verb->add_option("--json", *json, "write JSON to this file, - = stdout");
  verb->callback([o, json] { run(*o, *json); });
}

}  // namespace luoshu::cli
