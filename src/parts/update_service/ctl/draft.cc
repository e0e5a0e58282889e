#include "parts/update_service/ctl/draft.h"

#include <algorithm>
#include <set>

#include "base/bytes.h"
#include "base/text.h"

namespace argosy::update_service::ctl {
namespace {

namespace cm = channel_metadata;

constexpr std::string_view kArchs[] = {"all", "amd64", "aarch64", "x86"};

Result<cm::Package> package_of(const json::Value& from) {
  const auto size = parse_uint(from.text_of("size"));
  const auto digest = from_base64(from.text_of("hash256"));
  if (!size || !digest) {
    return fail(Code::kInvalidArgument,
                "package " + std::string(from.text_of("version")) + " has no size or no SHA-256");
  }
  return cm::Package{.name = std::string(from.text_of("filename")),
                     .size = *size,
                     .sha256 = *digest,
                     .from = std::string(from.text_of("source_version"))};
}

// A version with its full payload and the deltas that lead to it.
Result<cm::Release> release_of(const DraftSource& source, const json::Value& full, bool is_floor) {
  cm::Release release{
      .version = std::string(full.text_of("version")), .is_floor = is_floor, .packages = {}};
  release.packages.push_back(TRY(package_of(full)));
  for (const json::Value& other : source.packages) {
    if (other.text_of("version") == release.version && !other.text_of("source_version").empty() &&
        *other.find("arch") == *full.find("arch")) {
      release.packages.push_back(TRY(package_of(other)));
    }
  }
  return release;
}

// The tracks that lead to the channel, and the ids that stand for one of them: a group's id is
// its track on architectures that the group is not of.
std::vector<std::string> groups_of(const DraftSource& source, const std::string& channel) {
  const std::string_view id = source.channel.text_of("id");
  std::set<std::string, std::less<>> names;
  for (const json::Value& group : source.groups) {
    if (group.text_of("channel_id") == id) names.emplace(group.text_of("track"));
  }
  const std::set<std::string, std::less<>> tracks = names;
  for (const json::Value& group : source.groups) {
    const json::Value* its = group.find("channel");
    const bool is_here = group.text_of("channel_id") == id;
    const bool is_of_another_arch = its != nullptr && its->find("arch") != nullptr &&
                                    *its->find("arch") != *source.channel.find("arch");
    if (is_here || (is_of_another_arch && tracks.contains(group.text_of("track")))) {
      names.emplace(group.text_of("id"));
    }
  }
  names.erase("");
  names.erase(channel);
  return {names.begin(), names.end()};
}

}  // namespace

Result<cm::Metadata> draft(const DraftSource& source) {
  const json::Value* target = source.channel.find("package");
  if (target == nullptr || target->is_null()) {
    return fail(Code::kFailedPrecondition, "the channel offers no package");
  }
  const auto arch = static_cast<size_t>(source.channel.find("arch")->as_uint().value_or(0));
  const json::Value* forced = source.channel.find("forced_rollback");
  cm::Metadata metadata{
      .application = std::string(source.channel.text_of("application_id")),
      .channel = std::string(source.channel.text_of("name")),
      .arch = std::string(arch < std::size(kArchs) ? kArchs[arch] : ""),
      .groups = groups_of(source, std::string(source.channel.text_of("name"))),
      .sequence = source.sequence,
      .target = std::string(target->text_of("version")),
      .releases = {},
      .is_rollback_allowed = forced != nullptr && forced->as_bool().value_or(false),
      .issued = source.issued,
      .expires = source.expires};
  bool has_target = false;
  for (const json::Value& floor : source.floors) {
    has_target = has_target || floor.text_of("version") == metadata.target;
    metadata.releases.push_back(TRY(release_of(source, floor, true)));
  }
  if (!has_target) metadata.releases.push_back(TRY(release_of(source, *target, false)));
  std::ranges::sort(metadata.releases, [](const cm::Release& a, const cm::Release& b) {
    return cm::compare_versions(a.version, b.version) < 0;
  });
  TRY(cm::check_form(metadata));
  return metadata;
}

}  // namespace argosy::update_service::ctl
