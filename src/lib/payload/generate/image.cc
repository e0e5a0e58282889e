#include "lib/payload/generate/image.h"

#include <algorithm>

#include "sys/crypto/digest.h"

namespace argosy::payload {
namespace {

constexpr size_t kPiece = 1 << 20;

Image::Digest digest_of(BytesView block) {
  const Bytes hash = sha256(block);
  return {load_le64(hash.data()), load_le64(hash.data() + 8)};
}

}  // namespace

Result<std::unique_ptr<Image>> Image::open(Disk& disk, const std::string& path, bool maps_files) {
  auto image = std::unique_ptr<Image>(new Image);
  image->path_ = path;
  image->file_ = TRY(disk.open(path, {.write = false}));
  image->size_ = TRY(image->file_->size());
  TRY(image->scan());
  if (maps_files) {
    FileMap map = TRY(map_files(disk, path));
    image->kind_ = map.kind;
    image->files_ = std::move(map.files);
  }
  image->add_metadata();
  return image;
}

Result<void> Image::scan() {
  const Bytes zeros(kBlockSize, '\0');
  zero_ = digest_of(zeros);
  Sha256 whole;
  Bytes piece(kPiece, '\0');
  for (uint64_t at = 0; at < size_; at += kPiece) {
    const size_t some = std::min<uint64_t>(kPiece, size_ - at);
    TRY(read(at, {piece.data(), kPiece}));
    whole.update(BytesView(piece).substr(0, some));
    for (size_t begin = 0; begin < some; begin += kBlockSize) {
      const BytesView block(piece.data() + begin, kBlockSize);
      digests_.push_back(block == zeros ? zero_ : digest_of(block));
    }
  }
  sha256_ = whole.finish();
  return {};
}

// What is in no file, but for blocks of zeros, as one more.
void Image::add_metadata() {
  std::vector<ByteRange> covered;
  for (const MappedFile& file : files_) {
    covered.insert(covered.end(), file.ranges.begin(), file.ranges.end());
  }
  std::ranges::sort(covered, {}, &ByteRange::offset);
  covered.push_back({blocks() * kBlockSize, 0});
  MappedFile rest{.path = "", .ranges = {}};
  uint64_t at = 0;
  for (const ByteRange range : covered) {
    while (at < range.offset) {
      const uint64_t end = std::min((at / kBlockSize + 1) * kBlockSize, range.offset);
      if (!is_zero(at / kBlockSize)) append_range(rest.ranges, {at, end - at});
      at = end;
    }
    at = std::max(at, range.end());
  }
  files_.push_back(std::move(rest));
}

Result<void> Image::read(uint64_t offset, std::span<char> to) const {
  const size_t size = TRY(file_->read_at(offset, to.data(), to.size()));
  std::ranges::fill(to.subspan(size), '\0');
  return {};
}

Result<Bytes> Image::read(const std::vector<Extent>& extents) const {
  uint64_t size = 0;
  for (const Extent& extent : extents) size += extent.num_blocks * kBlockSize;
  Bytes bytes(size, '\0');
  std::span<char> to(bytes);
  for (const Extent& extent : extents) {
    const uint64_t some = extent.num_blocks * kBlockSize;
    TRY(read(extent.start_block * kBlockSize, to.first(some)));
    to = to.subspan(some);
  }
  return bytes;
}

}  // namespace argosy::payload
