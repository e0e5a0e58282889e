// A task of the plan, carried out: an operation and its blob. Any thread.
#pragma once

#include "lib/payload/generate/plan.h"

namespace argosy::payload {

// What clients understand.
enum class Profile {
  // Major version 1, bzip2, operations in place: every client of the original.
  kCompatible,
  // Major version 2: the old slot is only read, xz for what is new in a delta, zstd for
  // full payloads.
  kModern,
};

struct MadeOperation {
  Operation operation;  // without data_offset, which its place in the payload gives
  Bytes blob;
};

// Memory that make_operation() needs, in bytes.
uint64_t memory_for(const Work& work);

Result<MadeOperation> make_operation(const Work& work, const Image& fresh, const Image* old,
                                     Profile profile);

}  // namespace argosy::payload
