// One block of a tar archive as the formats lay it out (POSIX.1-2001 pax, "ustar Interchange
// Format"; GNU tar manual, "Basic Tar Format"). Shared by reader and writer; private to them.
#pragma once

#include <optional>
#include <string_view>

#include "base/bytes.h"

namespace argosy::tar {

inline constexpr size_t kBlock = 512;

struct Place {
  size_t offset;
  size_t size;
  std::string_view of(BytesView block) const { return block.substr(offset, size); }
};
inline constexpr Place kName{0, 100};
inline constexpr Place kMode{100, 8};
inline constexpr Place kUid{108, 8};
inline constexpr Place kGid{116, 8};
inline constexpr Place kSize{124, 12};
inline constexpr Place kMtime{136, 12};
inline constexpr Place kChecksum{148, 8};
inline constexpr Place kTypeFlag{156, 1};
inline constexpr Place kLinkName{157, 100};
inline constexpr Place kMagic{257, 8};
inline constexpr Place kUser{265, 32};
inline constexpr Place kGroup{297, 32};
inline constexpr Place kDeviceMajor{329, 8};
inline constexpr Place kDeviceMinor{337, 8};
inline constexpr Place kPrefix{345, 155};
// GNU's sparse files: four extents here, 21 in each block that follows.
inline constexpr Place kGnuExtents{386, 96};
inline constexpr Place kGnuIsExtended{482, 1};
inline constexpr Place kGnuRealSize{483, 12};
inline constexpr Place kGnuMoreExtents{0, 504};
inline constexpr Place kGnuMoreIsExtended{504, 1};
inline constexpr size_t kGnuExtent = 24;

inline constexpr std::string_view kUstarMagic{"ustar\00000", 8};
inline constexpr std::string_view kGnuMagic{"ustar  \0", 8};

// The text up to the first NUL.
std::string_view text_in(BytesView field);
// Octal digits between blanks, or GNU's base 256; nothing if it is neither or below zero.
std::optional<uint64_t> number_in(BytesView field);
// The same for times, which may be below zero.
std::optional<int64_t> signed_number_in(BytesView field);
bool has_good_checksum(BytesView block);
uint64_t checksum_of(BytesView block);

inline uint64_t padding_of(uint64_t size) {
  return (kBlock - size % kBlock) % kBlock;
}

}  // namespace argosy::tar
