// SPDX-License-Identifier: Apache-2.0
// A packed model in a file: the device memory that Image::upload writes, for later runs to take instead of
// packing. The file is a header, zeros up to kPayload, and the payload: device memory from address 0 on, in
// the order in which it lies there, so that its pages can be mapped into a simulated memory. Numbers are
// little-endian. A file that is being written is FILE.tmp-PID; it takes its name when it is complete.
//
// What this does not do: it does not look at the weights of the model file (its time of modification stands
// for them), and it does not lock; the last of two writers wins, with a whole file.
#pragma once
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "config/model_config.h"
#include "gguf/gguf.h"
#include "luoshu/chip.h"

namespace luoshu {

// What a packed model depends on, hashed; equal keys have equal payloads.
struct CheckpointKey {
  std::uint64_t model = 0;    // the file's size, keys, tensor table and time of modification; layers used
  std::uint64_t chip = 0;     // its capabilities
  std::uint64_t program = 0;  // the program that packed
  std::uint32_t context = 0, sequences = 0;
};

// `program` names the version of the packing program.
CheckpointKey checkpoint_key(const gguf::File& file, const ModelConfig& config, const Capabilities& chip,
                             std::uint32_t context, std::uint32_t sequences, const std::string& program);

class Checkpoint {
 public:
  // Offset of the payload: pages of up to 64 KiB can be mapped.
  static constexpr std::uint64_t kPayload = 65536;
  // The payload's checksum is always compared up to this size; beyond it only when `verify`.
  static constexpr std::uint64_t kAlwaysCompared = std::uint64_t{64} << 20;

  // Opens the checkpoint of `bytes` payload bytes with this key, or makes room for a new one beside it.
  // Throws InputError, and leaves the file as it is, when it is no checkpoint or a damaged one, or when none
  // can be written there.
  Checkpoint(std::string path, const CheckpointKey& key, std::uint64_t bytes, bool verify);

  // The file holds the payload: read() and file() are for this state, write() and finish() for the other.
  bool found() const { return found_; }
  std::uint64_t bytes() const { return bytes_; }
  // In what a checkpoint that was there differs ("another model, another context"); empty where there was
  // none.
  const std::string& differs() const { return differs_; }
  // Part of the payload. Throws InputError when the file has become shorter.
  void read(std::uint64_t at, void* data, std::size_t bytes) const;
  int file() const { return *file_; }

  // Throw InputError when the file system refuses.
  void write(std::uint64_t at, const void* data, std::size_t bytes);
  // Checksum, header, name.
  void finish();

 private:
  struct Header;
  struct Close {
    void operator()(const int* descriptor) const {
      close(*descriptor);
      delete descriptor;
    }
  };
  struct Remove {
    void operator()(const std::string* path) const {
      unlink(path->c_str());
      delete path;
    }
  };
  using Descriptor = std::unique_ptr<const int, Close>;

  bool open_existing(bool verify);
  void create();
  std::uint32_t payload_checksum() const;
  void write_at(std::uint64_t offset, const void* data, std::size_t bytes);

  const std::string path_;
  const CheckpointKey key_;
  const std::uint64_t bytes_;
  bool found_ = false;
  std::string differs_;
  std::unique_ptr<const std::string, Remove> unfinished_;  // removed where it was not finished
  Descriptor file_;
};

}  // namespace luoshu
