#include "parts/etcd/mvcc/errors.h"

namespace argosy::etcd::mvcc {
namespace {

Error invalid(const char* text) {
  return Error(Code::kInvalidArgument, text);
}

}  // namespace

Error compacted_error() {
  return {Code::kOutOfRange, "etcdserver: mvcc: required revision has been compacted"};
}
Error future_revision_error() {
  return {Code::kOutOfRange, "etcdserver: mvcc: required revision is a future revision"};
}
Error key_not_provided_error() {
  return invalid("etcdserver: key is not provided");
}
Error key_not_found_error() {
  return invalid("etcdserver: key not found");
}
Error value_provided_error() {
  return invalid("etcdserver: value is provided");
}
Error lease_provided_error() {
  return invalid("etcdserver: lease is provided");
}
Error too_many_operations_error() {
  return invalid("etcdserver: too many operations in txn request");
}
Error duplicate_key_error() {
  return invalid("etcdserver: duplicate key given in txn request");
}
Error lease_not_found_error() {
  return {Code::kNotFound, "etcdserver: requested lease not found"};
}

}  // namespace argosy::etcd::mvcc
