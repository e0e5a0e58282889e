#include "parts/update_engine/store/store.h"

#include "base/check.h"
#include "base/format.h"
#include "base/text.h"
#include "sys/crypto/digest.h"

namespace argosy::update_engine {
namespace {

// Larger than any value of ours; full-response is the server's whole answer.
constexpr uint64_t kLongestValue = uint64_t{4} << 20;

int64_t to_signed(uint64_t value) {
  return static_cast<int64_t>(value);
}

// Of all that the checkpoint is spread over, with lengths, so that no two sets are alike.
std::string seal_of(const payload::Checkpoint& checkpoint, std::string_view payload_hash) {
  Sha256 hash;
  const auto add = [&](BytesView part) {
    char size[8];
    store_be64(size, part.size());
    hash.update({size, sizeof size});
    hash.update(part);
  };
  add(payload_hash);
  add(to_pref(to_signed(checkpoint.next_operation)));
  add(to_pref(to_signed(checkpoint.next_data_offset)));
  add(to_pref(to_signed(checkpoint.metadata_size)));
  add(checkpoint.metadata_sha256);
  add(checkpoint.sha256_state);
  add(checkpoint.signed_sha256_state);
  return format("{} {} {}", checkpoint.next_operation, to_hex(checkpoint.metadata_sha256),
                to_hex(hash.finish()));
}

}  // namespace

Result<Store> Store::open(Disk& disk, std::string directory) {
  TRY(disk.make_directories(directory, 0700));
  // A directory that was only just made could go with a power cut, and all preferences too.
  for (std::string at = directory; at != parent_path(at); at = parent_path(at)) {
    TRY(disk.sync_directory(parent_path(at)));
  }
  for (const std::string& name : TRY(disk.list(directory))) {
    // replace_file's temporary names have a dot, which no key has.
    if (!is_pref_key(name) && name.ends_with(".tmp")) {
      TRY(disk.remove(join_path(directory, name)));
    }
  }
  return Store(disk, std::move(directory));
}

std::string Store::path_of(std::string_view key) const {
  check(is_pref_key(key), "a key is a plain file name");
  return join_path(directory_, key);
}

std::optional<std::string> Store::read(std::string_view key) const {
  auto content = read_file(*disk_, path_of(key), kLongestValue);
  if (!content) return std::nullopt;
  return *std::move(content);
}

std::optional<int64_t> Store::read_number(std::string_view key) const {
  const auto content = read(key);
  return content ? parse_pref(*content) : std::nullopt;
}

Result<void> Store::write(std::string_view key, std::string_view content) {
  return replace_file(*disk_, path_of(key), content, 0600);
}

Result<void> Store::write_number(std::string_view key, int64_t value) {
  return write(key, to_pref(value));
}

Result<void> Store::remove(std::string_view key) {
  const std::string path = path_of(key);
  if (!exists(*disk_, path)) return {};
  TRY(disk_->remove(path));
  return disk_->sync_directory(directory_);
}

std::optional<payload::Checkpoint> Store::resumable(std::string_view payload_hash) const {
  const std::string seal = read(prefs::kSeal).value_or("");
  const auto words = split(seal, ' ');
  if (words.size() != 3 || payload_hash.empty()) return std::nullopt;
  const auto next_operation = parse_int(words[0]);
  const auto metadata_sha256 = from_hex(words[1]);
  const Progress progress{
      .next_operation = next_operation,
      .next_data_offset = read_number(prefs::kNextDataOffset),
      .metadata_size = read_number(prefs::kManifestMetadataSize),
      .resumed_failures = read_number(prefs::kResumedUpdateFailures),
      .response_hash = read(prefs::kUpdateCheckResponseHash).value_or(""),
      .sha256_context = read(prefs::kSha256Context).value_or(""),
  };
  if (!metadata_sha256 || !can_resume(progress, payload_hash)) return std::nullopt;
  payload::Checkpoint checkpoint{
      .next_operation = static_cast<uint64_t>(*next_operation),
      .next_data_offset = static_cast<uint64_t>(*progress.next_data_offset),
      .metadata_size = static_cast<uint64_t>(*progress.metadata_size),
      .metadata_sha256 = *metadata_sha256,
      .sha256_state = progress.sha256_context,
      .signed_sha256_state = read(prefs::kSignedSha256Context).value_or(""),
  };
  if (seal_of(checkpoint, payload_hash) != seal) return std::nullopt;
  return checkpoint;
}

Result<void> Store::save(const payload::Checkpoint& checkpoint, bool is_full) {
  TRY(write_number(prefs::kNextOperation, kNoOperation));
  TRY(write(prefs::kSha256Context, checkpoint.sha256_state));
  TRY(write(prefs::kSignedSha256Context, checkpoint.signed_sha256_state));
  TRY(write_number(prefs::kNextDataOffset, to_signed(checkpoint.next_data_offset)));
  TRY(write_number(prefs::kManifestMetadataSize, to_signed(checkpoint.metadata_size)));
  TRY(write(prefs::kSeal, seal_of(checkpoint, read(prefs::kUpdateCheckResponseHash).value_or(""))));
  if (!is_full) return {};
  return write_number(prefs::kNextOperation, to_signed(checkpoint.next_operation));
}

Result<void> Store::begin(std::string_view payload_hash) {
  TRY(forget_progress());
  return write(prefs::kUpdateCheckResponseHash, payload_hash);
}

Result<void> Store::count_resumption() {
  const int64_t before = read_number(prefs::kResumedUpdateFailures).value_or(0);
  return write_number(prefs::kResumedUpdateFailures, before + 1);
}

Result<void> Store::forget_progress() {
  TRY(write_number(prefs::kNextOperation, kNoOperation));
  TRY(remove(prefs::kSeal));
  TRY(write(prefs::kSha256Context, ""));
  TRY(write(prefs::kSignedSha256Context, ""));
  TRY(write(prefs::kSignatureBlob, ""));
  TRY(write_number(prefs::kNextDataOffset, kNoOperation));
  TRY(write_number(prefs::kManifestMetadataSize, -1));
  return write_number(prefs::kResumedUpdateFailures, 0);
}

}  // namespace argosy::update_engine
