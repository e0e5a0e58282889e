#include "lib/payload/apply/ahead.h"

#include <algorithm>

#include "lib/payload/apply/extent_io.h"
#include "lib/payload/apply/perform.h"

namespace argosy::payload {
namespace {

// Larger operations are written as they are made, in their turn.
constexpr uint64_t kLargest = 16 << 20;

std::unexpected<Error> too_much() {
  return fail(Code::kOutOfRange, "an operation makes more than its blocks hold");
}

Result<uint64_t> unpack_into(std::span<char> to, Packing packing, BytesView blob) {
  Unpacker unpacker(packing, blob);
  const uint64_t size = TRY(unpacker.read(to));
  char more = 0;
  if (TRY(unpacker.read({&more, 1})) > 0) return too_much();
  return size;
}

Result<uint64_t> patch_into(std::span<char> to, Installation& of, const Operation& operation,
                            BytesView blob) {
  uint64_t size = 0;
  TRY(produce(of, operation, blob, [&](BytesView bytes) -> Result<void> {
    if (bytes.size() > to.size() - size) return too_much();
    std::ranges::copy(bytes, to.begin() + static_cast<int64_t>(size));
    size += bytes.size();
    return {};
  }));
  return size;
}

}  // namespace

uint64_t bytes_ahead(const Installation& of, const Operation& operation) {
  return *count_blocks(operation.dst_extents) * of.block();
}

bool can_be_made_ahead(const Installation& of, const Operation& operation) {
  const bool is_independent = packing_of(operation.type) || reads_old_slot(operation.type);
  return is_independent && bytes_ahead(of, operation) <= kLargest;
}

Result<Output> make_ahead(Installation& of, const Operation& operation, BytesView blob) {
  Output output{.bytes = AlignedBytes(bytes_ahead(of, operation))};
  const std::span<char> room = output.bytes.span();
  const auto packing = packing_of(operation.type);
  const uint64_t size =
      TRY(packing ? unpack_into(room, *packing, blob) : patch_into(room, of, operation, blob));
  output.size = (size + of.block() - 1) / of.block() * of.block();
  std::ranges::fill(room.subspan(size, output.size - size), '\0');
  return output;
}

Result<void> put(Installation& to, const Operation& operation, const Output& output) {
  ExtentWriter out(operation.dst_extents, to.block(),
                   [&to](uint64_t offset, BytesView bytes) { return to.write(offset, bytes); });
  return out.write(output.view());
}

}  // namespace argosy::payload
