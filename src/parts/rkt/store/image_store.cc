#include "parts/rkt/store/image_store.h"

#include <algorithm>

#include "base/format.h"
#include "base/text.h"
#include "lib/appc/names.h"
#include "lib/image/fields.h"
#include "parts/rkt/store/archive.h"
#include "parts/rkt/store/image_info.h"
#include "parts/rkt/store/key.h"

namespace argosy::rkt {
namespace {

constexpr std::string_view kBlob = "blob";
constexpr std::string_view kManifest = "imageManifest";
constexpr std::string_view kInfo = "imageInfo";
// Set-group-id, so that the group of the store goes to what is made in it.
constexpr uint32_t kDirectoryMode = 02770;
constexpr uint32_t kFileMode = 0660;

std::unexpected<Error> not_found(std::string_view key) {
  return fail(Code::kNotFound, format("cannot find image with key: {}", key));
}

bool has_labels(const appc::ImageManifest& manifest, const appc::NamedValues& labels) {
  return std::ranges::all_of(labels, [&](const appc::NamedValue& wanted) {
    const std::string* value = appc::find(manifest.labels, wanted.name);
    return value != nullptr && *value == wanted.value;
  });
}

std::string text_of(const appc::NamedValues& labels) {
  std::vector<std::string> parts;
  for (const auto& label : labels)
    parts.push_back(format("\"{}\":\"{}\"", label.name, label.value));
  return "[" + join(parts, ", ") + "]";
}

}  // namespace

std::string ImageStore::path_of(std::string_view kind, const std::string& key) const {
  return join_path(join_path(directory_, kind), place_of_key(key));
}

Result<void> ImageStore::prepare() const {
  for (const std::string_view name :
       {kBlob, kManifest, kInfo, std::string_view("tmp"), std::string_view("imagelocks"),
        std::string_view("tree"), std::string_view("treestorelocks")}) {
    TRY(world_.disk.make_directories(join_path(directory_, name), kDirectoryMode));
  }
  // What is above may be new as well.
  TRY(world_.disk.sync_directory(directory_));
  TRY(world_.disk.sync_directory(parent_path(directory_)));
  return world_.disk.sync_directory(parent_path(parent_path(directory_)));
}

// The directories on the way are as durable as what is put into them.
Result<void> ImageStore::put(const std::string& path, BytesView content) const {
  const std::string parent = parent_path(path);
  TRY(world_.disk.make_directories(parent, kDirectoryMode));
  TRY(world_.disk.sync_directory(parent_path(parent)));
  TRY(world_.disk.sync_directory(parent_path(parent_path(parent))));
  return replace_file(world_.disk, path, content, kFileMode);
}

Result<void> ImageStore::write(const ImageInfo& info) const {
  return put(path_of(kInfo, info.key), to_text(info));
}

// Manifest and info first: a blob that has its name has both.
Result<void> ImageStore::settle(const std::string& from, const ImageInfo& info,
                                const appc::ImageManifest& manifest) const {
  const FileLock lock = TRY_CONTEXT(world_.lock(info.key, LockMode::kExclusive), "locking image");
  const std::string path = path_of(kBlob, info.key);
  if (exists(world_.disk, path)) {
    TRY(world_.disk.remove(from));
    if (!info.is_latest) return {};
    auto known = TRY(this->info(info.key));
    known.is_latest = true;
    return write(known);
  }
  TRY(put(path_of(kManifest, info.key), json::to_text(appc::to_json(manifest))));
  TRY(write(info));
  const std::string parent = parent_path(path);
  TRY(world_.disk.make_directories(parent, kDirectoryMode));
  TRY(world_.disk.sync_directory(parent_path(parent)));
  TRY(world_.disk.sync_directory(parent_path(parent_path(parent))));
  TRY(world_.disk.rename(from, path));
  return world_.disk.sync_directory(parent);
}

Result<void> ImageStore::forget_latest(const ImageInfo& latest) const {
  for (const ImageInfo& other : TRY(list())) {
    if (!other.is_latest || other.name != latest.name || other.key == latest.key) continue;
    const FileLock lock =
        TRY_CONTEXT(world_.lock(other.key, LockMode::kExclusive), "locking image");
    auto now = info(other.key);
    if (!now && now.error().code() == Code::kNotFound) continue;
    if (!now) return fail(std::move(now).error());
    now->is_latest = false;
    TRY(write(*now));
  }
  return {};
}

Result<ImageInfo> ImageStore::rebuild(const std::string& key) const {
  const auto manifest = TRY(this->manifest(key));
  const std::string* version = appc::find(manifest.labels, "version");
  const std::string path = path_of(kBlob, key);
  const WallTime time = changed_at(path);
  return ImageInfo{.key = key,
                   .name = manifest.name,
                   .version = version == nullptr ? std::string() : *version,
                   .imported = time,
                   .last_used = time,
                   .size = TRY(world_.disk.stat(path)).size};
}

Result<std::vector<std::string>> ImageStore::keys() const {
  std::vector<std::string> out;
  const std::string root = join_path(directory_, format("{}/sha512", kBlob));
  if (!exists(world_.disk, root)) return out;
  for (const std::string& two : TRY(world_.disk.list(root))) {
    for (std::string& name : TRY(world_.disk.list(join_path(root, two)))) {
      if (is_key(name)) out.push_back(std::move(name));
    }
  }
  return out;
}

Result<std::string> ImageStore::resolve(std::string_view prefix) const {
  if (!prefix.starts_with(kKeyPrefix)) return fail(Code::kInvalidArgument, "wrong key prefix");
  if (prefix.size() < kShortestKey) return fail(Code::kInvalidArgument, "image ID too short");
  const std::string shortened = key_of_id(prefix);
  std::vector<std::string> matches = TRY(keys());
  std::erase_if(matches, [&](const std::string& key) { return !key.starts_with(shortened); });
  if (matches.empty()) return fail(Code::kNotFound, "no image IDs found");
  if (matches.size() > 1) {
    return fail(Code::kInvalidArgument, format("ambiguous image ID: {}", go_quote(shortened)));
  }
  return std::move(matches.front());
}

Result<std::string> ImageStore::find(std::string_view name, const appc::NamedValues& labels) const {
  const bool wants_latest = appc::find(labels, "version") == nullptr;
  std::optional<ImageInfo> best;
  for (ImageInfo& info : TRY(list())) {
    if (info.name != name) continue;
    const auto manifest = this->manifest(info.key);
    if (!manifest || !has_labels(*manifest, labels)) continue;
    const auto rank = [&](const ImageInfo& image) {
      return std::pair(wants_latest && image.is_latest, image.imported);
    };
    if (!best || rank(*best) < rank(info)) best = std::move(info);
  }
  if (best) return std::move(best->key);
  return fail(Code::kNotFound,
              format("cannot find aci satisfying name: {} and labels: {} in the local store",
                     go_quote(name), text_of(labels)));
}

Result<Bytes> ImageStore::manifest_text(const std::string& key) const {
  auto text = read_file(world_.disk, path_of(kManifest, key), image::kMaxDocumentBytes);
  if (text || text.error().code() != Code::kNotFound) return text;
  const auto blob = TRY(open(key));
  const uint64_t size = TRY(blob->size());
  Bytes buffer(1 << 16, '\0');
  uint64_t offset = 0;
  tar::Reader archive([&]() -> Result<BytesView> {
    if (offset >= size) return BytesView();
    const size_t count = TRY(blob->read_at(offset, buffer.data(), buffer.size()));
    offset += count;
    return BytesView(buffer).substr(0, count);
  });
  return find_manifest(archive);
}

Result<appc::ImageManifest> ImageStore::manifest(const std::string& key) const {
  const Bytes text = TRY(manifest_text(key));
  return appc::parse_image_manifest(text);
}

Result<ImageInfo> ImageStore::info(const std::string& key) const {
  if (!exists(world_.disk, path_of(kBlob, key))) return not_found(key);
  const auto text = read_file(world_.disk, path_of(kInfo, key), image::kMaxDocumentBytes);
  if (!text && text.error().code() == Code::kNotFound) return rebuild(key);
  if (!text) return fail(text.error());
  auto info = parse_info(*text);
  if (!info) return rebuild(key);
  info->key = key;
  return info;
}

Result<std::vector<ImageInfo>> ImageStore::list() const {
  std::vector<ImageInfo> out;
  for (const std::string& key : TRY(keys())) {
    auto info = this->info(key);
    if (!info && info.error().code() == Code::kNotFound) continue;
    if (!info) return fail(std::move(info).error());
    out.push_back(std::move(*info));
  }
  return out;
}

Result<std::unique_ptr<File>> ImageStore::open(const std::string& key) const {
  const std::string path = path_of(kBlob, key);
  if (!exists(world_.disk, path)) return not_found(key);
  return world_.disk.open(path, {.write = false});
}

Result<void> ImageStore::touch(const std::string& key) const {
  const FileLock lock = TRY(world_.lock(key, LockMode::kExclusive));
  ImageInfo info = TRY(this->info(key));
  info.last_used = world_.clock.wall_now();
  return write(info);
}

Result<void> ImageStore::set_tree_size(const std::string& key, uint64_t size) const {
  const FileLock lock = TRY(world_.lock(key, LockMode::kExclusive));
  ImageInfo info = TRY(this->info(key));
  info.tree_size = size;
  return write(info);
}

// The blob first: without it the rest says nothing.
Result<void> ImageStore::remove(const std::string& key) const {
  const FileLock lock = TRY_CONTEXT(world_.lock(key, LockMode::kExclusive), "locking image");
  const std::string blob = path_of(kBlob, key);
  if (!exists(world_.disk, blob)) return not_found(key);
  TRY(world_.disk.remove(blob));
  TRY(world_.disk.sync_directory(parent_path(blob)));
  for (const std::string_view kind : {kManifest, kInfo}) {
    const std::string path = path_of(kind, key);
    if (exists(world_.disk, path)) TRY(world_.disk.remove(path));
  }
  return {};
}

Result<size_t> ImageStore::clean() const {
  size_t count = 0;
  const std::string directory = join_path(directory_, "tmp");
  for (const std::string& name : TRY(world_.disk.list(directory))) {
    if (!name.starts_with("import-")) continue;
    const std::string path = join_path(directory, name);
    const auto file = world_.disk.open(path, {});
    if (!file && file.error().code() == Code::kNotFound) continue;
    if (!file) return fail(file.error());
    if (!TRY((*file)->try_lock())) continue;
    TRY(world_.disk.remove(path));
    ++count;
  }
  return count;
}

ImageStore::LockKey lock_images(const std::string& directory) {
  return [locks = join_path(directory, "imagelocks")](const std::string& key, LockMode mode) {
    return lock_key(locks, key, mode);
  };
}

}  // namespace argosy::rkt
