// SPDX-License-Identifier: Apache-2.0
#include "reference/reference.h"

#include <Eigen/Dense>
#include <cmath>

#include "gguf/values.h"
#include "luoshu/error.h"
#include "luoshu/interrupt.h"

namespace luoshu {

using Eigen::Index;

class Reference::Model {
 public:
  Model(const gguf::File& file, const ModelConfig& config, std::uint32_t context);
  void rollback(std::uint32_t position) { position_ = position; }
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

Reference::Model::Matrix Reference::Model::matrix(const std::string& name) const {
  const gguf::Tensor& t = file_.require(name);
  Matrix m(static_cast<Index>(t.rows()), static_cast<Index>(t.dims[0]));
  for (Index r = 0; r < m.rows(); ++r) {
    if (r % 1024 == 0) poll_interrupt();
    gguf::dequantise_row(t, static_cast<std::uint64_t>(r), m.row(r).data());
  }
  gguf::check_values(name, m.data(), static_cast<std::uint64_t>(m.size()));
  return m;
}

Reference::Model::Vector Reference::Model::vector(const std::string& name) const {
  const gguf::Tensor& t = file_.require(name);
  Vector v(static_cast<Index>(t.dims[0]));
  gguf::dequantise_row(t, 0, v.data());
  gguf::check_values(name, v.data(), static_cast<std::uint64_t>(v.size()));
  return v;
}

Reference::Model::Vector Reference::Model::optional_vector(const std::string& name) const {
  return file_.find(name) != nullptr ? vector(name) : Vector();
}

Reference::Model::Model(const gguf::File& file, const ModelConfig& config, std::uint32_t context)
    : file_(file), config_(config) {
  embedding_ = matrix("token_embd.weight");
  if (file.find("output.weight") != nullptr) output_ = matrix("output.weight");
  output_norm_ = vector("output_norm.weight");
  layers_.resize(config.layers);
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    const std::string p = "blk." + std::to_string(i) + ".";
    Layer& l = layers_[i];
    l.attn_norm = vector(p + "attn_norm.weight");
    l.ffn_norm = vector(p + "ffn_norm.weight");
    l.q = matrix(p + "attn_q.weight");
    l.k = matrix(p + "attn_k.weight");
    l.v = matrix(p + "attn_v.weight");
    l.o = matrix(p + "attn_output.weight");
    l.gate = matrix(p + "ffn_gate.weight");
    l.up = matrix(p + "ffn_up.weight");
    l.down = matrix(p + "ffn_down.weight");
    l.q_bias = optional_vector(p + "attn_q.bias");
    l.k_bias = optional_vector(p + "attn_k.bias");
    l.v_bias = optional_vector(p + "attn_v.bias");
    l.q_norm = optional_vector(p + "attn_q_norm.weight");
    l.k_norm = optional_vector(p + "attn_k_norm.weight");
    const Index width = static_cast<Index>(config.kv_heads) * static_cast<Index>(config.head_dim);
    l.keys.resize(static_cast<Index>(context), width);
    l.values.resize(static_cast<Index>(context), width);
  }
  file_.check_unchanged();
}

void Reference::Model::rms_norm(Eigen::Ref<Vector> x, const Vector& weight) const {
  const float mean = x.squaredNorm() / static_cast<float>(x.size());
  x = (x * (1.0f / std::sqrt(mean + config_.eps))).cwiseProduct(weight);
}

Reference::Model::Matrix Reference::Model::normalised(const Matrix& x, const Vector& weight) const {
  Matrix y = x;
  for (Index r = 0; r < y.rows(); ++r) {
    Vector row = y.row(r).transpose();
    rms_norm(row, weight);
    y.row(r) = row.transpose();
  }
  return y;
}

void Reference::Model::rotate(Eigen::Ref<Vector> head, std::uint32_t position) const {
  const std::uint32_t half = config_.rope_dims / 2;
  for (std::uint32_t i = 0; i < half; ++i) {
    const double angle = position * config_.rope_frequency(i);
    const auto c = static_cast<float>(std::cos(angle));
    const auto s = static_cast<float>(std::sin(angle));
    float& a = head[config_.rope_halves ? i : 2 * i];
    float& b = head[config_.rope_halves ? i + half : 2 * i + 1];
    const float turned = a * c - b * s;
    b = a * s + b * c;
    a = turned;
  }
}

// Bias, norm and rotation of all heads of [tokens, heads * head_dim].
void Reference::Model::finish_heads(Matrix& y, std::uint32_t heads, const Vector& bias,
                                    const Vector& norm) const {
  const auto width = static_cast<Index>(config_.head_dim);
  if (bias.size() != 0) y.rowwise() += bias.transpose();
  for (Index t = 0; t < y.rows(); ++t) {
    for (std::uint32_t h = 0; h < heads; ++h) {
      Vector head = y.row(t).segment(static_cast<Index>(h) * width, width).transpose();
      if (norm.size() != 0) rms_norm(head, norm);
      rotate(head, position_ + static_cast<std::uint32_t>(t));
      y.row(t).segment(static_cast<Index>(h) * width, width) = head.transpose();
    }
  }
}

Reference::Model::Matrix Reference::Model::attend(const Layer& layer, const Matrix& q) const {
  const auto width = static_cast<Index>(config_.head_dim);
  const Index group = static_cast<Index>(config_.heads / config_.kv_heads);
  const float scale = 1.0f / std::sqrt(static_cast<float>(config_.head_dim));
  Matrix out(q.rows(), q.cols());
  for (Index t = 0; t < q.rows(); ++t) {
    const Index keys = static_cast<Index>(position_) + t + 1;
    for (Index h = 0; h < static_cast<Index>(config_.heads); ++h) {
      const Index column = h / group * width;
      Vector p =
          layer.keys.block(0, column, keys, width) * q.row(t).segment(h * width, width).transpose() * scale;
      p = (p.array() - p.maxCoeff()).exp();
      p /= p.sum();
      out.row(t).segment(h * width, width) = p.transpose() * layer.values.block(0, column, keys, width);
    }
  }
  return out;
}

void Reference::Model::evaluate(const std::vector<std::int32_t>& tokens, std::vector<float>& logits) {
  const auto count = static_cast<Index>(tokens.size());
  const auto at = static_cast<Index>(position_);
  if (count == 0 || at + count > layers_[0].keys.rows())
    throw InputError("the text does not fit the context; raise -c");
  Matrix x(count, static_cast<Index>(config_.d));
  for (Index t = 0; t < count; ++t) {
    const std::int32_t token = tokens[static_cast<std::size_t>(t)];
    if (token < 0 || token >= embedding_.rows())
      throw InputError("token " + std::to_string(token) + " is not in the vocabulary; check the ids");
    x.row(t) = embedding_.row(token);
  }
  for (Layer& l : layers_) {
    poll_interrupt();
    Matrix n = normalised(x, l.attn_norm);
    Matrix q = n * l.q.transpose();
    Matrix k = n * l.k.transpose();
    Matrix v = n * l.v.transpose();
    if (l.v_bias.size() != 0) v.rowwise() += l.v_bias.transpose();
    finish_heads(q, config_.heads, l.q_bias, l.q_norm);
    finish_heads(k, config_.kv_heads, l.k_bias, l.k_norm);
    l.keys.middleRows(at, count) = k;
    l.values.middleRows(at, count) = v;
    x += attend(l, q) * l.o.transpose();
    n = normalised(x, l.ffn_norm);
    const Matrix gate = n * l.gate.transpose();
    const Matrix up = n * l.up.transpose();
    const Matrix h = (gate.array() / (1.0f + (-gate.array()).exp()) * up.array()).matrix();
    x += h * l.down.transpose();
  }
  const Matrix n = normalised(x, output_norm_);
  logits.resize(tokens.size() * config_.vocab);
  Eigen::Map<Matrix> out(logits.data(), count, static_cast<Index>(config_.vocab));
  out.noalias() = n * (output_.size() != 0 ? output_ : embedding_).transpose();
  if (!out.allFinite())
    throw InputError("the logits leave the range of fp32; the weights are damaged, download the file again");
  position_ += static_cast<std::uint32_t>(tokens.size());
}

Reference::Reference(const gguf::File& file, const ModelConfig& config, std::uint32_t context)
    : model_(std::make_unique<Model>(file, config, context)) {}

Reference::~Reference() = default;

void Reference::rollback(std::uint32_t position) {
  model_->rollback(position);
}

void Reference::evaluate(const std::vector<std::int32_t>& tokens, std::vector<float>& logits) {
  model_->evaluate(tokens, logits);
}

}  // namespace luoshu
