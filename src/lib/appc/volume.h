// Volumes in documents. Private to this folder.
#pragma once

#include "lib/appc/pod_manifest.h"

namespace argosy::appc {

Result<Volume> read_volume(const image::Fields& fields);
json::Value to_json(const Volume& volume);

}  // namespace argosy::appc
