#include "sys/file/disk.h"

#include <cerrno>

#include "base/format.h"

namespace argosy {

bool exists(Disk& disk, const std::string& path) {
  return disk.stat(path).has_value();
}

Result<Bytes> read_file(Disk& disk, const std::string& path, uint64_t limit) {
  auto file = TRY(disk.open(path, {.write = false}));
  const uint64_t size = TRY(file->size());
  if (size > limit) {
    return fail(Code::kResourceExhausted,
                format("{} has {} bytes, more than the {} allowed", path, size, limit));
  }
  Bytes content(size, '\0');
  const size_t got = TRY(file->read_at(0, content.data(), content.size()));
  content.resize(got);
  return content;
}

Result<void> replace_file(Disk& disk, const std::string& path, BytesView content, uint32_t mode) {
  const std::string temporary = path + ".tmp";
  {
    auto file = TRY(disk.open(temporary, {.create = true, .truncate = true, .mode = mode}));
    TRY(file->write_at(0, content));
    TRY(file->sync());
  }
  TRY(disk.rename(temporary, path));
  return disk.sync_directory(parent_path(path));
}

Result<void> remove_all(Disk& disk, const std::string& path) {
  // A link goes itself, whatever it leads to; what has something in it is a directory.
  const auto removed = disk.remove(path);
  if (removed || removed.error().code() == Code::kNotFound) return {};
  const int number = removed.error().system_errno();
  if (number != ENOTEMPTY && number != EEXIST) return removed;
  for (const std::string& name : TRY(disk.list(path))) {
    TRY(remove_all(disk, join_path(path, name)));
  }
  return disk.remove(path);
}

std::string join_path(std::string_view directory, std::string_view name) {
  if (directory.empty()) return std::string(name);
  std::string out(directory);
  if (!out.ends_with('/')) out += '/';
  return out += name;
}

std::string parent_path(std::string_view path) {
  while (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
  const size_t slash = path.rfind('/');
  if (slash == std::string_view::npos) return ".";
  return std::string(path.substr(0, slash == 0 ? 1 : slash));
}

}  // namespace argosy
