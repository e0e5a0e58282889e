// Where members of an etcd cluster listen, as their URLs say: http, https, unix, unixs.
#pragma once

#include "io/net/stream.h"

namespace argosy::etcd_client {

struct Url {
  Endpoint endpoint;
  bool is_secure = false;
  std::string text;  // as given
  std::string path;  // what follows the authority, without a last '/'
};

// "http://10.0.0.1:2379/base", "10.0.0.1:2379", "unix:///run/etcd.sock". Without a port:
// 80 or 443. InvalidArgument otherwise.
Result<Url> parse_url(std::string_view text);

}  // namespace argosy::etcd_client
