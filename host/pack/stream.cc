// SPDX-License-Identifier: Apache-2.0
#include "pack/stream.h"

#include <algorithm>
#include <cstring>
#include <memory>

#include "luoshu/error.h"

namespace luoshu::pack {
namespace {

// The exponent `we` of an fp16 scale: max(biased, 1) - 25.
int half_exponent(std::uint16_t half, const std::string& name) {
  const int biased = (half >> 10) & 31;
  if (biased == 31) {
    throw InputError(
        "tensor '" + name +
        "' has a scale that is infinite or not a number; the file is damaged, download it again");
  }
  return std::max(biased, 1) - 25;
}

// Collects value beats and scale entries of a run and writes the scale beat before them.
class RunWriter {
 public:
  RunWriter(const StreamShape& shape, const Sink& sink) : shape_(shape), sink_(sink) {
    run_.assign(static_cast<std::size_t>(shape.run_beats() + 1) * shape.lanes, 0);
    buffer_.reserve(kBuffer + run_.size());
  }

  // Space for the value bytes of the next block (beats_per_block x lanes, zeroed).
  std::uint8_t* next_block() { return run_.data() + static_cast<std::size_t>(1 + beats_) * shape_.lanes; }

  // Adds the block whose bytes were written to next_block(); entries: rows of the tile, 1 or 2 fp16 each.
  void add(const std::uint16_t* entries, std::size_t count) {
    std::memcpy(run_.data() + scale_bytes_, entries, count * 2);
    scale_bytes_ += count * 2;
    beats_ += shape_.beats_per_block();
    if (beats_ == shape_.run_beats()) flush();
  }

  void finish() {
    flush();
    if (!buffer_.empty()) sink_(buffer_.data(), buffer_.size());
    buffer_.clear();
  }

 private:
  static constexpr std::size_t kBuffer = 1 << 18;

  void flush() {
    if (beats_ == 0) return;
    const std::size_t bytes = static_cast<std::size_t>(1 + beats_) * shape_.lanes;
    buffer_.insert(buffer_.end(), run_.begin(), run_.begin() + static_cast<std::ptrdiff_t>(bytes));
    std::fill(run_.begin(), run_.end(), std::uint8_t{0});
    beats_ = 0;
    scale_bytes_ = 0;
    if (buffer_.size() >= kBuffer) {
      sink_(buffer_.data(), buffer_.size());
      buffer_.clear();
    }
  }

  const StreamShape shape_;
  const Sink& sink_;
  std::vector<std::uint8_t> run_;  // scale beat, then value beats
  std::vector<std::uint8_t> buffer_;
  std::uint32_t beats_ = 0;
  std::size_t scale_bytes_ = 0;
};

}  // namespace

StreamShape stream_shape(const MatrixSource& source, std::uint32_t lanes) {
  return StreamShape{lanes, source.mode, source.rows, (source.cols + 31) / 32};
}

int pack_stream(const MatrixSource& source, std::uint32_t lanes, const Sink& sink) {
  const StreamShape shape = stream_shape(source, lanes);
  const std::uint32_t tile_rows = shape.tile_rows();
  RunWriter writer(shape, sink);
  std::vector<Block> blocks(tile_rows);
  std::vector<std::uint16_t> entries(static_cast<std::size_t>(tile_rows) * 2);
  const bool minima = source.mode == Mode::kInt4m;
  int reference = -24;
  for (std::uint64_t tile = 0; tile < shape.tiles(); ++tile) {
    for (std::uint64_t k = 0; k < shape.kblocks; ++k) {
      std::size_t count = 0;
      for (std::uint32_t r = 0; r < tile_rows; ++r) {
        const std::uint64_t row = tile * tile_rows + r;
        Block& b = blocks[r];
        if (row < source.rows) {
          source.block(row, k, b);
        } else {
          b = Block{};
        }
        reference = std::max(reference, half_exponent(b.scale, source.name));
        entries[count++] = b.scale;
        if (minima) {
          reference = std::max(reference, half_exponent(b.min, source.name));
          entries[count++] = b.min;
        }
      }
      for (std::uint32_t plane = 0; plane < shape.planes(); ++plane) {
        std::uint8_t* out = writer.next_block();
        for (std::uint32_t s = 0; s < shape.slots(); ++s) {
          std::uint8_t* bytes =
              out + static_cast<std::size_t>(s) * 32;  // lanes < 32: the beats follow each other
          if (is_joined(source.mode)) {
            const Block& low = blocks[2 * static_cast<std::size_t>(s)];
            const Block& high = blocks[2 * static_cast<std::size_t>(s) + 1];
            for (int i = 0; i < 32; ++i)
              bytes[i] = static_cast<std::uint8_t>((low.w[i] & 15) | (high.w[i] & 15) << 4);
          } else if (source.mode == Mode::kInt8) {
            for (int i = 0; i < 32; ++i) bytes[i] = static_cast<std::uint8_t>(blocks[s].w[i]);
          } else {
            const int shift = plane == 0 ? 8 : 0;
            for (int i = 0; i < 32; ++i)
              bytes[i] = static_cast<std::uint8_t>(static_cast<std::uint16_t>(blocks[s].w[i]) >> shift);
          }
        }
        writer.add(entries.data(), count);
      }
    }
  }
  writer.finish();
  return reference;
}

MatrixSource concatenate(std::vector<MatrixSource> parts) {
  MatrixSource all = parts.front();
  for (std::size_t i = 1; i < parts.size(); ++i) {
    all.rows += parts[i].rows;
    all.name += "+" + parts[i].name;
  }
  auto shared = std::make_shared<std::vector<MatrixSource>>(std::move(parts));
  all.block = [shared](std::uint64_t row, std::uint64_t k, Block& out) {
    for (const MatrixSource& part : *shared) {
      if (row < part.rows) return part.block(row, k, out);
      row -= part.rows;
    }
  };
  return all;
}

MatrixSource interleave(MatrixSource a, MatrixSource b) {
  MatrixSource both = a;
  both.rows = a.rows + b.rows;
  both.name = a.name + "+" + b.name;
  auto shared = std::make_shared<std::pair<MatrixSource, MatrixSource>>(std::move(a), std::move(b));
  both.block = [shared](std::uint64_t row, std::uint64_t k, Block& out) {
    ((row & 1) != 0 ? shared->second : shared->first).block(row / 2, k, out);
  };
  return both;
}

}  // namespace luoshu::pack
