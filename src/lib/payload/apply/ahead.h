// What an operation writes, made in memory before its turn has come. Operations that read
// nothing but their blob and the old slot can be made in any order, and beside each other.
#pragma once

#include "lib/payload/apply/aligned_bytes.h"
#include "lib/payload/apply/installation.h"

namespace argosy::payload {

// Small enough, and independent of what earlier operations write.
bool can_be_made_ahead(const Installation& of, const Operation& operation);
// What making it ahead holds in memory, beside the blob.
uint64_t bytes_ahead(const Installation& of, const Operation& operation);

struct Output {
  AlignedBytes bytes;
  uint64_t size = 0;  // whole blocks

  BytesView view() const { return bytes.view().substr(0, size); }
};

// Any thread; of a checked operation whose source and blob are verified.
Result<Output> make_ahead(Installation& of, const Operation& operation, BytesView blob);
// In its turn.
Result<void> put(Installation& to, const Operation& operation, const Output& output);

}  // namespace argosy::payload
