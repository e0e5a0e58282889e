#include "lib/tar/reader.h"

#include <algorithm>

#include "base/format.h"
#include "base/text.h"
#include "lib/tar/header.h"
#include "lib/tar/pax.h"

namespace argosy::tar {
namespace {

std::unexpected<Error> refuse(std::string_view why) {
  return fail(Code::kInvalidArgument, format("tar: {}", why));
}

bool is_zero(BytesView block) {
  return block.find_first_not_of('\0') == BytesView::npos;
}

Result<uint64_t> number_of(BytesView block, Place place, std::string_view what) {
  const auto number = number_in(place.of(block));
  if (!number) return refuse(format("a header's {} is no number", what));
  return *number;
}

// Nothing: a kind of file that is not known.
std::optional<Type> type_of(char flag) {
  switch (flag) {
    case '\0':
    case '0':
    case '7':
    case 'S':
      return Type::kFile;
    case '1':
      return Type::kHardLink;
    case '2':
      return Type::kSymlink;
    case '3':
      return Type::kCharacterDevice;
    case '4':
      return Type::kBlockDevice;
    case '5':
      return Type::kDirectory;
    case '6':
      return Type::kFifo;
    default:
      return std::nullopt;
  }
}

std::string path_in(BytesView block) {
  std::string name(text_in(kName.of(block)));
  if (kMagic.of(block).substr(0, 6) != kUstarMagic.substr(0, 6)) return name;
  const std::string_view prefix = text_in(kPrefix.of(block));
  return prefix.empty() ? name : format("{}/{}", prefix, name);
}

}  // namespace

Reader::Reader(Source source, Limits limits) : source_(std::move(source)), limits_(limits) {}

// Up to `most` bytes as they lie in the current piece; empty at the source's end.
Result<BytesView> Reader::take(uint64_t most) {
  if (piece_.empty() && !source_ended_) {
    piece_ = TRY(source_());
    source_ended_ = piece_.empty();
  }
  const BytesView out = piece_.substr(0, most);
  piece_.remove_prefix(out.size());
  return out;
}

// Nothing at the source's end.
Result<std::optional<BytesView>> Reader::take_block() {
  BytesView part = TRY(take(kBlock));
  if (part.size() == kBlock) return part;
  size_t done = 0;
  while (!part.empty()) {
    part.copy(block_ + done, part.size());
    done += part.size();
    if (done == kBlock) return BytesView(block_, kBlock);
    part = TRY(take(kBlock - done));
  }
  if (done != 0) return refuse("the archive ends inside a block");
  return std::nullopt;
}

Result<Bytes> Reader::take_text(uint64_t size) {
  Bytes out;
  while (out.size() < size) {
    const BytesView part = TRY(take(size - out.size()));
    if (part.empty()) return refuse("the archive ends inside a header");
    out += part;
  }
  TRY(skip(padding_of(size)));
  return out;
}

Result<void> Reader::skip(uint64_t size) {
  while (size > 0) {
    const BytesView part = TRY(take(size));
    if (part.empty()) return refuse("the archive ends inside a file");
    size -= part.size();
  }
  return {};
}

Result<const Entry*> Reader::next() {
  TRY(skip(body_left_));
  TRY(skip(padding_));
  body_left_ = padding_ = 0;
  if (archive_ended_) return nullptr;
  Pax pax;
  while (TRY(read_header(pax))) {
  }
  return archive_ended_ ? nullptr : &entry_;
}

// True: it was not the entry's own header, which is still to come.
Result<bool> Reader::read_header(Pax& pax) {
  const auto block = TRY(take_block());
  if (!block || is_zero(*block)) {
    if (pax.bytes != 0) return refuse("the archive ends after an extended header");
    const auto second = block ? TRY(take_block()) : std::nullopt;
    if (second && !is_zero(*second)) return refuse("one block of zeros in the middle");
    archive_ended_ = true;
    return false;
  }
  if (!has_good_checksum(*block)) return refuse("a header's checksum is wrong");
  const char flag = kTypeFlag.of(*block)[0];
  if (flag == 'x' || flag == 'g' || flag == 'L' || flag == 'K') {
    const uint64_t size = TRY(number_of(*block, kSize, "size"));
    TRY(read_extension(flag, size, pax));
    return true;
  }
  TRY(fill_entry(*block, pax));
  return false;
}

Result<void> Reader::read_extension(char type, uint64_t size, Pax& pax) {
  if (size > limits_.header_bytes || pax.bytes + size > limits_.header_bytes) {
    return fail(Code::kResourceExhausted,
                format("tar: a header of more than {} bytes", limits_.header_bytes));
  }
  const Bytes text = TRY(take_text(size));
  if (type == 'g') return {};
  pax.bytes += size + 1;
  if (type == 'x') return pax.add_records(text, limits_.extents);
  (type == 'L' ? pax.path : pax.link) = std::string(text_in(text));
  return {};
}

Result<void> Reader::fill_entry(BytesView block, const Pax& pax) {
  entry_ = Entry();
  const char flag = kTypeFlag.of(block)[0];
  entry_.path = pax.real_name ? *pax.real_name : pax.path ? *pax.path : path_in(block);
  const auto type = type_of(flag);
  if (!type) {
    return refuse(format("{} is of an unknown kind, {}", go_quote(entry_.path),
                         go_quote(std::string_view(&flag, 1))));
  }
  if (entry_.path.empty()) return refuse("a file without a name");
  entry_.type = *type;
  const bool is_old_directory = (flag == '\0' || flag == '0') && entry_.path.ends_with('/');
  if (is_old_directory) entry_.type = Type::kDirectory;
  entry_.link = pax.link ? *pax.link : std::string(text_in(kLinkName.of(block)));
  entry_.mode = static_cast<uint32_t>(TRY(number_of(block, kMode, "mode")) & 07777);
  entry_.uid = pax.uid ? *pax.uid : TRY(number_of(block, kUid, "uid"));
  entry_.gid = pax.gid ? *pax.gid : TRY(number_of(block, kGid, "gid"));
  const bool has_names = kMagic.of(block).starts_with("ustar");
  if (has_names) {
    entry_.user = pax.user ? *pax.user : std::string(text_in(kUser.of(block)));
    entry_.group = pax.group ? *pax.group : std::string(text_in(kGroup.of(block)));
  }
  const auto mtime = pax.mtime ? pax.mtime : signed_number_in(kMtime.of(block));
  if (!mtime) return refuse("a header's time is no number");
  entry_.mtime = *mtime;
  entry_.mtime_nanoseconds = pax.mtime ? pax.mtime_nanoseconds : 0;
  if (entry_.type == Type::kCharacterDevice || entry_.type == Type::kBlockDevice) {
    entry_.device_major =
        static_cast<uint32_t>(TRY(number_of(block, kDeviceMajor, "major")) & UINT32_MAX);
    entry_.device_minor =
        static_cast<uint32_t>(TRY(number_of(block, kDeviceMinor, "minor")) & UINT32_MAX);
  }
  entry_.xattrs = pax.xattrs;
  uint64_t size = pax.size ? *pax.size : TRY(number_of(block, kSize, "size"));
  if (entry_.type != Type::kFile) size = 0;
  if (size > INT64_MAX - kBlock) return refuse("a file that is too large");
  entry_.size = body_left_ = size;
  padding_ = padding_of(size);
  extent_ = extent_done_ = 0;
  if (flag == 'S') return read_gnu_extents(block);
  if (pax.sparse != 0 && entry_.type == Type::kFile) return read_pax_extents(pax);
  entry_.extents = {{.offset = 0, .size = size}};
  return {};
}

Result<void> Reader::read_gnu_extents(BytesView block) {
  const auto real_size = number_in(kGnuRealSize.of(block));
  if (!real_size) return refuse("a sparse file's size is no number");
  entry_.size = *real_size;
  entry_.is_sparse = true;
  BytesView table = kGnuExtents.of(block);
  bool is_extended = kGnuIsExtended.of(block)[0] != 0;
  while (true) {
    for (; !table.empty(); table.remove_prefix(kGnuExtent)) {
      if (table[0] == 0) break;
      const auto offset = number_in(table.substr(0, 12));
      const auto size = number_in(table.substr(12, 12));
      if (!offset || !size || entry_.extents.size() >= limits_.extents) {
        return refuse("a bad table of a sparse file");
      }
      entry_.extents.push_back({.offset = *offset, .size = *size});
    }
    if (!is_extended) return judge_extents();
    const auto more = TRY(take_block());
    if (!more) return refuse("the archive ends inside a header");
    table = kGnuMoreExtents.of(*more);
    is_extended = kGnuMoreIsExtended.of(*more)[0] != 0;
  }
}

Result<void> Reader::read_pax_extents(const Pax& pax) {
  if (!pax.real_size) return refuse("a sparse file without a size");
  entry_.size = *pax.real_size;
  entry_.is_sparse = true;
  if (pax.sparse == 2) return read_extents_in_body();
  entry_.extents = pax.extents;
  return judge_extents();
}

// GNU.sparse 1.0: decimal numbers, a line each, filled up to whole blocks.
Result<void> Reader::read_extents_in_body() {
  std::vector<uint64_t> numbers;
  uint64_t wanted = 1;
  std::string line;
  while (numbers.size() < wanted) {
    if (body_left_ < kBlock) return refuse("a bad table of a sparse file");
    const auto block = TRY(take_block());
    if (!block) return refuse("the archive ends inside a file");
    body_left_ -= kBlock;
    for (const char c : *block) {
      if (numbers.size() == wanted) break;
      if (c != '\n') {
        line += c;
        if (line.size() > 20) return refuse("a bad table of a sparse file");
        continue;
      }
      const auto number = parse_uint(line);
      if (!number || *number > INT64_MAX) return refuse("a bad table of a sparse file");
      if (numbers.empty() && *number > limits_.extents) return refuse("too many holes");
      if (numbers.empty()) wanted += 2 * *number;
      numbers.push_back(*number);
      line.clear();
    }
  }
  for (size_t i = 1; i < numbers.size(); i += 2) {
    entry_.extents.push_back({.offset = numbers[i], .size = numbers[i + 1]});
  }
  return judge_extents();
}

// In order, apart, inside the file, and as many bytes as are stored.
Result<void> Reader::judge_extents() {
  uint64_t end = 0;
  uint64_t stored = 0;
  for (const Extent& extent : entry_.extents) {
    const bool fits = extent.offset >= end && extent.offset <= entry_.size &&
                      extent.size <= entry_.size - extent.offset;
    if (!fits) return refuse("a bad table of a sparse file");
    end = extent.offset + extent.size;
    stored += extent.size;
  }
  if (stored != body_left_ || entry_.size > INT64_MAX) {
    return refuse("a sparse file's table does not fit its size");
  }
  return {};
}

Result<Reader::Piece> Reader::read() {
  while (extent_ < entry_.extents.size() && extent_done_ == entry_.extents[extent_].size) {
    ++extent_;
    extent_done_ = 0;
  }
  if (body_left_ == 0 || extent_ == entry_.extents.size()) return Piece{entry_.size, {}};
  const Extent& extent = entry_.extents[extent_];
  const BytesView bytes = TRY(take(std::min(body_left_, extent.size - extent_done_)));
  if (bytes.empty()) return refuse("the archive ends inside a file");
  const Piece out{extent.offset + extent_done_, bytes};
  body_left_ -= bytes.size();
  extent_done_ += bytes.size();
  return out;
}

Result<void> Reader::drain() {
  while (!source_ended_) {
    piece_ = {};
    TRY(take(1));
  }
  return {};
}

}  // namespace argosy::tar
