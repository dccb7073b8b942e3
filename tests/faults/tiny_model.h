// SPDX-License-Identifier: Apache-2.0
// A model of a few thousand random weights, its tokenizer and its keys, to be changed in one way and written
// as a GGUF file; and an evaluation of it in double precision that shares no code with the program.
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "gguf/writer.h"

namespace luoshu::testing_support {

class TinyModel {
 public:
  using Write = std::function<void(gguf::Writer&, const std::string& key)>;
  struct Tensor {
    std::vector<std::uint64_t> dims;  // dims[0] = elements of a row
    std::vector<float> values;
    gguf::Type type = gguf::Type::kF32;
    std::string raw;  // in place of values where it is not empty
  };

  // pieces: a SentencePiece vocabulary ("llama"), else byte-level BPE ("gpt2"). The seed is one whose texts
  // in the tests have few near-ties.
  explicit TinyModel(const std::string& arch = "llama", bool pieces = true, std::uint64_t seed = 264);
  TinyModel(const TinyModel&) = delete;
  TinyModel& operator=(const TinyModel&) = delete;

  static constexpr std::uint32_t kLayers = 2, kWidth = 32, kFf = 64, kHeads = 4, kKvHeads = 2, kHead = 8,
                                 kContext = 128;

  // Keys, in order; a new one comes last.
  void set(const std::string& key, Write write);
  void drop(const std::string& key);
  void u32(const std::string& key, std::uint32_t value);
  void f32(const std::string& key, float value);
  void boolean(const std::string& key, bool value);
  void text(const std::string& key, const std::string& value);
  // The key below the architecture's name.
  std::string prefixed(const std::string& key) const { return arch + "." + key; }

  // A tensor of random values around zero.
  void add(const std::string& name, const std::vector<std::uint64_t>& dims, float spread = 0.5f);
  // The vocabulary is written from these; drop() takes its keys out.
  std::vector<std::string> tokens, merges;
  std::vector<float> scores;
  std::vector<std::int32_t> types;

  // The prompt "Once upon" in this vocabulary.
  std::vector<std::int32_t> prompt;

  std::string arch;
  std::map<std::string, Tensor> tensors;
  std::vector<std::string> order;  // of the tensors in the file
  // What the keys mean, for the evaluation.
  double rope_scale = 1, rope_base = 10000;
  std::vector<double> rope_factors;
  std::set<std::int32_t> ends;  // besides the EOS

  std::string file() const;
  // Tensors from..to (in `order`) with all keys, or with those of a later part: split files.
  std::string part(std::size_t from, std::size_t to, std::uint16_t number, std::uint16_t count) const;

  struct Text {
    std::vector<std::int32_t> tokens;
    std::string stop;
    std::vector<double> margins;  // per token: the distance of the two best logits
  };
  // `count` greedy tokens behind the prompt, up to an end token.
  Text evaluate(std::size_t count) const;

 private:
  void pieces_vocabulary();
  void bytes_vocabulary();
  std::vector<double> logits(const std::vector<std::int32_t>& ids) const;
  std::vector<double> times(const std::string& name, const std::vector<double>& x) const;
  void rotate(double* head, std::size_t position) const;

  std::vector<std::pair<std::string, Write>> keys_;
  std::uint64_t state_;
  float random();
};

}  // namespace luoshu::testing_support
