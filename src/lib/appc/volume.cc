#include "lib/appc/volume.h"

#include "base/bytes.h"
#include "base/format.h"
#include "base/text.h"
#include "lib/appc/names.h"

namespace argosy::appc {
namespace {

using image::Fields;

std::unexpected<Error> refuse(std::string why) {
  return fail(Code::kInvalidArgument, std::move(why));
}

Result<void> judge_kind(Volume& volume, std::string_view kind) {
  if (kind != "empty" && kind != "host") {
    return refuse(R"(unrecognized volume kind: should be one of "empty", "host")");
  }
  volume.is_host = kind == "host";
  return {};
}

Result<void> judge(const Volume& volume) {
  if (volume.name.empty()) return refuse("name must be set");
  TRY(judge_name(volume.name));
  if (!volume.is_host) {
    if (!volume.source.empty()) return refuse("source for empty volume must be empty");
    if (volume.read_only) return refuse("readOnly for empty volume must be unset");
    if (volume.recursive) return refuse("recursive for empty volume must be unset");
    return {};
  }
  if (volume.source.empty()) return refuse("source for host volume cannot be empty");
  if (volume.mode) return refuse("mode for host volume cannot be set");
  if (volume.uid) return refuse("uid for host volume cannot be set");
  if (volume.gid) return refuse("gid for host volume cannot be set");
  if (!volume.source.starts_with('/')) {
    return refuse("source for host volume must be absolute path");
  }
  return {};
}

Result<void> judge_mode(std::string_view mode) {
  const bool is_octal = !mode.empty() && mode.size() <= 5 &&
                        mode.find_first_not_of("01234567") == std::string_view::npos;
  if (!is_octal) return refuse(format("invalid mode {}", go_quote(mode)));
  return {};
}

Result<std::optional<bool>> read_optional(const Fields& fields, std::string_view name) {
  if (!fields.has(name)) return std::nullopt;
  return TRY(fields.boolean(name));
}

Result<std::optional<int64_t>> read_id(const Fields& fields, std::string_view name) {
  if (!fields.has(name)) return std::nullopt;
  const uint64_t number = TRY(fields.number(name));
  if (number > UINT32_MAX) return fields.refuse(name, "not an id");
  return static_cast<int64_t>(number);
}

// strconv.ParseBool
Result<bool> parse_boolean(std::string_view text) {
  for (const char* word : {"1", "t", "T", "TRUE", "true", "True"}) {
    if (text == word) return true;
  }
  for (const char* word : {"0", "f", "F", "FALSE", "false", "False"}) {
    if (text == word) return false;
  }
  return refuse(format("strconv.ParseBool: parsing {}: invalid syntax", go_quote(text)));
}

Result<int64_t> parse_id(std::string_view text) {
  const auto number = parse_uint(text);
  if (!number || *number > UINT32_MAX) {
    return refuse(format("strconv.Atoi: parsing {}: invalid syntax", go_quote(text)));
  }
  return static_cast<int64_t>(*number);
}

Result<std::string> unescape(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i] == '+' ? ' ' : text[i];
      continue;
    }
    const auto byte = from_hex(text.substr(i + 1, 2));
    if (!byte || byte->size() != 1) {
      return refuse(format("invalid URL escape {}", go_quote(text.substr(i, 3))));
    }
    out += *byte;
    i += 2;
  }
  return out;
}

Result<void> set_parameter(Volume& volume, std::string_view key, std::string value) {
  if (key == "kind") return judge_kind(volume, value);
  if (key == "source") {
    volume.source = std::move(value);
  } else if (key == "readOnly") {
    volume.read_only = TRY(parse_boolean(value));
  } else if (key == "recursive") {
    volume.recursive = TRY(parse_boolean(value));
  } else if (key == "mode") {
    TRY(judge_mode(value));
    volume.mode = std::move(value);
  } else if (key == "uid") {
    volume.uid = TRY(parse_id(value));
  } else if (key == "gid") {
    volume.gid = TRY(parse_id(value));
  } else {
    return refuse(format("unknown volume parameter {}", go_quote(key)));
  }
  return {};
}

}  // namespace

Result<Volume> read_volume(const Fields& fields) {
  Volume out;
  out.name = TRY(fields.text("name"));
  const std::string kind = TRY(fields.text("kind"));
  TRY_CONTEXT(judge_kind(out, kind), fields.path_of("kind"));
  out.source = TRY(fields.text("source"));
  out.read_only = TRY(read_optional(fields, "readOnly"));
  out.recursive = TRY(read_optional(fields, "recursive"));
  if (fields.has("mode")) {
    out.mode = TRY(fields.text("mode"));
    TRY_CONTEXT(judge_mode(*out.mode), fields.path_of("mode"));
  }
  out.uid = TRY(read_id(fields, "uid"));
  out.gid = TRY(read_id(fields, "gid"));
  TRY_CONTEXT(judge(out), fields.path_of("name"));
  return out;
}

json::Value to_json(const Volume& volume) {
  json::Object out{{"name", volume.name}, {"kind", volume.is_host ? "host" : "empty"}};
  image::put_text(out, "source", volume.source);
  if (volume.read_only) out.emplace_back("readOnly", *volume.read_only);
  if (volume.recursive) out.emplace_back("recursive", *volume.recursive);
  if (volume.mode) out.emplace_back("mode", *volume.mode);
  if (volume.uid) out.emplace_back("uid", *volume.uid);
  if (volume.gid) out.emplace_back("gid", *volume.gid);
  return out;
}

Result<Volume> parse_volume(std::string_view text) {
  Volume out;
  const std::vector<std::string_view> parts = split(text, ',');
  out.name = TRY(unescape(parts.front()));
  std::string seen = ",";
  bool has_kind = false;
  for (size_t i = 1; i < parts.size(); ++i) {
    const auto sides = cut(parts[i], "=");
    const std::string key = TRY(unescape(sides ? sides->first : parts[i]));
    if (seen.find("," + key + ",") != std::string::npos || key == "name") {
      return refuse(format("label {} with multiple values", key));
    }
    seen += key + ",";
    has_kind = has_kind || key == "kind";
    std::string value = TRY(unescape(sides ? sides->second : std::string_view()));
    TRY(set_parameter(out, key, std::move(value)));
  }
  if (!has_kind) TRY(judge_kind(out, ""));
  TRY(judge(out));
  if (!out.is_host) {
    if (!out.mode) out.mode = "0755";
    if (!out.uid) out.uid = 0;
    if (!out.gid) out.gid = 0;
  }
  return out;
}

}  // namespace argosy::appc
