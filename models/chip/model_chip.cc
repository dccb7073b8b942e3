// SPDX-License-Identifier: Apache-2.0
#include "chip/model_chip.h"

#include <sys/mman.h>
#include <zlib.h>

#include <algorithm>
#include <cstring>

#include "chip/kernels.h"
#include "luoshu/file_pages.h"
#include "luoshu/interrupt.h"
#include "numerics/fp.h"

namespace luoshu {
namespace {

constexpr std::uint32_t kVectors = 3;  // norm, attention, ffn
constexpr std::size_t kSwigluGrain = 256;

// Device memory: reserved, not touched, zero until written.
class DeviceMemory {
 public:
  explicit DeviceMemory(std::uint64_t bytes) : bytes_(bytes) {
    void* p =
        mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (p == MAP_FAILED)
      throw DeviceError("cannot reserve " + std::to_string(bytes >> 20) +
                        " MiB of device memory; free some memory");
    data_ = static_cast<std::uint8_t*>(p);
  }
  ~DeviceMemory() { munmap(data_, bytes_); }
  DeviceMemory(const DeviceMemory&) = delete;
  DeviceMemory& operator=(const DeviceMemory&) = delete;
  // Throws DeviceError when the range is not inside.
  std::uint8_t* at(std::uint64_t address, std::uint64_t bytes) const {
    if (address > bytes_ || bytes > bytes_ - address) {
      DeviceError::Detail detail;
      detail.operation = "memory access";
      detail.address = address;
      detail.code = LUOSHU_ERR_BUS_ERROR;
      throw DeviceError("an access reaches beyond device memory; report the command line", detail);
    }
    return data_ + address;
  }

 private:
  std::uint64_t bytes_;
  std::uint8_t* data_ = nullptr;
};

// One command of a program.
class CommandWords {
 public:
  explicit CommandWords(const std::uint8_t* p) { std::memcpy(words_, p, sizeof words_); }
  std::uint32_t get(std::uint32_t word, std::uint32_t lsb, std::uint32_t bits) const {
    return words_[word] >> lsb & (bits == 32 ? ~0u : (1u << bits) - 1u);
  }
  float real(std::uint32_t word, std::uint32_t lsb, std::uint32_t bits) const {
    return numerics::from_bits(get(word, lsb, bits));
  }

 private:
  std::uint32_t words_[8];
};

}  // namespace

class ModelChip::Core {
 public:
  Core(const Configuration& configuration, unsigned threads)
      : capabilities_(configuration.capabilities()), memory_(capabilities_.memory_bytes), pool_(threads) {}

  Capabilities capabilities_;
  DeviceMemory memory_;
  std::uint32_t head_stride_ = 0;
  std::uint32_t block_bytes_ = 0;
  std::vector<std::uint32_t> stop_ids_;
  std::deque<RunRequest> runs_;
  bool stop_ = false;

  ChipEvent next_event() {
    while (events_.empty()) {
      if (runs_.empty()) throw TimeoutError("the model device has nothing to run; start a run first");
      pass(runs_.front());
    }
    const ChipEvent event = events_.front();
    events_.pop_front();
    return event;
  }

 private:
  // The values of one token in a pass.
  struct Slot {
    std::vector<float> x;  // residual
    model::Activations act[kVectors];
    std::vector<model::Query> q;
  };

  void pass(RunRequest& run) {
    try {
      slots_.resize(std::max(slots_.size(), run.tokens.size()));
      for (std::uint32_t i = 0; i < run.commands; ++i) {
        poll_interrupt();
        execute(run, CommandWords(memory_.at(run.program + std::uint64_t{i} * 32, 32)));
      }
    } catch (const InterruptedError&) {  // the next engine finds an idle device
      runs_.clear();
      events_.clear();
      stop_ = false;
      throw;
    } catch (const DeviceError& e) {
      ChipEvent event;
      event.kind = ChipEvent::Kind::kError;
      event.code = LUOSHU_ERR_BUS_ERROR;
      events_.push_back(event);
      runs_.clear();
      return;
    }
    const bool stopped = stop_ || (!events_.empty() && events_.back().stop_id);
    if (--run.passes != 0 && !stopped && run.loop) return advance(run);
    stop_ = false;
    events_.push_back(ChipEvent{});
    runs_.pop_front();
  }

  void advance(RunRequest& run) {
    TokenContext& t = run.tokens[0];
    t.token = events_.back().token;
    if (++t.position % LUOSHU_KEY_BLOCK == 0) t.kv_block_offset += block_bytes_;
  }

  void execute(const RunRequest& run, const CommandWords& c) {
    if (c.get(LUOSHU_CMD_IF_LOGITS) != 0 && run.logits == LogitsMode::kNone) return;
    const bool last = c.get(LUOSHU_CMD_LAST) != 0 && run.logits == LogitsMode::kLast;
    first_ = last ? run.tokens.size() - 1 : 0;
    count_ = run.tokens.size();
    switch (c.get(LUOSHU_CMD_OPCODE)) {
      case LUOSHU_OP_EMBED:
        return embed(run, c);
      case LUOSHU_OP_NORM:
        return norm(c);
      case LUOSHU_OP_MATMUL:
        return matmul(c);
      case LUOSHU_OP_QKV:
        return qkv(run, c);
      case LUOSHU_OP_ATTN:
        return attend(run, c);
      case LUOSHU_OP_RESID:
        for (std::size_t t = first_; t < count_; ++t) {
          for (std::size_t i = 0; i < rows_; ++i)
            slots_[t].x[i] = numerics::fadd(slots_[t].x[i], result(t)[i]);
        }
        return drop_results();
      case LUOSHU_OP_SWIGLU:
        return swiglu(c);
      case LUOSHU_OP_LOGITS:
        return logits(run, c);
      case LUOSHU_OP_ROPE: {
        steps_.resize(c.get(LUOSHU_CMD_ROPE_N));
        const std::size_t bytes = steps_.size() * 4;
        std::memcpy(steps_.data(), memory_.at(c.get(LUOSHU_CMD_ADDRESS), bytes), bytes);
        return;
      }
      case LUOSHU_OP_AUX:
        return;
      default:
        throw DeviceError("the command program holds an unknown command; report the command line");
    }
  }

  model::WeightStream stream(std::uint32_t address, std::uint32_t mode, std::uint32_t rows,
                             std::uint32_t kblocks, int reference) const {
    model::WeightStream s{nullptr, capabilities_.lanes, mode, rows, kblocks, reference};
    s.data = memory_.at(address, s.beats() * s.lanes);
    return s;
  }

  std::vector<float> parameters(std::uint32_t address, std::size_t count) const {
    std::vector<float> values(count);
    if (count != 0) std::memcpy(values.data(), memory_.at(address, count * 4), count * 4);
    return values;
  }

  void embed(const RunRequest& run, const CommandWords& c) {
    const std::uint32_t d = c.get(LUOSHU_CMD_EMBED_D);
    for (std::size_t t = 0; t < count_; ++t) {
      // The stream's rows are not in the command: the token's row must exist.
      const model::WeightStream s = stream(c.get(LUOSHU_CMD_ADDRESS), c.get(LUOSHU_CMD_EMBED_MODE),
                                           run.tokens[t].token + 1, c.get(LUOSHU_CMD_EMBED_KBLOCKS), 0);
      slots_[t].x.resize(d);
      model::embedding_row(s, run.tokens[t].token, d, slots_[t].x.data());
    }
  }

  void norm(const CommandWords& c) {
    const std::uint32_t n = c.get(LUOSHU_CMD_NORM_N);
    const std::vector<float> weight = parameters(c.get(LUOSHU_CMD_ADDRESS), n);
    std::vector<float> y(n);
    for (std::size_t t = first_; t < count_; ++t) {
      model::rms_norm(slots_[t].x.data(), weight.data(), n, c.real(LUOSHU_CMD_NORM_INV_N),
                      c.real(LUOSHU_CMD_NORM_EPS), y.data());
      model::quantise_activations(y.data(), n, slots_[t].act[c.get(LUOSHU_CMD_ACT_VECTOR)]);
    }
  }

  // Appends the rows of the matrix to the result of each token.
  void matmul(const CommandWords& c) {
    const model::WeightStream s = stream(c.get(LUOSHU_CMD_ADDRESS), c.get(LUOSHU_CMD_MATMUL_MODE),
                                         c.get(LUOSHU_CMD_MATMUL_ROWS), c.get(LUOSHU_CMD_MATMUL_KBLOCKS),
                                         static_cast<std::int8_t>(c.get(LUOSHU_CMD_MATMUL_REF_EXPONENT)));
    std::vector<const model::Activations*> vectors;
    for (std::size_t t = first_; t < count_; ++t) {
      vectors.push_back(&slots_[t].act[c.get(LUOSHU_CMD_MATMUL_SRC_VECTOR)]);
      if (vectors.back()->blocks() < s.kblocks)
        throw DeviceError("a matrix is wider than its vector; report the command line");
    }
    scratch_.resize(vectors.size() * s.rows);
    model::matmul(pool_, s, vectors, scratch_.data());
    results_.resize(count_);
    for (std::size_t t = first_; t < count_; ++t) {
      const float* y = scratch_.data() + (t - first_) * s.rows;
      results_[t].insert(results_[t].end(), y, y + s.rows);
    }
    rows_ += s.rows;
  }

  const float* result(std::size_t token) const { return results_[token].data(); }

  void drop_results() {
    results_.clear();
    rows_ = 0;
  }

  model::KvCache cache(std::uint32_t base, const TokenContext& t, std::uint32_t head_dim,
                       std::uint32_t kv_heads) const {
    model::KvCache kv{nullptr, capabilities_.lanes, head_dim, head_stride_, block_bytes_};
    kv.base = memory_.at(std::uint64_t{base} + t.kv_seq_offset, std::uint64_t{kv_heads} * head_stride_);
    return kv;
  }

  void qkv(const RunRequest& run, const CommandWords& c) {
    const std::uint32_t heads = c.get(LUOSHU_CMD_QKV_HEADS);
    const std::uint32_t kv_heads = c.get(LUOSHU_CMD_QKV_KV_HEADS);
    model::HeadParameters p;
    p.head_dim = c.get(LUOSHU_CMD_QKV_HEAD_DIM);
    p.rot = c.get(LUOSHU_CMD_QKV_ROT);
    p.halves = c.get(LUOSHU_CMD_QKV_HALVES) != 0;
    p.inv_head_dim = c.real(LUOSHU_CMD_QKV_INV_HEAD_DIM);
    p.q_scale = c.real(LUOSHU_CMD_QKV_Q_SCALE);
    p.eps = c.real(LUOSHU_CMD_QKV_EPS);
    p.steps = steps_.data();
    const bool has_norm = c.get(LUOSHU_CMD_QKV_QK_NORM) != 0;
    const bool has_bias = c.get(LUOSHU_CMD_QKV_BIAS) != 0;
    const std::size_t norms = has_norm ? std::size_t{p.head_dim} * 2 : 0;
    const std::vector<float> values = parameters(c.get(LUOSHU_CMD_ADDRESS), norms + (has_bias ? rows_ : 0));
    std::vector<std::int16_t> k(p.head_dim);
    std::vector<std::int8_t> v(p.head_dim);
    for (std::size_t t = first_; t < count_; ++t) {
      const TokenContext& context = run.tokens[t];
      const model::KvCache kv = cache(c.get(LUOSHU_CMD_QKV_KV_BASE), context, p.head_dim, kv_heads);
      slots_[t].q.resize(heads);
      for (std::uint32_t head = 0; head < 2 * kv_heads + heads; ++head) {
        const auto kind = head < kv_heads       ? model::HeadKind::kKey
                          : head < 2 * kv_heads ? model::HeadKind::kValue
                                                : model::HeadKind::kQuery;
        float* y = results_[t].data() + std::size_t{head} * p.head_dim;
        const float* bias = has_bias ? values.data() + norms + std::size_t{head} * p.head_dim : nullptr;
        const float* norm =
            has_norm ? values.data() + (kind == model::HeadKind::kKey ? p.head_dim : 0) : nullptr;
        model::finish_head(p, kind, context.position, bias, norm, y);
        const int n = static_cast<int>(p.head_dim);
        if (kind == model::HeadKind::kKey) {
          const int e = numerics::quantise(y, n, 11, k.data(), true);
          model::write_key(kv, head, context.position, k.data(), e);
        } else if (kind == model::HeadKind::kValue) {
          const int e = numerics::quantise(y, n, 7, v.data(), true);
          model::write_value(kv, head - kv_heads, context.position, v.data(), e);
        } else {
          model::Query& q = slots_[t].q[head - 2 * kv_heads];
          q.q.resize(p.head_dim);
          q.e = numerics::quantise(y, n, 11, q.q.data(), true);
        }
      }
    }
    drop_results();
  }

  void attend(const RunRequest& run, const CommandWords& c) {
    const std::uint32_t heads = c.get(LUOSHU_CMD_ATTN_HEADS);
    const std::uint32_t kv_heads = c.get(LUOSHU_CMD_ATTN_KV_HEADS);
    const std::uint32_t head_dim = c.get(LUOSHU_CMD_ATTN_HEAD_DIM);
    const std::uint32_t group = heads / kv_heads;
    std::vector<float> out(count_ * heads * head_dim);
    pool_.run(count_ * kv_heads, 1, [&](std::size_t begin, std::size_t end) {
      for (std::size_t i = begin; i < end; ++i) {
        const std::size_t t = i / kv_heads;
        const auto head = static_cast<std::uint32_t>(i % kv_heads);
        const model::KvCache kv = cache(c.get(LUOSHU_CMD_ADDRESS), run.tokens[t], head_dim, kv_heads);
        model::attention(kv, head, run.tokens[t].position + 1, &slots_[t].q[head * group], group,
                         out.data() + (t * heads + head * group) * head_dim);
      }
    });
    for (std::size_t t = 0; t < count_; ++t) {
      model::quantise_activations(out.data() + t * heads * head_dim, std::size_t{heads} * head_dim,
                                  slots_[t].act[c.get(LUOSHU_CMD_ACT_VECTOR)]);
    }
  }

  void swiglu(const CommandWords& c) {
    const std::uint32_t pairs = c.get(LUOSHU_CMD_SWIGLU_N);
    std::vector<float> h(pairs);
    for (std::size_t t = first_; t < count_; ++t) {
      const float* y = result(t);
      pool_.run(pairs, kSwigluGrain, [&](std::size_t begin, std::size_t end) {
        model::swiglu(y + 2 * begin, end - begin, h.data() + begin);
      });
      model::quantise_activations(h.data(), pairs, slots_[t].act[c.get(LUOSHU_CMD_ACT_VECTOR)]);
    }
    drop_results();
  }

  void logits(const RunRequest& run, const CommandWords& c) {
    const std::uint32_t vocab = c.get(LUOSHU_CMD_LOGITS_VOCAB);
    for (std::size_t t = first_; t < count_; ++t) {
      const float* y = result(t);
      if (run.write_logits) {
        const std::uint64_t address =
            c.get(LUOSHU_CMD_ADDRESS) + std::uint64_t{t - first_} * c.get(LUOSHU_CMD_LOGITS_TOKEN_STRIDE);
        std::memcpy(memory_.at(address, std::uint64_t{vocab} * 4), y, std::size_t{vocab} * 4);
      }
      ChipEvent event;
      event.kind = ChipEvent::Kind::kToken;
      event.token = static_cast<std::uint32_t>(std::max_element(y, y + vocab) - y);
      event.logit = y[event.token];
      event.index = static_cast<std::uint32_t>(t);
      event.stop_id = std::find(stop_ids_.begin(), stop_ids_.end(), event.token) != stop_ids_.end();
      events_.push_back(event);
    }
    drop_results();
  }

  model::WorkerPool pool_;
  std::deque<ChipEvent> events_;
  std::vector<Slot> slots_;
  std::vector<std::vector<float>> results_;  // per token, rows of the matrices since the last consumer
  std::size_t rows_ = 0;
  std::vector<float> scratch_;
  std::vector<std::uint32_t> steps_;   // RoPE phase steps
  std::size_t first_ = 0, count_ = 0;  // token slots of the command
};

ModelChip::ModelChip(const Configuration& configuration, unsigned threads)
    : core_(std::make_unique<Core>(configuration, threads)) {}
ModelChip::~ModelChip() = default;

const Capabilities& ModelChip::capabilities() const {
  return core_->capabilities_;
}

void ModelChip::write_memory(std::uint32_t address, const void* data, std::size_t bytes) {
  std::memcpy(core_->memory_.at(address, bytes), data, bytes);
}

bool ModelChip::map_memory(std::uint32_t address, int file, std::uint64_t offset, std::size_t bytes) {
  return map_file_pages(core_->memory_.at(address, bytes), file, offset, bytes);
}

void ModelChip::read_memory(std::uint32_t address, void* data, std::size_t bytes) {
  std::memcpy(data, core_->memory_.at(address, bytes), bytes);
}

std::uint32_t ModelChip::checksum(std::uint32_t address, std::uint64_t bytes) {
  const std::uint8_t* p = core_->memory_.at(address, bytes);
  return static_cast<std::uint32_t>(crc32_z(crc32(0, nullptr, 0), p, bytes));
}

void ModelChip::configure(std::uint32_t kv_head_stride, std::uint32_t kv_block_bytes,
                          const std::vector<std::uint32_t>& stop_ids) {
  core_->head_stride_ = kv_head_stride;
  core_->block_bytes_ = kv_block_bytes;
  core_->stop_ids_.assign(stop_ids.begin(),
                          stop_ids.begin() + static_cast<std::ptrdiff_t>(
                                                 std::min<std::size_t>(stop_ids.size(), LUOSHU_STOP_IDS)));
}

void ModelChip::start(const RunRequest& run) {
  core_->runs_.push_back(run);
}
void ModelChip::stop() {
  core_->stop_ = !core_->runs_.empty() && core_->runs_.front().loop;
}
ChipEvent ModelChip::next_event(std::chrono::milliseconds) {
  return core_->next_event();
}
ChipCounters ModelChip::counters(bool) {
  return {};
}

}  // namespace luoshu
