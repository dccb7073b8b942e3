// SPDX-License-Identifier: Apache-2.0
// luoshu perplexity: how well a device predicts texts, and how far its distribution is from the reference's.
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <memory>

#include "cli/files.h"
#include "cli/session.h"
#include "cli/verbs.h"

namespace luoshu::cli {
namespace {

struct Options {
  ModelOptions model;
  std::string file;
  std::string against;
  std::string json;
  std::uint32_t limit = 0;  // tokens, 0 = all
};

// Texts are separated by an empty line.
std::vector<std::string> split_texts(const std::string& all) {
  std::vector<std::string> texts;
  std::size_t at = 0;
  while (at < all.size()) {
    const std::size_t gap = std::min(all.find("\n\n", at), all.size());
    std::string text = all.substr(at, gap - at);
    while (!text.empty() && text.back() == '\n') text.pop_back();
    if (!text.empty()) texts.push_back(std::move(text));
    at = gap + 2;
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

Totals measure(Session& session, Session* other, const Options& o) {
  Totals totals;
  const std::size_t vocab = session.config().vocab;
  for (const std::string& text : split_texts(read_text(o.file))) {
    std::vector<std::int32_t> ids = session.tokenizer().encode(text);
    ids.resize(std::min<std::size_t>(ids.size(), session.engine().context()));
    if (o.limit != 0)
      ids.resize(
          std::min<std::size_t>(ids.size(), o.limit - std::min<std::size_t>(o.limit, totals.tokens) + 1));
    if (ids.size() < 2) continue;
    session.engine().reset();
    std::vector<float> mine;
    session.engine().evaluate(ids, LogitsMode::kAll, &mine);
    std::vector<float> theirs;
    if (other != nullptr) {
      other->engine().reset();
      other->engine().evaluate(ids, LogitsMode::kAll, &theirs);
    }
    for (std::size_t i = 0; i < ids.size(); ++i) {
      const float* row = mine.data() + i * vocab;
      if (other != nullptr) compare(row, theirs.data() + i * vocab, vocab, totals);
      if (i + 1 == ids.size()) continue;
      totals.loss -= log_softmax(row, vocab)[static_cast<std::size_t>(ids[i + 1])];
      ++totals.tokens;
    }
    if (interrupted() || (o.limit != 0 && totals.tokens >= o.limit)) break;
  }
  if (totals.tokens == 0)
    throw InputError("'" + o.file + "' holds no text of two tokens or more; give another -f");
  return totals;
}

double percentile99(std::vector<double> values) {
  const std::size_t at = (values.size() * 99 + 99) / 100 - 1;
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(at), values.end());
  return values[at];
}

void run(const Options& o) {
  if (o.file.empty()) throw InputError("perplexity needs a text; give -f FILE");
  Session session(o.model);
  std::unique_ptr<Session> other;
  if (!o.against.empty()) {
    ModelOptions options = o.model;
    options.device = o.against;
    if (device_kind(o.against) == DeviceKind::kReference) options.checkpoint.clear();
    other = std::make_unique<Session>(options);
  }
  const Totals t = measure(session, other.get(), o);
  nlohmann::json result = {
      {"schema", kSchema},        {"version", version()},
      {"commit", commit()},       {"label", session.label()},
      {"device", o.model.device}, {"config", session.configuration()},
      {"tokens", t.tokens},       {"ppl", std::exp(t.loss / static_cast<double>(t.tokens))}};
  if (other) {
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
  if (!o.json.empty()) return write_json(result, o.json);
  for (const auto& item : result.items())
    std::printf("%-16s %s\n", item.key().c_str(), item.value().dump().c_str());
}

}  // namespace

void add_perplexity(CLI::App& app, int&) {
  auto o = std::make_shared<Options>();
  CLI::App* verb =
      app.add_subcommand("perplexity", "perplexity of texts, and KL divergence from another device");
  add_model_options(*verb, o->model);
  verb->add_option("-f,--file", o->file,
                   "texts, separated by an empty line; each starts with BOS where the model has one");
  verb->add_option("--against", o->against,
                   "compare the distributions with this device's (reference, model, ...)");
  verb->add_option("--limit", o->limit, "stop after this many tokens, 0 = all");
  verb->add_option("--json", o->json, "write the result as JSON to this file, - = stdout");
  verb->callback([o] { run(*o); });
}

}  // namespace luoshu::cli
