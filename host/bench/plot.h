// SPDX-License-Identifier: Apache-2.0
// A roofline picture of benchmark rows.
#pragma once
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "luoshu/chip.h"

namespace luoshu::bench {

// An SVG file, both axes logarithmic: multiplications per byte that must move (across) against
// multiplications per cycle (up); the roof of the chip, bandwidth then multipliers; a labelled point per row
// that has cycles. A point's distance below the roof is what its roofline share says.
std::string roofline_svg(const nlohmann::json& rows, const Capabilities& chip);

}  // namespace luoshu::bench
