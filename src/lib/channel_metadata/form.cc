// What a document has to be like before anybody signs it.
#include <algorithm>
#include <set>

#include "base/format.h"
#include "base/text.h"
#include "lib/channel_metadata/metadata.h"

namespace argosy::channel_metadata {
namespace {

constexpr size_t kMaxWordBytes = 255;
constexpr uint64_t kMaxNumber = uint64_t{1} << 53;  // that every reader of JSON keeps
constexpr size_t kSha256Bytes = 32;
// 2000-01-01 to 2200-12-31, which fits into nanoseconds.
constexpr int64_t kFirstSecond = 946684800;
constexpr int64_t kLastSecond = 7289654399;

std::unexpected<Error> bad(std::string what) {
  return fail(Code::kInvalidArgument, std::move(what));
}

// Visible ASCII without what JSON or XML would write in another way.
Result<void> check_word(std::string_view what, std::string_view text) {
  const auto is_plain = [](char c) {
    return c > ' ' && c < '\x7f' && std::string_view("\"\\<>&").find(c) == std::string_view::npos;
  };
  if (text.empty() || text.size() > kMaxWordBytes || !std::ranges::all_of(text, is_plain)) {
    return bad(format("{} is 1 to {} visible characters of ASCII without \" \\ < > &, not {}", what,
                      kMaxWordBytes, go_quote(text.substr(0, 2 * kMaxWordBytes))));
  }
  return {};
}

Result<void> check_version(std::string_view text) {
  TRY(check_word("a version", text));
  // Equal to what is no version: it is none.
  if (compare_versions(text, "") == 0) return bad(format("{} is no version", go_quote(text)));
  return {};
}

Result<void> check_package(const Package& package, std::string_view version) {
  TRY(check_word("a package's name", package.name));
  if (package.name.starts_with('/') || package.name.find("..") != std::string::npos ||
      package.name.find("://") != std::string::npos) {
    return bad(format("a package's name leads elsewhere: {}", go_quote(package.name)));
  }
  if (package.size == 0 || package.size > kMaxNumber)
    return bad("a package's size is out of range");
  if (package.sha256.size() != kSha256Bytes) return bad("a package's sha256 is not of 32 bytes");
  if (!package.from.empty()) TRY(check_version(package.from));
  if (package.from == version) return bad("a delta starts where it ends");
  return {};
}

Result<void> check_release(const Release& release) {
  TRY(check_version(release.version));
  if (release.packages.empty() || release.packages.size() > kMaxPackages) {
    return bad(format("release {} has not 1 to {} packages", release.version, kMaxPackages));
  }
  std::set<std::pair<std::string_view, std::string_view>> seen;
  for (const Package& package : release.packages) {
    TRY(check_package(package, release.version));
    if (!seen.emplace(package.name, package.from).second) {
      return bad(format("release {} has package {} twice", release.version, package.name));
    }
  }
  return {};
}

// In ascending order none is there twice.
Result<void> check_groups(const Metadata& metadata) {
  if (metadata.groups.size() > kMaxGroups) return bad(format("more than {} groups", kMaxGroups));
  for (const std::string& group : metadata.groups) {
    TRY(check_word("a group", group));
    if (group == metadata.channel) return bad("a group is called as the channel is");
  }
  const auto is_wrong = [](const std::string& a, const std::string& b) { return a >= b; };
  if (std::ranges::adjacent_find(metadata.groups, is_wrong) != metadata.groups.end()) {
    return bad("the groups do not ascend");
  }
  return {};
}

Result<void> check_times(const Metadata& metadata) {
  for (const WallTime time : {metadata.issued, metadata.expires}) {
    const Duration since = time.time_since_epoch();
    const int64_t second = since / seconds(1);
    if (since % seconds(1) != Duration::zero() || second < kFirstSecond || second > kLastSecond) {
      return bad("a time is not a whole second of the years 2000 to 2200");
    }
  }
  return metadata.expires > metadata.issued ? Result<void>()
                                            : bad("it expires before it was issued");
}

}  // namespace

Result<void> check_form(const Metadata& metadata) {
  TRY(check_word("an application", metadata.application));
  TRY(check_word("a channel", metadata.channel));
  TRY(check_word("an architecture", metadata.arch));
  TRY(check_groups(metadata));
  if (metadata.sequence == 0 || metadata.sequence > kMaxNumber) {
    return bad("the sequence is not from 1 to 2^53");
  }
  TRY(check_times(metadata));
  if (metadata.releases.size() > kMaxReleases) {
    return bad(format("more than {} releases", kMaxReleases));
  }
  for (const Release& release : metadata.releases) TRY(check_release(release));
  for (size_t i = 1; i < metadata.releases.size(); ++i) {
    if (compare_versions(metadata.releases[i - 1].version, metadata.releases[i].version) >= 0) {
      return bad("the releases' versions do not ascend");
    }
  }
  if (std::ranges::find(metadata.releases, metadata.target, &Release::version) ==
      metadata.releases.end()) {
    return bad(format("the target {} is none of the releases", go_quote(metadata.target)));
  }
  return {};
}

}  // namespace argosy::channel_metadata
