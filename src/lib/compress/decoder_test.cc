#include "lib/compress/decoder.h"

#include <algorithm>
#include <doctest/doctest.h>
#include <fstream>
#include <sstream>

namespace argosy::compress {
namespace {

Bytes read_testdata(std::string_view name) {
  std::stringstream text;
  const std::ifstream file("testdata/" + std::string(name), std::ios::binary);
  REQUIRE(file.good());
  text << file.rdbuf();
  return text.str();
}

Result<Bytes> unpack(Format format, BytesView packed, size_t in = 4096, size_t out = 4096) {
  Decoder decoder(format, [&]() -> Result<BytesView> {
    const BytesView piece = packed.substr(0, in);
    packed.remove_prefix(piece.size());
    return piece;
  });
  Bytes whole;
  Bytes buffer(out, '\0');
  while (true) {
    const size_t count = TRY(decoder.read(buffer));
    whole += buffer.substr(0, count);
    if (count < buffer.size()) break;
  }
  CHECK(decoder.read(buffer) == 0U);
  return whole;
}

struct Sample {
  Format format;
  const char* file;
};
constexpr Sample kSamples[] = {{Format::kGzip, "text.gz"},
                               {Format::kZstd, "text.zst"},
                               {Format::kXz, "text.xz"},
                               {Format::kBzip2, "text.bz2"}};

// What testdata/text.* were made from.
Bytes expected() {
  Bytes out;
  for (int i = 0; i < 3000; ++i) out += "line " + std::to_string(i * i) + "\n";
  return out;
}

TEST_CASE("what gzip, zstd, xz and bzip2 have packed") {
  for (const Sample& sample : kSamples) {
    CAPTURE(sample.file);
    const Bytes packed = read_testdata(sample.file);
    CHECK(format_of(packed) == sample.format);
    CHECK(unpack(sample.format, packed) == expected());
    CHECK(unpack(sample.format, packed, 1, 1000) == expected());
    CHECK(unpack(sample.format, packed, 1 << 20, 7) == expected());
    CHECK(unpack(sample.format, packed + packed, 100, 512) == expected() + expected());
    CHECK(unpack(sample.format, "") == Bytes());
  }
}

TEST_CASE("every cut is seen") {
  for (const Sample& sample : kSamples) {
    CAPTURE(sample.file);
    const Bytes packed = read_testdata(sample.file);
    for (size_t size = 1; size < packed.size(); size += size < 40 ? 1 : 97) {
      CHECK_MESSAGE(!unpack(sample.format, packed.substr(0, size)).has_value(), size);
    }
    for (size_t left = 1; left < 12; ++left) {
      CHECK_MESSAGE(!unpack(sample.format, packed.substr(0, packed.size() - left)).has_value(),
                    left);
    }
  }
}

TEST_CASE("damage and what follows the end is seen") {
  for (const Sample& sample : kSamples) {
    CAPTURE(sample.file);
    const Bytes packed = read_testdata(sample.file);
    // zstd's file ends with a checksum of four bytes, gzip's with that and the size.
    for (const size_t from_end : std::initializer_list<size_t>{2, 3, 8, 100, 1000}) {
      Bytes damaged = packed;
      damaged[damaged.size() - from_end] ^= 0x10;
      CHECK_MESSAGE(!unpack(sample.format, damaged).has_value(), from_end);
    }
    CHECK(!unpack(sample.format, packed + "garbage").has_value());
  }
}

TEST_CASE("what is not packed passes as it is") {
  CHECK(format_of("") == Format::kNone);
  CHECK(format_of("ustar") == Format::kNone);
  CHECK(format_of(std::string_view("\x50\x2a\x4d\x18", 4)) == Format::kZstd);
  CHECK(unpack(Format::kNone, expected(), 13, 17) == expected());
}

TEST_CASE("an error of the source is the decoder's") {
  Decoder decoder(Format::kGzip, []() -> Result<BytesView> {
    return fail(Code::kUnavailable, "the line is down");
  });
  Bytes buffer(10, '\0');
  CHECK(decoder.read(buffer).error().text() == "the line is down");
}

}  // namespace
}  // namespace argosy::compress
