#include "sim/disk/content.h"

#include <algorithm>
#include <sys/mman.h>

#include "base/check.h"

namespace argosy::sim {
namespace {

constexpr uint64_t kPageBytes = 4096;

uint64_t round_up(uint64_t value, uint64_t unit) {
  return (value + unit - 1) / unit * unit;
}

}  // namespace

Content::Content() {
  void* base =
      ::mmap(nullptr, kMaxFileBytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  check(base != MAP_FAILED);
  base_ = static_cast<char*>(base);
}

Content::~Content() {
  ::munmap(base_, kMaxFileBytes);
}

Content::Sector Content::read_sector(uint64_t number) const {
  Sector sector{};
  const uint64_t from = number * kSectorBytes;
  if (from < size()) {
    std::memcpy(sector.data(), base_ + from, std::min(kSectorBytes, size() - from));
  }
  return sector;
}

Content::DirtySector& Content::dirty(uint64_t number) {
  DirtySector& sector = dirty_[number];
  if (sector.versions.empty()) sector.versions.push_back({0, read_sector(number)});
  sector.abandoned = false;
  return sector;
}

void Content::set_size(uint64_t size) {
  check(size <= kMaxFileBytes);
  const uint64_t wanted = round_up(size, kPageBytes);
  if (wanted > accessible_) {
    check(::mprotect(base_ + accessible_, wanted - accessible_, PROT_READ | PROT_WRITE) == 0);
  }
  if (size < data_end_) {
    std::memset(base_ + size, 0, std::min(wanted, data_end_) - size);
    data_end_ = size;
  }
  if (wanted < accessible_) {
    check(::madvise(base_ + wanted, accessible_ - wanted, MADV_DONTNEED) == 0);
    check(::mprotect(base_ + wanted, accessible_ - wanted, PROT_NONE) == 0);
  }
  accessible_ = wanted;
}

void Content::put_bytes(uint64_t offset, BytesView bytes) {
  std::memcpy(base_ + offset, bytes.data(), bytes.size());
  data_end_ = std::max(data_end_, offset + bytes.size());
}

void Content::write(uint64_t offset, BytesView bytes) {
  if (bytes.empty()) return;
  const uint64_t end = offset + bytes.size();
  const uint64_t first = offset / kSectorBytes;
  const uint64_t last = (end - 1) / kSectorBytes;
  for (uint64_t number = first; number <= last; ++number) dirty(number);
  if (end > size()) {
    set_size(end);
    sizes_.push_back(end);
  }
  put_bytes(offset, bytes);
  ++writes_;
  for (uint64_t number = first; number <= last; ++number) {
    dirty_[number].versions.push_back({writes_, read_sector(number)});
  }
}

void Content::resize(uint64_t size) {
  if (size == this->size()) return;
  const uint64_t first = size / kSectorBytes;
  const uint64_t end = round_up(data_end_, kSectorBytes) / kSectorBytes;
  for (uint64_t number = first; number < end; ++number) dirty(number);
  set_size(size);
  sizes_.push_back(size);
  ++writes_;
  for (uint64_t number = first; number < end; ++number) {
    dirty_[number].versions.push_back({writes_, read_sector(number)});
  }
}

void Content::sync() {
  std::erase_if(dirty_, [](const auto& entry) { return !entry.second.abandoned; });
  sizes_ = {size()};
}

void Content::abandon() {
  for (auto& [number, sector] : dirty_) sector.abandoned = true;
}

void Content::lose_power(Mercy mercy, Random& random) {
  enum class Fate { kKept, kDropped, kTorn };
  std::map<uint64_t, Fate> fates;
  const auto survives = [&](uint64_t write) {
    if (mercy != Mercy::kMixed) return mercy == Mercy::kAll;
    const auto [found, is_new] = fates.try_emplace(write);
    if (is_new) found->second = static_cast<Fate>(random.below(3));
    if (found->second == Fate::kTorn) return random.chance(2);
    return found->second == Fate::kKept;
  };
  uint64_t size = sizes_.back();
  if (mercy == Mercy::kNone) size = sizes_.front();
  if (mercy == Mercy::kMixed) size = sizes_[random.below(sizes_.size())];
  set_size(size);
  sizes_ = {size};
  for (const auto& [number, sector] : dirty_) {
    const auto& versions = sector.versions;
    size_t chosen = versions.size() - 1;
    // What a failed sync has abandoned never reaches the disk.
    if (sector.abandoned) chosen = 0;
    while (chosen > 0 && !survives(versions[chosen].write)) --chosen;
    const uint64_t from = number * kSectorBytes;
    if (from >= size) continue;
    put_bytes(from, BytesView(versions[chosen].bytes.data(), std::min(kSectorBytes, size - from)));
  }
  dirty_.clear();
}

void Content::flip_bit(uint64_t offset, unsigned bit) {
  check(offset < size() && bit < 8);
  const auto flip = [bit](char& byte) { byte = static_cast<char>(byte ^ (1 << bit)); };
  flip(base_[offset]);
  data_end_ = std::max(data_end_, offset + 1);
  const auto found = dirty_.find(offset / kSectorBytes);
  if (found == dirty_.end()) return;
  for (Version& version : found->second.versions) flip(version.bytes[offset % kSectorBytes]);
}

std::unique_ptr<Content> Content::copy() const {
  auto other = std::make_unique<Content>();
  other->set_size(size());
  other->put_bytes(0, BytesView(base_, std::min(data_end_, size())));
  other->writes_ = writes_;
  other->sizes_ = sizes_;
  other->dirty_ = dirty_;
  return other;
}

}  // namespace argosy::sim
