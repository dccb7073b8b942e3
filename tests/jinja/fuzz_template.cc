// SPDX-License-Identifier: Apache-2.0
// libFuzzer target: a template, a zero byte, and the JSON of its variables. Whatever comes, it renders or is
// refused, soon; built where LUOSHU_FUZZ is on. The test jinja_fuzz_corpus runs the corpus without libFuzzer.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "jinja/case.h"
#include "tokenizer/utf8.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t zero = input.find('\0');
  const std::string source(input.substr(0, zero));
  auto variables = nlohmann::ordered_json::parse(
      zero == std::string_view::npos ? "{}" : input.substr(zero + 1), nullptr, false);
  if (!variables.is_object()) variables = nlohmann::ordered_json::object();
  luoshu::jinja::Limits limits;  // tight, so that many inputs run in a second
  limits.steps = 20000;
  limits.bytes = 1 << 20;
  limits.output = 1 << 18;
  try {
    const luoshu::jinja::Text text = luoshu::render_case(source, variables, limits);
    if (luoshu::find_invalid_utf8(text.bytes()) != std::string_view::npos) std::abort();
  } catch (const luoshu::jinja::TemplateError&) {
  }
  return 0;
}
