// SPDX-License-Identifier: Apache-2.0
// Reads GGUF files, versions 2 and 3, little-endian, memory-mapped: tensors are views of the mapping and
// nothing is copied. A file is hostile until proven otherwise: every count, length, offset and product is
// checked against the file's size before it is used, and a bad file is refused with an InputError that names
// the key or the tensor. A model that was split into several files is read whole when its first part is
// given.
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

// Deleters of a mapped file and of its descriptor.
struct Unmap {
  std::uint64_t bytes = 0;
  void operator()(const std::uint8_t* mapped) const;
};
struct CloseDescriptor {
  void operator()(const int* descriptor) const;
};

class File {
 public:
  // One file of a model: the only one, or a part of a split one.
  struct Part {
    std::string path;
    std::unique_ptr<const int, CloseDescriptor> descriptor;  // null for a file in memory
    std::unique_ptr<const std::uint8_t, Unmap> mapped;
    std::vector<std::uint8_t> own;       // the bytes of a file in memory
    const std::uint8_t* data = nullptr;  // of either
    std::uint64_t size = 0;
    std::uint64_t header_bytes = 0;  // all before the tensors' data: counts, keys, tensor table
    std::uint64_t modified = 0;      // nanoseconds since 1970; 0 for a file in memory
    std::string_view header() const {
      return {reinterpret_cast<const char*>(data), static_cast<std::size_t>(header_bytes)};
    }
  };

  // Maps and checks the file, and with the first part of a split model (key split.count; names that end in
  // -00001-of-0000N.gguf) the others beside it. Throws InputError, also for another part than the first.
  explicit File(const std::string& path);
  // Checks a file that lies in memory; `name` stands for the path in messages. Throws InputError.
  File(const std::string& name, std::vector<std::uint8_t> bytes);
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  std::uint64_t size() const;  // bytes of all parts
  const std::vector<Part>& parts() const { return parts_; }
  // Throws Error when a file was changed since it was opened: what was read of it may be half of the old and
  // half of the new. A mapping that has lost pages raises SIGBUS instead (gguf/file_guard.h).
  void check_unchanged() const;
  const std::vector<Tensor>& tensors() const { return tensors_; }
  const Tensor* find(const std::string& name) const;     // null where there is none
  const Tensor& require(const std::string& name) const;  // throws InputError

  bool has(const std::string& key) const { return keys_.count(key) != 0; }
  const std::vector<std::string>& keys() const { return key_names_; }  // in the file's order
  // A key's value as one short line for people.
  std::string shown(const std::string& key) const;
  // Values of keys; nothing where the key is absent, InputError where its type or range is another. Integers
  // widen.
  std::optional<std::uint64_t> integer(const std::string& key) const;
  std::optional<double> real(const std::string& key) const;
  std::optional<bool> boolean(const std::string& key) const;
  std::optional<std::string> string(const std::string& key) const;
  // Arrays; empty where the key is absent. Integers of any width.
  std::vector<std::string> strings(const std::string& key) const;
  std::vector<float> reals(const std::string& key) const;
  std::vector<std::int32_t> integers(const std::string& key) const;
  bool is_array(const std::string& key) const;
  // A number, a boolean (0 or 1), or an array of them; InputError for other types, empty where the key is
  // absent.
  std::vector<double> numbers(const std::string& key) const;

 private:
  struct Value {
    std::uint32_t type = 0;  // of the value, or of an array's elements
    bool array = false;
    std::uint64_t count = 1;
    std::uint64_t offset = 0;  // in the first part
    std::uint64_t bytes = 0;
  };
  using Keys = std::unordered_map<std::string, Value>;
  class Cursor;
  void add_file(const std::string& path);
  void add_parts();
  void parse(Part& part);
  void read_key(Cursor& in, Keys& keys, std::vector<std::string>& names) const;
  void compare_key(const Part& part, const std::string& name, const Value& v) const;
  Tensor read_tensor(Cursor& in, std::uint64_t& offset) const;
  void place_tensors(const Part& part, std::uint64_t alignment, std::size_t first,
                     const std::vector<std::uint64_t>& offsets);
  const std::string& path() const { return parts_.front().path; }
  const Value* value(const std::string& key, bool array) const;
  [[noreturn]] void mistyped(const std::string& key, const std::string& what) const;

  std::vector<Part> parts_;
  Keys keys_;
  std::vector<std::string> key_names_;
  std::vector<Tensor> tensors_;
  std::unordered_map<std::string, std::size_t> by_name_;
};

}  // namespace luoshu::gguf
