// SPDX-License-Identifier: Apache-2.0
// Attention of the model device against docs/numerics.md section 9, for caches of every lane count and
// head_dim.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "chip/kernels.h"
#include "numerics/special.h"
#include "support/seed.h"

namespace {

using namespace luoshu;
using namespace luoshu::numerics;

// Keys and values as they were before they went to the cache.
struct Entry {
  std::vector<std::int16_t> k;
  std::vector<std::int8_t> v;
  int ke, ve;
};

std::int64_t shifted(std::int64_t dot, int n) {
  constexpr std::int64_t kLimit = std::int64_t{1} << 30;
  if (n >= 0) return sat(rs(dot, n), kLimit);
  if (dot == 0 || n > -32) return sat(dot * (std::int64_t{1} << -n), kLimit);
  return dot < 0 ? -kLimit : kLimit;
}

// Section 9, element by element.
std::vector<float> definition(const std::vector<Entry>& keys, const model::Query& q) {
  const std::size_t dims = q.q.size();
  std::int64_t m = 0, l = 0, r = 0;
  std::vector<std::int64_t> o(dims);
  for (std::size_t start = 0; start < keys.size(); start += LUOSHU_KEY_BLOCK) {
    const std::size_t end = std::min<std::size_t>(keys.size(), start + LUOSHU_KEY_BLOCK);
    std::vector<std::int64_t> s, ob(dims);
    std::int64_t vr = -128;
    for (std::size_t i = start; i < end; ++i) {
      std::int64_t dot = 0;
      for (std::size_t d = 0; d < dims; ++d) dot += std::int64_t{q.q[d]} * keys[i].k[d];
      s.push_back(shifted(dot, -(q.e + keys[i].ke + 16)));
      vr = std::max<std::int64_t>(vr, keys[i].ve);
    }
    const std::int64_t bm = (*std::max_element(s.begin(), s.end()) + 65535) >> 16;
    const std::int64_t next = start == 0 ? bm : std::max(m, bm);
    std::int64_t sum = 0;
    for (std::size_t i = start; i < end; ++i) {
      const Exp2 e = exp2fix(static_cast<std::int32_t>(s[i - start] - next * 65536));
      const std::int64_t p = std::min<std::int64_t>(65535, rs(e.sig, 1 - std::int64_t{e.n}));
      sum += p;
      for (std::size_t d = 0; d < dims; ++d) ob[d] += rs(p, vr - keys[i].ve) * keys[i].v[d];
    }
    const std::int64_t top = start == 0 ? vr : std::max(r, vr);
    l = (start == 0 ? 0 : rs(l, next - m)) + sum;
    for (std::size_t d = 0; d < dims; ++d)
      o[d] = (start == 0 ? 0 : rs(o[d], next - m + top - r)) + rs(ob[d] * 64, top - vr);
    m = next;
    r = top;
  }
  std::vector<float> out;
  for (const std::int64_t value : o)
    out.push_back(fmul(tofp(value, static_cast<int>(r) - 22), recip(tofp(l, -16))));
  return out;
}

TEST(Attention, FollowsTheDefinition) {
  std::mt19937_64 random(test_seed());
  const auto pick = [&](int low, int high) { return std::uniform_int_distribution<int>(low, high)(random); };
  for (int run = 0; run < 150; ++run) {
    const std::uint32_t lanes[] = {8, 32, 64, 128};
    model::KvCache cache{nullptr, lanes[pick(0, 3)], static_cast<std::uint32_t>(pick(4, 128) * 2), 0, 0};
    cache.block_bytes = cache.meta_bytes() + LUOSHU_KEY_BLOCK * cache.padded() * 5 / 2;
    cache.head_stride = cache.block_bytes * 3;
    std::vector<std::uint8_t> memory(cache.head_stride * 2);
    cache.base = memory.data();
    const auto head = static_cast<std::uint32_t>(pick(0, 1));
    std::vector<Entry> keys(static_cast<std::size_t>(pick(1, 3 * LUOSHU_KEY_BLOCK)));
    for (std::size_t i = 0; i < keys.size(); ++i) {
      Entry& e = keys[i];
      for (std::uint32_t d = 0; d < cache.head_dim; ++d) {
        e.k.push_back(static_cast<std::int16_t>(pick(-2047, 2047)));
        e.v.push_back(static_cast<std::int8_t>(pick(-127, 127)));
      }
      e.ke = pick(0, 9) == 0 ? pick(-128, 127) : pick(-16, -8);
      e.ve = pick(0, 9) == 0 ? pick(-128, 127) : pick(-12, -4);
      model::write_key(cache, head, static_cast<std::uint32_t>(i), e.k.data(), e.ke);
      model::write_value(cache, head, static_cast<std::uint32_t>(i), e.v.data(), e.ve);
    }
    std::vector<model::Query> queries(static_cast<std::size_t>(pick(1, 3)));
    for (model::Query& q : queries) {
      for (std::uint32_t d = 0; d < cache.head_dim; ++d)
        q.q.push_back(static_cast<std::int16_t>(pick(-2047, 2047)));
      q.e = pick(-24, -14);
    }
    std::vector<float> out(queries.size() * cache.head_dim);
    model::attention(cache, head, static_cast<std::uint32_t>(keys.size()), queries.data(),
                     static_cast<std::uint32_t>(queries.size()), out.data());
    for (std::size_t i = 0; i < queries.size(); ++i) {
      const std::vector<float> want = definition(keys, queries[i]);
      for (std::size_t d = 0; d < want.size(); ++d) {
        ASSERT_EQ(bits_of(out[i * want.size() + d]), bits_of(want[d]))
            << "lanes " << cache.lanes << ", head_dim " << cache.head_dim << ", " << keys.size()
            << " keys, query " << i << ", element " << d;
      }
    }
  }
}

}  // namespace
