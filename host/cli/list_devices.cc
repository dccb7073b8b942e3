// SPDX-License-Identifier: Apache-2.0
// luoshu devices: the boards that --device can name now, and why one cannot be used.
#include <spdlog/spdlog.h>

#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "cli/files.h"
#include "cli/verbs.h"
#include "luoshu/error.h"
#include "luoshu/serial_transport.h"
#include "luoshu/usb_transport.h"

namespace luoshu::cli {
namespace {

const char* access_name(UsbBoard::Access access) {
  switch (access) {
    case UsbBoard::Access::kOk:
      return "ok";
    case UsbBoard::Access::kDenied:
      return "no permission";
    case UsbBoard::Access::kBusy:
      return "busy";
    case UsbBoard::Access::kKernelDriver:
      return "kernel driver";
    default:
      return "unusable";
  }
}

std::string device_name(const UsbBoard& board) {
  return board.serial.empty() ? "usb" : "usb:" + board.serial;
}

struct Found {
  std::vector<UsbBoard> usb;
  std::string usb_error;  // where USB cannot be used
  std::vector<SerialPort> serial;
};

Found look() {
  Found found;
  try {
    found.usb = UsbTransport::list();
  } catch (const DeviceError& error) {
    found.usb_error = error.what();
  }
  found.serial = SerialTransport::list();
  return found;
}

nlohmann::json as_json(const Found& found) {
  nlohmann::json usb = nlohmann::json::array();
  for (const UsbBoard& b : found.usb) {
    usb.push_back({{"device", device_name(b)},
                   {"serial", b.serial},
                   {"product", b.product},
                   {"port", b.port},
                   {"speed", b.speed},
                   {"access", access_name(b.access)},
                   {"detail", b.detail}});
  }
  nlohmann::json serial = nlohmann::json::array();
  for (const SerialPort& p : found.serial) {
    serial.push_back({{"device", "serial:" + p.path},
                      {"path", p.path},
                      {"by_id", p.by_id},
                      {"access", p.permitted ? "ok" : "no permission"}});
  }
  return {{"schema", kSchema}, {"version", version()}, {"commit", commit()},
          {"usb", usb},        {"serial", serial},     {"usb_error", found.usb_error}};
}

void print(const Found& found) {
  if (found.usb.empty() && found.serial.empty()) {
    std::printf("no board: none is on the USB, and there is no serial port (/dev/ttyUSB*, /dev/ttyACM*)\n");
    return;
  }
  std::printf("%-32s %-8s %-8s %-14s %s\n", "--device", "port", "speed", "access", "what");
  for (const UsbBoard& b : found.usb) {
    std::printf("%-32s %-8s %-8s %-14s %s\n", device_name(b).c_str(), b.port.c_str(), b.speed.c_str(),
                access_name(b.access), b.product.empty() ? "perhaps a board" : b.product.c_str());
  }
  for (const SerialPort& p : found.serial) {
    std::printf("%-32s %-8s %-8s %-14s %s\n", ("serial:" + p.path).c_str(), "", "",
                p.permitted ? "ok" : "no permission", p.by_id.empty() ? "serial port" : p.by_id.c_str());
  }
}

void run(const std::string& json) {
  JsonOutput output(json);
  const Found found = look();
  if (!found.usb_error.empty()) spdlog::warn("{}", found.usb_error);
  for (const UsbBoard& b : found.usb)
    if (!b.detail.empty()) spdlog::warn("{}", b.detail);
  for (const SerialPort& p : found.serial) {
    if (!p.permitted)
      spdlog::warn("no permission for {}; run `sudo usermod -aG dialout $USER`, then log out and in again",
                   p.path);
  }
  if (output) output.write(as_json(found));
  if (!output.to_stdout()) print(found);
}

}  // namespace

void add_devices(CLI::App& app, int&) {
  auto json = std::make_shared<std::string>();
  CLI::App* verb = app.add_subcommand("devices", "list the boards on USB and the serial ports");
  verb->add_option("--json", *json, "write JSON to this file, - = stdout");
  verb->callback([json] { run(*json); });
}

}  // namespace luoshu::cli
