// How rkt's store names images: "sha512-" and the first half of the archive's SHA-512 in hex
// (rkt: store/imagestore).
#pragma once

#include <string>
#include <string_view>

#include "base/bytes.h"

namespace argosy::rkt {

inline constexpr std::string_view kKeyPrefix = "sha512-";
inline constexpr size_t kKeyBytes = 7 + 64;
inline constexpr size_t kShortestKey = 7 + 2;

// Of the 64 bytes of a hash.
std::string key_of(BytesView sha512);
// Of an image's id, which has all 128 digits, or of a key.
std::string key_of_id(std::string_view id);
// Lower-case hex and as long as a key is.
bool is_key(std::string_view text);
// "sha512/ab/sha512-abcd...": where a key's file is below a directory.
std::string place_of_key(std::string_view key);

}  // namespace argosy::rkt
