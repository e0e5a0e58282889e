#include "parts/update_service/hosting/range.h"

#include <algorithm>

#include "base/text.h"

namespace argosy::update_service {
namespace {

bool is_among(std::string_view tags, std::string_view etag) {
  if (trim(tags) == "*") return true;
  return std::ranges::any_of(split(tags, ','), [&](std::string_view tag) {
    tag = trim(tag);
    if (tag.starts_with("W/")) tag.remove_prefix(2);
    return tag == etag;
  });
}

// "500-999", "500-" and "-500"; nothing: it is none.
std::optional<Selection> part_of(std::string_view text, uint64_t file_size) {
  const auto sides = cut(trim(text), "-");
  if (!sides) return std::nullopt;
  const auto first = parse_uint(sides->first);
  const auto last = parse_uint(sides->second);
  if (sides->first.empty()) {
    if (!last) return std::nullopt;
    const uint64_t size = std::min(*last, file_size);
    if (size == 0) return Selection{.status = 416};
    return Selection{.status = 206, .first = file_size - size, .size = size};
  }
  if (!first || (!last && !sides->second.empty()) || (last && *last < *first)) return std::nullopt;
  if (*first >= file_size) return Selection{.status = 416};
  const uint64_t end = last ? std::min(*last, file_size - 1) : file_size - 1;
  return Selection{.status = 206, .first = *first, .size = end - *first + 1};
}

}  // namespace

Selection select(const Conditions& conditions, uint64_t file_size, std::string_view etag) {
  constexpr std::string_view kUnit = "bytes=";
  const Selection whole{.status = 200, .first = 0, .size = file_size};
  if (!conditions.if_none_match.empty() && is_among(conditions.if_none_match, etag)) {
    return {.status = 304};
  }
  if (!conditions.range.starts_with(kUnit)) return whole;
  if (!conditions.if_range.empty() && conditions.if_range != etag) return whole;
  const std::string_view ranges = conditions.range.substr(kUnit.size());
  if (ranges.find(',') != std::string_view::npos) return whole;
  return part_of(ranges, file_size).value_or(whole);
}

}  // namespace argosy::update_service
