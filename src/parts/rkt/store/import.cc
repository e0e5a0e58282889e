// An archive on its way into the store: unpacked, hashed, written and judged in one pass.
#include <span>

#include "base/check.h"
#include "base/format.h"
#include "parts/rkt/store/archive.h"
#include "parts/rkt/store/image_store.h"
#include "parts/rkt/store/key.h"
#include "sys/crypto/sha512.h"

namespace argosy::rkt {
namespace {

constexpr size_t kPiece = size_t{1} << 18;
constexpr uint64_t kMostBytes = uint64_t{1} << 40;

// The first bytes say the format; all of them are given on.
Result<compress::Decoder> decoder_of(compress::Decoder::Source packed) {
  Bytes beginning;
  while (beginning.size() < compress::kMagicBytes) {
    const BytesView more = TRY(packed());
    if (more.empty()) break;
    beginning.append(more);
  }
  const compress::Format format = compress::format_of(beginning);
  if (format == compress::Format::kZstd) {
    return fail(Code::kInvalidArgument, "an ACI is packed by gzip, bzip2 or xz, not by zstd");
  }
  auto given = std::make_shared<bool>(false);
  return compress::Decoder(
      format,
      [packed = std::move(packed), beginning = std::move(beginning), given]() -> Result<BytesView> {
        if (std::exchange(*given, true) || beginning.empty()) return packed();
        return BytesView(beginning);
      });
}

}  // namespace

class ImageStore::Incoming {
 public:
  Incoming(Disk& disk, std::string path, std::unique_ptr<File> file)
      : disk_(disk), path_(std::move(path)), file_(std::move(file)) {}
  ~Incoming() {
    if (file_ == nullptr) return;
    file_.reset();
    // What can't be removed now is clean()'s.
    (void)disk_.remove(path_);
  }
  Incoming(const Incoming&) = delete;
  Incoming& operator=(const Incoming&) = delete;

  Result<void> write(BytesView bytes) {
    if (bytes.size() > kMostBytes - size_) {
      return fail(Code::kResourceExhausted, "the image is larger than is allowed");
    }
    hash_.update(bytes);
    TRY(file_->write_at(size_, bytes));
    size_ += bytes.size();
    return {};
  }
  // Durable, but without its name.
  Result<std::string> finish() {
    TRY(file_->sync());
    return key_of(hash_.finish());
  }
  void keep() { file_.reset(); }

  const std::string& path() const { return path_; }
  uint64_t size() const { return size_; }

 private:
  Disk& disk_;
  std::string path_;
  std::unique_ptr<File> file_;
  Sha512 hash_;
  uint64_t size_ = 0;
};

Result<appc::ImageManifest> manifest_of(compress::Decoder::Source packed) {
  compress::Decoder decoder = TRY(decoder_of(std::move(packed)));
  Bytes buffer(kPiece, '\0');
  tar::Reader archive([&]() -> Result<BytesView> {
    const size_t count = TRY(decoder.read(std::span(buffer)));
    return BytesView(buffer).substr(0, count);
  });
  const Bytes text = TRY(find_manifest(archive));
  return appc::parse_image_manifest(text);
}

Result<std::string> ImageStore::import(compress::Decoder::Source packed, bool is_latest) const {
  const std::string path =
      join_path(directory_, format("tmp/import-{:016x}", world_.random.next()));
  auto file = TRY(world_.disk.open(path, {.create = true, .exclusive = true, .mode = 0660}));
  // So that clean() knows that somebody is at work.
  const bool is_ours = TRY(file->try_lock());
  check(is_ours, "a new file is nobody else's");
  Incoming incoming(world_.disk, path, std::move(file));
  compress::Decoder decoder = TRY(decoder_of(std::move(packed)));
  Bytes buffer(kPiece, '\0');
  tar::Reader archive([&]() -> Result<BytesView> {
    const size_t count = TRY(decoder.read(std::span(buffer)));
    const BytesView bytes = BytesView(buffer).substr(0, count);
    TRY(incoming.write(bytes));
    return bytes;
  });
  const appc::ImageManifest manifest = TRY(read_archive(archive));
  const std::string* version = appc::find(manifest.labels, "version");
  const WallTime now = world_.clock.wall_now();
  const ImageInfo info{.key = TRY(incoming.finish()),
                       .name = manifest.name,
                       .version = version == nullptr ? std::string() : *version,
                       .imported = now,
                       .last_used = now,
                       .is_latest = is_latest,
                       .size = incoming.size()};
  TRY(settle(incoming.path(), info, manifest));
  incoming.keep();
  if (is_latest) TRY(forget_latest(info));
  return info.key;
}

}  // namespace argosy::rkt
