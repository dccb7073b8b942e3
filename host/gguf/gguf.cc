// SPDX-License-Identifier: Apache-2.0
#include "gguf/gguf.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <limits>

#include "gguf/types.h"
#include "luoshu/checked.h"
#include "luoshu/printable.h"

namespace luoshu::gguf {
namespace {

constexpr std::uint64_t kMaxName = 63;
constexpr std::uint64_t kMaxParts = 65535;
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
constexpr const char* kValueNames[kValueTypes] = {"u8",   "i8",     "u16",   "i16", "u32", "i32", "f32",
                                                  "bool", "string", "array", "u64", "i64", "f64"};

std::string quoted(std::string_view text) {
  return "'" + printable(text) + "'";
}

[[noreturn]] void refuse(const std::string& what) {
  throw InputError(what + "; the file is damaged or hostile, download it again");
}

template <class T>
T load(const std::uint8_t* at) {
  T value{};
  std::memcpy(&value, at, sizeof value);
  return value;
}

bool is_integer(std::uint32_t type) {
  return type <= kI32 || type == kU64 || type == kI64;
}

// Of any integer type; nothing where it is beyond 63 bits.
std::optional<std::int64_t> load_integer(std::uint32_t type, const std::uint8_t* at) {
  switch (type) {
    case kU8:
      return load<std::uint8_t>(at);
    case kI8:
      return load<std::int8_t>(at);
    case kU16:
      return load<std::uint16_t>(at);
    case kI16:
      return load<std::int16_t>(at);
    case kU32:
      return load<std::uint32_t>(at);
    case kI32:
      return load<std::int32_t>(at);
    case kI64:
      return load<std::int64_t>(at);
    default: {
      const auto wide = load<std::uint64_t>(at);
      if (wide > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) return std::nullopt;
      return static_cast<std::int64_t>(wide);
    }
  }
}

// A number or a boolean of any type.
double load_number(std::uint32_t type, const std::uint8_t* at) {
  switch (type) {
    case kF32:
      return static_cast<double>(load<float>(at));
    case kF64:
      return load<double>(at);
    case kBool:
      return load<std::uint8_t>(at) != 0 ? 1 : 0;
    case kU64:
      return static_cast<double>(load<std::uint64_t>(at));
    default:
      return static_cast<double>(load_integer(type, at).value_or(0));
  }
}

std::uint64_t modified_of(const struct stat& info) {
  return static_cast<std::uint64_t>(info.st_mtim.tv_sec) * 1000000000u +
         static_cast<std::uint64_t>(info.st_mtim.tv_nsec);
}

// How the part `number` (from 0) of a split model is called.
std::string part_name(const std::string& stem, std::uint64_t number, std::uint64_t count) {
  char end[64];
  std::snprintf(end, sizeof end, "-%05llu-of-%05llu.gguf", static_cast<unsigned long long>(number) + 1,
                static_cast<unsigned long long>(count));
  return stem + end;
}

// What comes before that end in a name; empty where it does not end so.
std::string stem_of_part(const std::string& name, std::uint64_t number, std::uint64_t count) {
  const std::string end = part_name("", number, count);
  if (name.size() <= end.size() || name.compare(name.size() - end.size(), end.size(), end) != 0) return "";
  return name.substr(0, name.size() - end.size());
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

void CloseDescriptor::operator()(const int* descriptor) const {
  close(*descriptor);
  delete descriptor;
}

File::File(const std::string& path) {
  add_file(path);
  add_parts();
}

File::File(const std::string& name, std::vector<std::uint8_t> bytes) {
  Part part;
  part.path = name;
  part.own = std::move(bytes);
  part.data = part.own.data();
  part.size = part.own.size();
  parts_.push_back(std::move(part));
  parse(parts_.back());
  add_parts();
}

void File::add_file(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) throw InputError("cannot open '" + path + "': " + std::strerror(errno) + "; check the path");
  Part part;
  part.path = path;
  part.descriptor.reset(new int(fd));
  struct stat info {};
  if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode))
    throw InputError("'" + path + "' is not a file; give a GGUF file");
  part.size = static_cast<std::uint64_t>(info.st_size);
  part.modified = modified_of(info);
  void* mapped = part.size == 0 ? nullptr : mmap(nullptr, part.size, PROT_READ, MAP_PRIVATE, fd, 0);
  if (mapped == MAP_FAILED)
    throw InputError("cannot map '" + path + "': " + std::strerror(errno) + "; free some memory");
  part.mapped = {static_cast<const std::uint8_t*>(mapped), Unmap{part.size}};
  part.data = part.mapped.get();
  parts_.push_back(std::move(part));
  parse(parts_.back());
}

// The other parts of a split model. Each says its number, from 0, and how many there are.
void File::add_parts() {
  const std::uint64_t count = integer("split.count").value_or(1);
  if (count <= 1) return;
  const std::string own = path();
  const std::uint64_t number = integer("split.no").value_or(0);
  if (count > kMaxParts || number >= count) {
    throw InputError("'" + own + "': keys 'split.no' and 'split.count' say part " + std::to_string(number) +
                     " of " + std::to_string(count) + "; download the file again");
  }
  const std::string stem = stem_of_part(own, number, count);
  const std::string which =
      "'" + own + "' is part " + std::to_string(number + 1) + " of " + std::to_string(count);
  if (number != 0) {
    throw InputError(which + " of a split model (key 'split.no'); give the first part" +
                     (stem.empty() ? std::string() : ", '" + part_name(stem, 0, count) + "'"));
  }
  if (stem.empty()) {
    throw InputError(which + " of a split model (key 'split.count') and its name does not end in '" +
                     part_name("", 0, count) +
                     "'; give the parts their names again, or merge them with llama-gguf-split --merge");
  }
  for (std::uint64_t i = 1; i < count; ++i) {
    const std::string name = part_name(stem, i, count);
    if (access(name.c_str(), F_OK) != 0) {
      throw InputError(std::string(which)
                           .append(" of a split model and '")
                           .append(name)
                           .append("' is not there; put all parts into one folder under their own names"));
    }
    add_file(name);
  }
  const auto tensors = integer("split.tensors.count");
  if (tensors && *tensors != tensors_.size()) {
    throw InputError("'" + own + "': key 'split.tensors.count' is " + std::to_string(*tensors) +
                     ", the parts hold " + std::to_string(tensors_.size()) +
                     " tensors; the parts do not belong together, download them again");
  }
}

std::uint64_t File::size() const {
  std::uint64_t sum = 0;
  for (const Part& part : parts_) sum += part.size;
  return sum;
}

void File::check_unchanged() const {
  for (const Part& part : parts_) {
    if (!part.descriptor) continue;
    struct stat info {};
    if (fstat(*part.descriptor, &info) == 0 && static_cast<std::uint64_t>(info.st_size) == part.size &&
        modified_of(info) == part.modified)
      continue;
    throw Error("'" + part.path +
                "' was changed while it was read; leave it as it is while it loads, and start again");
  }
}

void File::parse(Part& part) {
  try {
    Cursor in(part.data, part.size);
    if (part.size < 4 || std::memcmp(part.data, "GGUF", 4) != 0)
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
    const auto count = in.read<std::uint64_t>("the header");
    // The smallest key takes 8 + 4 + 1 bytes, the smallest tensor 8 + 4 + 8 + 4 + 8.
    if (count > in.left() / 13)
      refuse("the header counts " + std::to_string(count) + " keys, more than the file can hold");
    if (tensors > in.left() / 32)
      refuse("the header counts " + std::to_string(tensors) + " tensors, more than the file can hold");
    Keys keys;
    std::vector<std::string> names;
    for (std::uint64_t i = 0; i < count; ++i) read_key(in, keys, names);
    // A part of another model says so before its tensors clash.
    for (const std::string& name : names) {
      if (parts_.size() > 1) compare_key(part, name, keys.at(name));
    }
    const std::size_t first = tensors_.size();
    std::vector<std::uint64_t> offsets(tensors);
    for (std::uint64_t i = 0; i < tensors; ++i) {
      tensors_.push_back(read_tensor(in, offsets[i]));
      if (!by_name_.emplace(tensors_.back().name, first + i).second)
        refuse("tensor " + quoted(tensors_.back().name) + " appears twice");
    }
    part.header_bytes = in.offset();
    std::uint64_t alignment = 32;
    const auto own = keys.find("general.alignment");
    if (own != keys.end()) {
      const Value& v = own->second;
      const bool good = !v.array && is_integer(v.type);
      const auto wanted = good ? load_integer(v.type, part.data + v.offset) : std::nullopt;
      if (!wanted || *wanted <= 0 || *wanted > 65536 || (*wanted & (*wanted - 1)) != 0)
        refuse("key 'general.alignment' is not a power of two up to 65536");
      alignment = static_cast<std::uint64_t>(*wanted);
    }
    if (parts_.size() == 1) {
      keys_ = std::move(keys);
      key_names_ = std::move(names);
    }
    place_tensors(part, alignment, first, offsets);
  } catch (const InputError& e) {
    throw InputError("'" + part.path + "': " + e.what());
  }
}

void File::read_key(Cursor& in, Keys& keys, std::vector<std::string>& names) const {
  const std::string key(in.string(in.left(), "the name of key " + std::to_string(names.size())));
  const std::string what = "key " + quoted(key);
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
  v.bytes = in.offset() - v.offset;
  if (!keys.emplace(key, v).second) refuse(what + " appears twice");
  names.push_back(key);
}

// A key of a later part says nothing new: it is the part's own (number, alignment, name) or stands in the
// first part as well.
void File::compare_key(const Part& part, const std::string& name, const Value& v) const {
  const std::uint8_t* data = part.data + v.offset;
  if (name == "split.no" && !v.array && is_integer(v.type)) {
    if (load_integer(v.type, data) != static_cast<std::int64_t>(parts_.size()) - 1)
      refuse("key 'split.no' is not " + std::to_string(parts_.size() - 1));
    return;
  }
  if (name.compare(0, 8, "general.") == 0 && name != "general.architecture") return;
  const auto it = keys_.find(name);
  if (it != keys_.end() && it->second.type == v.type && it->second.array == v.array &&
      it->second.bytes == v.bytes && std::memcmp(parts_.front().data + it->second.offset, data, v.bytes) == 0)
    return;
  throw InputError("key " + quoted(name) + " is not as in the first part '" + path() +
                   "'; the parts do not belong together, download them again");
}

Tensor File::read_tensor(Cursor& in, std::uint64_t& offset) const {
  Tensor t;
  t.name = in.string(kMaxName, "the name of tensor " + std::to_string(tensors_.size()));
  const std::string what = "tensor " + quoted(t.name);
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

void File::place_tensors(const Part& part, std::uint64_t alignment, std::size_t first,
                         const std::vector<std::uint64_t>& offsets) {
  const std::uint64_t start = checked_round_up(part.header_bytes, alignment, "the header");
  std::uint64_t expected = 0;
  for (std::size_t i = 0; i < offsets.size(); ++i) {
    Tensor& t = tensors_[first + i];
    const std::string what = "tensor " + quoted(t.name);
    if (offsets[i] != expected) {
      refuse(what + " lies at offset " + std::to_string(offsets[i]) + " of the data, expected " +
             std::to_string(expected));
    }
    const std::uint64_t begin = checked_add(start, offsets[i], "the offset of " + what);
    if (begin > part.size || t.bytes > part.size - begin) {
      refuse(what + " reaches beyond the end of the file (" + std::to_string(t.bytes) + " bytes at " +
             std::to_string(begin) + ", the file has " + std::to_string(part.size) + ")");
    }
    t.data = part.data + begin;
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
    throw InputError("'" + path() + "': tensor '" + name +
                     "' is missing; the file is incomplete, convert the model again");
  return *t;
}

void File::mistyped(const std::string& key, const std::string& what) const {
  throw InputError("'" + path() + "': key " + quoted(key) + " " + what + "; convert the model again");
}

const File::Value* File::value(const std::string& key, bool array) const {
  const auto it = keys_.find(key);
  if (it == keys_.end()) return nullptr;
  if (it->second.array != array) mistyped(key, array ? "is no array" : "is an array");
  return &it->second;
}

bool File::is_array(const std::string& key) const {
  const auto it = keys_.find(key);
  return it != keys_.end() && it->second.array;
}

std::optional<std::uint64_t> File::integer(const std::string& key) const {
  const Value* v = value(key, false);
  if (v == nullptr) return std::nullopt;
  if (!is_integer(v->type)) mistyped(key, "is not an integer");
  const std::uint8_t* data = parts_.front().data + v->offset;
  if (v->type == kU64) return load<std::uint64_t>(data);
  const std::int64_t number = load_integer(v->type, data).value_or(-1);
  if (number < 0) mistyped(key, "is negative");
  return static_cast<std::uint64_t>(number);
}

std::optional<double> File::real(const std::string& key) const {
  const Value* v = value(key, false);
  if (v == nullptr) return std::nullopt;
  if (v->type != kF32 && v->type != kF64) mistyped(key, "is not a floating-point number");
  return load_number(v->type, parts_.front().data + v->offset);
}

std::vector<double> File::numbers(const std::string& key) const {
  const auto it = keys_.find(key);
  if (it == keys_.end()) return {};
  const Value& v = it->second;
  if (v.type == kString) mistyped(key, "is no number");
  std::vector<double> out(v.count);
  for (std::uint64_t i = 0; i < v.count; ++i)
    out[i] = load_number(v.type, parts_.front().data + v.offset + i * kValueBytes[v.type]);
  return out;
}

std::optional<bool> File::boolean(const std::string& key) const {
  const Value* v = value(key, false);
  if (v == nullptr) return std::nullopt;
  if (v->type != kBool) mistyped(key, "is not a boolean");
  return load<std::uint8_t>(parts_.front().data + v->offset) != 0;
}

std::optional<std::string> File::string(const std::string& key) const {
  const Value* v = value(key, false);
  if (v == nullptr) return std::nullopt;
  if (v->type != kString) mistyped(key, "is not a string");
  const std::uint8_t* data = parts_.front().data + v->offset;
  return std::string(reinterpret_cast<const char*>(data + 8), load<std::uint64_t>(data));
}

std::vector<std::string> File::strings(const std::string& key) const {
  const Value* v = value(key, true);
  if (v == nullptr) return {};
  if (v->type != kString) mistyped(key, "holds no strings");
  std::vector<std::string> out;
  out.reserve(v->count);
  const std::uint8_t* at = parts_.front().data + v->offset;
  for (std::uint64_t i = 0; i < v->count; ++i) {
    const auto length = load<std::uint64_t>(at);
    out.emplace_back(reinterpret_cast<const char*>(at + 8), length);
    at += 8 + length;
  }
  return out;
}

std::vector<float> File::reals(const std::string& key) const {
  const Value* v = value(key, true);
  if (v == nullptr) return {};
  if (v->type != kF32) mistyped(key, "holds no fp32 numbers");
  std::vector<float> out(v->count);
  if (v->count != 0) std::memcpy(out.data(), parts_.front().data + v->offset, v->count * sizeof(float));
  return out;
}

std::vector<std::int32_t> File::integers(const std::string& key) const {
  const Value* v = value(key, true);
  if (v == nullptr) return {};
  if (!is_integer(v->type)) mistyped(key, "holds no integers");
  std::vector<std::int32_t> out(v->count);
  const std::uint8_t* data = parts_.front().data + v->offset;
  for (std::uint64_t i = 0; i < v->count; ++i) {
    const auto number = load_integer(v->type, data + i * kValueBytes[v->type]);
    if (!number || *number < std::numeric_limits<std::int32_t>::min() ||
        *number > std::numeric_limits<std::int32_t>::max())
      mistyped(key, "holds a number beyond 32 bits at " + std::to_string(i));
    out[i] = static_cast<std::int32_t>(*number);
  }
  return out;
}

std::string File::shown(const std::string& key) const {
  const auto it = keys_.find(key);
  if (it == keys_.end()) return "";
  const Value& v = it->second;
  if (v.array) return "[" + std::to_string(v.count) + " " + kValueNames[v.type] + "]";
  const std::uint8_t* data = parts_.front().data + v.offset;
  if (v.type == kString) {
    return quoted(
        {reinterpret_cast<const char*>(data + 8), static_cast<std::size_t>(load<std::uint64_t>(data))});
  }
  if (v.type == kBool) return load<std::uint8_t>(data) != 0 ? "true" : "false";
  if (v.type == kU64) return std::to_string(load<std::uint64_t>(data));
  if (is_integer(v.type)) return std::to_string(load_integer(v.type, data).value_or(0));
  char text[32];
  std::snprintf(text, sizeof text, "%g", load_number(v.type, data));
  return text;
}

}  // namespace luoshu::gguf
