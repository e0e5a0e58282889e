#include "lib/payload/format/manifest.h"

#include "base/format.h"

namespace argosy::payload {
namespace {

constexpr std::string_view kNames[] = {
    "REPLACE",       "REPLACE_BZ", "MOVE",           "BSDIFF",           "SOURCE_COPY",
    "SOURCE_BSDIFF", "ZERO",       "DISCARD",        "REPLACE_XZ",       "PUFFDIFF",
    "BROTLI_BSDIFF", "ZUCCHINI",   "LZ4DIFF_BSDIFF", "LZ4DIFF_PUFFDIFF", "REPLACE_ZSTD",
};

const InstallInfo* pointer(const std::optional<InstallInfo>& info) {
  return info ? &*info : nullptr;
}

std::string_view name_of(const Procedure& procedure) {
  if (!procedure.type) return "";
  return *procedure.type == Procedure::Type::kKernel ? kKernelFile : kPcrPolicyFile;
}

}  // namespace

std::string operation_name(OperationType type) {
  const auto number = static_cast<uint32_t>(type);
  if (number < std::size(kNames)) return std::string(kNames[number]);
  return format("operation {}", number);
}

std::vector<Part> parts_of(const Manifest& manifest) {
  std::vector<Part> parts;
  const bool is_major_2 = !manifest.partitions.empty();
  if (!is_major_2) {
    parts.push_back({.name = kMainPartition,
                     .operations = &manifest.partition_operations,
                     .old_info = pointer(manifest.old_partition_info),
                     .new_info = pointer(manifest.new_partition_info),
                     .is_in_place = true});
  }
  for (const Procedure& procedure : manifest.procedures) {
    parts.push_back({.name = name_of(procedure),
                     .operations = &procedure.operations,
                     .old_info = pointer(procedure.old_info),
                     .new_info = pointer(procedure.new_info),
                     .is_in_place = true});
  }
  for (const PartitionUpdate& partition : manifest.partitions) {
    parts.push_back({.name = partition.name,
                     .operations = &partition.operations,
                     .old_info = pointer(partition.old_info),
                     .new_info = pointer(partition.new_info),
                     .is_in_place = false,
                     .has_computed_extents = partition.has_computed_extents});
  }
  return parts;
}

std::optional<uint64_t> count_blocks(const std::vector<Extent>& extents) {
  uint64_t sum = 0;
  for (const Extent& extent : extents) {
    if (__builtin_add_overflow(sum, extent.num_blocks, &sum)) return std::nullopt;
  }
  return sum;
}

}  // namespace argosy::payload
