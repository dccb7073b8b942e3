// SPDX-License-Identifier: Apache-2.0
// luoshu examine: what a file holds and what becomes of it, how each tensor runs, what the device needs.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/files.h"
#include "cli/session.h"
#include "cli/verbs.h"
#include "config/inventory.h"
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

const char* fate_name(Fate fate) {
  switch (fate) {
    case Fate::kUsed:
      return "used";
    case Fate::kHarmless:
      return "harmless";
    default:
      return "refused";
  }
}

nlohmann::json finding_json(const Finding& f) {
  nlohmann::json out = {{"name", f.name}, {"fate", fate_name(f.fate)}};
  if (!f.why.empty()) out["why"] = f.why;
  return out;
}

nlohmann::json keys_json(const gguf::File& file, const Inventory& inventory) {
  nlohmann::json keys = nlohmann::json::array();
  for (const Finding& f : inventory.keys) {
    keys.push_back(finding_json(f));
    keys.back()["value"] = file.shown(f.name);
  }
  return keys;
}

// The tensors with what becomes of each, and of those of the plan how they run.
nlohmann::json tensors_json(const gguf::File& file, const Inventory& inventory,
                            const std::vector<TensorPlan>& plans) {
  nlohmann::json tensors = nlohmann::json::array();
  for (const Finding& f : inventory.tensors) {
    const gguf::Tensor& tensor = file.require(f.name);
    nlohmann::json t = finding_json(f);
    t["type"] = gguf::type_name(tensor.type);
    t["shape"] = std::vector<std::uint64_t>(tensor.dims, tensor.dims + tensor.n_dims);
    const auto plan =
        std::find_if(plans.begin(), plans.end(), [&](const TensorPlan& p) { return p.name == f.name; });
    if (plan != plans.end()) {
      t["runs"] = fidelity_name(plan->fidelity);
      t["mode"] = plan->vector ? "vector" : mode_name(plan->mode);
      if (plan->fidelity == pack::Fidelity::kRequantised && !plan->vector)
        t["relative_error"] = relative_error(tensor, plan->mode);
    }
    tensors.push_back(t);
  }
  return tensors;
}

std::string fate_text(const nlohmann::json& finding) {
  const std::string fate = finding["fate"];
  return finding.contains("why") ? fate + ": " + finding["why"].get<std::string>() : fate;
}

void print_findings(const nlohmann::json& keys, const nlohmann::json& tensors) {
  std::printf("%zu keys\n", keys.size());
  for (const auto& k : keys) {
    std::printf("%-40s %-24s %s\n", printable(k["name"].get<std::string>()).c_str(),
                k["value"].get<std::string>().c_str(), fate_text(k).c_str());
  }
  std::printf("%zu tensors\n", tensors.size());
  for (const auto& t : tensors) {
    std::string shape;
    for (const auto& n : t["shape"])
      shape += (shape.empty() ? "" : " x ") + std::to_string(n.get<std::uint64_t>());
    std::printf("%-28s %-5s %-16s ", printable(t["name"].get<std::string>()).c_str(),
                t["type"].get<std::string>().c_str(), shape.c_str());
    if (t.contains("runs")) {
      std::printf("%-7s %s", t["mode"].get<std::string>().c_str(), t["runs"].get<std::string>().c_str());
    } else {
      std::printf("%s", fate_text(t).c_str());
    }
    if (t.contains("relative_error"))
      std::printf(" (relative error %.1e)", t["relative_error"].get<double>());
    std::printf("\n");
  }
}

void show_model(const ModelOptions& o, JsonOutput& out, const gguf::File& file, const Inventory& inventory) {
  const ModelConfig config = ModelConfig::from(file);
  const auto tokenizer = Tokenizer::create(vocabulary_of(file, config.vocab));
  const Image image(file, config, configuration(o.config).capabilities(), context_size(o, config));
  std::vector<std::string> notes = config.notes;
  notes.insert(notes.end(), tokenizer->notes().begin(), tokenizer->notes().end());
  const nlohmann::json keys = keys_json(file, inventory);
  const nlohmann::json tensors = tensors_json(file, inventory, image.tensors());
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
                      {"notes", notes},
                      {"keys", keys},
                      {"tensors", tensors}});
  }
  std::printf("%s (%s): %u layers, width %u, ff %u, %u heads of %u, %u kv heads, %u tokens\n",
              printable(config.name).c_str(), config.arch.c_str(), config.layers, config.d, config.ff,
              config.heads, config.head_dim, config.kv_heads, config.vocab);
  std::printf(
      "%s: program %u commands, device memory %.1f MiB for %u positions, %.3f MB of weights per token\n",
      o.config.c_str(), image.commands(), static_cast<double>(image.memory_bytes()) / 1048576.0,
      image.context(), static_cast<double>(image.weight_bytes()) / 1e6);
  for (const std::string& note : notes) std::printf("note: %s\n", note.c_str());
  print_findings(keys, tensors);
}

// A model that is refused is shown too, as far as it can be, before the error.
void run(const ModelOptions& o, const std::string& json) {
  JsonOutput out(json);
  const gguf::File file(model_path(o));
  const Inventory inventory = inventory_of(file);
  try {
    show_model(o, out, file, inventory);
    file.check_unchanged();
  } catch (const InputError& e) {
    const nlohmann::json keys = keys_json(file, inventory);
    const nlohmann::json tensors = tensors_json(file, inventory, {});
    if (out) {
      out.write({{"schema", kSchema},
                 {"file", model_path(o)},
                 {"bytes", file.size()},
                 {"refused", e.what()},
                 {"keys", keys},
                 {"tensors", tensors}});
    } else {
      print_findings(keys, tensors);
    }
    throw;
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
