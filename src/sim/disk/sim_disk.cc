#include "sim/disk/sim_disk.h"

#include <cerrno>
#include <mutex>

#include "base/check.h"
#include "base/format.h"
#include "sim/disk/names.h"

namespace argosy::sim {
namespace {

enum class Fault { kNone, kFail, kCrash };

Error path_error(const char* call, const std::string& path, int number) {
  return system_error(format("{} {}", call, path), number);
}

}  // namespace

struct SimDisk::State {
  mutable std::mutex mutex;
  Names names;
  uint64_t generation = 0;  // of open files; a loss of power begins the next
  uint64_t calls = 0;
  bool crashed = false;
  // Numbers of calls; 0 is never.
  uint64_t crash_call = 0;
  uint64_t fail_first = 0;
  uint64_t fail_last = 0;
  int fail_errno = 0;

  // What becomes of the mutating call that now begins.
  Fault next_fault() {
    ++calls;
    if (calls == crash_call) {
      crashed = true;
      fail_errno = EIO;
      return Fault::kCrash;
    }
    return fail_first != 0 && calls >= fail_first && calls <= fail_last ? Fault::kFail
                                                                        : Fault::kNone;
  }

  // A mutating call that does nothing when it fails and `effect` otherwise.
  template <typename Effect>
  Result<void> mutate(const char* call, const std::string& path, Effect effect) {
    const Fault fault = next_fault();
    if (fault != Fault::kFail) effect();
    if (fault != Fault::kNone) return fail(path_error(call, path, fail_errno));
    return {};
  }

  void heal() { crash_call = fail_first = fail_last = 0; }
};

namespace {

// Shares the file's bytes: a mapping outlives its File.
class SimMapping final : public Mapping {
 public:
  SimMapping(NodePtr node, uint64_t size) : node_(std::move(node)), size_(size) {}
  const char* data() const override { return node_->content->data(); }
  uint64_t size() const override { return size_; }

 private:
  NodePtr node_;
  uint64_t size_;
};

template <typename State>
class SimFile final : public File {
 public:
  SimFile(std::shared_ptr<State> state, NodePtr node, std::string path, bool writable)
      : state_(std::move(state)),
        node_(std::move(node)),
        path_(std::move(path)),
        writable_(writable),
        generation_(state_->generation) {}

  ~SimFile() override {
    const std::scoped_lock lock(state_->mutex);
    if (node_->lock_holder == this) node_->lock_holder = nullptr;
  }
  SimFile(const SimFile&) = delete;
  SimFile& operator=(const SimFile&) = delete;

  const std::string& path() const override { return path_; }

  Result<size_t> read_at(uint64_t offset, char* to, size_t size) override {
    const std::scoped_lock lock(state_->mutex);
    if (is_dead()) return fail(path_error("read", path_, EIO));
    if (offset >= content().size()) return size_t{0};
    const size_t got = std::min<uint64_t>(size, content().size() - offset);
    std::memcpy(to, content().data() + offset, got);
    return got;
  }

  Result<void> write_at(uint64_t offset, BytesView bytes) override {
    const std::scoped_lock lock(state_->mutex);
    if (const int number = refusal(offset + bytes.size()); number != 0) {
      return fail(path_error("write", path_, number));
    }
    const Fault fault = state_->next_fault();
    if (fault == Fault::kFail) {
      const uint64_t end = (offset + bytes.size() / 2) / kSectorBytes * kSectorBytes;
      bytes = bytes.substr(0, std::max(offset, end) - offset);
    }
    content().write(offset, bytes);
    if (fault != Fault::kNone) return fail(path_error("write", path_, state_->fail_errno));
    return {};
  }

  Result<void> sync_data() override { return sync_as("fdatasync"); }
  Result<void> sync() override { return sync_as("fsync"); }

  Result<uint64_t> size() override {
    const std::scoped_lock lock(state_->mutex);
    if (is_dead()) return fail(path_error("stat", path_, EIO));
    return content().size();
  }

  Result<void> truncate(uint64_t size) override {
    const std::scoped_lock lock(state_->mutex);
    if (const int number = refusal(size); number != 0) {
      return fail(path_error("truncate", path_, number));
    }
    return state_->mutate("truncate", path_, [&] { content().resize(size); });
  }

  Result<void> allocate(uint64_t size) override {
    const std::scoped_lock lock(state_->mutex);
    if (const int number = refusal(size); number != 0) {
      return fail(path_error("fallocate", path_, number));
    }
    return state_->mutate("fallocate", path_,
                          [&] { content().resize(std::max(size, content().size())); });
  }

  Result<bool> try_lock() override {
    const std::scoped_lock lock(state_->mutex);
    if (is_dead()) return fail(path_error("flock", path_, EIO));
    if (node_->lock_holder == nullptr) node_->lock_holder = this;
    return node_->lock_holder == this;
  }

  Result<std::unique_ptr<Mapping>> map(uint64_t size) override {
    const std::scoped_lock lock(state_->mutex);
    if (is_dead()) return fail(path_error("mmap", path_, EIO));
    if (size == 0) return fail(path_error("mmap", path_, EINVAL));
    if (size > kMaxFileBytes) return fail(path_error("mmap", path_, ENOMEM));
    return std::make_unique<SimMapping>(node_, size);
  }

 private:
  Content& content() { return *node_->content; }
  bool is_dead() const { return state_->crashed || generation_ != state_->generation; }

  // Why a change that ends at `end` cannot begin; 0 when it can.
  int refusal(uint64_t end) const {
    if (is_dead()) return EIO;
    if (!writable_) return EBADF;
    return end > kMaxFileBytes ? EFBIG : 0;
  }

  Result<void> sync_as(const char* call) {
    const std::scoped_lock lock(state_->mutex);
    if (is_dead()) return fail(path_error(call, path_, EIO));
    const Fault fault = state_->next_fault();
    if (fault == Fault::kNone) {
      content().sync();
      return {};
    }
    if (fault == Fault::kFail) content().abandon();
    return fail(path_error(call, path_, state_->fail_errno));
  }

  const std::shared_ptr<State> state_;
  const NodePtr node_;
  const std::string path_;
  const bool writable_;
  const uint64_t generation_;
};

}  // namespace

SimDisk::SimDisk() : state_(std::make_shared<State>()) {}
SimDisk::~SimDisk() = default;

void SimDisk::fail_at(uint64_t count, int error_number) {
  const std::scoped_lock lock(state_->mutex);
  state_->fail_first = state_->fail_last = state_->calls + count;
  state_->fail_errno = error_number;
}

void SimDisk::fail_from(uint64_t count, int error_number) {
  const std::scoped_lock lock(state_->mutex);
  state_->fail_first = state_->calls + count;
  state_->fail_last = UINT64_MAX;
  state_->fail_errno = error_number;
}

void SimDisk::crash_at(uint64_t count) {
  const std::scoped_lock lock(state_->mutex);
  state_->crash_call = state_->calls + count;
}

void SimDisk::heal() {
  const std::scoped_lock lock(state_->mutex);
  state_->heal();
}

bool SimDisk::has_crashed() const {
  const std::scoped_lock lock(state_->mutex);
  return state_->crashed;
}

uint64_t SimDisk::mutating_calls() const {
  const std::scoped_lock lock(state_->mutex);
  return state_->calls;
}

void SimDisk::power_loss(Random& random) {
  const std::scoped_lock lock(state_->mutex);
  state_->names.lose_power(random);
  state_->heal();
  state_->crashed = false;
  ++state_->generation;
}

std::unique_ptr<SimDisk> SimDisk::clone() const {
  const std::scoped_lock lock(state_->mutex);
  auto other = std::make_unique<SimDisk>();
  other->state_->names = state_->names.copy();
  return other;
}

void SimDisk::flip_bit(const std::string& path, uint64_t offset, unsigned bit) {
  const std::scoped_lock lock(state_->mutex);
  const NodePtr node = state_->names.find(path);
  check(node && !node->is_directory());
  node->content->flip_bit(offset, bit);
}

Result<std::unique_ptr<File>> SimDisk::open(const std::string& path, OpenOptions options) {
  const std::scoped_lock lock(state_->mutex);
  if (state_->crashed) return fail(path_error("open", path, EIO));
  if (options.direct) return fail(path_error("open", path, EINVAL));
  const Names::Place place = state_->names.place(path);
  NodePtr node = place.node();
  if (node && options.create && options.exclusive) return fail(path_error("open", path, EEXIST));
  if (node ? node->is_directory() : place.name.empty()) {
    return fail(path_error("open", path, EISDIR));
  }
  if (!node) {
    if (!options.create || !place.directory) return fail(path_error("open", path, ENOENT));
    node = std::make_shared<Node>(options.mode);
    node->content = std::make_unique<Content>();
    TRY(state_->mutate("open", path, [&] { state_->names.add(place, node); }));
  } else if (options.truncate) {
    TRY(state_->mutate("open", path, [&] { node->content->resize(0); }));
  }
  return std::make_unique<SimFile<State>>(state_, std::move(node), path, options.write);
}

Result<void> SimDisk::rename(const std::string& from, const std::string& to) {
  const std::scoped_lock lock(state_->mutex);
  if (state_->crashed) return fail(path_error("rename", from, EIO));
  const Names::Place source = state_->names.place(from);
  const Names::Place target = state_->names.place(to);
  const NodePtr node = source.node();
  if (!node || !target.directory) return fail(path_error("rename", from, ENOENT));
  const NodePtr old = target.node();
  if (old == node) return {};
  if (old && old->is_directory() != node->is_directory()) {
    return fail(path_error("rename", from, old->is_directory() ? EISDIR : ENOTDIR));
  }
  if (old && !old->entries.empty()) return fail(path_error("rename", from, ENOTEMPTY));
  return state_->mutate("rename", from, [&] { state_->names.rename(source, target); });
}

Result<void> SimDisk::remove(const std::string& path) {
  const std::scoped_lock lock(state_->mutex);
  if (state_->crashed) return fail(path_error("remove", path, EIO));
  const Names::Place place = state_->names.place(path);
  const NodePtr node = place.node();
  if (!node) return fail(path_error("remove", path, ENOENT));
  if (!node->entries.empty()) return fail(path_error("rmdir", path, ENOTEMPTY));
  return state_->mutate("remove", path, [&] { state_->names.remove(place); });
}

Result<void> SimDisk::make_directories(const std::string& path, uint32_t mode) {
  const std::scoped_lock lock(state_->mutex);
  if (state_->crashed) return fail(path_error("mkdir", path, EIO));
  for (size_t end = 0; end != path.size();) {
    end = std::min(path.find('/', end + 1), path.size());
    const Names::Place place = state_->names.place(std::string_view(path).substr(0, end));
    if (place.name.empty()) continue;
    if (const NodePtr node = place.node()) {
      if (!node->is_directory()) return fail(path_error("mkdir", path, ENOTDIR));
      continue;
    }
    TRY(state_->mutate("mkdir", path,
                       [&] { state_->names.add(place, std::make_shared<Node>(mode)); }));
  }
  return {};
}

Result<std::vector<std::string>> SimDisk::list(const std::string& directory) {
  const std::scoped_lock lock(state_->mutex);
  if (state_->crashed) return fail(path_error("opendir", directory, EIO));
  const NodePtr node = state_->names.find(directory);
  if (!node) return fail(path_error("opendir", directory, ENOENT));
  if (!node->is_directory()) return fail(path_error("opendir", directory, ENOTDIR));
  std::vector<std::string> names;
  for (const auto& [name, child] : node->entries) names.push_back(name);
  return names;
}

Result<FileInfo> SimDisk::stat(const std::string& path) {
  const std::scoped_lock lock(state_->mutex);
  if (state_->crashed) return fail(path_error("stat", path, EIO));
  const NodePtr node = state_->names.find(path);
  if (!node) return fail(path_error("stat", path, ENOENT));
  if (node->is_directory()) return FileInfo{0, 0040000 | node->mode};
  return FileInfo{node->content->size(), 0100000 | node->mode};
}

Result<void> SimDisk::sync_directory(const std::string& path) {
  const std::scoped_lock lock(state_->mutex);
  if (state_->crashed) return fail(path_error("fsync", path, EIO));
  const NodePtr node = state_->names.find(path);
  if (!node) return fail(path_error("open", path, ENOENT));
  const Fault fault = state_->next_fault();
  if (fault != Fault::kNone) return fail(path_error("fsync", path, state_->fail_errno));
  state_->names.sync(node);
  return {};
}

}  // namespace argosy::sim
