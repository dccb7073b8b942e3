// SPDX-License-Identifier: Apache-2.0
// The GGUF reader on good, bad and mutated files, and the configuration read from them.
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <functional>

#include "config/model_config.h"
#include "config/vocabulary.h"
#include "luoshu/error.h"
#include "support/gguf_writer.h"

namespace {

using namespace luoshu;
using testing_support::GgufWriter;
using testing_support::RandomModel;

class GgufTest : public testing::Test {
 protected:
  std::string write(const std::string& data) {
    path_ = testing::TempDir() + "luoshu_gguf_" + std::to_string(getpid()) + ".gguf";
    std::ofstream(path_, std::ios::binary) << data;
    return path_;
  }
  ~GgufTest() override {
    if (!path_.empty()) unlink(path_.c_str());
  }
  // The message of the refusal; fails when the file is taken.
  std::string refusal(const std::string& data, bool whole_model = false) {
    try {
      const gguf::File file(write(data));
      if (whole_model) {
        const ModelConfig config = ModelConfig::from(file);
        vocabulary_of(file, config.vocab);
      }
    } catch (const InputError& e) {
      const std::string text = e.what();
      EXPECT_EQ(text.find('\n'), std::string::npos) << text;
      EXPECT_NE(text.find("; "), std::string::npos) << "no advice: " << text;
      return text;
    }
    ADD_FAILURE() << "the file was taken";
    return "";
  }
  std::string path_;
};

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

GgufWriter small() {
  GgufWriter w;
  w.string("general.architecture", "llama");
  w.u32("a.b", 7);
  w.tensor("t", {4, 2}, gguf::Type::kF32, std::string(32, '\0'));
  return w;
}

TEST_F(GgufTest, KeysAndTensors) {
  GgufWriter w = small();
  w.f32("x", 1.5f);
  w.boolean("yes", true);
  w.strings("names", {"a", "", "ccc"});
  w.integers("ids", {1, -2, 3});
  w.floats("scores", {0.5f, -1.0f});
  const gguf::File file(write(w.file()));
  EXPECT_EQ(file.integer("a.b").value(), 7u);
  EXPECT_EQ(file.real("x").value(), 1.5);
  EXPECT_TRUE(file.boolean("yes").value());
  EXPECT_EQ(file.string("general.architecture").value(), "llama");
  EXPECT_EQ(file.strings("names"), (std::vector<std::string>{"a", "", "ccc"}));
  EXPECT_EQ(file.integers("ids"), (std::vector<std::int32_t>{1, -2, 3}));
  EXPECT_EQ(file.reals("scores"), (std::vector<float>{0.5f, -1.0f}));
  EXPECT_EQ(file.numbers("ids"), (std::vector<double>{1, -2, 3}));
  EXPECT_EQ(file.numbers("yes"), std::vector<double>{1});
  EXPECT_EQ(file.numbers("x"), std::vector<double>{1.5});
  EXPECT_TRUE(file.numbers("none").empty());
  EXPECT_THROW(file.numbers("names"), InputError);
  EXPECT_TRUE(file.is_array("ids"));
  EXPECT_FALSE(file.is_array("x"));
  EXPECT_FALSE(file.is_array("none"));
  EXPECT_EQ(file.keys(),
            (std::vector<std::string>{"general.architecture", "a.b", "x", "yes", "names", "ids", "scores"}));
  EXPECT_EQ(file.shown("general.architecture"), "'llama'");
  EXPECT_EQ(file.shown("a.b"), "7");
  EXPECT_EQ(file.shown("x"), "1.5");
  EXPECT_EQ(file.shown("yes"), "true");
  EXPECT_EQ(file.shown("names"), "[3 string]");
  EXPECT_EQ(file.shown("ids"), "[3 i32]");
  EXPECT_FALSE(file.integer("none").has_value());
  EXPECT_THROW(file.integer("x"), InputError);
  EXPECT_THROW(file.string("names"), InputError);
  EXPECT_EQ(file.require("t").dims[0], 4u);
  EXPECT_EQ(file.find("u"), nullptr);
}

// Integers of every width, as one and in arrays.
TEST_F(GgufTest, IntegersOfEveryWidth) {
  GgufWriter w = small();
  const auto array = [](std::uint32_t type, std::uint64_t count, const std::string& data) {
    return GgufWriter::bytes(type) + GgufWriter::bytes(count) + data;
  };
  w.raw_key("u8", 9, array(0, 2, "\x01\xff"));
  w.raw_key("i8", 9, array(1, 2, "\x01\xff"));
  w.raw_key("u16", 9, array(2, 1, "\xff\xff"));
  w.raw_key("i16", 9, array(3, 1, "\xff\xff"));
  w.raw_key("i64", 9, array(11, 1, GgufWriter::bytes(std::int64_t{-5})));
  w.raw_key("u64", 9, array(10, 1, GgufWriter::bytes(std::uint64_t{5})));
  w.raw_key("wide", 9, array(10, 1, GgufWriter::bytes(~std::uint64_t{0})));
  w.raw_key("above", 9, array(4, 1, GgufWriter::bytes(std::uint32_t{1} << 31)));
  w.raw_key("minus", 11, GgufWriter::bytes(std::int64_t{-1}));
  w.raw_key("most", 10, GgufWriter::bytes(~std::uint64_t{0}));
  w.raw_key("flags", 9, array(7, 3, std::string("\0\1\2", 3)));
  w.raw_key(std::string(70000, 'k'), 4, GgufWriter::bytes(std::uint32_t{3}));
  const gguf::File file(write(w.file()));
  using Numbers = std::vector<std::int32_t>;
  EXPECT_EQ(file.integers("u8"), (Numbers{1, 255}));
  EXPECT_EQ(file.integers("i8"), (Numbers{1, -1}));
  EXPECT_EQ(file.integers("u16"), Numbers{65535});
  EXPECT_EQ(file.integers("i16"), Numbers{-1});
  EXPECT_EQ(file.integers("i64"), Numbers{-5});
  EXPECT_EQ(file.integers("u64"), Numbers{5});
  EXPECT_THROW(file.integers("wide"), InputError);
  EXPECT_THROW(file.integers("above"), InputError);
  EXPECT_THROW(file.integers("flags"), InputError);
  EXPECT_EQ(file.numbers("flags"), (std::vector<double>{0, 1, 1}));
  EXPECT_THROW(file.integer("minus"), InputError);
  EXPECT_EQ(file.integer("most").value(), ~std::uint64_t{0});
  EXPECT_EQ(file.integer(std::string(70000, 'k')).value(), 3u);
}

TEST_F(GgufTest, Dequantise) {
  const auto half = [](float v) { return GgufWriter::bytes(testing_support::to_half(v)); };
  std::string q8 = half(0.5f);
  for (int i = 0; i < 32; ++i) q8 += static_cast<char>(i - 16);
  std::string nibbles;
  for (int i = 0; i < 16; ++i) nibbles += static_cast<char>(i | (15 - i) << 4);
  GgufWriter w;
  w.tensor("q8", {32}, gguf::Type::kQ8_0, q8);
  w.tensor("q40", {32}, gguf::Type::kQ4_0, half(2.0f) + nibbles);
  w.tensor("q41", {32}, gguf::Type::kQ4_1, half(2.0f) + half(-3.0f) + nibbles);
  w.tensor("f16", {3}, gguf::Type::kF16, half(1.5f) + half(-0.25f) + GgufWriter::bytes(std::uint16_t{1}));
  w.tensor("bf16", {1}, gguf::Type::kBF16, GgufWriter::bytes(std::uint16_t{0xc040}));
  const gguf::File file(write(w.file()));
  float out[32];
  gguf::dequantise_row(file.require("q8"), 0, out);
  for (int i = 0; i < 32; ++i) EXPECT_EQ(out[i], 0.5f * static_cast<float>(i - 16));
  gguf::dequantise_row(file.require("q40"), 0, out);
  for (int i = 0; i < 16; ++i) {
    EXPECT_EQ(out[i], 2.0f * static_cast<float>(i - 8));
    EXPECT_EQ(out[i + 16], 2.0f * static_cast<float>(15 - i - 8));
  }
  gguf::dequantise_row(file.require("q41"), 0, out);
  for (int i = 0; i < 16; ++i) EXPECT_EQ(out[i + 16], 2.0f * static_cast<float>(15 - i) - 3.0f);
  gguf::dequantise_row(file.require("f16"), 0, out);
  EXPECT_EQ(out[0], 1.5f);
  EXPECT_EQ(out[1], -0.25f);
  EXPECT_EQ(out[2], 0x1p-24f);
  gguf::dequantise_row(file.require("bf16"), 0, out);
  EXPECT_EQ(out[0], -3.0f);
}

TEST_F(GgufTest, RefusesBadFiles) {
  EXPECT_TRUE(has(refusal(""), "not a GGUF"));
  EXPECT_TRUE(has(refusal("GGML and more"), "not a GGUF"));
  EXPECT_TRUE(
      has(refusal("GGUF" + GgufWriter::bytes(std::uint32_t{1}) + std::string(16, '\0')), "version 1"));
  EXPECT_TRUE(has(refusal("GGUF" + GgufWriter::bytes(std::uint32_t{0x03000000}) + std::string(16, '\0')),
                  "big-endian"));
  const std::string header = "GGUF" + GgufWriter::bytes(std::uint32_t{3});
  const std::uint64_t huge = ~std::uint64_t{0} / 8;
  EXPECT_TRUE(
      has(refusal(header + GgufWriter::bytes(huge) + GgufWriter::bytes(std::uint64_t{0})), "tensors"));
  EXPECT_TRUE(has(refusal(header + GgufWriter::bytes(std::uint64_t{0}) + GgufWriter::bytes(huge)), "keys"));
  EXPECT_THROW(gguf::File("/nonexistent/model.gguf"), InputError);
  EXPECT_THROW(gguf::File("/"), InputError);

  const auto with = [&](const std::function<void(GgufWriter&)>& change) {
    GgufWriter w = small();
    change(w);
    return refusal(w.file());
  };
  EXPECT_TRUE(has(with([](GgufWriter& w) { w.u32("a.b", 1); }), "'a.b' appears twice"));
  EXPECT_TRUE(
      has(with([](GgufWriter& w) { w.tensor("t", {1}, gguf::Type::kF32, "1234"); }), "'t' appears twice"));
  EXPECT_TRUE(has(with([](GgufWriter& w) {
                    w.tensor("u", {4, 0}, gguf::Type::kF32, "");
                  }),
                  "'u' has a dimension of 0"));
  EXPECT_TRUE(has(with([](GgufWriter& w) {
                    w.tensor("u", {1, 1, 1, 1, 1}, gguf::Type::kF32, "1234");
                  }),
                  "'u' has 5 dimensions"));
  EXPECT_TRUE(has(with([](GgufWriter& w) { w.tensor("u", {33}, gguf::Type::kQ8_0, std::string(64, 'x')); }),
                  "'u' has rows of 33"));
  EXPECT_TRUE(has(
      with([](GgufWriter& w) { w.tensor("u", {256}, static_cast<gguf::Type>(14), std::string(210, 'x')); }),
      "Q6_K"));
  EXPECT_TRUE(has(with([](GgufWriter& w) {
                    w.tensor("u", {~std::uint64_t{0} / 2, 16}, gguf::Type::kF32, "1234");
                  }),
                  "overflows"));
  EXPECT_TRUE(has(with([](GgufWriter& w) { w.tensor("u", {1u << 20}, gguf::Type::kF32, "1234"); }),
                  "beyond the end"));
  EXPECT_TRUE(has(with([](GgufWriter& w) { w.tensor(std::string(80, 'n'), {1}, gguf::Type::kF32, "1234"); }),
                  "length of 80"));
  EXPECT_TRUE(has(with([](GgufWriter& w) { w.u32("general.alignment", 48); }), "general.alignment"));
  EXPECT_TRUE(has(with([](GgufWriter& w) { w.raw_key("k", 77, "1234"); }), "'k'"));
  EXPECT_TRUE(has(with([](GgufWriter& w) {
                    w.raw_key("k", 9,
                              GgufWriter::bytes(std::uint32_t{9}) + GgufWriter::bytes(std::uint64_t{1}));
                  }),
                  "'k'"));
  EXPECT_TRUE(has(with([](GgufWriter& w) {
                    w.raw_key("k", 9,
                              GgufWriter::bytes(std::uint32_t{8}) + GgufWriter::bytes(~std::uint64_t{0}));
                  }),
                  "'k'"));
  EXPECT_TRUE(
      has(with([](GgufWriter& w) { w.raw_key("k", 8, GgufWriter::bytes(~std::uint64_t{0})); }), "'k'"));
}

TEST_F(GgufTest, RefusesBadModels) {
  const auto model = [](const std::function<void(RandomModel&)>& change) {
    RandomModel m;
    change(m);
    return m.file();
  };
  EXPECT_NO_THROW({
    const gguf::File file(write(model([](RandomModel&) {})));
    ModelConfig::from(file);
  });
  EXPECT_TRUE(has(refusal(model([](RandomModel& m) { m.arch = "mamba"; }), true), "mamba"));
  EXPECT_TRUE(has(refusal(model([](RandomModel& m) { m.kv_heads = 3; }), true), "head_count_kv"));
  EXPECT_TRUE(has(refusal(model([](RandomModel& m) { m.head_dim = 6; }), true), "key_length"));
  EXPECT_TRUE(has(refusal(model([](RandomModel& m) { m.arch = "qwen3"; }), true), "attn_q_norm"));
  EXPECT_TRUE(has(refusal(model([](RandomModel& m) { m.qk_norm = true; }), true), "attn_q_norm"));
  EXPECT_TRUE(has(refusal(model([](RandomModel& m) { m.vocab = 2; }), true), "tokenizer.ggml.tokens"));
}

}  // namespace
