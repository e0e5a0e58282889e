#include "parts/rkt/lock/lock.h"

#include <atomic>
#include <cstdlib>
#include <doctest/doctest.h>
#include <filesystem>
#include <thread>
#include <vector>

namespace argosy::rkt {
namespace {

class Directory {
 public:
  Directory() {
    std::string path = "/tmp/argosy-lock-XXXXXX";
    REQUIRE(::mkdtemp(path.data()) != nullptr);
    path_ = path;
  }
  ~Directory() { std::filesystem::remove_all(path_); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

std::optional<FileLock> attempt(const std::string& path, LockMode mode) {
  auto lock = FileLock::try_take(*open_directory(path), mode);
  REQUIRE(lock.has_value());
  return std::move(*lock);
}

TEST_CASE("a directory's lock is for one, or for several that share, and survives renaming") {
  const Directory root;
  const std::string path = root.path() + "/a";
  std::filesystem::create_directory(path);
  {
    const auto first = attempt(path, LockMode::kShared);
    CHECK(first.has_value());
    CHECK(attempt(path, LockMode::kShared).has_value());
    CHECK(!attempt(path, LockMode::kExclusive).has_value());
  }
  auto held = attempt(path, LockMode::kExclusive);
  CHECK(held.has_value());
  std::filesystem::rename(path, root.path() + "/b");
  CHECK(!attempt(root.path() + "/b", LockMode::kShared).has_value());
  const auto open = std::move(*held).release();
  CHECK(open.has_value());
  CHECK(attempt(root.path() + "/b", LockMode::kShared).has_value());
  CHECK(open_directory(path).error().code() == Code::kNotFound);
}

TEST_CASE("a key is held by one at a time while its file comes and goes") {
  const Directory root;
  std::atomic<int> inside = 0;
  std::atomic<int> worst = 0;
  std::atomic<int> turns = 0;
  const auto work = [&] {
    for (int i = 0; i < 200; ++i) {
      {
        const auto lock = lock_key(root.path(), "key", LockMode::kExclusive);
        if (!lock) continue;  // gave up after its tries
        worst = std::max(worst.load(), ++inside);
        ++turns;
        --inside;
      }
      if (!remove_key(root.path(), "key")) return;
    }
  };
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i) threads.emplace_back(work);
  threads.clear();
  CHECK(worst == 1);
  CHECK(turns > 100);
}

TEST_CASE("a key that is held is not removed") {
  const Directory root;
  const auto lock = lock_key(root.path(), "key", LockMode::kShared);
  REQUIRE(lock.has_value());
  CHECK(remove_key(root.path(), "key").has_value());
  CHECK(std::filesystem::exists(root.path() + "/key"));
  CHECK(remove_key(root.path(), "other").has_value());
}

}  // namespace
}  // namespace argosy::rkt
