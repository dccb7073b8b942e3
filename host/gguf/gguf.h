// SPDX-License-Identifier: Apache-2.0
// Reads GGUF files, versions 2 and 3, little-endian, memory-mapped: tensors are views of the mapping and
// nothing is copied. A file is hostile until proven otherwise: every count, length, offset and product is
// checked against the file's size before it is used, and a bad file is refused with an InputError that names
// the key or the tensor.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace luoshu::gguf {

// Tensor types by their number in the file; only these have a decoder.
enum class Type : std::uint32_t { kF32 = 0, kF16 = 1, kQ4_0 = 2, kQ4_1 = 3, kQ8_0 = 8, kBF16 = 30 };

struct Tensor {
  std::string name;
  Type type = Type::kF32;
  std::uint64_t dims[4] = {1, 1, 1, 1};  // dims[0] = elements of a row, contiguous
  std::uint32_t n_dims = 1;
  const std::uint8_t* data = nullptr;  // in the mapping
  std::uint64_t bytes = 0;
  std::uint64_t rows() const { return dims[1] * dims[2] * dims[3]; }
  std::uint64_t elements() const { return dims[0] * rows(); }
};

// The type's usual name ("Q4_0"), also of types without a decoder.
std::string type_name(Type type);
// Row `row` of the tensor as dims[0] floats. Rows count over all dimensions but the first.
void dequantise_row(const Tensor& tensor, std::uint64_t row, float* out);

// Deleter of a mapped file.
struct Unmap {
  std::uint64_t bytes = 0;
  void operator()(const std::uint8_t* mapped) const;
};

class File {
 public:
  // Maps and checks the file. Throws InputError.
  explicit File(const std::string& path);
  // Checks a file that lies in memory; `name` stands for the path in messages. Throws InputError.
  File(const std::string& name, std::vector<std::uint8_t> bytes);
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  std::uint64_t size() const { return size_; }
  // All before the tensors' data: counts, keys, tensor table, as they lie in the file.
  std::string_view header() const {
    return {reinterpret_cast<const char*>(data_), static_cast<std::size_t>(header_bytes_)};
  }
  // When the file was changed last, nanoseconds since 1970; 0 for a file in memory.
  std::uint64_t modified() const { return modified_; }
  const std::vector<Tensor>& tensors() const { return tensors_; }
  const Tensor* find(const std::string& name) const;     // null where there is none
  const Tensor& require(const std::string& name) const;  // throws InputError

  bool has(const std::string& key) const { return keys_.count(key) != 0; }
  // Values of keys; nothing where the key is absent, InputError where its type or range is another. Integers
  // widen.
  std::optional<std::uint64_t> integer(const std::string& key) const;
  std::optional<double> real(const std::string& key) const;
  std::optional<bool> boolean(const std::string& key) const;
  std::optional<std::string> string(const std::string& key) const;
  // Arrays; empty where the key is absent.
  std::vector<std::string> strings(const std::string& key) const;
  std::vector<float> reals(const std::string& key) const;
  std::vector<std::int32_t> integers(const std::string& key) const;

 private:
  struct Value {
    std::uint32_t type = 0;  // of the value, or of an array's elements
    bool array = false;
    std::uint64_t count = 1;
    std::uint64_t offset = 0;  // in the file
  };
  class Cursor;
  void check();
  void parse();
  void read_key(Cursor& in);
  Tensor read_tensor(Cursor& in, std::uint64_t& offset);
  void place_tensors(std::uint64_t end_of_header, const std::vector<std::uint64_t>& offsets);
  const Value* value(const std::string& key, bool array) const;
  template <class T>
  T load(std::uint64_t offset) const;

  std::string path_;
  std::unique_ptr<const std::uint8_t, Unmap> mapped_;
  std::vector<std::uint8_t> own_;       // the bytes of a file in memory
  const std::uint8_t* data_ = nullptr;  // of either
  std::uint64_t size_ = 0;
  std::uint64_t header_bytes_ = 0;
  std::uint64_t modified_ = 0;
  std::unordered_map<std::string, Value> keys_;
  std::vector<Tensor> tensors_;
  std::unordered_map<std::string, std::size_t> by_name_;
};

}  // namespace luoshu::gguf
