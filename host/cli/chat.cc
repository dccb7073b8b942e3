// SPDX-License-Identifier: Apache-2.0
// luoshu chat: a conversation, turn by turn. What both prompts begin with stays evaluated, so that a turn
// computes its own tokens alone.
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>

#include "chat/conversation.h"
#include "chat/line_editor.h"
#include "chat/thinking.h"
#include "cli/files.h"
#include "cli/generation.h"
#include "cli/progress.h"
#include "cli/verbs.h"
#include "luoshu/interrupt.h"
#include "tokenizer/utf8.h"

namespace luoshu::cli {
namespace {

constexpr const char* kHelp =
    "/help          this list\n"
    "/clear         start anew; the system message stays\n"
    "/system TEXT   the message before all others; without TEXT none\n"
    "/think on|off  whether the model thinks before it answers, where its template knows that\n"
    "/save FILE     write the conversation as JSON\n"
    "/load FILE     go on with one that was written\n"
    "/stats         what the last answer and the conversation cost\n"
    "/quit          leave, as Ctrl-D does; Ctrl-C stops an answer\n";

struct Options {
  ModelOptions model;
  SamplerOptions sampler;
  bool random_seed = false;
  std::int64_t predict = -1;
  std::string system;
  bool think = false, no_think = false, hide_thinking = false;
  std::string template_file;
  bool no_template = false;
};

// A file for lines that a person typed; empty where there is no home.
std::string history_file() {
  const char* state = std::getenv("XDG_STATE_HOME");
  const char* home = std::getenv("HOME");
  if (state != nullptr && *state == '/') return std::string(state) + "/luoshu/history";
  return home != nullptr && *home == '/' ? std::string(home) + "/.local/state/luoshu/history" : std::string();
}

// The template, or null for raw text. Throws InputError where there is none.
std::unique_ptr<ChatTemplates> open_templates(const Options& o, const gguf::File& file) {
  if (o.no_template) return nullptr;
  if (!o.template_file.empty()) return std::make_unique<ChatTemplates>(read_text(o.template_file));
  auto templates = std::make_unique<ChatTemplates>(file);
  if (templates->empty()) {
    throw InputError(
        "the model has no chat template; give one with --chat-template FILE, or --no-template to complete "
        "raw "
        "text as `luoshu generate` does");
  }
  return templates;
}

class Chat {
 public:
  Chat(const Options& o, Session& session, const ChatTemplates* templates)
      : options_(o),
        session_(session),
        conversation_(templates, session.tokenizer()),
        editor_(history_file()),
        colour_(editor_.interactive() && std::getenv("NO_COLOR") == nullptr) {
    conversation_.set_system(o.system);
    if (o.think || o.no_think) conversation_.set_variable("enable_thinking", o.think);
  }

  void run() {
    if (editor_.interactive()) {
      std::fputs("A line is a turn. Ctrl-C stops an answer, Ctrl-D leaves, /help lists the commands.\n",
                 stderr);
    }
    while (const auto line = editor_.read("> ")) {
      if (interrupt_requested()) {
        rearm();
        continue;
      }
      if (line->empty()) continue;
      try {
        if (line->front() == '/' && editor_.interactive()) {
          if (!command(*line)) return;
        } else {
          turn(*line);
        }
      } catch (const InputError& e) {  // of this turn: the conversation goes on where a person sees it
        if (!editor_.interactive()) throw;
        std::fprintf(stderr, "luoshu: error: %s\n", e.what());
      }
    }
    if (editor_.interactive()) std::fputs("\n", stdout);
  }

 private:
  // Ctrl-C has been noticed, the next one counts again.
  static void rearm() {
    clear_interrupt();
    catch_signals();
  }

  // False to leave.
  bool command(const std::string& line) {
    const std::size_t space = line.find(' ');
    const std::string name = line.substr(0, space);
    const std::string rest = space == std::string::npos ? std::string() : line.substr(space + 1);
    if (name == "/quit" || name == "/exit") return false;
    if (name == "/help") {
      std::fputs(kHelp, stderr);
    } else if (name == "/clear") {
      conversation_.clear();
    } else if (name == "/system") {
      conversation_.set_system(rest);
    } else if (name == "/think" && (rest == "on" || rest == "off")) {
      conversation_.set_variable("enable_thinking", rest == "on");
    } else if (name == "/save" && !rest.empty()) {
      JsonOutput(rest).write(conversation_.json());
    } else if (name == "/load" && !rest.empty()) {
      conversation_.load(parse_json(rest));
    } else if (name == "/stats") {
      stats();
    } else {
      std::fprintf(stderr, "luoshu: '%s' is no command; /help lists them\n", line.c_str());
    }
    return true;
  }

  static nlohmann::ordered_json parse_json(const std::string& path) {
    const std::string text = read_text(path);
    nlohmann::ordered_json value = nlohmann::ordered_json::parse(text, nullptr, false);
    if (value.is_discarded())
      throw InputError("'" + path + "' is not JSON; give a file that /save has written");
    return value;
  }

  void turn(const std::string& text) {
    conversation_.ask(text);
    std::string answer;
    try {
      answer = reply();
    } catch (...) {
      conversation_.take_back();
      throw;
    }
    conversation_.answer(answer);
  }

  // Evaluates what is new of the prompt and streams the answer.
  std::string reply() {
    const ConversationPrompt prompt = conversation_.prompt();
    Engine& engine = session_.engine();
    if (prompt.tokens.empty()) throw InputError("the message has no tokens; write something");
    if (prompt.tokens.size() >= session_.context()) {
      throw InputError("the conversation has " + std::to_string(prompt.tokens.size()) +
                       " tokens, the context " + std::to_string(session_.context()) +
                       "; /clear starts anew, -c N makes more room");
    }
    // At least the last token is evaluated, for its logits.
    const std::size_t kept = std::min(common_prefix(evaluated_, prompt.tokens), prompt.tokens.size() - 1);
    engine.rollback(static_cast<std::uint32_t>(kept));
    const auto at = [&](std::size_t i) { return prompt.tokens.begin() + static_cast<std::ptrdiff_t>(i); };

    const InterruptHold hold;  // Ctrl-C ends the answer between two passes, not the chip in the middle of one
    evaluated_.assign(at(0), at(kept));
    std::size_t next = kept;
    const std::size_t piece = std::max<std::size_t>(64, engine.pass_tokens());
    for (; prompt.tokens.size() - next > piece && !interrupt_requested(); next += piece) {
      const Progress progress([&] {
        return "prompt: token " + std::to_string(next - kept) + " of " +
               std::to_string(prompt.tokens.size() - kept);
      });
      engine.evaluate({at(next), at(next + piece)}, LogitsMode::kNone, nullptr);
      evaluated_.insert(evaluated_.end(), at(next), at(next + piece));
    }
    if (interrupt_requested()) return stopped("");

    GenerationOptions generation;
    generation.predict = options_.predict;
    generation.sampler = options_.sampler;
    generation.sampler.seed += turns_++;
    generation.progress = false;
    generation.before.assign(at(0), at(next));
    generation.stop = [] { return interrupt_requested(); };
    Utf8Stream stream;
    ThinkingSplitter splitter(prompt.thinking);
    std::string answer;
    const auto take = [&](const std::string& text) {
      answer += text;
      show(splitter.push(text));
    };
    const Generation g = generate(session_, {at(next), prompt.tokens.end()}, generation,
                                  [&](std::int32_t token) { take(stream.push(piece_of(token))); });
    take(stream.finish());
    show(splitter.finish());
    end_thinking();
    evaluated_ = prompt.tokens;
    evaluated_.insert(evaluated_.end(), g.tokens.begin(), g.tokens.end());
    evaluated_.resize(std::min<std::size_t>(evaluated_.size(), engine.position()));
    last_ = {g, kept};
    if (g.stop == "interrupted") return stopped(answer);
    write_stdout("\n");
    if (g.stop == "context") spdlog::warn("the context is full; /clear starts anew, -c N makes more room");
    return answer;
  }

  std::string stopped(const std::string& answer) {
    rearm();
    write_stdout("\n");
    if (!editor_.interactive()) throw InterruptedError("interrupted; start again");
    std::fputs("luoshu: stopped\n", stderr);
    return answer;
  }

  // Tags are control tokens in some vocabularies, and told here all the same.
  std::string piece_of(std::int32_t token) const {
    const std::string& text = session_.tokenizer().vocabulary().tokens[static_cast<std::size_t>(token)];
    return session_.tokenizer().piece(token, text == "<think>" || text == "</think>");
  }

  void show(const std::vector<AnswerPart>& parts) {
    for (const AnswerPart& part : parts) {
      if (part.thinking) {
        if (options_.hide_thinking || !editor_.interactive()) continue;
        if (!dim_ && colour_) write_stdout("\x1b[2m");
        dim_ = true;
      } else {
        end_thinking();
      }
      write_stdout(part.text);
    }
  }
  void end_thinking() {
    if (!dim_) return;
    write_stdout(colour_ ? "\x1b[0m\n" : "\n");
    dim_ = false;
  }

  void stats() const {
    std::fprintf(stderr, "%zu messages, %u of %u positions\n", conversation_.size(),
                 session_.engine().position(), session_.context());
    const Generation& g = last_.generation;
    if (g.tokens.empty()) return;
    const double seconds = g.decode_seconds;
    std::fprintf(
        stderr,
        "last answer: %zu tokens of the prompt kept, %zu evaluated in %.2f s (%llu cycles); %zu tokens, "
        "%.2f tokens/s (%s)\n",
        last_.kept, g.prompt.size(), g.prefill_seconds, static_cast<unsigned long long>(g.prefill.cycles),
        g.tokens.size(), seconds > 0 ? static_cast<double>(g.per_token.size()) / seconds : 0.0,
        session_.label().c_str());
  }

  struct Last {
    Generation generation;
    std::size_t kept = 0;
  };
  const Options& options_;
  Session& session_;
  Conversation conversation_;
  LineEditor editor_;
  const bool colour_;
  bool dim_ = false;                     // the text on the screen is thinking
  std::vector<std::int32_t> evaluated_;  // tokens in the KV cache
  std::uint64_t turns_ = 0;              // each samples with a seed of its own
  Last last_;
};

void run(const Options& o, int& exit_code) {
  const Sampler check_flags(o.sampler);
  if (o.think && o.no_think) throw InputError("--think and --no-think contradict each other; give one");
  check_device_flags(o.model, {device_kind(o.model.device)});
  Session session(o.model);
  const std::unique_ptr<ChatTemplates> templates = open_templates(o, session.file());
  if (templates) templates->choose({});  // a bad one is told before the upload
  if (o.random_seed) spdlog::info("seed {}", o.sampler.seed);
  session.start();
  Chat(o, session, templates.get()).run();
  exit_code = 0;
}

}  // namespace

void add_chat(CLI::App& app, int& exit_code) {
  auto o = std::make_shared<Options>();
  CLI::App* verb = app.add_subcommand("chat", "talk with a model; a line is a turn");
  add_model_options(*verb, o->model);
  add_sampler_options(*verb, o->sampler, o->random_seed);
  verb->add_option("-n,--predict", o->predict, "tokens of an answer at most, -1 = until it ends")
      ->capture_default_str();
  verb->add_option("--system", o->system, "the message before all others");
  verb->add_flag("--think", o->think, "let the model think, where its template knows that");
  verb->add_flag("--no-think", o->no_think, "do not let it think");
  verb->add_flag("--hide-thinking", o->hide_thinking, "do not show what it thinks");
  auto* file =
      verb->add_option("--chat-template", o->template_file, "a Jinja template instead of the file's own");
  verb->add_flag("--no-template", o->no_template, "no template: raw text is completed")->excludes(file);
  verb->callback([o, &exit_code] { run(*o, exit_code); });
}

}  // namespace luoshu::cli
