#include "lib/image/blobs/blobs.h"

#include <algorithm>

#include "base/format.h"
#include "lib/image/fields.h"

namespace argosy::image {
namespace {

constexpr std::string_view kTemporary = ".blob-";

std::unexpected<Error> other_size(const Digest& digest, uint64_t actual, uint64_t expected) {
  return fail(Code::kDataLoss,
              format("{}: {} bytes instead of {}", digest.text(), actual, expected));
}

}  // namespace

std::string Blobs::path_of(const Digest& digest) const {
  return join_path(join_path(directory_, digest.algorithm()), digest.encoded());
}

bool Blobs::has(const Digest& digest) const {
  return exists(*disk_, path_of(digest));
}

Result<Bytes> Blobs::read(const Descriptor& descriptor) const {
  Bytes content = TRY(read_file(*disk_, path_of(descriptor.digest), kMaxDocumentBytes));
  TRY(verify(descriptor, content));
  return content;
}

Result<Blobs::Writer> Blobs::begin(const Digest& expected, uint64_t size) const {
  Writer writer(*this, expected, size, TRY(Hasher::create(expected.algorithm())));
  const std::string path = join_path(temporary_, format("{}{:016x}", kTemporary, random_->next()));
  writer.file_ = TRY(disk_->open(path, {.create = true, .exclusive = true, .mode = 0644}));
  writer.path_ = path;
  return writer;
}

Blobs::Writer::~Writer() {
  if (file_ == nullptr) return;
  file_.reset();
  // What can't be removed now is clean()'s.
  (void)blobs_->disk_->remove(path_);
}

Result<void> Blobs::Writer::write(BytesView bytes) {
  const uint64_t at = hasher_.size();
  if (bytes.size() > size_ - at) {
    return fail(Code::kDataLoss,
                format("{}: more than the {} bytes that were announced", expected_.text(), size_));
  }
  hasher_.update(bytes);
  return file_->write_at(at, bytes);
}

Result<void> Blobs::Writer::commit() {
  if (hasher_.size() != size_) return other_size(expected_, hasher_.size(), size_);
  TRY(hasher_.expect(expected_, "a blob"));
  TRY(file_->sync());
  TRY(blobs_->settle(path_, expected_));
  file_.reset();
  return {};
}

// The algorithm's directory is as durable as what is put into it.
Result<void> Blobs::settle(const std::string& from, const Digest& digest) const {
  const std::string to = path_of(digest);
  const std::string parent = parent_path(to);
  if (!exists(*disk_, parent)) TRY(disk_->make_directories(parent, 0755));
  TRY(disk_->sync_directory(directory_));
  TRY(disk_->rename(from, to));
  return disk_->sync_directory(parent);
}

Result<void> Blobs::put(const Descriptor& descriptor, BytesView content) const {
  Writer writer = TRY(begin(descriptor.digest, descriptor.size));
  TRY(writer.write(content));
  return writer.commit();
}

Result<std::vector<Digest>> Blobs::list() const {
  std::vector<Digest> out;
  for (const std::string& algorithm : TRY(disk_->list(directory_))) {
    const std::string path = join_path(directory_, algorithm);
    if (!TRY(disk_->stat(path)).is_directory()) continue;
    for (const std::string& encoded : TRY(disk_->list(path))) {
      if (auto digest = Digest::parse(algorithm + ":" + encoded)) out.push_back(*digest);
    }
  }
  std::ranges::sort(out);
  return out;
}

Result<void> Blobs::remove(const Digest& digest) const {
  const std::string path = path_of(digest);
  if (!exists(*disk_, path)) return {};
  TRY(disk_->remove(path));
  return disk_->sync_directory(parent_path(path));
}

Result<size_t> Blobs::clean() const {
  size_t count = 0;
  for (const std::string& name : TRY(disk_->list(temporary_))) {
    if (!name.starts_with(kTemporary)) continue;
    TRY(disk_->remove(join_path(temporary_, name)));
    ++count;
  }
  return count;
}

}  // namespace argosy::image
