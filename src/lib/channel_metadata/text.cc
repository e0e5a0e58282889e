// The one text of a document: JSON without spaces, members in the order below.
#include "base/text.h"

#include <charconv>

#include "base/format.h"
#include "lib/channel_metadata/metadata.h"
#include "lib/json/json.h"

namespace argosy::channel_metadata {
namespace {

constexpr std::string_view kType = "argosy-channel-metadata";
constexpr int64_t kFormat = 1;

std::unexpected<Error> bad(std::string what) {
  return fail(Code::kInvalidArgument, std::move(what));
}

json::Value to_json(const Package& package) {
  json::Object object = {{"name", package.name},
                         {"size", package.size},
                         {"sha256", to_hex(BytesView(package.sha256))}};
  if (!package.from.empty()) object.emplace_back("from", package.from);
  return object;
}

json::Value to_json(const Release& release) {
  json::Array packages;
  for (const Package& package : release.packages) packages.push_back(to_json(package));
  return json::Object{
      {"version", release.version}, {"floor", release.is_floor}, {"packages", std::move(packages)}};
}

json::Value to_json(const Metadata& metadata) {
  json::Array releases;
  for (const Release& release : metadata.releases) releases.push_back(to_json(release));
  json::Object object = {{"_type", kType},
                         {"format", kFormat},
                         {"application", metadata.application},
                         {"channel", metadata.channel},
                         {"arch", metadata.arch}};
  if (!metadata.groups.empty()) {
    object.emplace_back("groups", json::Array(metadata.groups.begin(), metadata.groups.end()));
  }
  for (json::Member& member : json::Object{{"sequence", metadata.sequence},
                                           {"issued", to_rfc3339(metadata.issued)},
                                           {"expires", to_rfc3339(metadata.expires)},
                                           {"target", metadata.target},
                                           {"rollback", metadata.is_rollback_allowed},
                                           {"releases", std::move(releases)}}) {
    object.push_back(std::move(member));
  }
  return object;
}

std::optional<int> digits(std::string_view text, size_t at, size_t count) {
  int value = 0;
  const auto part = text.substr(at, count);
  const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), value);
  const bool is_all = error == std::errc() && end == part.data() + count && part[0] != '-';
  return is_all ? std::optional(value) : std::nullopt;
}

// "2026-11-23T13:44:05Z" and no other form.
Result<WallTime> read_time(std::string_view text) {
  constexpr std::string_view kShape = "0000-00-00T00:00:00Z";
  if (text.size() != kShape.size()) return bad("a time is not as 2026-11-23T13:44:05Z");
  const auto year = digits(text, 0, 4), month = digits(text, 5, 2), day = digits(text, 8, 2);
  const auto hour = digits(text, 11, 2), minute = digits(text, 14, 2), second = digits(text, 17, 2);
  if (!year || !month || !day || !hour || !minute || !second) return bad("a time has no digits");
  const std::chrono::year_month_day date{std::chrono::year(*year),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return bad("a time is at a day that is none");
  const seconds since = std::chrono::sys_days(date).time_since_epoch() + hours(*hour) +
                        minutes(*minute) + seconds(*second);
  // Of what years a time may be is asked before it could overflow here.
  const bool is_of_our_time = *year >= 1970 && *year <= 2200;
  return is_of_our_time ? Result<WallTime>(WallTime(Duration(since)))
                        : bad("a time is not within the years 1970 to 2200");
}

bool boolean(const json::Value& object, std::string_view name) {
  const json::Value* value = object.find(name);
  return value != nullptr && value->as_bool().value_or(false);
}

uint64_t number(const json::Value& object, std::string_view name) {
  const json::Value* value = object.find(name);
  return value != nullptr ? value->as_uint().value_or(0) : 0;
}

const json::Array& list(const json::Value& object, std::string_view name) {
  static const json::Array kNone;
  const json::Value* value = object.find(name);
  return value != nullptr && value->as_array() != nullptr ? *value->as_array() : kNone;
}

Package read_package(const json::Value& from) {
  return {.name = std::string(from.text_of("name")),
          .size = number(from, "size"),
          .sha256 = from_hex(from.text_of("sha256")).value_or(""),
          .from = std::string(from.text_of("from"))};
}

Release read_release(const json::Value& from) {
  Release release{.version = std::string(from.text_of("version")),
                  .is_floor = boolean(from, "floor"),
                  .packages = {}};
  for (const json::Value& package : list(from, "packages")) {
    release.packages.push_back(read_package(package));
  }
  return release;
}

// Takes what it finds: what is missing, too much or of another type shows when the text is
// written again.
Result<Metadata> read_metadata(const json::Value& from) {
  if (from.text_of("_type") != kType) return bad("these are no channel's metadata");
  if (number(from, "format") != kFormat) {
    return bad(format("format {} of channel metadata is not known", number(from, "format")));
  }
  Metadata metadata{.application = std::string(from.text_of("application")),
                    .channel = std::string(from.text_of("channel")),
                    .arch = std::string(from.text_of("arch")),
                    .sequence = number(from, "sequence"),
                    .target = std::string(from.text_of("target")),
                    .releases = {},
                    .is_rollback_allowed = boolean(from, "rollback"),
                    .issued = TRY(read_time(from.text_of("issued"))),
                    .expires = TRY(read_time(from.text_of("expires")))};
  for (const json::Value& group : list(from, "groups")) {
    metadata.groups.push_back(group.as_string() != nullptr ? *group.as_string() : "");
  }
  for (const json::Value& release : list(from, "releases")) {
    metadata.releases.push_back(read_release(release));
  }
  return metadata;
}

}  // namespace

std::string signed_text(const Metadata& metadata) {
  return json::to_text(to_json(metadata));
}

std::string to_text(const Document& document) {
  json::Array signatures;
  for (const Signature& one : document.signatures) {
    signatures.push_back(
        json::Object{{"keyid", one.key_id}, {"signature", to_base64(one.signature)}});
  }
  return json::to_text(
      json::Object{{"signed", to_json(document.metadata)}, {"signatures", std::move(signatures)}});
}

Result<Document> parse(std::string_view text) {
  if (text.size() > kMaxTextBytes) {
    return bad(format("more than {} bytes of channel metadata", kMaxTextBytes));
  }
  const json::Value value = TRY_CONTEXT(json::parse(text), "channel metadata");
  const json::Value* inner = value.find("signed");
  Document document;
  document.metadata = TRY(read_metadata(inner != nullptr ? *inner : json::Value()));
  TRY_CONTEXT(check_form(document.metadata), "channel metadata");
  for (const json::Value& one : list(value, "signatures")) {
    document.signatures.push_back(
        {.key_id = std::string(one.text_of("keyid")),
         .signature = from_base64(one.text_of("signature")).value_or("")});
  }
  if (document.signatures.size() > kMaxSignatures) {
    return bad(format("more than {} signatures of channel metadata", kMaxSignatures));
  }
  if (to_text(document) != text) {
    return bad("channel metadata are not written in the one way (order, spaces, types, extras)");
  }
  return document;
}

}  // namespace argosy::channel_metadata
