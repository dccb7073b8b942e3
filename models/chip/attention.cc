// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <limits>

#include "chip/kernels.h"
#include "numerics/special.h"

namespace luoshu::model {

using namespace numerics;

std::uint32_t KvCache::padded() const {
  std::uint32_t p = 8;
  while (p < head_dim) p *= 2;
  return p;
}

// K is stored in pairs of hi beats behind the beat of their low nibbles: lo, hi, hi.
std::uint32_t KvCache::key_high(std::uint32_t key, std::uint32_t dim) const {
  const std::uint32_t element = key * padded() + dim;
  const std::uint32_t pair = element / (2 * lanes);
  return meta_bytes() + pair * 3 * lanes + lanes + element % (2 * lanes);
}

std::uint32_t KvCache::key_low(std::uint32_t key, std::uint32_t dim) const {
  const std::uint32_t element = key * padded() + dim;
  const std::uint32_t pair = element / (2 * lanes);
  return meta_bytes() + pair * 3 * lanes + element % (2 * lanes) / 2;
}

std::uint32_t KvCache::value(std::uint32_t key, std::uint32_t dim) const {
  const std::uint32_t hp = padded();
  const std::uint32_t start = meta_bytes() + LUOSHU_KEY_BLOCK * hp * 3 / 2;
  if (hp <= lanes) return start + key * hp + dim;
  return start + (dim / lanes * LUOSHU_KEY_BLOCK + key) * lanes + dim % lanes;
}

void write_key(const KvCache& cache, std::uint32_t head, std::uint32_t position, const std::int16_t* k,
               int exponent) {
  const std::uint32_t key = position % LUOSHU_KEY_BLOCK;
  std::uint8_t* block = cache.block(head, position / LUOSHU_KEY_BLOCK);
  cache.exponents(head, position / LUOSHU_KEY_BLOCK)[key] = static_cast<std::uint8_t>(exponent);
  for (std::uint32_t d = 0; d < cache.head_dim; ++d) {
    block[cache.key_high(key, d)] = static_cast<std::uint8_t>(k[d] >> 4);
    std::uint8_t& low = block[cache.key_low(key, d)];
    const auto nibble = static_cast<std::uint8_t>(k[d] & 15);
    low = static_cast<std::uint8_t>(d % 2 == 0 ? (low & 0xf0) | nibble : (low & 0x0f) | nibble << 4);
  }
}

void write_value(const KvCache& cache, std::uint32_t head, std::uint32_t position, const std::int8_t* v,
                 int exponent) {
  const std::uint32_t key = position % LUOSHU_KEY_BLOCK;
  std::uint8_t* block = cache.block(head, position / LUOSHU_KEY_BLOCK);
  cache.exponents(head, position / LUOSHU_KEY_BLOCK)[LUOSHU_KEY_BLOCK + key] =
      static_cast<std::uint8_t>(exponent);
  for (std::uint32_t d = 0; d < cache.head_dim; ++d)
    block[cache.value(key, d)] = static_cast<std::uint8_t>(v[d]);
}

namespace {

constexpr std::uint32_t kKeys = LUOSHU_KEY_BLOCK;
constexpr std::uint32_t kMaxHead = 256;

// A block of keys and values as integers.
struct KvBlock {
  std::int16_t k[kKeys][kMaxHead];
  std::int32_t v[kKeys][kMaxHead];
  std::int8_t ke[kKeys], ve[kKeys];
};

// A key lies in pieces of at most two beats (K) or one beat (V) without a gap.
void unpack(const KvCache& cache, std::uint32_t head, std::uint32_t index, std::uint32_t valid,
            KvBlock& out) {
  const std::uint8_t* block = cache.block(head, index);
  const std::uint8_t* exponents = cache.exponents(head, index);
  const std::uint32_t k_piece = std::min(cache.padded(), 2 * cache.lanes);
  const std::uint32_t v_piece = std::min(cache.padded(), cache.lanes);
  for (std::uint32_t key = 0; key < valid; ++key) {
    out.ke[key] = static_cast<std::int8_t>(exponents[key]);
    out.ve[key] = static_cast<std::int8_t>(exponents[kKeys + key]);
    for (std::uint32_t at = 0; at < cache.head_dim; at += k_piece) {
      const std::uint8_t* high = block + cache.key_high(key, at);
      const std::uint8_t* low = block + cache.key_low(key, at);
      std::int16_t* k = out.k[key] + at;
      for (std::uint32_t i = 0; i < k_piece; i += 2) {
        k[i] = static_cast<std::int16_t>(static_cast<std::int8_t>(high[i]) * 16 + (low[i / 2] & 15));
        k[i + 1] = static_cast<std::int16_t>(static_cast<std::int8_t>(high[i + 1]) * 16 + (low[i / 2] >> 4));
      }
    }
    for (std::uint32_t at = 0; at < cache.head_dim; at += v_piece) {
      const std::uint8_t* value = block + cache.value(key, at);
      for (std::uint32_t i = 0; i < v_piece; ++i) out.v[key][at + i] = static_cast<std::int8_t>(value[i]);
    }
  }
}

// State of one query head (section 9).
struct Head {
  std::int32_t m = 0;
  std::int64_t l = 0;
  std::int32_t r = 0;
  std::array<std::int64_t, kMaxHead> o{};
};

std::int32_t logit(std::int32_t dot, int shift) {
  constexpr std::int64_t kLimit = std::int64_t{1} << 30;
  if (shift >= 0) return static_cast<std::int32_t>(sat(rs(dot, shift), kLimit));
  if (dot == 0) return 0;
  if (shift < -31) return static_cast<std::int32_t>(dot < 0 ? -kLimit : kLimit);
  return static_cast<std::int32_t>(sat(std::int64_t{dot} * (std::int64_t{1} << -shift), kLimit));
}

void step(const KvBlock& kv, std::uint32_t valid, std::uint32_t head_dim, const Query& query, bool first,
          Head& h) {
  std::int32_t s[kKeys];
  std::int32_t largest = std::numeric_limits<std::int32_t>::min();
  std::int32_t vr = -128;
  for (std::uint32_t key = 0; key < valid; ++key) {
    std::int32_t dot = 0;
    for (std::uint32_t d = 0; d < head_dim; ++d) dot += std::int32_t{query.q[d]} * kv.k[key][d];
    s[key] = logit(dot, -(query.e + kv.ke[key] + 16));
    largest = std::max(largest, s[key]);
    vr = std::max<std::int32_t>(vr, kv.ve[key]);
  }
  const std::int32_t bm = (largest + 65535) >> 16;
  const std::int32_t m = first ? bm : std::max(h.m, bm);
  std::int64_t sum = 0;
  std::int32_t ob[kMaxHead] = {};
  for (std::uint32_t key = 0; key < valid; ++key) {
    const Exp2 e = exp2fix(static_cast<std::int32_t>(std::int64_t{s[key]} - std::int64_t{m} * 65536));
    const auto p = static_cast<std::int32_t>(std::min<std::int64_t>(65535, rs(e.sig, 1 - std::int64_t{e.n})));
    sum += p;
    const auto scaled = static_cast<std::int32_t>(rs(p, vr - kv.ve[key]));
    for (std::uint32_t d = 0; d < head_dim; ++d) ob[d] += scaled * kv.v[key][d];
  }
  if (first) {
    h.l = sum;
    h.r = vr;
    for (std::uint32_t d = 0; d < head_dim; ++d) h.o[d] = std::int64_t{ob[d]} * 64;
  } else {
    const std::int32_t dm = m - h.m;
    const std::int32_t r = std::max(h.r, vr);
    h.l = rs(h.l, dm) + sum;
    for (std::uint32_t d = 0; d < head_dim; ++d)
      h.o[d] = rs(h.o[d], dm + r - h.r) + rs(std::int64_t{ob[d]} * 64, r - vr);
    h.r = r;
  }
  h.m = m;
}

}  // namespace

void attention(const KvCache& cache, std::uint32_t head, std::uint32_t keys, const Query* queries,
               std::uint32_t count, float* out) {
  std::vector<Head> heads(count);
  KvBlock kv;
  for (std::uint32_t block = 0; block * kKeys < keys; ++block) {
    const std::uint32_t valid = std::min(kKeys, keys - block * kKeys);
    unpack(cache, head, block, valid, kv);
    for (std::uint32_t i = 0; i < count; ++i)
      step(kv, valid, cache.head_dim, queries[i], block == 0, heads[i]);
  }
  for (std::uint32_t i = 0; i < count; ++i) {
    const float r = recip(tofp(heads[i].l, -16));
    for (std::uint32_t d = 0; d < cache.head_dim; ++d) {
      out[i * cache.head_dim + d] = fmul(tofp(heads[i].o[d], heads[i].r - 22), r);
    }
  }
}

}  // namespace luoshu::model
