// An Exchange on an HTTP/2 stream. Private to this folder.
#pragma once

#include "io/http/exchange.h"
#include "io/http/h2_session.h"

namespace argosy {

std::unique_ptr<H2Stream::Handler> make_h2_exchange(Loop& loop, H2Stream& stream,
                                                    const HttpHandler& handler);

}  // namespace argosy
