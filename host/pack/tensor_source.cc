// SPDX-License-Identifier: Apache-2.0
#include "pack/tensor_source.h"

#include <cmath>
#include <cstring>
#include <memory>

#include "gguf/values.h"
#include "luoshu/error.h"

namespace luoshu::pack {
namespace {

std::uint16_t load_half(const std::uint8_t* p) {
  std::uint16_t v = 0;
  std::memcpy(&v, p, 2);
  return v;
}

// A block's fp16 scale or minimum.
std::uint16_t load_scale(const std::uint8_t* p, const std::string& name) {
  const std::uint16_t scale = load_half(p);
  if ((scale & 0x7c00u) == 0x7c00u) {
    throw InputError(
        "tensor '" + name +
        "' has a scale that is infinite or not a number; the file is damaged, download it again");
  }
  return scale;
}

// fp16 of 2^x, x in -24..15.
std::uint16_t half_power(int x) {
  return static_cast<std::uint16_t>(x >= -14 ? (x + 15) << 10 : 1 << (x + 24));
}

// Floats as 16-bit integers with a power-of-two scale.
void planes_block(const float* v, int count, const std::string& name, Block& out) {
  gguf::check_values(name, v, static_cast<std::uint64_t>(count));
  float largest = 0;
  for (int i = 0; i < count; ++i) largest = std::max(largest, std::fabs(v[i]));
  out = Block{};
  int exponent = -24;  // at most 15: the values are below 2^30
  if (largest > 0) exponent = std::max(std::ilogb(largest) - 14, -24);
  const float inverse = std::ldexp(1.0f, -exponent);
  for (int i = 0; i < count; ++i) {
    const long q = std::lround(v[i] * inverse);
    out.w[i] = static_cast<std::int16_t>(std::min(32767L, std::max(-32767L, q)));
  }
  out.scale = half_power(exponent);
}

}  // namespace

Mode natural_mode(std::uint32_t ggml_type) {
  switch (static_cast<gguf::Type>(ggml_type)) {
    case gguf::Type::kQ8_0:
      return Mode::kInt8;
    case gguf::Type::kQ4_0:
      return Mode::kInt4;
    case gguf::Type::kQ4_1:
      return Mode::kInt4m;
    default:
      return Mode::kPlanes;
  }
}

Fidelity fidelity(std::uint32_t ggml_type, Mode mode) {
  const auto type = static_cast<gguf::Type>(ggml_type);
  if (mode == natural_mode(ggml_type) && mode != Mode::kPlanes) return Fidelity::kNative;
  if (mode == Mode::kInt8 && type == gguf::Type::kQ4_0) return Fidelity::kLossless;
  return Fidelity::kRequantised;
}

MatrixSource tensor_source(const gguf::Tensor& tensor, Mode mode) {
  MatrixSource source;
  source.mode = mode;
  source.cols = tensor.dims[0];
  source.rows = tensor.n_dims > 1 ? tensor.dims[1] : 1;
  source.name = tensor.name;
  const auto type = tensor.type;
  const std::uint8_t* data = tensor.data;
  const std::uint64_t row_bytes = tensor.bytes / source.rows;
  if (mode == Mode::kInt8 && type == gguf::Type::kQ8_0) {
    source.block = [=, name = tensor.name](std::uint64_t row, std::uint64_t k, Block& out) {
      const std::uint8_t* p = data + row * row_bytes + k * 34;
      out.scale = load_scale(p, name);
      out.min = 0;
      for (int i = 0; i < 32; ++i) out.w[i] = static_cast<std::int8_t>(p[2 + i]);
    };
  } else if (type == gguf::Type::kQ4_0 && (mode == Mode::kInt4 || mode == Mode::kInt8)) {
    const std::int16_t offset = mode == Mode::kInt8 ? 8 : 0;
    source.block = [=, name = tensor.name](std::uint64_t row, std::uint64_t k, Block& out) {
      const std::uint8_t* p = data + row * row_bytes + k * 18;
      out.scale = load_scale(p, name);
      out.min = 0;
      for (int i = 0; i < 16; ++i) {
        out.w[i] = static_cast<std::int16_t>((p[2 + i] & 15) - offset);
        out.w[i + 16] = static_cast<std::int16_t>((p[2 + i] >> 4) - offset);
      }
    };
  } else if (type == gguf::Type::kQ4_1 && mode == Mode::kInt4m) {
    source.block = [=, name = tensor.name](std::uint64_t row, std::uint64_t k, Block& out) {
      const std::uint8_t* p = data + row * row_bytes + k * 20;
      out.scale = load_scale(p, name);
      out.min = load_scale(p + 2, name);
      for (int i = 0; i < 16; ++i) {
        out.w[i] = static_cast<std::int16_t>(p[4 + i] & 15);
        out.w[i + 16] = static_cast<std::int16_t>(p[4 + i] >> 4);
      }
    };
  } else if (mode == Mode::kPlanes) {
    const std::uint64_t cols = source.cols;
    // A row is dequantised once and kept: blocks of a row are asked for one after the other.
    struct RowCache {
      std::uint64_t row = ~std::uint64_t{0};
      std::vector<float> values;
    };
    auto cache = std::make_shared<RowCache>();
    source.block = [=, name = tensor.name](std::uint64_t row, std::uint64_t k, Block& out) {
      if (cache->row != row) {
        cache->values.resize(cols);
        gguf::dequantise_row(tensor, row, cache->values.data());
        cache->row = row;
      }
      const std::uint64_t left = cols - k * 32;
      planes_block(cache->values.data() + k * 32, static_cast<int>(left < 32 ? left : 32), name, out);
    };
  } else {
    throw InputError("tensor '" + tensor.name + "' of type " + gguf::type_name(type) +
                     " cannot run in the mode asked for; report this file");
  }
  return source;
}

}  // namespace luoshu::pack
