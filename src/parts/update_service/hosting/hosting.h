// Payloads in a directory: taken in with their digests, handed out over HTTP with ranges
// (RFC 9110, section 14), ETags and HEAD. Nothing outside the directory is ever opened,
// whatever names and links say (openat2(2), RESOLVE_BENEATH). The loop's thread; files are
// read and written on workers.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "io/http/exchange.h"
#include "parts/update_service/hosting/directory.h"
#include "parts/update_service/hosting/pace.h"

namespace argosy::update_service {

// What a file must be; what is empty is not looked at.
struct ExpectedFile {
  std::optional<uint64_t> size;
  std::string sha1;    // base64
  std::string sha256;  // base64
};

// A file that is coming in. It appears in the directory under its name when finish() has
// checked and synced it; dropped before, it leaves nothing.
class Upload {
 public:
  Upload(Loop& loop, std::shared_ptr<Incoming> incoming)
      : loop_(loop), incoming_(std::move(incoming)) {}

  // ResourceExhausted beyond the limit or when the disk is full.
  Task<void> write(Bytes bytes);
  // DataLoss when it is not as expected; AlreadyExists when there is another of this name
  // (the same content is fine).
  Task<HostedFile> finish(ExpectedFile expected = {});

 private:
  Loop& loop_;
  std::shared_ptr<Incoming> incoming_;
};

class Hosting {
 public:
  // The directory is made if it is missing; what uploads left behind is removed.
  // `max_rate`: bytes a second that are handed out to all clients together; 0: no limit.
  static Result<std::unique_ptr<Hosting>> open(Loop& loop, const std::string& path,
                                               uint64_t max_rate = 0);

  // GET and HEAD of the file `name` (below the directory, "amd64/1.2.3/update.gz").
  Task<void> serve(Exchange& exchange, std::string name);
  // The same for all below a path such as "/packages/".
  HttpHandler handler(std::string prefix);

  // InvalidArgument for a name with '/' or a leading '.'. `limit` in bytes.
  Task<Upload> begin(std::string name, uint64_t limit);
  // The whole body of a request as a file.
  Task<HostedFile> receive(Exchange& exchange, std::string name, uint64_t limit,
                           ExpectedFile expected = {});
  // NotFound.
  Task<void> remove(std::string name);
  // Names, in order; without what is in subdirectories.
  Task<std::vector<std::string>> list();
  // Digests of a file that is there already.
  Task<HostedFile> describe(std::string name);

  uint64_t bytes_served() const { return bytes_served_; }

 private:
  Hosting(Loop& loop, std::shared_ptr<Directory> directory, uint64_t max_rate)
      : loop_(loop), directory_(std::move(directory)), pace_(loop, max_rate) {}

  Loop& loop_;
  std::shared_ptr<Directory> directory_;
  Pace pace_;
  uint64_t bytes_served_ = 0;
};

}  // namespace argosy::update_service
