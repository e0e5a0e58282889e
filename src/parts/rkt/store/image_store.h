// rkt's store of images, DATA/cas (rkt: store/imagestore): archives unpacked into
// blob/sha512/XX/KEY, their manifests in imageManifest/sha512/XX/KEY. rkt's database is not read:
// what it held of an image is in imageInfo/sha512/XX/KEY, a JSON of ours, and can be told again
// from the archive when that is missing.
//
// An image is there when its blob has its name; its manifest and its info were durable before.
// After a crash at any time each image is there wholly or not at all.
//
// Any number of processes; keys are locked while an image is brought in or removed.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/time.h"
#include "lib/appc/manifest.h"
#include "lib/compress/decoder.h"
#include "parts/rkt/lock/lock.h"
#include "sys/clock/clock.h"
#include "sys/file/disk.h"
#include "sys/random/random.h"

namespace argosy::rkt {

struct ImageInfo {
  std::string key;
  std::string name;
  std::string version;  // the label; empty: none
  WallTime imported;
  WallTime last_used;
  bool is_latest = false;  // found by asking for no version
  uint64_t size = 0;       // of the archive, unpacked
  uint64_t tree_size = 0;  // of what was rendered of it; 0: nothing
  uint64_t whole_size() const { return size + tree_size; }
};

class ImageStore {
 public:
  using LockKey = std::function<Result<FileLock>(const std::string& key, LockMode mode)>;
  struct World {
    Disk& disk;
    Random& random;
    const Clock& clock;
    LockKey lock;  // lock_images() but in simulations
  };
  // `directory` is DATA/cas.
  ImageStore(World world, std::string directory)
      : world_(std::move(world)), directory_(std::move(directory)) {}

  const std::string& directory() const { return directory_; }
  // Makes the directories that are missing.
  Result<void> prepare() const;

  // Unpacks, judges and keeps an archive of any format that ACIs have; its key. One that is
  // there already stays, but it becomes the latest of its name if this one is.
  // InvalidArgument: it is no image.
  Result<std::string> import(compress::Decoder::Source packed, bool is_latest) const;

  // A prefix of a key, or an id that is longer than a key. The texts are rkt's: "image ID too
  // short", "no image IDs found" (NotFound), "ambiguous image ID: ...".
  Result<std::string> resolve(std::string_view prefix) const;
  // The image of that name with all these labels: where no version is asked for the latest, or
  // else what was imported last. NotFound.
  Result<std::string> find(std::string_view name, const appc::NamedValues& labels) const;

  Result<std::vector<std::string>> keys() const;
  Result<appc::ImageManifest> manifest(const std::string& key) const;
  Result<Bytes> manifest_text(const std::string& key) const;
  Result<ImageInfo> info(const std::string& key) const;
  // Images that are removed meanwhile are left out.
  Result<std::vector<ImageInfo>> list() const;

  // The archive, unpacked. NotFound.
  Result<std::unique_ptr<File>> open(const std::string& key) const;
  // Notes that the image was used now.
  Result<void> touch(const std::string& key) const;
  Result<void> set_tree_size(const std::string& key, uint64_t size) const;
  // NotFound.
  Result<void> remove(const std::string& key) const;
  // Removes what imports left behind that were killed. One that began this moment may fail.
  Result<size_t> clean() const;

 private:
  class Incoming;
  std::string path_of(std::string_view kind, const std::string& key) const;
  Result<void> put(const std::string& path, BytesView content) const;
  Result<ImageInfo> rebuild(const std::string& key) const;
  Result<void> write(const ImageInfo& info) const;
  Result<void> settle(const std::string& from, const ImageInfo& info,
                      const appc::ImageManifest& manifest) const;
  Result<void> forget_latest(const ImageInfo& latest) const;

  World world_;
  std::string directory_;
};

// The manifest of an archive that is not in the store; reads no further. InvalidArgument.
Result<appc::ImageManifest> manifest_of(compress::Decoder::Source packed);

// Locks in DATA/cas/imagelocks.
ImageStore::LockKey lock_images(const std::string& directory);

}  // namespace argosy::rkt
