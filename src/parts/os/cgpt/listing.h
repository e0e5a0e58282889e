// The lines by which cgpt shows tables; scripts cut them at their columns.
#pragma once

#include <cstdint>
#include <string>

#include "lib/gpt/inspect.h"

namespace argosy::os {

// Some lines of one partition: place, label, type, GUID and, of slots or all if numeric,
// the attributes.
std::string entry_lines(const gpt::Entry& entry, uint32_t number, bool is_numeric);
// One line of it: place and type.
std::string entry_line(const gpt::Entry& entry, uint32_t number, bool is_numeric);

std::string title_line();

struct Listing {
  bool is_numeric = false;
  bool is_verbose = false;
  bool with_invalid = false;  // what cannot be trusted too
};
// Everything on the disk from its first sector to its last. The inspection is usable and
// has read sector 0.
std::string disk_lines(const gpt::Inspection& found, const Listing& how);

}  // namespace argosy::os
