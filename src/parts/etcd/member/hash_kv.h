// HashKV of a member: the plan on the loop in slices, the hashing on a worker over a
// committed snapshot.
#pragma once

#include "io/task/task.h"

namespace argosy::etcd::member {

class Member;

struct HashedKv {
  uint32_t hash = 0;
  int64_t compact_revision = 0;
  int64_t current_revision = 0;
};
// revision 0: the current one. Fails as mvcc::HashPlan does.
Task<HashedKv> hash_kv(Member& member, int64_t revision);

}  // namespace argosy::etcd::member
