#include "lib/gpt/entry.h"

#include <doctest/doctest.h>

#include "lib/gpt/crc32.h"
#include "lib/gpt/types.h"

using namespace argosy;
using namespace argosy::gpt;

TEST_CASE("attribute bits stand where firmware and boot loader look for them") {
  Attributes bits;
  bits.set_priority(1);
  bits.set_successful(true);
  CHECK(bits.bits() == 0x0101000000000000);
  bits.set_tries(15);
  CHECK(bits.bits() == 0x01f1000000000000);
  CHECK(bits.tries() == 15);
  CHECK(bits.priority() == 1);
  bits.set_tries(0);
  bits.set_priority(15);
  bits.set_successful(false);
  CHECK(bits.bits() == 0x000f000000000000);
  bits = Attributes(0);
  bits.set_legacy_bootable(true);
  bits.set_read_only(true);
  bits.set_no_automount(true);
  CHECK(bits.bits() == 0x9000000000000004);
  CHECK(bits.is_legacy_bootable());
  CHECK(bits.is_read_only());
  CHECK(bits.is_no_automount());
  CHECK_FALSE(bits.is_successful());
}

TEST_CASE("setting one field leaves all other bits") {
  Attributes bits(~uint64_t{0});
  bits.set_tries(0);
  CHECK(bits.bits() == 0xff0fffffffffffff);
  bits.set_priority(0);
  CHECK(bits.bits() == 0xff00ffffffffffff);
}

TEST_CASE("names are UTF-16 on disk and UTF-8 here") {
  for (const std::string_view text :
       {"", "USR-A", "\xc3\xa9t\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x9a\xa2 ship"}) {
    CAPTURE(text);
    const auto name = name_of(text);
    REQUIRE(name);
    CHECK(to_text(*name).text == text);
    CHECK(to_text(*name).is_whole);
  }
  CHECK((*name_of("\xf0\x9f\x9a\xa2"))[0] == 0xd83d);
  CHECK((*name_of("\xf0\x9f\x9a\xa2"))[1] == 0xdea2);
  CHECK_FALSE(name_of("\xff"));
  CHECK_FALSE(name_of("\xed\xa0\x80"));
}

TEST_CASE("a name is cut between characters") {
  CHECK(to_text(*name_of(std::string(50, 'x'))).text == std::string(36, 'x'));
  CHECK(to_text(*name_of(std::string(50, 'x'), 35)).text == std::string(35, 'x'));
  const std::string ships = std::string(35, 'x') + "\xf0\x9f\x9a\xa2";
  CHECK(to_text(*name_of(ships)).text == std::string(35, 'x'));
}

TEST_CASE("a name ends before half a character") {
  Name name{u'a', char16_t{0xd83d}, u'b'};
  CHECK(to_text(name).text == "a");
  CHECK_FALSE(to_text(name).is_whole);
  name = {u'a', char16_t{0xdea2}};
  CHECK_FALSE(to_text(name).is_whole);
  name.fill(u'z');
  name[35] = char16_t{0xd83d};
  CHECK(to_text(name).text == std::string(35, 'z'));
  CHECK_FALSE(to_text(name).is_whole);
}

TEST_CASE("an entry's bytes") {
  Entry entry;
  entry.type = kUsrSlot;
  entry.unique = "7130c94a-213a-4e5a-8e26-6cce9662f132"_guid;
  entry.first_lba = 270336;
  entry.last_lba = 2367487;
  entry.attributes = Attributes(0x0101000000000000);
  entry.name = *name_of("USR-A");
  Bytes bytes(128, '\0');
  write_entry(bytes.data(), entry);
  CHECK(to_hex(bytes.substr(0, 68)) ==
        "f4f5fb5d4828ac4baa5e0d9a20b745a6"
        "4ac930713a215a4e8e266cce9662f132"
        "0020040000000000ff1f240000000000"
        "0000000000000101"
        "5500530052002d0041000000");
  CHECK(parse_entry(bytes.data()) == entry);
  CHECK(entry.sectors() == 2097152);
}

TEST_CASE("the checksum of nine digits is the known one") {
  CHECK(crc32("123456789") == 0xcbf43926);
  CHECK(crc32("") == 0);
}
