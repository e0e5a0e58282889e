// For tests: an attempter driven by lines of text, and a fake of what surrounds it.
#pragma once

#include <map>
#include <string>

#include "base/bytes.h"
#include "base/format.h"
#include "base/text.h"
#include "parts/update_engine/attempt/attempter.h"

namespace argosy::update_engine {

// "key=value key=value"; a word without "=" is a key with the value "". '_' is a space.
using Words = std::map<std::string, std::string, std::less<>>;
inline Words words_of(std::string_view line) {
  Words words;
  for (const std::string_view word : split(line, ' ')) {
    const auto sides = cut(word, "=");
    words.emplace(sides ? sides->first : word, sides ? sides->second : "");
  }
  return words;
}
inline std::string value_or(const Words& words, std::string_view key, std::string_view otherwise) {
  const auto found = words.find(key);
  return found == words.end() ? std::string(otherwise) : found->second;
}

// A statement for tests is "SEQUENCE VERSION [rollback]"; "bad" is one that is not signed.
inline Result<channel_metadata::Metadata> read_statement(std::string_view text, uint64_t last) {
  const auto parts = split(text, ' ');
  if (parts[0] == "bad") return fail(Code::kPermissionDenied, "no known key signed it");
  channel_metadata::Metadata metadata;
  metadata.sequence = *parse_uint(parts[0]);
  if (metadata.sequence < last) return fail(Code::kOutOfRange, "it is older than one seen before");
  metadata.target = parts[1];
  metadata.is_rollback_allowed = parts.size() > 2;
  metadata.releases.push_back(
      {.version = metadata.target,
       .packages = {{.name = "update.gz", .size = 100, .sha256 = Bytes(32, 'h'), .from = {}}}});
  return metadata;
}

inline std::string response_of(const Words& words) {
  const std::string version = value_or(words, "version", "2.0.0");
  std::string statement;
  if (words.contains("statement")) {
    std::string text = value_or(words, "statement", "");
    for (char& c : text) c = c == '_' ? ' ' : c;
    statement = format("<channel_metadata>{}</channel_metadata>", to_base64(text));
  }
  const std::string poll =
      words.contains("poll") ? format(" PollInterval=\"{}\"", value_or(words, "poll", "")) : "";
  if (words.contains("noupdate")) {
    return format("<response><app><updatecheck status=\"noupdate\"{}/>{}</app></response>", poll,
                  statement);
  }
  std::string urls;
  for (const std::string_view url : split(value_or(words, "urls", "http://a/,http://b/"), ',')) {
    urls += format("<url codebase=\"{}\"/>", url);
  }
  return format(
      "<response><app><updatecheck status=\"ok\"{}><urls>{}</urls><manifest version=\"{}\">"
      "<packages><package name=\"update.gz\" size=\"100\"/></packages><actions><action "
      "event=\"postinstall\" sha256=\"{}\" IsDeltaPayload=\"{}\" DisablePayloadBackoff=\"{}\" "
      "MaxFailureCountPerUrl=\"{}\" IsRollback=\"{}\"/></actions></manifest></updatecheck>{}"
      "</app></response>",
      poll, urls, version, to_base64(Bytes(32, value_or(words, "hash", "h")[0])),
      words.contains("delta") ? "true" : "false", words.contains("backoff") ? "false" : "true",
      value_or(words, "limit", "10"), words.contains("rollback") ? "true" : "false", statement);
}

inline Situation situation_of(const Words& words) {
  Situation situation;
  situation.family = words.contains("coreos") ? Family::kCoreOs : Family::kFlatcar;
  situation.config = make_config(situation.family, {}, {});
  situation.config.app_version = value_or(words, "version", "1.0.0");
  situation.config.board = "amd64-usr";
  if (words.contains("server")) situation.config.server = value_or(words, "server", "");
  situation.boot_id = value_or(words, "id", "{b1}");
  situation.is_official = !words.contains("unofficial");
  situation.policy.accepts_deltas = !words.contains("refuse-deltas");
  situation.policy.allows_downgrades = words.contains("allow-downgrades");
  if (words.contains("keys")) {
    situation.verify_statement = [](std::string_view text, WallTime, uint64_t last) {
      return read_statement(text, last);
    };
  }
  return situation;
}

}  // namespace argosy::update_engine
