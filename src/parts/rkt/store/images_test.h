// ACIs for tests.
#pragma once

#include <cstdlib>
#include <doctest/doctest.h>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "base/format.h"
#include "base/text.h"
#include "lib/compress/decoder.h"
#include "lib/tar/writer.h"
#include "sys/clock/clock.h"

namespace argosy::rkt {

inline tar::Entry file_entry(std::string path, uint64_t size, tar::Type type = tar::Type::kFile) {
  return {.path = std::move(path), .type = type, .mode = 0755, .size = size};
}

struct TestFile {
  std::string path;     // one that ends with a slash is a directory
  std::string content;  // of a link: its target after "-> "
};

inline Bytes tar_of(const std::vector<TestFile>& files) {
  Bytes out;
  tar::Writer writer([&](BytesView bytes) {
    out.append(bytes);
    return Result<void>();
  });
  for (const TestFile& file : files) {
    tar::Entry entry = file_entry(file.path, file.content.size());
    if (file.path.ends_with('/')) {
      entry.type = tar::Type::kDirectory;
    } else if (file.content.starts_with("-> ")) {
      entry.type = tar::Type::kSymlink;
      entry.link = file.content.substr(3);
      entry.size = 0;
    }
    REQUIRE(writer.add(entry).has_value());
    if (entry.type == tar::Type::kFile) REQUIRE(writer.write(file.content).has_value());
  }
  REQUIRE(writer.finish().has_value());
  return out;
}

inline std::string manifest_of(std::string_view name, std::string_view more = "") {
  return format(R"({{"acKind":"ImageManifest","acVersion":"0.8.11","name":"{}"{}}})", name, more);
}

inline Bytes aci(const std::string& manifest, std::vector<TestFile> files) {
  files.insert(files.begin(), {{"manifest", manifest}, {"rootfs/", ""}});
  return tar_of(files);
}

// In pieces, as a network gives it.
inline compress::Decoder::Source source_of_bytes(Bytes bytes) {
  return [bytes = std::move(bytes), at = size_t{0}]() mutable -> Result<BytesView> {
    const BytesView piece = BytesView(bytes).substr(at, 700);
    at += piece.size();
    return piece;
  };
}

class TestClock final : public Clock {
 public:
  MonotonicTime now() const override { return MonotonicTime(time_); }
  WallTime wall_now() const override { return WallTime(time_ += seconds(1)); }

 private:
  mutable Duration time_ = seconds(1'700'000'000);
};

class TestDirectory {
 public:
  TestDirectory() {
    std::string path = "/tmp/argosy-rkt-XXXXXX";
    REQUIRE(::mkdtemp(path.data()) != nullptr);
    path_ = path;
  }
  ~TestDirectory() { std::filesystem::remove_all(path_); }
  TestDirectory(const TestDirectory&) = delete;
  TestDirectory& operator=(const TestDirectory&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

inline uint64_t test_seed() {
  const char* text = std::getenv("ARGOSY_SEED");
  return text == nullptr ? 20261124 : std::strtoull(text, nullptr, 10);
}

}  // namespace argosy::rkt
