#include "lib/payload/generate/pairing.h"

#include <algorithm>
#include <doctest/doctest.h>

#include "sys/random/random.h"

namespace argosy::payload {
namespace {

Bytes random_bytes(uint64_t seed, size_t size) {
  SeededRandom random(seed);
  Bytes bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random.next());
  return bytes;
}

struct Content {
  std::string path;
  Bytes bytes;
};

std::vector<std::optional<size_t>> pair(const std::vector<Content>& old_files,
                                        const std::vector<Content>& new_files) {
  const auto list = [](const std::vector<Content>& contents) {
    std::vector<PairingFile> files;
    for (const Content& content : contents) {
      files.push_back(
          {.path = content.path, .size = content.bytes.size(), .digest = content.bytes});
    }
    return files;
  };
  return pair_files(list(old_files), list(new_files), [&](bool is_old, size_t index) {
    Sketch sketch;
    sketch.add((is_old ? old_files : new_files)[index].bytes);
    return std::move(sketch).finish();
  });
}

TEST_CASE("files are paired by content, path, version, name and likeness, in this order") {
  const Bytes moved = random_bytes(1, 20'000);
  Bytes changed = moved;
  changed.insert(3000, "something new that shifts the rest");
  changed[15'000] ^= 1;
  const auto pairs = pair(
      {
          {"usr/bin/a", "one"},
          {"usr/lib/modules/6.1.0-55-cloud/kernel/x.ko", "module"},
          {"usr/lib/modules/6.1.0-55-cloud/kernel/y.ko", "another module"},
          {"usr/lib/libfoo.so.1.2.3", "library"},
          {"usr/share/moved/from/here", moved},
          {"usr/libexec/tool", "a tool of some size"},
      },
      {
          {"usr/bin/a", "changed"},
          {"usr/bin/copy", "one"},
          {"usr/lib/modules/6.1.0-56-cloud/kernel/y.ko", "another module, changed"},
          {"usr/lib/libfoo.so.1.10", "library!"},
          {"opt/elsewhere", changed},
          {"usr/bin/tool", "a tool of same size"},
          {"usr/share/new", random_bytes(2, 20'000)},
      });
  using Pairs = std::vector<std::optional<size_t>>;
  CHECK(pairs == Pairs{0, 0, 2, 3, 4, 5, std::nullopt});
}

TEST_CASE("a sketch does not depend on the pieces, and little on what is put before") {
  const Bytes bytes = random_bytes(3, 50'000);
  Sketch whole;
  whole.add(bytes);
  const auto expected = std::move(whole).finish();
  CHECK(expected.size() == Sketch::kSize);
  Sketch pieces;
  for (size_t at = 0; at < bytes.size(); at += 777) pieces.add(BytesView(bytes).substr(at, 777));
  CHECK(std::move(pieces).finish() == expected);
  Sketch shifted;
  shifted.add("a few bytes");
  shifted.add(bytes);
  const auto other = std::move(shifted).finish();
  std::vector<uint64_t> shared;
  std::ranges::set_intersection(expected, other, std::back_inserter(shared));
  CHECK(shared.size() >= Sketch::kSize - 1);
}

}  // namespace
}  // namespace argosy::payload
