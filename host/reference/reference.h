// SPDX-License-Identifier: Apache-2.0
// The fp32 reference: an ordinary forward pass with Eigen, from the file's own values. Shares no code with
// the chip's model.
#pragma once
#include <Eigen/Dense>
#include <cstdint>
#include <vector>

#include "config/model_config.h"
#include "gguf/gguf.h"

namespace luoshu {

class Reference {
 public:
  // Expands the weights to fp32. context: positions of the KV cache. Both arguments must outlive the object.
  // Throws InputError for values that are not finite, Error when the file changes meanwhile.
  Reference(const gguf::File& file, const ModelConfig& config, std::uint32_t context);
  void reset() { position_ = 0; }
  // Forgets what was evaluated at `position` and after it; position <= tokens evaluated.
  void rollback(std::uint32_t position) { position_ = position; }
  // Evaluates tokens at the next positions; logits become [tokens, vocab], row-major. Throws
  // InputError when one is not finite.
  void evaluate(const std::vector<std::int32_t>& tokens, std::vector<float>& logits);

 private:
  using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  using Vector = Eigen::VectorXf;
  struct Layer {
    Vector attn_norm, ffn_norm, q_bias, k_bias, v_bias, q_norm, k_norm;
    Matrix q, k, v, o, gate, up, down;
    Matrix keys, values;  // cache: [context, kv_heads * head_dim]
  };
  Matrix matrix(const std::string& name) const;
  Vector vector(const std::string& name) const;
  Vector optional_vector(const std::string& name) const;  // empty where the file has none
  void rms_norm(Eigen::Ref<Vector> x, const Vector& weight) const;
  Matrix normalised(const Matrix& x, const Vector& weight) const;
  void rotate(Eigen::Ref<Vector> head, std::uint32_t position) const;
  void finish_heads(Matrix& y, std::uint32_t heads, const Vector& bias, const Vector& norm) const;
  Matrix attend(const Layer& layer, const Matrix& q) const;

  const gguf::File& file_;
  const ModelConfig& config_;
  std::uint32_t position_ = 0;
  Matrix embedding_, output_;  // output_ empty = tied
  Vector output_norm_;
  std::vector<Layer> layers_;
};

}  // namespace luoshu
