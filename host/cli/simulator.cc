// SPDX-License-Identifier: Apache-2.0
// luoshu simulator: the Verilated chip in a process of its own, reached over a socket.
#include <spdlog/spdlog.h>

#include <memory>
#include <vector>

#include "cli/files.h"
#include "cli/options.h"
#include "cli/verbs.h"
#include "luoshu/error.h"
#include "luoshu/socket_transport.h"
#include "simulation.h"

namespace luoshu::cli {
namespace {

constexpr std::uint64_t kSliceCycles = 4096;
constexpr std::chrono::milliseconds kIdleWait{20};
constexpr std::chrono::milliseconds kWriteWait{100};  // for a client that does not read
constexpr std::uint64_t kIdleCycles = 200000;  // quiet this long without a run: the chip waits for the host

struct Options {
  std::string listen;
  std::string board;
  bool public_ok = false;
  SimulationOptions simulation;
};

// Moves bytes between one client and the chip until the client leaves or Ctrl-C; others hear that it is busy.
// The clock stands still while the chip is idle and the client silent; a chip that executes a run is never
// made to wait.
void serve(SocketListener& listener, SocketTransport& client, SimulatedDevice& chip) {
  std::vector<std::uint8_t> in;
  std::vector<std::uint8_t> out;
  std::uint8_t buffer[65536];
  std::uint64_t quiet = 0;
  while (!interrupted()) {
    listener.refuse_waiting(client);
    if (in.empty()) {
      const auto deadline =
          Transport::Clock::now() +
          (quiet < kIdleCycles || chip.running() ? std::chrono::milliseconds(0) : kIdleWait);
      const std::size_t n = client.read_some(buffer, sizeof buffer, deadline);
      in.assign(buffer, buffer + n);
      if (n != 0) quiet = 0;
    }
    if (in.empty() && quiet >= kIdleCycles) quiet -= kSliceCycles;  // still look in now and then
    const ClockedPeer::Step step = chip.step(in.data(), in.size(), kSliceCycles, out);
    in.erase(in.begin(), in.begin() + static_cast<std::ptrdiff_t>(step.consumed));
    quiet = out.empty() ? quiet + step.cycles : 0;
    std::size_t sent = 0;
    while (sent < out.size() && !interrupted()) {
      listener.refuse_waiting(client);
      sent += client.write_some(out.data() + sent, out.size() - sent, Transport::Clock::now() + kWriteWait);
    }
    out.clear();
  }
}

void run(const Options& o) {
  SocketListener listener(o.listen, o.public_ok);  // first: a bad address is told before the chip is built
  std::unique_ptr<SimulatedDevice> chip;
  if (o.board.empty()) {
    chip = make_simulation(o.simulation);
    spdlog::info("simulator: {} listens on {}", o.simulation.config, listener.address());
  } else {
    chip = make_board_simulation(o.board, o.simulation.seed);
    spdlog::info("simulator: board {} listens on {}; SDRAM by its pins, USB without its bits", o.board,
                 listener.address());
  }
  while (!interrupted()) {
    const std::unique_ptr<SocketTransport> client =
        listener.accept(Transport::Clock::now() + std::chrono::milliseconds(200));
    if (!client) continue;
    spdlog::info("simulator: client connected");
    try {
      serve(listener, *client, *chip);
    } catch (const DisconnectedError&) {
      spdlog::info("simulator: client left after {} cycles", chip->cycles());
    }
  }
}

}  // namespace

void add_simulator(CLI::App& app, int&) {
  auto o = std::make_shared<Options>();
  CLI::App* verb =
      app.add_subcommand("simulator", "serve the simulated chip on a socket, one client at a time");
  verb->add_option("--listen", o->listen, "unix:PATH or tcp:HOST:PORT")->required();
  verb->add_flag("--public", o->public_ok, "allow addresses other than loopback (no authentication)");
  CLI::Option* const config =
      verb->add_option("--config", o->simulation.config, "chip configuration")->capture_default_str();
  CLI::Option* const memory =
      verb->add_option("--memory", o->simulation.memory, "memory model; `configs` lists them")
          ->capture_default_str();
  verb->add_option("--board", o->board, "a board's top with its SDRAM instead of a chip: ulx3s-85f")
      ->excludes(config)
      ->excludes(memory);
  add_seed(*verb, "--sim-seed", o->simulation.seed, "random stalls and initial state, 0 = none");
  verb->callback([o] { run(*o); });
}

}  // namespace luoshu::cli
