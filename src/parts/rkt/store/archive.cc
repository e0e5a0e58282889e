#include "parts/rkt/store/archive.h"

#include <algorithm>
#include <set>

#include "base/format.h"
#include "base/text.h"
#include "lib/image/fields.h"
#include "lib/tar/writer.h"

namespace argosy::rkt {
namespace {

constexpr std::string_view kManifest = "manifest";
constexpr std::string_view kRoot = "rootfs";

std::unexpected<Error> refuse(std::string why) {
  return fail(Code::kInvalidArgument, std::move(why));
}

Result<Bytes> read_manifest(tar::Reader& archive, const tar::Entry& entry) {
  if (entry.size > image::kMaxDocumentBytes) return refuse("the manifest is too large");
  Bytes out(entry.size, '\0');
  while (true) {
    const auto piece = TRY(archive.read());
    if (piece.bytes.empty()) return out;
    std::ranges::copy(piece.bytes, out.begin() + static_cast<ptrdiff_t>(piece.offset));
  }
}

Result<void> judge_root(const std::string& path, tar::Type type) {
  const bool is_root = path == kRoot;
  if (is_root && type != tar::Type::kDirectory) return refuse("rootfs is not a directory");
  if (is_root || path.starts_with(std::string(kRoot) + "/")) return {};
  return refuse(format("unrecognized file path in image: {}", go_quote(path)));
}

}  // namespace

Result<std::string> clean_path(std::string_view path) {
  std::string out;
  for (const std::string_view part : split(path, '/')) {
    if (part.empty() || part == ".") continue;
    if (part == "..") return refuse(format("{} leads outside of the image", go_quote(path)));
    if (!out.empty()) out += '/';
    out += part;
  }
  return out;
}

Result<appc::ImageManifest> read_archive(tar::Reader& archive) {
  std::optional<appc::ImageManifest> manifest;
  bool has_root = false;
  std::set<std::string, std::less<>> seen;
  while (const tar::Entry* entry = TRY(archive.next())) {
    const std::string path = TRY(clean_path(entry->path));
    if (path.empty() && entry->type == tar::Type::kDirectory) continue;
    if (!seen.insert(path).second) {
      return refuse(format("duplicate file path in image: {}", go_quote(path)));
    }
    if (path != kManifest) {
      TRY(judge_root(path, entry->type));
      has_root = has_root || path == kRoot;
      continue;
    }
    if (entry->type != tar::Type::kFile) return refuse("manifest is not a regular file");
    const Bytes text = TRY(read_manifest(archive, *entry));
    manifest = TRY_CONTEXT(appc::parse_image_manifest(text), "manifest");
  }
  TRY(archive.drain());
  if (!manifest) return refuse("image does not have a manifest");
  if (!has_root) return refuse("image does not have a rootfs");
  return std::move(*manifest);
}

Result<Bytes> find_manifest(tar::Reader& archive) {
  while (const tar::Entry* entry = TRY(archive.next())) {
    if (TRY(clean_path(entry->path)) == kManifest) return read_manifest(archive, *entry);
  }
  return refuse("image does not have a manifest");
}

struct Renamer::State {
  State(tar::Reader& archive, Rename function)
      : from(archive), rename(std::move(function)), to([this](BytesView bytes) {
          ready.append(bytes);
          return Result<void>();
        }) {}

  tar::Reader& from;
  Rename rename;
  Bytes ready;
  Bytes given;
  tar::Writer to;
  bool is_in_body = false;
  bool has_ended = false;
  uint64_t size = 0;  // of the current file
  uint64_t done = 0;
  uint64_t hole = 0;  // before the next data, or the end
  BytesView piece;    // the next data
};

Renamer::Renamer(tar::Reader& from, Rename rename)
    : state_(std::make_unique<State>(from, std::move(rename))) {}
Renamer::~Renamer() = default;

Result<BytesView> Renamer::next() {
  while (state_->ready.empty() && !state_->has_ended) TRY(step());
  state_->given.swap(state_->ready);
  state_->ready.clear();
  return BytesView(state_->given);
}

Result<void> Renamer::step() {
  if (state_->is_in_body) return copy_piece();
  if (TRY(begin_entry())) return {};
  state_->has_ended = true;
  TRY(state_->from.drain());
  return state_->to.finish();
}

// False at the archive's end.
Result<bool> Renamer::begin_entry() {
  const tar::Entry* entry = TRY(state_->from.next());
  if (entry == nullptr) return false;
  const std::string old = TRY(clean_path(entry->path));
  tar::Entry renamed = *entry;
  renamed.path = state_->rename(old, entry->type);
  if (renamed.path.empty()) return true;
  if (entry->type == tar::Type::kHardLink) {
    const std::string target = TRY(clean_path(entry->link));
    renamed.link = state_->rename(target, tar::Type::kFile);
    if (renamed.link.empty()) {
      return refuse(
          format("{} is a hard link to {}, which is left out", go_quote(old), go_quote(target)));
    }
  }
  renamed.is_sparse = false;
  renamed.extents.clear();
  TRY(state_->to.add(renamed));
  state_->is_in_body = entry->type == tar::Type::kFile;
  state_->size = entry->size;
  state_->done = 0;
  state_->hole = 0;
  state_->piece = {};
  return true;
}

// At most one piece a call: a hole may be larger than memory.
Result<void> Renamer::copy_piece() {
  if (state_->hole > 0) return put_zeros();
  if (!state_->piece.empty()) {
    const BytesView bytes = std::exchange(state_->piece, {});
    state_->done += bytes.size();
    return state_->to.write(bytes);
  }
  const auto piece = TRY(state_->from.read());
  state_->piece = piece.bytes;
  const uint64_t end = piece.bytes.empty() ? state_->size : piece.offset;
  state_->hole = end - state_->done;
  state_->is_in_body = state_->done < state_->size;
  return {};
}

Result<void> Renamer::put_zeros() {
  static constexpr char kZeros[16384] = {};
  const uint64_t count = std::min<uint64_t>(state_->hole, sizeof kZeros);
  state_->hole -= count;
  state_->done += count;
  return state_->to.write({kZeros, count});
}

}  // namespace argosy::rkt
