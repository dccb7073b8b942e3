// SPDX-License-Identifier: Apache-2.0
// The fp32 reference: an ordinary forward pass with Eigen, from the file's own values. Shares no code with
// the chip's model.
#pragma once
#include <cstdint>
#include <memory>
#include <vector>

#include "config/model_config.h"
#include "gguf/gguf.h"

namespace luoshu {

class Reference {
 public:
  // Expands the weights to fp32. context: positions of the KV cache. Both arguments must outlive the object.
  // Throws InputError for values that are not finite, Error when the file changes meanwhile.
  Reference(const gguf::File& file, const ModelConfig& config, std::uint32_t context);
  ~Reference();
  void reset() { rollback(0); }
  // Forgets what was evaluated at `position` and after it; position <= tokens evaluated.
  void rollback(std::uint32_t position);
  // Evaluates tokens at the next positions; logits become [tokens, vocab], row-major. Throws
  // InputError when one is not finite.
  void evaluate(const std::vector<std::int32_t>& tokens, std::vector<float>& logits);

 private:
  class Model;  // so that no user of this file compiles Eigen
  std::unique_ptr<Model> model_;
};

}  // namespace luoshu
