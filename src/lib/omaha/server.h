// The server's side over HTTP, as go-omaha has it: which request gets which answer. The
// updater decides about apps and updates; everything else is here.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "lib/omaha/request.h"
#include "lib/omaha/response.h"

namespace argosy::omaha {

inline constexpr size_t kMaxRequestBytes = 1 << 20;

// What the decisions are made from; the request outlives the calls.
struct AppContext {
  const Request& request;
  const AppRequest& app;
};

class Updater {
 public:
  virtual ~Updater() = default;
  // A status of app_status: anything but kOk ends this app's answer there.
  virtual std::string check_app(const AppContext& context) = 0;
  // With its status: kOk and an update, kNoUpdate, or why not. URLs that start with "/" get
  // the request's host before them.
  virtual Update check_update(const AppContext& context) = 0;
  virtual void ping(const AppContext& context) = 0;
  virtual void event(const AppContext& context, const Event& event) = 0;
};

struct HttpRequest {
  std::string_view method;
  std::string_view content_type;  // may be empty
  std::string_view host;
  std::string_view body;
};

struct HttpReply {
  int status = 0;
  std::string content_type;
  std::string body;
  std::string log;  // what went wrong, for the log; empty: nothing
};

// 200 if any app is ok; else the first app's error, 500 or 400; 400 without apps, for
// another method than POST, and for what is no request.
HttpReply answer(const HttpRequest& http, Updater& updater, std::string_view server_name);

// "/v1/update" and "/v1/update/".
bool is_update_path(std::string_view path);

// InvalidArgument unless it is empty, or text/xml or application/xml in UTF-8.
Result<void> check_content_type(std::string_view content_type);

}  // namespace argosy::omaha
