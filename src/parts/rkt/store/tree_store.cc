#include "parts/rkt/store/tree_store.h"

#include <cerrno>
#include <sys/stat.h>
#include <unistd.h>

#include "base/format.h"
#include "base/text.h"
#include "parts/rkt/removal/removal.h"
#include "parts/rkt/store/dependencies.h"
#include "parts/rkt/store/key.h"
#include "parts/rkt/store/tree_hash.h"
#include "sys/crypto/sha512.h"

namespace argosy::rkt {
namespace {

constexpr std::string_view kId = "deps-";

bool is_id(std::string_view text) {
  return text.starts_with(kId) && is_key(text.substr(kId.size()));
}

Result<void> sync_file_system(const std::string& path) {
  const Fd fd = TRY(open_directory(path));
  if (::syncfs(fd.get()) != 0) return fail(system_error("syncfs " + path, errno));
  return {};
}

}  // namespace

std::string TreeStore::path_of(const std::string& id) const {
  return join_path(images_.directory(), "tree/" + id);
}

std::string TreeStore::root_of(const std::string& id) const {
  return path_of(id) + "/rootfs";
}

bool TreeStore::is_rendered(const std::string& id) const {
  return is_id(id) && exists(real_disk(), path_of(id) + "/rendered");
}

Result<std::string> TreeStore::id_of(const std::string& key) const {
  std::vector<std::string> keys;
  for (RenderedImage& image : TRY(flatten(images_, key))) keys.push_back(std::move(image.key));
  Sha512 hash;
  hash.update(join(keys, ","));
  return std::string(kId) + key_of(hash.finish());
}

Result<FileLock> TreeStore::lock(const std::string& id, LockMode mode) const {
  return TRY_CONTEXT(lock_key(join_path(images_.directory(), "treestorelocks"), id, mode),
                     "locking tree store");
}

// The mark first, so that a tree half removed is none.
Result<void> TreeStore::take_away(const std::string& id) const {
  const std::string path = path_of(id);
  const std::string mark = path + "/rendered";
  if (exists(real_disk(), mark)) {
    TRY(real_disk().remove(mark));
    TRY(real_disk().sync_directory(path));
  }
  return remove_tree(path);
}

Result<void> TreeStore::make(const std::string& id, const std::string& key) const {
  Disk& disk = real_disk();
  const std::string path = path_of(id);
  TRY(disk.make_directories(path, 0755));
  TRY(extract_image(images_, key, path, {.keeps_owners = ::geteuid() == 0}));
  const TreeSum sum = TRY_CONTEXT(sum_tree(path), "calculating tree hash");
  TRY(replace_file(disk, path + "/hash", sum.hash, 0644));
  TRY(replace_file(disk, path + "/image", key, 0644));
  TRY(sync_file_system(path));
  TRY(disk.sync_directory(parent_path(path)));
  TRY(replace_file(disk, path + "/rendered", "", 0644));
  return images_.set_tree_size(key, sum.bytes);
}

Result<std::string> TreeStore::render(const std::string& key, bool rebuilds) const {
  std::string id = TRY_CONTEXT(id_of(key), "cannot calculate treestore id");
  const FileLock held = TRY(lock(id, LockMode::kExclusive));
  if (!rebuilds && is_rendered(id)) return id;
  TRY(take_away(id));
  TRY_CONTEXT(make(id, key), "cannot render aci");
  return id;
}

Result<void> TreeStore::verify(const std::string& id) const {
  const FileLock held = TRY(lock(id, LockMode::kShared));
  if (!is_rendered(id)) return fail(Code::kNotFound, format("tree {} is not rendered", id));
  const Bytes expected =
      TRY_CONTEXT(read_file(real_disk(), path_of(id) + "/hash", 4096), "cannot read hash file");
  const TreeSum sum = TRY_CONTEXT(sum_tree(path_of(id)), "cannot calculate tree hash");
  if (sum.hash == expected) return {};
  return fail(Code::kDataLoss, format("wrong tree hash: {}, expected: {}", sum.hash, expected));
}

Result<void> TreeStore::remove(const std::string& id) const {
  const std::string key = image_of(id);
  {
    const FileLock held = TRY(lock(id, LockMode::kExclusive));
    TRY(take_away(id));
  }
  TRY(remove_key(join_path(images_.directory(), "treestorelocks"), id));
  if (!is_key(key)) return {};
  const auto resized = images_.set_tree_size(key, 0);
  const bool is_gone = !resized && resized.error().code() == Code::kNotFound;
  return is_gone ? Result<void>() : resized;
}

Result<std::vector<std::string>> TreeStore::ids() const {
  const std::string path = join_path(images_.directory(), "tree");
  if (!exists(real_disk(), path)) return std::vector<std::string>();
  std::vector<std::string> out = TRY(real_disk().list(path));
  std::erase_if(out, [](const std::string& id) { return !is_id(id); });
  return out;
}

std::string TreeStore::image_of(const std::string& id) const {
  const auto key = read_file(real_disk(), path_of(id) + "/image", 4096);
  return key ? *key : std::string();
}

}  // namespace argosy::rkt
