// <sys/pidfd.h>, which in Debian 12's glibc forgets to say that its functions are C.
// Private to this folder.
#pragma once

extern "C" {
#include <sys/pidfd.h>
}
