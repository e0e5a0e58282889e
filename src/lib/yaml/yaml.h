// YAML (1.1, as Go's yaml packages read it: they are ports of the libyaml inside) into
// the values of lib/json. JSON is YAML and is read too. Anchors are expanded within a
// bound; errors name line and column.
#pragma once

#include "lib/json/json.h"

namespace argosy::yaml {

// One document; an empty one is null.
Result<json::Value> parse(std::string_view text);

}  // namespace argosy::yaml
