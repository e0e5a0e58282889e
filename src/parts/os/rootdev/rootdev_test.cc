// Made-up trees of devices: disks, partitions, mapped devices.
#include "parts/os/rootdev/rootdev.h"

#include <cstdlib>
#include <doctest/doctest.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/check.h"
#include "base/format.h"
#include "parts/os/rootdev/block_tree.h"
#include "sys/file/disk.h"

using namespace argosy;
using namespace argosy::os;

namespace {

class Machine {
 public:
  Machine() {
    char pattern[] = "/tmp/rootdev_test.XXXXXX";
    root_ = ::mkdtemp(pattern);
    check(real_disk().make_directories(root_ + "/dev", 0755).has_value());
    add("sda", "10:0");
    add("sda/sda1", "10:1");
    add("sda/sda2", "10:2");
    add("mmcblk0", "11:0");
    add("mmcblk0/mmcblk0p2", "11:2");
    add("nvme0n1", "259:0");
    add("nvme0n1/nvme0n1p3", "259:4");
    add("dm-0", "254:0");
    add("dm-0/slaves/sda1", "10:1");
    add("dm-1", "254:1");
    add("dm-1/slaves/dm-0", "254:0");
  }
  ~Machine() { (void)remove_all(real_disk(), root_); }

  void add(const std::string& directory, std::string_view number) const {
    const std::string path = block() + "/" + directory;
    check(real_disk().make_directories(path, 0755).has_value());
    check(replace_file(real_disk(), path + "/dev", format("{}\n", number)).has_value());
  }
  // False without the right to make nodes.
  bool make_node(std::string_view name, uint32_t major, uint32_t minor) const {
    const std::string path = format("{}/{}", dev(), name);
    return ::mknod(path.c_str(), S_IFBLK | 0600, makedev(major, minor)) == 0;
  }
  std::string block() const { return root_ + "/block"; }
  std::string dev() const { return root_ + "/dev"; }

  RootdevQuestion ask(uint32_t major, uint32_t minor) const {
    RootdevQuestion question;
    question.number = DeviceNumber{major, minor};
    question.block_path = block();
    question.dev_path = dev();
    return question;
  }

 private:
  std::string root_;
};

}  // namespace

TEST_CASE("a device is found by its number, partitions below their disk") {
  const Machine machine;
  const BlockTree tree(machine.block());
  CHECK(tree.find({10, 0})->name == "sda");
  CHECK(tree.find({10, 0})->disk == "sda");
  CHECK(tree.find({10, 2}) == BlockDevice{"sda2", {10, 2}, "sda"});
  CHECK(tree.find({259, 4}) == BlockDevice{"nvme0n1p3", {259, 4}, "nvme0n1"});
  CHECK_FALSE(tree.find({10, 9}));
  CHECK_FALSE(BlockTree("/nonexistent").find({10, 0}));
}

TEST_CASE("a mapped device's first slave, through all levels") {
  const Machine machine;
  const BlockTree tree(machine.block());
  CHECK(tree.first_slave(*tree.find({254, 0})).name == "sda1");
  CHECK(tree.first_slave(*tree.find({254, 1})) == BlockDevice{"sda1", {10, 1}, "sda"});
  CHECK(tree.first_slave(*tree.find({10, 2})).name == "sda2");
  machine.add("dm-2", "254:2");
  machine.add("dm-2/slaves/dm-2", "254:2");
  CHECK(tree.first_slave(*tree.find({254, 2})).name == "dm-2");
}

TEST_CASE("names without their partition") {
  CHECK(without_partition("sda3") == "sda");
  CHECK(without_partition("sda") == "sda");
  CHECK(without_partition("mmcblk0p12") == "mmcblk0");
  CHECK(without_partition("dm-3") == "dm-3");
  CHECK(without_partition("loop0") == "loop0");
  CHECK(without_partition("loop0p1") == "loop0");
  CHECK(without_partition("7") == "7");
  CHECK(without_partition("").empty());
}

TEST_CASE("a path without a node is an answer with exit code 1") {
  const Machine machine;
  RootdevQuestion question = machine.ask(10, 1);
  RootdevAnswer answer = find_rootdev(question);
  CHECK(answer.path == machine.dev() + "/sda1");
  CHECK(answer.exit_code == 1);
  question.ignore_missing = true;
  CHECK(find_rootdev(question).exit_code == 0);
  answer = find_rootdev(machine.ask(99, 1));
  CHECK(answer.path.empty());
  CHECK(answer.exit_code == 1);
  CHECK(answer.error == "unable to find match\n");
}

TEST_CASE("whole disks of partitions, also below mapped devices") {
  const Machine machine;
  RootdevQuestion question = machine.ask(11, 2);
  question.strip_partition = true;
  CHECK(find_rootdev(question).path == machine.dev() + "/mmcblk0");
  question = machine.ask(259, 0);
  question.strip_partition = true;
  // A whole disk's name that ends like a partition's.
  CHECK(find_rootdev(question).path == machine.dev() + "/nvme0n1");
  question = machine.ask(254, 1);
  question.strip_partition = true;
  question.use_slave = true;
  CHECK(find_rootdev(question).path == machine.dev() + "/sda");
}

TEST_CASE("nodes: the right one, another's, and one that is made") {
  const Machine machine;
  if (!machine.make_node("sda1", 10, 1)) {
    MESSAGE("left out: no right to make device nodes");
    return;
  }
  CHECK(find_rootdev(machine.ask(10, 1)).exit_code == 0);
  REQUIRE(machine.make_node("sda2", 10, 7));
  CHECK(find_rootdev(machine.ask(10, 2)).exit_code == 2);
  RootdevQuestion question = machine.ask(11, 2);
  question.create_node = true;
  CHECK(find_rootdev(question).exit_code == 0);
  CHECK(find_rootdev(machine.ask(11, 2)).exit_code == 0);
}

TEST_CASE("a path that is not there") {
  RootdevQuestion question;
  question.path = "/nonexistent";
  const RootdevAnswer answer = find_rootdev(question);
  CHECK(answer.exit_code == 1);
  CHECK(answer.error == "rootdev: Cannot stat(/nonexistent): No such file or directory\n");
}
