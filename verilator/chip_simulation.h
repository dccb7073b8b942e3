// SPDX-License-Identifier: Apache-2.0
// The clock loop around one verilated configuration; included by one file per configuration.
#pragma once
#include <verilated.h>
#ifdef LUOSHU_TRACE
#include <verilated_fst_c.h>
#endif

#include <cstring>

#include "luoshu/error.h"
#include "simulation.h"

namespace luoshu {

// Writes a chip's waveforms, where Verilator was asked for code that can (that code takes longer to compile
// than the chip's).
#ifdef LUOSHU_TRACE
class ChipTrace {
 public:
  // Before the chip is made.
  explicit ChipTrace(const SimulationOptions& options, VerilatedContext& context) : options_(options) {
    if (!options.trace_file.empty()) context.traceEverOn(true);
  }
  template <class Top>
  void open(Top& top) {
    if (options_.trace_file.empty()) return;
    fst_ = std::make_unique<VerilatedFstC>();
    top.trace(fst_.get(), 99);
    fst_->open(options_.trace_file.c_str());
    if (!fst_->isOpen())
      throw InputError("cannot write the trace '" + options_.trace_file + "'; check the path");
  }
  // Before the chip goes.
  void close() {
    if (fst_) fst_->close();
  }
  void dump(std::uint64_t cycle, unsigned half) {
    if (fst_ && cycle >= options_.trace_from && cycle < options_.trace_to) fst_->dump(cycle * 2 + half);
  }

 private:
  const SimulationOptions& options_;
  std::unique_ptr<VerilatedFstC> fst_;
};
#else
class ChipTrace {
 public:
  explicit ChipTrace(const SimulationOptions& options, VerilatedContext&) {
    if (!options.trace_file.empty()) throw InputError("this chip was built without waveforms");
  }
  template <class Top>
  void open(Top&) {}
  void close() {}
  void dump(std::uint64_t, unsigned) {}
};
#endif

template <class Top, unsigned kLanes>
class ChipSimulation : public Simulation {
 public:
  explicit ChipSimulation(const SimulationOptions& options)
      : options_(options),
        trace_(options_, context_),
        memory_(options.memory_bytes),
        axi_(memory_, kLanes, memory_timing(options.memory, configuration(options.config)), options.seed),
        random_(options.seed ^ 0x5bd1e995u) {
    context_.fatalOnError(false);
    if (options.seed != 0) {
      context_.randReset(2);
      context_.randSeed(static_cast<int>(options.seed & 0x7fffffff));
    }
    top_ = std::make_unique<Top>(&context_, "luoshu");
    trace_.open(*top_);
    hold_reset();
  }
  ~ChipSimulation() override {
    trace_.close();
    top_->final();
  }

  Step step(const std::uint8_t* in, std::size_t bytes, std::uint64_t max_cycles,
            std::vector<std::uint8_t>& out) override {
    Step done;
    while (done.cycles < max_cycles) {
      const std::size_t left = bytes - done.consumed;
      const std::size_t offered = left < 4 ? left : 4;
      const bool silent = cycle_ < silent_until_;
      top_->rx_valid_i = offered != 0 && !silent && !stall();
      if (top_->rx_valid_i) {
        std::uint32_t word = 0;
        std::memcpy(&word, in + done.consumed, offered);
        top_->rx_data_i = word;
        top_->rx_bytes_i = static_cast<std::uint8_t>(offered);
      }
      top_->tx_ready_i = !silent && !stall();
      drive_memory();
      low();
      if (top_->rx_valid_i && top_->rx_ready_o) done.consumed += offered;
      const bool sent = top_->tx_valid_o && top_->tx_ready_i;
      if (sent) {
        const std::uint32_t word = top_->tx_data_o;
        const std::uint8_t* p = reinterpret_cast<const std::uint8_t*>(&word);
        out.insert(out.end(), p, p + 4);
      }
      if (options_.timeline != nullptr) sample_timeline(static_cast<std::uint32_t>(offered), sent);
      if (options_.pins != nullptr) sample_pins();
      sample_memory();
      high();
      ++done.cycles;
      if (context_.gotFinish()) {
        throw AssertionError("the simulated chip stopped at cycle " + std::to_string(cycle_) +
                             " (an assertion failed, see above); report it with the command line");
      }
      if (sent && !top_->tx_valid_o) break;  // the chip has said what it had to say
      if (bytes != 0 && done.consumed == bytes) break;
    }
    return done;
  }

  std::uint64_t cycles() const override { return cycle_; }
  bool running() const override { return top_->rootp->luoshu__DOT__seq_busy != 0; }
  SparseMemory& memory() override { return memory_; }
  AxiMemory& port() override { return axi_; }
  void silence(std::uint64_t cycles) override { silent_until_ = cycle_ + cycles; }
  void reset() override {
    hold_reset();
    axi_.reset();
  }

 private:
  bool stall() { return options_.seed != 0 && random_.one_in(3); }

  void hold_reset() {
    top_->rst_ni = 0;
    drive_idle();
    // At first the registers that are resets themselves may be anything, and with them what assertions look
    // at.
    context_.assertOn(false);
    for (int i = 0; i < 8; ++i) {
      if (i == 4) context_.assertOn(true);
      low();
      high();
    }
    top_->rst_ni = 1;
  }
  void drive_idle() {
    top_->clk_i = 0;
    top_->rx_valid_i = 0;
    top_->rx_data_i = 0;
    top_->rx_bytes_i = 4;
    top_->tx_ready_i = 0;
    top_->m_ar_ready_i = 0;
    top_->m_r_valid_i = 0;
    top_->m_aw_ready_i = 0;
    top_->m_w_ready_i = 0;
    top_->m_b_valid_i = 0;
  }

  void drive_memory() {
    const AxiInputs& m = axi_.inputs();
    top_->m_ar_ready_i = m.ar_ready;
    top_->m_aw_ready_i = m.aw_ready;
    top_->m_w_ready_i = m.w_ready;
    top_->m_b_valid_i = m.b_valid;
    top_->m_b_resp_i = static_cast<std::uint8_t>(m.b_resp);
    top_->m_b_id_i = static_cast<std::uint8_t>(m.b_id);
    top_->m_r_valid_i = m.r_valid;
    if (m.r_valid) {
      top_->m_r_id_i = static_cast<std::uint8_t>(m.r_id);
      top_->m_r_last_i = m.r_last;
      top_->m_r_resp_i = static_cast<std::uint8_t>(m.r_resp);
      std::memcpy(static_cast<void*>(&top_->m_r_data_i), m.r_data, kLanes);
    }
  }

  void sample_memory() {
    AxiOutputs& o = axi_outputs_;
    o.ar = {top_->m_ar_valid_o != 0, top_->m_ar_addr_o,  top_->m_ar_id_o,   top_->m_ar_len_o,
            top_->m_ar_size_o,       top_->m_ar_burst_o, top_->m_ar_lock_o, top_->m_ar_cache_o,
            top_->m_ar_prot_o,       top_->m_ar_qos_o,   top_->m_ar_user_o};
    o.aw = {top_->m_aw_valid_o != 0, top_->m_aw_addr_o,  top_->m_aw_id_o,   top_->m_aw_len_o,
            top_->m_aw_size_o,       top_->m_aw_burst_o, top_->m_aw_lock_o, top_->m_aw_cache_o,
            top_->m_aw_prot_o,       top_->m_aw_qos_o,   top_->m_aw_user_o};
    o.w_valid = top_->m_w_valid_o;
    o.w_last = top_->m_w_last_o;
    o.w_data = reinterpret_cast<const std::uint8_t*>(&top_->m_w_data_o);
    o.w_strb = reinterpret_cast<const std::uint8_t*>(&top_->m_w_strb_o);
    o.r_ready = top_->m_r_ready_o;
    o.b_ready = top_->m_b_ready_o;
    axi_.cycle(o);
  }

  void sample_timeline(std::uint32_t offered, bool sent) {
    const auto& root = *top_->rootp;
    ChipActivity a;
    a.units = root.luoshu__DOT__counts;
    a.beats = root.luoshu__DOT__beats;
    a.pushed = root.luoshu__DOT__u_sequencer__DOT__q_valid;
    a.accepted = root.luoshu__DOT__cmd_valid & root.luoshu__DOT__cmd_ready;
    a.command = root.luoshu__DOT__u_sequencer__DOT__held_q.m_storage;
    a.dropped = root.luoshu__DOT__halt != 0;
    a.running = root.luoshu__DOT__seq_busy;
    a.pending = root.luoshu__DOT__u_control__DOT__u_registers__DOT__pending;
    a.link_in = top_->rx_valid_i && top_->rx_ready_o ? offered : 0;
    a.link_out = sent ? 4 : 0;
    options_.timeline->sample(cycle_, a);
  }

  // In the order of tests/icarus/luoshu_pins_tb.sv.
  void sample_pins() {
    PinLog& pins = *options_.pins;
    pins.pin(top_->rx_valid_i, 1);
    pins.pin(&top_->rx_data_i, 4, top_->rx_valid_i);
    pins.pin(top_->rx_valid_i ? top_->rx_bytes_i : 0u, 3);
    pins.pin(top_->tx_ready_i, 1);
    pins.pin(top_->m_ar_ready_i, 1);
    pins.pin(top_->m_r_valid_i, 1);
    pins.pin(&top_->m_r_data_i, kLanes, top_->m_r_valid_i);
    pins.pin(top_->m_r_valid_i ? top_->m_r_resp_i : 0u, 2);
    pins.pin(top_->m_r_valid_i && top_->m_r_last_i, 1);
    pins.pin(top_->m_aw_ready_i, 1);
    pins.pin(top_->m_w_ready_i, 1);
    pins.pin(top_->m_b_valid_i, 1);
    pins.pin(top_->m_b_valid_i ? top_->m_b_resp_i : 0u, 2);
    pins.outputs();
    pins.pin(top_->rx_ready_o, 1);
    pins.pin(top_->tx_valid_o, 1);
    pins.pin(&top_->tx_data_o, 4, top_->tx_valid_o);
    pins.pin(top_->m_ar_valid_o, 1);
    pins.pin(&top_->m_ar_addr_o, 4, top_->m_ar_valid_o);
    pins.pin(top_->m_ar_valid_o ? top_->m_ar_len_o : 0u, 8);
    pins.pin(top_->m_ar_valid_o ? top_->m_ar_user_o : 0u, 3);
    pins.pin(top_->m_r_ready_o, 1);
    pins.pin(top_->m_aw_valid_o, 1);
    pins.pin(&top_->m_aw_addr_o, 4, top_->m_aw_valid_o);
    pins.pin(top_->m_aw_valid_o ? top_->m_aw_len_o : 0u, 8);
    pins.pin(top_->m_aw_valid_o ? top_->m_aw_user_o : 0u, 3);
    pins.pin(top_->m_w_valid_o, 1);
    pins.pin(&top_->m_w_data_o, kLanes, top_->m_w_valid_o, &top_->m_w_strb_o);
    pins.pin(&top_->m_w_strb_o, kLanes / 8, top_->m_w_valid_o);
    pins.pin(top_->m_w_valid_o && top_->m_w_last_o, 1);
    pins.pin(top_->m_b_ready_o, 1);
    pins.end_cycle();
  }

  // The low half of the cycle: inputs settle. Then the rising edge.
  void low() {
    top_->clk_i = 0;
    top_->eval();
    trace_.dump(cycle_, 0);
  }
  void high() {
    top_->clk_i = 1;
    context_.time(cycle_);  // what an assertion names
    top_->eval();
    trace_.dump(cycle_, 1);
    ++cycle_;
  }

  const SimulationOptions options_;
  VerilatedContext context_;
  ChipTrace trace_;
  std::unique_ptr<Top> top_;
  SparseMemory memory_;
  AxiMemory axi_;
  AxiOutputs axi_outputs_;
  StallRandom random_;
  std::uint64_t cycle_ = 0, silent_until_ = 0;
};

}  // namespace luoshu
