#include "lib/payload/generate/generator.h"

#include <algorithm>

#include "base/check.h"
#include "base/format.h"
#include "lib/payload/generate/container.h"
#include "lib/payload/generate/rearrange.h"
#include "sys/crypto/digest.h"

namespace argosy::payload {
namespace {

constexpr size_t kPiece = 1 << 20;

PlanLimits limits_for(Profile profile, bool is_delta) {
  PlanLimits limits;
  if (profile == Profile::kModern) return limits;
  constexpr uint64_t kChunk = kChunkBlocks * kBlockSize;
  limits.full_bytes = kChunk;
  limits.has_zero = false;
  if (!is_delta) return limits;
  limits.patch_bytes = kChunk;
  limits.whole_file_bytes = 64 * kChunk;
  limits.copies_runs_alone = true;
  limits.leaves_same_blocks = true;
  return limits;
}

// Blobs in a file, in the order in which they were made.
class BlobFile {
 public:
  static Result<BlobFile> create(Disk& disk, const std::string& path) {
    BlobFile blobs(disk, path);
    blobs.file_ = TRY(disk.open(path, {.create = true, .truncate = true}));
    return blobs;
  }
  BlobFile(BlobFile&& other) noexcept
      : disk_(other.disk_),
        path_(std::exchange(other.path_, "")),
        file_(std::move(other.file_)),
        size_(other.size_) {}
  BlobFile& operator=(BlobFile&&) = delete;
  ~BlobFile() {
    if (!path_.empty()) (void)disk_.remove(path_);
  }

  Result<uint64_t> append(BytesView blob) {
    const uint64_t offset = size_;
    TRY(file_->write_at(offset, blob));
    size_ += blob.size();
    return offset;
  }
  Result<void> read(uint64_t offset, uint64_t size, const TakeBytes& take) {
    Bytes piece(std::min<uint64_t>(size, kPiece), '\0');
    while (size > 0) {
      const size_t some = std::min<uint64_t>(size, piece.size());
      if (TRY(file_->read_at(offset, piece.data(), some)) != some) {
        return fail(Code::kDataLoss, format("{}: ends early", path_));
      }
      TRY(take(BytesView(piece).substr(0, some)));
      offset += some;
      size -= some;
    }
    return {};
  }

 private:
  BlobFile(Disk& disk, std::string path) : disk_(disk), path_(std::move(path)) {}

  Disk& disk_;
  std::string path_;
  std::unique_ptr<File> file_;
  uint64_t size_ = 0;
};

// An operation, and where its blob is until it has its place.
struct Draft {
  Operation operation;
  uint64_t blob_at = 0;
};

struct PartDraft {
  std::vector<Draft> drafts;
  InstallInfo new_info;
  std::optional<InstallInfo> old_info;
};

class Generation {
 public:
  Generation(Disk& disk, const GenerateOptions& options, BlobFile& blobs)
      : disk_(disk), options_(options), blobs_(blobs) {}

  Result<GenerateReport> run() {
    const PartDraft main = TRY(draft(options_.partition, true));
    Manifest manifest;
    manifest.block_size = kBlockSize;
    const bool is_modern = options_.profile == Profile::kModern;
    if (is_modern) {
      constexpr uint32_t kFullMinor = 0;
      constexpr uint32_t kSourceHashMinor = 3;
      manifest.minor_version = main.old_info ? kSourceHashMinor : kFullMinor;
      add_partition(manifest, kMainPartition, main);
    } else {
      manifest.partition_operations = place(main);
      manifest.new_partition_info = main.new_info;
      manifest.old_partition_info = main.old_info;
    }
    TRY(add_file(manifest, options_.kernel, kKernelFile, Procedure::Type::kKernel));
    TRY(add_file(manifest, options_.pcr_policy, kPcrPolicyFile, Procedure::Type::kPcrPolicy));
    mirror_procedures(manifest);
    return write(std::move(manifest));
  }

 private:
  Result<PartDraft> draft(const PartImages& paths, bool is_partition) {
    const auto old =
        paths.old_path.empty() ? nullptr : TRY(Image::open(disk_, paths.old_path, is_partition));
    const auto fresh = TRY(Image::open(disk_, paths.fresh_path, is_partition && old != nullptr));
    if (fresh->size() == 0 || (is_partition && fresh->size() % kBlockSize != 0)) {
      return fail(Code::kInvalidArgument, format("{}: {} bytes are no multiple of {}",
                                                 paths.fresh_path, fresh->size(), kBlockSize));
    }
    PartDraft part;
    part.new_info = {.size = fresh->size(), .sha256 = fresh->sha256()};
    if (old != nullptr) part.old_info = {.size = old->size(), .sha256 = old->sha256()};
    const PlanLimits limits = limits_for(options_.profile, old != nullptr);
    std::vector<Work> works = TRY(plan(*fresh, old.get(), limits));
    const bool is_in_place = options_.profile == Profile::kCompatible && old != nullptr;
    if (is_in_place) works = rearrange_in_place(std::move(works), limits.full_bytes);
    TRY(make_operations(works, *fresh, old.get(), part));
    return part;
  }

  Result<void> make_operations(const std::vector<Work>& works, const Image& fresh, const Image* old,
                               PartDraft& part) {
    OrderedParallel<MadeOperation> parallel(
        options_.bounds, works.size(), [&](size_t i) { return memory_for(works[i]); },
        [&](size_t i) { return make_operation(works[i], fresh, old, options_.profile); },
        [&](size_t, MadeOperation made) -> Result<void> {
          const uint64_t at = TRY(blobs_.append(made.blob));
          part.drafts.push_back({.operation = std::move(made.operation), .blob_at = at});
          return {};
        });
    return parallel.run();
  }

  // The operations as the manifest has them, each blob at its final place.
  std::vector<Operation> place(const PartDraft& part) {
    std::vector<Operation> operations;
    for (const Draft& draft : part.drafts) {
      Operation operation = draft.operation;
      GenerateReport::Sum& sum = report_.by_type[operation_name(operation.type)];
      ++sum.operations;
      sum.blocks += *count_blocks(operation.dst_extents);
      if (operation.data_length) {
        operation.data_offset = blobs_size_;
        order_.push_back({draft.blob_at, *operation.data_length});
        blobs_size_ += *operation.data_length;
        sum.blob_bytes += *operation.data_length;
      }
      operations.push_back(std::move(operation));
    }
    return operations;
  }

  void add_partition(Manifest& manifest, std::string_view name, const PartDraft& part) {
    PartitionUpdate update;
    update.name = name;
    update.new_info = part.new_info;
    update.old_info = part.old_info;
    update.operations = place(part);
    manifest.partitions.push_back(std::move(update));
  }

  Result<void> add_file(Manifest& manifest, const PartImages& paths, std::string_view name,
                        Procedure::Type type) {
    if (paths.fresh_path.empty()) return {};
    const PartDraft part = TRY(draft(paths, false));
    if (options_.profile == Profile::kModern) {
      add_partition(manifest, name, part);
      return {};
    }
    Procedure procedure;
    procedure.type = type;
    procedure.operations = place(part);
    procedure.old_info = part.old_info;
    procedure.new_info = part.new_info;
    manifest.procedures.push_back(std::move(procedure));
    return {};
  }

  // Clients that know nothing of procedures must still see every blob pass by.
  static void mirror_procedures(Manifest& manifest) {
    for (const Procedure& procedure : manifest.procedures) {
      for (const Operation& operation : procedure.operations) {
        if (!operation.data_length) continue;
        Operation mirror;
        mirror.type = OperationType::kReplace;
        mirror.data_offset = operation.data_offset;
        mirror.data_length = operation.data_length;
        mirror.dst_extents = {{kHole, (*operation.data_length + kBlockSize - 1) / kBlockSize}};
        mirror.data_sha256 = operation.data_sha256;
        manifest.noop_operations.push_back(std::move(mirror));
      }
    }
  }

  Result<GenerateReport> write(Manifest manifest) {
    std::vector<uint64_t> sizes;
    for (const RsaPrivateKey& key : options_.keys) sizes.push_back(key.size());
    const uint64_t major = options_.profile == Profile::kModern ? 2 : 1;
    ContainerParts parts;
    if (!sizes.empty()) make_room(manifest, blobs_size_, sizes);
    parts.metadata = metadata_of(manifest, major, sizes);
    if (!sizes.empty()) {
      parts.signatures = [this](BytesView hash) { return sign(options_.keys, hash); };
      if (major >= 2) {
        parts.metadata_signature = TRY(sign(options_.keys, sha256(parts.metadata)));
      }
    }
    parts.blobs = [this](const TakeBytes& take) -> Result<void> {
      for (const auto& [offset, size] : order_) TRY(blobs_.read(offset, size, take));
      return {};
    };
    report_.metadata_size = parts.metadata.size();
    report_.payload_size = TRY(write_container(disk_, options_.out_path, parts));
    return std::move(report_);
  }

  Disk& disk_;
  const GenerateOptions& options_;
  BlobFile& blobs_;
  std::vector<std::pair<uint64_t, uint64_t>> order_;  // offset and size of each blob
  uint64_t blobs_size_ = 0;
  GenerateReport report_;
};

}  // namespace

Result<GenerateReport> generate(Disk& disk, const GenerateOptions& options) {
  BlobFile blobs = TRY(BlobFile::create(disk, options.out_path + ".blobs"));
  return Generation(disk, options, blobs).run();
}

}  // namespace argosy::payload
