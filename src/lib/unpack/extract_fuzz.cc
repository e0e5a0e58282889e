// Any bytes as the entries of an archive, in all ways to take whiteouts: whatever they say, what
// is beside the tree stays as it is. Entries are made from a few names, links and kinds, so that
// they meet often.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <fcntl.h>
#include <string>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

#include "base/check.h"
#include "lib/tar/writer.h"
#include "lib/unpack/extract.h"
#include "sys/file/disk.h"
#include "sys/file/fd.h"

using namespace argosy;
using namespace argosy::unpack;

namespace {

constexpr const char* kWords[] = {
    "a",      "b", "..", ".",     "outside", ".wh.a", ".wh..wh..opq", ".wh.", "file", ".wh.outside",
    ".wh...", "",  "c",  ".wh..", "/",       "x"};

class Input {
 public:
  Input(const uint8_t* data, size_t size) : data_(data), size_(size) {}
  bool is_empty() const { return size_ == 0; }
  uint8_t next() {
    if (size_ == 0) return 0;
    --size_;
    return *data_++;
  }
  // Up to three words of a path.
  std::string path() {
    const uint8_t shape = next();
    std::string out = kWords[shape % 16];
    for (int more = shape / 16 % 3; more > 0; --more) out += std::string("/") + kWords[next() % 16];
    return out;
  }

 private:
  const uint8_t* data_;
  size_t size_;
};

Bytes archive_of(Input input) {
  Bytes out;
  tar::Writer writer([&](BytesView bytes) -> Result<void> {
    out += bytes;
    return {};
  });
  for (int count = 0; count < 40 && !input.is_empty(); ++count) {
    tar::Entry entry{.path = input.path()};
    if (entry.path.empty()) entry.path = "./";
    // No devices: a fuzzer that is root would make them.
    constexpr tar::Type kTypes[] = {tar::Type::kFile, tar::Type::kDirectory, tar::Type::kSymlink,
                                    tar::Type::kHardLink, tar::Type::kFifo};
    entry.type = kTypes[input.next() % 5];
    entry.mode = 0700;
    if (entry.type == tar::Type::kSymlink || entry.type == tar::Type::kHardLink) {
      entry.link = input.path();
      if (entry.link.empty()) entry.link = "..";
    }
    if (entry.type == tar::Type::kFile) entry.size = 4;
    check(writer.add(entry).has_value());
    if (entry.size > 0) check(writer.write("evil").has_value());
  }
  check(writer.finish().has_value());
  return out;
}

// The same directories for all inputs; the tree in them is made anew.
const std::string& sandbox() {
  static const std::string path = [] {
    char pattern[] = "/tmp/argosy-unpack-fuzz-XXXXXX";
    check(::mkdtemp(pattern) != nullptr);
    std::string made = pattern;
    check(::mkdir((made + "/outside").c_str(), 0755) == 0);
    const Fd file(::open((made + "/outside/file").c_str(), O_WRONLY | O_CREAT, 0640));
    check(::write(file.get(), "good", 4) == 4);
    static std::string to_remove = made;
    std::atexit([] { (void)remove_all(real_disk(), to_remove); });
    return made;
  }();
  return path;
}

void check_outside() {
  struct stat info{};
  check(::stat((sandbox() + "/outside/file").c_str(), &info) == 0);
  check(info.st_size == 4 && info.st_nlink == 1 && (info.st_mode & 07777) == 0640);
  check(read_file(real_disk(), sandbox() + "/outside/file") == "good");
  check(real_disk().list(sandbox() + "/outside")->size() == 1);
  check(real_disk().list(sandbox())->size() == 2);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Input input(data, size);
  const uint8_t mode = input.next();
  constexpr Whiteouts kWays[] = {Whiteouts::kApply, Whiteouts::kOverlayUser, Whiteouts::kKeep};
  const Options options{
      .whiteouts = kWays[mode % 3], .keeps_owners = false, .follows_parents = (mode & 0x80) != 0};
  const std::string root = sandbox() + "/root";
  check(::system(("rm -rf " + root).c_str()) == 0);
  check(::mkdir(root.c_str(), 0700) == 0);
  const Fd directory(::open(root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  const Bytes archive = archive_of(input);
  BytesView rest = archive;
  tar::Reader reader([&] { return Result<BytesView>(std::exchange(rest, {})); });
  (void)extract(reader, directory.get(), options);
  check_outside();
  return 0;
}
