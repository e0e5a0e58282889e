// Trees of files that somebody else's programs wrote, removed: links are never followed, and what
// is mounted below is never emptied. The caller has the tree to itself.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace argosy::rkt {

// The mount points at and below a path in the text of /proc/PID/mountinfo (proc(5)), the deepest
// first.
std::vector<std::string> mounts_below(std::string_view mountinfo, const std::string& path);

// Unmounts all at and below the path, detaching what is busy. The path's own components must be
// no links.
Result<void> unmount_below(const std::string& path);

// Missing is no error. FailedPrecondition: something is mounted below.
Result<void> remove_tree(const std::string& path);

}  // namespace argosy::rkt
