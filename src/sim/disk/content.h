// The bytes of one simulated file: what a reader sees now, and what a loss of power may
// leave of them. Part of SimDisk, which locks.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "base/bytes.h"
#include "sys/random/random.h"

namespace argosy::sim {

inline constexpr uint64_t kSectorBytes = 512;
inline constexpr uint64_t kMaxFileBytes = 16ULL << 30;

// How much a loss of power takes of what was not synced.
enum class Mercy { kNone, kAll, kMixed };

class Content {
 public:
  Content();
  ~Content();
  Content(const Content&) = delete;
  Content& operator=(const Content&) = delete;

  // Stays where it is as long as the object lives; readable up to size(), rounded up to
  // a page, and a fault after that.
  const char* data() const { return base_; }
  uint64_t size() const { return sizes_.back(); }

  // The end is at most kMaxFileBytes.
  void write(uint64_t offset, BytesView bytes);
  void resize(uint64_t size);
  // All is durable, but for what a failed sync has abandoned and nothing has
  // overwritten since.
  void sync();
  // A sync failed: the pages count as clean although they are not on the disk.
  void abandon();
  void lose_power(Mercy mercy, Random& random);
  void flip_bit(uint64_t offset, unsigned bit);

  std::unique_ptr<Content> copy() const;

 private:
  using Sector = std::array<char, kSectorBytes>;
  struct Version {
    uint64_t write = 0;  // the number of the write that made it
    Sector bytes{};
  };
  struct DirtySector {
    std::vector<Version> versions;  // the durable one, then one for each write
    bool abandoned = false;
  };

  Sector read_sector(uint64_t number) const;
  DirtySector& dirty(uint64_t number);
  void put_bytes(uint64_t offset, BytesView bytes);
  void set_size(uint64_t size);

  char* base_;
  uint64_t accessible_ = 0;  // bytes at base_ that may be touched
  uint64_t data_end_ = 0;    // only zeros from here on
  uint64_t writes_ = 0;
  std::vector<uint64_t> sizes_{0};  // the durable one, then those since
  std::map<uint64_t, DirtySector> dirty_;
};

}  // namespace argosy::sim
