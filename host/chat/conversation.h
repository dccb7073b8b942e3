// SPDX-License-Identifier: Apache-2.0
// A conversation: its messages, and the prompt that asks a model for the next answer.
#pragma once
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "chat/chat_template.h"
#include "tokenizer/tokenizer.h"

namespace luoshu {

struct ConversationPrompt {
  std::vector<std::int32_t> tokens;
  bool thinking = false;  // the template has opened the thinking of the answer
};

class Conversation {
 public:
  // `templates` null: no template, the text of all messages is completed as it is. Both outlive this.
  Conversation(const ChatTemplates* templates, const Tokenizer& tokenizer)
      : templates_(templates), tokenizer_(tokenizer) {}

  // The message before all others; empty: none.
  void set_system(std::string text) { system_ = std::move(text); }
  const std::string& system() const { return system_; }
  // More variables of the template, such as {"enable_thinking": false}.
  void set_variable(const std::string& name, nlohmann::ordered_json value) {
    kwargs_[name] = std::move(value);
  }

  void ask(std::string text) { add("user", std::move(text)); }
  void answer(std::string text) { add("assistant", std::move(text)); }
  void take_back();  // the last message
  void clear() { messages_.clear(); }
  std::size_t size() const { return messages_.size(); }

  // The prompt for the next answer. Throws InputError, also where the template does not take the conversation
  // or fails; the line says what to do.
  ConversationPrompt prompt() const;

  // {"messages": [{"role", "content"}, ...]}, the system message first.
  nlohmann::ordered_json json() const;
  // The same back. Throws InputError for anything else; then nothing has changed.
  void load(const nlohmann::ordered_json& value);

 private:
  struct Message {
    std::string role, text;
  };
  void add(const char* role, std::string text) { messages_.push_back({role, std::move(text)}); }

  const ChatTemplates* templates_;
  const Tokenizer& tokenizer_;
  std::string system_;
  std::vector<Message> messages_;
  nlohmann::ordered_json kwargs_ = nlohmann::ordered_json::object();
};

// How many tokens both begin with.
std::size_t common_prefix(const std::vector<std::int32_t>& a, const std::vector<std::int32_t>& b);

}  // namespace luoshu
