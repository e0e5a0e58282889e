// Records of pax headers, and GNU's long names, that stand before an entry. Private to this
// folder.
#pragma once

#include <optional>

#include "base/result.h"
#include "lib/tar/entry.h"
#include "lib/tar/reader.h"

namespace argosy::tar {

struct Reader::Pax {
  std::optional<std::string> path, link, user, group;
  std::optional<uint64_t> size, uid, gid;
  std::optional<int64_t> mtime;
  uint32_t mtime_nanoseconds = 0;
  std::map<std::string, std::string> xattrs;
  // GNU.sparse: 0 none, 1 extents in these records, 2 extents before the body's data.
  int sparse = 0;
  std::optional<uint64_t> real_size;
  std::optional<std::string> real_name;
  std::vector<Extent> extents;
  uint64_t bytes = 0;  // of all that was read into this

  // "27 mtime=1700000000.5\n" and so on.
  Result<void> add_records(std::string_view text, size_t most_extents);

 private:
  Result<void> add(std::string_view key, std::string_view value, size_t most_extents);
  Result<void> add_sparse(std::string_view key, std::string_view value, size_t most_extents);
};

}  // namespace argosy::tar
