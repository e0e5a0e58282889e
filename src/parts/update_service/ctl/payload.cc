#include "parts/update_service/ctl/payload.h"

#include "base/format.h"
#include "base/text.h"

namespace argosy::update_service::ctl {

Result<Measured> measure(Disk& disk, const std::string& path) {
  const auto file = TRY(disk.open(path, {.write = false}));
  const uint64_t size = TRY(file->size());
  if (size == 0) return fail(Code::kInvalidArgument, format("{} is empty", path));
  const auto mapping = TRY(file->map(size));
  const BytesView bytes(mapping->data(), size);
  return Measured{.size = size, .sha1 = to_base64(sha1(bytes)), .sha256 = to_base64(sha256(bytes))};
}

Result<Download> Download::begin(Disk& disk, const std::string& path) {
  if (exists(disk, path)) return fail(Code::kAlreadyExists, format("{} is there already", path));
  const std::string part = path + ".part";
  auto file = TRY(disk.open(part, {.create = true, .exclusive = true, .mode = 0644}));
  return Download(disk, path, std::move(file));
}

Download::~Download() {
  if (file_ != nullptr) (void)disk_.remove(part());
}

Result<void> Download::write(BytesView bytes) {
  TRY(file_->write_at(size_, bytes));
  size_ += bytes.size();
  return {};
}

Result<void> Download::keep(const Measured& expected) {
  if (size_ != expected.size) {
    return fail(Code::kDataLoss, format("{} bytes came, the package has {}", size_, expected.size));
  }
  TRY(file_->sync());
  const Measured is = TRY(measure(disk_, part()));
  if ((!expected.sha1.empty() && is.sha1 != expected.sha1) ||
      (!expected.sha256.empty() && is.sha256 != expected.sha256)) {
    return fail(Code::kDataLoss, "what came has not the package's digest");
  }
  TRY(disk_.rename(part(), path_));
  file_.reset();
  return {};
}

}  // namespace argosy::update_service::ctl
