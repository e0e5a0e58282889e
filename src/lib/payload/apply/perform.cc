#include "lib/payload/apply/perform.h"

#include <algorithm>

#include "base/check.h"
#include "base/format.h"
#include "lib/payload/apply/extent_io.h"

namespace argosy::payload {
namespace {

constexpr uint64_t kPiece = 1 << 20;

ExtentReader source(Installation& of, const Operation& operation) {
  const uint64_t all = *count_blocks(operation.src_extents) * of.block();
  const bool is_whole =
      operation.type == OperationType::kMove || operation.type == OperationType::kSourceCopy;
  const uint64_t size = is_whole ? all : operation.src_length.value_or(all);
  const bool is_old = reads_old_slot(operation.type);
  return {operation.src_extents, of.block(), size,
          [&of, is_old](uint64_t offset, std::span<char> to) {
            return is_old ? of.read_old(offset, to) : of.read_current(offset, to);
          }};
}

ExtentWriter destination(Installation& of, const Operation& operation) {
  return {operation.dst_extents, of.block(),
          [&of](uint64_t offset, BytesView bytes) { return of.write(offset, bytes); }};
}

Result<void> replace(Installation& to, const Operation& operation, Packing packing,
                     BytesView blob) {
  ExtentWriter out = destination(to, operation);
  Unpacker unpacker(packing, blob);
  Bytes piece(kPiece, '\0');
  while (true) {
    const size_t size = TRY(unpacker.read(piece));
    TRY(out.write(BytesView(piece).substr(0, size)));
    if (size < piece.size()) break;
  }
  return out.pad();
}

Result<void> zero(Installation& to, const Operation& operation) {
  for (const Extent& extent : operation.dst_extents) {
    if (extent.is_hole()) continue;
    TRY(to.zero(extent.start_block * to.block(), extent.num_blocks * to.block()));
  }
  return {};
}

Result<void> from_source(Installation& to, const Operation& operation, BytesView blob,
                         const Limits& limits) {
  ExtentWriter out = destination(to, operation);
  if (!to.rewrites(operation)) {
    TRY(produce(to, operation, blob, [&](BytesView bytes) { return out.write(bytes); }));
    return out.pad();
  }
  Bytes made;
  TRY(produce(to, operation, blob, [&](BytesView bytes) -> Result<void> {
    if (made.size() + bytes.size() > limits.blob_bytes) {
      return fail(Code::kResourceExhausted, "an operation that destroys its source is too large");
    }
    made += bytes;
    return {};
  }));
  TRY(out.write(made));
  return out.pad();
}

}  // namespace

std::optional<Packing> packing_of(OperationType type) {
  switch (type) {
    case OperationType::kReplace:
      return Packing::kNone;
    case OperationType::kReplaceBz:
      return Packing::kBzip2;
    case OperationType::kReplaceXz:
      return Packing::kXz;
    case OperationType::kReplaceZstd:
      return Packing::kZstd;
    default:
      return std::nullopt;
  }
}

bool is_supported(OperationType type) {
  switch (type) {
    case OperationType::kMove:
    case OperationType::kBsdiff:
    case OperationType::kSourceCopy:
    case OperationType::kSourceBsdiff:
    case OperationType::kZero:
    case OperationType::kDiscard:
      return true;
    default:
      return packing_of(type).has_value();
  }
}

bool reads_old_slot(OperationType type) {
  return type == OperationType::kSourceCopy || type == OperationType::kSourceBsdiff;
}

Result<void> produce(Installation& to, const Operation& operation, BytesView blob,
                     const WriteNew& write) {
  const bool is_patch =
      operation.type == OperationType::kBsdiff || operation.type == OperationType::kSourceBsdiff;
  if (is_patch && blob.empty()) return fail(Code::kInvalidArgument, "a patch without a blob");
  ExtentReader in = source(to, operation);
  if (is_patch) {
    const uint64_t size = TRY(patched_size(blob));
    if (size != operation.dst_length.value_or(size)) {
      return fail(Code::kInvalidArgument, "the patch makes another size than the manifest says");
    }
    return apply_patch(
        blob, in.size(),
        [&](uint64_t offset, std::span<char> piece) { return in.read(offset, piece); }, write);
  }
  Bytes piece(std::min(in.size(), kPiece), '\0');
  for (uint64_t at = 0; at < in.size();) {
    const std::span<char> some(piece.data(), std::min<uint64_t>(in.size() - at, piece.size()));
    TRY(in.read(at, some));
    TRY(write({some.data(), some.size()}));
    at += some.size();
  }
  return {};
}

Result<void> verify_source(Installation& to, const Operation& operation) {
  if (operation.src_sha256.empty()) return {};
  ExtentReader in = source(to, operation);
  Sha256 hash;
  Bytes piece(std::min(in.size(), kPiece), '\0');
  for (uint64_t at = 0; at < in.size();) {
    const std::span<char> some(piece.data(), std::min<uint64_t>(in.size() - at, piece.size()));
    TRY(in.read(at, some));
    hash.update({some.data(), some.size()});
    at += some.size();
  }
  if (hash.finish() == operation.src_sha256) return {};
  return fail(Code::kFailedPrecondition,
              format("the {} is not the version that this delta was made against", to.part().name));
}

Result<void> perform(Installation& to, const Operation& operation, BytesView blob,
                     const Limits& limits) {
  if (const auto packing = packing_of(operation.type)) {
    return replace(to, operation, *packing, blob);
  }
  switch (operation.type) {
    case OperationType::kZero:
    case OperationType::kDiscard:
      return zero(to, operation);
    case OperationType::kBsdiff:
    case OperationType::kSourceBsdiff:
    case OperationType::kMove:
    case OperationType::kSourceCopy:
      return from_source(to, operation, blob, limits);
    default:
      return fail(Code::kUnimplemented,
                  format("{} is not supported", operation_name(operation.type)));
  }
}

}  // namespace argosy::payload
