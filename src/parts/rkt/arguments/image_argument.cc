#include "parts/rkt/arguments/image_argument.h"

#include <algorithm>

#include "base/format.h"
#include "base/text.h"
#include "lib/appc/names.h"
#include "parts/rkt/arguments/escape.h"

namespace argosy::rkt {
namespace {

using Kind = ImageArgument::Kind;

constexpr std::string_view kCanonical = "cimd:";

std::unexpected<Error> refuse(std::string why) {
  return fail(Code::kInvalidArgument, std::move(why));
}

Result<void> add_label(appc::NamedValues& labels, std::string_view pair) {
  const auto sides = cut(pair, "=");
  const std::string name = TRY(query_unescape(sides ? sides->first : pair));
  TRY(appc::judge_identifier(name));
  if (name == "name") return refuse(R"(invalid label name: "name")");
  if (appc::find(labels, name) != nullptr) {
    return refuse(format("label {} with multiple values", name));
  }
  labels.push_back({name, TRY(query_unescape(sides ? sides->second : std::string_view()))});
  return {};
}

Result<ImageArgument> archive(std::string_view url) {
  const std::string_view path = url.substr(0, url.find_first_of("?#"));
  const bool is_local = url.starts_with("file:");
  if (is_local) TRY(query_unescape(url));
  if (!is_local && !path.ends_with(".aci")) {
    return refuse(format("invalid image URL {}: it must end in .aci", go_quote(url)));
  }
  return ImageArgument{.kind = Kind::kArchive, .text = std::string(url), .labels = {}};
}

Result<ImageArgument> docker(std::string_view reference) {
  if (reference.starts_with("//")) reference.remove_prefix(2);
  if (reference.empty()) return refuse("docker reference is empty");
  return ImageArgument{.kind = Kind::kDocker, .text = std::string(reference), .labels = {}};
}

Result<ImageArgument> canonical_appc(std::string_view rest) {
  const auto sides = cut(rest, "?");
  ImageArgument out{
      .kind = Kind::kName, .text = std::string(sides ? sides->first : rest), .labels = {}};
  TRY(appc::judge_identifier(out.text));
  if (!sides || sides->second.empty()) return out;
  for (const std::string_view pair : split(sides->second, '&')) TRY(add_label(out.labels, pair));
  return out;
}

// "appc:v=0:..."
Result<ImageArgument> parse_canonical(std::string_view text) {
  const auto type = cut(text, ":");
  const auto version = type ? cut(type->second, ":") : std::nullopt;
  if (!version || !version->first.starts_with("v=")) {
    return refuse(format("malformed distribution point: {}", go_quote(text)));
  }
  if (version->first != "v=0") {
    return refuse(format("unsupported version of distribution point: {}", go_quote(text)));
  }
  const std::string_view rest = version->second;
  if (type->first == "appc") return canonical_appc(rest);
  if (type->first == "docker") return docker(rest);
  if (type->first == "aci-archive") {
    const std::string url = TRY(query_unescape(rest));
    return archive(url);
  }
  return refuse(format("unknown distribution type: {}", go_quote(type->first)));
}

// A path's own signs of escapes are escaped, so that path() gives it back.
std::string file_url(const std::string& path, const std::string& directory) {
  std::string out = "file://";
  std::string whole = path;
  if (!path.starts_with('/')) whole.insert(0, 1, '/').insert(0, directory);
  for (const char c : whole) {
    if (c == '%' || c == '+') {
      out += format("%{:02X}", static_cast<unsigned char>(c));
    } else {
      out += c;
    }
  }
  return out;
}

bool looks_like_path(const std::string& text, const IsRegularFile& is_regular_file) {
  if (text.starts_with('/') || is_regular_file(text)) return true;
  if (text.find("./") != std::string::npos) return true;
  return text.find(':') == std::string::npos && text.ends_with(".aci");
}

}  // namespace

Result<ImageArgument> parse_image_name(std::string_view text) {
  const std::vector<std::string_view> parts = split(text, ',');
  ImageArgument out{.kind = Kind::kName, .text = {}, .labels = {}};
  const std::string first = TRY(query_unescape(parts.front()));
  const auto version = cut(first, ":");
  out.text = version ? version->first : first;
  TRY(appc::judge_identifier(out.text));
  if (version) {
    if (version->second.find(':') != std::string_view::npos) {
      return refuse(format("{} is not a valid image name", go_quote(text)));
    }
    out.labels.push_back({"version", std::string(version->second)});
  }
  for (size_t i = 1; i < parts.size(); ++i) TRY(add_label(out.labels, parts[i]));
  return out;
}

Result<ImageArgument> parse_image_argument(std::string_view text, const std::string& directory,
                                           const IsRegularFile& is_regular_file) {
  if (text.empty()) return refuse("image argument is empty");
  if (text.starts_with("sha512-")) {
    if (text.size() < std::string_view("sha512-").size() + 2) return refuse("image ID too short");
    return ImageArgument{.kind = Kind::kHash, .text = std::string(text), .labels = {}};
  }
  if (text.starts_with(kCanonical)) return parse_canonical(text.substr(kCanonical.size()));
  if (text.starts_with("docker:")) return docker(text.substr(7));
  for (const std::string_view scheme : {"http://", "https://", "file://"}) {
    if (text.starts_with(scheme)) return archive(text);
  }
  if (const auto url = cut(text, "://")) {
    return refuse(format("rkt only supports http, https, docker or file URLs (got {})",
                         go_quote(url->first)));
  }
  const std::string owned(text);
  if (looks_like_path(owned, is_regular_file)) return archive(file_url(owned, directory));
  return parse_image_name(text);
}

void complete_labels(ImageArgument& name) {
  const bool has_os = appc::find(name.labels, "os") != nullptr;
  const bool has_arch = appc::find(name.labels, "arch") != nullptr;
  if (!has_os) appc::set(name.labels, "os", "linux");
#if defined(__x86_64__)
  if (!has_arch) appc::set(name.labels, "arch", "amd64");
#elif defined(__aarch64__)
  if (!has_arch) appc::set(name.labels, "arch", "aarch64");
#else
#error "appc has a name for this machine that nobody has told us"
#endif
}

std::string ImageArgument::path() const {
  constexpr std::string_view kFile = "file://";
  if (!text.starts_with(kFile)) return {};
  std::string escaped;
  for (const char c : text.substr(kFile.size())) {
    // A plus is itself in a path.
    if (c == '+') {
      escaped += "%2B";
    } else {
      escaped += c;
    }
  }
  const auto path = query_unescape(escaped);
  return path ? *path : std::string();
}

std::string ImageArgument::canonical() const {
  switch (kind) {
    case Kind::kHash:
      return text;
    case Kind::kArchive:
      return "cimd:aci-archive:v=0:" + query_escape(text);
    case Kind::kDocker:
      return "cimd:docker:v=0:" + text;
    case Kind::kName:
      break;
  }
  appc::NamedValues sorted = labels;
  std::ranges::sort(sorted, {}, &appc::NamedValue::name);
  std::string out = "cimd:appc:v=0:" + text;
  char separator = '?';
  for (const appc::NamedValue& label : sorted) {
    out += format("{}{}={}", separator, query_escape(label.name), query_escape(label.value));
    separator = '&';
  }
  return out;
}

}  // namespace argosy::rkt
