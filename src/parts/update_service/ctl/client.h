// The service's API from outside: one request at a time, waiting for its answer. One thread.
#pragma once

#include "base/result.h"
#include "lib/json/json.h"

namespace argosy::update_service::ctl {

struct ServerAddress {
  bool is_secure = false;
  std::string host;
  uint16_t port = 0;
};
// "http://localhost:8000", a trailing "/" or none.
Result<ServerAddress> parse_server(std::string_view url);

class Client {
 public:
  Client(ServerAddress server, std::string token, bool skips_tls_check)
      : server_(std::move(server)), token_(std::move(token)), skips_tls_check_(skips_tls_check) {}

  // Null for an answer without a body. The error of a refusal has the service's own words;
  // NotFound for 404.
  Result<json::Value> call(std::string method, std::string target, std::string body = "") const;

 private:
  ServerAddress server_;
  std::string token_;
  bool skips_tls_check_;
};

}  // namespace argosy::update_service::ctl
