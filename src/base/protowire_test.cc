#include "base/protowire.h"

#include <doctest/doctest.h>

namespace argosy::protowire {
namespace {

using namespace std::string_literals;

// All fields in words: "1=5 2='ab' failed".
std::string walk(BytesView bytes) {
  std::string out;
  Reader in(bytes);
  while (in.next()) {
    out += std::to_string(in.field()) + '=';
    out += in.type() == WireType::kBytes ? '\'' + Bytes(in.bytes()) + '\''
                                         : std::to_string(in.uint64());
    out += ' ';
  }
  return out + (in.failed() ? "failed" : "ok");
}

TEST_CASE("what the writer writes, in bytes") {
  Bytes out;
  Writer to(out);
  to.uint64(1, 150);
  to.bytes(2, "testing");
  to.boolean(3, true);
  to.int64(4, -1);
  to.uint64(16, 0);
  CHECK(out ==
        "\x08\x96\x01\x12\x07testing\x18\x01\x20\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01"
        "\x80\x01\x00"s);
  CHECK(walk(out) == "1=150 2='testing' 3=1 4=18446744073709551615 16=0 ok");
}

TEST_CASE("sizes of varints at their edges") {
  for (unsigned bits = 0; bits < 64; ++bits) {
    for (const uint64_t value : {(1ULL << bits) - 1, 1ULL << bits}) {
      Bytes out;
      Writer(out).varint(value);
      CHECK(out.size() == varint_size(value));
      Bytes field;
      Writer(field).uint64(7, value);
      Reader in(field);
      REQUIRE(in.next());
      CHECK(in.uint64() == value);
      CHECK(!in.next());
      CHECK(!in.failed());
    }
  }
  CHECK(varint_size(UINT64_MAX) == 10);
}

TEST_CASE("what may be in a message") {
  struct Row {
    Bytes bytes;
    const char* walked;
  };
  for (const Row& row : {Row{"", "ok"}, Row{"\x0A\x00"s, "1='' ok"},
                         Row{"\x09\x01\x02\x03\x04\x05\x06\x07\x08", "1=578437695752307201 ok"},
                         Row{"\x0D\x01\x00\x00\x80"s, "1=2147483649 ok"},
                         // A varint that is longer than it has to be.
                         Row{"\x08\x81\x80\x00"s, "1=1 ok"}, Row{"\x08\x01\x08\x02", "1=1 1=2 ok"},
                         // The largest field number.
                         Row{"\xF8\xFF\xFF\xFF\x0F\x05", "536870911=5 ok"}}) {
    CHECK(walk(row.bytes) == row.walked);
  }
}

TEST_CASE("bad messages fail where they are bad") {
  struct Row {
    Bytes bytes;
    const char* walked;
  };
  for (const Row& row : {
           Row{"\x08", "failed"},      // no value
           Row{"\x08\x80", "failed"},  // a varint is cut off
           Row{"\x80", "failed"},      // a key is cut off
           Row{"\x08\x01\x12\x05"
               "ab",
               "1=1 failed"},  // a length past the end
           Row{"\x12\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01", "failed"},
           Row{"\x12\x80", "failed"},                  // a length is cut off
           Row{"\x00\x01"s, "failed"},                 // field 0
           Row{"\xF8\xFF\xFF\xFF\x10\x05", "failed"},  // too large a field number
           Row{"\x0B\x0C", "failed"},                  // a group
           Row{"\x0C", "failed"},                      // a group's end
           Row{"\x0E\x01", "failed"},                  // types 6 and 7
           Row{"\x0F\x01", "failed"},
           Row{"\x09\x01\x02\x03\x04\x05\x06\x07", "failed"},                  // 7 of 8 bytes
           Row{"\x0D\x01\x02\x03", "failed"},                                  // 3 of 4 bytes
           Row{"\x08\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x02", "failed"},      // 65 bits
           Row{"\x08\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01", "failed"},  // 11 bytes
       }) {
    CHECK(walk(row.bytes) == row.walked);
  }
}

TEST_CASE("asking for another type fails") {
  Reader number("\x08\x01\x10\x02");
  REQUIRE(number.next());
  CHECK(number.bytes().empty());
  CHECK(number.failed());
  CHECK(!number.next());
  Reader text("\x0A\x01x");
  REQUIRE(text.next());
  CHECK(text.uint64() == 0);
  CHECK(text.failed());
}

TEST_CASE("every prefix of a message ends in order or fails, and reads nothing past it") {
  Bytes out;
  Writer to(out);
  to.uint64(1, UINT64_MAX);
  to.bytes(2, Bytes(200, 'x'));
  to.uint64(500, 1);
  size_t whole = 0;
  for (size_t size = 0; size <= out.size(); ++size) {
    // A copy of its own, so that the address sanitizer sees what is read beyond.
    const std::vector<char> prefix(out.begin(), out.begin() + static_cast<ptrdiff_t>(size));
    const std::string walked = walk({prefix.data(), prefix.size()});
    whole += walked.ends_with("ok") ? 1 : 0;
  }
  CHECK(whole == 4);
}

}  // namespace
}  // namespace argosy::protowire
