#include "lib/payload/apply/storage.h"

#include <algorithm>

#include "base/format.h"
#include "sys/crypto/digest.h"

namespace argosy::payload {
namespace {

constexpr size_t kPiece = 1 << 20;

class FileStorage final : public Storage {
 public:
  FileStorage(File& file, uint64_t capacity, bool is_device)
      : file_(file), capacity_(capacity), is_device_(is_device) {}

  uint64_t capacity() const override { return capacity_; }

  Result<void> read(uint64_t offset, std::span<char> to) override {
    const size_t size = TRY(file_.read_at(offset, to.data(), to.size()));
    if (size == to.size()) return {};
    return fail(Code::kOutOfRange,
                format("{}: ends before byte {}", file_.path(), offset + to.size()));
  }

  Result<void> write(uint64_t offset, BytesView bytes) override {
    if (offset > capacity_ || bytes.size() > capacity_ - offset) {
      return fail(Code::kOutOfRange, format("{}: byte {} is beyond its {} bytes", file_.path(),
                                            offset + bytes.size(), capacity_));
    }
    return file_.write_at(offset, bytes);
  }

  Result<void> set_size(uint64_t size) override {
    if (is_device_) return {};
    return file_.truncate(size);
  }

 private:
  File& file_;
  uint64_t capacity_;
  bool is_device_;
};

}  // namespace

Result<void> Storage::zero(uint64_t offset, uint64_t size) {
  const Bytes zeros(std::min<uint64_t>(size, kPiece), '\0');
  while (size > 0) {
    const uint64_t some = std::min<uint64_t>(size, kPiece);
    TRY(write(offset, BytesView(zeros).substr(0, some)));
    offset += some;
    size -= some;
  }
  return {};
}

std::unique_ptr<Storage> file_storage(File& file, uint64_t capacity, bool is_device) {
  return std::make_unique<FileStorage>(file, capacity, is_device);
}

Result<Bytes> hash_of(Storage& storage, uint64_t size) {
  Sha256 hash;
  Bytes piece(std::min<uint64_t>(size, kPiece), '\0');
  for (uint64_t at = 0; at < size;) {
    const std::span<char> some(piece.data(), std::min<uint64_t>(size - at, piece.size()));
    TRY(storage.read(at, some));
    hash.update({some.data(), some.size()});
    at += some.size();
  }
  return hash.finish();
}

}  // namespace argosy::payload
