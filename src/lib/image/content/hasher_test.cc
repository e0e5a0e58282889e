#include "lib/image/content/hasher.h"

#include <doctest/doctest.h>

#include "lib/image/media_type.h"

namespace argosy::image {
namespace {

TEST_CASE("the empty descriptor's content is what its digest says") {
  CHECK(verify(empty_descriptor(), kEmptyContent).has_value());
}

TEST_CASE("size first, then digest, then what is embedded") {
  Descriptor descriptor = describe(kOciConfig, "content");
  CHECK(verify(descriptor, "content").has_value());
  CHECK(verify(descriptor, "contenT").error().text().find("its digest is sha256:") !=
        std::string::npos);
  CHECK(verify(descriptor, "longer content").error().text() ==
        descriptor.digest.text() + ": 14 bytes, not 7");
  CHECK(verify(descriptor, "content").has_value());
  descriptor.data = "contenT";
  CHECK(verify(descriptor, "content").error().code() == Code::kDataLoss);
}

TEST_CASE("algorithms") {
  for (const char* algorithm : {"sha256", "sha384", "sha512"}) {
    auto hasher = Hasher::create(algorithm);
    REQUIRE(hasher.has_value());
    hasher->update("ab");
    hasher->update("c");
    CHECK(hasher->size() == 3);
    CHECK(hasher->finish().algorithm() == algorithm);
  }
  CHECK(Hasher::create("blake3").error().code() == Code::kUnimplemented);
}

// ChainID(n) = sha256(ChainID(n-1) + " " + DiffID(n)); the expected ones come from sha256sum(1).
TEST_CASE("chain ids") {
  const std::vector<Digest> diff_ids{digest_of("a"), digest_of("b"), digest_of("c")};
  const auto chain = chain_ids(diff_ids);
  REQUIRE(chain.size() == 3);
  CHECK(chain[0] == diff_ids[0]);
  CHECK(chain[1].text() ==
        "sha256:51c0c8ace48498d6f5fee6b0592cc06f2da0f3cbe09c5a34a97dce85c3889676");
  CHECK(chain[2].text() ==
        "sha256:2fce7f8ce91bcf0a1428b36e1024639fdbd9469eea762dba98aa749631885106");
  CHECK(chain_ids({}).empty());
}

}  // namespace
}  // namespace argosy::image
