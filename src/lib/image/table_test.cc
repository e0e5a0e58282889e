// testdata/*.txt: a line of input, and below it what is made of it. ARGOSY_REWRITE=1 writes
// the answers anew.
#include <cstdlib>
#include <doctest/doctest.h>
#include <fstream>
#include <functional>
#include <sstream>

#include "base/format.h"
#include "base/text.h"
#include "lib/image/config.h"
#include "lib/image/manifest.h"
#include "lib/image/reference.h"

namespace argosy::image {
namespace {

template <typename T, typename Show>
std::string show(const Result<T>& result, Show text_of) {
  return result ? text_of(*result) : "ERROR " + result.error().text();
}

std::string answer_reference(std::string_view input) {
  return show(parse_reference(input), [](const Reference& reference) {
    CHECK(parse_reference(reference.text()) == reference);
    CHECK(parse_reference(reference.familiar()) == reference);
    return format("{} | {} | {}", reference.text(), reference.familiar(), reference.version());
  });
}

std::string answer_digest(std::string_view input) {
  return show(Digest::parse(input), [&](const Digest& digest) {
    CHECK(digest.text() == input);
    return format("{} | {}", digest.algorithm(), digest.encoded());
  });
}

// What is read, written, and read again is the same; shown is what is written.
std::string answer_document(std::string_view input) {
  return show(parse_document_of(input), [](const Document& document) {
    return std::visit(
        [](const auto& what) {
          const std::string text = json::to_text(to_json(what));
          const auto again = parse_document_of(text);
          CHECK((again && std::get<std::decay_t<decltype(what)>>(*again) == what));
          return text;
        },
        document);
  });
}

std::string answer_config(std::string_view input) {
  return show(parse_config(input), [](const Config& config) {
    const std::string text = json::to_text(to_json(config));
    CHECK(parse_config(text) == config);
    return text;
  });
}

std::string answer_archive(std::string_view input) {
  return show(parse_archived_images(input), [](const std::vector<ArchivedImage>& images) {
    const std::string text = json::to_text(to_json(images));
    CHECK(parse_archived_images(text) == images);
    return text;
  });
}

void run_table(const std::string& name,
               const std::function<std::string(std::string_view)>& answer) {
  const std::string path = "testdata/" + name + ".txt";
  std::ifstream file(path);
  REQUIRE(file.good());
  std::string out;
  size_t rows = 0;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("  ")) continue;
    out += line + "\n";
    if (line.empty() || line.starts_with("#")) continue;
    ++rows;
    const std::string_view input = line == "(empty)" ? std::string_view() : line;
    out += "  " + answer(input) + "\n";
  }
  CHECK(rows > 3);
  if (std::getenv("ARGOSY_REWRITE") != nullptr) {
    std::ofstream(path) << out;
    return;
  }
  std::stringstream whole;
  whole << std::ifstream(path).rdbuf();
  CHECK(whole.str() == out);
}

TEST_CASE("references") {
  run_table("references", answer_reference);
}
TEST_CASE("digests") {
  run_table("digests", answer_digest);
}
TEST_CASE("manifests and indexes") {
  run_table("documents", answer_document);
}
TEST_CASE("configurations") {
  run_table("configs", answer_config);
}
TEST_CASE("manifest.json of docker save") {
  run_table("archives", answer_archive);
}

}  // namespace
}  // namespace argosy::image
