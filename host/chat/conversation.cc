// SPDX-License-Identifier: Apache-2.0
#include "chat/conversation.h"

#include <algorithm>

#include "chat/thinking.h"
#include "jinja/error.h"

namespace luoshu {

void Conversation::take_back() {
  if (!messages_.empty()) messages_.pop_back();
}

ConversationPrompt Conversation::prompt() const {
  ConversationPrompt result;
  if (templates_ == nullptr) {
    std::string text = system_;
    for (const Message& m : messages_) text += m.text;
    result.tokens = tokenizer_.encode(text);
    return result;
  }
  ChatRequest request;
  request.messages = json().at("messages");
  request.kwargs = kwargs_;
  std::vector<PromptSpan> spans;
  try {
    spans = templates_->render(request, tokenizer_.vocabulary());
  } catch (const jinja::RaisedError& e) {
    throw InputError(std::string("the chat template does not take this conversation: ") + e.what() +
                     "; change the messages, or give another template with --chat-template FILE");
  } catch (const jinja::TemplateError& e) {
    throw InputError(std::string("the chat template fails: ") + e.what() +
                     "; give another with --chat-template FILE, or --no-template for raw text");
  }
  result.tokens = tokenizer_.encode_spans(spans);
  if (!spans.empty()) {
    std::string end;
    for (const PromptSpan& span : spans) end += span.text;
    result.thinking = opens_thinking(end);
  }
  return result;
}

nlohmann::ordered_json Conversation::json() const {
  nlohmann::ordered_json messages = nlohmann::ordered_json::array();
  if (!system_.empty()) messages.push_back({{"role", "system"}, {"content", system_}});
  for (const Message& m : messages_) messages.push_back({{"role", m.role}, {"content", m.text}});
  return {{"messages", messages}};
}

void Conversation::load(const nlohmann::ordered_json& value) {
  const std::string advice = "; give a file that /save has written";
  const auto list = value.is_object() ? value.find("messages") : value.end();
  if (!value.is_object() || list == value.end() || !list->is_array())
    throw InputError("the file has no list \"messages\"" + advice);
  std::string system;
  std::vector<Message> messages;
  for (const auto& m : *list) {
    const auto text = [&](const char* key) -> std::string {
      if (!m.is_object() || !m.contains(key) || !m.at(key).is_string())
        throw InputError("message " + std::to_string(messages.size() + 1) + " has no text \"" + key + "\"" +
                         advice);
      return m.at(key).get<std::string>();
    };
    const std::string role = text("role");
    if (role == "system" && messages.empty() && system.empty()) {
      system = text("content");
    } else if (role == (messages.size() % 2 == 0 ? "user" : "assistant")) {
      messages.push_back({role, text("content")});
    } else {
      std::string what = "message " + std::to_string(messages.size() + 1);
      what.append(" is of role '")
          .append(role)
          .append("', user and assistant do not alternate")
          .append(advice);
      throw InputError(what);
    }
  }
  system_ = std::move(system);
  messages_ = std::move(messages);
}

std::size_t common_prefix(const std::vector<std::int32_t>& a, const std::vector<std::int32_t>& b) {
  const std::size_t shorter = std::min(a.size(), b.size());
  const auto end = a.begin() + static_cast<std::ptrdiff_t>(shorter);
  return static_cast<std::size_t>(std::mismatch(a.begin(), end, b.begin()).first - a.begin());
}

}  // namespace luoshu
