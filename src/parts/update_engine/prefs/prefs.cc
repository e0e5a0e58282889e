#include "parts/update_engine/prefs/prefs.h"

#include <algorithm>

#include "base/format.h"
#include "base/text.h"

namespace argosy::update_engine {

std::string prefs::server_certificate(int server, int depth) {
  return format("update-server-cert-{}-{}", server, depth);
}

bool is_pref_key(std::string_view key) {
  return !key.empty() && std::ranges::all_of(key, [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
  });
}

std::optional<int64_t> parse_pref(std::string_view content) {
  const std::string_view number = trim(content);
  return number.starts_with('+') ? std::nullopt : parse_int(number);
}

std::string to_pref(int64_t value) {
  return format("{}", value);
}

bool can_resume(const Progress& progress, std::string_view payload_hash) {
  return progress.next_operation && *progress.next_operation > 0 &&
         !progress.response_hash.empty() && progress.response_hash == payload_hash &&
         progress.resumed_failures.value_or(0) <= kMaxResumedFailures &&
         progress.next_data_offset && *progress.next_data_offset >= 0 &&
         !progress.sha256_context.empty() && progress.metadata_size && *progress.metadata_size > 0;
}

}  // namespace argosy::update_engine
