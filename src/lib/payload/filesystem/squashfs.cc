// The tables of squashfs 4.0. Metadata lies in blocks of up to 8 KiB, packed one by one;
// a reference into it is the place of a block and an offset in what it unpacks to.
#include <map>
#include <set>
#include <zlib.h>

#include "base/format.h"
#include "lib/payload/compression/compression.h"
#include "lib/payload/filesystem/kinds.h"

namespace argosy::payload {
namespace {

constexpr uint32_t kSquashfsMagic = 0x73717368;
constexpr size_t kSuperblockSize = 96;
constexpr size_t kMetadataBlock = 8192;
constexpr uint16_t kIsStored = 0x8000;
constexpr uint32_t kDataIsStored = 1U << 24;
constexpr uint32_t kNoFragment = ~0U;
constexpr size_t kFragmentEntry = 16;

enum class Compressor : uint16_t { kGzip = 1, kXz = 4, kZstd = 6 };
enum InodeType : uint16_t { kDirectory = 1, kFile = 2, kLongDirectory = 8, kLongFile = 9 };

std::unexpected<Error> broken(std::string_view what) {
  return fail(Code::kInvalidArgument, format("squashfs: {}", what));
}

// Fixed-width fields, one after another.
class Fields {
 public:
  explicit Fields(BytesView bytes) : left_(bytes) {}
  template <typename T>
  T take() {
    T value{};
    if (left_.size() < sizeof value) {
      failed_ = true;
      left_ = {};
      return value;
    }
    std::memcpy(&value, left_.data(), sizeof value);
    left_.remove_prefix(sizeof value);
    return value;
  }
  void skip(size_t size) {
    failed_ |= left_.size() < size;
    left_.remove_prefix(std::min(size, left_.size()));
  }
  BytesView bytes(size_t size) {
    const BytesView taken = left_.substr(0, size);
    skip(size);
    return taken;
  }
  bool failed() const { return failed_; }
  size_t size() const { return left_.size(); }

 private:
  BytesView left_;
  bool failed_ = false;
};

struct Superblock {
  uint32_t block_size = 0;
  uint32_t fragments = 0;
  uint16_t compressor = 0;
  uint64_t root = 0;
  uint64_t inodes = 0;
  uint64_t directories = 0;
  uint64_t fragment_table = 0;
};

Result<Superblock> read_superblock(BytesView bytes) {
  Superblock block;
  Fields in(bytes);
  in.skip(12);
  block.block_size = in.take<uint32_t>();
  block.fragments = in.take<uint32_t>();
  block.compressor = in.take<uint16_t>();
  in.skip(6);
  const auto major = in.take<uint16_t>();
  in.skip(2);
  block.root = in.take<uint64_t>();
  in.skip(24);
  block.inodes = in.take<uint64_t>();
  block.directories = in.take<uint64_t>();
  block.fragment_table = in.take<uint64_t>();
  if (in.failed() || major != 4 || block.block_size == 0) return broken("not of version 4");
  return block;
}

// A table of metadata blocks, unpacked as a whole.
struct Table {
  Bytes bytes;
  std::map<uint64_t, size_t> places;  // of a block, from the table's begin, in `bytes`

  Result<BytesView> at(uint64_t block, size_t offset) const {
    const auto place = places.find(block);
    if (place == places.end() || place->second + offset > bytes.size()) {
      return broken("a reference leads nowhere");
    }
    return BytesView(bytes).substr(place->second + offset);
  }
};

class Image {
 public:
  explicit Image(File& file) : file_(file) {}

  Result<std::vector<MappedFile>> run() {
    const Bytes superblock = TRY(read(0, kSuperblockSize));
    super_ = TRY(read_superblock(superblock));
    inodes_ = TRY(read_table(super_.inodes, super_.directories));
    const uint64_t end = TRY(directories_end());
    directories_ = TRY(read_table(super_.directories, end));
    TRY(read_fragments());
    TRY(walk(super_.root >> 16, super_.root & 0xFFFF, "", 0));
    add_packed_fragments();
    return std::move(files_);
  }

 private:
  struct Fragment {
    uint64_t start;
    uint32_t size;
    bool is_stored() const { return (size & kDataIsStored) != 0; }
    uint64_t bytes() const { return size & ~kDataIsStored; }
  };

  Result<Bytes> read(uint64_t offset, size_t size) {
    Bytes bytes(size, '\0');
    if (TRY(file_.read_at(offset, bytes.data(), size)) != size) return broken("it ends early");
    return bytes;
  }

  Result<Bytes> unpack_metadata(BytesView packed) const {
    switch (static_cast<Compressor>(super_.compressor)) {
      case Compressor::kGzip: {
        Bytes bytes(kMetadataBlock, '\0');
        uLongf size = bytes.size();
        if (uncompress(reinterpret_cast<Bytef*>(bytes.data()), &size,
                       reinterpret_cast<const Bytef*>(packed.data()), packed.size()) != Z_OK) {
          return broken("a table is damaged");
        }
        bytes.resize(size);
        return bytes;
      }
      case Compressor::kXz:
        return unpack(Packing::kXz, packed, kMetadataBlock);
      case Compressor::kZstd:
        return unpack(Packing::kZstd, packed, kMetadataBlock);
    }
    return fail(Code::kUnimplemented,
                format("squashfs: tables of compressor {} can't be read", super_.compressor));
  }

  // Of the metadata block at `offset`: what it holds, and where the next one is.
  Result<std::pair<Bytes, uint64_t>> read_block(uint64_t offset) {
    const Bytes header = TRY(read(offset, 2));
    const uint16_t word = load_le16(header.data());
    const size_t size = word & ~kIsStored;
    if (size > kMetadataBlock) return broken("a block of a table is too long");
    Bytes bytes = TRY(read(offset + 2, size));
    if ((word & kIsStored) == 0) bytes = TRY(unpack_metadata(bytes));
    return std::pair(std::move(bytes), offset + 2 + size);
  }

  Result<Table> read_table(uint64_t begin, uint64_t end) {
    Table table;
    for (uint64_t at = begin; at < end;) {
      auto [bytes, next] = TRY(read_block(at));
      // All but the last are whole, which bounds how many there are.
      if (bytes.size() != kMetadataBlock && next < end) return broken("a table has a gap");
      table.places.emplace(at - begin, table.bytes.size());
      table.bytes += bytes;
      at = next;
    }
    return table;
  }

  // The fragments' blocks follow the directories; their first pointer says where.
  Result<uint64_t> directories_end() {
    if (super_.fragments == 0) return std::min(super_.fragment_table, TRY(file_.size()));
    const Bytes pointer = TRY(read(super_.fragment_table, 8));
    return load_le64(pointer.data());
  }

  Result<void> read_fragments() {
    constexpr size_t kEntries = kMetadataBlock / kFragmentEntry;
    for (uint32_t i = 0; i < super_.fragments; i += kEntries) {
      const Bytes pointer = TRY(read(super_.fragment_table + i / kEntries * 8, 8));
      const Bytes entries = TRY(read_block(load_le64(pointer.data()))).first;
      Fields in(entries);
      while (in.size() >= kFragmentEntry && fragments_.size() < super_.fragments) {
        const auto start = in.take<uint64_t>();
        const auto size = in.take<uint32_t>();
        in.skip(4);
        fragments_.push_back({start, size});
      }
    }
    return {};
  }

  Result<void> walk(uint64_t block, size_t offset, const std::string& path, int depth) {
    constexpr int kDeepest = 256;
    if (depth > kDeepest) return broken("its directories are too deep");
    Fields in(TRY(inodes_.at(block, offset)));
    const auto type = in.take<uint16_t>();
    in.skip(14);
    if (type == kFile || type == kLongFile) return add_file(in, type == kLongFile, path);
    if (type != kDirectory && type != kLongDirectory) return {};
    // Each has one parent; else a few of them could make up more paths than can be walked.
    if (!directories_seen_.emplace(block, offset).second) return broken("a directory stands twice");
    const bool is_long = type == kLongDirectory;
    if (is_long) in.skip(4);
    const uint32_t first = in.take<uint32_t>();  // the size, if it is long
    const uint32_t second = in.take<uint32_t>();
    uint32_t size = first;
    uint32_t start = second;
    if (is_long) {
      in.skip(6);
    } else {
      start = first;
      size = in.take<uint16_t>();
    }
    const auto inside = in.take<uint16_t>();
    if (in.failed()) return broken("an inode is cut off");
    constexpr uint32_t kDotEntries = 3;  // counted, but not stored
    if (size <= kDotEntries) return {};
    return walk_entries(TRY(directories_.at(start, inside)).substr(0, size - kDotEntries), path,
                        depth);
  }

  Result<void> walk_entries(BytesView entries, const std::string& path, int depth) {
    Fields in(entries);
    while (in.size() > 0) {
      const uint32_t count = in.take<uint32_t>() + 1;
      const auto block = in.take<uint32_t>();
      in.skip(4);
      for (uint32_t i = 0; i < count && !in.failed(); ++i) {
        const auto offset = in.take<uint16_t>();
        in.skip(4);
        const size_t length = in.take<uint16_t>() + size_t{1};
        const std::string name(in.bytes(length));
        if (in.failed()) break;
        TRY(walk(block, offset, path.empty() ? name : format("{}/{}", path, name), depth + 1));
      }
      if (in.failed()) return broken("a directory is cut off");
    }
    return {};
  }

  Result<void> add_file(Fields& in, bool is_long, const std::string& path) {
    uint64_t start = 0;
    uint64_t size = 0;
    if (is_long) {
      start = in.take<uint64_t>();
      size = in.take<uint64_t>();
      in.skip(12);
    } else {
      start = in.take<uint32_t>();
    }
    const auto fragment = in.take<uint32_t>();
    const auto fragment_offset = in.take<uint32_t>();
    if (is_long) {
      in.skip(4);
    } else {
      size = in.take<uint32_t>();
    }
    const bool has_tail = fragment != kNoFragment;
    const uint64_t blocks = (size + (has_tail ? 0 : super_.block_size - 1)) / super_.block_size;
    MappedFile file{.path = path, .ranges = {}};
    for (uint64_t i = 0; i < blocks && !in.failed(); ++i) {
      const uint64_t stored = in.take<uint32_t>() & ~kDataIsStored;
      append_range(file.ranges, {start, stored});
      start += stored;
    }
    if (in.failed()) return broken("a file's blocks are cut off");
    if (has_tail) {
      if (fragment >= fragments_.size()) return broken("a fragment is missing");
      if (fragments_[fragment].is_stored()) {
        append_range(file.ranges,
                     {fragments_[fragment].start + fragment_offset, size % super_.block_size});
      }
    }
    files_.push_back(std::move(file));
    return {};
  }

  // Ends of files, packed together: no file alone owns them.
  void add_packed_fragments() {
    for (size_t i = 0; i < fragments_.size(); ++i) {
      if (fragments_[i].is_stored()) continue;
      files_.push_back({.path = format("[fragment {}]", i),
                        .ranges = {{fragments_[i].start, fragments_[i].bytes()}}});
    }
  }

  File& file_;
  Superblock super_;
  Table inodes_;
  Table directories_;
  std::set<std::pair<uint64_t, size_t>> directories_seen_;
  std::vector<Fragment> fragments_;
  std::vector<MappedFile> files_;
};

}  // namespace

bool is_squashfs(BytesView first_2048) {
  return first_2048.size() >= kSuperblockSize && load_le32(first_2048.data()) == kSquashfsMagic;
}

Result<std::vector<MappedFile>> map_squashfs(File& image) {
  return Image(image).run();
}

}  // namespace argosy::payload
