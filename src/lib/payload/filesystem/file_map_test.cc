#include "lib/payload/filesystem/file_map.h"

#include <cstdlib>
#include <doctest/doctest.h>
#include <unistd.h>

namespace argosy::payload {
namespace {

class Image {
 public:
  explicit Image(BytesView bytes) {
    char name[] = "/tmp/argosy_file_map_XXXXXX";
    const int fd = ::mkstemp(name);
    REQUIRE(fd >= 0);
    ::close(fd);
    path_ = name;
    REQUIRE(replace_file(real_disk(), path_, bytes).has_value());
  }
  ~Image() { (void)real_disk().remove(path_); }
  Result<FileMap> map() const { return map_files(real_disk(), path_); }

 private:
  std::string path_;
};

class Writer {
 public:
  Writer& u16(uint64_t value) { return put(value, 2); }
  Writer& u32(uint64_t value) { return put(value, 4); }
  Writer& u64(uint64_t value) { return put(value, 8); }
  Writer& text(BytesView bytes) {
    out_ += bytes;
    return *this;
  }
  const Bytes& bytes() const { return out_; }

 private:
  Writer& put(uint64_t value, size_t size) {
    char raw[8];
    store_le64(raw, value);
    out_.append(raw, size);
    return *this;
  }
  Bytes out_;
};

// A metadata block that is stored as it is.
Bytes stored(const Bytes& bytes) {
  return Writer().u16(bytes.size() | 0x8000).text(bytes).bytes();
}

constexpr uint64_t kSquashfsBlock = 4096;
constexpr uint64_t kStored = 1 << 24;
constexpr uint64_t kNone = 0xFFFFFFFF;

// By hand, as the kernel's documentation has it: /big of two blocks, one of them packed,
// and a tail in a fragment; /dir/small in the same fragment.
Bytes squashfs(uint64_t compressor = 4, bool has_twice = false) {
  const uint64_t data = 96;
  const uint64_t fragment = data + kSquashfsBlock + 700;
  Writer inodes;
  const auto head = [&](uint64_t type) -> Writer& {
    return inodes.u16(type).u16(0644).u16(0).u16(0).u32(0).u32(1);
  };
  const size_t big = inodes.bytes().size();
  head(2).u32(data).u32(0).u32(0).u32(2 * kSquashfsBlock + 100);
  inodes.u32(kSquashfsBlock | kStored).u32(700);
  const size_t small = inodes.bytes().size();
  head(2).u32(0).u32(0).u32(100).u32(50);
  const size_t directory = inodes.bytes().size();
  const Bytes entries_of_directory =
      Writer().u32(0).u32(0).u32(1).u16(small).u16(0).u16(2).u16(4).text("small").bytes();
  head(1).u32(0).u32(2).u16(entries_of_directory.size() + 3).u16(0).u32(1);
  const size_t root = inodes.bytes().size();
  const Bytes entry_of_dir = Writer().u16(directory).u16(0).u16(1).u16(2).text("dir").bytes();
  const Bytes entries_of_root = Writer()
                                    .u32(has_twice ? 2 : 1)
                                    .u32(0)
                                    .u32(1)
                                    .u16(big)
                                    .u16(0)
                                    .u16(2)
                                    .u16(2)
                                    .text("big")
                                    .text(entry_of_dir)
                                    .text(has_twice ? entry_of_dir : "")
                                    .bytes();
  // The long form of a directory's inode.
  head(8).u32(3).u32(entries_of_root.size() + 3).u32(0).u32(1).u16(0);
  inodes.u16(entries_of_directory.size()).u32(kNone);

  const Bytes content = Bytes(kSquashfsBlock, 'b') + Bytes(700, 'p') + Bytes(150, 'f');
  const uint64_t inode_table = data + content.size();
  const Bytes inode_block = stored(inodes.bytes());
  const uint64_t directory_table = inode_table + inode_block.size();
  const Bytes directory_block = stored(entries_of_directory + entries_of_root);
  const uint64_t fragment_block_at = directory_table + directory_block.size();
  const Bytes fragment_block = stored(Writer().u64(fragment).u32(150 | kStored).u32(0).bytes());
  const uint64_t fragment_table = fragment_block_at + fragment_block.size();
  const Writer super = Writer()
                           .text("hsqs")
                           .u32(4)
                           .u32(0)
                           .u32(kSquashfsBlock)
                           .u32(1)
                           .u16(compressor)
                           .u16(12)
                           .u16(0)
                           .u16(1)
                           .u16(4)
                           .u16(0)
                           .u64(root)
                           .u64(0)
                           .u64(0)
                           .u64(kNone)
                           .u64(inode_table)
                           .u64(directory_table)
                           .u64(fragment_table)
                           .u64(0);
  Bytes image = super.bytes() + content + inode_block + directory_block + fragment_block +
                Writer().u64(fragment_block_at).bytes();
  image.resize(8192, '\0');
  return image;
}

TEST_CASE("files of a squashfs, with blocks and a shared fragment") {
  const auto map = Image(squashfs()).map();
  REQUIRE(map.has_value());
  CHECK(map->kind == FileMap::Kind::kSquashfs);
  REQUIRE(map->files.size() == 2);
  CHECK(map->files[0].path == "big");
  // Its tail follows its blocks here, and so is one range with them.
  CHECK(map->files[0].ranges == std::vector<ByteRange>{{96, kSquashfsBlock + 700 + 100}});
  CHECK(map->files[0].size() == kSquashfsBlock + 800);
  CHECK(map->files[1].path == "dir/small");
  CHECK(map->files[1].ranges == std::vector<ByteRange>{{96 + kSquashfsBlock + 800, 50}});
}

TEST_CASE("a damaged squashfs is refused or read as something, and nothing worse") {
  const Bytes good = squashfs();
  for (size_t size = 96; size < 5200; size += 7) {
    CAPTURE(size);
    CHECK_FALSE(Image(BytesView(good).substr(0, size)).map().has_value());
  }
  for (size_t at = 4; at < 96; ++at) {
    Bytes damaged = good;
    damaged[at] ^= '\x11';
    (void)Image(damaged).map();
  }
}

TEST_CASE("a directory with two parents is refused: paths could be without number") {
  const auto files = Image(squashfs(4, true)).map();
  REQUIRE_FALSE(files.has_value());
  CHECK_EQ(files.error().message(), "squashfs: a directory stands twice");
}

TEST_CASE("a squashfs with tables that can't be unpacked says so") {
  Bytes image = squashfs(5);
  // The inodes' block is packed now.
  image[96 + kSquashfsBlock + 850 + 1] &= '\x7F';
  const auto map = Image(image).map();
  REQUIRE_FALSE(map.has_value());
  CHECK(map.error().code() == Code::kUnimplemented);
}

TEST_CASE("what is no file system has no files, and a damaged ext is an error") {
  CHECK(Image("").map()->kind == FileMap::Kind::kUnknown);
  CHECK(Image(Bytes(10'000, 'x')).map()->files.empty());
  Bytes ext(10'000, '\0');
  store_le16(ext.data() + 1024 + 0x38, 0xEF53);
  CHECK_FALSE(Image(ext).map().has_value());
}

TEST_CASE("ranges that follow each other are joined") {
  std::vector<ByteRange> ranges;
  append_range(ranges, {10, 5});
  append_range(ranges, {15, 5});
  append_range(ranges, {30, 0});
  append_range(ranges, {25, 1});
  CHECK(ranges == std::vector<ByteRange>{{10, 10}, {25, 1}});
}

}  // namespace
}  // namespace argosy::payload
