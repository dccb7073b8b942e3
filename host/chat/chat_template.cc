// SPDX-License-Identifier: Apache-2.0
#include "chat/chat_template.h"

#include <algorithm>

#include "jinja/error.h"
#include "jinja/json.h"
#include "luoshu/printable.h"

namespace luoshu {
namespace {

using Json = nlohmann::ordered_json;
using jinja::Value;

constexpr const char* kDefault = "default";
constexpr const char* kForTools = "tool_use";
// Roles that templates spell control tokens with. Whoever names a role chooses one of these, and no more.
constexpr std::string_view kRoles[] = {"system",    "user",          "assistant",   "tool",    "developer",
                                       "function",  "model",         "observation", "ipython", "context",
                                       "documents", "tool_response", "tool_call"};

[[noreturn]] void refuse(const std::string& what) {
  throw InputError(what + "; send another conversation");
}

void check_array(const Json& json, const char* name) {
  if (!json.is_null() && !json.is_array()) refuse(std::string(name) + " must be an array");
}

void check(const ChatRequest& request) {
  if (!request.messages.is_array()) refuse("messages must be an array");
  for (const Json& message : request.messages) {
    if (!message.is_object()) refuse("each of the messages must be an object");
    const auto role = message.find("role");
    if (role == message.end() || !role->is_string()) refuse("each of the messages must have a role");
  }
  check_array(request.tools, "tools");
  check_array(request.documents, "documents");
  if (!request.kwargs.is_null() && !request.kwargs.is_object())
    refuse("chat_template_kwargs must be an object");
  for (const char* own : {"messages", "tools", "documents"}) {
    if (request.kwargs.is_object() && request.kwargs.contains(own))
      refuse("chat_template_kwargs must not hold '" + std::string(own) + "'");
  }
}

// The messages, whose roles of the usual names count as the template's.
Value messages_value(jinja::Runtime& runtime, const Json& messages) {
  Value result = jinja::from_json(runtime, messages, true);
  for (const Value& message : result.list().items) {
    const std::string role = message.dict().find("role")->text().bytes();
    if (std::find(std::begin(kRoles), std::end(kRoles), role) == std::end(kRoles)) continue;
    message.dict().set(Value::of("role"), Value::of(std::string_view(role)));
  }
  return result;
}

std::tm local_time() {
  const std::time_t now = std::time(nullptr);
  std::tm result = {};
  localtime_r(&now, &result);
  return result;
}

}  // namespace

ChatTemplates::ChatTemplates(const gguf::File& file) {
  const std::string key = "tokenizer.chat_template";
  if (const auto source = file.string(key)) add(kDefault, *source);
  for (const std::string& name : file.keys()) {
    if (name.compare(0, key.size() + 1, key + ".") != 0) continue;
    add(name.substr(key.size() + 1), file.string(name).value_or(""));
  }
}

ChatTemplates::ChatTemplates(const std::string& source) {
  add(kDefault, source);
}

void ChatTemplates::add(const std::string& name, const std::string& source) {
  if (find(name) != nullptr) return;
  Named named{name, std::nullopt, ""};
  try {
    named.parsed = jinja::Template::parse(source);
  } catch (const jinja::TemplateError& e) {
    named.error = e.what();
  }
  templates_.push_back(std::move(named));
}

const ChatTemplates::Named* ChatTemplates::find(const std::string& name) const {
  for (const Named& named : templates_) {
    if (named.name == name) return &named;
  }
  return nullptr;
}

std::vector<std::string> ChatTemplates::names() const {
  std::vector<std::string> result;
  for (const Named& named : templates_) result.push_back(named.name);
  return result;
}

const jinja::Template& ChatTemplates::choose(const ChatRequest& request) const {
  const Named* named = nullptr;
  if (!request.name.empty()) {
    named = find(request.name);
    if (named == nullptr) {
      std::string known;
      for (const std::string& name : names()) known += (known.empty() ? "" : ", ") + printable(name);
      throw InputError("the model has no chat template '" + printable(request.name) + "'; it has " +
                       (known.empty() ? "none" : known));
    }
  } else {
    const bool tools = request.tools.is_array() && !request.tools.empty();
    if (tools) named = find(kForTools);
    if (named == nullptr) named = find(kDefault);
  }
  if (named == nullptr) {
    throw InputError(
        "the model's file has no chat template (key tokenizer.chat_template); give one with --chat-template "
        "FILE, or complete raw text instead");
  }
  if (!named->parsed) throw InputError(named->error + "; give another with --chat-template FILE");
  return *named->parsed;
}

std::vector<PromptSpan> ChatTemplates::render(const ChatRequest& request, const Vocabulary& vocabulary,
                                              const std::function<std::tm()>& clock) const {
  const jinja::Template& chosen = choose(request);
  check(request);
  jinja::Runtime runtime{jinja::Limits()};
  runtime.clock = clock ? clock : local_time;
  std::vector<std::pair<std::string, Value>> variables;
  variables.emplace_back("messages", messages_value(runtime, request.messages));
  const bool tools = request.tools.is_array() && !request.tools.empty();
  variables.emplace_back("tools", tools ? jinja::from_json(runtime, request.tools, true) : Value::none());
  variables.emplace_back("documents", jinja::from_json(runtime, request.documents, true));
  variables.emplace_back("add_generation_prompt", Value::of(request.add_generation_prompt));
  const auto add_token = [&](const char* name, std::int32_t id) {
    if (id < 0) return;
    const std::string& text = vocabulary.tokens[static_cast<std::size_t>(id)];
    variables.emplace_back(name, Value::of(std::string_view(text)));
  };
  add_token("bos_token", vocabulary.bos);
  add_token("eos_token", vocabulary.eos);
  add_token("unk_token", vocabulary.unk);
  add_token("pad_token", vocabulary.pad);
  if (request.kwargs.is_object()) {
    for (const auto& [name, value] : request.kwargs.items())
      variables.emplace_back(name, jinja::from_json(runtime, value, true));
  }
  std::vector<PromptSpan> spans;
  chosen.render(runtime, variables).for_each_run([&spans](std::string_view text, bool user) {
    spans.push_back({std::string(text), user});
  });
  return spans;
}

}  // namespace luoshu
