// SPDX-License-Identifier: Apache-2.0
#include "cli/faults.h"

#include <algorithm>
#include <cstring>
#include <functional>
#include <map>
#include <random>

#include "bench/shapes.h"
#include "chip/model_chip.h"
#include "luoshu/configuration.h"
#include "luoshu/faulty_transport.h"
#include "luoshu/link_chip.h"
#include "program/image.h"
#include "runtime/engine.h"
#include "simulation.h"

namespace luoshu::cli {
namespace {

constexpr std::uint32_t kContext = 64;       // positions
constexpr std::uint64_t kHang = 12'000'000;  // cycles without an event: three times the watchdog's
constexpr std::uint64_t kPulse =
    200'000;  // cycles without an event, then the host asks whether the chip lives
constexpr std::uint64_t kBlobBytes = 6000;            // uploaded over the link
constexpr std::uint32_t kWatchdogCycles = 1U << 22U;  // the firmware's
constexpr std::uint32_t kShortWatchdog = 30'000;

// A model whose passes take some ten thousand cycles.
bench::Shape small_shape() {
  return {"faults", "llama", 1, 64, 96, 4, 2, 16, 160, kContext, 10000.0f, 1e-5f, true};
}

// The promise that was broken.
class Broken : public Error {
 public:
  using Error::Error;
};

// Lets actions happen in given cycles of a simulation.
class DisturbedPeer final : public ClockedPeer {
 public:
  explicit DisturbedPeer(Simulation& simulation) : simulation_(simulation) {}
  void at(std::uint64_t cycle, std::function<void()> action) { due_.emplace(cycle, std::move(action)); }
  // What is still due happens now.
  void flush() {
    while (!due_.empty()) act();
  }
  Step step(const std::uint8_t* to_device, std::size_t n, std::uint64_t max_cycles,
            std::vector<std::uint8_t>& from_device) override {
    while (!due_.empty() && due_.begin()->first <= simulation_.cycles()) act();
    if (!due_.empty()) max_cycles = std::min(max_cycles, due_.begin()->first - simulation_.cycles());
    return simulation_.step(to_device, n, max_cycles, from_device);
  }

 private:
  void act() {
    const std::function<void()> action = std::move(due_.begin()->second);
    due_.erase(due_.begin());
    action();
  }
  Simulation& simulation_;
  std::multimap<std::uint64_t, std::function<void()>> due_;
};

// The chip as the host holds it: runs and events over the link, the model by the back door.
class DoorChip final : public LinkChip {
 public:
  DoorChip(Device device, Simulation& simulation) : LinkChip(std::move(device)), simulation_(simulation) {}
  void write_memory(std::uint32_t address, const void* data, std::size_t bytes) override {
    std::memcpy(simulation_.memory().data() + address, data, bytes);
  }
  void read_memory(std::uint32_t address, void* data, std::size_t bytes) override {
    std::memcpy(data, simulation_.memory().data() + address, bytes);
  }
  std::uint64_t cycles() const override { return simulation_.cycles(); }

 private:
  Simulation& simulation_;
};

struct Job {
  const char* name;
  std::vector<RunRequest> runs;
  std::vector<std::uint32_t> stop_ids;
  std::size_t in_flight = 2;
  bool upload = false;      // bytes over the link while the first run is at work
  bool stop_by_id = false;  // one of the loop's own tokens ends it
};

// What a run gives.
struct RunResult {
  std::vector<std::uint32_t> tokens;
  std::vector<float> logits;  // where the run writes them
};

// What the host saw of a job.
struct Seen {
  std::vector<RunResult> runs;  // the last one may be incomplete
  std::size_t done = 0;
  std::uint32_t error = 0;         // code of the Error event
  std::uint32_t upload_error = 0;  // link status
  std::string lost;                // the session ended: why
};

enum class Event {
  kNone,
  kStop,
  kSoftReset,
  kHardReset,
  kReadError,
  kWriteError,
  kOpcode,
  kDamage,
  kSilence,
  kHold,
  kWatchdog,
  kCount
};

const char* name(Event event) {
  static const char* const names[] = {"none",        "stop",           "soft reset", "hard reset",
                                      "read error",  "write error",    "opcode",     "damaged link",
                                      "silent host", "memory stalled", "watchdog"};
  return names[static_cast<std::size_t>(event)];
}

std::uint32_t rows(const RunRequest& run) {
  if (!run.write_logits) return 0;
  return run.logits == LogitsMode::kAll ? static_cast<std::uint32_t>(run.tokens.size()) : 1;
}

// One seed.
class Disturbance {
 public:
  Disturbance(const std::string& config, const std::string& memory, const gguf::File& file,
              const ModelConfig& model, std::uint64_t seed)
      : chip_config_(configuration(config)),
        model_(model),
        random_(seed * 0x9e3779b97f4a7c15ULL + 1),
        image_(file, model, chip_config_.capabilities(), kContext),
        twin_(chip_config_, 1),
        simulation_(make_simulation(options(config, memory, seed))),
        peer_(*simulation_) {}

  void run(FaultReport& report) {
    image_.upload(twin_, nullptr, false);
    twin_engine_ = make_chip_engine(twin_, image_, model_.vocab);
    connect();
    image_.upload(*chip_, nullptr, false);
    engine_ = make_chip_engine(*chip_, image_, model_.vocab);

    Job job = pick_job();
    event_ = static_cast<Event>(below(static_cast<std::uint64_t>(Event::kCount)));
    report.job = job.name;
    report.event = name(event_);
    expected_ = expect(job);
    if (job.stop_by_id) {
      const std::vector<std::uint32_t>& tokens = expected_[0].tokens;
      job.stop_ids.push_back(tokens[below(tokens.size())]);
      expected_ = expect(job);
    }
    const std::uint64_t start = simulation_->cycles();
    expect_all(play(job), job, "undisturbed");
    const std::uint64_t length = simulation_->cycles() - start;
    // A quarter of the events falls into the last twentieth of the job.
    report.cycle = below(4) == 0 ? length - below(length / 20 + 1) : below(length + length / 20);
    prepare(job, report.cycle);
    const std::uint64_t errors = simulation_->port().errors();
    const Seen seen = play(job);
    const bool hit = simulation_->port().errors() != errors;
    report.outcome = describe(seen, job);
    judge(seen, job, hit);
    settle(seen, job);
    probe();
  }

 private:
  static SimulationOptions options(const std::string& config, const std::string& memory, std::uint64_t seed) {
    SimulationOptions o;
    o.config = config;
    o.memory = memory;
    o.seed = seed;
    o.tuned = true;
    return o;
  }

  std::uint64_t below(std::uint64_t n) { return n == 0 ? 0 : random_() % n; }
  // 1000 to 2^exponent x 1000, small ones as often as large ones.
  std::uint64_t some_cycles(unsigned exponent) {
    return (1000U << below(exponent)) + below(1000U << below(exponent));
  }
  std::uint32_t token() { return static_cast<std::uint32_t>(below(model_.vocab)); }

  // A host that finds the chip: a device on its own, the firmware loaded.
  void connect() {
    chip_.reset();
    ClockedTransport::Options clock;
    clock.cycle_time = std::chrono::nanoseconds(1000000 / chip_config_.clock_khz);
    auto transport =
        std::make_unique<FaultyTransport>(std::make_unique<ClockedTransport>(peer_, clock),
                                          FaultyTransport::Faults(), FaultyTransport::Faults(), random_());
    transport_ = transport.get();
    cycle_time_ = clock.cycle_time;
    LinkOptions link;
    link.retry = std::chrono::milliseconds(1);
    link.give_up = std::chrono::milliseconds(200);
    chip_ = std::make_unique<DoorChip>(Device(std::move(transport), link), *simulation_);
    chip_->boot();
  }

  // ---------------------------------------------------------------- jobs
  RunRequest request(LogitsMode logits, std::size_t index) const {
    RunRequest run;
    run.program = image_.program();
    run.commands = image_.commands();
    run.logits = logits;
    run.bank = index & 1U;
    return run;
  }
  RunRequest loop(std::uint32_t position, std::uint32_t passes, std::size_t index) {
    RunRequest run = request(LogitsMode::kLast, index);
    run.loop = true;
    run.passes = passes;
    run.tokens.push_back(image_.token_context(token(), position));
    return run;
  }
  void prompt(Job& job, LogitsMode logits) {
    const auto count = static_cast<std::uint32_t>(3 + below(15));
    for (std::uint32_t at = 0; at < count;) {
      const std::uint32_t n = std::min(image_.max_tokens(), count - at);
      const bool last = at + n == count;
      RunRequest run =
          request(logits == LogitsMode::kLast && !last ? LogitsMode::kNone : logits, job.runs.size());
      run.write_logits = logits == LogitsMode::kAll;
      for (std::uint32_t i = 0; i < n; ++i) run.tokens.push_back(image_.token_context(token(), at++));
      job.runs.push_back(run);
    }
  }
  Job pick_job() {
    Job job{};
    job.in_flight = 2;
    const auto passes = [this] { return static_cast<std::uint32_t>(3 + below(8)); };
    switch (below(6)) {
      case 0:
        job.name = "prefill";
        prompt(job, LogitsMode::kLast);
        break;
      case 1:
        job.name = "decode loop";
        job.runs.push_back(loop(0, passes(), 0));
        job.stop_by_id = below(2) == 0;
        break;
      case 2:
        job.name = "single tokens";
        job.in_flight = 1;
        for (std::uint32_t i = passes(); i > 0; --i) {
          RunRequest run = request(LogitsMode::kLast, job.runs.size());
          run.write_logits = true;
          run.tokens.push_back(image_.token_context(token(), static_cast<std::uint32_t>(job.runs.size())));
          job.runs.push_back(run);
        }
        break;
      case 3:
        job.name = "all logits";
        job.in_flight = 1;
        prompt(job, LogitsMode::kAll);
        break;
      case 4:
        job.name = "two loops";
        job.runs.push_back(loop(0, passes(), 0));
        job.runs.push_back(loop(job.runs[0].passes, passes(), 1));
        break;
      default:
        job.name = "upload";
        job.runs.push_back(loop(0, passes(), 0));
        job.upload = true;
    }
    return job;
  }

  // What the model device makes of it.
  std::vector<RunResult> expect(const Job& job) {
    twin_.configure(image_.kv().head_stride, image_.kv().block_bytes, job.stop_ids);
    std::vector<RunResult> results;
    for (const RunRequest& run : job.runs) {
      RunResult result;
      twin_.start(run);
      for (;;) {
        const ChipEvent event = twin_.next_event(std::chrono::milliseconds(0));
        if (event.kind != ChipEvent::Kind::kToken) break;
        result.tokens.push_back(event.token);
      }
      result.logits = logits(twin_, run);
      results.push_back(std::move(result));
    }
    return results;
  }
  std::vector<float> logits(Chip& chip, const RunRequest& run) const {
    std::vector<float> values(std::size_t{rows(run)} * model_.vocab);
    for (std::uint32_t i = 0; i < rows(run); ++i) {
      chip.read_memory(image_.logits_address(i), values.data() + std::size_t{i} * model_.vocab,
                       std::size_t{model_.vocab} * 4);
    }
    return values;
  }

  // ---------------------------------------------------------------- the host
  std::optional<std::vector<std::uint32_t>> wait(std::uint64_t cycles) {
    Device& device = chip_->device();
    return device.wait_event(device.transport().now() + cycle_time_ * static_cast<std::int64_t>(cycles));
  }
  void send(std::initializer_list<std::uint32_t> words) { chip_->device().send_message(words); }

  // Runs the job as a host does; what ends the session ends it.
  Seen play(const Job& job) {
    Seen seen;
    try {
      chip_->configure(image_.kv().head_stride, image_.kv().block_bytes, job.stop_ids);
      std::size_t started = 0;
      std::uint64_t waited = 0;
      while (seen.done < job.runs.size() && seen.error == 0) {
        while (started < job.runs.size() && started - seen.done < job.in_flight) {
          chip_->start(job.runs[started++]);
          seen.runs.emplace_back();
          if (started == 1 && job.upload) upload(seen);
        }
        const bool due = host_action_ && simulation_->cycles() >= host_cycle_;
        if (due && act_as_host(seen, job)) return seen;
        const std::uint64_t now = simulation_->cycles();
        std::uint64_t patience = kPulse;
        if (host_action_) patience = std::min(patience, host_cycle_ > now ? host_cycle_ - now : 1);
        const auto words = wait(patience);
        if (words) {
          waited = 0;
          take(*words, seen, job);
          continue;
        }
        waited += simulation_->cycles() - now;
        if (waited >= kHang) throw Broken("no event for " + std::to_string(waited) + " cycles");
        if (patience == kPulse) chip_->device().read_reg(LUOSHU_REG_BASE + LUOSHU_REG_ID_MAGIC);
      }
      if (host_action_) act_as_host(seen, job);
      peer_.flush();
    } catch (const AssertionError&) {
      throw;
    } catch (const DeviceError& e) {
      seen.lost = e.what();
    }
    return seen;
  }

  // An event of a job. Tokens are compared as they come: none may ever be wrong.
  void take(const std::vector<std::uint32_t>& words, Seen& seen, const Job& job) {
    const auto word = [&](std::size_t i) { return i < words.size() ? words[i] : 0U; };
    if (word(0) == LUOSHU_EVT_ERROR) {
      seen.error = word(1) & 255U;
      if (seen.error == 0) throw Broken("an Error event without a code");
      return;
    }
    if (seen.done >= seen.runs.size()) throw Broken("event " + std::to_string(word(0)) + " without a run");
    RunResult& run = seen.runs[seen.done];
    const RunResult& expected = expected_[seen.done];
    if (word(0) == LUOSHU_EVT_TOKEN) {
      run.tokens.push_back(word(1));
      const std::size_t i = run.tokens.size() - 1;
      if (i >= expected.tokens.size() || run.tokens[i] != expected.tokens[i]) {
        throw Broken("token " + std::to_string(i) + " of run " + std::to_string(seen.done) + " is " +
                     std::to_string(word(1)) + ", which is wrong");
      }
    } else if (word(0) == LUOSHU_EVT_DONE) {
      if (job.in_flight == 1) run.logits = logits(*chip_, job.runs[seen.done]);
      ++seen.done;
    } else {
      throw Broken("an event of kind " + std::to_string(word(0)) + " during a run");
    }
  }

  void upload(Seen& seen) {
    std::vector<std::uint8_t> blob(kBlobBytes);
    for (auto& byte : blob) byte = static_cast<std::uint8_t>(random_());
    const std::uint64_t at = ((image_.memory_bytes() + 4095) & ~std::uint64_t{4095}) + below(64);
    try {
      chip_->device().write_memory(at, blob.data(), blob.size());
      const std::uint32_t sum = chip_->device().crc32(at, blob.size());
      const bool same = std::memcmp(simulation_->memory().data() + at, blob.data(), blob.size()) == 0;
      std::vector<std::uint8_t> back(blob.size());
      chip_->device().read_memory(at, back.data(), back.size());
      if (!same || back != blob || sum != chip_->device().crc32(at, blob.size()))
        throw Broken("uploaded bytes differ, no error");
    } catch (const DeviceError& e) {
      if (e.detail().code == 0) throw;  // not refused: the session is lost
      seen.upload_error = e.detail().code;
    }
  }

  // True when the job is over with it.
  bool act_as_host(Seen& seen, const Job& job) {
    host_action_ = false;
    if (event_ == Event::kStop) {
      chip_->stop();
      return false;
    }
    recover(&seen, job);
    return true;
  }

  // As docs/architecture/control.md says: a Ping before and behind the reset, events up to the second Pong
  // are of what was before.
  void recover(Seen* seen, const Job& job) {
    for (const bool reset : {false, true}) {
      if (reset) chip_->device().write_reg(LUOSHU_REG_BASE + LUOSHU_REG_SOFT_RESET, 1);
      const std::uint32_t nonce = ++nonce_;
      send({LUOSHU_MSG_PING, nonce});
      for (;;) {
        const auto words = wait(kHang);
        if (!words) throw Broken("no answer to a Ping around a soft reset");
        if (words->front() == LUOSHU_EVT_PONG) {
          if (words->back() == nonce) break;
        } else if (seen != nullptr && seen->error == 0) {
          take(*words, *seen, job);
        }
      }
    }
  }

  // ---------------------------------------------------------------- the event
  void at(std::uint64_t cycle, std::function<void()> action) {
    peer_.at(simulation_->cycles() + cycle, std::move(action));
  }

  void prepare(const Job& job, std::uint64_t cycle) {
    AxiMemory& port = simulation_->port();
    switch (event_) {
      case Event::kStop:
      case Event::kSoftReset:
        host_action_ = true;
        host_cycle_ = simulation_->cycles() + cycle;
        break;
      case Event::kHardReset:
        at(cycle, [this] { simulation_->reset(); });
        break;
      case Event::kReadError:
      case Event::kWriteError: {
        AxiFault fault;
        fault.write = event_ == Event::kWriteError;
        std::vector<unsigned> clients{kReadSequencer, kReadWeights, kReadKv, kReadEmbedding};
        if (fault.write) clients = {kWriteKv};
        const bool logits = std::any_of(job.runs.begin(), job.runs.end(),
                                        [](const RunRequest& run) { return rows(run) != 0; });
        if (fault.write && logits) clients.push_back(kWriteLogits);
        if (job.upload) clients.push_back(fault.write ? unsigned{kWriteLink} : unsigned{kReadLink});
        fault.client = clients[below(clients.size())];
        fault.skip = below(3) == 0 ? below(40) : 0;
        fault.response = static_cast<unsigned>(2 + below(2));
        link_fault_ = fault.client == (fault.write ? unsigned{kWriteLink} : unsigned{kReadLink});
        at(cycle, [&port, fault] { port.fail(fault); });
        break;
      }
      case Event::kOpcode: {
        const std::uint32_t address =
            image_.program() + 32 * static_cast<std::uint32_t>(below(image_.commands()));
        std::uint8_t* const byte = simulation_->memory().data() + address;
        patched_ = byte;
        opcode_ = *byte;
        const auto bad = static_cast<std::uint8_t>(below(4) == 0 ? 0 : 11 + below(245));
        if (below(2) == 0) {
          *byte = bad;
          certain_ = (byte[2] & 0x10) == 0;  // it is not left out of runs without logits
        } else {
          at(cycle, [byte, bad] { *byte = bad; });
        }
        break;
      }
      case Event::kDamage: {
        FaultyTransport::Faults faults;
        const double p[] = {0.02, 0.005, 0.001};
        const double rate = p[below(3)];
        faults.flip = faults.drop = faults.insert = faults.duplicate = rate;
        faults.lose_run = rate / 4;
        const bool to = below(3) != 0;
        const bool from = !to || below(2) == 0;
        at(cycle, [this, faults, to, from] {
          transport_->set_faults(to ? faults : FaultyTransport::Faults(),
                                 from ? faults : FaultyTransport::Faults());
        });
        at(cycle + some_cycles(7), [this] { transport_->set_faults({}, {}); });
        break;
      }
      case Event::kSilence: {
        const std::uint64_t cycles = some_cycles(8);
        at(cycle, [this, cycles] { simulation_->silence(cycles); });
        break;
      }
      case Event::kHold:
      case Event::kWatchdog: {
        const bool dog = event_ == Event::kWatchdog;
        const std::uint64_t cycles = dog ? 4 * kShortWatchdog : some_cycles(8);
        const auto channel = static_cast<AxiChannel>(below(kAxiChannels));
        if (dog) chip_->device().write_reg(LUOSHU_REG_BASE + LUOSHU_REG_WATCHDOG, kShortWatchdog);
        at(cycle, [&port, channel, cycles] { port.hold(channel, cycles); });
        break;
      }
      default:
        break;
    }
  }

  // ---------------------------------------------------------------- what was promised
  bool complete(const Seen& seen, const Job& job) const {
    if (seen.error != 0 || !seen.lost.empty() || seen.done != job.runs.size()) return false;
    for (std::size_t i = 0; i < seen.done; ++i) {
      const RunResult& a = seen.runs[i];
      const RunResult& b = expected_[i];
      if (a.tokens != b.tokens) return false;
      if (a.logits.empty()) continue;
      if (a.logits.size() != b.logits.size() ||
          std::memcmp(a.logits.data(), b.logits.data(), b.logits.size() * 4) != 0)
        return false;
    }
    return true;
  }
  void expect_all(const Seen& seen, const Job& job, const std::string& what) const {
    if (seen.upload_error != 0)
      throw Broken(what + ": upload refused with status " + std::to_string(seen.upload_error));
    if (!complete(seen, job)) throw Broken(what + ": " + describe(seen, job));
  }
  std::string describe(const Seen& seen, const Job& job) const {
    std::string text;
    if (!seen.lost.empty()) {
      text = "session lost: " + seen.lost;
    } else if (seen.error != 0) {
      text = "error " + std::to_string(seen.error);
    } else if (complete(seen, job)) {
      text = "done";
    } else if (seen.done == job.runs.size()) {
      text = "done, shorter or other logits";
    } else {
      text = "reset after " + std::to_string(seen.done) + " runs";
    }
    if (seen.upload_error != 0) text += ", upload status " + std::to_string(seen.upload_error);
    return text;
  }

  void expect_error(const Seen& seen, const Job& job, std::uint32_t code, bool certain) const {
    if (seen.error == code && seen.lost.empty()) return;
    if (certain || !complete(seen, job))
      throw Broken(describe(seen, job) + " instead of error " + std::to_string(code));
  }

  void judge(const Seen& seen, const Job& job, bool hit) const {
    switch (event_) {
      case Event::kStop: {
        if (!seen.lost.empty() || seen.error != 0 || seen.done != job.runs.size())
          throw Broken("stop: " + describe(seen, job));
        std::size_t cut = 0;
        for (std::size_t i = 0; i < seen.done; ++i) {
          if (seen.runs[i].tokens.size() == expected_[i].tokens.size()) continue;
          if (!job.runs[i].loop || seen.runs[i].tokens.empty()) throw Broken("stop cut what is no loop");
          ++cut;
        }
        if (cut > 1) throw Broken("one stop ended two loops");
        break;
      }
      case Event::kSoftReset:
        if (!seen.lost.empty() || seen.error != 0) throw Broken("soft reset: " + describe(seen, job));
        break;
      case Event::kHardReset:
        if (seen.error != 0) throw Broken("hard reset: " + describe(seen, job));
        break;
      case Event::kReadError:
      case Event::kWriteError:
        if (link_fault_ && hit) {
          if (seen.upload_error != static_cast<std::uint32_t>(6))
            throw Broken("a bus error of the link is told as status " + std::to_string(seen.upload_error));
          if (!complete(seen, job)) throw Broken("a bus error of the link: " + describe(seen, job));
        } else {
          expect_error(seen, job, LUOSHU_ERR_BUS_ERROR, hit);
          if (!hit) expect_all(seen, job, "no error was answered");
        }
        break;
      case Event::kOpcode:
        expect_error(seen, job, LUOSHU_ERR_BAD_OPCODE, certain_);
        break;
      case Event::kWatchdog:
        expect_error(seen, job, LUOSHU_ERR_WATCHDOG, false);
        break;
      default:
        expect_all(seen, job, name(event_));
    }
  }

  // The chip as it was, and nothing left of the job.
  void settle(const Seen& seen, const Job& job) {
    simulation_->port().clear_faults();
    transport_->set_faults({}, {});
    if (patched_ != nullptr) *patched_ = opcode_;
    if (event_ == Event::kHardReset) {
      reconnect();
      return;
    }
    if (event_ == Event::kWatchdog)
      chip_->device().write_reg(LUOSHU_REG_BASE + LUOSHU_REG_WATCHDOG, kWatchdogCycles);
    // A run behind the one that failed may have been taken up after the error.
    if (seen.error != 0 && seen.runs.size() > seen.done + 1) return recover(nullptr, job);
    const std::uint32_t nonce = ++nonce_;
    send({LUOSHU_MSG_PING, nonce});
    const auto words = wait(kHang);
    if (!words) throw Broken("no answer to a Ping after the job");
    if (words->size() != 2 || words->front() != LUOSHU_EVT_PONG || words->back() != nonce)
      throw Broken("an event of kind " + std::to_string(words->front()) + " after the end of the job");
  }

  // After a hard reset: the same host finds out and boots the chip, or another one comes.
  void reconnect() {
    if (below(2) == 0) {
      connect();
    } else {
      try {
        chip_->boot();
      } catch (const ProtocolError&) {  // the session was lost
        chip_->boot();
      }
    }
    engine_ = make_chip_engine(*chip_, image_, model_.vocab);
  }

  // A short text on both: every logit bit.
  void probe() {
    std::vector<std::int32_t> prompt(2 + below(8));
    for (auto& id : prompt) id = static_cast<std::int32_t>(token());
    std::vector<float> logits[2];
    std::vector<std::int32_t> tokens[2];
    BatchEngine* const engines[] = {engine_.get(), twin_engine_.get()};
    for (int i = 0; i < 2; ++i) {
      engines[i]->reset();
      tokens[i].push_back(engines[i]->evaluate(prompt, LogitsMode::kAll, &logits[i]));
      engines[i]->decode_greedy(tokens[i].back(), 2, {}, [&](std::int32_t id, std::uint64_t) {
        tokens[i].push_back(id);
        return true;
      });
      tokens[i].push_back(engines[i]->evaluate({tokens[i].back()}, LogitsMode::kLast, &logits[i]));
    }
    if (tokens[0] != tokens[1]) throw Broken("other tokens than the model's in the next job");
    if (logits[0].size() != logits[1].size() ||
        std::memcmp(logits[0].data(), logits[1].data(), logits[0].size() * 4) != 0)
      throw Broken("other logits than the model's in the next job");
  }

  const Configuration& chip_config_;
  const ModelConfig& model_;
  std::mt19937_64 random_;
  Image image_;
  ModelChip twin_;
  std::unique_ptr<BatchEngine> twin_engine_;
  std::unique_ptr<Simulation> simulation_;
  DisturbedPeer peer_;
  FaultyTransport* transport_ = nullptr;
  std::chrono::nanoseconds cycle_time_{0};
  std::unique_ptr<DoorChip> chip_;
  std::unique_ptr<BatchEngine> engine_;
  Event event_ = Event::kNone;
  std::vector<RunResult> expected_;
  bool host_action_ = false;  // the host stops or resets in host_cycle_
  std::uint64_t host_cycle_ = 0;
  bool link_fault_ = false;          // the bus error is the link's
  bool certain_ = false;             // the bad command is reached
  std::uint8_t* patched_ = nullptr;  // its opcode, which was opcode_
  std::uint8_t opcode_ = 0;
  std::uint32_t nonce_ = 0x46000000U;
};

}  // namespace

FaultSoak::FaultSoak(const std::string& config, const std::string& memory)
    : config_name_(config),
      memory_(memory),
      file_(bench::synthetic_model(small_shape(), gguf::Type::kQ8_0)),
      config_(ModelConfig::from(*file_)) {}

FaultReport FaultSoak::run(std::uint64_t seed) const {
  FaultReport report;
  try {
    Disturbance(config_name_, memory_, *file_, config_, seed).run(report);
  } catch (const InputError&) {
    throw;
  } catch (const Error& e) {
    report.failure = e.what();
  }
  return report;
}

}  // namespace luoshu::cli
