#include <algorithm>
#include <cstdlib>
#include <doctest/doctest.h>
#include <fstream>
#include <sstream>

#include "base/format.h"
#include "base/text.h"
#include "lib/tar/header.h"
#include "lib/tar/reader.h"
#include "lib/tar/writer.h"
#include "sys/random/random.h"

namespace argosy::tar {
namespace {

// An archive in memory, given out in pieces of one size.
Reader::Source source_of(BytesView bytes, size_t piece = 1000) {
  return [bytes, piece]() mutable -> Result<BytesView> {
    const BytesView out = bytes.substr(0, piece);
    bytes.remove_prefix(out.size());
    return out;
  };
}

struct File {
  Entry entry;
  Bytes content;  // with its holes
  bool operator==(const File&) const = default;
};

Result<std::vector<File>> read_all(BytesView bytes, size_t piece = 1000) {
  Reader reader(source_of(bytes, piece));
  std::vector<File> out;
  while (const Entry* entry = TRY(reader.next())) {
    File file{.entry = *entry, .content = Bytes(std::min<uint64_t>(entry->size, 1 << 24), '\0')};
    while (true) {
      const auto part = TRY(reader.read());
      if (part.bytes.empty()) break;
      part.bytes.copy(file.content.data() + part.offset, part.bytes.size());
    }
    out.push_back(std::move(file));
  }
  return out;
}

Bytes read_testdata(const std::string& name) {
  std::stringstream text;
  const std::ifstream file("testdata/" + name, std::ios::binary);
  REQUIRE(file.good());
  text << file.rdbuf();
  return text.str();
}

Bytes write_all(const std::vector<File>& files) {
  Bytes out;
  Writer writer([&](BytesView bytes) -> Result<void> {
    out += bytes;
    return {};
  });
  for (const File& file : files) {
    REQUIRE(writer.add(file.entry).has_value());
    REQUIRE(writer.write(file.content).has_value());
  }
  REQUIRE(writer.finish().has_value());
  return out;
}

Bytes patched(Bytes archive, size_t block, Place place, std::string_view text) {
  const size_t at = block * kBlock;
  text.copy(archive.data() + at + place.offset, place.size);
  const BytesView header = BytesView(archive).substr(at, kBlock);
  const std::string sum = format("{:06o}", checksum_of(header)) + std::string("\0 ", 2);
  sum.copy(archive.data() + at + kChecksum.offset, kChecksum.size);
  return archive;
}

File plain(std::string path, Bytes content = {}) {
  File file;
  file.entry.path = std::move(path);
  file.entry.mode = 0644;
  file.entry.size = content.size();
  file.entry.extents = {{.offset = 0, .size = content.size()}};
  file.content = std::move(content);
  return file;
}

TEST_CASE("GNU tar's archives, cut anywhere") {
  for (const char* name : {"gnu.tar", "pax.tar", "ustar.tar", "v7.tar"}) {
    CAPTURE(name);
    const auto files = read_all(read_testdata(name));
    REQUIRE_MESSAGE(files.has_value(), files.error().text());
    const auto find = [&](std::string_view path) {
      const auto found =
          std::ranges::find(*files, path, [](const File& file) { return file.entry.path; });
      REQUIRE(found != files->end());
      return *found;
    };
    const File file = find("d/file");
    CHECK(file.content == "hello\n");
    CHECK(file.entry.uid == 7);
    CHECK(file.entry.gid == 8);
    CHECK(file.entry.mtime == 1700000000);
    CHECK(find("d/hard").entry.link == "d/file");
    CHECK(find("d/hard").entry.type == Type::kHardLink);
    CHECK(find("d/link").entry.link == "../target");
    CHECK(find("d/link").entry.type == Type::kSymlink);
    const std::string_view format_name = name;
    if (format_name == "gnu.tar" || format_name == "pax.tar") {
      CHECK(find("d/fifo").entry.type == Type::kFifo);
      CHECK(find("d/").entry.type == Type::kDirectory);
      CHECK(find("d/" + std::string(120, 'n')).content == "long\n");
      CHECK(find("d/longlink").entry.link == std::string(150, 't'));
      CHECK(find("d/\xc3\xbc").content == "x");
      CHECK(find("d/\xff").content == "x");
    }
    if (format_name == "pax.tar") CHECK(file.entry.xattrs.at("user.a") == "b");
    for (const size_t piece : std::initializer_list<size_t>{1, 7, 512, 513, 1 << 20}) {
      CHECK(read_all(read_testdata(name), piece) == *files);
    }
  }
}

TEST_CASE("sparse files in all four forms") {
  Bytes sparse(5 << 20, '\0');
  std::fill_n(sparse.begin() + (1 << 20), 600, 'A');
  std::fill_n(sparse.begin() + (3 << 20), 1000, 'B');
  Bytes holes(40 * 4096, '\0');
  for (int i = 0; i < 27; ++i) {
    std::fill_n(holes.begin() + i * 4096, 512, static_cast<char>('a' + i % 26));
  }
  for (const char* name : {"gnu.tar", "pax_0.0.tar", "pax_0.1.tar", "pax_1.0.tar"}) {
    CAPTURE(name);
    for (const size_t piece : std::initializer_list<size_t>{100, 512, 1 << 20}) {
      const auto files = read_all(read_testdata(name), piece);
      REQUIRE_MESSAGE(files.has_value(), files.error().text());
      REQUIRE(files->size() >= 2);
      CHECK((*files)[0].entry.path == "sparse");
      CHECK((*files)[0].entry.is_sparse);
      CHECK((*files)[0].content == sparse);
      CHECK((*files)[1].entry.path == "manyholes");
      CHECK((*files)[1].content == holes);
    }
  }
}

std::string random_text(Random& random, size_t most, std::string_view letters) {
  std::string out;
  for (size_t left = 1 + random.below(most); left > 0; --left) {
    out += letters[random.below(letters.size())];
  }
  return out;
}

File random_file(Random& random) {
  static constexpr std::string_view kLetters = "ab/cd\xc3\xbc\xff.e";
  File file;
  Entry& entry = file.entry;
  entry.path = "p" + random_text(random, random.chance(3) ? 400 : 60, kLetters) + "x";
  entry.type = static_cast<Type>(random.below(7));
  entry.mode = static_cast<uint32_t>(random.below(010000));
  entry.uid = random.chance(4) ? random.next() >> 20 : random.below(70000);
  entry.gid = random.chance(4) ? random.next() >> 30 : random.below(70000);
  if (random.chance(2)) entry.user = random_text(random, 40, kLetters);
  entry.mtime = random.chance(4) ? static_cast<int64_t>(random.below(1ULL << 40)) - (1LL << 39)
                                 : static_cast<int64_t>(random.below(1ULL << 31));
  if (random.chance(4)) entry.mtime_nanoseconds = static_cast<uint32_t>(random.below(1000000000));
  if (random.chance(5))
    entry.xattrs["user." + random_text(random, 20, "abc.")] = Bytes("\0\n=x", 4);
  if (entry.type == Type::kDirectory) entry.path += '/';
  if (entry.type == Type::kHardLink || entry.type == Type::kSymlink) {
    entry.link = "l" + random_text(random, 200, kLetters);
  }
  if (entry.type == Type::kCharacterDevice || entry.type == Type::kBlockDevice) {
    entry.device_major = static_cast<uint32_t>(random.below(1 << 20));
    entry.device_minor = static_cast<uint32_t>(random.below(1 << 20));
  }
  if (entry.type == Type::kFile) file.content = Bytes(random.below(3000), 'c');
  entry.size = file.content.size();
  entry.extents = {{.offset = 0, .size = entry.size}};
  return file;
}

TEST_CASE("what is written is read the same") {
  const char* given = std::getenv("ARGOSY_SEED");
  const uint64_t seed = given != nullptr ? parse_uint(given).value_or(1) : real_random().next();
  CAPTURE(seed);
  SeededRandom random(seed);
  for (int round = 0; round < 60; ++round) {
    std::vector<File> files;
    for (uint64_t left = random.below(12); left > 0; --left) files.push_back(random_file(random));
    const Bytes archive = write_all(files);
    CHECK(archive.size() % kBlock == 0);
    const auto again = read_all(archive, 1 + random.below(2000));
    REQUIRE_MESSAGE(again.has_value(), again.error().text());
    REQUIRE(*again == files);
    CHECK(write_all(*again) == archive);
  }
}

TEST_CASE("where archives may end") {
  CHECK(read_all("")->empty());
  CHECK(read_all(Bytes(1024, '\0'))->empty());
  CHECK(read_all(Bytes(512, '\0'))->empty());
  const Bytes whole = write_all({plain("a", "content")});
  CHECK(read_all(whole)->size() == 1);
  CHECK(read_all(whole.substr(0, 1024))->size() == 1);
  CHECK(read_all(whole + "anything")->size() == 1);
  for (size_t size = 1; size < 1024; ++size) {
    if (size == 512 + 7) continue;
    CHECK_MESSAGE(!read_all(BytesView(whole).substr(0, size)).has_value(), size);
  }
}

TEST_CASE("a reader that is done passes over what follows") {
  const Bytes archive = write_all({plain("a", "content")}) + Bytes(5000, 'x');
  size_t given = 0;
  Reader reader([&, source = source_of(archive, 700)]() mutable -> Result<BytesView> {
    auto piece = source();
    given += piece->size();
    return piece;
  });
  while (*reader.next() != nullptr) {
  }
  REQUIRE(reader.drain().has_value());
  CHECK(given == archive.size());
  CHECK(*reader.next() == nullptr);
}

TEST_CASE("damaged archives are refused") {
  const Bytes good = write_all({plain("a", "content"), plain("b")});
  const auto refusal = [](const Bytes& archive) {
    const auto files = read_all(archive);
    return files ? std::string("read") : files.error().text();
  };
  Bytes flipped = good;
  flipped[0] = 'x';
  CHECK(refusal(flipped) == "tar: a header's checksum is wrong");
  CHECK(refusal(patched(good, 0, kTypeFlag, "Q")) == "tar: \"a\" is of an unknown kind, \"Q\"");
  CHECK(refusal(patched(good, 0, kSize, "0000000000x")) == "tar: a header's size is no number");
  CHECK(refusal(patched(good, 0, kSize, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff")) ==
        "tar: a header's size is no number");
  CHECK(refusal(patched(good, 0, kSize, "77777777777")) == "tar: the archive ends inside a file");
  CHECK(refusal(patched(good, 0, kName, std::string_view("\0", 1))) ==
        "tar: a file without a name");
  Bytes zeros = good;
  std::fill_n(zeros.begin() + 1024, 512, '\0');
  CHECK(refusal(zeros + good) == "read");
  CHECK(refusal(Bytes(512, '\0') + good) == "tar: one block of zeros in the middle");
}

Bytes with_records(std::string_view records) {
  File header = plain("pax", Bytes(records));
  return patched(write_all({header, plain("a", "content")}), 0, kTypeFlag, "x");
}

TEST_CASE("damaged pax records are refused") {
  CHECK(read_all(with_records("9 path=z\n"))->at(0).entry.path == "z");
  CHECK(read_all(with_records("7 path=\n9 path=z\n8 path=\n"))
            .error()
            .text()
            .starts_with("tar: bad pax record"));
  for (const std::string_view bad :
       {std::string_view("path=z\n"), std::string_view("99 path=z\n"),
        std::string_view("8 path=z\n"), std::string_view("9 path=zz"), std::string_view("5 =z\n"),
        std::string_view("10 path=\0z\n", 11), std::string_view("10 size=-1\n"),
        std::string_view("9 uid=1x\n"), std::string_view("11 mtime=a\n"),
        std::string_view("22 GNU.sparse.major=3\n"), std::string_view("22 GNU.sparse.map=1,2,\n"),
        std::string_view("18446744073709551615 a=b\n")}) {
    CHECK_MESSAGE(!read_all(with_records(bad)).has_value(), bad);
  }
}

TEST_CASE("a sparse table that lies is refused") {
  const auto sparse = [](std::string_view map, std::string_view size) {
    std::string records;
    for (const auto& [key, value] :
         {std::pair(std::string_view("GNU.sparse.map"), map), {"GNU.sparse.size", size}}) {
      std::string rest = format(" {}={}\n", key, value);
      size_t length = rest.size() + 2;
      if (length != rest.size() + format("{}", length).size()) length = rest.size() + 1;
      records += format("{}{}", length, rest);
    }
    return read_all(with_records(records)).has_value();
  };
  CHECK(sparse("0,3,10,4", "14"));
  CHECK(sparse("0,7", "100"));
  CHECK(!sparse("0,3,10,4", "13"));
  CHECK(!sparse("0,3,2,4", "14"));
  CHECK(!sparse("10,3,0,4", "14"));
  CHECK(!sparse("0,3", "14"));
  CHECK(!sparse("0,8", "14"));
  CHECK(!sparse("9223372036854775807,7", "9223372036854775807"));
}

TEST_CASE("headers are bounded") {
  const Bytes large = with_records(Bytes(2 << 20, 'x'));
  const auto refused = read_all(large, 1 << 16);
  REQUIRE(!refused.has_value());
  CHECK(refused.error().code() == Code::kResourceExhausted);
}

}  // namespace
}  // namespace argosy::tar
