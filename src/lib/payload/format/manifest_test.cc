#include "lib/payload/format/manifest.h"

#include <doctest/doctest.h>
#include <update/update_metadata.pb.h>

#include "sys/random/random.h"

namespace argosy::payload {
namespace {

using namespace std::string_view_literals;
namespace proto = chromeos_update_engine;

class Maker {
 public:
  explicit Maker(uint64_t seed) : random_(seed) {}

  Manifest manifest() {
    Manifest made;
    made.partition_operations = operations();
    made.noop_operations = operations();
    if (chance()) made.block_size = 4096;
    if (chance()) made.signatures_offset = number();
    if (chance()) made.signatures_size = number();
    if (chance()) made.old_partition_info = info();
    if (chance()) made.new_partition_info = info();
    for (uint64_t i = random_.below(3); i > 0; --i) made.procedures.push_back(procedure());
    if (chance()) made.minor_version = static_cast<uint32_t>(random_.below(9));
    for (uint64_t i = random_.below(3); i > 0; --i) made.partitions.push_back(partition());
    if (chance()) made.max_timestamp = -static_cast<int64_t>(random_.below(1000));
    return made;
  }

 private:
  bool chance() { return random_.chance(2); }
  uint64_t number() { return random_.next() >> random_.below(64); }
  Bytes bytes() { return Bytes(random_.below(40) + 1, static_cast<char>(random_.next())); }
  InstallInfo info() { return {.size = number(), .sha256 = bytes()}; }

  std::vector<Extent> extents() {
    std::vector<Extent> made;
    for (uint64_t i = random_.below(4); i > 0; --i) {
      made.push_back({chance() ? kHole : number(), number()});
    }
    return made;
  }
  std::vector<Operation> operations() {
    std::vector<Operation> made;
    for (uint64_t i = random_.below(4); i > 0; --i) {
      Operation operation;
      operation.type = static_cast<OperationType>(random_.below(15));
      if (chance()) operation.data_offset = number();
      if (chance()) operation.data_length = number();
      operation.src_extents = extents();
      if (chance()) operation.src_length = number();
      operation.dst_extents = extents();
      if (chance()) operation.dst_length = number();
      if (chance()) operation.data_sha256 = bytes();
      if (chance()) operation.src_sha256 = bytes();
      made.push_back(std::move(operation));
    }
    return made;
  }
  Procedure procedure() {
    Procedure made;
    if (chance()) made.type = static_cast<Procedure::Type>(random_.below(2));
    made.operations = operations();
    if (chance()) made.old_info = info();
    if (chance()) made.new_info = info();
    return made;
  }
  PartitionUpdate partition() {
    PartitionUpdate made;
    made.name = "usr";
    if (chance()) made.run_postinstall = chance();
    if (chance()) made.postinstall_path = "postinst";
    if (chance()) made.filesystem_type = "squashfs";
    if (chance()) made.old_info = info();
    if (chance()) made.new_info = info();
    made.operations = operations();
    if (chance()) made.postinstall_optional = chance();
    if (chance()) made.version = "1.2.3";
    return made;
  }

  SeededRandom random_;
};

TEST_CASE("manifests are written byte for byte as the generated classes write them") {
  for (uint64_t seed = 1; seed <= 300; ++seed) {
    CAPTURE(seed);
    const Manifest made = Maker(seed).manifest();
    const Bytes bytes = encode(made);
    proto::DeltaArchiveManifest oracle;
    REQUIRE(oracle.ParseFromString(bytes));
    CHECK(oracle.SerializeAsString() == bytes);
    const auto back = decode_manifest(bytes);
    REQUIRE(back.has_value());
    CHECK(*back == made);
  }
}

TEST_CASE("fields have the meaning that the generated classes give them") {
  proto::DeltaArchiveManifest oracle;
  auto* operation = oracle.add_partition_operations();
  operation->set_type(proto::InstallOperation::BSDIFF);
  operation->set_data_offset(7);
  operation->set_data_length(8);
  operation->set_src_length(9);
  operation->set_dst_length(10);
  operation->set_data_sha256_hash("hash");
  operation->set_src_sha256_hash("source");
  operation->add_src_extents()->set_num_blocks(3);
  operation->add_dst_extents()->set_start_block(4);
  oracle.mutable_new_partition_info()->set_size(11);
  oracle.mutable_new_partition_info()->set_hash("new");
  auto* kernel = oracle.add_procedures();
  kernel->set_type(proto::InstallProcedure::KERNEL);
  kernel->mutable_new_info()->set_size(12);
  oracle.set_signatures_offset(13);
  oracle.set_signatures_size(14);
  const auto manifest = decode_manifest(oracle.SerializeAsString());
  REQUIRE(manifest.has_value());
  REQUIRE(manifest->partition_operations.size() == 1);
  const Operation& read = manifest->partition_operations[0];
  CHECK(read.type == OperationType::kBsdiff);
  CHECK(read.data_offset == 7U);
  CHECK(read.data_length == 8U);
  CHECK(read.src_length == 9U);
  CHECK(read.dst_length == 10U);
  CHECK(read.data_sha256 == "hash");
  CHECK(read.src_sha256 == "source");
  CHECK(read.src_extents == std::vector<Extent>{{0, 3}});
  CHECK(read.dst_extents == std::vector<Extent>{{4, 0}});
  CHECK(manifest->new_partition_info->sha256 == "new");
  CHECK(manifest->block_bytes() == 4096);
  CHECK(manifest->signatures_offset == 13U);
  const auto parts = parts_of(*manifest);
  REQUIRE(parts.size() == 2);
  CHECK(parts[0].name == kMainPartition);
  CHECK(parts[1].name == kKernelFile);
  CHECK(parts[1].new_info->size == 12U);
  CHECK(parts[1].old_info == nullptr);
}

TEST_CASE("a manifest cut anywhere is read as less or refused, and never as more") {
  const Bytes bytes = encode(Maker(4711).manifest());
  for (size_t size = 0; size < bytes.size(); ++size) {
    const auto cut = decode_manifest(BytesView(bytes).substr(0, size));
    if (cut) CHECK(encode(*cut).size() <= size);
  }
}

TEST_CASE("too many operations are refused") {
  Manifest many;
  many.partition_operations.resize(100);
  Limits limits;
  limits.operations = 99;
  const auto refused = decode_manifest(encode(many), limits);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code() == Code::kResourceExhausted);
}

TEST_CASE("what makes no sense is refused") {
  Manifest manifest;
  manifest.block_size = 4095;
  CHECK_FALSE(decode_manifest(encode(manifest)).has_value());
  // An operation without its required type.
  CHECK_FALSE(decode_manifest("\x0a\x00"sv).has_value());
  // A type of more than 32 bits is no known one.
  const auto odd = decode_manifest("\x0a\x06\x08\x80\x80\x80\x80\x10"sv);
  REQUIRE(odd.has_value());
  CHECK(operation_name(odd->partition_operations[0].type) == "operation 4294967295");
}

TEST_CASE("blocks are counted without overflow") {
  CHECK(count_blocks({{1, 2}, {kHole, 3}}) == 5U);
  CHECK_FALSE(count_blocks({{0, ~uint64_t{0}}, {0, 1}}).has_value());
}

}  // namespace
}  // namespace argosy::payload
