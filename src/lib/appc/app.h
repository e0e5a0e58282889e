// Pieces that the manifest's reader and the app's share. Private to this folder.
#pragma once

#include "lib/appc/manifest.h"

namespace argosy::appc {

// An array of {name, value}; `repeated` is the pattern of the error for a name that is there
// twice.
Result<NamedValues> read_named_values(const image::Fields& fields, std::string_view member,
                                      std::string_view repeated);
Result<NamedValues> read_annotations(const image::Fields& fields);
Result<Port> read_port(const image::Fields& fields);
json::Value to_json(const Port& port);
json::Value to_json(const std::vector<Isolator>& isolators);
Result<NamedValues> read_labels(const image::Fields& fields);
void put_named_values(json::Object& to, std::string_view member, const NamedValues& values);

}  // namespace argosy::appc
