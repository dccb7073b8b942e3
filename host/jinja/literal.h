// SPDX-License-Identifier: Apache-2.0
// Literals of an expression. Each returns the bytes it took and fills the token's kind and value; throws
// TemplateError without a line.
#pragma once
#include "jinja/lexer.h"

namespace luoshu::jinja {

// At a digit: 42, 1_000, 0x2a, 0b11, 0o17, 1.5, 1e3. Behind a dot ("items.0") only an integer.
std::size_t scan_number(const std::string& source, std::size_t at, Token& token);
// At a quote.
std::size_t scan_string(const std::string& source, std::size_t at, Token& token);

}  // namespace luoshu::jinja
