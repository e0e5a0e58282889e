// The manifest: which operations make the new partition, in which order. The message
// DeltaArchiveManifest of proto/update as plain values, encoded byte for byte as the
// original (libprotobuf, proto2) writes it: fields in order of their numbers, optional
// ones only when they are there.
//
// Two dialects share the message. Major version 1 has `partition_operations` for the
// file system and `procedures` for files beside it (the kernel); its operations work in
// place, on a copy of the old partition. Major version 2 has `partitions`, whose
// operations read the old slot and write the new one.
//
// Pure values and functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "lib/payload/format/constants.h"

namespace argosy::payload {

enum class OperationType : uint32_t {
  kReplace = 0,
  kReplaceBz = 1,
  kMove = 2,
  kBsdiff = 3,
  kSourceCopy = 4,
  kSourceBsdiff = 5,
  kZero = 6,
  kDiscard = 7,
  kReplaceXz = 8,
  kPuffdiff = 9,
  kBrotliBsdiff = 10,
  kZucchini = 11,
  kLz4diffBsdiff = 12,
  kLz4diffPuffdiff = 13,
  kReplaceZstd = 14,
};

// "REPLACE_BZ"; "operation 99" for a number without a name.
std::string operation_name(OperationType type);

struct Extent {
  uint64_t start_block = 0;
  uint64_t num_blocks = 0;

  bool is_hole() const { return start_block == kHole; }
  bool operator==(const Extent&) const = default;
};

struct Operation {
  OperationType type = OperationType::kReplace;
  // Relative to the first blob. Both are there or both are not, in what we write.
  std::optional<uint64_t> data_offset;
  std::optional<uint64_t> data_length;
  std::vector<Extent> src_extents;
  // In bytes: how much of the last source block counts.
  std::optional<uint64_t> src_length;
  std::vector<Extent> dst_extents;
  std::optional<uint64_t> dst_length;
  Bytes data_sha256;  // empty: not there
  Bytes src_sha256;

  bool operator==(const Operation&) const = default;
};

struct InstallInfo {
  std::optional<uint64_t> size;  // bytes
  Bytes sha256;

  bool operator==(const InstallInfo&) const = default;
};

// Files that are installed beside the partition (major version 1).
struct Procedure {
  enum class Type : uint32_t { kKernel = 0, kPcrPolicy = 1 };
  std::optional<Type> type;  // empty: of a kind that this version does not know
  std::vector<Operation> operations;
  std::optional<InstallInfo> old_info;
  std::optional<InstallInfo> new_info;

  bool operator==(const Procedure&) const = default;
};

// Major version 2. Snapshot hints are not written and, on reading, left aside.
struct PartitionUpdate {
  std::string name;
  std::optional<bool> run_postinstall;
  std::string postinstall_path;
  std::string filesystem_type;
  std::optional<InstallInfo> old_info;
  std::optional<InstallInfo> new_info;
  std::vector<Operation> operations;
  std::optional<bool> postinstall_optional;
  std::string version;
  // A verity tree or error correction that the client computes. Read, never written.
  bool has_computed_extents = false;

  bool operator==(const PartitionUpdate&) const = default;
};

struct Manifest {
  std::vector<Operation> partition_operations;
  // For clients older than `procedures`; all others skip them.
  std::vector<Operation> noop_operations;
  std::optional<uint32_t> block_size;
  // Relative to the first blob.
  std::optional<uint64_t> signatures_offset;
  std::optional<uint64_t> signatures_size;
  std::optional<InstallInfo> old_partition_info;
  std::optional<InstallInfo> new_partition_info;
  std::vector<Procedure> procedures;
  std::optional<uint32_t> minor_version;
  std::vector<PartitionUpdate> partitions;
  std::optional<int64_t> max_timestamp;

  uint32_t block_bytes() const { return block_size.value_or(kBlockSize); }
  bool operator==(const Manifest&) const = default;
};

Bytes encode(const Manifest& manifest);

// InvalidArgument for what is no manifest, ResourceExhausted for more operations than
// `limits` allow. Unknown fields are skipped, as the originals do.
Result<Manifest> decode_manifest(BytesView bytes, const Limits& limits = {});

// The manifest's lists as one: what is installed, under which name, by which
// operations, in the order in which they run. Points into the manifest.
struct Part {
  std::string_view name;
  const std::vector<Operation>* operations = nullptr;
  const InstallInfo* old_info = nullptr;  // nullptr: not there
  const InstallInfo* new_info = nullptr;
  // Major version 1: operations read what earlier ones wrote.
  bool is_in_place = false;
  // It wants a verity tree or error correction that the client computes.
  bool has_computed_extents = false;
};
inline constexpr std::string_view kMainPartition = "partition";
inline constexpr std::string_view kKernelFile = "kernel";
inline constexpr std::string_view kPcrPolicyFile = "pcr_policy";

std::vector<Part> parts_of(const Manifest& manifest);

// Blocks of all extents; empty when the sum does not fit.
std::optional<uint64_t> count_blocks(const std::vector<Extent>& extents);

}  // namespace argosy::payload
