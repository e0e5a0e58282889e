#include "lib/tar/pax.h"

#include "base/format.h"
#include "base/text.h"

namespace argosy::tar {
namespace {

constexpr std::string_view kXattr = "SCHILY.xattr.";
constexpr std::string_view kSparse = "GNU.sparse.";

std::unexpected<Error> refuse(std::string_view key) {
  return fail(Code::kInvalidArgument, format("tar: bad pax record {}", go_quote(key)));
}

// "1700000000.5" or "-1.25", which is a quarter before -1.
Result<std::pair<int64_t, uint32_t>> parse_time(std::string_view text) {
  const auto sides = cut(text, ".");
  const auto whole = parse_int(sides ? sides->first : text);
  if (!whole || text.starts_with('+')) return refuse("mtime");
  if (!sides) return std::pair(*whole, uint32_t{0});
  uint32_t nanoseconds = 0;
  for (size_t i = 0; i < 9; ++i) {
    const char c = i < sides->second.size() ? sides->second[i] : '0';
    if (c < '0' || c > '9') return refuse("mtime");
    nanoseconds = nanoseconds * 10 + static_cast<uint32_t>(c - '0');
  }
  if (nanoseconds == 0 || !text.starts_with('-')) return std::pair(*whole, nanoseconds);
  if (*whole == INT64_MIN) return refuse("mtime");
  return std::pair(*whole - 1, 1'000'000'000 - nanoseconds);
}

Result<std::optional<uint64_t>> parse_number(std::string_view key, std::string_view value) {
  if (value.empty()) return std::nullopt;
  const auto number = parse_uint(value);
  if (!number || *number > INT64_MAX) return refuse(key);
  return number;
}

Result<std::optional<std::string>> parse_name(std::string_view key, std::string_view value) {
  if (value.empty()) return std::nullopt;
  if (value.find('\0') != std::string_view::npos) return refuse(key);
  return std::string(value);
}

}  // namespace

Result<void> Reader::Pax::add_records(std::string_view text, size_t most_extents) {
  while (!text.empty()) {
    const auto sides = cut(text, " ");
    const auto length = sides ? parse_uint(sides->first) : std::nullopt;
    if (!length || *length > text.size() || *length < sides->first.size() + 3)
      return refuse("length");
    std::string_view record =
        text.substr(sides->first.size() + 1, *length - sides->first.size() - 1);
    if (!record.ends_with('\n')) return refuse("end");
    record.remove_suffix(1);
    const auto pair = cut(record, "=");
    if (!pair || pair->first.empty()) return refuse(record.substr(0, 64));
    TRY(add(pair->first, pair->second, most_extents));
    text.remove_prefix(*length);
  }
  return {};
}

Result<void> Reader::Pax::add(std::string_view key, std::string_view value, size_t most_extents) {
  if (key == "path") {
    path = TRY(parse_name(key, value));
  } else if (key == "linkpath") {
    link = TRY(parse_name(key, value));
  } else if (key == "uname") {
    user = TRY(parse_name(key, value));
  } else if (key == "gname") {
    group = TRY(parse_name(key, value));
  } else if (key == "size") {
    size = TRY(parse_number(key, value));
  } else if (key == "uid") {
    uid = TRY(parse_number(key, value));
  } else if (key == "gid") {
    gid = TRY(parse_number(key, value));
  } else if (key == "mtime") {
    mtime.reset();
    if (value.empty()) return {};
    std::tie(mtime, mtime_nanoseconds) = TRY(parse_time(value));
  } else if (key.starts_with(kXattr)) {
    const std::string_view name = key.substr(kXattr.size());
    if (name.empty() || name.find('\0') != std::string_view::npos) return refuse(key);
    xattrs[std::string(name)] = value;
  } else if (key.starts_with(kSparse)) {
    return add_sparse(key.substr(kSparse.size()), value, most_extents);
  }
  return {};
}

Result<void> Reader::Pax::add_sparse(std::string_view key, std::string_view value,
                                     size_t most_extents) {
  if (key == "name") {
    real_name = TRY(parse_name(key, value));
  } else if (key == "realsize" || key == "size") {
    real_size = TRY(parse_number(key, value));
  } else if (key == "major") {
    if (value == "1") sparse = 2;
    if (value != "1" && value != "0") return refuse("GNU.sparse.major");
  } else if (key == "numblocks") {
    if (sparse == 0) sparse = 1;
  } else if (key == "offset" || key == "numbytes") {
    const auto number = TRY(parse_number(key, value));
    if (!number) return refuse(key);
    if (key == "offset") {
      if (extents.size() >= most_extents) return refuse(key);
      extents.push_back({.offset = *number});
    } else {
      if (extents.empty()) return refuse(key);
      extents.back().size = *number;
    }
  } else if (key == "map") {
    extents.clear();
    if (sparse == 0) sparse = 1;
    const auto numbers = value.empty() ? std::vector<std::string_view>() : split(value, ',');
    if (numbers.size() % 2 != 0 || numbers.size() / 2 > most_extents) return refuse(key);
    for (size_t i = 0; i < numbers.size(); i += 2) {
      const auto offset = TRY(parse_number(key, numbers[i]));
      const auto length = TRY(parse_number(key, numbers[i + 1]));
      if (!offset || !length) return refuse(key);
      extents.push_back({.offset = *offset, .size = *length});
    }
  }
  return {};
}

}  // namespace argosy::tar
