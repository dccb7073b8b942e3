// SPDX-License-Identifier: Apache-2.0
#include "bench/plot.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <vector>

namespace luoshu::bench {
namespace {

constexpr double kWidth = 720, kHeight = 480, kLeft = 70, kRight = 30, kTop = 40, kBottom = 60;

struct Point {
  double intensity;  // multiplications per byte
  double rate;       // multiplications per cycle
  std::string label;
};

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      default:
        out += static_cast<unsigned char>(c) < 32 ? ' ' : c;
    }
  }
  return out;
}

std::vector<Point> points_of(const nlohmann::json& rows) {
  std::vector<Point> points;
  for (const nlohmann::json& row : rows) {
    const auto macs = row["macs"].get<double>();
    const auto bytes = row["least_bytes"].get<double>();
    const auto cycles = row["cycles"].get<double>();
    if (macs <= 0 || bytes <= 0 || cycles <= 0) continue;
    std::string label = row["test"].get<std::string>();
    if (row["batch"].get<int>() != 1) label += " x" + row["batch"].dump();
    label += fmt::format(" {:.1f} %", 100 * row["roofline_share"].get<double>());
    points.push_back({macs / bytes, macs / cycles, label});
  }
  return points;
}

// Powers of two between two exponents, laid over a length.
class Axis {
 public:
  Axis(double low, double high, double from, double to)
      : low_(std::floor(std::log2(low))), high_(std::ceil(std::log2(high))), from_(from), to_(to) {
    if (high_ <= low_) high_ = low_ + 1;
  }
  double at(double value) const { return from_ + (to_ - from_) * (std::log2(value) - low_) / (high_ - low_); }
  double low() const { return std::exp2(low_); }
  double high() const { return std::exp2(high_); }
  // Every second power where there are many.
  std::vector<double> ticks() const {
    std::vector<double> out;
    const double step = high_ - low_ > 12 ? 2 : 1;
    for (double e = low_; e <= high_; e += step) out.push_back(std::exp2(e));
    return out;
  }

 private:
  double low_, high_, from_, to_;
};

std::string text(double x, double y, const char* anchor, const std::string& words) {
  return fmt::format("  <text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\">{}</text>\n", x, y, anchor,
                     escaped(words));
}

std::string line(double x1, double y1, double x2, double y2, const char* colour, int width) {
  return fmt::format(
      "  <line x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\" stroke=\"{}\" stroke-width=\"{}\"/>\n",
      x1, y1, x2, y2, colour, width);
}

std::string axes(const Axis& x, const Axis& y) {
  std::string out;
  for (const double t : x.ticks()) {
    out += line(x.at(t), kTop, x.at(t), kHeight - kBottom, "#ddd", 1);
    out += text(x.at(t), kHeight - kBottom + 18, "middle", fmt::format("{:g}", t));
  }
  for (const double t : y.ticks()) {
    out += line(kLeft, y.at(t), kWidth - kRight, y.at(t), "#ddd", 1);
    out += text(kLeft - 6, y.at(t) + 4, "end", fmt::format("{:g}", t));
  }
  out +=
      text((kLeft + kWidth - kRight) / 2, kHeight - 18, "middle", "multiplications per byte that must move");
  out += fmt::format(
      "  <text transform=\"translate(18 {:.1f}) rotate(-90)\" text-anchor=\"middle\">multiplications per "
      "cycle</text>\n",
      (kTop + kHeight - kBottom) / 2);
  return out;
}

std::string roof(const Axis& x, const Axis& y, const Capabilities& chip) {
  const double lanes = chip.lanes;
  const double peak = lanes * chip.columns;
  const double ridge = peak / lanes;  // multiplications per byte where both limits meet
  return line(x.at(x.low()), y.at(lanes * x.low()), x.at(ridge), y.at(peak), "#000", 2) +
         line(x.at(ridge), y.at(peak), x.at(x.high()), y.at(peak), "#000", 2) +
         text(x.at(x.high()), y.at(peak) - 6, "end",
              fmt::format("{} multipliers, {} bytes per cycle", peak, lanes));
}

// Labels that would lie on one another go below one another.
class Labels {
 public:
  // The base line of a label that begins at x and would like to stand at y.
  double place(double x, double y, const std::string& words) {
    const double end = x + kLetter * static_cast<double>(words.size());
    const auto covered = [&](const Label& other) {
      return x < other.end && other.begin < end && std::abs(y - other.y) < kLine;
    };
    while (std::any_of(placed_.begin(), placed_.end(), covered)) y += kLine;
    placed_.push_back({x, end, y});
    return y;
  }

 private:
  static constexpr double kLetter = 7.5, kLine = 14;  // of the font, at most
  struct Label {
    double begin, end, y;
  };
  std::vector<Label> placed_;
};

}  // namespace

std::string roofline_svg(const nlohmann::json& rows, const Capabilities& chip) {
  const std::vector<Point> points = points_of(rows);
  const double peak = static_cast<double>(chip.lanes) * chip.columns;
  double left = chip.columns / 4.0;
  double right = chip.columns * 4.0;
  double bottom = peak / 16;
  for (const Point& p : points) {
    left = std::min(left, p.intensity / 1.5);
    right = std::max(right, p.intensity * 2);
    bottom = std::min(bottom, p.rate / 2);
  }
  const Axis x(left, right, kLeft, kWidth - kRight);
  const Axis y(std::min(bottom, chip.lanes * x.low()), peak * 1.5, kHeight - kBottom, kTop);
  std::string out = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0:g}\" height=\"{1:g}\" viewBox=\"0 0 {0:g} "
      "{1:g}\" "
      "font-family=\"sans-serif\" font-size=\"12\">\n  <rect width=\"{0:g}\" height=\"{1:g}\" "
      "fill=\"#fff\"/>\n",
      kWidth, kHeight);
  if (!rows.empty()) {
    const nlohmann::json& r = rows[0];
    const auto word = [&](const char* key) { return r[key].get<std::string>(); };
    out += text(kLeft, 22, "start",
                fmt::format("{} {} on {}, memory {}, {}, commit {}", word("model"), word("type"),
                            word("config"), word("memory"), word("label"), word("commit")));
  }
  out += axes(x, y) + roof(x, y, chip);
  Labels labels;
  for (const Point& p : points) {
    out += fmt::format("  <circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"4\" fill=\"#c00\"/>\n", x.at(p.intensity),
                       y.at(p.rate));
    const double at = x.at(p.intensity) + 7;
    out += text(at, labels.place(at, y.at(p.rate) + 14, p.label), "start", p.label);
  }
  return out + "</svg>\n";
}

}  // namespace luoshu::bench
