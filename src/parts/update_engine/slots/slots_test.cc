#include "parts/update_engine/slots/slots.h"

#include <doctest/doctest.h>
#include <filesystem>
#include <fstream>

#include "base/format.h"

namespace argosy::update_engine {
namespace {

class Folder {
 public:
  Folder() {
    std::string pattern = "/tmp/argosy-slots-XXXXXX";
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  std::string path(std::string_view name) const { return format("{}/{}", path_, name); }
  std::string put(std::string_view name, std::string_view content) const {
    std::filesystem::create_directories(parent_path(path(name)));
    std::ofstream(path(name)) << content;
    return path(name);
  }
  // A rootdev that says `words`, if it is asked rightly, and ends with `status`.
  std::string rootdev(std::string_view words, int status = 0) const {
    std::string program = put("rootdev", format("#!/bin/sh\n[ \"$*\" = '-s /usr' ] || exit 9\n"
                                                "printf '{}'\nexit {}\n",
                                                words, status));
    std::filesystem::permissions(program, std::filesystem::perms::owner_all);
    return program;
  }

 private:
  std::string path_;
};

TEST_CASE("the other slot goes by the last digit") {
  CHECK_EQ(*other_slot("/dev/sda3"), "/dev/sda4");
  CHECK_EQ(*other_slot("/dev/sda4"), "/dev/sda3");
  CHECK_EQ(*other_slot("/dev/nvme0n1p3"), "/dev/nvme0n1p4");
  for (const char* bad : {"", "/dev/sda", "/dev/sda5", "/dev/sda33x", "/dev/mapper/usr"}) {
    CAPTURE(bad);
    CHECK_EQ(other_slot(bad).error().code(), Code::kInvalidArgument);
  }
}

TEST_CASE("names of the files go by the partition's number") {
  const Folder folder;
  SlotOptions options{.active = folder.put("disk3", "running"),
                      .kernel_directory = "/kernels",
                      .state_directory = "/state"};
  folder.put("disk4", "other slot");
  auto slots = find_slots(real_disk(), options);
  REQUIRE(slots.has_value());
  CHECK_EQ(slots->other, folder.path("disk4"));
  CHECK_EQ(slots->letter, 'b');
  CHECK_EQ(slots->kernel, "/kernels/vmlinuz-b");
  CHECK_EQ(slots->active_kernel, "/kernels/vmlinuz-a");
  CHECK_EQ(slots->pcr_policy, "/state/pcrs-b.zip");
  CHECK_EQ(slots->bytes, 10);
  options.active = folder.path("disk4");
  slots = find_slots(real_disk(), options);
  REQUIRE(slots.has_value());
  CHECK_EQ(slots->letter, 'a');
  CHECK_EQ(slots->kernel, "/kernels/vmlinuz-a");
  CHECK_EQ(slots->active_kernel, "/kernels/vmlinuz-b");
}

TEST_CASE("slots that are one and the same are refused") {
  const Folder folder;
  const std::string active = folder.put("disk3", "running");
  std::filesystem::create_symlink(active, folder.path("disk4"));
  std::filesystem::create_hard_link(active, folder.path("link"));
  CHECK_EQ(find_slots(real_disk(), {.active = active}).error().code(), Code::kFailedPrecondition);
  CHECK_EQ(find_slots(real_disk(), {.active = active, .other = folder.path("link")}).error().code(),
           Code::kFailedPrecondition);
}

TEST_CASE("a slot that is missing, or none, is told by name") {
  const Folder folder;
  const std::string active = folder.put("disk3", "running");
  auto slots = find_slots(real_disk(), {.active = active});
  REQUIRE_FALSE(slots.has_value());
  CHECK(slots.error().text().contains(folder.path("disk4")));
  slots = find_slots(real_disk(), {.active = active, .other = "/dev/null"});
  REQUIRE_FALSE(slots.has_value());
  CHECK_EQ(slots.error().text(), "/dev/null is no block device");
}

TEST_CASE("rootdev is asked for the running slot") {
  const Folder folder;
  CHECK_EQ(*running_slot({.rootdev = folder.rootdev("/dev/vda3\\n")}), "/dev/vda3");
  CHECK_EQ(*running_slot({.active = "/dev/vdb3", .rootdev = folder.rootdev("/dev/vda3\\n")}),
           "/dev/vdb3");
  CHECK_EQ(running_slot({.rootdev = folder.rootdev("")}).error().code(), Code::kNotFound);
  CHECK_EQ(running_slot({.rootdev = folder.rootdev("/dev/vda3\\n", 1)}).error().code(),
           Code::kNotFound);
  CHECK_EQ(running_slot({.rootdev = folder.path("none")}).error().code(), Code::kNotFound);
}

}  // namespace
}  // namespace argosy::update_engine
