// The kinds of file systems behind map_files().
#pragma once

#include "lib/payload/filesystem/file_map.h"

namespace argosy::payload {

bool is_ext(BytesView first_2048);
bool is_squashfs(BytesView first_2048);

// In no order yet, perhaps with shared ranges.
Result<std::vector<MappedFile>> map_ext(const std::string& path);
Result<std::vector<MappedFile>> map_squashfs(File& image);

}  // namespace argosy::payload
