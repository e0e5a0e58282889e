// A network of its own for each member, made of anonymous network namespaces: they go
// with the process that holds them, however it ends. Needs root.
//
// Ours becomes a new one with a bridge; each member's has one end of a veth pair on it.
// Cutting is done by blackhole routes in the sender's namespace, for each direction.
#pragma once

#include <vector>

#include "base/result.h"
#include "sys/file/fd.h"

namespace argosy::faults {

// The calling thread is in that namespace until this dies; -1: nothing happens.
class InNamespace {
 public:
  explicit InNamespace(int network);
  InNamespace(const InNamespace&) = delete;
  InNamespace& operator=(const InNamespace&) = delete;
  ~InNamespace();

 private:
  Fd ours_;
};

class Namespaces {
 public:
  // Before the first thread is started. The error says what this host lacks.
  static Result<Namespaces> make(size_t members);

  int descriptor(size_t member) const { return members_[member].get(); }
  static std::string address(size_t member);

  // What `from` sends to `to` is lost, or not.
  Result<void> cut(size_t from, size_t to);
  Result<void> set_link(size_t member, bool is_up);
  // All cuts and links.
  Result<void> heal();

 private:
  std::vector<Fd> members_;
  std::vector<std::pair<size_t, size_t>> cuts_;
};

}  // namespace argosy::faults
