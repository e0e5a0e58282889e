#include "lib/unpack/path.h"

#include "base/format.h"
#include "base/text.h"

namespace argosy::unpack {

Result<Place> place_of(std::string_view path) {
  Place out;
  if (path.find('\0') != std::string_view::npos) {
    return fail(Code::kInvalidArgument, format("{}: a NUL in its name", go_quote(path)));
  }
  for (const std::string_view part : split(path, '/')) {
    if (part.empty() || part == ".") continue;
    if (part == "..") {
      return fail(Code::kInvalidArgument, format("{}: leads out of the tree", go_quote(path)));
    }
    if (!out.name.empty()) out.parent = out.path();
    out.name = part;
  }
  return out;
}

}  // namespace argosy::unpack
