// Sector 0: boot code, and the old partition table that keeps tools without GPT away
// (UEFI 2.10, section 5.2.3). Only the first 512 bytes of it, whatever the sector's size.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "lib/gpt/guid.h"
#include "lib/gpt/header.h"

namespace argosy::gpt {

struct Table;

inline constexpr size_t kMbrBytes = 512;

class Mbr {
 public:
  Mbr() : bytes_(kMbrBytes, '\0') {}
  // At least kMbrBytes.
  explicit Mbr(BytesView sector) : bytes_(sector.substr(0, kMbrBytes)) {}

  const Bytes& bytes() const { return bytes_; }
  bool operator==(const Mbr&) const = default;

  // One protective partition over the whole disk. Boot code and disk id stay.
  void protect(const Geometry& disk);
  // With a partition that is marked legacy-bootable and within 2^32 sectors: that one,
  // bootable, first (as Xen's pvgrub asks for) and a protective one before it; otherwise
  // protect().
  void protect(const Geometry& disk, const Table& table);

  // SYSLINUX 3's gptmbr.bin: where the GUID of what to boot stands, after 424 bytes of code.
  static constexpr size_t kSyslinuxCodeBytes = 424;
  void mark_syslinux();
  // At most kSyslinuxCodeBytes; what they do not reach stays.
  void set_boot_code(BytesView code);
  void set_boot_guid(const Guid& guid);
  Guid boot_guid() const;

  // In cgpt's words: "Protective MBR", "Hybrid MBR", "PMBR (SYSLINUX3...)", "Unknown".
  std::string text() const;

 private:
  Bytes bytes_;
};

}  // namespace argosy::gpt
