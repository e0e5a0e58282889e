#include "lib/gpt/guid.h"

#include <doctest/doctest.h>

#include "lib/gpt/types.h"

using namespace argosy;
using namespace argosy::gpt;

TEST_CASE("the first three fields are stored low byte first") {
  const auto guid = parse_guid("C12A7328-F81F-11D2-BA4B-00A0C93EC93B");
  REQUIRE(guid);
  const std::string_view stored(reinterpret_cast<const char*>(guid->bytes.data()), 16);
  CHECK(to_hex(stored) == "28732ac11ff8d211ba4b00a0c93ec93b");
  CHECK(*guid == kEfiSystem);
  CHECK(to_upper_text(*guid) == "C12A7328-F81F-11D2-BA4B-00A0C93EC93B");
  CHECK(to_lower_text(*guid) == "c12a7328-f81f-11d2-ba4b-00a0c93ec93b");
  char raw[16];
  store_guid(raw, *guid);
  CHECK(load_guid(raw) == *guid);
}

TEST_CASE("only 8-4-4-4-12 hex digits are a GUID") {
  for (const std::string_view text :
       {"", "c12a7328", "c12a7328-f81f-11d2-ba4b-00a0c93ec93",
        "c12a7328-f81f-11d2-ba4b-00a0c93ec93bb", "c12a7328xf81f-11d2-ba4b-00a0c93ec93b",
        "g12a7328-f81f-11d2-ba4b-00a0c93ec93b", "{12a7328-f81f-11d2-ba4b-00a0c93ec93b",
        "c12a7328f-81f-11d2-ba4b-00a0c93ec93b"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_guid(text));
  }
}

TEST_CASE("random GUIDs say that they are") {
  const std::string text = to_lower_text(random_guid(~uint64_t{0}, ~uint64_t{0}));
  CHECK(text == "ffffffff-ffff-4fff-bfff-ffffffffffff");
  CHECK(to_lower_text(random_guid(0, 0)) == "00000000-0000-4000-8000-000000000000");
  CHECK(Guid{}.is_zero());
  CHECK_FALSE(random_guid(0, 0).is_zero());
}

TEST_CASE("types by alias, and the first description of a type") {
  CHECK(type_of_alias("coreos-usr") == kUsrSlot);
  CHECK(type_of_alias("flatcar-rootfs") == kUsrSlot);
  CHECK(type_of_alias("data") == kLinuxData);
  CHECK(type_of_alias("unused") == kUnused);
  CHECK_FALSE(type_of_alias("Data"));
  CHECK_FALSE(type_of_alias(""));
  CHECK(description_of(kUsrSlot) == "Alias for coreos-rootfs");
  CHECK(description_of(kEfiSystem) == "EFI System Partition");
  CHECK_FALSE(description_of("00000000-0000-0000-0000-000000000001"_guid));
  CHECK(type_aliases().size() == 27);
}
