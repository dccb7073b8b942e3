// SPDX-License-Identifier: Apache-2.0
// luoshu tokenize and detokenize: what a file's tokenizer makes of a text, and back. Files that hold a
// vocabulary and no tensors will do.
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/files.h"
#include "cli/options.h"
#include "cli/session.h"
#include "cli/verbs.h"
#include "config/vocabulary.h"
#include "gguf/gguf.h"
#include "tokenizer/tokenizer.h"

namespace luoshu::cli {
namespace {

struct Options {
  ModelOptions model;
  PromptOptions prompt;
  bool no_special = false;
  std::string json;
};

std::unique_ptr<Tokenizer> open_tokenizer(const ModelOptions& options) {
  const gguf::File file(model_path(options));
  const std::size_t tokens = file.strings("tokenizer.ggml.tokens").size();
  return Tokenizer::create(vocabulary_of(file, static_cast<std::uint32_t>(tokens)));
}

// The bytes of a token as text: those that are no whole characters as <0xE4>.
std::string printable_piece(const std::string& bytes) {
  std::string text;
  for (std::string_view rest = bytes; !rest.empty();) {
    const Utf8Char c = decode_utf8(rest);
    for (std::size_t i = 0; i < c.length; ++i) {
      if (c.kind == Utf8Char::Kind::kWhole) {
        text += rest[i];
      } else {
        char escaped[8];
        std::snprintf(escaped, sizeof escaped, "<0x%02X>", static_cast<unsigned char>(rest[i]));
        text += escaped;
      }
    }
    rest.remove_prefix(c.length);
  }
  return text;
}

void tokenize(const Options& o) {
  if (o.prompt.has_text == !o.prompt.file.empty())
    throw InputError("tokenize takes one text; give either -p TEXT or -f FILE");
  JsonOutput json(o.json);
  const std::unique_ptr<Tokenizer> tokenizer = open_tokenizer(o.model);
  const std::string text = o.prompt.has_text ? o.prompt.text : read_text(o.prompt.file);
  const std::vector<std::int32_t> ids = tokenizer->encode(text, !o.no_special, !o.no_special);
  std::vector<std::string> pieces;
  pieces.reserve(ids.size());
  for (const std::int32_t id : ids) pieces.push_back(printable_piece(tokenizer->piece(id, true)));
  if (!json.to_stdout()) {
    for (std::size_t i = 0; i < ids.size(); ++i)
      write_stdout(std::to_string(ids[i]) + " " + nlohmann::json(pieces[i]).dump() + "\n");
  }
  json.write({{"tokens", ids}, {"pieces", pieces}});
}

void detokenize(const Options& o) {
  const std::unique_ptr<Tokenizer> tokenizer = open_tokenizer(o.model);
  const std::vector<std::int32_t> ids =
      parse_tokens(o.prompt.tokens, static_cast<std::uint32_t>(tokenizer->size()));
  write_stdout(tokenizer->decode(ids, !o.no_special));
}

}  // namespace

void add_tokenize(CLI::App& app, int&) {
  auto o = std::make_shared<Options>();
  CLI::App* verb = app.add_subcommand("tokenize", "the tokens of a text");
  verb->add_option("-m,--model", o->model.model, "GGUF file, default the bundled model");
  verb->add_option("-p,--prompt", o->prompt.text, "text")->each([o](const std::string&) {
    o->prompt.has_text = true;
  });
  verb->add_option("-f,--file", o->prompt.file, "file with the text, as it is; - = stdin");
  verb->add_flag("--no-special", o->no_special,
                 "add no BOS or EOS, and take control tokens in the text for ordinary text");
  verb->add_option("--json", o->json, "write {\"tokens\", \"pieces\"} to this file, - = stdout");
  verb->callback([o] { tokenize(*o); });
}

void add_detokenize(CLI::App& app, int&) {
  auto o = std::make_shared<Options>();
  CLI::App* verb = app.add_subcommand("detokenize", "the text of tokens, byte for byte");
  verb->add_option("-m,--model", o->model.model, "GGUF file, default the bundled model");
  verb->add_option("--tokens", o->prompt.tokens, "comma-separated token ids")->required();
  verb->add_flag("--no-special", o->no_special, "leave control tokens out");
  verb->callback([o] { detokenize(*o); });
}

}  // namespace luoshu::cli
