// Tells the service manager how far a service is (sd_notify(3), the protocol of
// NOTIFY_SOCKET), without its library.
#pragma once

#include <string_view>

#include "base/result.h"

namespace argosy {

// "READY=1", "STOPPING=1", "STATUS=...". Nothing happens when nobody listens.
Result<void> notify_service_manager(std::string_view state);

}  // namespace argosy
