#include "lib/image/reference.h"

#include <algorithm>

#include "base/format.h"
#include "base/text.h"

namespace argosy::image {
namespace {

constexpr std::string_view kLibrary = "library/";

bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}
bool is_upper(char c) {
  return c >= 'A' && c <= 'Z';
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// [a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*
bool is_component(std::string_view text) {
  size_t at = 0;
  while (true) {
    const size_t start = at;
    while (at < text.size() && (is_lower(text[at]) || is_digit(text[at]))) ++at;
    if (at == start) return false;
    if (at == text.size()) return true;
    const char separator = text[at];
    const size_t most = separator == '.' ? 1 : separator == '_' ? 2 : separator == '-' ? 255 : 0;
    size_t count = 0;
    while (at < text.size() && text[at] == separator) ++at, ++count;
    if (count > most) return false;
  }
}

bool is_host_label(std::string_view text) {
  return !text.empty() && text.front() != '-' && text.back() != '-' &&
         std::ranges::all_of(
             text, [](char c) { return is_lower(c) || is_upper(c) || is_digit(c) || c == '-'; });
}

bool is_port(std::string_view text) {
  const auto number = parse_uint(text);
  return number && is_digit(text.front()) && *number <= 65535;
}

bool is_ipv6(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || c == ':';
  });
}

bool is_host(std::string_view text) {
  if (text.starts_with('[')) {
    const auto sides = cut(text.substr(1), "]");
    if (!sides || !is_ipv6(sides->first)) return false;
    return sides->second.empty() ||
           (sides->second.starts_with(':') && is_port(sides->second.substr(1)));
  }
  std::string_view name = text;
  if (const auto sides = cut(text, ":")) {
    if (!is_port(sides->second)) return false;
    name = sides->first;
  }
  return std::ranges::all_of(split(name, '.'), is_host_label);
}

// Docker's rule for which first component is a host.
bool looks_like_host(std::string_view first) {
  return first.find_first_of(".:") != std::string_view::npos || first == "localhost" ||
         std::ranges::any_of(first, is_upper);
}

std::unexpected<Error> refuse(std::string_view why = {}) {
  std::string text = "invalid reference format";
  if (!why.empty()) text += format(": {}", why);
  return fail(Code::kInvalidArgument, std::move(text));
}

// The host that was written, and the rest.
std::pair<std::string_view, std::string_view> split_host(std::string_view text) {
  const auto sides = cut(text, "/");
  if (!sides || !looks_like_host(sides->first)) return {{}, text};
  return *sides;
}

bool is_bare_id(std::string_view text) {
  return text.size() == 64 &&
         std::ranges::all_of(text, [](char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); });
}

Result<void> judge_name(const Reference& reference) {
  if (std::ranges::any_of(reference.path, is_upper)) {
    return refuse(format("repository name ({}) must be lowercase", reference.path));
  }
  if (!is_host(reference.host) || !is_repository(reference.path)) return refuse();
  if (reference.name().size() > kMaxNameBytes) {
    return fail(Code::kInvalidArgument, "repository name must not be more than 255 characters");
  }
  return {};
}

}  // namespace

bool is_tag(std::string_view text) {
  return !text.empty() && text.size() <= 128 && text.front() != '.' && text.front() != '-' &&
         std::ranges::all_of(text, [](char c) {
           return is_lower(c) || is_upper(c) || is_digit(c) || c == '_' || c == '.' || c == '-';
         });
}

bool is_repository(std::string_view text) {
  return text.size() <= kMaxNameBytes && std::ranges::all_of(split(text, '/'), is_component);
}

Result<Reference> parse_reference(std::string_view text) {
  if (text.size() > kMaxNameBytes + 1 + 128 + 1 + kMaxDigestBytes) return refuse();
  if (is_bare_id(text)) {
    return fail(
        Code::kInvalidArgument,
        format("invalid repository name ({}), cannot specify 64-byte hexadecimal strings", text));
  }
  Reference reference;
  std::string_view rest = text;
  if (const auto sides = cut(text, "@")) {
    auto digest = Digest::parse(sides->second);
    if (!digest) return refuse();
    reference.digest = *std::move(digest);
    rest = sides->first;
  }
  const auto [host, name] = split_host(rest);
  std::string_view path = name;
  if (const auto sides = cut(name, ":")) {
    if (!is_tag(sides->second)) return refuse();
    reference.tag = sides->second;
    path = sides->first;
  }
  const bool is_hub = host.empty() || host == kDefaultHost || host == "index.docker.io";
  reference.host = is_hub ? kDefaultHost : host;
  reference.path = path;
  if (is_hub && path.find('/') == std::string_view::npos) {
    reference.path = std::string(kLibrary) + reference.path;
  }
  TRY(judge_name(reference));
  if (reference.tag.empty() && !reference.digest) reference.tag = "latest";
  return reference;
}

std::string Reference::text() const {
  std::string out = name();
  if (!tag.empty()) out += ":" + tag;
  if (digest) out += "@" + digest->text();
  return out;
}

std::string Reference::familiar() const {
  std::string full = text();
  const bool is_ambiguous = !split_host(path).first.empty();
  if (host != kDefaultHost || is_ambiguous) return full;
  std::string_view rest = std::string_view(full).substr(kDefaultHost.size() + 1);
  const bool is_library =
      path.starts_with(kLibrary) && path.find('/', kLibrary.size()) == std::string::npos;
  if (is_library) rest.remove_prefix(kLibrary.size());
  return std::string(rest);
}

}  // namespace argosy::image
