// What is kept beside an image, as text. Private to this folder.
#pragma once

#include "parts/rkt/store/image_store.h"

namespace argosy::rkt {

Bytes to_text(const ImageInfo& info);
// Without the key. InvalidArgument.
Result<ImageInfo> parse_info(std::string_view text);

// When a file's content changed last; 1970 where nobody knows.
WallTime changed_at(const std::string& path);

}  // namespace argosy::rkt
