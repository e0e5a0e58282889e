#include "parts/locksmith/semaphore/keys.h"

#include "base/format.h"
#include "lib/json/json.h"

namespace argosy::locksmith {
namespace {

constexpr std::string_view kPrefix = "coreos.com/updateengine/rebootlock";

bool stays(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_' || c == '.' || c == '~';
}

std::string folder_of(std::string_view group) {
  if (group.empty() || group == "..") return std::string(kPrefix);
  if (group == ".") return format("{}/groups", kPrefix);
  return format("{}/groups/{}", kPrefix, query_escape(group));
}

}  // namespace

std::string query_escape(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (stays(c)) {
      out += c;
    } else if (c == ' ') {
      out += '+';
    } else {
      out += format("%{:02X}", static_cast<unsigned>(static_cast<unsigned char>(c)));
    }
  }
  return out;
}

std::string semaphore_key(std::string_view group) {
  return folder_of(group) + "/semaphore";
}

std::string holder_prefix(std::string_view group) {
  return folder_of(group) + "/holders/";
}

std::string holder_key(std::string_view group, std::string_view id) {
  return holder_prefix(group) + query_escape(id);
}

std::string to_json(const HolderNote& note) {
  return json::to_text(json::Object{{"machineID", json::Value(note.machine)},
                                    {"startTime", json::Value(note.since_unix_seconds)}});
}

Result<HolderNote> parse_holder_note(std::string_view text) {
  const json::Value value = TRY_CONTEXT(json::parse(text), "a holder's note");
  const json::Value* since = value.find("startTime");
  if (since == nullptr || !since->as_int() || value.text_of("machineID").empty()) {
    return fail(Code::kInvalidArgument, "a holder's note has no machineID or no startTime");
  }
  return HolderNote{std::string(value.text_of("machineID")), *since->as_int()};
}

}  // namespace argosy::locksmith
