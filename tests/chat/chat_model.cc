// SPDX-License-Identifier: Apache-2.0
// Writes a tiny random model that talks in the way of Qwen's templates, with a context of 4,096, and one
// without a template: chat_model WITH WITHOUT
#include <cstdio>
#include <fstream>

#include "support/gguf_writer.h"

namespace {

constexpr const char* kTemplate = R"({%- for message in messages %}
{{- '<|im_start|>' + message.role + '\n' + message.content + '<|im_end|>\n' }}
{%- endfor %}
{%- if messages|length > 6 %}
{{- raise_exception('no more than six messages') }}
{%- endif %}
{%- if add_generation_prompt %}
{{- '<|im_start|>assistant\n' }}
{%- if enable_thinking is defined and not enable_thinking %}
{{- '<think>\n\n</think>\n\n' }}
{%- endif %}
{%- endif %})";

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: chat_model WITH WITHOUT\n");
    return 2;
  }
  luoshu::testing_support::RandomModel m;
  m.arch = "qwen3";
  m.qk_norm = true;
  m.d = 64;
  m.ff = 96;
  m.vocab = 300;
  m.context = 4096;
  std::ofstream without(argv[2], std::ios::binary);
  without << m.file();
  m.chat_template = kTemplate;
  std::ofstream with(argv[1], std::ios::binary);
  with << m.file();
  return with.good() && without.good() ? 0 : 1;
}
