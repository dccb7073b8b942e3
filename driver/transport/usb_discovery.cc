// SPDX-License-Identifier: Apache-2.0
// Which device on the USB is a board, whether it can be used, and why not.
#include <algorithm>
#include <cctype>
#include <optional>

#include "luoshu/printable.h"
#include "luoshu/usb_transport.h"
#include "transport/usb_library.h"

namespace luoshu {
namespace usb {
namespace {

using Access = UsbBoard::Access;

constexpr std::uint16_t kVendor = 0x1209;
constexpr std::uint16_t kProduct = 0x0001;
constexpr const char* kProductString = "Luoshu";
constexpr std::size_t kSerialDigits = 16;
constexpr int kDeepest = 7;  // hubs between root and device, and the device

// The devices on the bus, each with a reference that the list holds.
class DeviceList {
 public:
  explicit DeviceList(libusb_context* context) : count_(libusb_get_device_list(context, &list_)) {
    if (count_ < 0) {
      throw DeviceError(
          "cannot list the devices on the USB: " + error_name(static_cast<int>(count_)) + "; try again",
          detail("list USB devices", static_cast<int>(count_)));
    }
  }
  ~DeviceList() {
    if (count_ >= 0) libusb_free_device_list(list_, 1);
  }
  DeviceList(const DeviceList&) = delete;
  DeviceList& operator=(const DeviceList&) = delete;
  libusb_device* const* begin() const { return list_; }
  libusb_device* const* end() const { return list_ + count_; }

 private:
  libusb_device** list_ = nullptr;
  ssize_t count_;
};

// A board as far as it could be opened.
struct Candidate {
  UsbBoard board;
  Endpoints endpoints;
  Handle handle;
  Claim claim;
};

Context start() {
  libusb_context* context = nullptr;
  const int code = libusb_init(&context);
  if (code != 0) {
    throw DeviceError("USB cannot be used here: " + error_name(code) +
                          "; check that /dev/bus/usb is there (a container needs it passed in)",
                      detail("start libusb", code));
  }
  return Context(context);
}

std::string port_of(libusb_device* device) {
  std::uint8_t ports[kDeepest];
  const int n = libusb_get_port_numbers(device, ports, kDeepest);
  std::string text = std::to_string(libusb_get_bus_number(device)) + "-";
  for (int i = 0; i < n; ++i) text += (i == 0 ? "" : ".") + std::to_string(ports[i]);
  return n > 0 ? text : text + "0";
}

const char* speed_of(libusb_device* device) {
  switch (libusb_get_device_speed(device)) {
    case LIBUSB_SPEED_LOW:
      return "low";
    case LIBUSB_SPEED_FULL:
      return "full";
    case LIBUSB_SPEED_HIGH:
      return "high";
    case LIBUSB_SPEED_SUPER:
    case LIBUSB_SPEED_SUPER_PLUS:
      return "super";
    default:
      return "unknown";
  }
}

// The first interface of vendor class with a bulk endpoint each way.
std::optional<Endpoints> endpoints_of(const libusb_config_descriptor& configuration) {
  for (int i = 0; i < configuration.bNumInterfaces; ++i) {
    if (configuration.interface[i].num_altsetting < 1) continue;
    const libusb_interface_descriptor& setting = configuration.interface[i].altsetting[0];
    if (setting.bInterfaceClass != LIBUSB_CLASS_VENDOR_SPEC) continue;
    Endpoints found;
    found.interface = setting.bInterfaceNumber;
    for (int e = 0; e < setting.bNumEndpoints; ++e) {
      const libusb_endpoint_descriptor& endpoint = setting.endpoint[e];
      if ((endpoint.bmAttributes & 3U) != LIBUSB_TRANSFER_TYPE_BULK) continue;
      const bool in = (endpoint.bEndpointAddress & LIBUSB_ENDPOINT_IN) != 0;
      Endpoint& place = in ? found.in : found.out;
      if (place.packet == 0)
        place = {endpoint.bEndpointAddress, static_cast<std::uint16_t>(endpoint.wMaxPacketSize & 0x7ffU)};
    }
    if (found.in.packet != 0 && found.out.packet != 0) return found;
  }
  return std::nullopt;
}

std::string read_string(libusb_device_handle* handle, std::uint8_t index, int& code) {
  unsigned char text[128];
  code = index == 0 ? 0 : libusb_get_string_descriptor_ascii(handle, index, text, sizeof text);
  if (code < 0) return {};
  const std::string all(reinterpret_cast<const char*>(text),
                        static_cast<std::size_t>(std::min(code, static_cast<int>(sizeof text))));
  code = 0;
  return printable(all);
}

void refuse(UsbBoard& board, Access access, const std::string& text) {
  board.access = access;
  board.detail = text;
}

void deny(UsbBoard& board) {
  std::string rule = udev_rule();
  rule = rule.substr(rule.find('\n') + 1);
  rule.pop_back();
  std::string text = "no permission for the USB device 1209:0001 at " + board.port +
                     "; run `sudo ./luoshu install-udev`: it writes the rule " + rule + " and runs";
  const char* before = " `";
  for (const auto& command : udev_commands()) {
    text += before;
    for (std::size_t i = 0; i < command.size(); ++i) text += (i == 0 ? "" : " ") + command[i];
    text += "`";
    before = " and `";
  }
  refuse(board, Access::kDenied, text);
}

void claim(Candidate& found) {
  UsbBoard& board = found.board;
  const int interface = found.endpoints.interface;
  const int code = libusb_claim_interface(found.handle.get(), interface);
  if (code == 0) {
    found.claim = Claim(found.handle.get(), interface);
    return;
  }
  if (code == LIBUSB_ERROR_BUSY && libusb_kernel_driver_active(found.handle.get(), interface) == 1) {
    const std::string path = board.port + ":1." + std::to_string(interface);
    refuse(board, Access::kKernelDriver,
           "a driver of the kernel has the board at " + board.port + "; take it off with `echo " + path +
               " | sudo tee /sys/bus/usb/devices/" + path + "/driver/unbind`");
  } else if (code == LIBUSB_ERROR_BUSY) {
    refuse(board, Access::kBusy,
           "another process uses the board at " + board.port +
               "; end that one first, `sudo fuser -v /dev/bus/usb/*/*` names it");
  } else if (code == LIBUSB_ERROR_ACCESS) {
    deny(board);
  } else {
    refuse(board, Access::kUnusable,
           "cannot claim the board at " + board.port + ": " + error_name(code) + "; plug it in again");
  }
}

// Looks closer at one device; nullopt when it is no board, or has just been unplugged.
std::optional<Candidate> probe(libusb_device* device) {
  libusb_device_descriptor descriptor{};
  if (libusb_get_device_descriptor(device, &descriptor) != 0) return std::nullopt;
  if (descriptor.idVendor != kVendor || descriptor.idProduct != kProduct) return std::nullopt;
  Candidate found;
  UsbBoard& board = found.board;
  board.port = port_of(device);
  board.speed = speed_of(device);
  libusb_config_descriptor* raw = nullptr;
  const int configured = libusb_get_active_config_descriptor(device, &raw);
  const Configuration configuration(configured == 0 ? raw : nullptr);
  if (configuration) {
    const auto endpoints = endpoints_of(*configuration);
    if (!endpoints) return std::nullopt;
    found.endpoints = *endpoints;
  }
  libusb_device_handle* handle = nullptr;
  int code = libusb_open(device, &handle);
  if (code == LIBUSB_ERROR_NO_DEVICE) return std::nullopt;
  if (code == LIBUSB_ERROR_ACCESS) {
    deny(board);
    return found;
  }
  if (code != 0) {
    refuse(board, Access::kUnusable,
           "cannot open the USB device 1209:0001 at " + board.port + ": " + error_name(code) +
               "; plug it in again");
    return found;
  }
  found.handle.reset(handle);
  board.product = read_string(handle, descriptor.iProduct, code);
  if (code == 0 && board.product.compare(0, std::string(kProductString).size(), kProductString) != 0)
    return std::nullopt;
  if (code == 0) board.serial = read_string(handle, descriptor.iSerialNumber, code);
  if (code == LIBUSB_ERROR_NO_DEVICE) return std::nullopt;
  if (code != 0) {
    board.product.clear();
    refuse(board, Access::kUnusable,
           "the USB device 1209:0001 at " + board.port + " does not answer (" + error_name(code) +
               "); plug it in again");
  } else if (!configuration) {
    refuse(board, Access::kUnusable,
           "the board at " + board.port +
               " has no configuration; use a port of the computer, a hub without a supply of its own has not "
               "enough current");
  }
  return found;
}

std::string upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return text;
}

std::string name_of(const UsbBoard& board) {
  return board.serial.empty() ? "usb at " + board.port : "usb:" + board.serial;
}

// The serial number in "usb:SERIAL", empty for "usb".
std::string serial_of(const std::string& device) {
  if (device == "usb") return {};
  const std::string serial = device.compare(0, 4, "usb:") == 0 ? device.substr(4) : "";
  const auto is_digit = [](unsigned char c) { return std::isxdigit(c) != 0; };
  if (serial.size() != kSerialDigits || !std::all_of(serial.begin(), serial.end(), is_digit)) {
    throw InputError("'" + printable(device) +
                     "' has no serial number of 16 hexadecimal digits; `luoshu devices` lists the boards");
  }
  return upper(serial);
}

[[noreturn]] void not_usable(const UsbBoard& board) {
  DeviceError::Detail detail;
  detail.operation = "open USB device";
  if (board.access == Access::kBusy) throw BusyError(board.detail, detail);
  throw DeviceError(board.detail, detail);
}

std::string names(const std::vector<Candidate*>& boards) {
  std::string text;
  for (const Candidate* c : boards)
    text += (text.empty() ? "" : ", ") + name_of(c->board) + " (port " + c->board.port + ")";
  return text;
}

// The one that is meant.
Candidate& choose(std::vector<Candidate>& all, const std::string& serial) {
  std::vector<Candidate*> matching;
  std::vector<Candidate*> known;
  const Candidate* unknown = nullptr;  // may be it, but cannot be asked
  for (Candidate& c : all) {
    const bool asked = !c.board.product.empty();
    if (asked) known.push_back(&c);
    if (asked && (serial.empty() || upper(c.board.serial) == serial)) matching.push_back(&c);
    if (!asked && unknown == nullptr) unknown = &c;
  }
  if (matching.size() == 1) return *matching.front();
  if (matching.size() > 1) {
    throw InputError(std::to_string(matching.size()) + " boards match: " + names(matching) +
                     (serial.empty() ? "; give one as --device usb:SERIAL" : "; unplug all but one"));
  }
  if (unknown != nullptr) not_usable(unknown->board);
  DeviceError::Detail detail;
  detail.operation = "find USB device";
  if (!serial.empty() && !known.empty()) {
    throw DeviceError("no board has the serial number " + serial + "; connected: " + names(known), detail);
  }
  throw DeviceError(
      "no board is on the USB; plug it in at its USB port of the FPGA and look with `luoshu devices`",
      detail);
}

std::vector<Candidate> probe_all(libusb_context* context) {
  std::vector<Candidate> all;
  const DeviceList devices(context);
  for (libusb_device* device : devices) {
    if (auto found = probe(device)) all.push_back(std::move(*found));
  }
  return all;
}

}  // namespace

OpenBoard open_board(const std::string& device) {
  const std::string serial = serial_of(device);
  OpenBoard open;
  open.context = start();
  std::vector<Candidate> all = probe_all(open.context.get());
  Candidate& chosen = choose(all, serial);
  if (chosen.board.access == Access::kOk) claim(chosen);
  if (chosen.board.access != Access::kOk) not_usable(chosen.board);
  return {std::move(open.context), std::move(chosen.handle), std::move(chosen.claim), chosen.endpoints,
          name_of(chosen.board)};
}

}  // namespace usb

std::vector<UsbBoard> UsbTransport::list() {
  const usb::Context context = usb::start();
  std::vector<UsbBoard> boards;
  for (usb::Candidate& found : usb::probe_all(context.get())) {
    if (found.board.access == UsbBoard::Access::kOk) usb::claim(found);
    boards.push_back(found.board);
  }
  return boards;
}

std::string udev_rule() {
  return "# Boards of Luoshu belong to whoever sits at the computer (libusb needs no root).\n"
         "SUBSYSTEM==\"usb\", ATTR{idVendor}==\"1209\", ATTR{idProduct}==\"0001\", "
         "ATTR{product}==\"Luoshu*\", TAG+=\"uaccess\"\n";
}

std::vector<std::vector<std::string>> udev_commands() {
  return {{"udevadm", "control", "--reload"},
          {"udevadm", "trigger", "--subsystem-match=usb", "--attr-match=idVendor=1209"}};
}

}  // namespace luoshu
