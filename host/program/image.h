// SPDX-License-Identifier: Apache-2.0
// A model as the chip holds it: what lies where in device memory, and the command program of one pass.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "config/model_config.h"
#include "gguf/gguf.h"
#include "luoshu/chip.h"
#include "pack/tensor_source.h"
#include "program/checkpoint.h"
#include "program/command.h"

namespace luoshu {

// The KV cache layout of one layer and one sequence (docs/architecture/memory.md).
struct KvLayout {
  std::uint32_t head_dim_padded = 0;
  std::uint32_t block_bytes = 0;   // 32 keys of one head
  std::uint32_t head_stride = 0;   // bytes
  std::uint32_t layer_stride = 0;  // bytes
  std::uint32_t sequence_stride = 0;
};

// How one tensor runs, for `examine`.
struct TensorPlan {
  std::string name;
  std::string type;
  std::vector<std::uint64_t> shape;
  pack::Mode mode = pack::Mode::kInt8;
  bool vector = false;  // a parameter vector, fp32
  pack::Fidelity fidelity = pack::Fidelity::kNative;
};

class Image {
 public:
  // Plans the image for a chip. Throws InputError when the model exceeds the chip (names what and by how
  // much). context: positions of the KV cache; sequences: KV caches side by side.
  Image(const gguf::File& file, const ModelConfig& config, const Capabilities& chip, std::uint32_t context,
        std::uint32_t sequences = 1);

  // Told how far an upload is: bytes done, bytes in all.
  using Progress = std::function<void(std::uint64_t, std::uint64_t)>;
  // Packs and writes everything. Checksums are compared on the device when `verify`. From a checkpoint that
  // was found, nothing is packed and its pages are mapped where the chip can; one that was not is written.
  void upload(Chip& chip, const Progress& progress, bool verify, Checkpoint* checkpoint = nullptr);
  // Of a checkpoint of this image: what it depends on (`program`: the version of this program) and how much
  // it holds, the device memory from address 0 to the end of what an upload writes.
  CheckpointKey checkpoint_key(const std::string& program) const;
  std::uint64_t checkpoint_bytes() const { return logits_address_; }

  std::uint64_t memory_bytes() const { return end_; }           // device memory in all
  std::uint64_t weight_bytes() const { return weight_bytes_; }  // streams of one pass, LM head included
  std::uint64_t kv_bytes_per_token() const;
  // Bytes of the file's own blocks that a pass needs: matrices, LM head, norms, biases. Nothing that packing
  // adds (padding rows, planes), no embedding table beside the LM head.
  std::uint64_t file_bytes() const { return file_bytes_; }
  // Bytes of them that must move at least: per tensor the smaller of the file's blocks and the chip's own
  // format without padding (an F32 matrix moves as two int8 planes with scales).
  std::uint64_t least_bytes() const { return least_bytes_; }
  std::uint32_t program() const { return program_address_; }
  std::uint32_t commands() const { return static_cast<std::uint32_t>(command_count_); }
  std::uint32_t setup_program() const { return setup_address_; }
  std::uint32_t setup_commands() const { return 1; }
  // The first layer up to its attention, which starts when all its queries, keys and values are there: for
  // measuring attention alone.
  std::uint32_t attention_program() const { return attention_address_; }
  std::uint32_t attention_commands() const;
  std::uint32_t max_tokens() const { return max_tokens_; }  // tokens of a pass
  std::uint32_t context() const { return context_; }
  std::uint32_t sequences() const { return sequences_; }
  const Capabilities& chip() const { return chip_; }
  const KvLayout& kv() const { return kv_; }
  // Of the first block of one KV head's cache.
  std::uint32_t kv_address(std::uint32_t sequence, std::uint32_t layer, std::uint32_t head) const {
    return kv_address_ + sequence * kv_.sequence_stride + layer * kv_.layer_stride + head * kv_.head_stride;
  }
  std::uint32_t logits_address(std::uint32_t token) const { return logits_address_ + token * logits_stride_; }
  const std::vector<TensorPlan>& tensors() const { return plans_; }
  // Multiply-accumulates of one token through all matrices, LM head included or not; one per weight of the
  // file.
  std::uint64_t macs(bool lm_head) const;
  // Cycles of the array for the matrices of a pass of `tokens`, logits of all: each beat once per group of
  // columns, and a result per cycle.
  std::uint64_t array_cycles(std::uint32_t tokens) const;
  TokenContext token_context(std::uint32_t token, std::uint32_t position, std::uint32_t sequence = 0) const;

 private:
  struct Matrix {  // one MATMUL
    pack::MatrixSource source;
    pack::StreamShape shape;
    std::uint32_t address = 0;
    int reference = 0;  // W, known after packing; in the commands of a checkpoint
    bool lm_head = false;
  };
  struct VectorPart {
    const gguf::Tensor* tensor;  // null: zeros
    std::uint64_t elements;
  };
  struct Vector {  // fp32 parameters
    std::uint32_t address = 0;
    std::uint32_t bytes = 0;  // whole beats
    std::vector<VectorPart> parts;
  };
  struct Layer {
    Vector attn_norm, qkv_params, ffn_norm;
    bool bias = false;        // qkv_params ends in the biases of K, V and Q
    std::vector<Matrix> qkv;  // one or more, rows K, V, Q
    Matrix o, gate_up, down;
  };

  std::uint32_t allocate(std::uint64_t bytes);
  void each_matrix(const std::function<void(const Matrix&)>& visit) const;  // of one pass, LM head included
  Matrix place(pack::MatrixSource source);
  Vector place_vector(std::vector<VectorPart> parts);
  void plan_layers();
  void plan_limits();
  void restore(Chip& chip, const Progress& progress, bool verify, const Checkpoint& from) const;
  std::vector<Command> commands_of_pass() const;
  std::vector<Command> commands_of_attention() const;
  // Parts of a program; `post` is a semaphore.
  Command embed() const;
  Command norm(const Vector& weights, bool joined, std::uint32_t post) const;
  void project(const Layer& layer, std::uint32_t kv_base, std::uint32_t post,
               std::vector<Command>& out) const;
  Command attend(const Layer& layer, std::uint32_t kv_base, std::uint32_t post) const;
  Command matmul(const Matrix& m, std::uint32_t src_block, std::uint32_t vector, std::uint32_t wait) const;

  const gguf::File& file_;
  const ModelConfig& config_;
  const Capabilities chip_;
  const std::uint32_t context_;
  const std::uint32_t sequences_;
  std::uint64_t end_ = 0;
  std::uint64_t weight_bytes_ = 0;
  std::uint64_t file_bytes_ = 0;
  std::uint64_t least_bytes_ = 0;
  std::uint32_t program_address_ = 0;
  std::uint32_t attention_address_ = 0;
  std::uint32_t setup_address_ = 0;
  std::size_t command_count_ = 0;
  std::uint32_t max_tokens_ = 0;
  std::uint32_t rope_address_ = 0;
  std::uint32_t logits_address_ = 0;
  std::uint32_t logits_stride_ = 0;
  std::uint32_t kv_address_ = 0;
  KvLayout kv_;
  std::vector<Layer> layers_;
  Vector output_norm_;
  Matrix lm_head_;
  Matrix embedding_;  // only when it is not the LM head
  bool tied_ = true;
  std::vector<TensorPlan> plans_;
};

}  // namespace luoshu
