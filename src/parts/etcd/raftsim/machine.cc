#include "parts/etcd/raftsim/machine.h"

#include "base/check.h"

namespace argosy::etcd::raftsim {
namespace {

uint64_t mix(uint64_t hash, uint64_t value) {
  hash = (hash ^ value) * 0x9e3779b97f4a7c15;
  return hash ^ (hash >> 29);
}

}  // namespace

uint64_t digest_of(const raft::Entry& entry) {
  uint64_t hash =
      mix(mix(mix(1, static_cast<uint64_t>(entry.type)), entry.index.value()), entry.term.value());
  for (char c : entry.data.view()) hash = mix(hash, static_cast<uint8_t>(c));
  return hash;
}

void Machine::apply(const raft::Entry& entry) {
  check(entry.index == index + 1);
  index = entry.index;
  term = entry.term;
  digest = mix(digest, digest_of(entry));
}

raft::Snapshot Machine::snapshot() const {
  Bytes data(sizeof digest, '\0');
  store_le64(data.data(), digest);
  return {.data = SharedBytes(std::move(data)),
          .metadata = {.conf_state = conf_state, .index = index, .term = term}};
}

Machine Machine::restore(const raft::Snapshot& snapshot) {
  check(snapshot.data.size() == sizeof(uint64_t));
  return {.index = snapshot.metadata.index,
          .term = snapshot.metadata.term,
          .digest = load_le64(snapshot.data.view().data()),
          .conf_state = snapshot.metadata.conf_state};
}

}  // namespace argosy::etcd::raftsim
