// SPDX-License-Identifier: Apache-2.0
// luoshu perplexity: how well a device predicts texts, and how far its distribution is from the reference's.
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/files.h"
#include "cli/progress.h"
#include "cli/session.h"
#include "cli/verbs.h"

namespace luoshu::cli {
namespace {

struct Options {
  ModelOptions model;
  std::string text;
  bool has_text = false;
  std::string file;
  std::string against;
  std::string json;
  std::uint32_t limit = 0;  // tokens, 0 = all
};

constexpr std::size_t kChunk = 64;  // tokens between two looks at what came out; bounds the memory

// Texts are separated by empty lines.
std::vector<std::string> split_texts(const std::string& all) {
  std::vector<std::string> texts;
  std::size_t at = 0;
  while ((at = all.find_first_not_of('\n', at)) != std::string::npos) {
    const std::size_t gap = std::min(all.find("\n\n", at), all.size());
    std::string text = all.substr(at, gap - at);
    while (!text.empty() && text.back() == '\n') text.pop_back();
    texts.push_back(std::move(text));
    at = gap;
  }
  return texts;
}

std::vector<double> log_softmax(const float* logits, std::size_t n) {
  const double largest = *std::max_element(logits, logits + n);
  double sum = 0;
  for (std::size_t i = 0; i < n; ++i) sum += std::exp(static_cast<double>(logits[i]) - largest);
  const double shift = largest + std::log(sum);
  std::vector<double> out(n);
  for (std::size_t i = 0; i < n; ++i) out[i] = static_cast<double>(logits[i]) - shift;
  return out;
}

struct Totals {
  std::size_t tokens = 0;   // predicted
  double loss = 0;          // sum of -log p of the next token
  std::vector<double> kld;  // per position
  std::size_t same_top = 0;
  std::size_t clear = 0;  // positions where the other's two best logits differ by 0.1 or more
  std::size_t clear_same = 0;
  bool interrupted = false;
};

void compare(const float* mine, const float* theirs, std::size_t n, Totals& totals) {
  const std::vector<double> p = log_softmax(theirs, n);
  const std::vector<double> q = log_softmax(mine, n);
  double kld = 0;
  for (std::size_t i = 0; i < n; ++i) kld += std::exp(p[i]) * (p[i] - q[i]);
  totals.kld.push_back(std::max(0.0, kld));
  const auto top = std::max_element(theirs, theirs + n) - theirs;
  const bool same = std::max_element(mine, mine + n) - mine == top;
  float second = -INFINITY;
  for (std::size_t i = 0; i < n; ++i) {
    if (static_cast<std::ptrdiff_t>(i) != top) second = std::max(second, theirs[i]);
  }
  totals.same_top += same ? 1 : 0;
  if (theirs[top] - second >= 0.1f) {
    ++totals.clear;
    totals.clear_same += same ? 1 : 0;
  }
}

// Tokens that are evaluated from position 0 on; those from `first` on are scored.
struct Window {
  std::vector<std::int32_t> ids;
  std::size_t first = 1;
  bool last = true;  // of its text
};

// A text that fits the context is one window. Of a longer one every token is scored once, after at least half
// a context of what comes before it: each further window begins with BOS, where the model has one, and with
// tokens that are scored already.
void add_windows(const std::vector<std::int32_t>& text, std::size_t context, std::int32_t bos,
                 std::vector<Window>& windows) {
  if (text.size() < 2) return;
  const std::size_t room = context - (bos >= 0 ? 1 : 0);
  if (text.size() > context && room < 2)
    throw InputError("a context of " + std::to_string(context) + " scores no text of " +
                     std::to_string(text.size()) + " tokens; raise -c");
  const auto part = [&](std::size_t from, std::size_t count) {
    const auto begin = text.begin() + static_cast<std::ptrdiff_t>(from);
    return std::vector<std::int32_t>(begin, begin + static_cast<std::ptrdiff_t>(count));
  };
  std::size_t next = std::min(context, text.size());
  windows.push_back({part(0, next), 1, next == text.size()});
  while (next < text.size()) {
    const std::size_t behind = std::min(context / 2, room - 1);
    const std::size_t from = next - std::min(next, behind);
    Window w;
    w.ids = part(from, std::min(room, text.size() - from));
    w.first = next - from;
    next = from + w.ids.size();
    w.last = next == text.size();
    if (bos >= 0) {
      w.ids.insert(w.ids.begin(), bos);
      ++w.first;
    }
    windows.push_back(std::move(w));
  }
}

std::vector<Window> windows_of(const Session& session, const Options& o) {
  const std::string all = o.has_text ? o.text : read_prose(o.file);
  const Vocabulary& vocabulary = session.tokenizer().vocabulary();
  std::vector<Window> windows;
  std::size_t tokens = 0;
  std::size_t longer = 0;
  for (const std::string& text : split_texts(all)) {
    std::vector<std::int32_t> ids = session.tokenizer().encode(text);
    if (o.limit != 0) ids.resize(std::min<std::size_t>(ids.size(), o.limit - tokens + 1));
    if (ids.size() > session.context()) ++longer;
    add_windows(ids, session.context(), vocabulary.add_bos ? vocabulary.bos : -1, windows);
    if (ids.size() > 1) tokens += ids.size() - 1;
    if (o.limit != 0 && tokens >= o.limit) break;
  }
  if (windows.empty()) {
    throw InputError((o.has_text ? std::string("-p") : "'" + o.file + "'") +
                     " holds no text of two tokens or more; give another -f or -p");
  }
  if (longer != 0) {
    spdlog::info("{} longer than the context of {} are scored in windows that overlap by half",
                 longer == 1 ? std::string("a text") : std::to_string(longer) + " texts", session.context());
  }
  return windows;
}

void score(const Window& w, std::size_t at, const std::vector<float>& mine, const std::vector<float>& theirs,
           std::size_t vocab, Totals& totals) {
  for (std::size_t i = 0; i * vocab < mine.size(); ++i) {
    const std::size_t next = at + i + 1;  // the token that this position predicts
    if (next < w.first || (next == w.ids.size() && !w.last)) continue;
    const float* row = mine.data() + i * vocab;
    if (!theirs.empty()) compare(row, theirs.data() + i * vocab, vocab, totals);
    if (next == w.ids.size()) continue;
    totals.loss -= log_softmax(row, vocab)[static_cast<std::size_t>(w.ids[next])];
    ++totals.tokens;
  }
}

// Ctrl-C ends it with what was scored until then.
Totals measure(Session& session, Session* other, const std::vector<Window>& windows) {
  Totals totals;
  const std::size_t vocab = session.config().vocab;
  std::size_t window = 0;
  const Progress progress([&] {
    return "perplexity: window " + std::to_string(window + 1) + " of " + std::to_string(windows.size()) +
           ", token " + std::to_string(session.engine().position()) + " of " +
           std::to_string(windows[window].ids.size());
  });
  try {
    for (; window < windows.size(); ++window) {
      const Window& w = windows[window];
      session.engine().reset();
      if (other != nullptr) other->engine().reset();
      for (std::size_t at = 0; at < w.ids.size(); at += kChunk) {
        poll_interrupt();
        const auto begin = w.ids.begin() + static_cast<std::ptrdiff_t>(at);
        const std::vector<std::int32_t> ids(
            begin, begin + static_cast<std::ptrdiff_t>(std::min(kChunk, w.ids.size() - at)));
        std::vector<float> mine;
        session.engine().evaluate(ids, LogitsMode::kAll, &mine);
        std::vector<float> theirs;
        if (other != nullptr) other->engine().evaluate(ids, LogitsMode::kAll, &theirs);
        score(w, at, mine, theirs, vocab, totals);
      }
    }
  } catch (const InterruptedError&) {
    totals.interrupted = true;
  }
  return totals;
}

double percentile99(std::vector<double> values) {
  const std::size_t at = (values.size() * 99 + 99) / 100 - 1;
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(at), values.end());
  return values[at];
}

nlohmann::json report(const Session& session, const Options& o, const Totals& t) {
  nlohmann::json result = {{"schema", kSchema},        {"version", version()},
                           {"commit", commit()},       {"label", session.label()},
                           {"device", o.model.device}, {"config", session.configuration()},
                           {"tokens", t.tokens},       {"stop", t.interrupted ? "interrupted" : "end"}};
  if (t.tokens != 0) result["ppl"] = std::exp(t.loss / static_cast<double>(t.tokens));
  if (!t.kld.empty()) {
    double sum = 0;
    for (const double k : t.kld) sum += k;
    const auto n = static_cast<double>(t.kld.size());
    result["against"] = o.against;
    result["kld_mean"] = sum / n;
    result["kld_p99"] = percentile99(t.kld);
    result["kld_max"] = *std::max_element(t.kld.begin(), t.kld.end());
    result["same_top"] = static_cast<double>(t.same_top) / n;
    result["same_top_clear"] =
        t.clear == 0 ? 1.0 : static_cast<double>(t.clear_same) / static_cast<double>(t.clear);
    result["positions"] = t.kld.size();
    result["positions_clear"] = t.clear;
  }
  return result;
}

void run(const Options& o) {
  JsonOutput json(o.json);
  if (o.file.empty() && !o.has_text) throw InputError("perplexity needs a text; give -f FILE or -p TEXT");
  std::vector<DeviceKind> kinds{device_kind(o.model.device)};
  if (!o.against.empty()) kinds.push_back(device_kind(o.against));
  check_device_flags(o.model, kinds);
  Session session(o.model);
  std::unique_ptr<Session> other;
  if (!o.against.empty()) {
    ModelOptions options = o.model;
    options.device = o.against;
    options.trace.clear();
    if (kinds[1] == DeviceKind::kReference) options.checkpoint.clear();
    other = std::make_unique<Session>(options);
  }
  const std::vector<Window> windows = windows_of(session, o);
  session.start();
  if (other) other->start();
  const nlohmann::json result = report(session, o, measure(session, other.get(), windows));
  if (json) return json.write(result);
  std::string lines;
  for (const auto& item : result.items())
    lines += fmt::format("{:<16} {}\n", item.key(), item.value().dump());
  write_stdout(lines);
}

}  // namespace

void add_perplexity(CLI::App& app, int&) {
  auto o = std::make_shared<Options>();
  CLI::App* verb =
      app.add_subcommand("perplexity", "perplexity of texts, and KL divergence from another device");
  add_model_options(*verb, o->model);
  auto* text = verb->add_option("-p,--prompt", o->text, "the texts themselves")
                   ->each([o = o.get()](const std::string&) { o->has_text = true; });
  verb->add_option("-f,--file", o->file,
                   "texts, separated by an empty line, - = stdin; each starts with BOS where the model has "
                   "one, and one longer than the context is scored in windows that overlap by half")
      ->excludes(text);
  verb->add_option("--against", o->against,
                   "compare the distributions with this device's (reference, model, ...)");
  verb->add_option("--limit", o->limit, "stop after this many tokens, 0 = all");
  verb->add_option("--json", o->json, "write the result as JSON to this file, - = stdout");
  verb->callback([o] { run(*o); });
}

}  // namespace luoshu::cli
