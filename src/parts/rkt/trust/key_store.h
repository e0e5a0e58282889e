// The keys that images are trusted by (rkt: pkg/keystore): armored files named by their
// fingerprints, in DIRECTORY/trustedkeys/root.d for all images and .../prefix.d/PREFIX for the
// names below a prefix, of a system's and a local directory. An empty local file masks the system's
// key of that name.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "parts/rkt/trust/public_key.h"
#include "sys/file/disk.h"

namespace argosy::rkt {

class KeyStore {
 public:
  KeyStore(Disk& disk, std::string system, std::string local)
      : disk_(&disk), system_(std::move(system)), local_(std::move(local)) {}

  // Of the root and of each prefix of the name, by its components. A key that is not what its
  // file's name says is an error.
  Result<std::vector<PublicKey>> keys_for(std::string_view image_name) const;

  // The path of the new file. An empty prefix: for all images.
  Result<std::string> add(std::string_view prefix, std::string_view armored) const;
  // Masks the system's key as well.
  Result<void> remove(std::string_view prefix, const std::string& fingerprint) const;

 private:
  Result<void> add_keys(const std::string& below, std::vector<PublicKey>& to) const;

  Disk* disk_;
  std::string system_;
  std::string local_;
};

}  // namespace argosy::rkt
