// Values to and from sd-bus's messages. Private to this folder.
#pragma once

#include <systemd/sd-bus.h>

#include "base/result.h"
#include "lib/systemd/value.h"

namespace argosy::systemd {

// All that is left in the message.
Result<Values> read_values(sd_bus_message* message);
Result<void> append_values(sd_bus_message* message, const Values& values);

// Of a call that failed with a D-Bus error.
Error error_of(const sd_bus_error& error);
// Of a function of sd-bus that returned a negative errno.
Error failed_call(std::string what, int negative_errno);

}  // namespace argosy::systemd
