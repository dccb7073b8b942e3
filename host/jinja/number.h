// SPDX-License-Identifier: Apache-2.0
// Numbers as Python writes, reads and rounds them. Integers have 64 bits; what goes beyond is an error, never
// another number.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace luoshu::jinja {

// The shortest digits that read back as `value`: "1.0", "1e-05", "1e+16", "inf", "nan".
std::string float_repr(double value);

// int(text, base) of Python: white space around it, a sign, single underscores between digits, with base 0,
// 2, 8 or 16 the usual prefix. Nothing where `text` is no number; throws TemplateError beyond 64 bits.
std::optional<std::int64_t> parse_integer(std::string_view text, int base = 10);
// float(text) of Python.
std::optional<double> parse_float(std::string_view text);

// round(value, digits): to the nearest, ties to even, of the exact decimal value.
double round_half_even(double value, int digits);

// Each throws TemplateError when the result leaves 64 bits; floor division and remainder as in Python, whose
// divisor must not be 0.
std::int64_t checked_add(std::int64_t a, std::int64_t b);
std::int64_t checked_subtract(std::int64_t a, std::int64_t b);
std::int64_t checked_multiply(std::int64_t a, std::int64_t b);
std::int64_t floor_divide(std::int64_t a, std::int64_t b);
std::int64_t floor_modulo(std::int64_t a, std::int64_t b);
double floor_modulo(double a, double b);
std::int64_t checked_power(std::int64_t base, std::int64_t exponent);
// Throws TemplateError for infinities, what is not a number, and beyond 64 bits.
std::int64_t to_integer(double truncated);

}  // namespace luoshu::jinja
