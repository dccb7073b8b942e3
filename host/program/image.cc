// SPDX-License-Identifier: Apache-2.0
#include "program/image.h"

#include <zlib.h>

#include <algorithm>
#include <cmath>

#include "gguf/values.h"
#include "luoshu/checked.h"

namespace luoshu {
namespace {

constexpr std::uint32_t kPage = 4096;
constexpr std::size_t kRestoreChunk = std::size_t{1} << 20;
constexpr std::uint64_t kAddressEnd = 0xffffffff;  // device addresses have 32 bits
constexpr std::uint32_t kVectorNorm = 0, kVectorAttention = 1, kVectorFfn = 2;
// Semaphores of the program.
constexpr std::uint32_t kSemNorm = 1, kSemQuery = 2, kSemAttention = 3, kSemFfn = 4;

std::uint32_t blocks_of(std::uint64_t elements) {
  return static_cast<std::uint32_t>((elements + 31) / 32);
}

std::uint32_t padded_head(std::uint32_t head_dim) {
  std::uint32_t padded = 8;
  while (padded < head_dim) padded *= 2;
  return padded;
}

std::string mib(std::uint64_t bytes) {
  return std::to_string((bytes + (1 << 20) - 1) >> 20) + " MiB";
}

// The mode that all matrices reading one vector can share the mapping of: joined only when all are.
pack::Mode agreed_mode(const gguf::Tensor& tensor, bool all_joined) {
  const pack::Mode natural = pack::natural_mode(static_cast<std::uint32_t>(tensor.type));
  if (all_joined || !pack::is_joined(natural)) return natural;
  return natural == pack::Mode::kInt4 ? pack::Mode::kInt8 : pack::Mode::kPlanes;
}

// Bytes of a matrix that must move: the file's blocks, or the chip's own without padding where they are
// fewer.
std::uint64_t least_of(const gguf::Tensor& t, pack::Mode mode) {
  const std::uint64_t values = pack::is_joined(mode) ? 16 : mode == pack::Mode::kPlanes ? 64 : 32;
  const std::uint64_t run =
      pack::StreamShape{32, mode, 0, 0}.run_beats();  // beats of values to one of scales
  return std::min(t.bytes, t.dims[0] * t.dims[1] * values * (run + 1) / run / 32);
}

}  // namespace

Image::Image(const gguf::File& file, const ModelConfig& config, const Capabilities& chip,
             std::uint32_t context, std::uint32_t sequences)
    : file_(file), config_(config), chip_(chip), context_(context), sequences_(sequences) {
  setup_address_ = allocate(32);
  kv_.head_dim_padded = padded_head(config.head_dim);
  kv_.block_bytes = std::max(64u, chip.lanes) + LUOSHU_KEY_BLOCK * kv_.head_dim_padded * 5 / 2;
  const std::uint64_t blocks = (std::uint64_t{context} + LUOSHU_KEY_BLOCK - 1) / LUOSHU_KEY_BLOCK;
  const std::uint64_t head = checked_mul(blocks, kv_.block_bytes, "the KV cache");
  const std::uint64_t layer = checked_mul(head, config.kv_heads, "the KV cache");
  const std::uint64_t sequence = checked_mul(layer, config.layers, "the KV cache");
  const std::uint64_t kv_bytes = checked_mul(sequence, sequences, "the KV cache");
  if (kv_bytes > chip.memory_bytes || kv_bytes > kAddressEnd) {
    throw InputError("the KV cache needs " + mib(kv_bytes) + " of device memory for " +
                     std::to_string(context) + " positions of " + std::to_string(sequences) +
                     " sequences, the device has " + mib(chip.memory_bytes) +
                     "; choose a smaller context (-c) or another configuration");
  }
  kv_.head_stride = static_cast<std::uint32_t>(head);
  kv_.layer_stride = static_cast<std::uint32_t>(layer);
  plan_limits();
  plan_layers();
  command_count_ = commands_of_pass().size();
  program_address_ = allocate(command_count_ * 32);
  attention_address_ = allocate(commands_of_attention().size() * 32);
  rope_address_ = allocate(config.rope_dims / 2 * 4);
  logits_stride_ =
      static_cast<std::uint32_t>(checked_round_up(std::uint64_t{config.vocab} * 4, kPage, "the logits"));
  logits_address_ = allocate(std::uint64_t{logits_stride_} * max_tokens_);
  kv_address_ = allocate(kv_bytes);
  kv_.sequence_stride = static_cast<std::uint32_t>(sequence);
  if (end_ > chip.memory_bytes) {
    throw InputError("the model needs " + mib(end_) + " of device memory (weights " + mib(weight_bytes_) +
                     ", KV cache " + mib(kv_bytes) + " for " + std::to_string(context) +
                     " positions), the device has " + mib(chip.memory_bytes) +
                     "; choose a smaller context (-c) or another configuration");
  }
}

std::uint32_t Image::allocate(std::uint64_t bytes) {
  const std::uint64_t start = end_;
  end_ = checked_round_up(checked_add(start, bytes, "device memory"), kPage, "device memory");
  if (end_ > kAddressEnd) {
    throw InputError(
        "the model needs more than 4 GiB of device memory; choose a smaller model or context (-c)");
  }
  return static_cast<std::uint32_t>(start);
}

void Image::plan_limits() {
  const auto check = [](std::uint64_t wanted, std::uint64_t limit, const std::string& what) {
    if (wanted > limit) {
      throw InputError("the model's " + what + " is " + std::to_string(wanted) +
                       ", this configuration takes " + std::to_string(limit) + "; choose another --config");
    }
  };
  check(config_.d, chip_.max_d, "embedding_length");
  check(config_.heads, chip_.max_heads, "attention.head_count");
  check(std::uint64_t{config_.heads} * kv_.head_dim_padded, chip_.q_elements, "width of all query heads");
  // First and second elements of pairs and what is not rotated each fill words of their own
  // (rtl/vector/luoshu_vector_map.sv).
  const auto words = [&](std::uint32_t elements) {
    return (elements + chip_.vector_lanes - 1) / chip_.vector_lanes;
  };
  const std::uint32_t head_words =
      2 * words(config_.rope_dims / 2) + words(config_.head_dim - config_.rope_dims);
  check(head_words, chip_.head_words,
        "head of " + std::to_string(config_.head_dim) + " elements (" + std::to_string(config_.rope_dims) +
            " rotated) in words of the vector unit");
  check(blocks_of(config_.d) +
            std::max(blocks_of(std::uint64_t{config_.heads} * config_.head_dim), blocks_of(config_.ff)),
        chip_.act_blocks,
        "activation storage in blocks of 32 (embedding and the longer of attention and feed-forward length)");
  // Attention numbers the blocks of a sequence in so many bits (BlockBits in rtl/attn/luoshu_attention.sv).
  const unsigned block_bits = chip_.lanes < 32 ? 16 : 23;
  if (context_ > std::uint64_t{LUOSHU_KEY_BLOCK} << block_bits) {
    throw InputError("the context of " + std::to_string(context_) + " positions is above the " +
                     std::to_string(std::uint64_t{LUOSHU_KEY_BLOCK} << block_bits) +
                     " of this configuration; choose a smaller context (-c) or another --config");
  }
}

Image::Matrix Image::place(pack::MatrixSource source) {
  Matrix m;
  m.shape = pack::stream_shape(source, chip_.lanes);
  m.source = std::move(source);
  m.address = allocate(m.shape.bytes());
  weight_bytes_ += m.shape.bytes();
  return m;
}

Image::Vector Image::place_vector(std::vector<VectorPart> parts) {
  Vector v;
  std::uint64_t bytes = 0;
  for (const VectorPart& part : parts) bytes += part.elements * 4;
  v.bytes = static_cast<std::uint32_t>((bytes + chip_.lanes - 1) / chip_.lanes * chip_.lanes);
  v.address = allocate(v.bytes);
  weight_bytes_ += v.bytes;
  v.parts = std::move(parts);
  return v;
}

void Image::plan_layers() {
  bool any_joined = false;
  const auto tensor = [&](const std::string& name) -> const gguf::Tensor& { return file_.require(name); };
  const auto matrix = [&](const gguf::Tensor& t, pack::Mode mode) {
    any_joined = any_joined || pack::is_joined(mode);
    file_bytes_ += t.bytes;
    least_bytes_ += least_of(t, mode);
    plans_.push_back({t.name,
                      gguf::type_name(t.type),
                      {t.dims[0], t.dims[1]},
                      mode,
                      false,
                      pack::fidelity(static_cast<std::uint32_t>(t.type), mode)});
    return pack::tensor_source(t, mode);
  };
  const auto joined = [](const gguf::Tensor& t) {
    return pack::is_joined(pack::natural_mode(static_cast<std::uint32_t>(t.type)));
  };
  const auto part = [](const gguf::Tensor& t) { return VectorPart{&t, t.dims[0]}; };
  const auto vector = [&](std::vector<VectorPart> parts) {
    for (const VectorPart& p : parts) {
      if (p.tensor == nullptr) continue;
      file_bytes_ += p.tensor->bytes;
      least_bytes_ += std::min<std::uint64_t>(p.tensor->bytes, p.elements * 4);
      plans_.push_back({p.tensor->name,
                        gguf::type_name(p.tensor->type),
                        {p.tensor->dims[0]},
                        pack::Mode::kPlanes,
                        true,
                        pack::Fidelity::kLossless});
    }
    return place_vector(std::move(parts));
  };
  for (std::uint32_t l = 0; l < config_.layers; ++l) {
    const std::string p = "blk." + std::to_string(l) + ".";
    Layer layer;
    layer.attn_norm = vector({part(tensor(p + "attn_norm.weight"))});
    std::vector<VectorPart> params;
    if (config_.qk_norm) {
      params.push_back(part(tensor(p + "attn_q_norm.weight")));
      params.push_back(part(tensor(p + "attn_k_norm.weight")));
    }
    // Any of a layer's biases brings all three: those that the file has not are zero.
    const std::uint64_t kv = std::uint64_t{config_.kv_heads} * config_.head_dim;
    const VectorPart biases[] = {
        {file_.find(p + "attn_k.bias"), kv},
        {file_.find(p + "attn_v.bias"), kv},
        {file_.find(p + "attn_q.bias"), std::uint64_t{config_.heads} * config_.head_dim}};
    layer.bias = std::any_of(std::begin(biases), std::end(biases),
                             [](const VectorPart& bias) { return bias.tensor != nullptr; });
    if (layer.bias) params.insert(params.end(), std::begin(biases), std::end(biases));
    if (!params.empty()) layer.qkv_params = vector(std::move(params));
    const gguf::Tensor* qkv[3] = {&tensor(p + "attn_k.weight"), &tensor(p + "attn_v.weight"),
                                  &tensor(p + "attn_q.weight")};
    const bool qkv_joined = joined(*qkv[0]) && joined(*qkv[1]) && joined(*qkv[2]);
    std::vector<pack::MatrixSource> same;
    for (const gguf::Tensor* t : qkv) {
      pack::MatrixSource source = matrix(*t, agreed_mode(*t, qkv_joined));
      if (!same.empty() && same.back().mode != source.mode) {
        layer.qkv.push_back(place(pack::concatenate(std::move(same))));
        same.clear();
      }
      same.push_back(std::move(source));
    }
    layer.qkv.push_back(place(pack::concatenate(std::move(same))));
    const gguf::Tensor& o = tensor(p + "attn_output.weight");
    layer.o = place(matrix(o, agreed_mode(o, true)));
    layer.ffn_norm = vector({part(tensor(p + "ffn_norm.weight"))});
    const gguf::Tensor& gate = tensor(p + "ffn_gate.weight");
    const gguf::Tensor& up = tensor(p + "ffn_up.weight");
    const bool ffn_joined = joined(gate) && joined(up);
    pack::Mode gate_mode = agreed_mode(gate, ffn_joined);
    pack::Mode up_mode = agreed_mode(up, ffn_joined);
    if (gate_mode != up_mode) gate_mode = up_mode = pack::Mode::kPlanes;
    layer.gate_up = place(pack::interleave(matrix(gate, gate_mode), matrix(up, up_mode)));
    const gguf::Tensor& down = tensor(p + "ffn_down.weight");
    layer.down = place(matrix(down, agreed_mode(down, true)));
    layers_.push_back(std::move(layer));
  }
  output_norm_ = vector({part(tensor("output_norm.weight"))});
  const gguf::Tensor& embedding = tensor("token_embd.weight");
  const gguf::Tensor* output = file_.find("output.weight");
  tied_ = output == nullptr;
  const gguf::Tensor& head = tied_ ? embedding : *output;
  lm_head_ = place(matrix(head, agreed_mode(head, true)));
  lm_head_.lm_head = true;
  if (!tied_) {
    const bool any_before = any_joined;
    embedding_ = place(matrix(embedding, agreed_mode(embedding, true)));
    any_joined = any_before;  // rows are only looked up
    weight_bytes_ -= embedding_.shape.bytes();
    file_bytes_ -= embedding.bytes;
    least_bytes_ -= least_of(embedding, agreed_mode(embedding, true));
  }
  max_tokens_ = chip_.columns * chip_.groups / (any_joined ? 2 : 1);
}

Command Image::matmul(const Matrix& m, std::uint32_t src_block, std::uint32_t vector,
                      std::uint32_t wait) const {
  Command c(LUOSHU_OP_MATMUL);
  c.set(LUOSHU_CMD_ADDRESS, m.address)
      .set(LUOSHU_CMD_MATMUL_ROWS, static_cast<std::uint32_t>(m.shape.rows))
      .set(LUOSHU_CMD_MATMUL_KBLOCKS, static_cast<std::uint32_t>(m.shape.kblocks))
      .set(LUOSHU_CMD_MATMUL_MODE, static_cast<std::uint32_t>(m.shape.mode))
      .set(LUOSHU_CMD_MATMUL_REF_EXPONENT, static_cast<std::uint32_t>(m.reference) & 255u)
      .set(LUOSHU_CMD_MATMUL_SRC_BLOCK, src_block)
      .set(LUOSHU_CMD_MATMUL_BEATS, static_cast<std::uint32_t>(m.shape.beats()))
      .set(LUOSHU_CMD_MATMUL_SRC_VECTOR, vector)
      .wait(wait);
  return c;
}

Command Image::embed() const {
  const Matrix& table = tied_ ? lm_head_ : embedding_;
  return Command(LUOSHU_OP_EMBED)
      .set(LUOSHU_CMD_ADDRESS, table.address)
      .set(LUOSHU_CMD_EMBED_D, config_.d)
      .set(LUOSHU_CMD_EMBED_KBLOCKS, static_cast<std::uint32_t>(table.shape.kblocks))
      .set(LUOSHU_CMD_EMBED_MODE, static_cast<std::uint32_t>(table.shape.mode));
}

Command Image::norm(const Vector& weights, bool joined, std::uint32_t post) const {
  return Command(LUOSHU_OP_NORM)
      .set(LUOSHU_CMD_ADDRESS, weights.address)
      .set(LUOSHU_CMD_NORM_N, config_.d)
      .act(0, joined, kVectorNorm)
      .set_float(LUOSHU_CMD_NORM_INV_N, 1.0f / static_cast<float>(config_.d))
      .set_float(LUOSHU_CMD_NORM_EPS, config_.eps)
      .set(LUOSHU_CMD_AUX_BYTES, weights.bytes)
      .post(post);
}

void Image::project(const Layer& layer, std::uint32_t kv_base, std::uint32_t post,
                    std::vector<Command>& out) const {
  const std::uint32_t hd = config_.head_dim;
  out.push_back(norm(layer.attn_norm, pack::is_joined(layer.qkv[0].shape.mode), kSemNorm));
  if (layer.qkv_params.bytes != 0) {
    out.push_back(Command(LUOSHU_OP_AUX)
                      .set(LUOSHU_CMD_ADDRESS, layer.qkv_params.address)
                      .set(LUOSHU_CMD_AUX_BYTES, layer.qkv_params.bytes));
  }
  for (std::size_t i = 0; i < layer.qkv.size(); ++i)
    out.push_back(matmul(layer.qkv[i], 0, kVectorNorm, i == 0 ? kSemNorm : 0));
  out.push_back(Command(LUOSHU_OP_QKV)
                    .set(LUOSHU_CMD_ADDRESS, layer.qkv_params.address)
                    .set(LUOSHU_CMD_QKV_HEADS, config_.heads)
                    .set(LUOSHU_CMD_QKV_KV_HEADS, config_.kv_heads)
                    .set(LUOSHU_CMD_QKV_HEAD_DIM, hd)
                    .set(LUOSHU_CMD_QKV_ROT, config_.rope_dims)
                    .set(LUOSHU_CMD_QKV_HALVES, config_.rope_halves ? 1 : 0)
                    .set(LUOSHU_CMD_QKV_BIAS, layer.bias ? 1 : 0)
                    .set(LUOSHU_CMD_QKV_QK_NORM, config_.qk_norm ? 1 : 0)
                    .set_float(LUOSHU_CMD_QKV_INV_HEAD_DIM, 1.0f / static_cast<float>(hd))
                    .set_float(LUOSHU_CMD_QKV_Q_SCALE,
                               static_cast<float>(1.4426950408889634 / std::sqrt(static_cast<double>(hd))))
                    .set_float(LUOSHU_CMD_QKV_EPS, config_.eps)
                    .set(LUOSHU_CMD_QKV_KV_BASE, kv_base)
                    .post(post));
}

Command Image::attend(const Layer& layer, std::uint32_t kv_base, std::uint32_t post) const {
  return Command(LUOSHU_OP_ATTN)
      .set(LUOSHU_CMD_ADDRESS, kv_base)
      .set(LUOSHU_CMD_ATTN_HEADS, config_.heads)
      .set(LUOSHU_CMD_ATTN_KV_HEADS, config_.kv_heads)
      .set(LUOSHU_CMD_ATTN_HEAD_DIM, config_.head_dim)
      .act(blocks_of(config_.d), pack::is_joined(layer.o.shape.mode), kVectorAttention)
      .set(5, 0, 32, kv_.block_bytes)
      .set(6, 0, 32, kv_.head_stride)
      .wait(kSemQuery)
      .post(post);
}

std::vector<Command> Image::commands_of_pass() const {
  std::vector<Command> out;
  const std::uint32_t attention_block = blocks_of(config_.d);
  // Attention and feed-forward vectors share their place: a RESID, which takes every result of the matrix
  // that reads the one, lies between that and the first write of the other.
  const std::uint32_t ffn_block = attention_block;
  out.push_back(embed());
  const auto resid = [&] { return Command(LUOSHU_OP_RESID).set(LUOSHU_CMD_RESID_N, config_.d); };
  for (std::size_t l = 0; l < layers_.size(); ++l) {
    const Layer& layer = layers_[l];
    const std::uint32_t kv_base = kv_address_ + static_cast<std::uint32_t>(l) * kv_.layer_stride;
    project(layer, kv_base, kSemQuery, out);
    out.push_back(attend(layer, kv_base, kSemAttention));
    out.push_back(matmul(layer.o, attention_block, kVectorAttention, kSemAttention));
    out.push_back(resid());
    out.push_back(norm(layer.ffn_norm, pack::is_joined(layer.gate_up.shape.mode), kSemNorm));
    out.push_back(matmul(layer.gate_up, 0, kVectorNorm, kSemNorm));
    out.push_back(Command(LUOSHU_OP_SWIGLU)
                      .set(LUOSHU_CMD_SWIGLU_N, config_.ff)
                      .act(ffn_block, pack::is_joined(layer.down.shape.mode), kVectorFfn)
                      .post(kSemFfn));
    out.push_back(matmul(layer.down, ffn_block, kVectorFfn, kSemFfn));
    out.push_back(resid());
  }
  out.push_back(norm(output_norm_, pack::is_joined(lm_head_.shape.mode), kSemNorm).for_logits());
  out.push_back(matmul(lm_head_, 0, kVectorNorm, kSemNorm).for_logits());
  out.push_back(Command(LUOSHU_OP_LOGITS)
                    .set(LUOSHU_CMD_ADDRESS, logits_address_)
                    .set(LUOSHU_CMD_LOGITS_VOCAB, config_.vocab)
                    .set(LUOSHU_CMD_LOGITS_TOKEN_STRIDE, logits_stride_)
                    .for_logits());
  return out;
}

// QKV itself posts when keys and values are written, before the last queries are there; the norm behind it
// posts when the vector unit has done both.
std::vector<Command> Image::commands_of_attention() const {
  const Layer& layer = layers_.front();
  std::vector<Command> out = {embed()};
  project(layer, kv_address_, 0, out);
  out.push_back(norm(layer.ffn_norm, pack::is_joined(layer.gate_up.shape.mode), kSemQuery));
  out.push_back(attend(layer, kv_address_, 0));
  return out;
}

CheckpointKey Image::checkpoint_key(const std::string& program) const {
  return luoshu::checkpoint_key(file_, config_, chip_, context_, sequences_, program);
}

void Image::restore(Chip& chip, const Progress& progress, bool verify, const Checkpoint& from) const {
  const std::uint64_t total = from.bytes();
  const bool mapped = chip.map_memory(0, from.file(), Checkpoint::kPayload, total);
  std::vector<std::uint8_t> chunk(kRestoreChunk);
  for (std::uint64_t at = 0; at < total && (!mapped || verify); at += chunk.size()) {
    chunk.resize(static_cast<std::size_t>(std::min<std::uint64_t>(kRestoreChunk, total - at)));
    from.read(at, chunk.data(), chunk.size());
    const auto address = static_cast<std::uint32_t>(at);
    if (!mapped) chip.write_memory(address, chunk.data(), chunk.size());
    if (verify && chip.checksum(address, chunk.size()) !=
                      static_cast<std::uint32_t>(crc32_z(crc32(0, nullptr, 0), chunk.data(), chunk.size()))) {
      throw DeviceError("the upload of the checkpoint arrived damaged at address " + std::to_string(address) +
                        " (checksum differs); check the link and try again");
    }
    if (progress) progress(at + chunk.size(), total);
  }
}

void Image::upload(Chip& chip, const Progress& progress, bool verify, Checkpoint* checkpoint) {
  if (checkpoint != nullptr && checkpoint->found()) return restore(chip, progress, verify, *checkpoint);
  const std::uint64_t total = weight_bytes_ + (tied_ ? 0 : embedding_.shape.bytes());
  std::uint64_t done = 0;
  const auto write = [&](std::uint32_t address, const void* data, std::size_t bytes) {
    chip.write_memory(address, data, bytes);
    if (checkpoint != nullptr) checkpoint->write(address, data, bytes);
    done += bytes;
    if (progress) progress(done, total);
  };
  const auto check = [&](std::uint32_t address, std::uint64_t bytes, std::uint32_t expected,
                         const std::string& what) {
    if (verify && chip.checksum(address, bytes) != expected) {
      throw DeviceError("the upload of " + what +
                        " arrived damaged (checksum differs); check the link and try again");
    }
  };
  const auto upload_matrix = [&](Matrix& m) {
    std::uint32_t address = m.address;
    uLong crc = crc32(0, nullptr, 0);
    m.reference = pack::pack_stream(m.source, chip_.lanes, [&](const std::uint8_t* data, std::size_t bytes) {
      write(address, data, bytes);
      if (verify) crc = crc32(crc, data, static_cast<uInt>(bytes));
      address += static_cast<std::uint32_t>(bytes);
    });
    check(m.address, m.shape.bytes(), static_cast<std::uint32_t>(crc), m.source.name);
  };
  const auto upload_words = [&](std::uint32_t address, const void* data, std::size_t bytes,
                                const std::string& what) {
    write(address, data, bytes);
    check(address, bytes,
          static_cast<std::uint32_t>(
              crc32(crc32(0, nullptr, 0), static_cast<const Bytef*>(data), static_cast<uInt>(bytes))),
          what);
  };
  const auto upload_vector = [&](const Vector& v) {
    std::vector<float> values;
    for (const VectorPart& part : v.parts) {
      const std::size_t at = values.size();
      values.resize(at + part.elements);
      if (part.tensor == nullptr) continue;
      gguf::dequantise_row(*part.tensor, 0, values.data() + at);
      gguf::check_values(part.tensor->name, values.data() + at, part.elements);
      for (std::size_t i = at; i < values.size(); ++i) {
        if (std::fpclassify(values[i]) != FP_NORMAL)
          values[i] = 0;  // zero, or a subnormal that the chip takes as zero
      }
    }
    values.resize(v.bytes / 4);
    upload_words(v.address, values.data(), v.bytes,
                 v.parts[0].tensor != nullptr ? v.parts[0].tensor->name : "the biases");
  };
  for (Layer& layer : layers_) {
    upload_vector(layer.attn_norm);
    if (layer.qkv_params.bytes != 0) upload_vector(layer.qkv_params);
    for (Matrix& m : layer.qkv) upload_matrix(m);
    upload_matrix(layer.o);
    upload_vector(layer.ffn_norm);
    upload_matrix(layer.gate_up);
    upload_matrix(layer.down);
  }
  upload_vector(output_norm_);
  upload_matrix(lm_head_);
  if (!tied_) upload_matrix(embedding_);
  file_.check_unchanged();  // pages that were cut off within one page read as zeros

  const std::uint32_t pairs = config_.rope_dims / 2;
  std::vector<std::uint32_t> steps((std::size_t{pairs} * 4 + chip_.lanes - 1) / chip_.lanes * chip_.lanes / 4,
                                   0);
  for (std::uint32_t i = 0; i < pairs; ++i) {
    const double turns = config_.rope_frequency(i) / (2 * 3.14159265358979323846);
    steps[i] = static_cast<std::uint32_t>(static_cast<std::uint64_t>(std::llround(turns * 4294967296.0)));
  }
  upload_words(rope_address_, steps.data(), steps.size() * 4, "the RoPE table");
  const auto upload_commands = [&](std::uint32_t address, const std::vector<Command>& commands) {
    std::vector<std::uint32_t> words;
    for (const Command& c : commands) words.insert(words.end(), c.words().begin(), c.words().end());
    words.resize((words.size() * 4 + chip_.lanes - 1) / chip_.lanes * chip_.lanes / 4, 0);
    upload_words(address, words.data(), words.size() * 4, "the command program");
  };
  upload_commands(program_address_, commands_of_pass());
  upload_commands(attention_address_, commands_of_attention());
  upload_commands(setup_address_,
                  {Command(LUOSHU_OP_ROPE)
                       .set(LUOSHU_CMD_ADDRESS, rope_address_)
                       .set(LUOSHU_CMD_ROPE_N, pairs)
                       .set(LUOSHU_CMD_AUX_BYTES, static_cast<std::uint32_t>(steps.size() * 4))});
  if (checkpoint != nullptr) checkpoint->finish();
}

std::uint32_t Image::attention_commands() const {
  return static_cast<std::uint32_t>(commands_of_attention().size());
}

std::uint64_t Image::kv_bytes_per_token() const {
  return std::uint64_t{config_.layers} * config_.kv_heads * (kv_.head_dim_padded * 5 / 2 + 2);
}

void Image::each_matrix(const std::function<void(const Matrix&)>& visit) const {
  for (const Layer& layer : layers_) {
    for (const Matrix& m : layer.qkv) visit(m);
    visit(layer.o);
    visit(layer.gate_up);
    visit(layer.down);
  }
  visit(lm_head_);
}

std::uint64_t Image::macs(bool lm_head) const {
  std::uint64_t sum = 0;
  each_matrix([&](const Matrix& m) {
    if (lm_head || !m.lm_head) sum += m.source.rows * m.source.cols;
  });
  return sum;
}

std::uint64_t Image::array_cycles(std::uint32_t tokens) const {
  std::uint64_t sum = 0;
  each_matrix([&](const Matrix& m) {
    const std::uint32_t at_once =
        std::max(1u, pack::is_joined(m.shape.mode) ? chip_.columns / 2 : chip_.columns);
    const std::uint64_t groups = (tokens + at_once - 1) / at_once;
    sum += std::max(m.shape.beats() * groups, m.shape.rows * tokens);
  });
  return sum;
}

TokenContext Image::token_context(std::uint32_t token, std::uint32_t position, std::uint32_t sequence) const {
  return TokenContext{token, position, sequence * kv_.sequence_stride,
                      position / LUOSHU_KEY_BLOCK * kv_.block_bytes};
}

}  // namespace luoshu
