// One attempt of a transfer: a libcurl handle, from the request to the body's end. Private to
// this folder.
#pragma once

#include "lib/fetch/shared.h"

namespace argosy::fetch {

// What went wrong, and whether it did in the middle of a body.
struct Trouble {
  Failure failure = Failure::kNone;
  std::string text;
  int status = 0;
};

// What is kept over the attempts.
struct Progress {
  uint64_t received = 0;     // bytes after request.from that were handed on
  std::optional<Head> head;  // of the first attempt that had one
  std::optional<MonotonicTime> deadline;
};

class Curl;

// Keeps libcurl's handles, and so its connections, between attempts. The curl thread's.
class Session {
 public:
  explicit Session(Transfer::Shared& shared);
  ~Session();

  // From `progress` on until the body's end or a failure; nothing: success, or cancelled.
  std::optional<Trouble> attempt(Progress& progress);
  // Any thread; attempt() or pause_for() look up.
  void wake();
  // False when it was cancelled meanwhile.
  bool pause_for(Duration delay);

 private:
  Transfer::Shared& shared_;
  std::unique_ptr<Curl> curl_;
};

Error error_of(const Trouble& trouble, const Request& request);

}  // namespace argosy::fetch
