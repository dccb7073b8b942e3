// SPDX-License-Identifier: Apache-2.0
// A conversation as the prompt that a model was trained on, by the chat template in its file.
#pragma once
#include <ctime>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "gguf/gguf.h"
#include "jinja/template.h"
#include "tokenizer/tokenizer.h"

namespace luoshu {

// What a template is given, in the shape of the OpenAI protocol. Strings in it are the user's wherever they
// end up: none of them becomes a control token. Roles of the usual names are the exception, as templates
// spell tokens with them (<|user|>).
struct ChatRequest {
  nlohmann::ordered_json
      messages;                  // array of objects with a string "role"; arguments of tool calls as objects
  nlohmann::ordered_json tools;  // array of tools, or null
  nlohmann::ordered_json documents;  // array, or null
  bool add_generation_prompt = true;
  nlohmann::ordered_json kwargs;  // more variables, such as {"enable_thinking": false}; object or null
  std::string
      name;  // which of the file's templates; empty: "tool_use" for tools where it is, else the default
};

class ChatTemplates {
 public:
  // The keys tokenizer.chat_template and tokenizer.chat_template.NAME. A bad one is an error when it is used.
  explicit ChatTemplates(const gguf::File& file);
  // One template for all conversations: the text of --chat-template FILE.
  explicit ChatTemplates(const std::string& source);

  bool empty() const { return templates_.empty(); }
  // "default" first, where there is one.
  std::vector<std::string> names() const;

  // Throws InputError, and says what to do, where the template for `request` is absent or bad.
  const jinja::Template& choose(const ChatRequest& request) const;

  // The prompt for Tokenizer::encode_spans(). `clock` is what strftime_now tells; the local time where it is
  // empty. Throws InputError where the request has another shape than above, jinja::RaisedError where the
  // template does not take the conversation, and jinja::TemplateError, with the line, where it fails.
  std::vector<PromptSpan> render(const ChatRequest& request, const Vocabulary& vocabulary,
                                 const std::function<std::tm()>& clock = {}) const;

 private:
  struct Named {
    std::string name;
    std::optional<jinja::Template> parsed;
    std::string error;  // where it could not be parsed
  };
  void add(const std::string& name, const std::string& source);
  const Named* find(const std::string& name) const;
  std::vector<Named> templates_;
};

}  // namespace luoshu
