// Which /usr partition boots next, and how that is changed: the rules of cgpt and of the
// GRUB that goes with it, over the priority, tries and successful attributes of partitions
// of type kUsrSlot.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "base/result.h"
#include "lib/gpt/table.h"

namespace argosy::gpt {

bool is_slot(const Entry& entry);
// It was good before, or may still be tried.
bool is_bootable(const Entry& entry);

// GRUB's gptprio.next: of the bootable slots the one of the highest priority, the lowest
// number among equals, never one of priority 0. GRUB then takes a try, if any is left, even
// from one that is successful.
std::optional<uint32_t> slot_for_grub(const Table& table);

// `cgpt next`, which looks at several disks: as GRUB's rule, but a bootable slot of priority
// 0 is taken too, and with no bootable slot at all the first slot.
struct SlotOnDisk {
  size_t disk = 0;
  uint32_t number = 0;

  bool operator==(const SlotOnDisk&) const = default;
};
std::optional<SlotOnDisk> slot_for_cgpt(std::span<const Table> disks);

// One try less, if there is one.
void take_try(Entry& slot);
// What ran is good and shall stay: successful, no tries.
void mark_good(Entry& slot);
// What was just written has this many attempts to prove itself.
void mark_for_trial(Entry& slot, int tries = 1);

struct Prioritization {
  // Made the highest; with none the order stays and only the numbers change.
  std::optional<uint32_t> number;
  // Those that had the same priority as `number` go with it.
  bool with_friends = false;
  // 1 to 15; none: as many as there are ranks, at most 15.
  std::optional<int> highest;
};
// Ranks get successive priorities downwards, the lowest ones share 1 if they must. Slots of
// priority 0 stay there unless they are chosen. NotFound, FailedPrecondition for a number
// that is no slot's, in cgpt's words.
Result<void> prioritize(Table& table, const Prioritization& wanted);

}  // namespace argosy::gpt
