#include "base/bytes.h"

#include <doctest/doctest.h>

#include "base/shared_bytes.h"

namespace argosy {
namespace {

using namespace std::string_literals;

TEST_CASE("fixed-width integers at any place") {
  char raw[16] = {};
  store_be64(raw + 1, 0x0102030405060708);
  CHECK(BytesView(raw + 1, 8) == "\x01\x02\x03\x04\x05\x06\x07\x08");
  CHECK(load_be64(raw + 1) == 0x0102030405060708);
  CHECK(load_le64(raw + 1) == 0x0807060504030201);
  store_le64(raw + 3, 0xFFEEDDCCBBAA9988);
  CHECK(load_le64(raw + 3) == 0xFFEEDDCCBBAA9988);
  store_be32(raw, 0x01020304);
  CHECK(load_le32(raw) == 0x04030201);
  store_le32(raw, 0x01020304);
  CHECK(load_le32(raw) == 0x01020304);
  store_le16(raw + 5, 0xBEEF);
  CHECK(load_le16(raw + 5) == 0xBEEF);
  Bytes bytes;
  append_be64(bytes, 1);
  append_be32(bytes, 0x80000000);
  CHECK(bytes == "\0\0\0\0\0\0\0\1\x80\0\0\0"s);
}

TEST_CASE("hex of bytes") {
  CHECK(to_hex(BytesView("\x00\xFFz", 3)) == "00ff7a");
  CHECK(to_hex(BytesView()).empty());
  CHECK(from_hex("00fF7A") == "\x00\xFFz"s);
  CHECK(from_hex("") == Bytes());
  for (const std::string_view text : {"0", "0g", "g0", " 00", "0x00"}) CHECK(!from_hex(text));
}

TEST_CASE("hex of numbers") {
  CHECK(to_hex(uint64_t{0}) == "0");
  CHECK(to_hex(uint64_t{0xABC}) == "abc");
  CHECK(to_hex(UINT64_MAX) == "ffffffffffffffff");
  CHECK(to_hex16(0xABC) == "0000000000000abc");
  CHECK(parse_hex("ABC") == 0xABCU);
  CHECK(parse_hex("0000000000000001") == 1U);
  CHECK(parse_hex("ffffffffffffffff") == UINT64_MAX);
  for (const std::string_view text : {"", "g", "-1", "0x1", "00000000000000001"}) {
    CHECK(!parse_hex(text));
  }
}

TEST_CASE("base64: the vectors of RFC 4648 section 10, and what is not canonical") {
  struct Row {
    std::string_view plain;
    std::string_view coded;
  };
  for (const Row& row : {Row{"", ""}, Row{"f", "Zg=="}, Row{"fo", "Zm8="}, Row{"foo", "Zm9v"},
                         Row{"foob", "Zm9vYg=="}, Row{"fooba", "Zm9vYmE="},
                         Row{"foobar", "Zm9vYmFy"}, Row{"\xFB\xFF\xFE", "+//+"}}) {
    CHECK(to_base64(row.plain) == row.coded);
    CHECK(from_base64(row.coded) == Bytes(row.plain));
  }
  for (const std::string_view text : {"Z", "Zg", "Zg=", "=", "====", "Z===", "Zg==Zg==", "Zm9v\n",
                                      "Zm 9v", "Zh==", "Zm9=", "Zm-v", "Z=9v"}) {
    CAPTURE(text);
    CHECK(!from_base64(text));
  }
}

TEST_CASE("base64 goes there and back for every byte and length") {
  Bytes bytes;
  for (int i = 0; i < 300; ++i) {
    CHECK(from_base64(to_base64(bytes)) == bytes);
    bytes += static_cast<char>(i * 7);
  }
}

TEST_CASE("shared bytes have one copy and compare by content") {
  const SharedBytes empty;
  CHECK(empty.empty());
  CHECK(empty == SharedBytes(Bytes()));
  const SharedBytes one(Bytes("content that is longer than a small string"));
  const SharedBytes other = one;  // NOLINT(performance-unnecessary-copy-initialization)
  CHECK(one.view().data() == other.view().data());
  CHECK(one == SharedBytes(Bytes(one.view())));
  CHECK(!(one == empty));
}

}  // namespace
}  // namespace argosy
