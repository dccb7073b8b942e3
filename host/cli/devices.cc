// SPDX-License-Identifier: Apache-2.0
#include "cli/devices.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <thread>

#include "chip/model_chip.h"
#include "luoshu/configuration.h"
#include "luoshu/link_chip.h"
#include "luoshu/serial_transport.h"
#include "luoshu/socket_transport.h"
#include "luoshu/usb_transport.h"
#include "simulated_chip.h"

namespace luoshu::cli {
namespace {

constexpr std::chrono::seconds kConnectTimeout{10};

bool starts_with(const std::string& text, const std::string& prefix) {
  return text.compare(0, prefix.size(), prefix) == 0;
}

// More threads than cores only get into each other's way.
unsigned threads(const ModelOptions& o) {
  const unsigned cores = std::max(1U, std::thread::hardware_concurrency());
  if (o.threads > cores)
    spdlog::warn("-t {} is more than the {} cores here; using {}", o.threads, cores, cores);
  return std::min(o.threads, cores);
}

// Silence on a slow line is longer: the answer to a frame of 1 KiB comes after the frame.
LinkOptions serial_link(std::uint32_t baud) {
  constexpr std::uint64_t kFrameBits = 1040 * 10;
  LinkOptions link;
  const std::chrono::milliseconds four_frames(4 * 1000 * kFrameBits / baud);
  link.retry = std::max(link.retry, four_frames);
  link.give_up = std::max(link.give_up, 10 * link.retry);
  return link;
}

}  // namespace

DeviceKind device_kind(const std::string& device) {
  if (device == "sim") return DeviceKind::kSim;
  if (device == "model") return DeviceKind::kModel;
  if (device == "reference") return DeviceKind::kReference;
  if (starts_with(device, "unix:") || starts_with(device, "tcp:")) return DeviceKind::kSocket;
  if (starts_with(device, "serial:")) return DeviceKind::kSerial;
  if (device == "usb" || starts_with(device, "usb:")) return DeviceKind::kUsb;
  throw InputError("unknown device '" + device +
                   "'; --device takes sim, model, reference, unix:PATH, tcp:HOST:PORT, serial:PATH[:BAUD] or "
                   "usb[:SERIAL]");
}

void check_device_flags(const ModelOptions& o, const std::vector<DeviceKind>& kinds) {
  if (!o.trace_window.empty() && o.trace.empty())
    throw InputError("--trace-window needs --trace FILE; give both");
  if (o.verb == nullptr) return;
  struct Flag {
    const char* name;
    std::vector<DeviceKind> kinds;  // that look at it
    const char* whose;
  };
  using K = DeviceKind;
  static const Flag kFlags[] = {
      {"--config", {K::kSim, K::kModel}, "sim and model"},
      {"--memory", {K::kSim}, "sim"},
      {"--sim-seed", {K::kSim}, "sim"},
      {"--upload", {K::kSim}, "sim"},
      {"--trace", {K::kSim}, "sim"},
      {"--trace-window", {K::kSim}, "sim"},
      {"--threads", {K::kModel}, "model"},
      {"--verify", {K::kSim, K::kModel, K::kSocket, K::kSerial, K::kUsb}, "devices with a memory"},
  };
  for (const Flag& flag : kFlags) {
    const CLI::Option* option = o.verb->get_option_no_throw(flag.name);
    if (option == nullptr || option->count() == 0) continue;
    const bool used = std::any_of(kinds.begin(), kinds.end(), [&](DeviceKind kind) {
      return std::find(flag.kinds.begin(), flag.kinds.end(), kind) != flag.kinds.end();
    });
    if (!used) spdlog::warn("{} is of {} and has no effect on --device {}", flag.name, flag.whose, o.device);
  }
}

std::unique_ptr<Chip> open_chip(DeviceKind kind, const ModelOptions& options) {
  if (kind == DeviceKind::kModel) {
    return std::make_unique<ModelChip>(configuration(options.config), threads(options));
  }
  if (kind == DeviceKind::kSim) {
    SimulationOptions sim;
    sim.config = options.config;
    sim.memory = options.memory;
    sim.seed = options.sim_seed;
    sim.tuned = options.tuned;
    sim.trace_file = options.trace;
    sim.timeline = options.timeline;
    parse_window("--trace-window", options.trace_window, sim.trace_from, sim.trace_to);
    return std::make_unique<SimulatedChip>(sim, options.upload == "door");
  }
  if (kind == DeviceKind::kSerial) {
    auto transport = SerialTransport::connect(options.device);
    const LinkOptions link = serial_link(transport->baud());
    auto chip = std::make_unique<LinkChip>(Device(std::move(transport), link));
    chip->boot();
    return chip;
  }
  if (kind == DeviceKind::kUsb) {
    auto chip = std::make_unique<LinkChip>(Device(UsbTransport::connect(options.device)));
    chip->boot();
    return chip;
  }
  auto transport =
      SocketTransport::connect(options.device, std::chrono::steady_clock::now() + kConnectTimeout);
  auto chip = std::make_unique<LinkChip>(Device(std::move(transport)));
  chip->boot();
  return chip;
}

std::string device_label(DeviceKind kind) {
  switch (kind) {
    case DeviceKind::kModel:
      return "model";
    case DeviceKind::kReference:
      return "reference";
    case DeviceKind::kSerial:
      return "over a serial port";
    case DeviceKind::kUsb:
      return "over USB";
    default:
      return "simulated";
  }
}

std::string configuration_name(const Capabilities& chip) {
  for (const Configuration& c : configurations()) {
    if (c.lanes == chip.lanes && c.columns == chip.columns && c.groups == chip.groups &&
        c.max_d == chip.max_d) {
      return c.name;
    }
  }
  return "custom";
}

}  // namespace luoshu::cli
