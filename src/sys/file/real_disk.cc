#include <cerrno>
#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/format.h"
#include "sys/file/disk.h"
#include "sys/file/fd.h"

namespace argosy {
namespace {

Error path_error(const char* call, const std::string& path) {
  const int number = errno;
  return system_error(format("{} {}", call, path), number);
}

class RealMapping final : public Mapping {
 public:
  RealMapping(char* data, uint64_t size) : data_(data), size_(size) {}
  ~RealMapping() override { ::munmap(data_, size_); }
  RealMapping(const RealMapping&) = delete;
  RealMapping& operator=(const RealMapping&) = delete;

  const char* data() const override { return data_; }
  uint64_t size() const override { return size_; }

 private:
  char* data_;
  uint64_t size_;
};

class RealFile final : public File {
 public:
  RealFile(Fd fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}

  const std::string& path() const override { return path_; }

  Result<size_t> read_at(uint64_t offset, char* to, size_t size) override {
    size_t done = 0;
    while (done < size) {
      const ssize_t got =
          ::pread(fd_.get(), to + done, size - done, static_cast<off_t>(offset + done));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return fail(path_error("read", path_));
      if (got == 0) break;
      done += static_cast<size_t>(got);
    }
    return done;
  }

  Result<void> write_at(uint64_t offset, BytesView bytes) override {
    while (!bytes.empty()) {
      const ssize_t put =
          ::pwrite(fd_.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
      if (put < 0 && errno == EINTR) continue;
      if (put < 0) return fail(path_error("write", path_));
      bytes.remove_prefix(static_cast<size_t>(put));
      offset += static_cast<uint64_t>(put);
    }
    return {};
  }

  Result<void> sync_data() override {
    if (::fdatasync(fd_.get()) != 0) return fail(path_error("fdatasync", path_));
    return {};
  }
  Result<void> sync() override {
    if (::fsync(fd_.get()) != 0) return fail(path_error("fsync", path_));
    return {};
  }
  Result<uint64_t> size() override {
    struct stat info{};
    if (::fstat(fd_.get(), &info) != 0) return fail(path_error("stat", path_));
    return static_cast<uint64_t>(info.st_size);
  }
  Result<void> truncate(uint64_t size) override {
    if (::ftruncate(fd_.get(), static_cast<off_t>(size)) != 0) {
      return fail(path_error("truncate", path_));
    }
    return {};
  }
  Result<void> allocate(uint64_t size) override {
    if (::fallocate(fd_.get(), 0, 0, static_cast<off_t>(size)) == 0) return {};
    if (errno != EOPNOTSUPP) return fail(path_error("fallocate", path_));
    if (TRY(this->size()) < size) return truncate(size);
    return {};
  }
  Result<bool> try_lock() override {
    if (::flock(fd_.get(), LOCK_EX | LOCK_NB) == 0) return true;
    if (errno == EWOULDBLOCK) return false;
    return fail(path_error("flock", path_));
  }
  Result<std::unique_ptr<Mapping>> map(uint64_t size) override {
    void* data = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, fd_.get(), 0);
    if (data == MAP_FAILED) return fail(path_error("mmap", path_));
    return std::make_unique<RealMapping>(static_cast<char*>(data), size);
  }

 private:
  Fd fd_;
  std::string path_;
};

class RealDisk final : public Disk {
 public:
  Result<std::unique_ptr<File>> open(const std::string& path, OpenOptions options) override {
    int flags = (options.write ? O_RDWR : O_RDONLY) | O_CLOEXEC;
    if (options.create) flags |= O_CREAT;
    if (options.exclusive) flags |= O_EXCL;
    if (options.truncate) flags |= O_TRUNC;
    if (options.direct) flags |= O_DIRECT;
    Fd fd(::open(path.c_str(), flags, options.mode));
    if (!fd.is_open()) return fail(path_error("open", path));
    return std::make_unique<RealFile>(std::move(fd), path);
  }

  Result<void> rename(const std::string& from, const std::string& to) override {
    if (::rename(from.c_str(), to.c_str()) != 0) return fail(path_error("rename", from));
    return {};
  }

  Result<void> remove(const std::string& path) override {
    if (::unlink(path.c_str()) == 0) return {};
    if (errno != EISDIR && errno != EPERM) return fail(path_error("remove", path));
    if (::rmdir(path.c_str()) != 0) return fail(path_error("rmdir", path));
    return {};
  }

  Result<void> make_directories(const std::string& path, uint32_t mode) override {
    if (::mkdir(path.c_str(), mode) == 0 || errno == EEXIST) return {};
    if (errno != ENOENT) return fail(path_error("mkdir", path));
    TRY(make_directories(parent_path(path), mode));
    if (::mkdir(path.c_str(), mode) != 0 && errno != EEXIST) return fail(path_error("mkdir", path));
    return {};
  }

  Result<std::vector<std::string>> list(const std::string& directory) override {
    DIR* stream = ::opendir(directory.c_str());
    if (stream == nullptr) return fail(path_error("opendir", directory));
    std::vector<std::string> names;
    while (const dirent* entry = ::readdir(stream)) {
      const std::string_view name = entry->d_name;
      if (name != "." && name != "..") names.emplace_back(name);
    }
    ::closedir(stream);
    std::sort(names.begin(), names.end());
    return names;
  }

  Result<FileInfo> stat(const std::string& path) override {
    struct stat info{};
    if (::stat(path.c_str(), &info) != 0) return fail(path_error("stat", path));
    return FileInfo{static_cast<uint64_t>(info.st_size), info.st_mode};
  }

  Result<void> sync_directory(const std::string& path) override {
    const Fd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!fd.is_open()) return fail(path_error("open", path));
    if (::fsync(fd.get()) != 0) return fail(path_error("fsync", path));
    return {};
  }
};

}  // namespace

Disk& real_disk() {
  static RealDisk disk;
  return disk;
}

}  // namespace argosy
