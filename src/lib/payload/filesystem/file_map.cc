#include "lib/payload/filesystem/file_map.h"

#include <algorithm>

#include "lib/payload/filesystem/kinds.h"

namespace argosy::payload {
namespace {

// Files in the order of their first byte; of files that share bytes the first keeps all.
void put_in_order(std::vector<MappedFile>& files) {
  std::erase_if(files, [](const MappedFile& file) { return file.ranges.empty(); });
  std::ranges::sort(files, {}, [](const MappedFile& file) {
    return std::pair(file.ranges.front().offset, std::string_view(file.path));
  });
  std::vector<ByteRange> all;
  for (const MappedFile& file : files)
    all.insert(all.end(), file.ranges.begin(), file.ranges.end());
  std::ranges::sort(all, {}, &ByteRange::offset);
  const bool is_shared = std::ranges::adjacent_find(all, [](ByteRange a, ByteRange b) {
                           return b.offset < a.end();
                         }) != all.end();
  if (!is_shared) return;
  std::vector<ByteRange> taken;
  std::erase_if(files, [&](const MappedFile& file) {
    const bool overlaps = std::ranges::any_of(file.ranges, [&](ByteRange range) {
      const auto next = std::ranges::lower_bound(taken, range.offset, {}, &ByteRange::offset);
      return (next != taken.end() && next->offset < range.end()) ||
             (next != taken.begin() && std::prev(next)->end() > range.offset);
    });
    if (overlaps) return true;
    for (const ByteRange range : file.ranges) {
      taken.insert(std::ranges::lower_bound(taken, range.offset, {}, &ByteRange::offset), range);
    }
    return false;
  });
}

}  // namespace

uint64_t MappedFile::size() const {
  uint64_t sum = 0;
  for (const ByteRange range : ranges) sum += range.size;
  return sum;
}

void append_range(std::vector<ByteRange>& ranges, ByteRange range) {
  if (range.size == 0) return;
  if (!ranges.empty() && ranges.back().end() == range.offset) {
    ranges.back().size += range.size;
  } else {
    ranges.push_back(range);
  }
}

Result<FileMap> map_files(Disk& disk, const std::string& path) {
  const auto image = TRY(disk.open(path, {.write = false}));
  Bytes first(2048, '\0');
  first.resize(TRY(image->read_at(0, first.data(), first.size())));
  FileMap map;
  if (is_squashfs(first)) {
    map.kind = FileMap::Kind::kSquashfs;
    map.files = TRY_CONTEXT(map_squashfs(*image), path);
  } else if (is_ext(first)) {
    map.kind = FileMap::Kind::kExt;
    map.files = TRY_CONTEXT(map_ext(path), path);
  }
  put_in_order(map.files);
  return map;
}

}  // namespace argosy::payload
