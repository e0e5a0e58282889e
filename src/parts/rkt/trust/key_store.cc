#include "parts/rkt/trust/key_store.h"

#include <map>

#include "base/format.h"
#include "base/text.h"
#include "lib/appc/names.h"

namespace argosy::rkt {
namespace {

constexpr uint64_t kMostBytes = 1 << 20;

std::string place_of(std::string_view prefix) {
  return prefix.empty() ? "trustedkeys/root.d" : format("trustedkeys/prefix.d/{}", prefix);
}

bool is_fingerprint(std::string_view text) {
  return text.size() == 40 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

// Adds or replaces texts by fingerprint.
Result<void> read_files(Disk& disk, const std::string& directory,
                        std::map<std::string, std::string>& to) {
  if (!exists(disk, directory)) return {};
  for (const std::string& name : TRY(disk.list(directory))) {
    if (is_fingerprint(name))
      to[name] = TRY(read_file(disk, join_path(directory, name), kMostBytes));
  }
  return {};
}

}  // namespace

Result<void> KeyStore::add_keys(const std::string& below, std::vector<PublicKey>& to) const {
  std::map<std::string, std::string> files;
  TRY(read_files(*disk_, join_path(system_, below), files));
  TRY(read_files(*disk_, join_path(local_, below), files));
  for (const auto& [name, text] : files) {
    if (text.empty()) continue;
    PublicKey key = TRY_CONTEXT(parse_public_key(text), format("key {}", name));
    if (key.fingerprint != name) {
      return fail(Code::kInvalidArgument,
                  format("fingerprint mismatch: {} is {}", name, key.fingerprint));
    }
    to.push_back(std::move(key));
  }
  return {};
}

Result<std::vector<PublicKey>> KeyStore::keys_for(std::string_view image_name) const {
  TRY(appc::judge_identifier(image_name));
  std::vector<PublicKey> out;
  TRY(add_keys(place_of({}), out));
  std::string prefix;
  for (const std::string_view part : split(image_name, '/')) {
    // Appc's own rules let "a/../b" pass.
    if (part.empty() || part == "." || part == "..") {
      return fail(Code::kInvalidArgument, format("bad image name {}", go_quote(image_name)));
    }
    prefix = join_path(prefix, part);
    TRY(add_keys(place_of(prefix), out));
  }
  return out;
}

Result<std::string> KeyStore::add(std::string_view prefix, std::string_view armored) const {
  const PublicKey key = TRY(parse_public_key(armored));
  if (!prefix.empty()) {
    TRY(appc::judge_identifier(prefix));
    TRY(keys_for(prefix));
  }
  const std::string directory = join_path(local_, place_of(prefix));
  TRY(disk_->make_directories(directory, 0755));
  std::string path = join_path(directory, key.fingerprint);
  TRY(replace_file(*disk_, path, armored, 0644));
  return path;
}

Result<void> KeyStore::remove(std::string_view prefix, const std::string& fingerprint) const {
  const std::string below = join_path(place_of(prefix), fingerprint);
  const std::string path = join_path(local_, below);
  if (exists(*disk_, join_path(system_, below))) {
    TRY(disk_->make_directories(parent_path(path), 0755));
    return replace_file(*disk_, path, "", 0644);
  }
  return disk_->remove(path);
}

}  // namespace argosy::rkt
