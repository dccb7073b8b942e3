// SPDX-License-Identifier: Apache-2.0
// Builds GGUF files in memory, version 3, alignment 32: synthetic models for benchmarks, and files for tests.
#pragma once
#include <cstdint>
#include <cstring>
#include <fstream>
#include <string>
#include <vector>

#include "gguf/gguf.h"

namespace luoshu::gguf {

class Writer {
 public:
  void u32(const std::string& key, std::uint32_t value) { add(key, 4, bytes(value)); }
  void f32(const std::string& key, float value) { add(key, 6, bytes(value)); }
  void boolean(const std::string& key, bool value) { add(key, 7, bytes(static_cast<std::uint8_t>(value))); }
  void string(const std::string& key, const std::string& value) { add(key, 8, text(value)); }
  void strings(const std::string& key, const std::vector<std::string>& values) {
    std::string data = bytes(std::uint32_t{8}) + bytes(static_cast<std::uint64_t>(values.size()));
    for (const std::string& v : values) data += text(v);
    add(key, 9, data);
  }
  void floats(const std::string& key, const std::vector<float>& values) { array(key, 6, values); }
  void integers(const std::string& key, const std::vector<std::int32_t>& values) { array(key, 5, values); }
  void raw_key(const std::string& key, std::uint32_t type, const std::string& data) { add(key, type, data); }

  // A tensor with its data in the file's own layout.
  void tensor(const std::string& name, const std::vector<std::uint64_t>& dims, Type type,
              const std::string& data) {
    data_.resize(space(name, dims, type, data.size()), '\0');
    data_ += data;
  }
  // A tensor whose data the caller writes into the finished file; returns their offset from header().size().
  std::uint64_t space(const std::string& name, const std::vector<std::uint64_t>& dims, Type type,
                      std::uint64_t bytes_of_data) {
    const std::uint64_t offset = data_bytes_;
    infos_ += text(name) + bytes(static_cast<std::uint32_t>(dims.size()));
    for (const std::uint64_t d : dims) infos_ += bytes(d);
    infos_ += bytes(static_cast<std::uint32_t>(type)) + bytes(offset);
    data_bytes_ = (offset + bytes_of_data + 31) / 32 * 32;
    ++tensors_;
    return offset;
  }

  // Everything before the data, padded to the alignment.
  std::string header() const {
    std::string out = "GGUF" + bytes(std::uint32_t{3}) + bytes(tensors_) + bytes(keys_) + keys_text_ + infos_;
    out.resize((out.size() + 31) / 32 * 32, '\0');
    return out;
  }
  std::uint64_t data_bytes() const { return data_bytes_; }
  // The whole file; zeros where space() was asked for.
  std::string file() const {
    std::string out = header();
    const std::size_t end = out.size() + data_bytes_;
    out += data_;
    out.resize(end, '\0');
    return out;
  }
  void write(const std::string& path) const {
    std::ofstream out(path, std::ios::binary);
    const std::string all = file();
    out.write(all.data(), static_cast<std::streamsize>(all.size()));
  }

  static std::string text(const std::string& s) { return bytes(static_cast<std::uint64_t>(s.size())) + s; }
  template <class T>
  static std::string bytes(const T& value) {
    return std::string(reinterpret_cast<const char*>(&value), sizeof value);
  }

 private:
  void add(const std::string& key, std::uint32_t type, const std::string& data) {
    keys_text_ += text(key) + bytes(type) + data;
    ++keys_;
  }
  template <class T>
  void array(const std::string& key, std::uint32_t type, const std::vector<T>& values) {
    std::string data = bytes(type) + bytes(static_cast<std::uint64_t>(values.size()));
    data.append(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T));
    add(key, 9, data);
  }
  std::string keys_text_, infos_, data_;
  std::uint64_t keys_ = 0, tensors_ = 0, data_bytes_ = 0;
};

// fp16 of a value in its normal range, or zero for smaller ones; rounds towards zero.
inline std::uint16_t to_half(float value) {
  std::uint32_t raw = 0;
  std::memcpy(&raw, &value, 4);
  const std::uint32_t sign = raw >> 16 & 0x8000u;
  const std::uint32_t exponent = raw >> 23 & 255u;
  if (exponent < 113) return static_cast<std::uint16_t>(sign);
  return static_cast<std::uint16_t>(sign | (exponent - 112) << 10 | (raw >> 13 & 1023u));
}

}  // namespace luoshu::gguf
