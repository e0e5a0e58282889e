// What can be wrong with a payload: each is refused with the original's number, and the
// old slot is as it was.
#include <doctest/doctest.h>
#include <functional>

#include "lib/payload/apply/simulated_test.h"

namespace argosy::payload {
namespace {

struct Situation {
  explicit Situation(uint64_t major_version) {
    payload = simulate_payload(3, {.major_version = major_version});
    pristine = payload.old_image;
    slot = payload.old_image.size();
    expectations.keys = test_keyring(1);
  }

  // After changes to the manifest or the blobs.
  void pack(int key = 1) {
    assemble(payload, {test_key(key)});
    expectations.size = payload.bytes.size();
    expectations.sha256 = sha256(payload.bytes);
  }
  Operation& with_blob() {
    for (size_t i = 1;; ++i) {
      if (!payload.blobs[i].empty()) return operations_of(payload)[i];
    }
  }

  SimulatedPayload payload;
  Bytes pristine;
  uint64_t slot;
  Expectations expectations;
};

struct Row {
  const char* what;
  uint64_t major_version;
  ErrorCode code;
  std::function<void(Situation&)> spoil;
};

const Row kRows[] = {
    {"nothing is wrong", 1, ErrorCode::kSuccess, [](Situation& s) { s.pack(); }},
    {"nothing is wrong", 2, ErrorCode::kSuccess, [](Situation& s) { s.pack(); }},
    {"signed by another key", 1, ErrorCode::kDownloadPayloadPubKeyVerification,
     [](Situation& s) { s.pack(2); }},
    {"metadata signed by another key", 2, ErrorCode::kDownloadMetadataSignatureMismatch,
     [](Situation& s) { s.pack(2); }},
    {"a damaged signature", 1, ErrorCode::kDownloadPayloadPubKeyVerification,
     [](Situation& s) {
       s.pack();
       s.payload.bytes.back() ^= 1;
       s.expectations.sha256 = sha256(s.payload.bytes);
     }},
    {"not signed", 1, ErrorCode::kSignedDeltaPayloadExpected,
     [](Situation& s) { assemble(s.payload); }},
    {"another hash than announced", 1, ErrorCode::kPayloadHashMismatch,
     [](Situation& s) {
       s.pack();
       s.expectations.sha256[0] ^= 1;
     }},
    {"another size than announced", 1, ErrorCode::kPayloadSizeMismatch,
     [](Situation& s) {
       s.pack();
       ++*s.expectations.size;
     }},
    {"cut off in a blob", 1, ErrorCode::kPayloadSizeMismatch,
     [](Situation& s) {
       s.pack();
       s.payload.bytes.resize(s.payload.bytes.size() - 300);
     }},
    {"cut off in the signature", 2, ErrorCode::kPayloadSizeMismatch,
     [](Situation& s) {
       s.pack();
       s.payload.bytes.pop_back();
     }},
    {"cut off in the metadata", 2, ErrorCode::kPayloadSizeMismatch,
     [](Situation& s) {
       s.pack();
       s.payload.bytes.resize(100);
     }},
    {"something behind the end", 1, ErrorCode::kPayloadSizeMismatch,
     [](Situation& s) {
       s.pack();
       s.payload.bytes += "more";
     }},
    {"an operation with another hash", 1, ErrorCode::kDownloadOperationHashMismatch,
     [](Situation& s) {
       s.with_blob().data_sha256[5] ^= 1;
       s.pack();
     }},
    {"an operation without a hash", 2, ErrorCode::kDownloadOperationHashMissing,
     [](Situation& s) {
       s.with_blob().data_sha256.clear();
       s.pack();
     }},
    {"blobs in another order", 1, ErrorCode::kDownloadOperationHashMismatch,
     [](Situation& s) {
       s.pack();
       const Bytes metadata = s.payload.bytes.substr(
           0, s.payload.bytes.size() - *s.payload.manifest.signatures_offset - 264);
       Bytes blobs;
       for (auto blob = s.payload.blobs.rbegin(); blob != s.payload.blobs.rend(); ++blob) {
         blobs += *blob;
       }
       s.payload.bytes.replace(metadata.size(), blobs.size(), blobs);
     }},
    {"operations in another order", 1, ErrorCode::kDownloadOperationExecution,
     [](Situation& s) {
       s.pack();
       auto& operations = s.payload.manifest.partition_operations;
       std::ranges::reverse(operations);
       const Bytes manifest = encode(s.payload.manifest);
       s.payload.bytes.replace(kHeaderSizeV1, manifest.size(), manifest);
     }},
    {"the wrong base (in place)", 1, ErrorCode::kDownloadStateInitialization,
     [](Situation& s) {
       s.pack();
       s.payload.old_image[5000] ^= 1;
       s.pristine = s.payload.old_image;
     }},
    {"the wrong base (from the old slot)", 2, ErrorCode::kDownloadStateInitialization,
     [](Situation& s) {
       s.pack();
       for (char& byte : s.payload.old_image) byte ^= 1;
       s.pristine = s.payload.old_image;
     }},
    {"a payload larger than its slot", 1, ErrorCode::kDownloadOperationExecution,
     [](Situation& s) {
       s.pack();
       s.slot -= kBlockSize;
     }},
    {"an operation beyond its slot", 2, ErrorCode::kDownloadOperationExecution,
     [](Situation& s) {
       s.with_blob().dst_extents[0].start_block = 1 << 20;
       s.pack();
     }},
    {"an extent that overflows", 2, ErrorCode::kDownloadOperationExecution,
     [](Situation& s) {
       s.with_blob().dst_extents[0] = {~uint64_t{0} - 1, 5};
       s.pack();
     }},
    {"more bytes than blocks", 2, ErrorCode::kDownloadOperationExecution,
     [](Situation& s) {
       s.with_blob().dst_extents[0].num_blocks = 0;
       s.pack();
     }},
    {"a blob that does not unpack", 1, ErrorCode::kDownloadOperationExecution,
     [](Situation& s) {
       auto& operations = s.payload.manifest.partition_operations;
       for (size_t i = 0; i < operations.size(); ++i) {
         if (operations[i].type != OperationType::kReplaceBz) continue;
         s.payload.blobs[i][20] ^= 1;
         operations[i].data_sha256 = sha256(s.payload.blobs[i]);
       }
       s.pack();
     }},
    {"an operation that is not known", 2, ErrorCode::kDownloadManifestParse,
     [](Situation& s) {
       s.with_blob().type = OperationType::kPuffdiff;
       s.pack();
     }},
    {"another image than the manifest says", 1, ErrorCode::kNewRootfsVerification,
     [](Situation& s) {
       s.payload.manifest.new_partition_info->sha256[0] ^= 1;
       s.pack();
     }},
    {"no word about the new image", 1, ErrorCode::kDownloadPayloadVerification,
     [](Situation& s) {
       s.payload.manifest.new_partition_info.reset();
       s.pack();
     }},
    {"signatures elsewhere", 1, ErrorCode::kDownloadOperationExecution,
     [](Situation& s) {
       s.pack();
       --*s.payload.manifest.signatures_offset;
       const Bytes manifest = encode(s.payload.manifest);
       s.payload.bytes.replace(kHeaderSizeV1, manifest.size(), manifest);
     }},
    {"an oversized manifest", 1, ErrorCode::kDownloadInvalidMetadataSize,
     [](Situation& s) {
       s.pack();
       store_be64(s.payload.bytes.data() + 12, uint64_t{1} << 40);
     }},
    {"another magic", 1, ErrorCode::kDownloadInvalidMetadataMagicString,
     [](Situation& s) {
       s.pack();
       s.payload.bytes[0] = 'c';
     }},
    {"a damaged manifest", 1, ErrorCode::kDownloadManifestParse,
     [](Situation& s) {
       s.pack();
       s.payload.bytes[21] ^= '\x40';
     }},
};

TEST_CASE("bad input") {
  for (const Row& row : kRows) {
    CAPTURE(row.what);
    CAPTURE(row.major_version);
    Situation situation(row.major_version);
    row.spoil(situation);
    MemoryStorage old(situation.payload.old_image, situation.payload.old_image.size());
    MemoryStorage fresh(Bytes(situation.slot, '?'), situation.slot);
    Applier applier({{.name = std::string(kMainPartition), .fresh = &fresh, .old = &old}},
                    situation.expectations);
    Result<void> done;
    const Bytes& bytes = situation.payload.bytes;
    while (done && applier.position() < bytes.size()) {
      done = applier.feed(BytesView(bytes).substr(applier.position(), 1000));
    }
    if (done) done = applier.finish();
    CAPTURE((done ? "" : done.error().text()));
    CHECK(applier.error_code() == row.code);
    CHECK(done.has_value() == (row.code == ErrorCode::kSuccess));
    CHECK(old.bytes == situation.pristine);
  }
}

TEST_CASE("files beside the partition are written, cut to size and checked") {
  for (const bool is_spoilt : {false, true}) {
    SimulatedPayload payload = simulate_payload(4, {.major_version = 1, .is_delta = false});
    const Bytes kernel = Bytes(5000, 'k');
    Operation operation;
    operation.data_length = kernel.size();
    operation.data_sha256 = sha256(kernel);
    operation.dst_extents = {{0, 2}};
    assemble(payload);
    uint64_t end = 0;
    for (const Bytes& blob : payload.blobs) end += blob.size();
    operation.data_offset = end;
    Procedure procedure;
    procedure.type = Procedure::Type::kKernel;
    procedure.operations.push_back(operation);
    procedure.new_info = {.size = kernel.size(), .sha256 = sha256(is_spoilt ? "x" : kernel)};
    payload.manifest.procedures.push_back(procedure);
    assemble(payload);
    payload.bytes += kernel;
    MemoryStorage fresh("", payload.new_image.size());
    MemoryStorage file("", 1 << 20);
    Applier applier({{.name = std::string(kMainPartition), .fresh = &fresh},
                     {.name = std::string(kKernelFile), .fresh = &file}},
                    {});
    REQUIRE(applier.feed(payload.bytes).has_value());
    CHECK(applier.finish().has_value() != is_spoilt);
    CHECK(file.bytes == kernel);
    CHECK(applier.error_code() ==
          (is_spoilt ? ErrorCode::kNewKernelVerification : ErrorCode::kSuccess));
    // Without a place for it, the kernel is left out.
    MemoryStorage alone("", payload.new_image.size());
    Applier without({{.name = std::string(kMainPartition), .fresh = &alone}}, {});
    REQUIRE(without.feed(payload.bytes).has_value());
    CHECK(without.finish().has_value());
    CHECK(alone.bytes == payload.new_image);
  }
}

}  // namespace
}  // namespace argosy::payload
