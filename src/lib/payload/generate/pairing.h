// Which old file a new one is most like. Names first, because they cost nothing: the same
// content, the same path, the same path but for numbers (versions), the same name; then
// what the bytes say. Pure.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"

namespace argosy::payload {

struct PairingFile {
  std::string path;
  uint64_t size = 0;
  Bytes digest;
};

// The smallest hashes among those that a file's bytes give, at places that its bytes
// choose: files that share content share some, wherever it has moved to. Fed in pieces.
class Sketch {
 public:
  static constexpr size_t kSize = 32;

  void add(BytesView bytes);
  // Sorted; fewer than kSize for a small file.
  std::vector<uint64_t> finish() &&;

 private:
  uint64_t rolling_ = 0;
  std::vector<uint64_t> heap_;
};

// For each new file the index of an old one, if any is like it. `sketch_of` is asked for
// files that their names do not pair.
using SketchOf = std::function<std::vector<uint64_t>(bool is_old, size_t index)>;
std::vector<std::optional<size_t>> pair_files(const std::vector<PairingFile>& old_files,
                                              const std::vector<PairingFile>& new_files,
                                              const SketchOf& sketch_of);

}  // namespace argosy::payload
