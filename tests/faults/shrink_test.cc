// SPDX-License-Identifier: Apache-2.0
// Files that become shorter while they are in use: one line and exit code 1, never a signal, never a text.
#include <cstdio>

#include "chip/model_chip.h"
#include "faults/run.h"
#include "faults/tiny_model.h"
#include "gguf/file_guard.h"
#include "luoshu/configuration.h"
#include "luoshu/error.h"
#include "program/image.h"
#include "reference/reference.h"
#include "support/models.h"

namespace {

using namespace luoshu;
using testing_support::Outcome;
using testing_support::RunFolder;
using testing_support::TinyModel;

// Reads a page that is no longer there.
[[noreturn]] void read_behind_the_end(const std::string& path) {
  guard_mapped_files();
  const gguf::File file(path);
  if (truncate(path.c_str(), 4096) != 0) _exit(3);
  const gguf::Tensor& last = file.tensors().back();
  volatile std::uint8_t byte = last.data[last.bytes - 1];
  _exit(4 + (byte & 1));
}

TEST(Shrink, GuardNamesTheFile) {
  const RunFolder folder;
  const std::string path = folder.write("a model.gguf", TinyModel().file());
  EXPECT_EXIT(read_behind_the_end(path), testing::ExitedWithCode(1),
              "^luoshu: error: '.*/a model.gguf' cannot be read any more, .*; leave it .*\n$");
}

// A bus error elsewhere ends the process as it always did.
TEST(Shrink, OtherBusErrorsStay) {
  EXPECT_EXIT((guard_mapped_files(), raise(SIGBUS), raise(SIGBUS)), testing::KilledBySignal(SIGBUS), "^$");
}

// What is cut off within a page reads as zeros: found by looking at the file again.
TEST(Shrink, WithinOnePage) {
  const RunFolder folder;
  const std::string data = TinyModel().file();
  const auto expect_noticed = [](const std::function<void()>& load) {
    try {
      load();
      ADD_FAILURE() << "nothing was noticed";
    } catch (const InputError& e) {
      ADD_FAILURE() << "the input was blamed: " << e.what();
    } catch (const Error& e) {
      EXPECT_NE(std::string(e.what()).find("was changed while it was read; "), std::string::npos) << e.what();
    }
  };
  for (const bool chip : {false, true}) {
    const std::string path = folder.write("model.gguf", data);
    const gguf::File file(path);
    const ModelConfig config = ModelConfig::from(file);
    file.check_unchanged();
    ASSERT_EQ(truncate(path.c_str(), static_cast<off_t>(data.size()) - 60), 0);
    if (chip) {
      ModelChip device(configuration("lab"), 1);
      Image image(file, config, device.capabilities(), 64);
      expect_noticed([&] { image.upload(device, nullptr, true); });
    } else {
      expect_noticed([&] { const Reference reference(file, config, 64); });
    }
  }
}

// Starts the program with both outputs in one pipe, cuts `victim` to `bytes` when `sign` has come, and takes
// what else comes.
Outcome cut_while_running(const RunFolder& folder, const std::string& arguments, const std::string& sign,
                          const std::string& victim, off_t bytes) {
  std::FILE* pipe = popen((std::string(LUOSHU_PROGRAM) + " " + arguments + " 2>&1").c_str(), "r");  // NOLINT
  std::string text;
  bool cut = false;
  for (int c = std::fgetc(pipe); c != EOF; c = std::fgetc(pipe)) {
    text += static_cast<char>(c);
    if (cut || text.size() < sign.size() || text.compare(text.size() - sign.size(), sign.size(), sign) != 0)
      continue;
    cut = true;
    EXPECT_EQ(truncate(victim.c_str(), bytes), 0);
  }
  EXPECT_TRUE(cut) << text;
  const int status = pclose(pipe);
  folder.write("err", text);
  return folder.finished(status);
}

void expect_one_line(const Outcome& run, const std::string& name) {
  EXPECT_EQ(run.code, 1) << run.err;
  const std::size_t at = run.err.find("luoshu: error: ");  // text may stand before it
  ASSERT_NE(at, std::string::npos) << run.err;
  EXPECT_EQ(run.err.find("luoshu: error: ", at + 1), std::string::npos) << run.err;
  EXPECT_EQ(run.err.find('\n', at), run.err.size() - 1) << run.err;
  EXPECT_NE(run.err.find(name + "' cannot be read any more", at), std::string::npos) << run.err;
}

// A run that was over before the test could cut its file says nothing: tried again.
template <class Try>
void expect_one_line(const std::string& name, Try attempt) {
  for (int i = 0; i < 10; ++i) {
    const Outcome run = attempt();
    if (run.code != 0) return expect_one_line(run, name);
  }
  FAIL() << "the program was always the quicker one";
}

TEST(Shrink, CheckpointDuringGenerate) {
  const RunFolder folder;
  const std::string checkpoint = folder.path("packed");
  const std::string arguments = "generate --device model -m " + testing_support::bundled_model() +
                                " -p 'Once upon a time' --temp 0 --ignore-eos --checkpoint " + checkpoint;
  expect_one_line("/packed", [&] {
    unlink(checkpoint.c_str());
    EXPECT_EQ(folder.run(arguments + " -n 1").code, 0) << folder.read("err");
    // Its header and a part of the weights stay; text is on the screen already.
    const auto size = std::filesystem::file_size(checkpoint);
    return cut_while_running(folder, "-q " + arguments + " -n 480", " ", checkpoint,
                             static_cast<off_t>(size / 3));
  });
}

// Weights of zeros, a file without blocks on the disk: large, so that the upload is still going on.
std::string large_model() {
  constexpr std::uint32_t kWidth = 512;
  constexpr std::uint32_t kFf = 1536;
  gguf::Writer w;
  w.string("general.architecture", "llama");
  w.u32("llama.block_count", 8);
  w.u32("llama.context_length", 64);
  w.u32("llama.embedding_length", kWidth);
  w.u32("llama.feed_forward_length", kFf);
  w.u32("llama.attention.head_count", 8);
  w.f32("llama.attention.layer_norm_rms_epsilon", 1e-5f);
  w.string("tokenizer.ggml.model", "llama");
  w.strings("tokenizer.ggml.tokens", {"<unk>", "<s>", "</s>", "\u2581a"});
  const auto tensor = [&](const std::string& name, std::uint64_t columns, std::uint64_t rows) {
    const std::vector<std::uint64_t> dims =
        rows == 1 ? std::vector<std::uint64_t>{columns} : std::vector<std::uint64_t>{columns, rows};
    w.space(name, dims, gguf::Type::kF32, columns * rows * 4);
  };
  tensor("token_embd.weight", kWidth, 4);
  tensor("output_norm.weight", kWidth, 1);
  for (int l = 0; l < 8; ++l) {
    const std::string p = "blk." + std::to_string(l) + ".";
    tensor(p + "attn_norm.weight", kWidth, 1);
    tensor(p + "ffn_norm.weight", kWidth, 1);
    for (const char* name : {"attn_q", "attn_k", "attn_v", "attn_output"})
      tensor(p + name + ".weight", kWidth, kWidth);
    tensor(p + "ffn_gate.weight", kWidth, kFf);
    tensor(p + "ffn_up.weight", kWidth, kFf);
    tensor(p + "ffn_down.weight", kFf, kWidth);
  }
  return w.header();
}

TEST(Shrink, ModelDuringUpload) {
  const RunFolder folder;
  const std::string header = large_model();
  const auto size = static_cast<off_t>(
      header.size() + (8 * (4 * 512 * 512 + 3 * 512 * 1536 + 2 * 512) + 5 * 512) * sizeof(float));
  expect_one_line("/large.gguf", [&] {
    const std::string model = folder.write("large.gguf", header);
    EXPECT_EQ(truncate(model.c_str(), size), 0);
    return cut_while_running(folder, "generate --device model -m " + model + " -p a -n 1 --temp 0",
                             "weights per token", model, static_cast<off_t>(header.size()));
  });
}

}  // namespace
