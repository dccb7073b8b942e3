// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string>

#include "runtime/engine.h"

namespace luoshu {
namespace {

constexpr std::chrono::milliseconds kDeadline{
    600000};  // one pass of a large model in simulation takes minutes

std::string error_name(std::uint32_t code) {
  switch (code) {
    case LUOSHU_ERR_BAD_OPCODE:
      return "unknown command";
    case LUOSHU_ERR_BUS_ERROR:
      return "memory error";
    case LUOSHU_ERR_WATCHDOG:
      return "no progress (watchdog)";
    case LUOSHU_ERR_BAD_MESSAGE:
      return "unknown message";
    case LUOSHU_ERR_BUSY:
      return "a run is already waiting";
    case LUOSHU_ERR_TRAP:
      return "the control core trapped";
    case LUOSHU_ERR_CAPACITY:
      return "the run exceeds the configuration";
    default:
      return "error " + std::to_string(code);
  }
}

[[noreturn]] void fail(const ChipEvent& event) {
  DeviceError::Detail detail;
  detail.operation = "run";
  detail.address = event.detail;
  detail.code = event.code;
  throw DeviceError("the chip reports: " + error_name(event.code) + "; reset the device and try again",
                    detail);
}

class ChipEngine : public BatchEngine {
 public:
  ChipEngine(Chip& chip, const Image& image, std::uint32_t vocab)
      : chip_(chip), image_(image), vocab_(vocab), parked_(image.sequences(), 0) {
    chip_.configure(image.kv().head_stride, image.kv().block_bytes, {});
    RunRequest setup;
    setup.program = image.setup_program();
    setup.commands = image.setup_commands();
    setup.tokens.resize(1);
    run_to_end(chip_, setup);
    take_cost();
  }

  std::uint32_t vocab() const override { return vocab_; }
  std::uint32_t context() const override { return image_.context(); }
  std::uint32_t position() const override { return position_; }
  void reset() override { position_ = 0; }

  std::int32_t evaluate(const std::vector<std::int32_t>& tokens, LogitsMode mode,
                        std::vector<float>* logits) override {
    std::vector<std::int32_t> best;
    evaluate(tokens, mode, logits, best);
    return mode == LogitsMode::kNone ? -1 : best.back();
  }

  std::vector<std::int32_t> evaluate_each(const std::vector<std::int32_t>& tokens,
                                          std::vector<float>* logits) override {
    std::vector<std::int32_t> best;
    evaluate(tokens, LogitsMode::kAll, logits, best);
    if (best.size() != tokens.size()) {
      throw DeviceError("the chip told " + std::to_string(best.size()) + " tokens of a pass of " +
                        std::to_string(tokens.size()) + "; reset the device and try again");
    }
    return best;
  }

  std::uint32_t pass_tokens() const override { return image_.max_tokens(); }
  // The keys and values behind stay in memory: attention reads as many keys as a token's position says, and
  // the next tokens overwrite them.
  void rollback(std::uint32_t position) override { position_ = std::min(position, position_); }

  void decode_greedy(std::int32_t token, std::uint32_t passes, const std::vector<std::uint32_t>& stop_ids,
                     const std::function<bool(std::int32_t, std::uint64_t)>& on_token) override {
    if (passes == 0) return;
    check_room(passes, position_);
    chip_.configure(image_.kv().head_stride, image_.kv().block_bytes, stop_ids);
    RunRequest run = request(LogitsMode::kLast);
    run.passes = passes;
    run.loop = true;
    run.tokens.push_back(image_.token_context(static_cast<std::uint32_t>(token), position_, sequence_));
    std::uint64_t before = chip_.cycles();
    chip_.start(run);
    bool stopping = false;
    for (;;) {
      const ChipEvent event = chip_.next_event(kDeadline);
      if (event.kind == ChipEvent::Kind::kError) fail(event);
      if (event.kind == ChipEvent::Kind::kDone) break;
      if (stopping) continue;
      ++position_;
      const std::uint64_t taken = event.cycle - before;
      before = event.cycle;
      if (!on_token(static_cast<std::int32_t>(event.token), taken) && !event.stop_id) {
        stopping = true;
        chip_.stop();
      }
    }
  }

  std::uint32_t sequences() const override { return image_.sequences(); }

  void select(std::uint32_t sequence) override {
    check_sequence(sequence);
    parked_[sequence_] = position_;
    sequence_ = sequence;
    position_ = parked_[sequence_];
  }

  void seek(std::uint32_t position) override {
    if (position > image_.context()) {
      throw InputError("position " + std::to_string(position) + " is beyond the context of " +
                       std::to_string(image_.context()) + "; raise -c");
    }
    position_ = position;
  }

  std::vector<std::int32_t> evaluate_batch(const std::vector<SequenceToken>& tokens,
                                           std::vector<float>* logits) override {
    parked_[sequence_] = position_;
    std::vector<bool> seen(parked_.size());
    for (const SequenceToken& t : tokens) {
      check_sequence(t.sequence);
      if (seen[t.sequence])
        throw InputError("sequence " + std::to_string(t.sequence) +
                         " is in a batch twice; give it one token");
      seen[t.sequence] = true;
      check_room(1, parked_[t.sequence]);
    }
    std::vector<std::int32_t> next(tokens.size(), -1);
    for (std::size_t first = 0; first < tokens.size(); first += image_.max_tokens()) {
      const std::size_t count = std::min<std::size_t>(image_.max_tokens(), tokens.size() - first);
      RunRequest run = request(LogitsMode::kAll);
      run.write_logits = logits != nullptr;
      for (std::size_t i = first; i < first + count; ++i) {
        run.tokens.push_back(image_.token_context(static_cast<std::uint32_t>(tokens[i].token),
                                                  parked_[tokens[i].sequence]++, tokens[i].sequence));
      }
      chip_.start(run);
      for (;;) {
        const ChipEvent event = chip_.next_event(kDeadline);
        if (event.kind == ChipEvent::Kind::kError) fail(event);
        if (event.kind == ChipEvent::Kind::kDone) break;
        if (event.index < count) next[first + event.index] = static_cast<std::int32_t>(event.token);
      }
      for (std::uint32_t i = 0; logits != nullptr && i < count; ++i) read_logits(i, *logits);
    }
    position_ = parked_[sequence_];
    return next;
  }

  PhaseCost take_cost() override {
    PhaseCost cost;
    const std::uint64_t now = chip_.cycles();
    cost.cycles = now - cost_start_;
    cost_start_ = now;
    cost.counters = chip_.counters(true);
    return cost;
  }

 private:
  // evaluate() with the greedy next token of every token whose logits were computed appended to `best`.
  void evaluate(const std::vector<std::int32_t>& tokens, LogitsMode mode, std::vector<float>* logits,
                std::vector<std::int32_t>& best) {
    check_room(tokens.size(), position_);
    std::size_t started = 0;
    std::size_t finished = 0;
    struct Chunk {
      std::size_t count;
      LogitsMode mode;
    };
    std::vector<Chunk> chunks;
    // Logits lie in one buffer, so a chunk whose logits are read must finish before the next one starts.
    const std::size_t in_flight = (mode == LogitsMode::kAll && logits != nullptr) ? 1 : 2;
    while (finished < chunks.size() || started < tokens.size()) {
      while (started < tokens.size() && chunks.size() - finished < in_flight) {
        const std::size_t count = std::min<std::size_t>(image_.max_tokens(), tokens.size() - started);
        const bool last = started + count == tokens.size();
        RunRequest run = request(mode == LogitsMode::kLast && !last ? LogitsMode::kNone : mode);
        run.write_logits = logits != nullptr && run.logits != LogitsMode::kNone;
        for (std::size_t i = 0; i < count; ++i) {
          run.tokens.push_back(
              image_.token_context(static_cast<std::uint32_t>(tokens[started + i]), position_, sequence_));
          ++position_;
        }
        chunks.push_back({count, run.logits});
        chip_.start(run);
        started += count;
      }
      const Chunk& chunk = chunks[finished++];
      for (;;) {
        const ChipEvent event = chip_.next_event(kDeadline);
        if (event.kind == ChipEvent::Kind::kError) fail(event);
        if (event.kind == ChipEvent::Kind::kDone) break;
        best.push_back(static_cast<std::int32_t>(event.token));
      }
      if (logits != nullptr && chunk.mode != LogitsMode::kNone) {
        const std::size_t rows = chunk.mode == LogitsMode::kLast ? 1 : chunk.count;
        for (std::size_t i = 0; i < rows; ++i) read_logits(static_cast<std::uint32_t>(i), *logits);
      }
    }
  }

  void check_sequence(std::uint32_t sequence) const {
    if (sequence >= parked_.size()) {
      throw InputError("sequence " + std::to_string(sequence) + " does not exist, there are " +
                       std::to_string(parked_.size()) + "; plan the image with more");
    }
  }

  void check_room(std::size_t tokens, std::uint32_t position) const {
    if (tokens > image_.context() - position) {
      throw InputError("the text needs " + std::to_string(position + tokens) +
                       " positions, the context has " + std::to_string(image_.context()) +
                       "; shorten the prompt or raise -c");
    }
  }

  RunRequest request(LogitsMode mode) {
    RunRequest run;
    run.program = image_.program();
    run.commands = image_.commands();
    run.logits = mode;
    run.bank = bank_;
    bank_ ^= 1u;
    return run;
  }

  void read_logits(std::uint32_t token, std::vector<float>& logits) {
    row_.resize(vocab_);  // whole rows only, also where reading is interrupted
    chip_.read_memory(image_.logits_address(token), row_.data(), std::size_t{vocab_} * 4);
    logits.insert(logits.end(), row_.begin(), row_.end());
  }

  Chip& chip_;
  const Image& image_;
  const std::uint32_t vocab_;
  std::uint32_t sequence_ = 0;         // selected
  std::uint32_t position_ = 0;         // of the selected sequence
  std::vector<std::uint32_t> parked_;  // positions of the others
  std::uint32_t bank_ = 0;
  std::vector<float> row_;
  std::uint64_t cost_start_ = 0;
};

}  // namespace

void run_to_end(Chip& chip, const RunRequest& run) {
  chip.start(run);
  for (;;) {
    const ChipEvent event = chip.next_event(kDeadline);
    if (event.kind == ChipEvent::Kind::kError) fail(event);
    if (event.kind == ChipEvent::Kind::kDone) return;
  }
}

std::unique_ptr<BatchEngine> make_chip_engine(Chip& chip, const Image& image, std::uint32_t vocab) {
  return std::make_unique<ChipEngine>(chip, image, vocab);
}

}  // namespace luoshu
