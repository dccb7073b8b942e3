// SPDX-License-Identifier: Apache-2.0
#include "gguf/gguf.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "gguf/types.h"
#include "luoshu/checked.h"
#include "luoshu/printable.h"

namespace luoshu::gguf {
namespace {

constexpr std::uint64_t kMaxName = 64;
constexpr std::uint64_t kMaxKey = 65535;
enum ValueType : std::uint32_t {
  kU8,
  kI8,
  kU16,
  kI16,
  kU32,
  kI32,
  kF32,
  kBool,
  kString,
  kArray,
  kU64,
  kI64,
  kF64,
  kValueTypes
};
// Bytes of a value in the file; 0: variable.
constexpr std::uint64_t kValueBytes[kValueTypes] = {1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8};

std::string shown(std::string_view text) {
  return "'" + printable(text) + "'";
}

[[noreturn]] void refuse(const std::string& what) {
  throw InputError(what + "; the file is damaged or hostile, download it again");
}

}  // namespace

// Reads forward; never beyond the file.
class File::Cursor {
 public:
  Cursor(const std::uint8_t* data, std::uint64_t size) : data_(data), size_(size) {}
  std::uint64_t offset() const { return at_; }
  std::uint64_t left() const { return size_ - at_; }
  void skip(std::uint64_t bytes, const std::string& what) {
    if (bytes > left()) refuse("the file ends inside " + what);
    at_ += bytes;
  }
  template <class T>
  T read(const std::string& what) {
    const std::uint64_t start = at_;
    skip(sizeof(T), what);
    T value{};
    std::memcpy(&value, data_ + start, sizeof value);
    return value;
  }
  std::string_view string(std::uint64_t limit, const std::string& what) {
    const auto length = read<std::uint64_t>(what);
    if (length > limit) refuse(what + " has a length of " + std::to_string(length));
    const std::uint64_t start = at_;
    skip(length, what);
    return {reinterpret_cast<const char*>(data_ + start), static_cast<std::size_t>(length)};
  }

 private:
  const std::uint8_t* data_;
  std::uint64_t size_;
  std::uint64_t at_ = 0;
};

void Unmap::operator()(const std::uint8_t* mapped) const {
  munmap(const_cast<std::uint8_t*>(mapped), bytes);
}

File::File(const std::string& path) : path_(path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) throw InputError("cannot open '" + path + "': " + std::strerror(errno) + "; check the path");
  struct stat info {};
  if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
    close(fd);
    throw InputError("'" + path + "' is not a file; give a GGUF file");
  }
  size_ = static_cast<std::uint64_t>(info.st_size);
  modified_ = static_cast<std::uint64_t>(info.st_mtim.tv_sec) * 1000000000u +
              static_cast<std::uint64_t>(info.st_mtim.tv_nsec);
  void* mapped = size_ == 0 ? nullptr : mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, fd, 0);
  close(fd);
  if (mapped == MAP_FAILED)
    throw InputError("cannot map '" + path + "': " + std::strerror(errno) + "; free some memory");
  mapped_ = {static_cast<const std::uint8_t*>(mapped), Unmap{size_}};
  data_ = mapped_.get();
  check();
}

File::File(const std::string& name, std::vector<std::uint8_t> bytes)
    : path_(name), own_(std::move(bytes)), data_(own_.data()), size_(own_.size()) {
  check();
}

void File::check() {
  try {
    parse();
  } catch (const InputError& e) {
    throw InputError("'" + path_ + "': " + e.what());
  }
}

void File::parse() {
  Cursor in(data_, size_);
  if (size_ < 4 || std::memcmp(data_, "GGUF", 4) != 0)
    throw InputError("not a GGUF file; give a file in the GGUF format");
  in.skip(4, "the header");
  const auto version = in.read<std::uint32_t>("the header");
  if ((version & 0xffff) == 0 && version != 0)
    throw InputError("a big-endian GGUF file; convert it to little-endian");
  if (version != 2 && version != 3) {
    throw InputError("GGUF version " + std::to_string(version) +
                     " is not supported; convert it to version 3");
  }
  const auto tensors = in.read<std::uint64_t>("the header");
  const auto keys = in.read<std::uint64_t>("the header");
  // The smallest key takes 8 + 4 + 1 bytes, the smallest tensor 8 + 4 + 8 + 4 + 8.
  if (keys > in.left() / 13)
    refuse("the header counts " + std::to_string(keys) + " keys, more than the file can hold");
  if (tensors > in.left() / 32)
    refuse("the header counts " + std::to_string(tensors) + " tensors, more than the file can hold");
  for (std::uint64_t i = 0; i < keys; ++i) read_key(in);
  std::vector<std::uint64_t> offsets(tensors);
  tensors_.reserve(tensors);
  for (std::uint64_t i = 0; i < tensors; ++i) {
    tensors_.push_back(read_tensor(in, offsets[i]));
    if (!by_name_.emplace(tensors_.back().name, i).second)
      refuse("tensor " + shown(tensors_.back().name) + " appears twice");
  }
  header_bytes_ = in.offset();
  place_tensors(header_bytes_, offsets);
}

void File::read_key(Cursor& in) {
  const std::string key(in.string(kMaxKey, "the name of key " + std::to_string(keys_.size())));
  const std::string what = "key " + shown(key);
  Value v;
  v.type = in.read<std::uint32_t>(what);
  if (v.type == kArray) {
    v.array = true;
    v.type = in.read<std::uint32_t>(what);
    v.count = in.read<std::uint64_t>(what);
    if (v.type == kArray)
      throw InputError(what + " holds arrays of arrays, which are not supported; convert the file again");
  }
  if (v.type >= kValueTypes) refuse(what + " has the unknown value type " + std::to_string(v.type));
  v.offset = in.offset();
  const std::uint64_t bytes = kValueBytes[v.type];
  if (bytes != 0) {
    if (v.count > in.left() / bytes)
      refuse(what + " counts " + std::to_string(v.count) + " elements, more than the file can hold");
    in.skip(v.count * bytes, what);
  } else {
    if (v.count > in.left() / 8)
      refuse(what + " counts " + std::to_string(v.count) + " strings, more than the file can hold");
    for (std::uint64_t i = 0; i < v.count; ++i) in.string(in.left(), what);
  }
  if (!keys_.emplace(key, v).second) refuse(what + " appears twice");
}

Tensor File::read_tensor(Cursor& in, std::uint64_t& offset) {
  Tensor t;
  t.name = in.string(kMaxName, "the name of tensor " + std::to_string(tensors_.size()));
  const std::string what = "tensor " + shown(t.name);
  t.n_dims = in.read<std::uint32_t>(what);
  if (t.n_dims < 1 || t.n_dims > 4) refuse(what + " has " + std::to_string(t.n_dims) + " dimensions");
  std::uint64_t elements = 1;
  for (std::uint32_t i = 0; i < t.n_dims; ++i) {
    t.dims[i] = in.read<std::uint64_t>(what);
    if (t.dims[i] == 0) refuse(what + " has a dimension of 0");
    elements = checked_mul(elements, t.dims[i], "the size of " + what);
  }
  t.type = static_cast<Type>(in.read<std::uint32_t>(what));
  offset = in.read<std::uint64_t>(what);
  const TypeLayout layout = type_layout(t.type);
  if (layout.block_bytes == 0) {
    throw InputError(what + " has the type " + type_name(t.type) +
                     ", which is not supported; convert it to Q8_0, Q4_0, Q4_1, F16, BF16 or F32");
  }
  if (t.dims[0] % layout.block != 0) {
    refuse(what + " has rows of " + std::to_string(t.dims[0]) + " elements, which " + type_name(t.type) +
           " blocks of " + std::to_string(layout.block) + " do not divide");
  }
  t.bytes = checked_mul(elements / layout.block, layout.block_bytes, "the size of " + what);
  return t;
}

void File::place_tensors(std::uint64_t end_of_header, const std::vector<std::uint64_t>& offsets) {
  const std::uint64_t alignment = integer("general.alignment").value_or(32);
  if (alignment == 0 || (alignment & (alignment - 1)) != 0 || alignment > 65536) {
    refuse("key 'general.alignment' is " + std::to_string(alignment) + ", not a power of two up to 65536");
  }
  const std::uint64_t start = checked_round_up(end_of_header, alignment, "the header");
  std::uint64_t expected = 0;
  for (std::size_t i = 0; i < tensors_.size(); ++i) {
    Tensor& t = tensors_[i];
    const std::string what = "tensor " + shown(t.name);
    if (offsets[i] != expected) {
      refuse(what + " lies at offset " + std::to_string(offsets[i]) + " of the data, expected " +
             std::to_string(expected));
    }
    const std::uint64_t begin = checked_add(start, offsets[i], "the offset of " + what);
    if (begin > size_ || t.bytes > size_ - begin) {
      refuse(what + " reaches beyond the end of the file (" + std::to_string(t.bytes) + " bytes at " +
             std::to_string(begin) + ", the file has " + std::to_string(size_) + ")");
    }
    t.data = data_ + begin;
    expected = checked_round_up(checked_add(expected, t.bytes, "the data"), alignment, "the data");
  }
}

const Tensor* File::find(const std::string& name) const {
  const auto it = by_name_.find(name);
  return it == by_name_.end() ? nullptr : &tensors_[it->second];
}

const Tensor& File::require(const std::string& name) const {
  const Tensor* t = find(name);
  if (t == nullptr)
    throw InputError("'" + path_ + "': tensor '" + name +
                     "' is missing; the file is incomplete, convert the model again");
  return *t;
}

template <class T>
T File::load(std::uint64_t offset) const {
  T value{};
  std::memcpy(&value, data_ + offset, sizeof value);
  return value;
}

const File::Value* File::value(const std::string& key, bool array) const {
  const auto it = keys_.find(key);
  if (it == keys_.end()) return nullptr;
  if (it->second.array != array) {
    throw InputError("'" + path_ + "': key '" + key + "' is " + (array ? "no array" : "an array") +
                     "; convert the model again");
  }
  return &it->second;
}

std::optional<std::uint64_t> File::integer(const std::string& key) const {
  const Value* v = value(key, false);
  if (v == nullptr) return std::nullopt;
  std::int64_t number = 0;
  switch (v->type) {
    case kU8:
      return load<std::uint8_t>(v->offset);
    case kU16:
      return load<std::uint16_t>(v->offset);
    case kU32:
      return load<std::uint32_t>(v->offset);
    case kU64:
      return load<std::uint64_t>(v->offset);
    case kI8: {
      const std::int8_t narrow = load<std::int8_t>(v->offset);
      number = narrow;
      break;
    }
    case kI16:
      number = load<std::int16_t>(v->offset);
      break;
    case kI32:
      number = load<std::int32_t>(v->offset);
      break;
    case kI64:
      number = load<std::int64_t>(v->offset);
      break;
    default:
      throw InputError("'" + path_ + "': key '" + key + "' is not an integer; convert the model again");
  }
  if (number < 0) throw InputError("'" + path_ + "': key '" + key + "' is negative; convert the model again");
  return static_cast<std::uint64_t>(number);
}

std::optional<double> File::real(const std::string& key) const {
  const Value* v = value(key, false);
  if (v == nullptr) return std::nullopt;
  if (v->type == kF32) return static_cast<double>(load<float>(v->offset));
  if (v->type == kF64) return load<double>(v->offset);
  throw InputError("'" + path_ + "': key '" + key +
                   "' is not a floating-point number; convert the model again");
}

std::optional<bool> File::boolean(const std::string& key) const {
  const Value* v = value(key, false);
  if (v == nullptr) return std::nullopt;
  if (v->type != kBool)
    throw InputError("'" + path_ + "': key '" + key + "' is not a boolean; convert the model again");
  return load<std::uint8_t>(v->offset) != 0;
}

std::optional<std::string> File::string(const std::string& key) const {
  const Value* v = value(key, false);
  if (v == nullptr) return std::nullopt;
  if (v->type != kString)
    throw InputError("'" + path_ + "': key '" + key + "' is not a string; convert the model again");
  const auto length = load<std::uint64_t>(v->offset);
  return std::string(reinterpret_cast<const char*>(data_ + v->offset + 8), length);
}

std::vector<std::string> File::strings(const std::string& key) const {
  const Value* v = value(key, true);
  if (v == nullptr) return {};
  if (v->type != kString)
    throw InputError("'" + path_ + "': key '" + key + "' holds no strings; convert the model again");
  std::vector<std::string> out;
  out.reserve(v->count);
  std::uint64_t at = v->offset;
  for (std::uint64_t i = 0; i < v->count; ++i) {
    const auto length = load<std::uint64_t>(at);
    out.emplace_back(reinterpret_cast<const char*>(data_ + at + 8), length);
    at += 8 + length;
  }
  return out;
}

std::vector<float> File::reals(const std::string& key) const {
  const Value* v = value(key, true);
  if (v == nullptr) return {};
  if (v->type != kF32)
    throw InputError("'" + path_ + "': key '" + key + "' holds no fp32 numbers; convert the model again");
  std::vector<float> out(v->count);
  if (v->count != 0) std::memcpy(out.data(), data_ + v->offset, v->count * sizeof(float));
  return out;
}

std::vector<std::int32_t> File::integers(const std::string& key) const {
  const Value* v = value(key, true);
  if (v == nullptr) return {};
  if (v->type != kI32 && v->type != kU32)
    throw InputError("'" + path_ + "': key '" + key + "' holds no 32-bit integers; convert the model again");
  std::vector<std::int32_t> out(v->count);
  if (v->count != 0) std::memcpy(out.data(), data_ + v->offset, v->count * sizeof(std::int32_t));
  return out;
}

}  // namespace luoshu::gguf
