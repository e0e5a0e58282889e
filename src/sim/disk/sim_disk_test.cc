#include "sim/disk/sim_disk.h"

#include <cerrno>
#include <doctest/doctest.h>
#include <functional>
#include <set>

#include "base/text.h"

using namespace argosy;
using sim::SimDisk;

namespace {

constexpr OpenOptions kCreate{.create = true};

Bytes content(Disk& disk, const std::string& path) {
  auto bytes = read_file(disk, path);
  return bytes ? *bytes : "(" + bytes.error().text() + ")";
}

// A file that is durable, with its name.
void make_durable_file(SimDisk& disk, const std::string& path, BytesView bytes) {
  auto file = disk.open(path, kCreate).value();
  REQUIRE(file->write_at(0, bytes));
  REQUIRE(file->sync());
  REQUIRE(disk.sync_directory(parent_path(path)));
}

// What `look` sees after a loss of power, over many seeds.
std::set<Bytes> outcomes(const SimDisk& disk, const std::function<Bytes(SimDisk&)>& look) {
  std::set<Bytes> seen;
  for (uint64_t seed = 0; seed < 300; ++seed) {
    const auto copy = disk.clone();
    SeededRandom random(seed);
    copy->power_loss(random);
    seen.insert(look(*copy));
  }
  return seen;
}

}  // namespace

TEST_CASE("reads see writes, sizes and holes at once") {
  SimDisk disk;
  REQUIRE(disk.make_directories("/a/b", 0700));
  auto file = disk.open("/a/b/f", kCreate).value();
  REQUIRE(file->write_at(5, "xy"));
  CHECK(content(disk, "/a/b/f") == Bytes("\0\0\0\0\0xy", 7));
  REQUIRE(file->allocate(9));
  REQUIRE(file->allocate(4));
  CHECK(file->size().value() == 9);
  REQUIRE(file->truncate(6));
  REQUIRE(file->truncate(8));
  CHECK(content(disk, "/a/b/f") == Bytes("\0\0\0\0\0x\0\0", 8));
  char byte = 0;
  CHECK(file->read_at(8, &byte, 1).value() == 0);
  CHECK(disk.list("/a").value() == std::vector<std::string>{"b"});
  CHECK(disk.stat("/a/b").value().is_directory());
  CHECK(disk.stat("/a/b/f").value().mode == 0100600);
}

TEST_CASE("names: the errors of the kernel") {
  SimDisk disk;
  REQUIRE(disk.make_directories("d/e", 0700));
  make_durable_file(disk, "d/f", "1");
  CHECK(disk.open("d/none", {}).error().system_errno() == ENOENT);
  CHECK(disk.open("none/f", kCreate).error().system_errno() == ENOENT);
  CHECK(disk.open("d", {}).error().system_errno() == EISDIR);
  CHECK(disk.open("d/f", {.create = true, .exclusive = true}).error().system_errno() == EEXIST);
  CHECK(disk.remove("d").error().system_errno() == ENOTEMPTY);
  CHECK(disk.remove("d/none").error().system_errno() == ENOENT);
  CHECK(disk.rename("d/f", "d/e").error().system_errno() == EISDIR);
  CHECK(disk.rename("d/e", "d/f").error().system_errno() == ENOTDIR);
  CHECK(disk.rename("d/none", "d/x").error().system_errno() == ENOENT);
  CHECK(disk.list("d/f").error().system_errno() == ENOTDIR);
  CHECK(disk.make_directories("d/f", 0700).error().system_errno() == ENOTDIR);
  CHECK(disk.open("d/f", {.write = false}).value()->write_at(0, "x").error().system_errno() ==
        EBADF);
  REQUIRE(disk.rename("d", "moved"));
  CHECK(content(disk, "moved/f") == "1");
}

TEST_CASE("a lock is held until its file is closed") {
  SimDisk disk;
  auto first = disk.open("f", kCreate).value();
  auto second = disk.open("f", {}).value();
  CHECK(first->try_lock().value());
  CHECK_FALSE(second->try_lock().value());
  first.reset();
  CHECK(second->try_lock().value());
}

TEST_CASE("a mapping stays where it is and shows later writes") {
  SimDisk disk;
  auto file = disk.open("f", kCreate).value();
  REQUIRE(file->write_at(0, "before"));
  auto mapping = file->map(1 << 30).value();
  const char* address = mapping->data();
  REQUIRE(file->write_at(0, "after!"));
  REQUIRE(file->write_at(1 << 20, "far"));
  CHECK(mapping->data() == address);
  CHECK(BytesView(address, 6) == "after!");
  CHECK(BytesView(address + (1 << 20), 3) == "far");
  file.reset();
  REQUIRE(disk.remove("f"));
  CHECK(BytesView(address, 6) == "after!");
}

TEST_CASE("an unsynced write is kept, dropped or torn at sectors") {
  SimDisk disk;
  make_durable_file(disk, "f", Bytes(1024, 'a'));
  auto file = disk.open("f", {}).value();
  REQUIRE(file->write_at(0, Bytes(1024, 'b')));
  const auto seen = outcomes(disk, [](SimDisk& d) { return content(d, "f"); });
  const Bytes a(512, 'a');
  const Bytes b(512, 'b');
  CHECK(seen == std::set<Bytes>{a + a, a + b, b + a, b + b});
  REQUIRE(file->sync_data());
  CHECK(outcomes(disk, [](SimDisk& d) { return content(d, "f"); }) == std::set<Bytes>{b + b});
}

TEST_CASE("of several writes to a sector a later one brings the earlier ones with it") {
  SimDisk disk;
  make_durable_file(disk, "f", "....");
  auto file = disk.open("f", {}).value();
  REQUIRE(file->write_at(0, "1"));
  REQUIRE(file->write_at(2, "2"));
  const auto seen = outcomes(disk, [](SimDisk& d) { return content(d, "f"); });
  CHECK(seen == std::set<Bytes>{"....", "1...", "1.2."});
}

TEST_CASE("the size after a loss of power is one that the file had") {
  SimDisk disk;
  make_durable_file(disk, "f", Bytes(600, 'a'));
  auto file = disk.open("f", {}).value();
  REQUIRE(file->truncate(100));
  REQUIRE(file->allocate(2000));
  std::set<Bytes> sizes;
  for (const Bytes& bytes : outcomes(disk, [](SimDisk& d) { return content(d, "f"); })) {
    sizes.insert(std::to_string(bytes.size()));
    CHECK(bytes.substr(0, 100) == Bytes(100, 'a'));
    for (const char c : bytes.substr(100)) CHECK((c == 'a' || c == '\0'));
  }
  CHECK(sizes == std::set<Bytes>{"600", "100", "2000"});
}

TEST_CASE("a name is durable only after its directory was synced") {
  SimDisk disk;
  auto file = disk.open("new", kCreate).value();
  REQUIRE(file->write_at(0, "x"));
  REQUIRE(file->sync());
  const auto look = [](SimDisk& d) { return join(d.list("/").value(), " "); };
  CHECK(outcomes(disk, look) == std::set<Bytes>{"", "new"});
  REQUIRE(disk.sync_directory("/"));
  CHECK(outcomes(disk, look) == std::set<Bytes>{"new"});
  REQUIRE(disk.rename("new", "newer"));
  CHECK(outcomes(disk, look) == std::set<Bytes>{"new", "newer"});
  REQUIRE(disk.remove("newer"));
  CHECK(outcomes(disk, look) == std::set<Bytes>{"", "new", "newer"});
  REQUIRE(disk.sync_directory("."));
  CHECK(outcomes(disk, look) == std::set<Bytes>{""});
}

TEST_CASE("replace_file leaves the old content or the new one") {
  SimDisk disk;
  make_durable_file(disk, "f", "old");
  const uint64_t before = disk.mutating_calls();
  REQUIRE(replace_file(*disk.clone(), "f", "new"));
  for (uint64_t call = 1; call <= 6; ++call) {
    const auto copy = disk.clone();
    copy->crash_at(call);
    const bool done = replace_file(*copy, "f", "new").has_value();
    CHECK(done == (call == 6));
    auto seen = outcomes(*copy, [](SimDisk& d) { return content(d, "f"); });
    seen.erase("new");
    CHECK(seen == (done ? std::set<Bytes>{} : std::set<Bytes>{"old"}));
  }
  CHECK(disk.mutating_calls() == before);
}

TEST_CASE("every mutating call can fail, once or from then on") {
  SimDisk disk;
  auto file = disk.open("f", kCreate).value();
  disk.fail_at(2, ENOSPC);
  CHECK(file->write_at(0, "1234"));
  const auto failed = file->write_at(4, Bytes(1200, '5'));
  CHECK(failed.error().code() == Code::kResourceExhausted);
  CHECK(failed.error().text() == "write f: no space left on device");
  CHECK(content(disk, "f") == "1234" + Bytes(508, '5'));
  disk.fail_at(1, ENOSPC);
  CHECK_FALSE(file->write_at(512, "less than a sector"));
  CHECK(file->size().value() == 512);
  disk.fail_from(1, EIO);
  CHECK(file->truncate(0).error().system_errno() == EIO);
  CHECK(file->allocate(100).error().system_errno() == EIO);
  CHECK(disk.rename("f", "g").error().system_errno() == EIO);
  CHECK(disk.remove("f").error().system_errno() == EIO);
  CHECK(disk.make_directories("d", 0700).error().system_errno() == EIO);
  CHECK(disk.sync_directory("/").error().system_errno() == EIO);
  CHECK(disk.open("h", kCreate).error().system_errno() == EIO);
  CHECK(disk.open("f", {.truncate = true}).error().system_errno() == EIO);
  CHECK(file->size().value() == 512);
  disk.heal();
  CHECK(disk.rename("f", "g"));
}

TEST_CASE("what a failed sync has abandoned no later sync makes durable") {
  SimDisk disk;
  make_durable_file(disk, "f", "old");
  auto file = disk.open("f", {}).value();
  REQUIRE(file->write_at(0, "new"));
  disk.fail_at(1, EIO);
  CHECK_FALSE(file->sync_data());
  REQUIRE(file->sync_data());
  CHECK(content(disk, "f") == "new");
  const auto look = [](SimDisk& d) { return content(d, "f"); };
  CHECK(outcomes(disk, look) == std::set<Bytes>{"old"});
  REQUIRE(file->write_at(0, "n"));
  REQUIRE(file->sync_data());
  CHECK(outcomes(disk, look) == std::set<Bytes>{"new"});
}

TEST_CASE("after a crash nothing happens until the power comes back") {
  SimDisk disk;
  auto file = disk.open("f", kCreate).value();
  REQUIRE(disk.sync_directory("/"));
  disk.crash_at(2);
  CHECK(file->write_at(0, "1"));
  CHECK_FALSE(file->write_at(1, "2"));
  CHECK(disk.has_crashed());
  CHECK_FALSE(file->write_at(2, "3"));
  CHECK_FALSE(disk.stat("f"));
  CHECK_FALSE(disk.list("/"));
  char byte = 0;
  CHECK_FALSE(file->read_at(0, &byte, 1));
  SeededRandom random(1);
  disk.power_loss(random);
  CHECK_FALSE(disk.has_crashed());
  CHECK_FALSE(file->read_at(0, &byte, 1));
  CHECK(disk.open("f", {}).value()->try_lock().value());
  CHECK(content(disk, "f").size() <= 2);
}

TEST_CASE("a flipped bit is durable") {
  SimDisk disk;
  auto file = disk.open("f", kCreate).value();
  REQUIRE(file->write_at(0, "abc"));
  disk.flip_bit("f", 1, 0);
  REQUIRE(file->sync());
  REQUIRE(disk.sync_directory("/"));
  CHECK(content(disk, "f") == "acc");
  disk.flip_bit("f", 2, 1);
  CHECK(outcomes(disk, [](SimDisk& d) { return content(d, "f"); }) == std::set<Bytes>{"aca"});
}

TEST_CASE("a random history agrees with a naive file") {
  for (uint64_t seed = 0; seed < 40; ++seed) {
    CAPTURE(seed);
    SeededRandom random(seed);
    SimDisk disk;
    auto file = disk.open("f", kCreate).value();
    REQUIRE(disk.sync_directory("/"));
    Bytes model;
    for (int step = 0; step < 60; ++step) {
      const uint64_t at = random.below(20000);
      switch (random.below(4)) {
        case 0: {
          const Bytes bytes(1 + random.below(3000), static_cast<char>('a' + random.below(26)));
          REQUIRE(file->write_at(at, bytes));
          if (model.size() < at + bytes.size()) model.resize(at + bytes.size());
          model.replace(at, bytes.size(), bytes);
          break;
        }
        case 1:
          REQUIRE(file->truncate(at));
          model.resize(at);
          break;
        case 2:
          REQUIRE(file->allocate(at));
          if (model.size() < at) model.resize(at);
          break;
        default:
          REQUIRE(file->sync_data());
      }
      REQUIRE(content(disk, "f") == model);
    }
    REQUIRE(file->sync());
    disk.power_loss(random);
    REQUIRE(content(disk, "f") == model);
  }
}
