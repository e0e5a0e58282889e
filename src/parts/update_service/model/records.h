// What operators keep: applications, packages, channels and groups. Names and numbers are
// those of Nebraska's tables and REST API (its backend/pkg/api and db/migrations), so that
// its clients and its data fit.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "parts/update_service/rollout/policy.h"

namespace argosy::update_service::model {

enum class Arch : uint8_t { kAll = 0, kAmd64 = 1, kAarch64 = 2, kX86 = 3 };
// "all", "amd64", "aarch64", "x86".
std::string_view arch_name(Arch arch);
std::optional<Arch> arch_by_number(int64_t number);
// From the board ("arm64-usr"), else the operating system's arch ("x64", "arm"), else amd64.
Arch arch_of(std::string_view board, std::string_view os_arch);

struct Application {
  std::string id;                         // a UUID, lower case, without braces
  std::optional<std::string> product_id;  // a reverse domain name; unique
  std::string name;
  std::string description;
  WallTime created{};

  bool operator==(const Application&) const = default;
};

enum class PackageType : uint8_t { kFlatcar = 1, kDocker = 2, kRocket = 3, kOther = 4 };
std::optional<PackageType> package_type_by_number(int64_t number);

// A file besides the payload: an OEM's or an extension's.
struct PackageFile {
  std::string name;
  uint64_t size = 0;
  std::string sha1;    // base64
  std::string sha256;  // base64

  bool operator==(const PackageFile&) const = default;
};

struct Package {
  std::string id;
  std::string application_id;
  PackageType type = PackageType::kFlatcar;
  Arch arch = Arch::kAmd64;
  std::string version;
  // A delta: it fits machines that run this version only; the extra files of the full
  // payload have to be beside it, too. Empty: a full payload.
  std::string source_version;
  std::string description;
  std::string url;  // the directory; the file's name is appended. "/..." is on this server
  std::string filename;
  uint64_t size = 0;   // bytes
  std::string sha1;    // base64, of the file
  std::string sha256;  // base64, of the file
  // For update_engine: the action of event "postinstall".
  bool is_for_update_engine = true;
  std::vector<PackageFile> extra_files;
  WallTime created{};

  bool is_delta() const { return !source_version.empty(); }
  bool operator==(const Package&) const = default;
};

// A version that no machine of the channel may pass over.
struct Floor {
  std::string package_id;
  std::string reason;

  bool operator==(const Floor&) const = default;
};

struct Channel {
  std::string id;
  std::string application_id;
  std::string name;
  std::string color;  // "#1fbb86"
  Arch arch = Arch::kAmd64;
  std::string package_id;  // empty: it offers nothing
  // Packages that are never given to the channel's machines.
  std::vector<std::string> blacklist;
  std::vector<Floor> floors;
  // Machines above the package's version go down to it.
  bool forces_rollback = false;
  // The syncer does not move it.
  bool is_pinned = false;
  // The text of its signed document (lib/channel_metadata), which goes with every answer to
  // the channel's machines; empty: none.
  std::string metadata;
  WallTime created{};

  bool operator==(const Channel&) const = default;
};

// A share of machines that grows with time, frame by frame (CoreUpdate's linear rollout).
struct Ramp {
  WallTime start{};
  Duration length = hours(24);
  Duration frame = seconds(60);

  bool operator==(const Ramp&) const = default;
};
// 0 to 100.
uint32_t percent_at(const Ramp& ramp, WallTime now);

struct Group {
  std::string id;
  std::string application_id;
  std::string name;
  std::string description;
  std::string track;       // what machines call it; their GROUP may be this or the id
  std::string channel_id;  // empty: none
  Policy policy;
  std::string time_zone = "Europe/Berlin";  // of office hours and windows
  std::optional<Ramp> ramp;                 // instead of policy.percent
  bool is_rolling_out = false;
  WallTime created{};
};

// "15 minutes", "1 hours", "2 days" as Nebraska writes PostgreSQL intervals; a Go duration
// is taken as well. InvalidArgument names the text.
Result<Duration> parse_interval(std::string_view text);
// The largest unit that fits: "60 minutes" is said as 60 minutes, 24 hours as "24 hours".
std::string interval_text(Duration interval);

// A UUID of the form 8-4-4-4-12 in lower case, from one with capitals or in braces;
// nothing: it is none.
std::optional<std::string> normal_uuid(std::string_view text);

// What the fields must hold, in the words that an operator reads; InvalidArgument.
Result<void> check_valid(const Application& application);
Result<void> check_valid(const Package& package);
Result<void> check_valid(const Channel& channel);
Result<void> check_valid(const Group& group);

}  // namespace argosy::update_service::model
