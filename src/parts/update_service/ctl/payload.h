// A payload's file here: measured before it is sent, checked while it comes. One thread.
#pragma once

#include <memory>
#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "sys/crypto/digest.h"
#include "sys/file/disk.h"

namespace argosy::update_service::ctl {

struct Measured {
  uint64_t size = 0;
  std::string sha1, sha256;  // base64
};
// By a mapping: a file of any size. InvalidArgument for an empty one.
Result<Measured> measure(Disk& disk, const std::string& path);

// A file that is being written. It gets its name when it was kept; dropped before, it leaves
// nothing.
class Download {
 public:
  // AlreadyExists: nothing is replaced.
  static Result<Download> begin(Disk& disk, const std::string& path);
  Download(Download&&) = default;
  Download& operator=(Download&&) = delete;
  ~Download();

  Result<void> write(BytesView bytes);
  // DataLoss unless it has this size and, where they are known, these digests.
  Result<void> keep(const Measured& expected);

 private:
  Download(Disk& disk, std::string path, std::unique_ptr<File> file)
      : disk_(disk), path_(std::move(path)), file_(std::move(file)) {}
  std::string part() const { return path_ + ".part"; }

  Disk& disk_;
  std::string path_;
  std::unique_ptr<File> file_;  // null when it was kept
  uint64_t size_ = 0;
};

}  // namespace argosy::update_service::ctl
