#include "lib/payload/format/metadata.h"

#include <doctest/doctest.h>

#include "lib/payload/format/signatures.h"

namespace argosy::payload {
namespace {

Bytes metadata_of(uint64_t major_version, const Manifest& manifest, BytesView signature = "") {
  const Bytes encoded = encode(manifest);
  return encode(Header{.major_version = major_version,
                       .manifest_size = encoded.size(),
                       .metadata_signature_size = static_cast<uint32_t>(signature.size())}) +
         encoded + Bytes(signature);
}

Manifest some_manifest() {
  Manifest manifest;
  manifest.block_size = 4096;
  manifest.partition_operations.resize(3);
  return manifest;
}

TEST_CASE("the header's bytes") {
  CHECK(to_hex(encode(Header{.manifest_size = 0x1234})) ==
        "43724155"
        "0000000000000001"
        "0000000000001234");
  CHECK(to_hex(encode(
            Header{.major_version = 2, .manifest_size = 1, .metadata_signature_size = 0x108})) ==
        "43724155"
        "0000000000000002"
        "0000000000000001"
        "00000108");
}

TEST_CASE("metadata comes in pieces of any size, and leaves what follows it") {
  for (const uint64_t major : {uint64_t{1}, uint64_t{2}}) {
    const BytesView signature = major == 2 ? "signature" : "";
    const Bytes all = metadata_of(major, some_manifest(), signature) + "blobs";
    for (size_t piece = 1; piece <= all.size(); ++piece) {
      MetadataReader reader;
      BytesView rest(all);
      while (!reader.is_complete()) {
        REQUIRE_FALSE(rest.empty());
        BytesView some = rest.substr(0, piece);
        rest.remove_prefix(some.size());
        REQUIRE(reader.feed(some).has_value());
        // What is not taken is the beginning of the blobs.
        if (!some.empty()) rest = BytesView(all).substr(all.size() - rest.size() - some.size());
      }
      CHECK(reader.manifest() == some_manifest());
      CHECK(reader.metadata_signature() == signature);
      CHECK(reader.header().blobs_offset() == all.size() - 5);
      CHECK(rest.size() <= 5);
    }
  }
}

struct Refusal {
  const char* what;
  Bytes bytes;
  ErrorCode code;
};

TEST_CASE("refusals, with the original's numbers") {
  Bytes huge(kMagic);
  append_be64(huge, 1);
  append_be64(huge, uint64_t{1} << 60);
  Bytes future(kMagic);
  append_be64(future, 3);
  append_be64(future, 4);
  const Refusal rows[] = {
      {"another magic", "CrAX", ErrorCode::kDownloadInvalidMetadataMagicString},
      {"a first wrong byte", "x", ErrorCode::kDownloadInvalidMetadataMagicString},
      {"an oversized manifest", huge, ErrorCode::kDownloadInvalidMetadataSize},
      {"a later version", future, ErrorCode::kDownloadManifestParse},
      {"a damaged manifest", encode(Header{.manifest_size = 2}) + "\xff\xff",
       ErrorCode::kDownloadManifestParse},
  };
  for (const Refusal& row : rows) {
    CAPTURE(row.what);
    MetadataReader reader;
    BytesView bytes(row.bytes);
    CHECK_FALSE(reader.feed(bytes).has_value());
    CHECK(reader.error_code() == row.code);
  }
}

TEST_CASE("signatures have the sizes that clients know") {
  CHECK(encode_signatures({Bytes(256, 's')}).size() == 264);
  CHECK(encode_signatures({Bytes(256, 's'), Bytes(256, 't')}).size() == 528);
  CHECK(signatures_size({256, 512}) ==
        encode_signatures({Bytes(256, 's'), Bytes(512, 't')}).size());
  const auto two = decode_signatures(encode_signatures({"first", "second"}));
  REQUIRE(two.has_value());
  REQUIRE(two->size() == 2);
  CHECK((*two)[0].version == 1);
  CHECK((*two)[1].version == 2);
  CHECK((*two)[1].data == "second");
  CHECK_FALSE(decode_signatures("\x0a\x7f").has_value());
}

}  // namespace
}  // namespace argosy::payload
