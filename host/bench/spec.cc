// SPDX-License-Identifier: Apache-2.0
#include "bench/spec.h"

#include <charconv>

#include "luoshu/error.h"
#include "luoshu/printable.h"

namespace luoshu::bench {
namespace {

constexpr std::uint32_t kMostTokens = 1u << 20;
constexpr std::uint32_t kMostSequences = 256;

// The parts of a list between commas, at least one, possibly empty.
std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> parts(1);
  for (const char c : text) {
    if (c == ',') {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

// A whole number from `low` to `high`; false when it is none.
bool number(const std::string& text, std::uint32_t low, std::uint32_t high, std::uint32_t& value) {
  const char* end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, value);
  return result.ec == std::errc() && result.ptr == end && value >= low && value <= high;
}

bool parse_test(const std::string& text, BenchTest& test) {
  const std::string kind = text.substr(0, 2);
  if (kind == "pp") {
    test.kind = BenchTest::Kind::kPrefill;
  } else if (kind == "tg") {
    test.kind = BenchTest::Kind::kDecode;
  } else if (kind == "at") {
    test.kind = BenchTest::Kind::kAttention;
  } else {
    return false;
  }
  const std::size_t at = text.find("@d");
  if (at != std::string::npos && !number(text.substr(at + 2), 0, kMostTokens, test.depth)) return false;
  return number(text.substr(2, at == std::string::npos ? at : at - 2), 1, kMostTokens, test.count);
}

}  // namespace

std::string BenchTest::name() const {
  const char* const kinds[] = {"pp", "tg", "at"};
  const std::string text = kinds[static_cast<int>(kind)] + std::to_string(count);
  return depth == 0 ? text : text + "@d" + std::to_string(depth);
}

std::vector<BenchTest> parse_tests(const std::string& text) {
  std::vector<BenchTest> tests;
  for (const std::string& part : split(text)) {
    BenchTest test;
    if (!parse_test(part, test)) {
      throw InputError("--test holds '" + printable(part) +
                       "'; give ppN, tgN or atN, each with @dDEPTH or without, separated by commas");
    }
    tests.push_back(test);
  }
  return tests;
}

std::vector<std::uint32_t> parse_batches(const std::string& text) {
  std::vector<std::uint32_t> batches;
  for (const std::string& part : split(text)) {
    std::uint32_t batch = 0;
    if (!number(part, 1, kMostSequences, batch)) {
      throw InputError("--batch holds '" + printable(part) + "'; give numbers from 1 to " +
                       std::to_string(kMostSequences) + " separated by commas");
    }
    batches.push_back(batch);
  }
  return batches;
}

}  // namespace luoshu::bench
