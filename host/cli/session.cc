// SPDX-License-Identifier: Apache-2.0
#include "cli/session.h"

#include <spdlog/spdlog.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "chip_timeline.h"
#include "cli/progress.h"
#include "cli/verbs.h"
#include "luoshu/configuration.h"
#include "memory_timing.h"

namespace luoshu::cli {
namespace {

constexpr std::uint32_t kDefaultContext = 4096;
constexpr std::uint32_t kLargestContext = 1u << 20;

// "812 KiB", "149.6 MiB".
std::string size_text(std::uint64_t bytes) {
  char text[32];
  if (bytes < std::uint64_t{1} << 20) {
    std::snprintf(text, sizeof text, "%llu KiB", static_cast<unsigned long long>((bytes + 1023) >> 10));
  } else {
    std::snprintf(text, sizeof text, "%.1f MiB", static_cast<double>(bytes) / (1 << 20));
  }
  return text;
}

// What packs images: a commit, and where that does not say all the program's own file as well.
std::string program_name() {
  std::string name = std::string(version()) + " " + commit();
  const bool exact = name.find("dirty") == std::string::npos && name.find("unknown") == std::string::npos;
  struct stat self {};
  if (!exact && stat("/proc/self/exe", &self) == 0) {
    name += " " + std::to_string(self.st_mtim.tv_sec) + " " + std::to_string(self.st_mtim.tv_nsec) + " " +
            std::to_string(self.st_size);
  }
  return name;
}

class Stopwatch {
 public:
  double seconds() const { return std::chrono::duration<double>(Clock::now() - start_).count(); }

 private:
  using Clock = std::chrono::steady_clock;
  const Clock::time_point start_ = Clock::now();
};

}  // namespace

std::string model_path(const ModelOptions& options) {
  if (!options.model.empty()) return options.model;
  const char* root = std::getenv("LUOSHU_ROOT");
  return std::string(root != nullptr ? root : LUOSHU_SOURCE_ROOT) + "/models/bundled/luoshu-stories.gguf";
}

std::uint32_t context_size(const ModelOptions& options, const ModelConfig& config) {
  if (options.context > kLargestContext) {
    throw InputError("-c " + std::to_string(options.context) + " is more than " +
                     std::to_string(kLargestContext) + " positions; choose fewer");
  }
  if (options.context > config.context_length) {
    spdlog::warn("-c {} is beyond the {} positions the model was trained for", options.context,
                 config.context_length);
  }
  if (options.context != 0) return options.context;
  return std::max(1u, std::min(kDefaultContext, config.context_length));
}

std::unique_ptr<Checkpoint> open_checkpoint(const ModelOptions& options, const Image& image) {
  if (options.checkpoint.empty()) return nullptr;
  auto checkpoint = std::make_unique<Checkpoint>(options.checkpoint, image.checkpoint_key(program_name()),
                                                 image.checkpoint_bytes(), options.verify);
  if (checkpoint->found()) {
    spdlog::info("the packed model is taken from '{}'", options.checkpoint);
  } else if (checkpoint->differs().empty()) {
    spdlog::info("the packed model is written to '{}' ({})", options.checkpoint,
                 size_text(checkpoint->bytes()));
  } else {
    spdlog::info("the checkpoint '{}' is of {} and is written anew", options.checkpoint,
                 checkpoint->differs());
  }
  return checkpoint;
}

TraceFile::TraceFile(ModelOptions& options, DeviceKind kind) {
  if (options.trace.empty() || kind != DeviceKind::kSim) return;
  file_ = std::make_unique<OutputFile>(options.trace);
  options.trace = file_->scratch();
}

TraceFile::~TraceFile() {
  struct stat info {};
  if (!file_ || stat(file_->scratch().c_str(), &info) != 0 || info.st_size == 0) return;  // nothing ran
  try {
    file_->commit();
  } catch (const Error& e) {
    spdlog::error("{}", e.what());
  }
}

Session::Session(const ModelOptions& options)
    : options_(options), kind_(device_kind(options.device)), trace_(options_, kind_) {
  const Stopwatch start;
  memory_timing(options.memory, luoshu::configuration(options.config));
  path_ = model_path(options);
  file_ = std::make_unique<gguf::File>(path_);
  config_ = ModelConfig::from(*file_);
  tokenizer_ = Tokenizer::create(vocabulary_of(*file_, config_.vocab));
  for (const std::string& note : config_.notes) spdlog::warn("{}", note);
  for (const std::string& note : tokenizer_->notes()) spdlog::warn("{}", note);
  context_ = context_size(options, config_);
  if (kind_ == DeviceKind::kReference && !options.checkpoint.empty()) {
    throw InputError(
        "--device reference has no device memory that --checkpoint could keep; leave --checkpoint out or "
        "give another --device");
  }
  // The plan comes first: a model that does not fit is refused before anything starts.
  if (kind_ == DeviceKind::kSim || kind_ == DeviceKind::kModel) {
    image_ = std::make_unique<Image>(*file_, config_, luoshu::configuration(options.config).capabilities(),
                                     context_);
  }
  start_seconds_ = start.seconds();
}

void Session::start() {
  const Stopwatch start;
  if (kind_ == DeviceKind::kReference) {
    const Progress progress([] { return std::string("expanding the weights"); });
    reference_ = std::make_unique<Reference>(*file_, config_, context_);
    engine_ = make_reference_engine(*reference_, config_.vocab, context_);
    start_seconds_ += start.seconds();
    return;
  }
  chip_ = std::make_unique<TimedChip>(open_chip(kind_, options_));
  if (options_.timeline != nullptr) {
    options_.timeline->host_call({"boot", 0, chip_->cycles(), start.seconds()});
    chip_->observe([this](const char* call, std::uint64_t begin, double seconds) {
      options_.timeline->host_call({call, begin, chip_->cycles(), seconds});
    });
  }
  if (!image_) image_ = std::make_unique<Image>(*file_, config_, chip_->capabilities(), context_);
  start_seconds_ += start.seconds();
  spdlog::info("{} {}: {} of weights per token, {} of device memory for {} positions", label(),
               configuration(), size_text(image_->weight_bytes()), size_text(image_->memory_bytes()),
               context_);

  const Stopwatch load;
  const std::uint64_t before = chip_->cycles();
  const std::unique_ptr<Checkpoint> checkpoint = open_checkpoint(options_, *image_);
  if (checkpoint) checkpoint_ = checkpoint->found() ? "used" : "written";
  upload(*image_, *chip_, options_.verify, checkpoint.get());
  load_cycles_ = chip_->cycles() - before;
  engine_ = make_chip_engine(*chip_, *image_, config_.vocab);
  load_seconds_ = load.seconds();
}

Session::~Session() = default;

void upload(Image& image, Chip& chip, bool verify, Checkpoint* checkpoint) {
  std::uint64_t done = 0;
  std::uint64_t total = 0;
  const Progress progress([&] { return "upload: " + size_text(done) + " of " + size_text(total); });
  image.upload(
      chip,
      [&](std::uint64_t now, std::uint64_t all) {
        done = now;
        total = all;
        poll_interrupt();
      },
      verify, checkpoint);
}

std::string Session::configuration() const {
  return chip_ ? configuration_name(chip_->capabilities()) : std::string("-");
}

std::string Session::memory() const {
  return kind_ == DeviceKind::kSim ? options_.memory : std::string("-");
}

std::vector<std::int32_t> Session::prompt(const PromptOptions& options) const {
  std::vector<std::int32_t> ids;
  if (!options.tokens.empty()) {
    ids = parse_tokens(options.tokens, config_.vocab);
  } else {
    std::string text = options.text;
    if (!options.file.empty()) {
      text = read_prose(options.file);
      if (!text.empty() && text.back() == '\n') text.pop_back();
    }
    const bool bos_alone = options.has_text && tokenizer_->vocabulary().add_bos;
    if (text.empty() && !bos_alone)
      throw InputError("the prompt is empty; give -p TEXT, -f FILE or --tokens IDS");
    ids = tokenizer_->encode(text);
  }
  if (ids.empty()) throw InputError("the prompt has no tokens; give more text");
  if (ids.size() > context_) {
    throw InputError("the prompt has " + std::to_string(ids.size()) + " tokens, the context " +
                     std::to_string(context_) + "; shorten the prompt or raise -c");
  }
  return ids;
}

nlohmann::json Session::model_json() const {
  std::uint64_t parameters = 0;
  for (const gguf::Tensor& t : file_->tensors()) {
    std::uint64_t elements = 1;
    for (std::uint32_t i = 0; i < t.n_dims; ++i) elements *= t.dims[i];
    parameters += elements;
  }
  return {{"file", path_},
          {"name", config_.name},
          {"arch", config_.arch},
          {"parameters", parameters},
          {"bytes", file_->size()}};
}

}  // namespace luoshu::cli
