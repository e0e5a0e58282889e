// The kernel's disk, in a directory that goes away afterwards.
#include "sys/file/disk.h"

#include <cerrno>
#include <cstdlib>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sys/file/fd.h"

namespace argosy {
namespace {

class Directory {
 public:
  Directory() {
    char pattern[] = "/tmp/argosy-disk-XXXXXX";
    REQUIRE(::mkdtemp(pattern) != nullptr);
    path_ = pattern;
  }
  ~Directory() { CHECK(remove_all(real_disk(), path_).has_value()); }
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;

  std::string operator/(std::string_view name) const { return join_path(path_, name); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

std::unique_ptr<File> open(const std::string& path, OpenOptions options) {
  auto file = real_disk().open(path, options);
  REQUIRE_MESSAGE(file.has_value(), file.error().text());
  return *std::move(file);
}

TEST_CASE("bytes are where they were written") {
  const Directory directory;
  const auto file = open(directory / "f", {.create = true});
  CHECK(file->path() == directory / "f");
  REQUIRE(file->write_at(5, "world").has_value());
  REQUIRE(file->write_at(0, "hello").has_value());
  CHECK(file->size() == 10U);
  char piece[16];
  CHECK(file->read_at(3, piece, sizeof piece) == 7U);
  CHECK(BytesView(piece, 7) == "loworld");
  CHECK(file->read_at(10, piece, sizeof piece) == 0U);
  CHECK(file->sync_data().has_value());
  CHECK(file->sync().has_value());
  REQUIRE(file->truncate(2).has_value());
  REQUIRE(file->allocate(6).has_value());
  CHECK(read_file(real_disk(), directory / "f") == Bytes("he\0\0\0\0", 6));
  REQUIRE(file->allocate(3).has_value());
  CHECK(file->size() == 6U);
}

TEST_CASE("how a file may be opened") {
  const Directory directory;
  const auto missing = real_disk().open(directory / "f", {});
  REQUIRE(!missing.has_value());
  CHECK(missing.error().code() == Code::kNotFound);
  CHECK(missing.error().text() == "open " + directory / "f" + ": no such file or directory");
  REQUIRE(open(directory / "f", {.create = true, .mode = 0640})->write_at(0, "x").has_value());
  const auto info = real_disk().stat(directory / "f");
  REQUIRE(info.has_value());
  CHECK(info->size == 1);
  CHECK((info->mode & 0777) == 0640);
  CHECK(!info->is_directory());
  const auto second = real_disk().open(directory / "f", {.create = true, .exclusive = true});
  CHECK(second.error().code() == Code::kAlreadyExists);
  CHECK(open(directory / "f", {.truncate = true})->size() == 0U);
  const auto read_only = open(directory / "f", {.write = false});
  CHECK(!read_only->write_at(0, "x").has_value());
}

TEST_CASE("a mapping shows what is written later") {
  const Directory directory;
  const auto file = open(directory / "f", {.create = true});
  REQUIRE(file->write_at(0, Bytes(4096, 'a')).has_value());
  const auto mapping = file->map(1 << 20);
  REQUIRE(mapping.has_value());
  CHECK((*mapping)->size() == 1 << 20);
  CHECK((*mapping)->data()[4095] == 'a');
  REQUIRE(file->write_at(4095, "bc").has_value());
  CHECK(BytesView((*mapping)->data() + 4095, 2) == "bc");
}

TEST_CASE("one holds the lock, until its file is closed") {
  const Directory directory;
  auto first = open(directory / "lock", {.create = true});
  const auto second = open(directory / "lock", {.create = true});
  CHECK(first->try_lock() == true);
  CHECK(first->try_lock() == true);
  CHECK(second->try_lock() == false);
  first.reset();
  CHECK(second->try_lock() == true);
}

TEST_CASE("replacing leaves the old content or the new one, and no other file") {
  const Directory directory;
  const std::string path = directory / "config";
  REQUIRE(replace_file(real_disk(), path, "old", 0600).has_value());
  const Fd reader(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  REQUIRE(replace_file(real_disk(), path, "new content", 0644).has_value());
  CHECK(read_file(real_disk(), path) == "new content");
  CHECK((real_disk().stat(path)->mode & 0777) == 0644);
  CHECK(real_disk().list(directory.path()) == std::vector<std::string>{"config"});
  // Who had it open still sees the old one whole.
  char piece[16];
  CHECK(::pread(reader.get(), piece, sizeof piece, 0) == 3);
  // What a crash left behind is no hindrance.
  REQUIRE(open(path + ".tmp", {.create = true})->write_at(0, Bytes(100, 'z')).has_value());
  REQUIRE(replace_file(real_disk(), path, "third").has_value());
  CHECK(read_file(real_disk(), path) == "third");
}

// Fails the n-th mutating call and remembers which calls there were.
class Failing final : public Disk {
 public:
  explicit Failing(int fail_at) : left_(fail_at) {}
  std::string calls;

  Result<std::unique_ptr<File>> open(const std::string& path, OpenOptions options) override;
  Result<void> rename(const std::string& from, const std::string& to) override {
    return step("rename ", [&] { return real_disk().rename(from, to); });
  }
  Result<void> sync_directory(const std::string& path) override {
    return step("sync_directory ", [&] { return real_disk().sync_directory(path); });
  }
  Result<void> remove(const std::string& path) override { return real_disk().remove(path); }
  Result<void> make_directories(const std::string& path, uint32_t mode) override {
    return real_disk().make_directories(path, mode);
  }
  Result<std::vector<std::string>> list(const std::string& path) override {
    return real_disk().list(path);
  }
  Result<FileInfo> stat(const std::string& path) override { return real_disk().stat(path); }

  template <typename Call>
  Result<void> step(const char* name, Call call) {
    if (left_-- == 0) return fail(Code::kInternal, "injected");
    calls += name;
    return call();
  }

 private:
  int left_;
};

class FailingFile final : public File {
 public:
  FailingFile(Failing& disk, std::unique_ptr<File> file) : disk_(disk), file_(std::move(file)) {}
  const std::string& path() const override { return file_->path(); }
  Result<size_t> read_at(uint64_t offset, char* to, size_t size) override {
    return file_->read_at(offset, to, size);
  }
  Result<void> write_at(uint64_t offset, BytesView bytes) override {
    return disk_.step("write ", [&] { return file_->write_at(offset, bytes); });
  }
  Result<void> sync() override {
    return disk_.step("sync ", [&] { return file_->sync(); });
  }
  Result<void> sync_data() override { return file_->sync_data(); }
  Result<uint64_t> size() override { return file_->size(); }
  Result<void> truncate(uint64_t size) override { return file_->truncate(size); }
  Result<void> allocate(uint64_t size) override { return file_->allocate(size); }
  Result<bool> try_lock() override { return file_->try_lock(); }
  Result<std::unique_ptr<Mapping>> map(uint64_t size) override { return file_->map(size); }

 private:
  Failing& disk_;
  std::unique_ptr<File> file_;
};

Result<std::unique_ptr<File>> Failing::open(const std::string& path, OpenOptions options) {
  TRY(step("open ", [] { return Result<void>(); }));
  return std::make_unique<FailingFile>(*this, TRY(real_disk().open(path, options)));
}

TEST_CASE("replacing syncs the file before its name and the directory after") {
  const Directory directory;
  Failing disk(-1);
  REQUIRE(replace_file(disk, directory / "f", "new").has_value());
  CHECK(disk.calls == "open write sync rename sync_directory ");
}

TEST_CASE("a replacement that fails half-way says so and keeps the old content") {
  const Directory directory;
  REQUIRE(replace_file(real_disk(), directory / "f", "old").has_value());
  for (int at = 0; at < 5; ++at) {
    CAPTURE(at);
    Failing disk(at);
    CHECK(!replace_file(disk, directory / "f", "new").has_value());
    // Only the last step comes after the rename.
    CHECK(read_file(real_disk(), directory / "f") == (at < 4 ? "old" : "new"));
  }
}

TEST_CASE("a file that is larger than allowed is not read") {
  const Directory directory;
  REQUIRE(replace_file(real_disk(), directory / "f", "0123456789").has_value());
  CHECK(read_file(real_disk(), directory / "f", 10).has_value());
  const auto refused = read_file(real_disk(), directory / "f", 9);
  REQUIRE(!refused.has_value());
  CHECK(refused.error().code() == Code::kResourceExhausted);
}

TEST_CASE("directories: made, listed, removed with all below") {
  const Directory directory;
  Disk& disk = real_disk();
  REQUIRE(disk.make_directories(directory / "a/b/c", 0700).has_value());
  REQUIRE(disk.make_directories(directory / "a/b/c", 0700).has_value());
  CHECK(disk.stat(directory / "a")->is_directory());
  for (const char* name : {"a/z", "a/m", "a/b/c/deep"}) {
    REQUIRE(replace_file(disk, directory / name, "x").has_value());
  }
  CHECK(disk.list(directory / "a") == std::vector<std::string>{"b", "m", "z"});
  CHECK(disk.list(directory / "nowhere").error().code() == Code::kNotFound);
  CHECK(disk.sync_directory(directory / "a").has_value());
  CHECK(disk.make_directories(directory / "a/m/under-a-file", 0700).has_value() == false);
  CHECK(!disk.remove(directory / "a").has_value());
  REQUIRE(disk.rename(directory / "a/m", directory / "a/n").has_value());
  CHECK(exists(disk, directory / "a/n"));
  REQUIRE(remove_all(disk, directory / "a").has_value());
  CHECK(!exists(disk, directory / "a"));
  CHECK(remove_all(disk, directory / "a").has_value());
}

TEST_CASE("a tree that is removed takes nothing with it that its links lead to") {
  Directory directory;
  Disk& disk = real_disk();
  REQUIRE(disk.make_directories(directory / "tree/below", 0700).has_value());
  REQUIRE(disk.make_directories(directory / "other", 0700).has_value());
  REQUIRE(replace_file(disk, directory / "other/file", "x").has_value());
  const std::pair<const char*, const char*> links[] = {
      {"to_directory", "other"}, {"to_file", "other/file"}, {"to_nothing", "nowhere"}};
  for (const auto& [name, target] : links) {
    const std::string link = join_path(directory / "tree/below", name);
    REQUIRE(::symlink((directory / target).c_str(), link.c_str()) == 0);
  }
  CHECK(remove_all(disk, directory / "tree").has_value());
  CHECK(!exists(disk, directory / "tree"));
  CHECK(exists(disk, directory / "other/file"));
}

TEST_CASE("paths") {
  CHECK(join_path("/a", "b") == "/a/b");
  CHECK(join_path("/a/", "b") == "/a/b");
  CHECK(join_path("", "b") == "b");
  struct Row {
    const char* path;
    const char* parent;
  };
  for (const Row& row : {Row{"/a/b/c", "/a/b"}, Row{"/a/b/", "/a"}, Row{"/a", "/"}, Row{"/", "/"},
                         Row{"a", "."}, Row{"a/b", "a"}}) {
    CHECK(parent_path(row.path) == row.parent);
  }
}

TEST_CASE("a descriptor is closed once, by its last owner") {
  Fd first(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  const int number = first.get();
  Fd second = std::move(first);
  CHECK(!first.is_open());  // NOLINT(bugprone-use-after-move)
  CHECK(second.get() == number);
  CHECK(::fcntl(number, F_GETFD) >= 0);
  second.close();
  CHECK(::fcntl(number, F_GETFD) == -1);
  CHECK(errno == EBADF);
}

}  // namespace
}  // namespace argosy
