// The lexical rules of appc (appc/spec: types.md): identifiers, names, versions, hashes, and
// the names of operating systems and machines. Errors are the texts of the reference code.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace argosy::appc {

// "example.com/reduce-worker". As in the reference code only characters and ends are judged,
// so that doubled separators pass.
Result<void> judge_identifier(std::string_view text);
// "work-dir": an identifier without . _ ~ and /
Result<void> judge_name(std::string_view text);
// Lower case, what is not allowed replaced by _ or -, ends trimmed. InvalidArgument when
// nothing is left.
Result<std::string> sanitized_identifier(std::string_view text);
Result<std::string> sanitized_name(std::string_view text);

// Semantic versioning 2.0.0, but not 0.0.0.
Result<void> judge_version(std::string_view text);
// "sha512-" and hex.
Result<void> judge_hash(std::string_view text);
// ^[A-Za-z_][A-Za-z_0-9.-]*$
bool is_environment_name(std::string_view text);

// appc's names for Go's: "linux", "arm64" become "linux", "aarch64". A variant ("v7") is as
// in OCI's platforms.
struct OsArch {
  std::string os;
  std::string arch;
  bool operator==(const OsArch&) const = default;
};
Result<OsArch> appc_os_arch(std::string_view os, std::string_view arch, std::string_view variant);
// Whether the pair is in appc's table; an empty arch goes with any os in it.
Result<void> judge_os_arch(std::string_view os, std::string_view arch);

}  // namespace argosy::appc
