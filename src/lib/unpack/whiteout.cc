#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include "base/format.h"
#include "base/text.h"
#include "lib/unpack/extraction.h"

namespace argosy::unpack {

// Whether this archive has put a file, or a link, where the path wants a directory: nothing of
// lower layers is seen below it. umoci hides the children of what has become a file.
Result<bool> Extraction::is_below_own_file(const std::string& directory) {
  if (directory.empty()) return false;
  const Place place = TRY(place_of(directory));
  if (TRY(is_below_own_file(place.parent))) return true;
  const auto parent = tree_.existing_directory(place.parent);
  if (!parent && parent.error().code() == Code::kNotFound) return false;
  if (!parent) return fail(parent.error());
  struct stat info{};
  if (::fstatat(*parent, place.name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) return false;
  return !S_ISDIR(info.st_mode) && (is_overlay() || made_.contains(directory));
}

Result<void> Extraction::white_out(const Place& place) {
  if (TRY(is_below_own_file(place.parent))) return {};
  if (place.name == kOpaque) return make_opaque(place.parent);
  if (place.name.starts_with(kAufs)) return {};
  const Place hidden{.parent = place.parent, .name = place.name.substr(kWhiteout.size())};
  if (hidden.name.empty() || hidden.name == "." || hidden.name == "..") {
    return fail(Code::kInvalidArgument, "a whiteout of nothing");
  }
  return is_overlay() ? hide_in_overlay(hidden) : hide(hidden);
}

// Takes away what lower layers have put there, and leaves what this one has.
Result<void> Extraction::hide(const Place& place) {
  const std::string path = place.path();
  const auto parent = tree_.existing_directory(place.parent);
  if (!parent && parent.error().code() == Code::kNotFound) return {};
  if (!parent) return fail(parent.error());
  if (made_.contains(path)) {
    struct stat info{};
    const bool is_directory =
        ::fstatat(*parent, place.name.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0 &&
        S_ISDIR(info.st_mode);
    return is_directory ? remove_lower(path) : Result<void>();
  }
  TRY(tree_.remove(*parent, place.name));
  tree_.forget(path);
  return {};
}

Result<void> Extraction::hide_in_overlay(const Place& place) {
  const int parent = TRY(tree_.directory(place.parent));
  hidden_.insert(place.path());
  if (::mknodat(parent, place.name.c_str(), S_IFCHR, ::dev_t{0}) == 0) return {};
  if (errno != EEXIST) return fail(system_error("mknod of a whiteout", errno));
  struct stat info{};
  if (::fstatat(parent, place.name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) {
    return fail(system_error("stat", errno));
  }
  return S_ISDIR(info.st_mode) ? make_opaque(place.path()) : Result<void>();
}

// Something of this layer comes below a name that it has hidden: what stands for the name
// becomes a directory that shows nothing of lower layers.
Result<void> Extraction::uncover(const std::string& directory) {
  if (hidden_.empty() || directory.empty()) return {};
  const Place place = TRY(place_of(directory));
  TRY(uncover(place.parent));
  if (!hidden_.contains(directory)) return {};
  const int parent = TRY(tree_.directory(place.parent));
  struct stat info{};
  const bool is_mark = ::fstatat(parent, place.name.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0 &&
                       S_ISCHR(info.st_mode);
  if (!is_mark) return {};
  TRY(tree_.remove(parent, place.name));
  return make_opaque(directory);
}

Result<void> Extraction::make_opaque(const std::string& directory) {
  if (!is_overlay()) {
    const auto there = tree_.existing_directory(directory);
    if (!there && there.error().code() == Code::kNotFound) return {};
    return remove_lower(directory);
  }
  TRY(tree_.directory(directory));
  const Fd fd = TRY(tree_.open_directory(directory));
  const char* name =
      options_.whiteouts == Whiteouts::kOverlay ? "trusted.overlay.opaque" : "user.overlay.opaque";
  if (::fsetxattr(fd.get(), name, "y", 1, 0) != 0) {
    return fail(system_error(format("setxattr {}", name), errno));
  }
  return {};
}

Result<void> Extraction::remove_lower(const std::string& directory) {
  const Fd fd = TRY(tree_.open_directory(directory));
  for (const std::string& name : TRY(names_in(fd.get()))) {
    const std::string path = directory.empty() ? name : format("{}/{}", directory, name);
    if (!made_.contains(path)) {
      TRY(tree_.remove(fd.get(), name));
      tree_.forget(path);
      continue;
    }
    struct stat info{};
    if (::fstatat(fd.get(), name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) {
      return fail(system_error("stat", errno));
    }
    if (S_ISDIR(info.st_mode)) TRY(remove_lower(path));
  }
  return {};
}

}  // namespace argosy::unpack
