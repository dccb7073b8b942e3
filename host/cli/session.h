// SPDX-License-Identifier: Apache-2.0
// A model opened on a device: file, tokenizer, image, chip or reference, engine.
#pragma once
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "cli/options.h"
#include "config/model_config.h"
#include "gguf/gguf.h"
#include "program/image.h"
#include "runtime/engine.h"
#include "tokenizer/tokenizer.h"

namespace luoshu::cli {

class Session {
 public:
  // Opens the file, plans, connects, uploads. Throws InputError and DeviceError.
  explicit Session(const ModelOptions& options);
  ~Session();

  const gguf::File& file() const { return *file_; }
  const ModelConfig& config() const { return config_; }
  const Tokenizer& tokenizer() const { return *tokenizer_; }
  Engine& engine() { return *engine_; }
  // The image and the chip; null for the reference device.
  const Image* image() const { return image_.get(); }
  Chip* chip() { return chip_.get(); }
  const std::string& path() const { return path_; }
  // "simulated" or "model": what the figures of this device are.
  std::string label() const;
  double start_seconds() const { return start_seconds_; }  // opening and connecting
  double load_seconds() const { return load_seconds_; }    // packing and uploading
  std::uint64_t load_cycles() const { return load_cycles_; }

  // Prompt ids from -p, -f or --tokens. Throws InputError for an empty prompt or one beyond the context.
  std::vector<std::int32_t> prompt(const PromptOptions& options) const;
  nlohmann::json model_json() const;

 private:
  const ModelOptions options_;
  std::string path_;
  std::unique_ptr<gguf::File> file_;
  ModelConfig config_;
  std::unique_ptr<Tokenizer> tokenizer_;
  std::unique_ptr<Chip> chip_;
  std::unique_ptr<Image> image_;
  std::unique_ptr<Reference> reference_;
  std::unique_ptr<Engine> engine_;
  double start_seconds_ = 0;
  double load_seconds_ = 0;
  std::uint64_t load_cycles_ = 0;
};

// Reads a whole text file; throws InputError.
std::string read_text(const std::string& path);
// Writes JSON to a file, or to stdout for "-".
void write_json(const nlohmann::json& value, const std::string& path);
// Vocabulary arrays of the file for the tokenizer.
Vocabulary vocabulary_of(const gguf::File& file);
// True once Ctrl-C was pressed; verbs finish what they have and exit with 130.
bool interrupted();
void catch_interrupts();

}  // namespace luoshu::cli
