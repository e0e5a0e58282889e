// For tests: a disk on which "/dev/sda3" and "/dev/sda4" are windows of the file "/disk", and
// everything else is as it is.
#pragma once

#include "base/format.h"
#include "sys/file/disk.h"

namespace argosy::update_engine {

struct Window {
  uint64_t offset = 0;
  uint64_t size = 0;
};

class WindowFile final : public File {
 public:
  WindowFile(std::unique_ptr<File> file, std::string path, Window window)
      : file_(std::move(file)), path_(std::move(path)), window_(window) {}

  const std::string& path() const override { return path_; }
  Result<size_t> read_at(uint64_t offset, char* to, size_t size) override {
    if (offset >= window_.size) return 0;
    return file_->read_at(window_.offset + offset, to,
                          std::min<uint64_t>(size, window_.size - offset));
  }
  Result<void> write_at(uint64_t offset, BytesView bytes) override {
    if (offset + bytes.size() > window_.size) {
      return fail(Code::kOutOfRange, format("a write beyond {}", path_));
    }
    return file_->write_at(window_.offset + offset, bytes);
  }
  Result<void> sync_data() override { return file_->sync_data(); }
  Result<void> sync() override { return file_->sync(); }
  Result<uint64_t> size() override { return window_.size; }
  Result<void> truncate(uint64_t) override { return fixed(); }
  Result<void> allocate(uint64_t) override { return fixed(); }
  Result<bool> try_lock() override { return true; }
  Result<std::unique_ptr<Mapping>> map(uint64_t) override {
    return fail(Code::kUnimplemented, "a partition is not mapped");
  }

 private:
  Result<void> fixed() const {
    return fail(Code::kInvalidArgument, format("{} has a fixed size", path_));
  }

  std::unique_ptr<File> file_;
  std::string path_;
  Window window_;
};

class PartitionedDisk final : public Disk {
 public:
  PartitionedDisk(Disk& disk, Window third, Window fourth)
      : disk_(disk), third_(third), fourth_(fourth) {}

  Result<std::unique_ptr<File>> open(const std::string& path, OpenOptions options) override {
    if (path != "/dev/sda3" && path != "/dev/sda4") return disk_.open(path, options);
    auto file = TRY(disk_.open("/disk", {.direct = options.direct}));
    const Window window = path.ends_with('3') ? third_ : fourth_;
    return std::make_unique<WindowFile>(std::move(file), path, window);
  }
  Result<void> rename(const std::string& from, const std::string& to) override {
    return disk_.rename(from, to);
  }
  Result<void> remove(const std::string& path) override { return disk_.remove(path); }
  Result<void> make_directories(const std::string& path, uint32_t mode) override {
    return disk_.make_directories(path, mode);
  }
  Result<std::vector<std::string>> list(const std::string& directory) override {
    return disk_.list(directory);
  }
  Result<FileInfo> stat(const std::string& path) override { return disk_.stat(path); }
  Result<void> sync_directory(const std::string& path) override {
    return disk_.sync_directory(path);
  }

 private:
  Disk& disk_;
  Window third_;
  Window fourth_;
};

}  // namespace argosy::update_engine
