#include "lib/gpt/slots.h"

#include <map>

#include "base/format.h"
#include "lib/gpt/types.h"

namespace argosy::gpt {
namespace {

Result<void> check_chosen(const Table& table, uint32_t number) {
  const Entry* entry = find(table, number);
  if (entry == nullptr) {
    return fail(Code::kNotFound, format("invalid partition number: {} (must be between 1 and {}",
                                        number, table.entries.size()));
  }
  if (!is_slot(*entry)) {
    return fail(Code::kFailedPrecondition, format("partition {} is not a CoreOS root", number));
  }
  return {};
}

constexpr int kAboveAll = kMaxPriority + 1;

int rank_of(const Table& table, uint32_t number, const Prioritization& wanted) {
  const int priority = find(table, number)->attributes.priority();
  if (!wanted.number) return priority;
  const bool is_friend =
      wanted.with_friends && priority == find(table, *wanted.number)->attributes.priority();
  return number == *wanted.number || is_friend ? kAboveAll : priority;
}

// Slots by rank, the highest first; without those that stay at 0.
using Ranks = std::map<int, std::vector<uint32_t>, std::greater<>>;

Ranks ranks_of(const Table& table, const Prioritization& wanted) {
  Ranks ranks;
  for (uint32_t number = 1; number <= table.entries.size(); ++number) {
    if (!is_slot(*find(table, number))) continue;
    const int rank = rank_of(table, number, wanted);
    if (rank > 0) ranks[rank].push_back(number);
  }
  return ranks;
}

}  // namespace

bool is_slot(const Entry& entry) {
  return entry.type == kUsrSlot;
}

bool is_bootable(const Entry& entry) {
  return entry.attributes.is_successful() || entry.attributes.tries() > 0;
}

std::optional<uint32_t> slot_for_grub(const Table& table) {
  std::optional<uint32_t> best;
  int best_priority = 0;
  for (uint32_t number = 1; number <= table.entries.size(); ++number) {
    const Entry& entry = *find(table, number);
    if (!is_slot(entry) || !is_bootable(entry)) continue;
    if (entry.attributes.priority() <= best_priority) continue;
    best = number;
    best_priority = entry.attributes.priority();
  }
  return best;
}

std::optional<SlotOnDisk> slot_for_cgpt(std::span<const Table> disks) {
  std::optional<SlotOnDisk> best;
  int best_priority = -1;
  for (size_t disk = 0; disk < disks.size(); ++disk) {
    for (uint32_t number = 1; number <= disks[disk].entries.size(); ++number) {
      const Entry& entry = *find(disks[disk], number);
      if (!is_slot(entry)) continue;
      const int priority = is_bootable(entry) ? entry.attributes.priority() : -1;
      if (best && priority <= best_priority) continue;
      best = {disk, number};
      best_priority = priority;
    }
  }
  return best;
}

void take_try(Entry& slot) {
  const int tries = slot.attributes.tries();
  if (tries > 0) slot.attributes.set_tries(tries - 1);
}

void mark_good(Entry& slot) {
  slot.attributes.set_successful(true);
  slot.attributes.set_tries(0);
}

void mark_for_trial(Entry& slot, int tries) {
  slot.attributes.set_successful(false);
  slot.attributes.set_tries(tries);
}

Result<void> prioritize(Table& table, const Prioritization& wanted) {
  if (wanted.number) TRY(check_chosen(table, *wanted.number));
  const Ranks ranks = ranks_of(table, wanted);
  int priority = wanted.highest.value_or(std::min(static_cast<int>(ranks.size()), kMaxPriority));
  for (const auto& [rank, numbers] : ranks) {
    for (const uint32_t number : numbers) {
      table.entries[number - 1].attributes.set_priority(priority);
    }
    if (priority > 1) --priority;
  }
  return {};
}

}  // namespace argosy::gpt
