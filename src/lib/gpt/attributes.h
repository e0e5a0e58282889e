// The 64 attribute bits of a partition. Bits 0 to 2 are UEFI's (2.10, table 5.8); 48 to 56
// are ChromeOS's and mean something for kernels and /usr slots only; 60 and 63 are of the
// basic-data family of types and followed by systemd for others.
#pragma once

#include <cstdint>

#include "base/check.h"

namespace argosy::gpt {

inline constexpr int kMaxPriority = 15;
inline constexpr int kMaxTries = 15;

class Attributes {
 public:
  constexpr Attributes() = default;
  constexpr explicit Attributes(uint64_t bits) : bits_(bits) {}

  constexpr uint64_t bits() const { return bits_; }
  constexpr bool operator==(const Attributes&) const = default;

  constexpr bool is_legacy_bootable() const { return field(2, 1) != 0; }
  // 0 to 15; GRUB never boots 0.
  constexpr int priority() const { return static_cast<int>(field(48, 15)); }
  // 0 to 15 attempts that are left.
  constexpr int tries() const { return static_cast<int>(field(52, 15)); }
  constexpr bool is_successful() const { return field(56, 1) != 0; }
  constexpr bool is_read_only() const { return field(60, 1) != 0; }
  constexpr bool is_no_automount() const { return field(63, 1) != 0; }

  void set_legacy_bootable(bool on) { set(2, 1, on ? 1 : 0); }
  void set_priority(int priority) {
    check(priority >= 0 && priority <= kMaxPriority, "a priority is 0 to 15");
    set(48, 15, static_cast<uint64_t>(priority));
  }
  void set_tries(int tries) {
    check(tries >= 0 && tries <= kMaxTries, "tries are 0 to 15");
    set(52, 15, static_cast<uint64_t>(tries));
  }
  void set_successful(bool on) { set(56, 1, on ? 1 : 0); }
  void set_read_only(bool on) { set(60, 1, on ? 1 : 0); }
  void set_no_automount(bool on) { set(63, 1, on ? 1 : 0); }

 private:
  constexpr uint64_t field(int shift, uint64_t mask) const { return (bits_ >> shift) & mask; }
  constexpr void set(int shift, uint64_t mask, uint64_t value) {
    bits_ = (bits_ & ~(mask << shift)) | (value << shift);
  }

  uint64_t bits_ = 0;
};

}  // namespace argosy::gpt
