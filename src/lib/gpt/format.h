// Where things are on a disk with a GUID partition table (UEFI 2.10, chapter 5), shared by
// reader and writer; docs/formats/gpt.md explains them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace argosy::gpt {

// Header, from the start of its sector.
inline constexpr std::string_view kEfiSignature = "EFI PART";
// `cgpt legacy`: firmware that looks for the other one finds no table.
inline constexpr std::string_view kChromeOsSignature = "CHROMEOS";
inline constexpr uint32_t kRevision = 0x00010000;
inline constexpr size_t kHeaderRevision = 8;
inline constexpr size_t kHeaderSize = 12;
inline constexpr size_t kHeaderCrc = 16;
inline constexpr size_t kHeaderReserved = 20;
inline constexpr size_t kHeaderOwnLba = 24;
inline constexpr size_t kHeaderOtherLba = 32;
inline constexpr size_t kHeaderFirstUsable = 40;
inline constexpr size_t kHeaderLastUsable = 48;
inline constexpr size_t kHeaderDiskGuid = 56;
inline constexpr size_t kHeaderTableLba = 72;
inline constexpr size_t kHeaderEntryCount = 80;
inline constexpr size_t kHeaderEntryBytes = 84;
inline constexpr size_t kHeaderTableCrc = 88;
inline constexpr uint32_t kHeaderBytes = 92;

// Entry.
inline constexpr size_t kEntryType = 0;
inline constexpr size_t kEntryUnique = 16;
inline constexpr size_t kEntryFirstLba = 32;
inline constexpr size_t kEntryLastLba = 40;
inline constexpr size_t kEntryAttributes = 48;
inline constexpr size_t kEntryName = 56;
inline constexpr uint32_t kEntryBytes = 128;

// A table of another size than 128 entries of 128 bytes is read up to these bounds.
inline constexpr uint32_t kDefaultEntryCount = 128;
inline constexpr uint32_t kMaxEntryBytes = 4096;
inline constexpr uint64_t kMaxTableBytes = 1 << 20;

inline constexpr uint64_t kPrimaryHeaderLba = 1;
inline constexpr uint64_t kPrimaryTableLba = 2;

}  // namespace argosy::gpt
