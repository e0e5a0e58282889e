// The files of one directory, by the kernel's calls that cannot leave it. Blocking; any
// thread, one Incoming by one thread at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "sys/file/fd.h"

namespace argosy::update_service {

struct HostedFile {
  std::string name;
  uint64_t size = 0;
  std::string sha1;    // base64
  std::string sha256;  // base64

  bool operator==(const HostedFile&) const = default;
};

struct OpenFile {
  Fd fd;
  uint64_t size = 0;
  std::string etag;  // quoted; another for another content
};

class Incoming;

class Directory : public std::enable_shared_from_this<Directory> {
 public:
  static Result<std::shared_ptr<Directory>> open(const std::string& path);
  explicit Directory(Fd fd) : fd_(std::move(fd)) {}

  // A file below; NotFound for all that is none, and for what lies outside.
  Result<OpenFile> open_file(const std::string& name) const;
  Result<std::shared_ptr<Incoming>> begin(std::string name, uint64_t limit);
  Result<void> remove(const std::string& name) const;
  Result<std::vector<std::string>> list() const;
  Result<HostedFile> describe(const std::string& name) const;

  int fd() const { return fd_.get(); }

 private:
  Fd fd_;
};

class Incoming {
 public:
  Incoming(std::shared_ptr<Directory> directory, std::string name, std::string hidden, Fd fd,
           uint64_t limit);
  ~Incoming();
  Incoming(const Incoming&) = delete;
  Incoming& operator=(const Incoming&) = delete;

  Result<void> write(BytesView bytes);
  // Synced, with its digests; not yet under its name.
  Result<HostedFile> seal();
  Result<void> publish(const HostedFile& file);

 private:
  std::shared_ptr<Directory> directory_;
  std::string name_;
  std::string hidden_;  // its name until then; empty: it has none any more
  Fd fd_;
  uint64_t limit_ = 0;
  uint64_t size_ = 0;
};

// A plain name that a file may have: no '/', no leading '.', at most 255 bytes.
bool is_file_name(std::string_view name);

}  // namespace argosy::update_service
