// SPDX-License-Identifier: Apache-2.0
// What the units of the chip compute, on the formats of device memory (docs/numerics.md,
// docs/architecture/memory.md). The unit tests of the RTL call the same functions.
#pragma once
#include <cstdint>
#include <vector>

#include "chip/worker_pool.h"
#include "luoshu/defs.h"

namespace luoshu::model {

constexpr int kBlock = LUOSHU_BLOCK;

// A vector of 12-bit activations in blocks of 32 with an LSB exponent each (section 2).
struct Activations {
  std::vector<std::int16_t> a;    // blocks x 32, zeros beyond the last element
  std::vector<std::int32_t> e;    // LSB exponent per block
  std::vector<std::int32_t> sum;  // sum of a per block
  int largest = 0;                // A, the largest e
  std::size_t blocks() const { return e.size(); }
};
void quantise_activations(const float* v, std::size_t n, Activations& out);

// y = RMSNorm of n elements (section 5).
void rms_norm(const float* x, const float* weight, std::size_t n, float inv_n, float eps, float* y);

// The weight stream of a matrix.
struct WeightStream {
  const std::uint8_t* data = nullptr;
  std::uint32_t lanes = 32;
  std::uint32_t mode = 0;  // LUOSHU_MODE_*
  std::uint32_t rows = 0;
  std::uint32_t kblocks = 0;
  int reference = 0;  // W

  std::uint32_t slots() const { return lanes < 32 ? 1 : lanes / 32; }
  bool joined() const { return mode == LUOSHU_MODE_INT4 || mode == LUOSHU_MODE_INT4M; }
  std::uint32_t tile_rows() const { return slots() * (joined() ? 2 : 1); }
  std::uint32_t planes() const { return mode == LUOSHU_MODE_PLANES ? 2 : 1; }
  std::uint32_t beats_per_block() const { return lanes < 32 ? 32 / lanes : 1; }
  std::uint32_t run_beats() const {
    return mode == LUOSHU_MODE_INT4 ? 8 : mode == LUOSHU_MODE_INT4M ? 4 : 16;
  }
  std::uint32_t scale_bytes() const { return mode == LUOSHU_MODE_INT4M ? 4 : 2; }  // of a row
  std::uint64_t beats() const;  // of the whole stream, scales included
};

// One block of a row: 32 weights as integers with their scale; min only in INT4M. plane: 1 = the low plane of
// PLANES.
struct WeightBlock {
  std::int16_t w[kBlock];
  std::int32_t significand, exponent;  // scale = significand 2^exponent
  std::int32_t min_significand, min_exponent;
};
void load_block(const WeightStream& stream, std::uint32_t row, std::uint32_t k, std::uint32_t plane,
                WeightBlock& out);

// y[token][row] = matrix x vectors[token], blocks first_block.. of each (section 4). y has stream.rows floats
// per token.
void matmul(WorkerPool& pool, const WeightStream& stream, const std::vector<const Activations*>& vectors,
            float* y);
// Row `row` of an embedding: d floats (section 10).
void embedding_row(const WeightStream& stream, std::uint32_t row, std::uint32_t d, float* x);

// The KV cache of one (layer, sequence).
struct KvCache {
  std::uint8_t* base = nullptr;
  std::uint32_t lanes = 32;
  std::uint32_t head_dim = 0;
  std::uint32_t head_stride = 0;  // bytes
  std::uint32_t block_bytes = 0;

  std::uint32_t padded() const;  // head_dim as a power of two, at least 8
  std::uint32_t meta_bytes() const { return lanes > 64 ? lanes : 64; }
  std::uint8_t* block(std::uint32_t head, std::uint32_t index) const {
    return base + head * head_stride + index * block_bytes;
  }
  // Exponents of the 32 keys of a block, those of its values behind them; with 128 lanes and more two blocks
  // share a beat.
  std::uint8_t* exponents(std::uint32_t head, std::uint32_t index) const {
    const std::uint32_t second = lanes >= 4 * LUOSHU_KEY_BLOCK ? index % 2 : 0;
    return block(head, index - second) + second * 2 * LUOSHU_KEY_BLOCK;
  }
  std::uint32_t key_high(std::uint32_t key, std::uint32_t dim) const;  // byte of K's high part in a block
  std::uint32_t key_low(std::uint32_t key, std::uint32_t dim) const;   // byte that holds K's low nibble
  std::uint32_t value(std::uint32_t key, std::uint32_t dim) const;     // byte of V
};
void write_key(const KvCache& cache, std::uint32_t head, std::uint32_t position, const std::int16_t* k,
               int exponent);
void write_value(const KvCache& cache, std::uint32_t head, std::uint32_t position, const std::int8_t* v,
                 int exponent);

// One head of q: integers and LSB exponent.
struct Query {
  std::vector<std::int16_t> q;
  int e = 0;
};
// out[head_dim] for each of the queries that share kv head `head`, over keys 0..keys-1 (section 9).
void attention(const KvCache& cache, std::uint32_t head, std::uint32_t keys, const Query* queries,
               std::uint32_t count, float* out);

// What a head of Q, K or V goes through after the matrix (section 8), in place, up to the quantising.
struct HeadParameters {
  std::uint32_t head_dim = 0, rot = 0;
  bool halves = false;
  float inv_head_dim = 0, q_scale = 0, eps = 0;
  const std::uint32_t* steps = nullptr;  // RoPE phase steps, rot / 2
};
enum class HeadKind { kKey, kValue, kQuery };
// bias, norm: null where the model has none.
void finish_head(const HeadParameters& p, HeadKind kind, std::uint32_t position, const float* bias,
                 const float* norm, float* y);

// h[i] = silu(gate) * up of pairs y[2i], y[2i+1] (section 10).
void swiglu(const float* y, std::size_t pairs, float* h);

}  // namespace luoshu::model
