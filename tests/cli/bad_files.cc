// SPDX-License-Identifier: Apache-2.0
// Writes GGUF files that must be refused, one for each way to be wrong, into a folder, one that runs, and one
// that is a vocabulary alone: bad_files FOLDER GOOD [VOCABULARY]
#include <cstdio>
#include <fstream>
#include <functional>
#include <limits>

#include "support/gguf_writer.h"

namespace {

using luoshu::gguf::Type;
using luoshu::testing_support::GgufWriter;
using luoshu::testing_support::RandomModel;

class Folder {
 public:
  explicit Folder(std::string path) : path_(std::move(path)) {}
  bool good() const { return good_; }
  void file(const std::string& name, const std::string& data) {
    std::ofstream out(path_ + "/" + name + ".gguf", std::ios::binary);
    out << data;
    out.close();
    good_ = good_ && static_cast<bool>(out);
  }
  // A file whose keys and tensors `write` adds.
  void written(const std::string& name, const std::function<void(GgufWriter&)>& write) {
    GgufWriter w;
    w.string("general.architecture", "llama");
    write(w);
    file(name, w.file());
  }
  // A model with a change.
  void model(const std::string& name, const std::function<void(RandomModel&)>& change) {
    RandomModel m;
    change(m);
    file(name, m.file());
  }
  // A good model with bytes replaced behind the first occurrence of a text.
  void patched(const std::string& name, const std::string& behind, std::size_t skip,
               const std::string& bytes) {
    std::string data = RandomModel{}.file();
    const std::size_t at = data.find(behind);
    good_ = good_ && at != std::string::npos;
    if (at != std::string::npos) data.replace(at + behind.size() + skip, bytes.size(), bytes);
    file(name, data);
  }

 private:
  const std::string path_;
  bool good_ = true;
};

template <class T>
std::string bytes(T value) {
  return GgufWriter::bytes(value);
}

void headers(Folder& f) {
  const std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
  f.file("not_gguf", "GGML and some more text");
  f.file("version_1", "GGUF" + bytes(std::uint32_t{1}) + std::string(16, '\0'));
  f.file("version_99", "GGUF" + bytes(std::uint32_t{99}) + std::string(16, '\0'));
  f.file("big_endian", "GGUF" + bytes(std::uint32_t{0x03000000}) + std::string(16, '\0'));
  f.file("no_keys", "GGUF" + bytes(std::uint32_t{3}) + std::string(16, '\0'));
  f.file("tensor_count_overflows",
         "GGUF" + bytes(std::uint32_t{3}) + bytes(most / 8) + bytes(std::uint64_t{0}));
  f.file("key_count_overflows", "GGUF" + bytes(std::uint32_t{3}) + bytes(std::uint64_t{0}) + bytes(most));
  f.written("key_twice", [](GgufWriter& w) { w.string("general.architecture", "llama"); });
  f.written("key_type_unknown", [](GgufWriter& w) { w.raw_key("k", 99, "12345678"); });
  f.written("string_longer_than_the_file", [&](GgufWriter& w) { w.raw_key("k", 8, bytes(most)); });
  f.written("array_count_overflows",
            [&](GgufWriter& w) { w.raw_key("k", 9, bytes(std::uint32_t{10}) + bytes(most / 8 + 2)); });
  f.written("strings_count_overflows",
            [&](GgufWriter& w) { w.raw_key("k", 9, bytes(std::uint32_t{8}) + bytes(most)); });
  f.written("array_of_arrays",
            [&](GgufWriter& w) { w.raw_key("k", 9, bytes(std::uint32_t{9}) + bytes(std::uint64_t{1})); });
  f.written("alignment_not_a_power_of_two", [](GgufWriter& w) {
    w.u32("general.alignment", 24);
    w.tensor("t", {1}, Type::kF32, "1234");
  });
  f.written("architecture_missing_tensors", [](GgufWriter&) {});
  f.written("tensor_twice", [](GgufWriter& w) {
    w.tensor("t", {1}, Type::kF32, "1234");
    w.tensor("t", {1}, Type::kF32, "1234");
  });
  f.written("size_overflows", [&](GgufWriter& w) {
    w.tensor("t", {most / 2, most / 2}, Type::kF32, "1234");
  });
  f.written("size_beyond_the_file", [](GgufWriter& w) { w.tensor("t", {1u << 30}, Type::kF32, "1234"); });
  f.written("dimension_zero", [](GgufWriter& w) { w.tensor("t", {0}, Type::kF32, ""); });
  f.written("five_dimensions", [](GgufWriter& w) { w.tensor("t", {1, 1, 1, 1, 1}, Type::kF32, "1234"); });
  f.written("row_not_whole_blocks",
            [](GgufWriter& w) { w.tensor("t", {40}, Type::kQ8_0, std::string(68, 'x')); });
  f.written("type_q6_k",
            [](GgufWriter& w) { w.tensor("t", {256}, static_cast<Type>(14), std::string(210, 'x')); });
  f.written("type_unknown",
            [](GgufWriter& w) { w.tensor("t", {256}, static_cast<Type>(4000), std::string(210, 'x')); });
  f.written("long_tensor_name",
            [](GgufWriter& w) { w.tensor(std::string(200, 'n'), {1}, Type::kF32, "1234"); });
}

void models(Folder& f) {
  f.model("architecture_unsupported", [](RandomModel& m) { m.arch = "rwkv6"; });
  f.model("heads_do_not_divide", [](RandomModel& m) { m.kv_heads = 3; });
  f.model("head_too_narrow", [](RandomModel& m) { m.head_dim = 4; });
  f.model("head_of_odd_width", [](RandomModel& m) { m.head_dim = 9; });
  f.model("no_qk_norm", [](RandomModel& m) { m.arch = "qwen3"; });
  f.model("norms_of_heads_in_llama", [](RandomModel& m) { m.qk_norm = true; });
  f.model("more_tokens_than_rows", [](RandomModel& m) { m.vocab = 2; });
  f.patched("layers_zero", "llama.block_count", 4, bytes(std::uint32_t{0}));
  f.patched("layers_too_many", "llama.block_count", 4, bytes(std::uint32_t{5}));
  f.patched("layers_huge", "llama.block_count", 4, bytes(std::uint32_t{0xffffffff}));
  f.patched("width_wrong", "llama.embedding_length", 4, bytes(std::uint32_t{97}));
  f.patched("width_huge", "llama.embedding_length", 4, bytes(std::uint32_t{0x80000000}));
  f.patched("ff_wrong", "llama.feed_forward_length", 4, bytes(std::uint32_t{161}));
  f.patched("heads_zero", "llama.attention.head_count", 4, bytes(std::uint32_t{0}));
  f.patched("eps_not_a_number", "llama.attention.layer_norm_rms_epsilon", 4,
            bytes(std::uint32_t{0x7fc00000}));
  f.patched("rope_base_negative", "llama.rope.freq_base", 4, bytes(-1.0f));
  f.patched("rope_base_tiny", "llama.rope.freq_base", 4, bytes(1e-37f));
  f.patched("bos_beyond_the_tokens", "tokenizer.ggml.bos_token_id", 4, bytes(std::uint32_t{131}));
  f.patched("eos_beyond_the_tokens", "tokenizer.ggml.eos_token_id", 4, bytes(std::uint32_t{0x7fffffff}));
  f.patched("tokenizer_unknown", "tokenizer.ggml.model", 4 + 8, "xlama");
  f.patched("token_twice", "<0x00>", 8, "<0x00>");
  f.patched("scores_too_many", "tokenizer.ggml.scores", 8, bytes(std::uint64_t{1} << 62));
}

// SentencePiece with a token for each byte, and no tensors.
std::string vocabulary() {
  std::vector<std::string> tokens;
  std::vector<std::int32_t> types;
  luoshu::testing_support::byte_tokens(259, tokens, types);
  GgufWriter w;
  w.string("general.architecture", "llama");
  w.string("tokenizer.ggml.model", "llama");
  w.strings("tokenizer.ggml.tokens", tokens);
  w.integers("tokenizer.ggml.token_type", types);
  w.boolean("tokenizer.ggml.add_space_prefix", false);
  return w.file();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3 && argc != 4) {
    std::fprintf(stderr, "usage: bad_files FOLDER GOOD [VOCABULARY]\n");
    return 2;
  }
  Folder folder(argv[1]);
  headers(folder);
  models(folder);
  // A scale that is infinite and a weight that is not a number: found while packing.
  RandomModel m;
  std::string data = m.file();
  data.replace(data.size() - 34 * 5, 2, bytes(std::uint16_t{0x7c00}));
  folder.file("data_scale_infinite", data);
  m.type = Type::kF32;
  data = m.file();
  data.replace(data.size() - 8, 4, bytes(std::uint32_t{0x7fc00000}));
  folder.file("data_not_a_number", data);
  std::ofstream good(argv[2], std::ios::binary);  // a file that runs, to compare with
  good << RandomModel{}.file();
  if (argc == 4) std::ofstream(argv[3], std::ios::binary) << vocabulary();
  return folder.good() && good.good() ? 0 : 1;
}
