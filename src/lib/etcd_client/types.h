// What an etcd client asks and gets, free of the wire's classes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/id.h"
#include "base/time.h"

namespace argosy::etcd_client {

using Revision = Distinct<struct RevisionTag, int64_t>;
// 0 is no lease.
using LeaseId = Distinct<struct LeaseIdTag, int64_t>;

struct KeyValue {
  std::string key;
  std::string value;
  Revision created;
  Revision modified;
  int64_t version = 0;  // changes since it was created, counting that
  LeaseId lease;
};

struct GetQuery {
  std::string key;
  // Empty: the key alone; otherwise all from key up to it; "\0": no end.
  std::string end;
  int64_t limit = 0;     // 0: none
  Revision revision{0};  // 0: now
  bool serializable = false;
  bool keys_only = false;
};

struct GetResult {
  std::vector<KeyValue> kvs;
  bool more = false;
  int64_t count = 0;
  Revision revision;  // the store's
};

struct Compare {
  enum class Target : uint8_t { kVersion, kCreated, kModified, kValue };
  enum class Is : uint8_t { kEqual, kGreater, kLess, kNotEqual };
  std::string key;
  Target target = Target::kVersion;
  Is is = Is::kEqual;
  int64_t number = 0;  // for all targets but the value
  std::string value;

  // A key that does not exist has version 0.
  static Compare version(std::string key, int64_t number) {
    return {.key = std::move(key), .number = number, .value = {}};
  }
  static Compare modified(std::string key, Revision revision) {
    return {.key = std::move(key),
            .target = Target::kModified,
            .number = revision.value(),
            .value = {}};
  }
};

struct Operation {
  enum class Kind : uint8_t { kGet, kPut, kRemove };
  Kind kind = Kind::kGet;
  std::string key;
  std::string value;
  LeaseId lease;
  std::string end;

  static Operation get(std::string key) { return {Kind::kGet, std::move(key), {}, {}, {}}; }
  static Operation put(std::string key, std::string value) {
    return {Kind::kPut, std::move(key), std::move(value), {}, {}};
  }
  static Operation remove(std::string key) { return {Kind::kRemove, std::move(key), {}, {}, {}}; }
};

struct Txn {
  std::vector<Compare> compares;  // all of them hold: `success`
  std::vector<Operation> success;
  std::vector<Operation> failure;
};

struct TxnResult {
  bool succeeded = false;
  Revision revision;
  // For each operation what a get found; nothing for others.
  std::vector<std::vector<KeyValue>> found;
};

struct Lease {
  LeaseId id;
  Duration time_to_live{};
};

struct WatchQuery {
  std::string key;
  std::string end;   // as in GetQuery
  Revision from{0};  // 0: what happens from now on
  bool with_previous = false;
};

struct Event {
  bool is_delete = false;
  KeyValue kv;  // of a deletion only key and modified
  std::optional<KeyValue> previous;
};

}  // namespace argosy::etcd_client
