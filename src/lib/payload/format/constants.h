// The numbers of the payload format ("CrAU"); docs/formats/payload.md is the page to it.
#pragma once

#include <cstdint>
#include <string_view>

namespace argosy::payload {

inline constexpr std::string_view kMagic = "CrAU";

// "CrAU", version, size of the manifest; major version 2 adds the size of the
// metadata's own signature (32 bits).
inline constexpr uint64_t kHeaderSizeV1 = 20;
inline constexpr uint64_t kHeaderSizeV2 = 24;

inline constexpr uint32_t kBlockSize = 4096;

// An extent that starts here is a hole: it reads as zeros, and what is written to it
// is thrown away.
inline constexpr uint64_t kHole = ~uint64_t{0};

inline constexpr size_t kSha256Size = 32;

// The version of the key that clients check signatures with; several signatures are
// numbered so that the last one has it.
inline constexpr uint32_t kSignatureVersion = 2;

// What a reader takes before it gives up on a payload.
struct Limits {
  uint64_t manifest_bytes = uint64_t{32} << 20;
  uint64_t operations = 1 << 18;
  // Of one operation; it is held in memory until its hash has been checked.
  uint64_t blob_bytes = uint64_t{512} << 20;
  uint64_t signature_bytes = 64 << 10;
};

}  // namespace argosy::payload
