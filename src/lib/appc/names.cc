#include "lib/appc/names.h"

#include <algorithm>
#include <array>

#include "base/bytes.h"
#include "base/format.h"
#include "base/text.h"

namespace argosy::appc {
namespace {

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

Result<void> judge(std::string_view text, std::string_view separators, std::string_view kind,
                   std::string_view listed) {
  if (text.empty()) return fail(Code::kInvalidArgument, format("{} cannot be empty", kind));
  const auto is_allowed = [&](char c) {
    return is_plain(c) || separators.find(c) != std::string_view::npos;
  };
  if (!std::ranges::all_of(text, is_allowed)) {
    return fail(Code::kInvalidArgument,
                format("{} must contain only lower case alphanumeric characters plus \"{}\"", kind,
                       listed));
  }
  if (!is_plain(text.front()) || !is_plain(text.back())) {
    return fail(Code::kInvalidArgument,
                format("{} must start and end with only lower case alphanumeric characters", kind));
  }
  return {};
}

Result<std::string> sanitize(std::string_view text, std::string_view separators, char replacement) {
  std::string out = to_lower(text);
  // A character of UTF-8 is replaced as a whole.
  std::string clean;
  for (size_t at = 0; at < out.size();) {
    const size_t length = std::max<size_t>(utf8_length(out, at), 1);
    const bool stays = is_plain(out[at]) || separators.find(out[at]) != std::string_view::npos;
    clean += stays ? out[at] : replacement;
    at += length;
  }
  const auto first = std::ranges::find_if(clean, is_plain);
  if (first == clean.end()) {
    return fail(Code::kInvalidArgument, "must contain at least one valid character");
  }
  clean.erase(clean.begin(), first);
  while (!is_plain(clean.back())) clean.pop_back();
  return clean;
}

bool is_number_of_version(std::string_view text) {
  return parse_uint(text).has_value() && is_digit(text.front()) &&
         (text.size() == 1 || text.front() != '0');
}

bool is_suffix_of_version(std::string_view text, bool is_prerelease) {
  return std::ranges::all_of(split(text, '.'), [&](std::string_view part) {
    if (part.empty()) return false;
    const bool is_numeric = std::ranges::all_of(part, is_digit);
    if (is_prerelease && is_numeric && part.size() > 1 && part.front() == '0') return false;
    return std::ranges::all_of(part,
                               [](char c) { return is_letter(c) || is_digit(c) || c == '-'; });
  });
}

struct Known {
  std::string_view os;
  std::string_view list;  // of arch, with the blanks of the reference's message
};
constexpr std::array kKnown{
    Known{"linux", "amd64 i386 aarch64 aarch64_be armv6l armv7l armv7b ppc64 ppc64le s390x"},
    Known{"freebsd", "amd64 i386 arm"},
    Known{"darwin", "x86_64 i386"},
};

struct Translation {
  std::string_view os, arch, variant, appc;
};
constexpr std::array kTranslations{
    Translation{"linux", "amd64", "", "amd64"},   Translation{"linux", "386", "", "i386"},
    Translation{"linux", "arm64", "", "aarch64"}, Translation{"linux", "arm", "", "armv6l"},
    Translation{"linux", "arm", "v6", "armv6l"},  Translation{"linux", "arm", "v7", "armv7l"},
    Translation{"linux", "ppc64", "", "ppc64"},   Translation{"linux", "ppc64le", "", "ppc64le"},
    Translation{"linux", "s390x", "", "s390x"},   Translation{"freebsd", "amd64", "", "amd64"},
    Translation{"freebsd", "386", "", "i386"},    Translation{"freebsd", "arm", "", "arm"},
    Translation{"freebsd", "arm", "v5", "arm"},   Translation{"freebsd", "arm", "v6", "arm"},
    Translation{"freebsd", "arm", "v7", "arm"},   Translation{"darwin", "amd64", "", "x86_64"},
    Translation{"darwin", "386", "", "i386"},
};

}  // namespace

Result<void> judge_identifier(std::string_view text) {
  return judge(text, "-._~/", "ACIdentifier", "-._~/");
}
Result<void> judge_name(std::string_view text) {
  return judge(text, "-", "ACName", "-");
}
Result<std::string> sanitized_identifier(std::string_view text) {
  return sanitize(text, "-._~/", '_');
}
Result<std::string> sanitized_name(std::string_view text) {
  return sanitize(text, "-", '-');
}

Result<void> judge_version(std::string_view text) {
  if (text == "0.0.0") return fail(Code::kInvalidArgument, "SemVer cannot be zero");
  std::string_view rest = text;
  bool is_good = true;
  if (const auto sides = cut(rest, "+")) {
    is_good = is_suffix_of_version(sides->second, false);
    rest = sides->first;
  }
  if (const auto sides = cut(rest, "-")) {
    is_good = is_good && is_suffix_of_version(sides->second, true);
    rest = sides->first;
  }
  const auto numbers = split(rest, '.');
  is_good = is_good && numbers.size() == 3 && std::ranges::all_of(numbers, is_number_of_version);
  if (!is_good) return fail(Code::kInvalidArgument, "SemVer is bad");
  return {};
}

Result<void> judge_hash(std::string_view text) {
  const auto sides = cut(text, "-");
  if (!sides) return fail(Code::kInvalidArgument, "badly formatted hash string");
  if (sides->first.empty()) return fail(Code::kInvalidArgument, "unexpected empty hash type");
  if (sides->first != "sha512") {
    return fail(Code::kInvalidArgument, format("unrecognized hash type: {}", sides->first));
  }
  if (sides->second.empty()) return fail(Code::kInvalidArgument, "unexpected empty hash value");
  if (!std::ranges::all_of(sides->second,
                           [](char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); })) {
    return fail(Code::kInvalidArgument, "badly formatted hash string");
  }
  return {};
}

bool is_environment_name(std::string_view text) {
  if (text.empty() || !(is_letter(text.front()) || text.front() == '_')) return false;
  return std::ranges::all_of(
      text, [](char c) { return is_letter(c) || is_digit(c) || c == '_' || c == '.' || c == '-'; });
}

Result<OsArch> appc_os_arch(std::string_view os, std::string_view arch, std::string_view variant) {
  for (const Translation& known : kTranslations) {
    if (known.os == os && known.arch == arch && known.variant == variant) {
      return OsArch{std::string(os), std::string(known.appc)};
    }
  }
  // A variant that appc has no name for, such as arm64's v8.
  if (!variant.empty() && arch != "arm") return appc_os_arch(os, arch, "");
  return fail(Code::kInvalidArgument, format("unknown arch tuple: {} - {} - {}", go_quote(os),
                                             go_quote(arch), go_quote(variant)));
}

Result<void> judge_os_arch(std::string_view os, std::string_view arch) {
  for (const Known& known : kKnown) {
    if (known.os != os) continue;
    const auto arches = split(known.list, ' ');
    if (arch.empty() || std::ranges::find(arches, arch) != arches.end()) return {};
    return fail(Code::kInvalidArgument, format("bad arch {} for {} (must be one of: [{}])",
                                               go_quote(arch), os, known.list));
  }
  return fail(Code::kInvalidArgument,
              format("bad os {} (must be one of: [darwin freebsd linux])", go_quote(os)));
}

}  // namespace argosy::appc
