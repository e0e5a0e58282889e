#include "parts/update_service/model/records.h"

#include <algorithm>
#include <array>
#include <set>

#include "base/bytes.h"
#include "base/format.h"
#include "base/text.h"
#include "lib/semver/semver.h"

namespace argosy::update_service::model {
namespace {

constexpr size_t kMaxName = 256;
constexpr size_t kMaxText = 4096;
constexpr size_t kMaxMetadata = 256 * 1024;
constexpr size_t kMaxExtraFiles = 1000;
constexpr size_t kSha1Size = 20;
constexpr size_t kSha256Size = 32;

struct Unit {
  std::string_view name;
  Duration length;
};
constexpr std::array<Unit, 5> kUnits{{{"days", hours(24)},
                                      {"hours", hours(1)},
                                      {"minutes", minutes(1)},
                                      {"seconds", seconds(1)},
                                      {"milliseconds", milliseconds(1)}}};

std::unexpected<Error> invalid(std::string text) {
  return fail(Code::kInvalidArgument, std::move(text));
}

bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
}

Result<void> check_text(std::string_view what, std::string_view text, size_t limit) {
  if (text.size() > limit) return invalid(format("{} is longer than {} bytes", what, limit));
  if (!is_valid_utf8(text)) return invalid(format("{} is not UTF-8", what));
  if (limit == kMaxName && std::ranges::any_of(text, is_control)) {
    return invalid(format("{} has control characters: {}", what, go_quote(text)));
  }
  return {};
}

Result<void> check_name(std::string_view what, std::string_view text) {
  if (text.empty()) return invalid(format("{} is empty", what));
  return check_text(what, text, kMaxName);
}

Result<void> check_digest(std::string_view what, std::string_view text, size_t size) {
  if (text.empty()) return {};
  const auto bytes = from_base64(text);
  if (!bytes || bytes->size() != size) {
    return invalid(format("{} is no base64 of {} bytes: {}", what, size, go_quote(text)));
  }
  return {};
}

// What is put after a URL, and what a hosted file is called.
Result<void> check_filename(std::string_view name) {
  TRY(check_text("the file's name", name, kMaxName));
  if (name == "." || name == ".." || name.find('/') != std::string_view::npos) {
    return invalid(format("{} is no name of a file", go_quote(name)));
  }
  return {};
}

Result<void> check_url(std::string_view url) {
  TRY(check_text("the URL", url, kMaxText));
  const bool is_known = url.empty() || url.starts_with('/') || url.starts_with("http://") ||
                        url.starts_with("https://");
  if (!is_known || std::ranges::any_of(url, [](char c) { return is_control(c) || c == ' '; })) {
    return invalid(format("{} is no URL of http or https", go_quote(url)));
  }
  return {};
}

bool is_color(std::string_view text) {
  return text.starts_with('#') && (text.size() == 4 || text.size() == 7) &&
         std::ranges::all_of(text.substr(1), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
         });
}

Result<void> check_period(std::string_view what, Duration length) {
  if (length >= seconds(1) && length <= hours(24 * 366)) return {};
  return invalid(format("{} is not between a second and a year", what));
}

}  // namespace

std::string_view arch_name(Arch arch) {
  switch (arch) {
    case Arch::kAll:
      return "all";
    case Arch::kAmd64:
      return "amd64";
    case Arch::kAarch64:
      return "aarch64";
    case Arch::kX86:
      return "x86";
  }
  return "all";
}

std::optional<Arch> arch_by_number(int64_t number) {
  if (number < 0 || number > static_cast<int64_t>(Arch::kX86)) return std::nullopt;
  return static_cast<Arch>(number);
}

Arch arch_of(std::string_view board, std::string_view os_arch) {
  if (board == "amd64-usr") return Arch::kAmd64;
  if (board == "arm64-usr") return Arch::kAarch64;
  if (os_arch == "arm" || os_arch == "aarch64") return Arch::kAarch64;
  if (os_arch == "x86") return Arch::kX86;
  return Arch::kAmd64;
}

std::optional<PackageType> package_type_by_number(int64_t number) {
  if (number < 1 || number > static_cast<int64_t>(PackageType::kOther)) return std::nullopt;
  return static_cast<PackageType>(number);
}

uint32_t percent_at(const Ramp& ramp, WallTime now) {
  if (now < ramp.start) return 0;
  if (ramp.length <= Duration::zero() || now - ramp.start >= ramp.length) return 100;
  Duration passed = now - ramp.start;
  if (ramp.frame > Duration::zero()) passed -= passed % ramp.frame;
  return static_cast<uint32_t>(static_cast<double>(passed.count()) /
                               static_cast<double>(ramp.length.count()) * 100);
}

Result<Duration> parse_interval(std::string_view text) {
  const std::string_view whole = trim(text);
  const auto words = cut(whole, " ");
  if (words) {
    const auto count = parse_uint(words->first);
    std::string unit = to_lower(trim(words->second));
    if (!unit.ends_with('s')) unit += 's';
    const auto known = std::ranges::find(kUnits, unit, &Unit::name);
    if (count && *count <= 1'000'000 && known != kUnits.end()) {
      return known->length * static_cast<int64_t>(*count);
    }
  } else if (const auto duration = parse_go_duration(whole);
             duration && *duration >= Duration::zero()) {
    return *duration;
  }
  return invalid(format("{} is no interval such as \"15 minutes\"", go_quote(text)));
}

std::string interval_text(Duration interval) {
  for (const Unit& unit : kUnits) {
    const bool is_small = unit.name == "days" || (unit.name == "hours" && interval <= hours(1));
    if (is_small || interval % unit.length != Duration::zero()) continue;
    return format("{} {}", interval / unit.length, unit.name);
  }
  return format("{} milliseconds", interval / milliseconds(1));
}

std::optional<std::string> normal_uuid(std::string_view text) {
  if (text.size() == 38 && text.starts_with('{') && text.ends_with('}')) {
    text = text.substr(1, 36);
  }
  if (text.size() != 36) return std::nullopt;
  std::string uuid = to_lower(text);
  for (size_t i = 0; i < uuid.size(); ++i) {
    const bool is_dash = i == 8 || i == 13 || i == 18 || i == 23;
    const char c = uuid[i];
    const bool is_digit = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
    if (is_dash ? c != '-' : !is_digit) return std::nullopt;
  }
  return uuid;
}

Result<void> check_valid(const Application& application) {
  TRY(check_name("the application's name", application.name));
  TRY(check_text("the description", application.description, kMaxText));
  if (!application.product_id) return {};
  const std::string& id = *application.product_id;
  const bool is_reverse_domain =
      id.size() <= 155 && id.find('.') != std::string::npos && !id.starts_with('.') &&
      !id.ends_with('.') && std::ranges::all_of(id, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '.' || c == '-' || c == '_';
      });
  if (is_reverse_domain) return {};
  return invalid(format("{} is no product id such as com.example.app", go_quote(id)));
}

Result<void> check_valid(const Package& package) {
  TRY(semver::Version::parse(package.version));
  if (package.is_delta()) TRY(semver::Version::parse(package.source_version));
  TRY(check_text("the description", package.description, kMaxText));
  TRY(check_url(package.url));
  TRY(check_filename(package.filename));
  TRY(check_digest("the SHA-1", package.sha1, kSha1Size));
  TRY(check_digest("the SHA-256", package.sha256, kSha256Size));
  if (package.size > static_cast<uint64_t>(INT64_MAX)) return invalid("the size is too large");
  if (package.extra_files.size() > kMaxExtraFiles) return invalid("too many extra files");
  std::set<std::string_view> names{package.filename};
  for (const PackageFile& file : package.extra_files) {
    TRY(check_name("an extra file's name", file.name));
    TRY(check_filename(file.name));
    TRY(check_digest("an extra file's SHA-1", file.sha1, kSha1Size));
    TRY(check_digest("an extra file's SHA-256", file.sha256, kSha256Size));
    if (!names.insert(file.name).second) {
      return invalid(format("two files are called {}", go_quote(file.name)));
    }
  }
  return {};
}

Result<void> check_valid(const Channel& channel) {
  TRY(check_name("the channel's name", channel.name));
  if (!is_color(channel.color)) {
    return invalid(format("{} is no color such as #1fbb86", go_quote(channel.color)));
  }
  TRY(check_text("the channel's metadata", channel.metadata, kMaxMetadata));
  for (const Floor& floor : channel.floors) {
    TRY(check_text("a floor's reason", floor.reason, kMaxText));
    if (std::ranges::find(channel.blacklist, floor.package_id) != channel.blacklist.end()) {
      return invalid("a package cannot be a floor and blacklisted");
    }
  }
  const bool offers_blacklisted =
      !channel.package_id.empty() &&
      std::ranges::find(channel.blacklist, channel.package_id) != channel.blacklist.end();
  if (offers_blacklisted) return invalid("the channel's package is on its blacklist");
  return {};
}

Result<void> check_valid(const Group& group) {
  TRY(check_name("the group's name", group.name));
  TRY(check_text("the description", group.description, kMaxText));
  TRY(check_text("the track", group.track, kMaxName));
  TRY(check_period("the period", group.policy.period));
  TRY(check_period("the timeout", group.policy.timeout));
  if (group.policy.max_updates == 0) return invalid("the maximum of updates is 0");
  if (group.policy.percent > 100) return invalid("the percentage is above 100");
  for (const Window& window : group.policy.windows) {
    const bool is_good = window.weekday >= 0 && window.weekday <= 6 && window.first_minute >= 0 &&
                         window.first_minute < 24 * 60 && window.minutes >= 1 &&
                         window.minutes <= 7 * 24 * 60;
    if (!is_good) return invalid("a window is not within a week");
  }
  if (!group.ramp) return {};
  TRY(check_period("the rollout's length", group.ramp->length));
  return check_period("the rollout's frame", group.ramp->frame);
}

}  // namespace argosy::update_service::model
