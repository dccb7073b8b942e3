// SPDX-License-Identifier: Apache-2.0
// Damaged and hostile files: whatever bytes of a good file change, it is refused with one line of advice, or
// it runs. The sanitizer build (sanitize_gguf_mutation) looks closer at the same files.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <random>

#include "chip/model_chip.h"
#include "config/inventory.h"
#include "config/vocabulary.h"
#include "faults/tiny_model.h"
#include "luoshu/configuration.h"
#include "program/image.h"
#include "runtime/engine.h"
#include "support/gguf_writer.h"
#include "support/mapped_model.h"
#include "support/seed.h"

namespace {

using namespace luoshu;
using testing_support::RandomModel;
using testing_support::TinyModel;

RandomModel small_model() {
  RandomModel m;
  m.layers = 1;
  m.d = 32;
  m.ff = 32;
  m.heads = 2;
  m.kv_heads = 1;
  m.head_dim = 8;
  m.vocab = 20;
  return m;
}

// Everything that `examine` and `generate` do with a file: list, read, tokenize, plan, pack, run.
void run_file(const std::function<std::unique_ptr<gguf::File>()>& open) {
  const auto file = open();
  const Inventory inventory = inventory_of(*file);
  ASSERT_EQ(inventory.keys.size(), file->keys().size());
  ASSERT_EQ(inventory.tensors.size(), file->tensors().size());
  for (const Finding& f : inventory.keys) ASSERT_FALSE(file->shown(f.name).empty()) << f.name;
  const ModelConfig config = ModelConfig::from(*file);
  for (const Finding& f : inventory.keys) ASSERT_NE(f.fate, Fate::kRefused) << f.name;
  for (const Finding& f : inventory.tensors) ASSERT_EQ(f.fate, Fate::kUsed) << f.name;
  const auto tokenizer = Tokenizer::create(vocabulary_of(*file, config.vocab));
  std::vector<std::int32_t> ids = tokenizer->encode("Once <s>\n");
  tokenizer->decode(ids, true);
  ids.resize(std::min<std::size_t>(ids.size(), 3));
  if (ids.empty()) return;
  constexpr std::uint32_t kContext = 40;
  ModelChip chip(configuration("lab"), 1);
  Image image(*file, config, chip.capabilities(), kContext);
  image.upload(chip, nullptr, true);
  const auto engine = make_chip_engine(chip, image, config.vocab);
  std::vector<float> logits;
  engine->evaluate(ids, LogitsMode::kAll, &logits);
  ASSERT_EQ(logits.size(), ids.size() * config.vocab);
  Reference reference(*file, config, kContext);
  reference.evaluate(ids, logits);
}

struct Outcome {
  int ran = 0;
  int refused = 0;
};

// Runs a file; anything but an InputError of one line with advice is a failure.
void try_opened(const std::function<std::unique_ptr<gguf::File>()>& open, const std::string& what,
                Outcome& outcome) {
  try {
    run_file(open);
    ++outcome.ran;
  } catch (const InputError& e) {
    const std::string text = e.what();
    EXPECT_EQ(text.find('\n'), std::string::npos) << what << ": " << text;
    EXPECT_NE(text.find("; "), std::string::npos) << what << ": no advice: " << text;
    ++outcome.refused;
  } catch (const std::exception& e) {
    ADD_FAILURE() << what << ": " << e.what();
  }
}

void try_file(const std::string& data, const std::string& what, Outcome& outcome) {
  try_opened([&] { return testing_support::mapped(data); }, what, outcome);
}

// The offset behind the last tensor's description, where only weights follow.
std::size_t header_end(const RandomModel& m, const std::string& file) {
  std::size_t end = 0;
  for (std::uint32_t l = 0; l < m.layers; ++l) end = std::max(end, file.rfind("blk." + std::to_string(l)));
  return end + 64;
}

TEST(Mutation, TheGoodFileRuns) {
  Outcome outcome;
  try_file(small_model().file(), "the good file", outcome);
  EXPECT_EQ(outcome.ran, 1);
}

// Every length from nothing to all but the last byte: nothing but the padding at the end may be missing.
TEST(Mutation, Truncated) {
  const RandomModel m = small_model();
  const std::string good = m.file();
  const std::size_t header = header_end(m, good);
  for (std::size_t length = 0; length + 32 < good.size(); length += length < header ? 1 : 97) {
    Outcome outcome;
    try_file(good.substr(0, length), "cut to " + std::to_string(length) + " bytes", outcome);
    ASSERT_EQ(outcome.refused, 1) << "cut to " << length << " bytes";
  }
}

// Every byte of the header as all zeros, all ones and its complement.
TEST(Mutation, EveryHeaderByte) {
  const RandomModel m = small_model();
  const std::string good = m.file();
  const std::size_t header = header_end(m, good);
  Outcome outcome;
  for (std::size_t at = 0; at < header; ++at) {
    for (const int value : {0, 255, 255 - static_cast<std::uint8_t>(good[at])}) {
      std::string bad = good;
      bad[at] = static_cast<char>(value);
      try_file(bad, "byte " + std::to_string(at) + " = " + std::to_string(value), outcome);
    }
  }
  EXPECT_GT(outcome.ran, 0);
  EXPECT_GT(outcome.refused, 0);
}

// Sizes, counts and lengths as the numbers that overflow sums, products and casts.
TEST(Mutation, ExtremeNumbers) {
  const RandomModel m = small_model();
  const std::string good = m.file();
  const std::size_t header = header_end(m, good);
  Outcome outcome;
  for (std::size_t at = 0; at + 8 <= header; at += 3) {
    for (const std::uint64_t value :
         {~std::uint64_t{0}, ~std::uint64_t{0} >> 1, std::uint64_t{1} << 32, std::uint64_t{0xffffffff},
          std::uint64_t{1} << 31, std::uint64_t{0x7fc000007fc00000}, std::uint64_t{1}}) {
      std::string bad = good;
      std::memcpy(&bad[at], &value, at % 2 == 0 ? 8 : 4);
      try_file(bad, "offset " + std::to_string(at) + " = " + std::to_string(value), outcome);
    }
  }
  EXPECT_GT(outcome.refused, 0);
}

// Byte-level BPE with an odd merge and an empty token, numbers per layer, one bias, a RoPE factor.
struct OddModel : TinyModel {
  OddModel() : TinyModel("qwen2", false) {
    merges.insert(merges.begin() + 2, "odd");
    tokens[301] = "";
    types[302] = 0;
    for (const char* key : {"qwen2.attention.head_count", "qwen2.feed_forward_length"}) {
      const std::int32_t n = key[6] == 'a' ? 4 : 64;
      set(key, [n](gguf::Writer& w, const std::string& k) { w.integers(k, {n, n}); });
    }
    f32("qwen2.rope.scaling.factor", 2);
    u32("tokenizer.ggml.eot_token_id", 399);
    u32("tokenizer.ggml.padding_token_id", 4000);
    add("blk.1.attn_k.bias", {kKvHeads * kHead});
  }
};
const TinyModel& odd_model() {
  static const OddModel model;
  return model;
}

TEST(Mutation, TheOddFileRuns) {
  Outcome outcome;
  try_file(odd_model().file(), "the odd file", outcome);
  EXPECT_EQ(outcome.ran, 1);
}

// Bytes of either part of a split model.
TEST(Mutation, SplitParts) {
  std::mt19937_64 random(test_seed());
  const TinyModel& m = odd_model();
  const std::size_t half = m.order.size() / 2;
  const std::string good[] = {m.part(0, half, 0, 2), m.part(half, m.order.size(), 1, 2)};
  const std::string stem = testing::TempDir() + "luoshu_split_" + std::to_string(getpid());
  const std::string names[] = {stem + "-00001-of-00002.gguf", stem + "-00002-of-00002.gguf"};
  const auto write = [&](int part, const std::string& data) {
    std::ofstream(names[part], std::ios::binary) << data;
  };
  const auto open = [&] { return std::make_unique<gguf::File>(names[0]); };
  Outcome outcome;
  for (int part = 0; part < 2; ++part) write(part, good[part]);
  try_opened(open, "the good parts", outcome);
  EXPECT_EQ(outcome.ran, 1);
  for (int i = 0; i < 400; ++i) {
    const int part = random() % 4 == 0 ? 0 : 1;
    std::string bad = good[part];
    const std::size_t reach = std::min<std::size_t>(bad.size(), random() % 4 == 0 ? bad.size() : 900);
    for (std::uint64_t n = 1 + random() % 4; n > 0; --n) bad[random() % reach] = static_cast<char>(random());
    if (random() % 8 == 0) bad.resize(random() % bad.size());
    write(part, bad);
    try_opened(open, "seed " + std::to_string(test_seed()) + ", split mutation " + std::to_string(i),
               outcome);
    write(part, good[part]);
  }
  EXPECT_GT(outcome.ran, 10);
  EXPECT_GT(outcome.refused, 10);
  for (const std::string& name : names) std::filesystem::remove(name);
}

TEST(Mutation, RandomBytes) {
  std::mt19937_64 random(test_seed());
  std::vector<std::string> files;
  for (int family = 0; family < 4; ++family) {
    RandomModel m = small_model();
    m.seed = static_cast<std::uint64_t>(family) + 1;
    if (family == 1) m.arch = "qwen2", m.bias = true, m.type = gguf::Type::kQ4_0;
    if (family == 2) m.arch = "qwen3", m.qk_norm = true, m.type = gguf::Type::kQ4_1;
    if (family == 3) m.type = gguf::Type::kF16, m.ff = 44, m.tied = false;
    files.push_back(m.file());
  }
  files.push_back(odd_model().file());
  Outcome outcome;
  for (int i = 0; i < 4000; ++i) {
    std::string bad = files[random() % files.size()];
    const std::size_t reach = random() % 2 == 0 ? bad.size() : std::min<std::size_t>(bad.size(), 3500);
    for (std::uint64_t n = 1 + random() % 6; n > 0; --n) {
      bad[random() % reach] = static_cast<char>(random() % 5 == 0 ? 0xff : random());
    }
    if (random() % 8 == 0) bad.resize(random() % bad.size());
    if (random() % 16 == 0) bad += std::string(random() % 100, 'x');
    try_file(bad, "seed " + std::to_string(test_seed()) + ", mutation " + std::to_string(i), outcome);
  }
  EXPECT_GT(outcome.ran, 100);
  EXPECT_GT(outcome.refused, 100);
}

}  // namespace
