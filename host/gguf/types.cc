// SPDX-License-Identifier: Apache-2.0
#include "gguf/types.h"

#include <cmath>
#include <cstring>

#include "gguf/values.h"
#include "luoshu/error.h"

namespace luoshu::gguf {
namespace {

constexpr int kBlock = 32;

template <class T>
T load(const std::uint8_t* p) {
  T v{};
  std::memcpy(&v, p, sizeof v);
  return v;
}

float half(const std::uint8_t* p) {
  const auto h = load<std::uint16_t>(p);
  const std::uint32_t sign = static_cast<std::uint32_t>(h & 0x8000) << 16;
  const std::uint32_t exponent = h >> 10 & 31;
  const std::uint32_t fraction = h & 1023;
  std::uint32_t raw = sign | (exponent + 112) << 23 | fraction << 13;
  if (exponent == 31) raw = sign | 0x7f800000u | fraction << 13;
  float value = 0;
  if (exponent == 0) {
    value = static_cast<float>(fraction) * 0x1p-24f;
    return sign != 0 ? -value : value;
  }
  std::memcpy(&value, &raw, 4);
  return value;
}

float brain(const std::uint8_t* p) {
  const std::uint32_t raw = static_cast<std::uint32_t>(load<std::uint16_t>(p)) << 16;
  float value = 0;
  std::memcpy(&value, &raw, 4);
  return value;
}

}  // namespace

TypeLayout type_layout(Type type) {
  switch (type) {
    case Type::kF32:
      return {1, 4};
    case Type::kF16:
    case Type::kBF16:
      return {1, 2};
    case Type::kQ4_0:
      return {kBlock, 18};
    case Type::kQ4_1:
      return {kBlock, 20};
    case Type::kQ8_0:
      return {kBlock, 34};
  }
  return {};
}

std::string type_name(Type type) {
  static const char* const kNames[] = {
      "F32",   "F16",    "Q4_0", "Q4_1", "Q4_2", "Q4_3",    "Q5_0",   "Q5_1",    "Q8_0",  "Q8_1",   "Q2_K",
      "Q3_K",  "Q4_K",   "Q5_K", "Q6_K", "Q8_K", "IQ2_XXS", "IQ2_XS", "IQ3_XXS", "IQ1_S", "IQ4_NL", "IQ3_S",
      "IQ2_S", "IQ4_XS", "I8",   "I16",  "I32",  "I64",     "F64",    "IQ1_M",   "BF16"};
  const auto id = static_cast<std::uint32_t>(type);
  return id < sizeof kNames / sizeof kNames[0] ? kNames[id] : "number " + std::to_string(id);
}

void check_values(const std::string& tensor, const float* values, std::uint64_t count) {
  for (std::uint64_t i = 0; i < count; ++i) {
    if (std::fabs(values[i]) < kWeightLimit) continue;
    throw InputError("tensor '" + tensor + "' holds a value that is " +
                     (std::isfinite(values[i]) ? "beyond 2^30" : "not finite") +
                     "; the file is damaged, download it again");
  }
}

void dequantise_row(const Tensor& tensor, std::uint64_t row, float* out) {
  const std::uint64_t n = tensor.dims[0];
  const TypeLayout layout = type_layout(tensor.type);
  const std::uint8_t* p = tensor.data + row * (n / layout.block * layout.block_bytes);
  switch (tensor.type) {
    case Type::kF32:
      std::memcpy(out, p, n * sizeof(float));
      return;
    case Type::kF16:
      for (std::uint64_t i = 0; i < n; ++i) out[i] = half(p + 2 * i);
      return;
    case Type::kBF16:
      for (std::uint64_t i = 0; i < n; ++i) out[i] = brain(p + 2 * i);
      return;
    default:
      break;
  }
  for (std::uint64_t b = 0; b < n / kBlock; ++b, p += layout.block_bytes, out += kBlock) {
    const float d = half(p);
    if (tensor.type == Type::kQ8_0) {
      for (int i = 0; i < kBlock; ++i) out[i] = d * static_cast<float>(static_cast<std::int8_t>(p[2 + i]));
      continue;
    }
    const bool with_min = tensor.type == Type::kQ4_1;
    const std::uint8_t* q = p + (with_min ? 4 : 2);
    const float m = with_min ? half(p + 2) : -8 * d;
    for (int i = 0; i < kBlock / 2; ++i) {
      out[i] = d * static_cast<float>(q[i] & 15) + m;
      out[i + kBlock / 2] = d * static_cast<float>(q[i] >> 4) + m;
    }
  }
}

}  // namespace luoshu::gguf
