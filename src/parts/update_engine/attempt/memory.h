// What the attempter keeps between runs, as a map whose changes become actions. It stays
// right in this process even if a write fails.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "parts/update_engine/attempt/action.h"
#include "parts/update_engine/retry/payload_state.h"

namespace argosy::update_engine {

// Keys that the original does not have.
namespace prefs {
// Set when an update is complete: the version, and the boot that it was made in.
inline constexpr std::string_view kCompletedVersion = "update-completed-version";
inline constexpr std::string_view kCompletedBoot = "update-completed-boot";
// A version that was installed and did not hold.
inline constexpr std::string_view kBadVersion = "bad-version";
// A delta did not apply: until an update succeeds, full payloads are asked for.
inline constexpr std::string_view kFullPayloadWanted = "full-payload-wanted";
// "SEQUENCE ARCH CHANNEL", of the last statement that was believed.
inline constexpr std::string_view kStatementSequence = "channel-metadata-sequence";
}  // namespace prefs

// What an attempter is to be given of what is there.
std::span<const std::string_view> kept_keys();
using KeptValues = std::map<std::string, std::string, std::less<>>;

class Memory {
 public:
  explicit Memory(KeptValues values) : values_(std::move(values)) {}

  std::optional<std::string_view> find(std::string_view key) const;
  // Empty when it is missing.
  std::string_view text(std::string_view key) const { return find(key).value_or(""); }
  std::optional<int64_t> number(std::string_view key) const;

  // What is so already makes no action.
  void keep(Actions& actions, std::string_view key, std::string value);
  void forget(Actions& actions, std::string_view key);

 private:
  KeptValues values_;
};

PayloadState::Stored load_payload_state(const Memory& memory, WallTime now);
void keep_payload_state(const PayloadState::Stored& stored, Memory& memory, Actions& actions);

// The highest sequence that was believed of this channel; 0 for another.
uint64_t known_sequence(const Memory& memory, std::string_view arch, std::string_view channel);
void keep_sequence(uint64_t sequence, std::string_view arch, std::string_view channel,
                   Memory& memory, Actions& actions);

}  // namespace argosy::update_engine
