// V2Keys: the keys API of etcd 2 (and of 3.4 with --enable-v2) over HTTP/1.1: one key's
// value, written under conditions. For clusters that have nothing newer.
//
// An error of etcd comes with the text that the original's client prints,
// "100: Key not found (/a) [5]", and its number is in v2_error_code(). Endpoints are tried
// in turn until one answers; a write is sent again only when none has seen it. One loop's
// thread.
#pragma once

#include "lib/etcd_client/client.h"
#include "lib/etcd_client/endpoint.h"

namespace argosy::etcd_client {

inline constexpr int kV2KeyNotFound = 100;
inline constexpr int kV2CompareFailed = 101;
inline constexpr int kV2KeyExists = 105;

// The number that an error of the v2 API begins with; nothing for other errors.
std::optional<int> v2_error_code(const Error& error);

struct V2Node {
  std::string key;
  std::string value;
  bool is_directory = false;
  uint64_t modified = 0;
  uint64_t created = 0;
};

class V2Keys {
 public:
  static Result<std::unique_ptr<V2Keys>> make(Loop& loop, Network& network, ClientOptions options);
  ~V2Keys();

  // Keys are paths without the leading '/'.
  Task<V2Node> get(std::string key);
  // prevExist=false: fails with kV2KeyExists.
  Task<V2Node> create(std::string key, std::string value);
  // prevIndex: fails with kV2CompareFailed when another change came between.
  Task<V2Node> compare_and_swap(std::string key, std::string value, uint64_t modified);
  Task<V2Node> set(std::string key, std::string value);
  Task<void> remove(std::string key);

  // What GET /version says of the server, such as "2.3.7"; a server so old that it says
  // plain text gives that ("etcd 0.4.9").
  Task<std::string> server_version();

  struct Impl;

 private:
  explicit V2Keys(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace argosy::etcd_client
