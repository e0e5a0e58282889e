#include "lib/unpack/layer.h"

#include <atomic>
#include <cerrno>
#include <fcntl.h>
#include <thread>
#include <unistd.h>

#include "base/format.h"
#include "lib/image/content/hasher.h"
#include "lib/unpack/ring.h"
#include "sys/file/fd.h"

namespace argosy::unpack {
namespace {

constexpr uint64_t kRatioFrom = uint64_t{256} << 20;
constexpr size_t kReadBytes = 256 << 10;

Result<image::Hasher> hasher_for(const image::Digest& expected) {
  return image::Hasher::create(expected.is_empty() ? "sha256" : expected.algorithm());
}

// Reads the packed bytes, hashes and unpacks them, and fills the ring. Its own thread.
class Unpacker {
 public:
  Unpacker(Layer& layer, const Limits& limits, image::Hasher hasher, Ring& ring)
      : layer_(layer), limits_(limits), hasher_(std::move(hasher)), ring_(ring) {}

  void run() {
    if (auto result = fill(); !result) return ring_.fail_with(std::move(result).error());
    ring_.end();
  }

  image::Hasher& hasher() { return hasher_; }
  compress::Format packing() const { return packing_; }

 private:
  Result<BytesView> read_packed() {
    const BytesView piece = TRY(layer_.source());
    if (layer_.size != 0 && hasher_.size() + piece.size() > layer_.size) {
      return fail(Code::kDataLoss,
                  format("more than the {} bytes that were announced", layer_.size));
    }
    hasher_.update(piece);
    return piece;
  }

  // The stream's beginning, long enough to tell the format.
  Result<Bytes> read_beginning() {
    Bytes out;
    while (out.size() < compress::kMagicBytes) {
      const BytesView piece = TRY(read_packed());
      if (piece.empty()) break;
      out += piece;
    }
    return out;
  }

  Result<void> fill() {
    const Bytes beginning = TRY(read_beginning());
    packing_ = compress::format_of(beginning);
    BytesView first = beginning;
    compress::Decoder decoder(packing_, [&]() -> Result<BytesView> {
      return first.empty() ? read_packed() : std::exchange(first, {});
    });
    uint64_t unpacked = 0;
    while (const auto room = ring_.room()) {
      const size_t size = TRY(decoder.read(*room));
      unpacked += size;
      if (size > 0) ring_.put(size);
      if (size < room->size()) break;
      const bool is_bomb = unpacked > kRatioFrom && unpacked / limits_.ratio > hasher_.size();
      if (is_bomb || unpacked / 2 > limits_.unpacked_bytes) {
        return fail(Code::kResourceExhausted,
                    format("{} bytes became more than {}", hasher_.size(), unpacked));
      }
    }
    return {};
  }

  Layer& layer_;
  const Limits& limits_;
  image::Hasher hasher_;
  Ring& ring_;
  compress::Format packing_ = compress::Format::kNone;
};

void hash_archive(Ring& ring, image::Hasher& hasher) {
  while (true) {
    const auto block = ring.next(Ring::kHasher);
    if (!block || block->empty()) return;
    hasher.update(*block);
  }
}

Result<Extracted> extract_from(Ring& ring, int directory_fd, const Options& options) {
  tar::Reader archive([&] { return ring.next(Ring::kExtractor); });
  auto files = extract(archive, directory_fd, options);
  if (files) {
    if (auto drained = archive.drain(); !drained) return fail(std::move(drained).error());
  } else {
    ring.cancel();
  }
  return files;
}

Result<void> compare(const image::Digest& expected, const image::Digest& actual,
                     std::string_view what) {
  if (expected.is_empty() || expected == actual) return {};
  return fail(Code::kDataLoss,
              format("{}: its digest is {}, not {}", what, actual.text(), expected.text()));
}

}  // namespace

Result<Unpacked> unpack_layer(Layer layer, int directory_fd, const Options& options) {
  image::Hasher archive_hasher = TRY(hasher_for(layer.diff_id));
  Ring ring;
  Unpacker unpacker(layer, options.limits, TRY(hasher_for(layer.digest)), ring);
  std::thread reading([&] { unpacker.run(); });
  std::thread hashing([&] { hash_archive(ring, archive_hasher); });
  auto files = extract_from(ring, directory_fd, options);
  reading.join();
  hashing.join();
  Unpacked out{.size = unpacker.hasher().size(), .format = unpacker.packing()};
  out.files = TRY(std::move(files));
  out.archive_size = archive_hasher.size();
  if (layer.size != 0 && out.size != layer.size) {
    return fail(Code::kDataLoss, format("{} bytes instead of {}", out.size, layer.size));
  }
  out.digest = unpacker.hasher().finish();
  out.diff_id = archive_hasher.finish();
  TRY(compare(layer.digest, out.digest, "the layer"));
  TRY(compare(layer.diff_id, out.diff_id, "the unpacked layer"));
  return out;
}

Result<std::vector<Unpacked>> unpack_layers(std::vector<Job> jobs, const Options& options,
                                            unsigned parallel) {
  std::vector<std::optional<Result<Unpacked>>> results(jobs.size());
  std::atomic<size_t> next = 0;
  std::atomic<bool> has_failed = false;
  const auto work = [&] {
    for (size_t i = next++; i < jobs.size() && !has_failed; i = next++) {
      const Fd directory(::open(jobs[i].directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
      if (directory.is_open()) {
        results[i] = unpack_layer(std::move(jobs[i].layer), directory.get(), options);
      } else {
        results[i] = fail(system_error(format("open {}", jobs[i].directory), errno));
      }
      if (!results[i]->has_value()) has_failed = true;
    }
  };
  std::vector<std::thread> threads;
  for (unsigned i = 1; i < parallel && i < jobs.size(); ++i) threads.emplace_back(work);
  work();
  for (std::thread& thread : threads) thread.join();
  std::vector<Unpacked> out;
  for (size_t i = 0; i < results.size(); ++i) {
    // One that was not begun comes after the failure of another.
    if (!results[i]) continue;
    out.push_back(TRY_CONTEXT(std::move(*results[i]), format("layer {}", i + 1)));
  }
  return out;
}

Result<compress::Decoder::Source> file_source(const std::string& path) {
  // Shared, since a std::function is copied.
  const auto fd = std::make_shared<Fd>(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd->is_open()) return fail(system_error(format("open {}", path), errno));
  const auto buffer = std::make_shared<Bytes>(kReadBytes, '\0');
  return compress::Decoder::Source([fd, buffer, path]() -> Result<BytesView> {
    while (true) {
      const ssize_t count = ::read(fd->get(), buffer->data(), buffer->size());
      if (count >= 0) return BytesView(buffer->data(), static_cast<size_t>(count));
      if (errno != EINTR) return fail(system_error(format("read {}", path), errno));
    }
  });
}

}  // namespace argosy::unpack
