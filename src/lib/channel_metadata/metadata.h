// What a channel offers, signed and with an end: so that a server or mirror, or who sits
// before it, can't make machines run something else, take an old state for the newest, or
// hold them where they are without their noticing. The idea is TUF's timestamp and snapshot
// roles in one document (theupdateframework.io, specification 1.0, sections 4.4 and 4.6).
// docs/formats/channel-metadata.md; signing and verifying are in trust/trust.h. Any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "base/time.h"
#include "lib/semver/semver.h"

namespace argosy::channel_metadata {

inline constexpr size_t kMaxTextBytes = 256 * 1024;
inline constexpr size_t kMaxReleases = 64;
inline constexpr size_t kMaxPackages = 64;  // of one release
inline constexpr size_t kMaxSignatures = 8;
inline constexpr size_t kMaxGroups = 256;

struct Package {
  std::string name;  // as in Omaha's package, which is appended to a URL
  uint64_t size = 0;
  Bytes sha256;      // 32 bytes, of the whole payload
  std::string from;  // a delta: the version that it starts at; empty: a full payload

  bool operator==(const Package&) const = default;
};

struct Release {
  std::string version;
  bool is_floor = false;  // nobody may pass over it
  std::vector<Package> packages;

  bool operator==(const Release&) const = default;
};

struct Metadata {
  std::string application;  // Omaha's appid
  std::string channel;      // Omaha's track
  std::string arch;         // "amd64", "aarch64", "x86" or "all"; see arch_of_board
  // What machines of this channel may have as their track instead of its name: ids and tracks
  // of its groups, ascending.
  std::vector<std::string> groups{};
  uint64_t sequence = 0;          // from 1; grows with every document of this channel
  std::string target;             // the version to be at; it is one of the releases
  std::vector<Release> releases;  // all that may be offered, with ascending versions
  bool is_rollback_allowed = false;
  WallTime issued{}, expires{};  // whole seconds

  bool operator==(const Metadata&) const = default;
};

struct Signature {
  std::string key_id;  // 64 hex digits, see trust.h
  Bytes signature;

  bool operator==(const Signature&) const = default;
};

struct Document {
  std::vector<Signature> signatures;  // of several keys while one replaces another
  Metadata metadata;

  bool operator==(const Document&) const = default;
};

// There is one text for a document, and any other is refused: InvalidArgument says why.
// Nothing of what it says is to be believed before verify().
Result<Document> parse(std::string_view text);
std::string to_text(const Document& document);
// What the signatures are of.
std::string signed_text(const Metadata& metadata);
// Whether it is whole and without contradiction; parse() asks it too.
Result<void> check_form(const Metadata& metadata);

// What a machine was offered, as Omaha's response has it.
struct Offer {
  std::string current_version;  // what the machine runs
  std::string version;
  std::string package;  // its name
  uint64_t size = 0;
  Bytes sha256;           // 32 bytes
  bool is_delta = false;  // then it has to start at current_version
};
// PermissionDenied says what the channel doesn't have, or that the way leads down although
// no rollback is allowed. A machine may be held back by an offer of less than the target,
// but not past a floor.
Result<void> permits(const Metadata& metadata, const Offer& offer);

// Whether a machine with this track (its GROUP) is one of the channel's: by the channel's name,
// or by what its groups are called.
bool is_track_of(const Metadata& metadata, std::string_view track);
// "{E96281A6-...}" and "e96281a6-..." are the same application.
bool is_same_application(std::string_view a, std::string_view b);
// "amd64-usr" is "amd64", "arm64-usr" is "aarch64"; what is not known stays as it is.
std::string arch_of_board(std::string_view board);
using semver::compare_versions;

}  // namespace argosy::channel_metadata
