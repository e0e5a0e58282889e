// Encoding and decoding of the manifest, message by message. Reading merges repeated
// embedded messages only where they are lists: the originals never repeat the others.
#include <algorithm>

#include "base/format.h"
#include "base/protowire.h"
#include "lib/payload/format/manifest.h"

namespace argosy::payload {
namespace {

using protowire::Reader;
using protowire::Writer;

// -- Writing

Bytes encode(const Extent& extent);
Bytes encode(const Operation& operation);
Bytes encode(const InstallInfo& info);
Bytes encode(const Procedure& procedure);
Bytes encode(const PartitionUpdate& partition);

void put(Writer& out, uint32_t field, const std::optional<uint64_t>& number) {
  if (number) out.uint64(field, *number);
}
void put(Writer& out, uint32_t field, const std::optional<uint32_t>& number) {
  if (number) out.uint64(field, *number);
}
void put(Writer& out, uint32_t field, const std::optional<bool>& truth) {
  if (truth) out.boolean(field, *truth);
}
void put(Writer& out, uint32_t field, const Bytes& bytes) {
  if (!bytes.empty()) out.bytes(field, bytes);
}

Bytes encode(const Extent& extent) {
  Bytes bytes;
  Writer out(bytes);
  out.uint64(1, extent.start_block);
  out.uint64(2, extent.num_blocks);
  return bytes;
}

template <typename Message>
void put_list(Writer& out, uint32_t field, const std::vector<Message>& list) {
  for (const Message& message : list) out.bytes(field, encode(message));
}

Bytes encode(const Operation& operation) {
  Bytes bytes;
  Writer out(bytes);
  out.uint64(1, static_cast<uint64_t>(operation.type));
  put(out, 2, operation.data_offset);
  put(out, 3, operation.data_length);
  put_list(out, 4, operation.src_extents);
  put(out, 5, operation.src_length);
  put_list(out, 6, operation.dst_extents);
  put(out, 7, operation.dst_length);
  put(out, 8, operation.data_sha256);
  put(out, 9, operation.src_sha256);
  return bytes;
}

Bytes encode(const InstallInfo& info) {
  Bytes bytes;
  Writer out(bytes);
  put(out, 1, info.size);
  put(out, 2, info.sha256);
  return bytes;
}

void put(Writer& out, uint32_t field, const std::optional<InstallInfo>& info) {
  if (info) out.bytes(field, encode(*info));
}

Bytes encode(const Procedure& procedure) {
  Bytes bytes;
  Writer out(bytes);
  if (procedure.type) out.uint64(1, static_cast<uint64_t>(*procedure.type));
  put_list(out, 2, procedure.operations);
  put(out, 3, procedure.old_info);
  put(out, 4, procedure.new_info);
  return bytes;
}

Bytes encode(const PartitionUpdate& partition) {
  Bytes bytes;
  Writer out(bytes);
  out.bytes(1, partition.name);
  put(out, 2, partition.run_postinstall);
  put(out, 3, partition.postinstall_path);
  put(out, 4, partition.filesystem_type);
  put(out, 6, partition.old_info);
  put(out, 7, partition.new_info);
  put_list(out, 8, partition.operations);
  put(out, 9, partition.postinstall_optional);
  put(out, 17, partition.version);
  return bytes;
}

// -- Reading

struct Context {
  uint64_t operations_left;
};

constexpr std::string_view kBroken = "the manifest is damaged";

Result<void> ended(const Reader& in) {
  if (in.failed()) return fail(Code::kInvalidArgument, std::string(kBroken));
  return {};
}

Result<Extent> read_extent(BytesView bytes) {
  Extent extent;
  Reader in(bytes);
  while (in.next()) {
    if (in.field() == 1) extent.start_block = in.uint64();
    if (in.field() == 2) extent.num_blocks = in.uint64();
  }
  TRY(ended(in));
  return extent;
}

Result<InstallInfo> read_info(BytesView bytes) {
  InstallInfo info;
  Reader in(bytes);
  while (in.next()) {
    if (in.field() == 1) info.size = in.uint64();
    if (in.field() == 2) info.sha256 = in.bytes();
  }
  TRY(ended(in));
  return info;
}

Result<void> read_operation_field(Reader& in, Operation& operation) {
  switch (in.field()) {
    case 1:
      operation.type = static_cast<OperationType>(std::min<uint64_t>(in.uint64(), ~uint32_t{0}));
      break;
    case 2:
      operation.data_offset = in.uint64();
      break;
    case 3:
      operation.data_length = in.uint64();
      break;
    case 4:
      operation.src_extents.push_back(TRY(read_extent(in.bytes())));
      break;
    case 5:
      operation.src_length = in.uint64();
      break;
    case 6:
      operation.dst_extents.push_back(TRY(read_extent(in.bytes())));
      break;
    case 7:
      operation.dst_length = in.uint64();
      break;
    case 8:
      operation.data_sha256 = in.bytes();
      break;
    case 9:
      operation.src_sha256 = in.bytes();
      break;
    default:
      break;
  }
  return {};
}

Result<Operation> read_operation(BytesView bytes, Context& context) {
  if (context.operations_left == 0) {
    return fail(Code::kResourceExhausted, "the manifest has too many operations");
  }
  --context.operations_left;
  Operation operation;
  bool has_type = false;
  Reader in(bytes);
  while (in.next()) {
    has_type |= in.field() == 1;
    TRY(read_operation_field(in, operation));
  }
  TRY(ended(in));
  if (!has_type) return fail(Code::kInvalidArgument, "an operation has no type");
  return operation;
}

Result<Procedure> read_procedure(BytesView bytes, Context& context) {
  Procedure procedure;
  Reader in(bytes);
  while (in.next()) {
    switch (in.field()) {
      case 1:
        // As proto2 has it, an unknown enumerator is as good as none.
        if (const uint64_t type = in.uint64(); type <= 1) {
          procedure.type = static_cast<Procedure::Type>(type);
        }
        break;
      case 2:
        procedure.operations.push_back(TRY(read_operation(in.bytes(), context)));
        break;
      case 3:
        procedure.old_info = TRY(read_info(in.bytes()));
        break;
      case 4:
        procedure.new_info = TRY(read_info(in.bytes()));
        break;
      default:
        break;
    }
  }
  TRY(ended(in));
  return procedure;
}

Result<void> read_partition_field(Reader& in, PartitionUpdate& partition, Context& context) {
  switch (in.field()) {
    case 1:
      partition.name = in.bytes();
      break;
    case 2:
      partition.run_postinstall = in.boolean();
      break;
    case 3:
      partition.postinstall_path = in.bytes();
      break;
    case 4:
      partition.filesystem_type = in.bytes();
      break;
    case 6:
      partition.old_info = TRY(read_info(in.bytes()));
      break;
    case 7:
      partition.new_info = TRY(read_info(in.bytes()));
      break;
    case 8:
      partition.operations.push_back(TRY(read_operation(in.bytes(), context)));
      break;
    case 9:
      partition.postinstall_optional = in.boolean();
      break;
    case 11:
    case 15:
      partition.has_computed_extents = true;
      break;
    case 17:
      partition.version = in.bytes();
      break;
    default:
      break;
  }
  return {};
}

Result<PartitionUpdate> read_partition(BytesView bytes, Context& context) {
  PartitionUpdate partition;
  Reader in(bytes);
  while (in.next()) TRY(read_partition_field(in, partition, context));
  TRY(ended(in));
  if (partition.name.empty()) return fail(Code::kInvalidArgument, "a partition has no name");
  return partition;
}

Result<void> read_manifest_field(Reader& in, Manifest& manifest, Context& context) {
  switch (in.field()) {
    case 1:
      manifest.partition_operations.push_back(TRY(read_operation(in.bytes(), context)));
      break;
    case 2:
      manifest.noop_operations.push_back(TRY(read_operation(in.bytes(), context)));
      break;
    case 3:
      manifest.block_size = static_cast<uint32_t>(in.uint64());
      break;
    case 4:
      manifest.signatures_offset = in.uint64();
      break;
    case 5:
      manifest.signatures_size = in.uint64();
      break;
    case 8:
      manifest.old_partition_info = TRY(read_info(in.bytes()));
      break;
    case 9:
      manifest.new_partition_info = TRY(read_info(in.bytes()));
      break;
    case 10:
      manifest.procedures.push_back(TRY(read_procedure(in.bytes(), context)));
      break;
    case 12:
      manifest.minor_version = static_cast<uint32_t>(in.uint64());
      break;
    case 13:
      manifest.partitions.push_back(TRY(read_partition(in.bytes(), context)));
      break;
    case 14:
      manifest.max_timestamp = in.int64();
      break;
    default:
      break;
  }
  return {};
}

}  // namespace

Bytes encode(const Manifest& manifest) {
  Bytes bytes;
  Writer out(bytes);
  put_list(out, 1, manifest.partition_operations);
  put_list(out, 2, manifest.noop_operations);
  put(out, 3, manifest.block_size);
  put(out, 4, manifest.signatures_offset);
  put(out, 5, manifest.signatures_size);
  put(out, 8, manifest.old_partition_info);
  put(out, 9, manifest.new_partition_info);
  put_list(out, 10, manifest.procedures);
  put(out, 12, manifest.minor_version);
  put_list(out, 13, manifest.partitions);
  if (manifest.max_timestamp) out.int64(14, *manifest.max_timestamp);
  return bytes;
}

Result<Manifest> decode_manifest(BytesView bytes, const Limits& limits) {
  Context context{limits.operations};
  Manifest manifest;
  Reader in(bytes);
  while (in.next()) TRY(read_manifest_field(in, manifest, context));
  TRY(ended(in));
  const uint32_t block = manifest.block_bytes();
  if (block < 512 || block > (1U << 20) || (block & (block - 1)) != 0) {
    return fail(Code::kInvalidArgument, format("the manifest has a block size of {}", block));
  }
  return manifest;
}

}  // namespace argosy::payload
