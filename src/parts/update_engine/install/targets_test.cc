// The slot as it is written, on media that take direct I/O, don't, or cease to.
#include "parts/update_engine/install/targets.h"

#include <cerrno>
#include <doctest/doctest.h>

#include "base/format.h"
#include "lib/payload/apply/aligned_bytes.h"
#include "sim/disk/sim_disk.h"

namespace argosy::update_engine {
namespace {

constexpr uint64_t kCapacity = 1 << 20;
constexpr uint64_t kBlock = payload::kDirectAlignment;

// Direct I/O is refused from the n-th call on: 0, opening; later ones, reads and writes.
struct Medium {
  std::optional<int> refuses_at;
  int refusal = EINVAL;
  int direct_calls = 0;

  Result<void> count() {
    if (!refuses_at || direct_calls++ < *refuses_at) return {};
    return fail(system_error("direct", refusal));
  }
};

class MediumFile final : public File {
 public:
  MediumFile(std::unique_ptr<File> file, Medium& medium, bool is_direct)
      : file_(std::move(file)), medium_(medium), is_direct_(is_direct) {}

  const std::string& path() const override { return file_->path(); }
  Result<size_t> read_at(uint64_t offset, char* to, size_t size) override {
    if (is_direct_) TRY(judge(offset, to, size));
    return file_->read_at(offset, to, size);
  }
  Result<void> write_at(uint64_t offset, BytesView bytes) override {
    if (is_direct_) TRY(judge(offset, bytes.data(), bytes.size()));
    return file_->write_at(offset, bytes);
  }
  Result<void> sync_data() override { return file_->sync_data(); }
  Result<void> sync() override { return file_->sync(); }
  Result<uint64_t> size() override { return file_->size(); }
  Result<void> truncate(uint64_t size) override { return file_->truncate(size); }
  Result<void> allocate(uint64_t size) override { return file_->allocate(size); }
  Result<bool> try_lock() override { return file_->try_lock(); }
  Result<std::unique_ptr<Mapping>> map(uint64_t size) override { return file_->map(size); }

 private:
  Result<void> judge(uint64_t offset, const char* at, size_t size) {
    CHECK_EQ(offset % kBlock, 0);
    CHECK_EQ(size % kBlock, 0);
    CHECK_EQ(reinterpret_cast<uintptr_t>(at) % kBlock, 0);
    return medium_.count();
  }

  std::unique_ptr<File> file_;
  Medium& medium_;
  bool is_direct_;
};

class MediumDisk final : public Disk {
 public:
  explicit MediumDisk(Medium& medium) : medium_(medium) {
    auto file = disk_.open("/slot", {.create = true});
    REQUIRE(file.has_value());
    REQUIRE((*file)->truncate(kCapacity).has_value());
  }

  Result<std::unique_ptr<File>> open(const std::string& path, OpenOptions options) override {
    const bool is_direct = std::exchange(options.direct, false);
    if (is_direct) TRY(medium_.count());
    return std::make_unique<MediumFile>(TRY(disk_.open(path, options)), medium_, is_direct);
  }
  Result<void> rename(const std::string& from, const std::string& to) override {
    return disk_.rename(from, to);
  }
  Result<void> remove(const std::string& path) override { return disk_.remove(path); }
  Result<void> make_directories(const std::string& path, uint32_t mode) override {
    return disk_.make_directories(path, mode);
  }
  Result<std::vector<std::string>> list(const std::string& path) override {
    return disk_.list(path);
  }
  Result<FileInfo> stat(const std::string& path) override { return disk_.stat(path); }
  Result<void> sync_directory(const std::string& path) override {
    return disk_.sync_directory(path);
  }

 private:
  sim::SimDisk disk_;
  Medium& medium_;
};

payload::AlignedBytes aligned(BytesView bytes) {
  payload::AlignedBytes memory(bytes.size());
  std::ranges::copy(bytes, memory.span().begin());
  return memory;
}

// Blocks and parts of blocks, aligned and not, over each other.
Result<Bytes> write_some(SlotStorage& slot) {
  Bytes expected(kCapacity, '\0');
  const auto put = [&](uint64_t offset, BytesView bytes) {
    expected.replace(offset, bytes.size(), bytes);
    return slot.write(offset, bytes);
  };
  for (uint64_t i = 0; i < 8; ++i) {
    const auto block = aligned(Bytes(2 * kBlock, static_cast<char>('a' + i)));
    TRY(put(i * 2 * kBlock, block.view()));
  }
  TRY(put(kBlock + 7, "unaligned"));
  TRY(put(5 * kBlock, aligned(Bytes(kBlock, 'z')).view()));
  TRY(slot.zero(9 * kBlock, 3 * kBlock));
  expected.replace(9 * kBlock, 3 * kBlock, 3 * kBlock, '\0');
  return expected;
}

TEST_CASE("whatever the medium takes, the same is written and read") {
  // What a run makes of direct calls, so that each can be the first that is refused.
  Medium willing{.refuses_at = 1000};
  {
    MediumDisk disk(willing);
    auto slot = SlotStorage::open(disk, "/slot", kCapacity);
    REQUIRE(slot.has_value());
    REQUIRE(write_some(**slot).has_value());
    CHECK((*slot)->reads_medium());
  }
  REQUIRE(willing.direct_calls > 10);
  for (int at = 0; at <= willing.direct_calls; ++at) {
    CAPTURE(at);
    Medium medium{.refuses_at = at};
    MediumDisk disk(medium);
    auto slot = SlotStorage::open(disk, "/slot", kCapacity);
    REQUIRE(slot.has_value());
    const auto expected = write_some(**slot);
    REQUIRE(expected.has_value());
    CHECK_EQ((*slot)->reads_medium(), at == willing.direct_calls);
    (*slot)->begin_verification();
    payload::AlignedBytes read(kCapacity);
    REQUIRE((*slot)->read(0, read.span()).has_value());
    CHECK(read.view() == *expected);
    // One refusal is enough.
    CHECK_FALSE((*slot)->reads_medium());
  }
}

TEST_CASE("what fails for another reason is not tried again") {
  Medium medium{.refuses_at = 3, .refusal = EIO};
  MediumDisk disk(medium);
  auto slot = SlotStorage::open(disk, "/slot", kCapacity);
  REQUIRE(slot.has_value());
  const auto done = write_some(**slot);
  REQUIRE_FALSE(done.has_value());
  CHECK_EQ(done.error().system_errno(), EIO);
}

TEST_CASE("nothing goes beyond the slot") {
  Medium medium;
  MediumDisk disk(medium);
  auto slot = SlotStorage::open(disk, "/slot", kCapacity);
  REQUIRE(slot.has_value());
  CHECK((*slot)->write(kCapacity - 1, "ab").error().code() == Code::kOutOfRange);
  CHECK((*slot)->write(UINT64_MAX, "a").error().code() == Code::kOutOfRange);
  CHECK((*slot)->zero(kCapacity - kBlock, 2 * kBlock).error().code() == Code::kOutOfRange);
  Bytes more(2, '\0');
  CHECK((*slot)->read(kCapacity - 1, more).error().code() == Code::kOutOfRange);
}

TEST_CASE("a file comes to be with its first byte") {
  sim::SimDisk disk;
  FileOnDemand file(disk, "/vmlinuz-b");
  CHECK_FALSE(exists(disk, "/vmlinuz-b"));
  REQUIRE(file.write(0, "kernel and more").has_value());
  REQUIRE(file.set_size(6).has_value());
  CHECK_EQ(*read_file(disk, "/vmlinuz-b"), "kernel");
  CHECK_FALSE(file.failed_to_open());
}

TEST_CASE("a file that can't be made says so") {
  sim::SimDisk disk;
  FileOnDemand file(disk, "/missing/vmlinuz-b");
  CHECK_FALSE(file.write(0, "kernel").has_value());
  CHECK(file.failed_to_open());
}

}  // namespace
}  // namespace argosy::update_engine
