// What makes a request of HTTP/2 malformed (RFC 9113, sections 8.1.1 to 8.3.1). Ours
// instead of nghttp2's, which hold :authority to the letter: Go's gRPC clients put the
// whole of an endpoint there, "http://host:port" too, and servers of the original take
// it.
#pragma once

#include <optional>

#include "io/http/h2_fields.h"

namespace argosy {

bool is_well_formed_request(const H2Fields& fields);
bool are_well_formed_trailers(const H2Fields& fields);

// Of a well-formed request; empty when it does not say.
std::optional<uint64_t> content_length(const H2Fields& fields);

}  // namespace argosy
