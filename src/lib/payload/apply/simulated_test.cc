#include "lib/payload/apply/simulated_test.h"

#include <algorithm>
#include <doctest/doctest.h>

#include "base/format.h"
#include "lib/payload/bsdiff/patch.h"
#include "lib/payload/compression/compression.h"
#include "lib/payload/format/signatures.h"

namespace argosy::payload {

Result<void> MemoryStorage::read(uint64_t offset, std::span<char> to) {
  if (offset + to.size() > bytes.size()) return fail(Code::kOutOfRange, "beyond the end");
  std::ranges::copy(BytesView(bytes).substr(offset, to.size()), to.begin());
  return {};
}

Result<void> MemoryStorage::write(uint64_t offset, BytesView from) {
  ++writes;
  log.emplace_back(offset, from);
  if (offset + from.size() > capacity_) return fail(Code::kOutOfRange, "beyond the end");
  const bool fails = writes_left && --*writes_left < 0;
  if (fails) from = from.substr(0, from.size() / 2);
  if (bytes.size() < offset + from.size()) bytes.resize(offset + from.size());
  std::ranges::copy(from, bytes.begin() + static_cast<int64_t>(offset));
  if (fails) return fail(Code::kUnavailable, "the power is gone");
  return {};
}

Result<void> MemoryStorage::set_size(uint64_t size) {
  bytes.resize(size);
  return {};
}

void MoodyExecutor::run(std::move_only_function<void()> work) {
  works_.push_back(std::move(work));
  while (!works_.empty() && random_.chance(2)) {
    const size_t which = random_.below(works_.size());
    works_[which]();
    works_.erase(works_.begin() + static_cast<int64_t>(which));
  }
}

namespace {

class Simulation {
 public:
  Simulation(uint64_t seed, const SimulationOptions& options)
      : random_(seed), options_(options), is_written_(options.blocks) {
    made_.major_version = options.major_version;
    made_.old_image = random_bytes(options.blocks * kBlockSize);
    current_ = options.is_delta ? made_.old_image : Bytes(made_.old_image.size(), '\0');
  }

  SimulatedPayload run() {
    if (options_.major_version == 2) {
      made_.manifest.partitions.push_back({.name = std::string(kMainPartition)});
    }
    made_.manifest.block_size = kBlockSize;
    const bool covers_all = !options_.is_delta || options_.major_version == 2;
    while (true) {
      const std::vector<Extent> to = choose_destination();
      if (to.empty()) break;
      add(to);
      const bool is_enough = made_.blobs.size() > 12 && !covers_all;
      if (is_enough) break;
    }
    made_.new_image = current_;
    const InstallInfo was{.size = made_.old_image.size(), .sha256 = sha256(made_.old_image)};
    const InstallInfo is{.size = current_.size(), .sha256 = sha256(current_)};
    if (options_.major_version == 2) {
      made_.manifest.partitions[0].new_info = is;
      if (options_.is_delta) made_.manifest.partitions[0].old_info = was;
    } else {
      made_.manifest.new_partition_info = is;
      if (options_.is_delta) made_.manifest.old_partition_info = was;
    }
    return std::move(made_);
  }

 private:
  Bytes random_bytes(size_t size) {
    Bytes bytes(size, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random_.below(5));
    return bytes;
  }

  // Some free blocks, in a few extents; with `rewrites` any.
  std::vector<Extent> choose_destination() {
    std::vector<uint64_t> blocks;
    for (uint64_t i = 0; i < options_.blocks; ++i) {
      if (!is_written_[i] || (options_.rewrites && made_.blobs.size() < 15)) blocks.push_back(i);
    }
    for (size_t i = blocks.size(); i > 1; --i) std::swap(blocks[i - 1], blocks[random_.below(i)]);
    blocks.resize(std::min<size_t>(blocks.size(), 1 + random_.below(6)));
    std::vector<Extent> extents;
    for (const uint64_t block : blocks) {
      is_written_[block] = true;
      const bool follows =
          !extents.empty() && extents.back().start_block + extents.back().num_blocks == block;
      if (follows) {
        ++extents.back().num_blocks;
      } else {
        extents.push_back({block, 1});
      }
    }
    return extents;
  }

  std::vector<Extent> choose_source(uint64_t blocks) {
    std::vector<Extent> extents;
    while (blocks > 0) {
      const uint64_t size = 1 + random_.below(std::min(blocks, options_.blocks));
      extents.push_back({random_.below(options_.blocks - size + 1), size});
      if (random_.chance(10)) extents.back().start_block = kHole;
      blocks -= size;
    }
    return extents;
  }

  Bytes gather(const Bytes& image, const std::vector<Extent>& extents) {
    Bytes bytes;
    for (const Extent& extent : extents) {
      bytes += extent.is_hole()
                   ? Bytes(extent.num_blocks * kBlockSize, '\0')
                   : image.substr(extent.start_block * kBlockSize, extent.num_blocks * kBlockSize);
    }
    return bytes;
  }

  void scatter(const std::vector<Extent>& extents, Bytes bytes) {
    bytes.resize(*count_blocks(extents) * kBlockSize);
    uint64_t at = 0;
    for (const Extent& extent : extents) {
      const uint64_t size = extent.num_blocks * kBlockSize;
      current_.replace(extent.start_block * kBlockSize, size, bytes, at, size);
      at += size;
    }
  }

  void add(const std::vector<Extent>& to) {
    Operation operation;
    operation.dst_extents = to;
    const uint64_t blocks = *count_blocks(to);
    const bool is_in_place = options_.major_version == 1;
    const uint64_t kind = random_.below(options_.is_delta ? 7 : 5);
    if (kind < 4) {
      constexpr std::pair<OperationType, Packing> kKinds[] = {
          {OperationType::kReplace, Packing::kNone},
          {OperationType::kReplaceBz, Packing::kBzip2},
          {OperationType::kReplaceXz, Packing::kXz},
          {OperationType::kReplaceZstd, Packing::kZstd}};
      operation.type = kKinds[kind].first;
      const Bytes bytes = random_bytes(blocks * kBlockSize - random_.below(kBlockSize));
      scatter(to, bytes);
      return finish(std::move(operation), pack(kKinds[kind].second, bytes));
    }
    if (kind == 4) {
      operation.type = OperationType::kZero;
      scatter(to, "");
      return finish(std::move(operation), "");
    }
    operation.src_extents = choose_source(kind == 5 ? blocks : 1 + random_.below(5));
    const Bytes source = gather(is_in_place ? current_ : made_.old_image, operation.src_extents);
    if (!is_in_place) operation.src_sha256 = sha256(source);
    if (kind == 5) {
      operation.type = is_in_place ? OperationType::kMove : OperationType::kSourceCopy;
      scatter(to, source);
      return finish(std::move(operation), "");
    }
    operation.type = is_in_place ? OperationType::kBsdiff : OperationType::kSourceBsdiff;
    Bytes made = source + random_bytes(blocks * kBlockSize);
    made.resize(blocks * kBlockSize - random_.below(kBlockSize));
    made[random_.below(made.size())] ^= 1;
    if (is_in_place) {
      operation.src_length = source.size();
      operation.dst_length = made.size();
    }
    scatter(to, made);
    finish(std::move(operation), make_patch(source, made, find_matches(source, made)));
  }

  void finish(Operation operation, Bytes blob) {
    if (!blob.empty()) {
      operation.data_length = blob.size();
      operation.data_sha256 = sha256(blob);
    }
    operations_of(made_).push_back(std::move(operation));
    made_.blobs.push_back(std::move(blob));
  }

  SeededRandom random_;
  SimulationOptions options_;
  SimulatedPayload made_;
  Bytes current_;
  std::vector<bool> is_written_;
};

}  // namespace

std::vector<Operation>& operations_of(SimulatedPayload& payload) {
  return payload.major_version == 2 ? payload.manifest.partitions[0].operations
                                    : payload.manifest.partition_operations;
}

SimulatedPayload simulate_payload(uint64_t seed, const SimulationOptions& options) {
  return Simulation(seed, options).run();
}

void assemble(SimulatedPayload& payload, const std::vector<RsaPrivateKey>& keys) {
  Bytes blobs;
  std::vector<Operation>& operations = operations_of(payload);
  for (size_t i = 0; i < operations.size(); ++i) {
    if (payload.blobs[i].empty()) continue;
    operations[i].data_offset = blobs.size();
    blobs += payload.blobs[i];
  }
  std::vector<uint64_t> sizes;
  for (const RsaPrivateKey& key : keys) sizes.push_back(key.size());
  if (!keys.empty()) {
    payload.manifest.signatures_offset = blobs.size();
    payload.manifest.signatures_size = signatures_size(sizes);
  }
  const Bytes manifest = encode(payload.manifest);
  Header header{.major_version = payload.major_version, .manifest_size = manifest.size()};
  const bool signs_metadata = payload.major_version == 2 && !keys.empty();
  if (signs_metadata)
    header.metadata_signature_size = static_cast<uint32_t>(signatures_size(sizes));
  const Bytes metadata = encode(header) + manifest;
  payload.bytes = metadata;
  if (signs_metadata) payload.bytes += *sign(keys, sha256(metadata));
  payload.bytes += blobs;
  if (!keys.empty()) payload.bytes += *sign(keys, sha256(metadata + blobs));
}

RsaPrivateKey test_key(int number) {
  const auto pem = read_file(real_disk(), format("../signature/testdata/key{}.pem", number));
  REQUIRE(pem.has_value());
  return *RsaPrivateKey::from_pem(*pem);
}

Keyring test_keyring(int number) {
  const auto pem = read_file(real_disk(), format("../signature/testdata/key{}.pub.pem", number));
  REQUIRE(pem.has_value());
  return *Keyring::from_pem({*pem});
}

}  // namespace argosy::payload
