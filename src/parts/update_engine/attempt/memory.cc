#include "parts/update_engine/attempt/memory.h"

#include "base/format.h"
#include "base/text.h"
#include "parts/update_engine/prefs/prefs.h"

namespace argosy::update_engine {
namespace {

constexpr auto kLongestBackoff = hours(16 * 24);

constexpr std::string_view kKeys[] = {
    prefs::kAlephVersion,        prefs::kPreviousVersion,        prefs::kFullResponse,
    prefs::kDeltaUpdateFailures, prefs::kPayloadAttemptNumber,   prefs::kCurrentResponseSignature,
    prefs::kCurrentUrlIndex,     prefs::kCurrentUrlFailureCount, prefs::kBackoffExpiryTime,
    prefs::kCompletedVersion,    prefs::kCompletedBoot,          prefs::kBadVersion,
    prefs::kFullPayloadWanted,   prefs::kStatementSequence,
};

uint32_t small_number(const Memory& memory, std::string_view key) {
  const int64_t value = memory.number(key).value_or(0);
  return value < 0 || value > UINT32_MAX ? 0 : static_cast<uint32_t>(value);
}

}  // namespace

std::span<const std::string_view> kept_keys() {
  return kKeys;
}

std::optional<std::string_view> Memory::find(std::string_view key) const {
  const auto found = values_.find(key);
  if (found == values_.end()) return std::nullopt;
  return found->second;
}

std::optional<int64_t> Memory::number(std::string_view key) const {
  const auto value = find(key);
  return value ? parse_pref(*value) : std::nullopt;
}

void Memory::keep(Actions& actions, std::string_view key, std::string value) {
  if (find(key) == value) return;
  actions.push_back({.kind = Action::Kind::kKeep, .key = std::string(key), .text = value});
  values_.insert_or_assign(std::string(key), std::move(value));
}

void Memory::forget(Actions& actions, std::string_view key) {
  const auto found = values_.find(key);
  if (found == values_.end()) return;
  values_.erase(found);
  actions.push_back({.kind = Action::Kind::kForget, .key = std::string(key)});
}

PayloadState::Stored load_payload_state(const Memory& memory, WallTime now) {
  PayloadState::Stored stored;
  stored.response_signature = memory.text(prefs::kCurrentResponseSignature);
  stored.attempt = small_number(memory, prefs::kPayloadAttemptNumber);
  stored.url_index = small_number(memory, prefs::kCurrentUrlIndex);
  stored.url_failures = small_number(memory, prefs::kCurrentUrlFailureCount);
  const int64_t until = memory.number(prefs::kBackoffExpiryTime).value_or(0);
  // A time further away than any backoff was written by a clock that was wrong.
  const int64_t latest =
      std::chrono::duration_cast<seconds>((now + kLongestBackoff).time_since_epoch()).count();
  if (until > 0 && until <= latest) stored.backoff_until = WallTime(seconds(until));
  return stored;
}

void keep_payload_state(const PayloadState::Stored& stored, Memory& memory, Actions& actions) {
  const auto until =
      stored.backoff_until
          ? std::chrono::duration_cast<seconds>(stored.backoff_until->time_since_epoch()).count()
          : 0;
  memory.keep(actions, prefs::kCurrentResponseSignature, stored.response_signature);
  memory.keep(actions, prefs::kPayloadAttemptNumber, to_pref(stored.attempt));
  memory.keep(actions, prefs::kCurrentUrlIndex, to_pref(stored.url_index));
  memory.keep(actions, prefs::kCurrentUrlFailureCount, to_pref(stored.url_failures));
  memory.keep(actions, prefs::kBackoffExpiryTime, to_pref(until));
}

uint64_t known_sequence(const Memory& memory, std::string_view arch, std::string_view channel) {
  const auto sides = cut(memory.text(prefs::kStatementSequence), " ");
  if (!sides || sides->second != format("{} {}", arch, channel)) return 0;
  return parse_uint(sides->first).value_or(0);
}

void keep_sequence(uint64_t sequence, std::string_view arch, std::string_view channel,
                   Memory& memory, Actions& actions) {
  memory.keep(actions, prefs::kStatementSequence, format("{} {} {}", sequence, arch, channel));
}

}  // namespace argosy::update_engine
