// SPDX-License-Identifier: Apache-2.0
#include <limits>
#include <nlohmann/json.hpp>

#include "jinja/json.h"
#include "tokenizer/utf8.h"

namespace luoshu::jinja {
namespace {

using Json = nlohmann::ordered_json;

Text checked_text(Runtime& runtime, const std::string& bytes, bool user) {
  if (find_invalid_utf8(bytes) != std::string_view::npos)
    throw TemplateError("a string that the template is given is not valid UTF-8");
  runtime.budget.spend(bytes.size() + 1);
  return Text(bytes, user);
}

}  // namespace

Value from_json(Runtime& runtime, const Json& json, bool user) {
  const Budget::Level level(runtime.budget);
  switch (json.type()) {
    case Json::value_t::null:
      return Value::none();
    case Json::value_t::boolean:
      return Value::of(json.get<bool>());
    case Json::value_t::number_integer:
      return Value::of(json.get<std::int64_t>());
    case Json::value_t::number_unsigned: {
      const auto number = json.get<std::uint64_t>();
      if (number > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
        throw TemplateError("an integer beyond 64 bits is not supported");
      return Value::of(static_cast<std::int64_t>(number));
    }
    case Json::value_t::number_float:
      return Value::of(json.get<double>());
    case Json::value_t::string:
      return Value::of(checked_text(runtime, json.get_ref<const std::string&>(), user));
    case Json::value_t::array: {
      std::vector<Value> items;
      items.reserve(json.size());
      for (const Json& item : json) items.push_back(from_json(runtime, item, user));
      return runtime.list(std::move(items));
    }
    case Json::value_t::object: {
      Value result = runtime.dict();
      for (const auto& [key, value] : json.items()) {
        runtime.set(result.dict(), Value::of(checked_text(runtime, key, user)),
                    from_json(runtime, value, user));
      }
      return result;
    }
    default:
      return {};
  }
}

Value parse_json(Runtime& runtime, const Text& text) {
  runtime.budget.spend(8 * text.size());
  // A text of which the user wrote a part may say anything: all its strings are then the user's.
  bool user = false;
  text.for_each_run([&](std::string_view, bool marked) { user = user || marked; });
  std::size_t depth = 0;
  const auto check_depth = [&](int, Json::parse_event_t event, Json&) {
    if (event == Json::parse_event_t::object_start || event == Json::parse_event_t::array_start) ++depth;
    if (event == Json::parse_event_t::object_end || event == Json::parse_event_t::array_end) --depth;
    if (depth > 200) throw TemplateError("from_json: the JSON is nested too deep");
    return true;
  };
  const Json json = Json::parse(text.bytes(), check_depth, false);
  if (json.is_discarded()) throw TemplateError("from_json: the text is not JSON");
  return from_json(runtime, json, user);
}

}  // namespace luoshu::jinja
