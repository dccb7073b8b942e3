// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "chip/kernels.h"
#include "numerics/special.h"

namespace luoshu::model {

using namespace numerics;

void quantise_activations(const float* v, std::size_t n, Activations& out) {
  const std::size_t blocks = (n + kBlock - 1) / kBlock;
  out.a.assign(blocks * kBlock, 0);
  out.e.resize(blocks);
  out.sum.resize(blocks);
  for (std::size_t b = 0; b < blocks; ++b) {
    const int count = static_cast<int>(std::min<std::size_t>(kBlock, n - b * kBlock));
    std::int16_t* a = out.a.data() + b * kBlock;
    out.e[b] = quantise(v + b * kBlock, count, 11, a, false);
    std::int32_t sum = 0;
    for (int i = 0; i < kBlock; ++i) sum += a[i];
    out.sum[b] = sum;
  }
  out.largest = *std::max_element(out.e.begin(), out.e.end());
}

void rms_norm(const float* x, const float* weight, std::size_t n, float inv_n, float eps, float* y) {
  int e = -127;
  for (std::size_t i = 0; i < n; ++i) e = std::max(e, exponent(x[i]));
  std::int64_t sum = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const std::int64_t v = to_fixed(x[i], e - 16, (1 << 17) - 1);
    sum += v * v;
  }
  const float r = rsqrt(fadd(fmul(tofp(sum, 2 * (e - 16)), inv_n), eps));
  for (std::size_t i = 0; i < n; ++i) y[i] = fmul(fmul(x[i], r), weight[i]);
}

void finish_head(const HeadParameters& p, HeadKind kind, std::uint32_t position, const float* bias,
                 const float* norm, float* y) {
  if (bias != nullptr) {
    for (std::uint32_t i = 0; i < p.head_dim; ++i) y[i] = fadd(y[i], bias[i]);
  }
  if (kind == HeadKind::kValue) return;
  if (norm != nullptr) rms_norm(y, norm, p.head_dim, p.inv_head_dim, p.eps, y);
  for (std::uint32_t i = 0; i < p.rot / 2; ++i) {
    const std::uint32_t phase = position * p.steps[i];
    const float c = cosine(phase);
    const float s = sine(phase);
    float& a = y[p.halves ? i : 2 * i];
    float& b = y[p.halves ? i + p.rot / 2 : 2 * i + 1];
    const float rotated = fadd(fmul(a, c), fmul(-b, s));
    b = fadd(fmul(a, s), fmul(b, c));
    a = rotated;
  }
  if (kind == HeadKind::kQuery) {
    for (std::uint32_t i = 0; i < p.head_dim; ++i) y[i] = fmul(y[i], p.q_scale);
  }
}

void swiglu(const float* y, std::size_t pairs, float* h) {
  for (std::size_t i = 0; i < pairs; ++i) h[i] = fmul(fmul(y[2 * i], sigmoid(y[2 * i])), y[2 * i + 1]);
}

}  // namespace luoshu::model
