// Transfers by URL: HTTP, HTTPS and, where it is allowed, files, through libcurl
// (curl.se/libcurl/c). A Transfer hands out its body in pieces; what has arrived and was not
// read yet is bounded, and a sender who is faster has to wait.
//
// libcurl works on a thread that each transfer has for itself; all that is seen here belongs
// to the loop's thread. A Transfer dies before its loop, and dying is how it is cancelled.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "base/time.h"
#include "io/task/task.h"

namespace argosy {
class Loop;
}

namespace argosy::fetch {

// Why a transfer failed, where gRPC's codes are too coarse.
enum class Failure : uint8_t {
  kNone,
  kRequest,    // a URL or an option that can't be used, a scheme that is not allowed
  kConnect,    // no such host, nobody listens, the connect timeout; a missing file
  kTls,        // handshake or certificate
  kTimeout,    // the deadline of the whole transfer
  kStalled,    // slower than allowed for too long
  kStatus,     // an answer, but not 200 (or 206 to a range)
  kTooLarge,   // more than max_bytes
  kTruncated,  // the connection ended before the body did
  kRedirects,  // too many, or to another scheme than is allowed
  kProtocol,   // not HTTP
};
std::string_view name_of(Failure failure);

struct Field {
  std::string name;
  std::string value;

  bool operator==(const Field&) const = default;
};

struct Limits {
  Duration connect = seconds(30);
  // Less than so many bytes a second over so long a time: stalled.
  uint64_t slow_bytes_per_second = 10;
  Duration slow_time = seconds(90);
  std::optional<Duration> total;      // with all retries; none: no limit
  std::optional<uint64_t> max_bytes;  // of the body
  int redirects = 10;
  // After a failure in mid-body a GET goes on where it stopped: so often in all, so far apart.
  // 0: never. Answers other than 200 and 206 are not retried.
  int retries = 0;
  Duration retry_delay = seconds(20);
  size_t buffered_bytes = size_t{4} << 20;  // read ahead of the reader
};

// Whom to trust, and who we are. All empty: the system's authorities, no certificate.
struct Tls {
  std::string ca_directory;
  std::string ca_file;
  std::string certificate_file;  // PEM
  std::string key_file;
};

struct Request {
  std::string url;
  std::string method = "GET";
  std::vector<Field> fields;
  std::optional<Bytes> body;
  // Basic authentication, not sent to other hosts than the URL's.
  std::string user, password;
  bool user_on_https_only = true;
  uint64_t from = 0;  // the first byte that is wanted
  bool allows_file = false;
  bool accepts_any_status = false;  // the body of an error is of interest too
  Limits limits;
  Tls tls;
  // Proxies: http_proxy, https_proxy, no_proxy of the environment, as curl(1) reads them.
};

struct Head {
  int status = 0;  // 0: a file
  std::vector<Field> fields;
  // Of the whole body from byte 0, when that is known.
  std::optional<uint64_t> size;
  std::string url;  // after redirects

  // The first of that name, whatever its case; empty if there is none.
  std::string_view value_of(std::string_view name) const;
};

class Transfer {
 public:
  // Begins at once.
  Transfer(Loop& loop, Request request);
  ~Transfer();
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  // The last answer's head, after redirects. To be awaited before read(), if at all.
  Task<Head> head();
  // The next bytes, never empty; nothing at the body's end. One waits at a time. A server
  // that ignores the range is read from its beginning, and what is before `from` dropped.
  Task<std::optional<Bytes>> read();
  // After an error.
  Failure failure() const;
  // Interruptions that were overcome.
  int retries() const;

  struct Shared;

 private:
  std::shared_ptr<Shared> shared_;
};

struct Response {
  Head head;
  Bytes body;
};
// All of it in memory, for small answers; max_bytes is 16 MiB unless the request says.
// `failure` (may be null) gets the reason of an error.
Task<Response> fetch(Loop& loop, Request request, Failure* failure = nullptr);

// The URL of an absolute path.
std::string file_url(std::string_view path);

}  // namespace argosy::fetch
