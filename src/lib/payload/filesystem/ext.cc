#include <ext2fs/ext2fs.h>
#include <set>

#include "base/format.h"
#include "lib/payload/filesystem/kinds.h"

namespace argosy::payload {
namespace {

constexpr size_t kSuperblock = 1024;
constexpr size_t kMagicInSuperblock = 0x38;
constexpr uint16_t kExtMagic = 0xEF53;

std::unexpected<Error> failed(const char* what, errcode_t error) {
  return fail(Code::kInvalidArgument, format("{}: {}", what, error_message(error)));
}

struct Close {
  void operator()(ext2_filsys fs) const { ext2fs_close_free(&fs); }
};
using Filesystem = std::unique_ptr<struct_ext2_filsys, Close>;

class Walk {
 public:
  explicit Walk(ext2_filsys fs) : fs_(fs) {}

  Result<std::vector<MappedFile>> run() {
    directories_.push_back({EXT2_ROOT_INO, ""});
    while (!directories_.empty()) {
      const Directory next = std::move(directories_.back());
      directories_.pop_back();
      if (!seen_.insert(next.inode).second) continue;
      here_ = &next;
      const errcode_t error =
          ext2fs_dir_iterate2(fs_, next.inode, 0, nullptr, &Walk::on_entry, this);
      if (error != 0) return failed("reading a directory", error);
      if (error_ != 0) return failed("reading a file", error_);
    }
    return std::move(files_);
  }

 private:
  struct Directory {
    ext2_ino_t inode;
    std::string path;
  };

  static int on_entry(ext2_ino_t, int kind, ext2_dir_entry* entry, int, int, char*, void* self) {
    if (kind != DIRENT_OTHER_FILE || entry->inode == 0) return 0;
    auto& walk = *static_cast<Walk*>(self);
    const auto length = static_cast<size_t>(ext2fs_dirent_name_len(entry));
    walk.error_ = walk.add(entry->inode, std::string(entry->name, length));
    return walk.error_ == 0 ? 0 : DIRENT_ABORT;
  }

  errcode_t add(ext2_ino_t number, const std::string& name) {
    ext2_inode inode{};
    if (const errcode_t error = ext2fs_read_inode(fs_, number, &inode); error != 0) return error;
    const std::string path = here_->path.empty() ? name : here_->path + "/" + name;
    if (LINUX_S_ISDIR(inode.i_mode)) {
      directories_.push_back({number, path});
      return 0;
    }
    const bool has_blocks =
        LINUX_S_ISREG(inode.i_mode) && (inode.i_flags & EXT4_INLINE_DATA_FL) == 0;
    if (!has_blocks || !seen_.insert(number).second) return 0;
    MappedFile file{.path = path, .ranges = {}};
    current_ = &file.ranges;
    const errcode_t error = ext2fs_block_iterate3(
        fs_, number, BLOCK_FLAG_READ_ONLY | BLOCK_FLAG_DATA_ONLY, nullptr, &Walk::on_block, this);
    if (error == 0) files_.push_back(std::move(file));
    return error;
  }

  static int on_block(ext2_filsys fs, blk64_t* block, e2_blkcnt_t, blk64_t, int, void* self) {
    append_range(*static_cast<Walk*>(self)->current_, {*block * fs->blocksize, fs->blocksize});
    return 0;
  }

  ext2_filsys fs_;
  std::vector<Directory> directories_;
  std::set<ext2_ino_t> seen_;
  const Directory* here_ = nullptr;
  std::vector<ByteRange>* current_ = nullptr;
  std::vector<MappedFile> files_;
  errcode_t error_ = 0;
};

}  // namespace

bool is_ext(BytesView first_2048) {
  return first_2048.size() == 2048 &&
         load_le16(first_2048.data() + kSuperblock + kMagicInSuperblock) == kExtMagic;
}

Result<std::vector<MappedFile>> map_ext(const std::string& path) {
  ext2_filsys raw = nullptr;
  const errcode_t error = ext2fs_open(path.c_str(), EXT2_FLAG_64BITS, 0, 0, unix_io_manager, &raw);
  if (error != 0) return failed("opening an ext file system", error);
  const Filesystem fs(raw);
  return Walk(fs.get()).run();
}

}  // namespace argosy::payload
