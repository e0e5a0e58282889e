#include "parts/update_service/hosting/directory.h"

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "base/format.h"
#include "base/text.h"
#include "sys/crypto/digest.h"
#include "sys/random/random.h"

namespace argosy::update_service {
namespace {

constexpr std::string_view kHiddenPrefix = ".upload-";
constexpr int64_t kAbandonedAfter = 86400;  // seconds
constexpr uint32_t kDirectoryMode = 0755;
constexpr uint32_t kFileMode = 0644;

int open_beneath(int directory, const char* name, uint64_t flags) {
  open_how how{};
  how.flags = flags | O_CLOEXEC;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  return static_cast<int>(::syscall(SYS_openat2, directory, name, &how, sizeof how));
}

std::unexpected<Error> no_file(std::string_view name) {
  return fail(Code::kNotFound, format("no file {}", go_quote(name)));
}

// Another whenever the content may be another: the inode, its size, its last change.
std::string etag_of(const struct stat& info) {
  return format("\"{:x}-{:x}-{:x}{:08x}\"", info.st_ino, info.st_size, info.st_mtim.tv_sec,
                info.st_mtim.tv_nsec);
}

// A file's bytes as long as this lives.
class View {
 public:
  static Result<View> of(int fd, uint64_t size, std::string_view name) {
    if (size == 0) return View(nullptr, 0);
    void* start = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, fd, 0);
    if (start == MAP_FAILED) return fail(system_error(format("mmap {}", name), errno));
    ::madvise(start, size, MADV_SEQUENTIAL);
    return View(start, size);
  }
  View(View&& other) noexcept : start_(std::exchange(other.start_, nullptr)), size_(other.size_) {}
  View& operator=(View&&) = delete;
  ~View() {
    if (start_ != nullptr) ::munmap(start_, size_);
  }
  BytesView bytes() const { return {static_cast<const char*>(start_), size_}; }

 private:
  View(void* start, uint64_t size) : start_(start), size_(size) {}

  void* start_;
  uint64_t size_;
};

Result<HostedFile> digest(int fd, uint64_t size, const std::string& name) {
  const View view = TRY(View::of(fd, size, name));
  return HostedFile{.name = name,
                    .size = size,
                    .sha1 = to_base64(sha1(view.bytes())),
                    .sha256 = to_base64(sha256(view.bytes()))};
}

Result<std::vector<std::string>> all_names(int directory) {
  const int copy = open_beneath(directory, ".", O_RDONLY | O_DIRECTORY);
  DIR* stream = copy < 0 ? nullptr : ::fdopendir(copy);
  if (stream == nullptr) return fail(system_error("reading the directory of packages", errno));
  std::vector<std::string> names;
  while (const dirent* entry = ::readdir(stream)) names.emplace_back(entry->d_name);
  ::closedir(stream);
  std::ranges::sort(names);
  return names;
}

}  // namespace

bool is_file_name(std::string_view name) {
  return !name.empty() && name.size() <= 255 && name.front() != '.' &&
         std::ranges::none_of(name, [](char c) { return c == '/' || (c >= 0 && c < 0x20); });
}

Result<std::shared_ptr<Directory>> Directory::open(const std::string& path) {
  if (::mkdir(path.c_str(), kDirectoryMode) != 0 && errno != EEXIST) {
    return fail(system_error(format("mkdir {}", path), errno));
  }
  Fd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.is_open()) return fail(system_error(format("open {}", path), errno));
  const std::time_t now = std::time(nullptr);
  for (const std::string& name : TRY(all_names(fd.get()))) {
    struct stat info{};
    const bool is_hidden = name.starts_with(kHiddenPrefix) &&
                           ::fstatat(fd.get(), name.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0;
    if (is_hidden && now - info.st_mtim.tv_sec > kAbandonedAfter) {
      ::unlinkat(fd.get(), name.c_str(), 0);
    }
  }
  return std::make_shared<Directory>(std::move(fd));
}

Result<OpenFile> Directory::open_file(const std::string& name) const {
  const auto parts = split(name, '/');
  const bool is_plain = std::ranges::all_of(parts, is_file_name);
  if (!is_plain) return no_file(name);
  OpenFile file;
  file.fd = Fd(open_beneath(fd_.get(), name.c_str(), O_RDONLY | O_NONBLOCK));
  struct stat info{};
  if (!file.fd.is_open() || ::fstat(file.fd.get(), &info) != 0 || !S_ISREG(info.st_mode)) {
    return no_file(name);
  }
  file.size = static_cast<uint64_t>(info.st_size);
  file.etag = etag_of(info);
  return file;
}

Result<std::shared_ptr<Incoming>> Directory::begin(std::string name, uint64_t limit) {
  if (!is_file_name(name)) {
    return fail(Code::kInvalidArgument, format("{} is no name of a file", go_quote(name)));
  }
  std::string hidden = format("{}{}", kHiddenPrefix, to_hex16(real_random().next()));
  Fd fd(::openat(fd_.get(), hidden.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, kFileMode));
  if (!fd.is_open()) return fail(system_error(format("creating {}", name), errno));
  return std::make_shared<Incoming>(shared_from_this(), std::move(name), std::move(hidden),
                                    std::move(fd), limit);
}

Result<void> Directory::remove(const std::string& name) const {
  if (!is_file_name(name) || ::unlinkat(fd_.get(), name.c_str(), 0) != 0) return no_file(name);
  return {};
}

Result<std::vector<std::string>> Directory::list() const {
  std::vector<std::string> names = TRY(all_names(fd_.get()));
  std::erase_if(names, [&](const std::string& name) {
    struct stat info{};
    return name.starts_with('.') || ::fstatat(fd_.get(), name.c_str(), &info, 0) != 0 ||
           !S_ISREG(info.st_mode);
  });
  return names;
}

Result<HostedFile> Directory::describe(const std::string& name) const {
  const OpenFile file = TRY(open_file(name));
  return digest(file.fd.get(), file.size, name);
}

Incoming::Incoming(std::shared_ptr<Directory> directory, std::string name, std::string hidden,
                   Fd fd, uint64_t limit)
    : directory_(std::move(directory)),
      name_(std::move(name)),
      hidden_(std::move(hidden)),
      fd_(std::move(fd)),
      limit_(limit) {}

Incoming::~Incoming() {
  if (!hidden_.empty()) ::unlinkat(directory_->fd(), hidden_.c_str(), 0);
}

Result<void> Incoming::write(BytesView bytes) {
  if (bytes.size() > limit_ - size_) {
    return fail(Code::kResourceExhausted, format("{} is larger than {} bytes", name_, limit_));
  }
  while (!bytes.empty()) {
    const ssize_t written =
        ::pwrite(fd_.get(), bytes.data(), bytes.size(), static_cast<off_t>(size_));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return fail(system_error(format("writing {}", name_), errno));
    size_ += static_cast<uint64_t>(written);
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return {};
}

Result<HostedFile> Incoming::seal() {
  if (::fsync(fd_.get()) != 0) return fail(system_error(format("syncing {}", name_), errno));
  return digest(fd_.get(), size_, name_);
}

// A link does not replace what is there, as a rename would.
Result<void> Incoming::publish(const HostedFile& file) {
  if (::linkat(directory_->fd(), hidden_.c_str(), directory_->fd(), name_.c_str(), 0) != 0) {
    if (errno != EEXIST) return fail(system_error(format("naming {}", name_), errno));
    const auto there = directory_->describe(name_);
    if (there && *there == file) return {};
    return fail(Code::kAlreadyExists, format("there is another file {}", name_));
  }
  ::unlinkat(directory_->fd(), hidden_.c_str(), 0);
  hidden_.clear();
  if (::fsync(directory_->fd()) != 0) {
    return fail(system_error("syncing the directory of packages", errno));
  }
  return {};
}

}  // namespace argosy::update_service
