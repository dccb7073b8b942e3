// SPDX-License-Identifier: Apache-2.0
// ULX3S as a library: fpga/boards/common/luoshu_board.sv with its SDRAM, pin by pin; in place of the USB
// device verilator/board/luoshu_usb.sv, which takes and gives the link's bytes.
#include <verilated.h>

#include <random>

#include "Vluoshu_board.h"
#include "Vluoshu_board___024root.h"
#include "chip_library.h"
#include "sdram_model.h"

namespace luoshu {
namespace {

constexpr double kMemoryNs = 20;

class BoardSimulation final : public SimulatedDevice {
 public:
  explicit BoardSimulation(std::uint64_t seed) : random_(seed) {
    context_.fatalOnError(false);
    context_.randReset(2);
    context_.randSeed(static_cast<int>(seed & 0x7fffffff) + 1);
    top_ = std::make_unique<Vluoshu_board>(&context_, "board");
    top_->rxd_i = 1;
    top_->usb_on_i = 1;
    usb().host_valid = 0;
    // Until the reset has passed its synchronisers registers may be anything, and with them what assertions
    // look at and what the controller drives.
    context_.assertOn(false);
    top_->rst_ni = 0;
    for (int i = 0; i < 16; ++i) cycle();
    context_.assertOn(true);
    memory_ = std::make_unique<SdramModel>(is42s16160g_7(), kMemoryNs);
    top_->rst_ni = 1;
  }
  ~BoardSimulation() override { top_->final(); }

  Step step(const std::uint8_t* in, std::size_t bytes, std::uint64_t max_cycles,
            std::vector<std::uint8_t>& out) override {
    Step done;
    Usb usb = this->usb();
    while (done.cycles < max_cycles) {
      usb.host_valid = done.consumed < bytes;
      if (done.consumed < bytes) usb.host_byte = in[done.consumed];
      cycle();
      ++done.cycles;
      if (usb.host_taken) ++done.consumed;
      const bool sent = usb.chip_valid;
      for (unsigned i = 0; sent && i < 4; ++i)
        out.push_back(static_cast<std::uint8_t>(usb.chip_word >> (8 * i)));
      if (context_.gotFinish()) throw AssertionError(stopped("an assertion failed, see above"));
      if (!memory_->faults().empty()) throw AssertionError(stopped(memory_->faults().front()));
      if (bytes == 0 && !sent && !out.empty()) break;  // the chip has said what it had to say
      if (bytes != 0 && done.consumed == bytes) break;
    }
    usb.host_valid = 0;
    return done;
  }
  std::uint64_t cycles() const override { return cycle_; }
  bool running() const override { return top_->rootp->luoshu_board__DOT__u_chip__DOT__seq_busy != 0; }

 private:
  struct Usb {  // the stand-in's signals
    CData &host_valid, &host_byte;
    const CData &host_taken, &chip_valid;
    const IData& chip_word;
  };
  Usb usb() {
    auto& root = *top_->rootp;
    return {root.luoshu_board__DOT__u_usb__DOT__host_valid, root.luoshu_board__DOT__u_usb__DOT__host_byte,
            root.luoshu_board__DOT__u_usb__DOT__host_taken, root.luoshu_board__DOT__u_usb__DOT__chip_valid,
            root.luoshu_board__DOT__u_usb__DOT__chip_word};
  }
  std::string stopped(const std::string& why) const {
    return "the simulated board stopped at cycle " + std::to_string(cycle_) + " (" + why +
           "); report it with the command line";
  }
  // A cycle of the core, two of the SDRAM, whose own clock rises when mem_clk_i falls. Its data are on the
  // pins behind the controller's next rising edge; before, and while it does not drive, they are anything.
  void cycle() {
    Vluoshu_board& t = *top_;
    for (int half = 0; half < 2; ++half) {
      t.mem_clk_i = 1;
      t.core_clk_i = half == 0;
      t.sdram_dq_i = static_cast<std::uint16_t>(random_());
      if (half == 0) context_.time(cycle_);  // what an assertion names
      t.eval();
      if (driving_) t.sdram_dq_i = static_cast<std::uint16_t>(memory_->dq());
      t.mem_clk_i = 0;
      t.eval();
      if (!memory_) continue;
      driving_ = memory_->edge({t.sdram_cke_o != 0, t.sdram_cs_no != 0, t.sdram_ras_no != 0,
                                t.sdram_cas_no != 0, t.sdram_we_no != 0, t.sdram_ba_o, t.sdram_a_o,
                                t.sdram_dqm_o, t.sdram_dq_o, t.sdram_dq_oe_o != 0});
    }
    ++cycle_;
  }

  VerilatedContext context_;
  std::unique_ptr<Vluoshu_board> top_;
  std::unique_ptr<SdramModel> memory_;
  std::minstd_rand random_;
  bool driving_ = false;
  std::uint64_t cycle_ = 0;
};

}  // namespace
}  // namespace luoshu

extern "C" __attribute__((visibility("default"))) luoshu::SimulatedDevice* luoshu_make_board(
    const luoshu::SimulationOptions& options) {
  return new luoshu::BoardSimulation(options.seed);
}

extern "C" __attribute__((visibility("default"))) std::uint64_t luoshu_chip_layout() {
  return luoshu::kChipLayout;
}
