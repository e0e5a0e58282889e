// Names in archives as places below a root. Pure.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace argosy::unpack {

struct Place {
  std::string parent;  // "usr/lib"; empty: the root
  std::string name;    // "libc.so.6"; empty: the root itself

  std::string path() const { return parent.empty() ? name : parent + "/" + name; }
};

// Leading slashes, "." and empty components are passed over; ".." and NUL are refused.
Result<Place> place_of(std::string_view path);

inline constexpr std::string_view kWhiteout = ".wh.";
inline constexpr std::string_view kOpaque = ".wh..wh..opq";
// aufs's own files, which name nothing.
inline constexpr std::string_view kAufs = ".wh..wh.";

}  // namespace argosy::unpack
