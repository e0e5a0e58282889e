#include "lib/tar/writer.h"

#include <array>

#include "base/check.h"
#include "base/format.h"
#include "lib/tar/header.h"

namespace argosy::tar {
namespace {

using Block = std::array<char, kBlock>;

char flag_of(Type type) {
  switch (type) {
    case Type::kFile:
      return '0';
    case Type::kHardLink:
      return '1';
    case Type::kSymlink:
      return '2';
    case Type::kCharacterDevice:
      return '3';
    case Type::kBlockDevice:
      return '4';
    case Type::kDirectory:
      return '5';
    case Type::kFifo:
      return '6';
  }
  unreachable("every type has a flag");
}

void put(Block& block, Place place, std::string_view text) {
  text.substr(0, place.size).copy(block.data() + place.offset, place.size);
}

bool fits_octal(uint64_t value, Place place) {
  return value < uint64_t{1} << 3 * (place.size - 1);
}

// What does not fit is 0 here, and in the pax header.
void put_octal(Block& block, Place place, uint64_t value) {
  if (!fits_octal(value, place)) value = 0;
  put(block, place, format("{:0{}o}", value, place.size - 1));
}

bool is_ascii(std::string_view text) {
  for (const char c : text) {
    if ((c & 0x80) != 0) return false;
  }
  return true;
}

// A path in its two fields; false if they can't hold it.
bool put_path(Block& block, std::string_view path) {
  if (!is_ascii(path)) return false;
  if (path.size() <= kName.size) {
    put(block, kName, path);
    return true;
  }
  const size_t slash = path.rfind('/', kPrefix.size);
  const bool fits = slash != std::string_view::npos && slash > 0 &&
                    path.size() - slash - 1 <= kName.size && slash + 1 < path.size();
  if (!fits) return false;
  put(block, kPrefix, path.substr(0, slash));
  put(block, kName, path.substr(slash + 1));
  return true;
}

void add_record(std::string& to, std::string_view key, std::string_view value) {
  const size_t rest = key.size() + value.size() + 3;
  size_t size = rest + 1;
  while (format("{}", size).size() + rest != size) ++size;
  to += format("{} {}={}\n", size, key, value);
}

void seal(Block& block) {
  put(block, kMagic, kUstarMagic);
  put(block, kChecksum, "        ");
  put(block, kChecksum, format("{:06o}", checksum_of({block.data(), block.size()})));
  block[kChecksum.offset + 6] = '\0';
}

// The blocks before an entry's own, if it needs any.
std::string pax_header(const std::string& records, std::string_view path) {
  Block block{};
  const size_t slash = path.rfind('/', path.size() - (path.ends_with('/') ? 2 : 1));
  const std::string_view base = slash == std::string_view::npos ? path : path.substr(slash + 1);
  std::string name = format("PaxHeaders.0/{}", base.substr(0, 80));
  for (char& c : name) {
    if ((c & 0x80) != 0) c = '_';
  }
  put(block, kName, name);
  put_octal(block, kMode, 0644);
  put_octal(block, kUid, 0);
  put_octal(block, kGid, 0);
  put_octal(block, kSize, records.size());
  put_octal(block, kMtime, 0);
  block[kTypeFlag.offset] = 'x';
  seal(block);
  std::string out(block.data(), block.size());
  out += records;
  out.append(padding_of(records.size()), '\0');
  return out;
}

std::string number_text(int64_t seconds, uint32_t nanoseconds) {
  if (nanoseconds == 0) return format("{}", seconds);
  const bool is_negative = seconds < 0;
  const int64_t whole = is_negative ? -(seconds + 1) : seconds;
  const uint32_t part = is_negative ? 1'000'000'000 - nanoseconds : nanoseconds;
  std::string out = format("{}{}.{:09}", is_negative ? "-" : "", whole, part);
  out.resize(out.find_last_not_of('0') + 1);
  return out;
}

// The entry's block; what it can't hold goes to `records`.
Block header_of(const Entry& entry, std::string_view path, std::string& records) {
  Block block{};
  if (!put_path(block, path)) {
    put(block, kName, is_ascii(path) ? path : std::string_view("_"));
    add_record(records, "path", path);
  }
  const bool link_fits = entry.link.size() <= kLinkName.size && is_ascii(entry.link);
  if (link_fits) put(block, kLinkName, entry.link);
  if (!link_fits) add_record(records, "linkpath", entry.link);
  put_octal(block, kMode, entry.mode & 07777);
  const auto put_number = [&](Place place, std::string_view key, uint64_t value) {
    put_octal(block, place, value);
    if (!fits_octal(value, place)) add_record(records, key, format("{}", value));
  };
  put_number(kUid, "uid", entry.uid);
  put_number(kGid, "gid", entry.gid);
  put_number(kSize, "size", entry.size);
  const bool time_fits = entry.mtime >= 0 && entry.mtime_nanoseconds == 0 &&
                         fits_octal(static_cast<uint64_t>(entry.mtime), kMtime);
  put_octal(block, kMtime, entry.mtime < 0 ? 0 : static_cast<uint64_t>(entry.mtime));
  if (!time_fits) {
    add_record(records, "mtime", number_text(entry.mtime, entry.mtime_nanoseconds));
  }
  block[kTypeFlag.offset] = flag_of(entry.type);
  for (const auto& [place, key, text] :
       {std::tuple(kUser, "uname", &entry.user), std::tuple(kGroup, "gname", &entry.group)}) {
    const bool fits = text->size() < place.size && is_ascii(*text);
    if (fits) put(block, place, *text);
    if (!fits) add_record(records, key, *text);
  }
  put_octal(block, kDeviceMajor, entry.device_major);
  put_octal(block, kDeviceMinor, entry.device_minor);
  for (const auto& [name, value] : entry.xattrs) {
    add_record(records, format("SCHILY.xattr.{}", name), value);
  }
  seal(block);
  return block;
}

constexpr std::array<char, 2 * kBlock> kZeros{};

}  // namespace

Result<void> Writer::add(const Entry& entry) {
  TRY(end_body());
  if (entry.path.empty() || (entry.type != Type::kFile && entry.size != 0)) {
    return fail(Code::kInvalidArgument, format("tar: can't write \"{}\"", entry.path));
  }
  const bool wants_slash = entry.type == Type::kDirectory && !entry.path.ends_with('/');
  const std::string path = entry.path + (wants_slash ? "/" : "");
  std::string records;
  const Block block = header_of(entry, path, records);
  if (!records.empty()) TRY(sink_(pax_header(records, path)));
  left_ = entry.size;
  padding_ = padding_of(entry.size);
  return sink_({block.data(), block.size()});
}

Result<void> Writer::write(BytesView bytes) {
  check(bytes.size() <= left_, "a body longer than its entry says");
  left_ -= bytes.size();
  return sink_(bytes);
}

Result<void> Writer::end_body() {
  check(left_ == 0, "a body shorter than its entry says");
  const uint64_t padding = std::exchange(padding_, 0);
  if (padding == 0) return {};
  return sink_({kZeros.data(), padding});
}

Result<void> Writer::finish() {
  TRY(end_body());
  return sink_({kZeros.data(), kZeros.size()});
}

}  // namespace argosy::tar
