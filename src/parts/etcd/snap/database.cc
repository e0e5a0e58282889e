// Databases that come from a leader beside its snapshot.
#include "base/format.h"
#include "parts/etcd/snap/snap.h"

namespace argosy::etcd::snap {
namespace {

constexpr std::string_view kSuffix = ".snap.db";
constexpr uint32_t kMode = 0600;

std::optional<raft::LogIndex> index_of(std::string_view name) {
  if (!name.ends_with(kSuffix)) return std::nullopt;
  const auto index = parse_hex(name.substr(0, name.size() - kSuffix.size()));
  if (!index) return std::nullopt;
  return raft::LogIndex(*index);
}

}  // namespace

std::string database_path(const std::string& directory, raft::LogIndex index) {
  return join_path(directory, format("{}{}", to_hex16(index.value()), kSuffix));
}

Result<std::string> find_database(Disk& disk, const std::string& directory, raft::LogIndex index) {
  std::string path = database_path(directory, index);
  if (exists(disk, path)) return path;
  return fail(Error(Code::kNotFound, "snap: snapshot file doesn't exist").context(path));
}

Result<std::vector<raft::LogIndex>> list_databases(Disk& disk, const std::string& directory) {
  std::vector<raft::LogIndex> found;
  for (const std::string& name : TRY(disk.list(directory))) {
    if (const auto index = index_of(name)) found.push_back(*index);
  }
  return found;
}

Result<std::vector<std::string>> release_databases(Disk& disk, const std::string& directory,
                                                   raft::LogIndex index) {
  auto names = TRY(disk.list(directory));
  std::erase_if(names, [&](const std::string& name) {
    const auto of = index_of(name);
    return !of || *of >= index;
  });
  for (const std::string& name : names) TRY(disk.remove(join_path(directory, name)));
  return names;
}

IncomingDatabase::IncomingDatabase(Disk& disk, std::string directory, std::unique_ptr<File> file)
    : disk_(disk), directory_(std::move(directory)), file_(std::move(file)) {}

IncomingDatabase::IncomingDatabase(IncomingDatabase&& other) noexcept = default;

IncomingDatabase::~IncomingDatabase() {
  // What stays is found by remove_leftovers().
  if (file_) (void)disk_.remove(file_->path());
}

Result<IncomingDatabase> IncomingDatabase::begin(Disk& disk, const std::string& directory,
                                                 std::string_view tag) {
  auto file = TRY(disk.open(join_path(directory, format("tmp{}", tag)),
                            {.create = true, .truncate = true, .mode = kMode}));
  return IncomingDatabase(disk, directory, std::move(file));
}

Result<void> IncomingDatabase::append(BytesView piece) {
  TRY(file_->write_at(size_, piece));
  size_ += piece.size();
  return {};
}

Result<void> IncomingDatabase::commit(raft::LogIndex index) && {
  TRY(file_->sync());
  const std::string path = database_path(directory_, index);
  if (exists(disk_, path)) return {};
  TRY(disk_.rename(file_->path(), path));
  file_.reset();
  return disk_.sync_directory(directory_);
}

}  // namespace argosy::etcd::snap
