// CRC-32 as UEFI's CalculateCrc32 has it: polynomial 0x04c11db7, reflected, all ones
// before and after (ITU-T V.42).
#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace argosy::gpt {

uint32_t crc32(BytesView bytes);

}  // namespace argosy::gpt
