// SPDX-License-Identifier: Apache-2.0
// --device: which device it names, and the chip behind it.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "cli/options.h"
#include "luoshu/chip.h"

namespace luoshu::cli {

enum class DeviceKind { kSim, kModel, kReference, kSocket, kSerial, kUsb };

// Throws InputError for a name that is no device.
DeviceKind device_kind(const std::string& device);

// Refuses a window without a trace and warns of flags that none of the verb's devices looks at. Throws
// InputError.
void check_device_flags(const ModelOptions& options, const std::vector<DeviceKind>& kinds);

// Connects and boots. `kind` is not kReference. Throws InputError and DeviceError.
std::unique_ptr<Chip> open_chip(DeviceKind kind, const ModelOptions& options);

// "simulated", "model", "reference", "over a serial port" or "over USB": what the figures of this device
// are. What is at the other end of a wire, a board or a simulation of one, the host cannot know.
std::string device_label(DeviceKind kind);

// The configuration that has these capabilities, "custom" when none has.
std::string configuration_name(const Capabilities& chip);

}  // namespace luoshu::cli
