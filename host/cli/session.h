// SPDX-License-Identifier: Apache-2.0
// A model opened on a device: file, tokenizer, image, chip or reference, engine.
#pragma once
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "cli/devices.h"
#include "cli/files.h"
#include "cli/options.h"
#include "config/model_config.h"
#include "config/vocabulary.h"
#include "gguf/gguf.h"
#include "program/image.h"
#include "runtime/engine.h"
#include "runtime/timed_chip.h"
#include "tokenizer/tokenizer.h"

namespace luoshu::cli {

// The file of --trace: tried at once, and kept also of a run that fails, whose waveforms are wanted most.
// Outlives the chip that writes it.
class TraceFile {
 public:
  // Makes `options` name where the simulation writes. Nothing on other devices.
  TraceFile(ModelOptions& options, DeviceKind kind);
  ~TraceFile();
  TraceFile(const TraceFile&) = delete;
  TraceFile& operator=(const TraceFile&) = delete;

 private:
  std::unique_ptr<OutputFile> file_;
};

class Session {
 public:
  // Opens the file, plans, and tries the files that are to be written. Nothing of a device is touched yet, so
  // that prompts and flags are checked first. Throws InputError.
  explicit Session(const ModelOptions& options);
  ~Session();
  // Connects, uploads. Throws InputError, DeviceError and InterruptedError.
  void start();

  const gguf::File& file() const { return *file_; }
  const ModelConfig& config() const { return config_; }
  const Tokenizer& tokenizer() const { return *tokenizer_; }
  std::uint32_t context() const { return context_; }  // positions
  // Once it has started.
  Engine& engine() { return *engine_; }
  // The image and the chip; null for the reference device, the chip before the start, and before it also the
  // image of a device that is yet to tell what it is.
  const Image* image() const { return image_.get(); }
  TimedChip* chip() { return chip_.get(); }
  // The chip's cycles so far, 0 where there are none.
  std::uint64_t cycles() const { return chip_ ? chip_->cycles() : 0; }
  // "simulated", "model" or "reference": what the figures of this device are.
  std::string label() const { return device_label(kind_); }
  // Names for reports; "-" where the device has none.
  std::string configuration() const;
  std::string memory() const;
  DeviceKind kind() const { return kind_; }
  double start_seconds() const { return start_seconds_; }  // opening and connecting
  double load_seconds() const { return load_seconds_; }    // packing and uploading
  std::uint64_t load_cycles() const { return load_cycles_; }
  // What became of --checkpoint: "written", "used", or empty without it.
  const std::string& checkpoint() const { return checkpoint_; }

  // Prompt ids from -p, -f or --tokens. Throws InputError for an empty prompt, unless it is -p "" and the
  // file adds BOS, and for one beyond the context.
  std::vector<std::int32_t> prompt(const PromptOptions& options) const;
  nlohmann::json model_json() const;

 private:
  ModelOptions options_;
  const DeviceKind kind_;
  TraceFile trace_;
  std::string path_;
  std::unique_ptr<gguf::File> file_;
  ModelConfig config_;
  std::unique_ptr<Tokenizer> tokenizer_;
  std::uint32_t context_ = 0;
  std::unique_ptr<TimedChip> chip_;
  std::unique_ptr<Image> image_;
  std::unique_ptr<Reference> reference_;
  std::unique_ptr<Engine> engine_;
  double start_seconds_ = 0;
  double load_seconds_ = 0;
  std::uint64_t load_cycles_ = 0;
  std::string checkpoint_;
};

// Positions of the KV cache: -c, or the model's, at most 4096. Throws InputError for more than 2^20.
std::uint32_t context_size(const ModelOptions& options, const ModelConfig& config);
// The checkpoint of --checkpoint for this image; null without the flag. Throws InputError.
std::unique_ptr<Checkpoint> open_checkpoint(const ModelOptions& options, const Image& image);
// image.upload() with a line of progress; a poll point.
void upload(Image& image, Chip& chip, bool verify, Checkpoint* checkpoint);
// The file of -m, or the bundled model's.
std::string model_path(const ModelOptions& options);

}  // namespace luoshu::cli
