// SPDX-License-Identifier: Apache-2.0
#include "program/checkpoint.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <vector>

#include "luoshu/error.h"

namespace luoshu {
namespace {

constexpr char kMagic[8] = {'L', 'U', 'O', 'S', 'H', 'U', 'C', 'P'};
constexpr std::uint32_t kFormat = 1;
constexpr std::size_t kChunk = std::size_t{1} << 20;

// FNV-1a, 64 bits.
class Hash {
 public:
  Hash& add(std::string_view bytes) {
    for (const char c : bytes) value_ = (value_ ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
    return *this;
  }
  Hash& add(std::uint64_t number) {
    for (int i = 0; i < 64; i += 8) value_ = (value_ ^ (number >> i & 255u)) * 0x100000001b3u;
    return *this;
  }
  std::uint64_t value() const { return value_; }

 private:
  std::uint64_t value_ = 0xcbf29ce484222325u;
};

std::string reason() {
  return std::strerror(errno);
}

// Up to `bytes` bytes; fewer at the file's end or where it cannot be read.
std::size_t read_some(int file, std::uint64_t offset, void* data, std::size_t bytes) {
  std::size_t done = 0;
  while (done < bytes) {
    const ssize_t n =
        pread(file, static_cast<char*>(data) + done, bytes - done, static_cast<off_t>(offset + done));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    done += static_cast<std::size_t>(n);
  }
  return done;
}

// What a file is that does not begin as a checkpoint.
std::string kind_of(std::string_view begin) {
  if (begin.empty()) return "is empty";
  if (begin.substr(0, 4) == "GGUF") return "is a GGUF file";
  return "is a file of another kind";
}

[[noreturn]] void damaged(const std::string& path, const std::string& how) {
  throw InputError("the checkpoint '" + path + "' is damaged: " + how +
                   "; delete it, the next run writes it anew");
}

// The file that a link names, so that it is replaced and not the link.
std::string target_of(const std::string& path) {
  const std::unique_ptr<char, decltype(&std::free)> real(realpath(path.c_str(), nullptr), std::free);
  return real ? std::string(real.get()) : path;
}

}  // namespace

struct Checkpoint::Header {
  char magic[8];
  std::uint32_t format;
  std::uint32_t checksum;  // CRC-32 of the payload
  CheckpointKey key;
  std::uint64_t bytes;  // of the payload
};

CheckpointKey checkpoint_key(const gguf::File& file, const ModelConfig& config, const Capabilities& chip,
                             std::uint32_t context, std::uint32_t sequences, const std::string& program) {
  CheckpointKey key;
  Hash model;
  model.add(config.layers);
  for (const gguf::File::Part& part : file.parts())
    model.add(part.size).add(part.modified).add(part.header());
  key.model = model.value();
  key.chip = Hash()
                 .add(chip.lanes)
                 .add(chip.columns)
                 .add(chip.groups)
                 .add(chip.max_d)
                 .add(chip.act_blocks)
                 .add(chip.max_heads)
                 .add(chip.q_elements)
                 .add(chip.vector_lanes)
                 .add(chip.head_words)
                 .add(chip.memory_bytes)
                 .add(chip.clock_khz)
                 .value();
  key.program = Hash().add(program).value();
  key.context = context;
  key.sequences = sequences;
  return key;
}

Checkpoint::Checkpoint(std::string path, const CheckpointKey& key, std::uint64_t bytes, bool verify)
    : path_(std::move(path)), key_(key), bytes_(bytes) {
  found_ = open_existing(verify);
  if (!found_) create();
}

// True when the file is there, whole, and has the key.
bool Checkpoint::open_existing(bool verify) {
  const int descriptor = open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) {
    if (errno == ENOENT) return false;
    throw InputError("cannot open the checkpoint '" + path_ + "': " + reason() + "; check the path");
  }
  file_.reset(new int(descriptor));
  struct stat info {};
  if (fstat(descriptor, &info) != 0 || !S_ISREG(info.st_mode)) {
    throw InputError("--checkpoint '" + path_ + "' is a folder or a device; give the path of a file");
  }
  Header header{};
  static_assert(sizeof header == 56 && sizeof header < kPayload, "the format has no gaps");
  const std::size_t got = read_some(descriptor, 0, &header, sizeof header);
  if (got < sizeof kMagic || std::memcmp(header.magic, kMagic, sizeof kMagic) != 0) {
    throw InputError("--checkpoint '" + path_ + "' " +
                     kind_of({reinterpret_cast<const char*>(&header), got}) +
                     ", no checkpoint, and stays as it is; give another path or move the file away");
  }
  if (got < sizeof header) damaged(path_, "it ends in its header");
  const auto differ = [this](bool differs, const char* what) {
    if (differs) differs_ += (differs_.empty() ? "another " : ", another ") + std::string(what);
  };
  if (header.format != kFormat) {
    differ(true, "format");
    return false;
  }
  differ(header.key.model != key_.model, "model");
  differ(header.key.chip != key_.chip, "configuration");
  differ(header.key.context != key_.context, "context");
  differ(header.key.sequences != key_.sequences, "number of sequences");
  differ(header.key.program != key_.program, "version of this program");
  if (!differs_.empty()) return false;
  const auto size = static_cast<std::uint64_t>(info.st_size);
  if (header.bytes != bytes_ || size != kPayload + bytes_) {
    damaged(path_,
            "it has " + std::to_string(size) + " bytes, expected " + std::to_string(kPayload + bytes_));
  }
  if ((verify || bytes_ <= kAlwaysCompared) && payload_checksum() != header.checksum)
    damaged(path_, "its checksum differs");
  return true;
}

void Checkpoint::create() {
  const std::string name = target_of(path_) + ".tmp-" + std::to_string(getpid());
  unlink(name.c_str());  // of an earlier process with this number
  const int descriptor = open(name.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  if (descriptor < 0) {
    throw InputError("cannot write the checkpoint '" + path_ + "': " + reason() +
                     "; give a path in a folder that exists and can be written");
  }
  file_.reset(new int(descriptor));
  unfinished_.reset(new std::string(name));
  const int error = posix_fallocate(descriptor, 0, static_cast<off_t>(kPayload + bytes_));
  if (error != 0) {
    throw InputError("no room for the checkpoint '" + path_ + "' of " + std::to_string(bytes_ >> 20) +
                     " MiB: " + std::strerror(error) + "; make room or give another path");
  }
}

std::uint32_t Checkpoint::payload_checksum() const {
  std::vector<std::uint8_t> chunk(static_cast<std::size_t>(std::min<std::uint64_t>(kChunk, bytes_)));
  uLong crc = crc32(0, nullptr, 0);
  for (std::uint64_t at = 0; at < bytes_; at += chunk.size()) {
    chunk.resize(static_cast<std::size_t>(std::min<std::uint64_t>(chunk.size(), bytes_ - at)));
    read(at, chunk.data(), chunk.size());
    crc = crc32_z(crc, chunk.data(), chunk.size());
  }
  return static_cast<std::uint32_t>(crc);
}

void Checkpoint::read(std::uint64_t at, void* data, std::size_t bytes) const {
  if (read_some(*file_, kPayload + at, data, bytes) != bytes) damaged(path_, "it cannot be read to its end");
}

void Checkpoint::write(std::uint64_t at, const void* data, std::size_t bytes) {
  if (at > bytes_ || bytes > bytes_ - at)
    throw Error("a part of the image lies outside the checkpoint; report this with the command line");
  write_at(kPayload + at, data, bytes);
}

void Checkpoint::write_at(std::uint64_t offset, const void* data, std::size_t bytes) {
  for (std::size_t done = 0; done < bytes;) {
    const ssize_t n = pwrite(*file_, static_cast<const char*>(data) + done, bytes - done,
                             static_cast<off_t>(offset + done));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) {
      throw InputError("cannot write the checkpoint '" + path_ + "': " + reason() +
                       "; make room or give another path");
    }
    done += static_cast<std::size_t>(n);
  }
}

// The header comes last and the name after the data are on disk: a file with a header is whole.
void Checkpoint::finish() {
  Header header{};
  std::memcpy(header.magic, kMagic, sizeof kMagic);
  header.format = kFormat;
  header.checksum = payload_checksum();
  header.key = key_;
  header.bytes = bytes_;
  write_at(0, &header, sizeof header);
  if (fdatasync(*file_) != 0 || rename(unfinished_->c_str(), target_of(path_).c_str()) != 0) {
    throw InputError("cannot write the checkpoint '" + path_ + "': " + reason() +
                     "; make room or give another path");
  }
  delete unfinished_.release();
}

}  // namespace luoshu
