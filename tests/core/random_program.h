// SPDX-License-Identifier: Apache-2.0
// Random programs for the core: a prologue that defines all state, a trap handler, and a random body that
// loops. Exceptions resume after the instruction, inside the code; interrupts just return.
#pragma once
#include <cstdint>
#include <random>
#include <vector>

namespace luoshu {

std::vector<std::uint32_t> random_program(std::mt19937_64& rng);

}  // namespace luoshu
