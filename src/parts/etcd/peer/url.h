// A member's URL: http, https, unix or unixs, and where it leads.
#pragma once

#include "base/result.h"
#include "io/net/stream.h"

namespace argosy::etcd::peer {

struct Url {
  std::string text;
  Endpoint endpoint;
  bool is_secure = false;
};

// InvalidArgument in the original's words: scheme, host and port must be there and
// nothing else.
Result<Url> parse_url(std::string_view text);

}  // namespace argosy::etcd::peer
