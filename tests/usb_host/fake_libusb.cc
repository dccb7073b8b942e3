// SPDX-License-Identifier: Apache-2.0
#include "usb_host/fake_libusb.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <thread>

using luoshu::usb_test::Fake;
using luoshu::usb_test::FakeDevice;

struct libusb_context {
  int unused = 0;
};
struct libusb_device {
  FakeDevice device;
  int references = 1;
};
struct libusb_device_handle {
  libusb_device* device;
  bool claimed = false;
};

namespace luoshu::usb_test {

Fake& Fake::get() {
  static Fake* const fake = new Fake;  // stays, and with it what never came back: no leak
  return *fake;
}

void Fake::reset(std::uint64_t seed) {
  const std::vector<libusb_transfer*> lost = std::move(lost_);
  *this = Fake();
  lost_ = lost;
  random_.seed(seed);
}

bool Fake::happens(double probability) {
  if (probability <= 0) return false;
  const bool yes = std::uniform_real_distribution<double>(0, 1)(random_) < probability;
  if (yes) ++injected_;
  return yes;
}

int Fake::before(const char* name, bool device_call) {
  ++calls_;
  if (on_call) on_call(calls_);
  const auto found = next_codes.find(name);
  if (found != next_codes.end() && !found->second.empty()) {
    const int code = found->second.front();
    found->second.pop_front();
    if (code != 0) return code;
  }
  return unplugged && device_call ? static_cast<int>(LIBUSB_ERROR_NO_DEVICE) : 0;
}

std::string Fake::complaints() const {
  std::string text;
  for (const std::string& v : violations_) text += v + "; ";
  const std::pair<const char*, int> left[] = {{"contexts", contexts},
                                              {"lists", lists},
                                              {"handles", handles},
                                              {"claims", claims},
                                              {"configuration descriptors", descriptors},
                                              {"transfers", allocated}};
  for (const auto& [what, n] : left)
    if (n != 0) text += std::to_string(n) + " " + what + " left; ";
  return text;
}

void Fake::inject(std::uint8_t endpoint, std::uint64_t packet, libusb_transfer_status status) {
  endpoints_[endpoint].script[packet] = status;
}

Peer* Fake::peer() const {
  for (const FakeDevice& d : devices)
    if (d.peer != nullptr) return d.peer;
  return nullptr;
}

bool Fake::is_flying(const libusb_transfer* transfer) const {
  for (const auto& [address, endpoint] : endpoints_)
    for (const Flying& f : endpoint.queue)
      if (f.transfer == transfer) return true;
  for (const auto& b : back_)
    if (b.first == transfer) return true;
  return false;
}

std::size_t Fake::flying() const {
  std::size_t n = 0;
  for (const auto& [address, endpoint] : endpoints_) n += endpoint.queue.size();
  return n;
}

void Fake::forget_flying() {
  for (auto& [address, endpoint] : endpoints_) {
    for (const Flying& f : endpoint.queue) lost_.push_back(f.transfer);
    allocated -= static_cast<int>(endpoint.queue.size());
    endpoint.queue.clear();
  }
}

int Fake::submit(libusb_transfer* transfer) {
  if (is_flying(transfer)) {
    violation("a transfer was submitted twice");
    return LIBUSB_ERROR_BUSY;
  }
  if (!transfer->dev_handle->claimed) violation("a transfer on an interface that is not claimed");
  const std::uint16_t packet = transfer->dev_handle->device->device.packet;
  if ((transfer->endpoint & LIBUSB_ENDPOINT_IN) != 0 && transfer->length % packet != 0)
    violation("an IN buffer is no multiple of the packet");
  if (transfer->length <= 0) violation("an empty transfer");
  if (flying() >= most_in_flight || happens(faults.no_memory)) return LIBUSB_ERROR_NO_MEM;
  if (happens(faults.submit_error)) return LIBUSB_ERROR_IO;
  endpoints_[transfer->endpoint].queue.push_back({transfer});
  std::size_t bytes = 0, count = 0;
  for (const auto& [address, endpoint] : endpoints_) {
    count += endpoint.queue.size();
    for (const Flying& f : endpoint.queue) bytes += static_cast<std::size_t>(f.transfer->length);
  }
  peak_bytes_ = std::max(peak_bytes_, bytes);
  peak_ = std::max(peak_, count);
  return 0;
}

int Fake::cancel(libusb_transfer* transfer) {
  for (auto& [address, endpoint] : endpoints_) {
    for (Flying& f : endpoint.queue) {
      if (f.transfer != transfer || f.cancelled) continue;
      f.cancelled = true;
      f.rounds = happens(faults.late_cancel) ? static_cast<unsigned>(random_() % 20) : 0;
      return 0;
    }
  }
  return LIBUSB_ERROR_NOT_FOUND;
}

int Fake::clear_halt(std::uint8_t address) {
  EndpointState& endpoint = endpoints_[address];
  if (!endpoint.queue.empty()) violation("a halt was cleared above pending transfers");
  if (happens(faults.clear_error)) return LIBUSB_ERROR_TIMEOUT;
  endpoint.halted = false;
  ++halts_cleared_;
  return 0;
}

void Fake::done(EndpointState& endpoint, std::size_t index, libusb_transfer_status status) {
  const auto at = endpoint.queue.begin() + static_cast<std::ptrdiff_t>(index);
  back_.push_back({at->transfer, {status, at->moved}});
  endpoint.queue.erase(at);
}

// What happens to the packet that would move now.
std::optional<libusb_transfer_status> Fake::fault(EndpointState& endpoint, bool idle) {
  const auto scripted = endpoint.script.find(endpoint.packets);
  if (scripted != endpoint.script.end()) {
    const libusb_transfer_status status = scripted->second;
    endpoint.script.erase(scripted);
    ++injected_;
    return status;
  }
  if (idle) return std::nullopt;
  if (happens(faults.stall)) return LIBUSB_TRANSFER_STALL;
  if (happens(faults.error)) return LIBUSB_TRANSFER_ERROR;
  if (happens(faults.timeout)) return LIBUSB_TRANSFER_TIMED_OUT;
  if (happens(faults.overflow)) return LIBUSB_TRANSFER_OVERFLOW;
  if (happens(faults.cancelled)) return LIBUSB_TRANSFER_CANCELLED;
  return std::nullopt;
}

// Moves packets for the transfer at the head.
void Fake::move(std::uint8_t address, EndpointState& endpoint) {
  const bool in = (address & LIBUSB_ENDPOINT_IN) != 0;
  if (in ? nak_in : nak_out) return;
  for (std::uint64_t budget = 1 + random_() % 100; budget > 0 && !endpoint.queue.empty(); --budget) {
    Flying& head = endpoint.queue.front();
    const std::size_t packet = head.transfer->dev_handle->device->device.packet;
    const auto length = static_cast<std::size_t>(head.transfer->length);
    if (endpoint.halted) return done(endpoint, 0, LIBUSB_TRANSFER_STALL);
    if (endpoint.held || peer() == nullptr) return;
    const bool idle = in && !peer()->ready();
    if (const auto status = fault(endpoint, idle)) {
      endpoint.halted = *status == LIBUSB_TRANSFER_STALL || *status == LIBUSB_TRANSFER_ERROR ||
                        *status == LIBUSB_TRANSFER_OVERFLOW;
      endpoint.held = !in && !faults.holes && endpoint.queue.size() > 1;
      if (*status == LIBUSB_TRANSFER_OVERFLOW && in && faults.overflow > 0) peer()->in(packet);  // is lost
      done(endpoint, 0, *status);
      return;
    }
    if (!idle && happens(faults.loose_error)) return done(endpoint, 0, LIBUSB_TRANSFER_ERROR);
    std::uint8_t* const at = head.transfer->buffer + head.moved;
    if (in) {
      const auto got = peer()->in(packet);
      if (!got) return;
      ++endpoint.packets;
      const std::size_t n = std::min(got->size(), length - head.moved);
      std::copy_n(got->begin(), n, at);
      head.moved += n;
      if (n < got->size()) {
        endpoint.halted = true;
        done(endpoint, 0, LIBUSB_TRANSFER_OVERFLOW);
      } else if (n < packet || head.moved == length) {
        done(endpoint, 0, LIBUSB_TRANSFER_COMPLETED);
      }
    } else {
      const std::size_t n = std::min(packet, length - head.moved);
      if (!peer()->out(at, n)) return;
      ++endpoint.packets;
      head.moved += n;
      if (head.moved == length) {
        done(endpoint, 0, LIBUSB_TRANSFER_COMPLETED);
      } else if (happens(faults.short_out)) {
        endpoint.held = !faults.holes && endpoint.queue.size() > 1;
        done(endpoint, 0, LIBUSB_TRANSFER_COMPLETED);
      }
    }
  }
}

void Fake::run_endpoint(std::uint8_t address, EndpointState& endpoint) {
  if (unplugged) {
    while (!endpoint.queue.empty()) done(endpoint, 0, LIBUSB_TRANSFER_NO_DEVICE);
    return;
  }
  if (!happens(faults.nak)) move(address, endpoint);
  for (std::size_t i = 0; i < endpoint.queue.size() && !keep_cancelled;) {
    Flying& f = endpoint.queue[i];
    if (!f.cancelled || f.rounds > 0) {
      if (f.cancelled) --f.rounds;
      ++i;
      continue;
    }
    done(endpoint, i, LIBUSB_TRANSFER_CANCELLED);
  }
  if (endpoint.queue.empty()) endpoint.held = false;
}

int Fake::events(long microseconds) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::microseconds(microseconds);
  if (happens(faults.events_error)) return LIBUSB_ERROR_IO;
  for (;;) {
    for (auto& [address, endpoint] : endpoints_) run_endpoint(address, endpoint);
    if (!back_.empty() || std::chrono::steady_clock::now() >= until) break;
    std::this_thread::sleep_for(std::chrono::microseconds(20));
  }
  if (faults.shuffle) std::shuffle(back_.begin(), back_.end(), random_);
  while (!back_.empty()) {
    const auto [transfer, result] = back_.front();
    back_.erase(back_.begin());
    transfer->status = result.first;
    transfer->actual_length = static_cast<int>(result.second);
    ++transfers_;
    transfer->callback(transfer);
  }
  return 0;
}

}  // namespace luoshu::usb_test

// ---------------------------------------------------------------- the functions of libusb

extern "C" {

int LIBUSB_CALL libusb_init(libusb_context** context) {
  Fake& fake = Fake::get();
  if (const int code = fake.before("init", false)) return code;
  if (fake.init_code != 0) return fake.init_code;
  ++fake.contexts;
  *context = new libusb_context;
  return 0;
}

void LIBUSB_CALL libusb_exit(libusb_context* context) {
  Fake& fake = Fake::get();
  fake.before("exit", false);
  if (fake.handles > 0) fake.violation("exit with an open handle");
  --fake.contexts;
  delete context;
}

const char* LIBUSB_CALL libusb_error_name(int code) {
  switch (code) {
    case LIBUSB_ERROR_IO:
      return "LIBUSB_ERROR_IO";
    case LIBUSB_ERROR_ACCESS:
      return "LIBUSB_ERROR_ACCESS";
    case LIBUSB_ERROR_NO_DEVICE:
      return "LIBUSB_ERROR_NO_DEVICE";
    case LIBUSB_ERROR_BUSY:
      return "LIBUSB_ERROR_BUSY";
    case LIBUSB_ERROR_TIMEOUT:
      return "LIBUSB_ERROR_TIMEOUT";
    case LIBUSB_ERROR_PIPE:
      return "LIBUSB_ERROR_PIPE";
    case LIBUSB_ERROR_NO_MEM:
      return "LIBUSB_ERROR_NO_MEM";
    default:
      return "LIBUSB_ERROR_OTHER";
  }
}

ssize_t LIBUSB_CALL libusb_get_device_list(libusb_context*, libusb_device*** list) {
  Fake& fake = Fake::get();
  if (const int code = fake.before("get_device_list", false)) return code;
  if (fake.list_code != 0) return fake.list_code;
  const std::size_t n = fake.unplugged ? 0 : fake.devices.size();
  *list = new libusb_device* [n + 1] {};
  for (std::size_t i = 0; i < n; ++i) (*list)[i] = new libusb_device{fake.devices[i]};
  ++fake.lists;
  return static_cast<ssize_t>(n);
}

static void unreference(libusb_device* device) {
  if (--device->references == 0) delete device;
}

void LIBUSB_CALL libusb_free_device_list(libusb_device** list, int unref) {
  Fake::get().before("free_device_list", false);
  for (libusb_device** d = list; *d != nullptr && unref != 0; ++d) unreference(*d);
  delete[] list;
  --Fake::get().lists;
}

int LIBUSB_CALL libusb_get_device_descriptor(libusb_device* device, libusb_device_descriptor* descriptor) {
  if (const int code = Fake::get().before("get_device_descriptor", false)) return code;
  *descriptor = {};
  descriptor->idVendor = device->device.vendor;
  descriptor->idProduct = device->device.product;
  descriptor->iProduct = 2;
  descriptor->iSerialNumber = device->device.serial.empty() ? 0 : 3;
  return 0;
}

std::uint8_t LIBUSB_CALL libusb_get_bus_number(libusb_device* device) {
  return device->device.bus;
}

int LIBUSB_CALL libusb_get_port_numbers(libusb_device* device, std::uint8_t* ports, int n) {
  const auto& all = device->device.ports;
  if (static_cast<int>(all.size()) > n) return LIBUSB_ERROR_OVERFLOW;
  std::copy(all.begin(), all.end(), ports);
  return static_cast<int>(all.size());
}

int LIBUSB_CALL libusb_get_device_speed(libusb_device* device) {
  return device->device.speed;
}

int LIBUSB_CALL libusb_get_active_config_descriptor(libusb_device* device,
                                                    libusb_config_descriptor** result) {
  if (const int code = Fake::get().before("get_active_config_descriptor")) return code;
  const FakeDevice& d = device->device;
  if (!d.configured) return LIBUSB_ERROR_NOT_FOUND;
  auto* endpoints = new libusb_endpoint_descriptor[3]{};
  const std::uint8_t addresses[3] = {0x82, 0x01, 0x81};
  for (int i = 0; i < 3; ++i) {
    endpoints[i].bEndpointAddress = addresses[i];
    const bool bulk = i > 0 && d.bulk;
    endpoints[i].bmAttributes =
        static_cast<std::uint8_t>(bulk ? LIBUSB_TRANSFER_TYPE_BULK : LIBUSB_TRANSFER_TYPE_INTERRUPT);
    endpoints[i].wMaxPacketSize = d.packet;
  }
  auto* setting = new libusb_interface_descriptor{};
  setting->bInterfaceClass = d.interface_class;
  setting->bNumEndpoints = 3;
  setting->endpoint = endpoints;
  auto* interface = new libusb_interface{setting, 1};
  *result = new libusb_config_descriptor{};
  (*result)->bNumInterfaces = 1;
  (*result)->interface = interface;
  ++Fake::get().descriptors;
  return 0;
}

void LIBUSB_CALL libusb_free_config_descriptor(libusb_config_descriptor* configuration) {
  delete[] configuration->interface->altsetting->endpoint;
  delete configuration->interface->altsetting;
  delete configuration->interface;
  delete configuration;
  --Fake::get().descriptors;
}

int LIBUSB_CALL libusb_open(libusb_device* device, libusb_device_handle** handle) {
  if (const int code = Fake::get().before("open")) return code;
  if (device->device.open_code != 0) return device->device.open_code;
  ++device->references;
  *handle = new libusb_device_handle{device};
  ++Fake::get().handles;
  return 0;
}

void LIBUSB_CALL libusb_close(libusb_device_handle* handle) {
  Fake& fake = Fake::get();
  fake.before("close", false);
  if (fake.flying() > 0) {
    if (!fake.keep_cancelled) fake.violation("closed with transfers in flight");
    fake.forget_flying();
  }
  if (handle->claimed) fake.violation("closed with a claimed interface");
  unreference(handle->device);
  delete handle;
  --fake.handles;
}

int LIBUSB_CALL libusb_get_string_descriptor_ascii(libusb_device_handle* handle, std::uint8_t index,
                                                   unsigned char* text, int n) {
  if (const int code = Fake::get().before("get_string_descriptor_ascii")) return code;
  const FakeDevice& d = handle->device->device;
  if (d.string_code != 0) return d.string_code;
  const std::string& all = index == 2 ? d.product_string : d.serial;
  const std::size_t take = std::min(all.size(), static_cast<std::size_t>(n - 1));
  std::memcpy(text, all.data(), take);
  text[take] = 0;
  return static_cast<int>(take);
}

int LIBUSB_CALL libusb_kernel_driver_active(libusb_device_handle* handle, int) {
  if (const int code = Fake::get().before("kernel_driver_active")) return code;
  return handle->device->device.kernel_driver ? 1 : 0;
}

int LIBUSB_CALL libusb_claim_interface(libusb_device_handle* handle, int) {
  if (const int code = Fake::get().before("claim_interface")) return code;
  const FakeDevice& d = handle->device->device;
  if (d.claim_code != 0) return d.claim_code;
  if (d.kernel_driver) return LIBUSB_ERROR_BUSY;
  handle->claimed = true;
  ++Fake::get().claims;
  return 0;
}

int LIBUSB_CALL libusb_release_interface(libusb_device_handle* handle, int) {
  const int code = Fake::get().before("release_interface");
  if (!handle->claimed) Fake::get().violation("released without a claim");
  handle->claimed = false;
  --Fake::get().claims;
  return code;
}

int LIBUSB_CALL libusb_clear_halt(libusb_device_handle*, unsigned char endpoint) {
  if (const int code = Fake::get().before("clear_halt")) return code;
  return Fake::get().clear_halt(endpoint);
}

libusb_transfer* LIBUSB_CALL libusb_alloc_transfer(int) {
  if (Fake::get().before("alloc_transfer", false) != 0) return nullptr;
  ++Fake::get().allocated;
  return new libusb_transfer{};
}

void LIBUSB_CALL libusb_free_transfer(libusb_transfer* transfer) {
  Fake& fake = Fake::get();
  if (fake.is_flying(transfer)) fake.violation("a transfer was freed in flight");
  --fake.allocated;
  delete transfer;
}

int LIBUSB_CALL libusb_submit_transfer(libusb_transfer* transfer) {
  if (const int code = Fake::get().before("submit_transfer")) return code;
  return Fake::get().submit(transfer);
}

int LIBUSB_CALL libusb_cancel_transfer(libusb_transfer* transfer) {
  if (const int code = Fake::get().before("cancel_transfer")) return code;
  return Fake::get().cancel(transfer);
}

int LIBUSB_CALL libusb_handle_events_timeout_completed(libusb_context*, timeval* time, int*) {
  if (const int code = Fake::get().before("handle_events", false)) return code;
  return Fake::get().events(time->tv_sec * 1000000 + time->tv_usec);
}

}  // extern "C"
