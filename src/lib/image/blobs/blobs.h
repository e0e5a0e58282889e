// Contents in files that are named by their digests, DIRECTORY/ALGORITHM/ENCODED, as OCI's
// layouts have them (image-spec 1.1.1, image-layout.md). A name that is there is whole: bytes
// go to a temporary file, which gets its name when size and digest are right and it is synced.
// Any thread and any number of processes may use one directory; the same blob written twice is
// the same file.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "lib/image/content/hasher.h"
#include "sys/file/disk.h"
#include "sys/random/random.h"

namespace argosy::image {

class Blobs {
 public:
  // `temporary` is a directory of the same file system. Both exist.
  Blobs(Disk& disk, Random& random, std::string directory, std::string temporary)
      : disk_(&disk),
        random_(&random),
        directory_(std::move(directory)),
        temporary_(std::move(temporary)) {}

  // Whether or not there is one.
  std::string path_of(const Digest& digest) const;
  bool has(const Digest& digest) const;
  // In memory and verified; ResourceExhausted when it is larger than a document may be,
  // NotFound, or DataLoss when it is not what its name says.
  Result<Bytes> read(const Descriptor& descriptor) const;

  // A blob on its way in. Dropped before commit(), it leaves nothing.
  class Writer {
   public:
    ~Writer();
    Writer(Writer&&) noexcept = default;
    Writer& operator=(Writer&&) = delete;

    // DataLoss as soon as there is more than was announced.
    Result<void> write(BytesView bytes);
    // Once. DataLoss when size or digest are others than expected.
    Result<void> commit();

   private:
    friend class Blobs;
    Writer(const Blobs& blobs, Digest expected, uint64_t size, Hasher hasher)
        : blobs_(&blobs), expected_(std::move(expected)), size_(size), hasher_(std::move(hasher)) {}

    const Blobs* blobs_;
    Digest expected_;
    uint64_t size_;
    Hasher hasher_;
    std::string path_;
    std::unique_ptr<File> file_;
  };
  Result<Writer> begin(const Digest& expected, uint64_t size) const;

  Result<void> put(const Descriptor& descriptor, BytesView content) const;

  // What is there, in order; files of other names are passed over.
  Result<std::vector<Digest>> list() const;
  // Missing is no error.
  Result<void> remove(const Digest& digest) const;
  // Removes what writers left behind that were killed; the number of files. Nobody may be
  // writing meanwhile.
  Result<size_t> clean() const;

 private:
  Result<void> settle(const std::string& from, const Digest& digest) const;

  Disk* disk_;
  Random* random_;
  std::string directory_;
  std::string temporary_;
};

}  // namespace argosy::image
