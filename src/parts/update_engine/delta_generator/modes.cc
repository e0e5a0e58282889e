#include "parts/update_engine/delta_generator/modes.h"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <thread>

#include "base/format.h"
#include "lib/payload/apply/applier.h"
#include "lib/payload/generate/container.h"
#include "lib/payload/generate/generator.h"

namespace argosy::update_engine {
namespace {

using payload::Profile;

constexpr size_t kPiece = 1 << 20;
// More than any image has; it bounds what a damaged payload can ask for.
constexpr uint64_t kLargestImage = uint64_t{1} << 40;

void say(const std::string& line) {
  std::fprintf(stderr, "%s\n", line.c_str());
}

Result<void> need(const std::string& value, std::string_view complaint) {
  if (!value.empty()) return {};
  return fail(Code::kInvalidArgument, std::string(complaint));
}

uint64_t number(const std::string& text) {
  uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

Result<Profile> profile_of(const std::string& name) {
  if (name == "compatible") return Profile::kCompatible;
  if (name == "modern") return Profile::kModern;
  return fail(Code::kInvalidArgument, format("no such profile: {}", name));
}

Result<std::vector<Bytes>> read_files(Disk& disk, const std::string& paths) {
  std::vector<Bytes> contents;
  for (const std::string& path : split_colons(paths)) {
    contents.push_back(TRY(read_file(disk, path, kPiece)));
  }
  return contents;
}

// -- Signing

Result<std::vector<uint64_t>> signature_sizes(const std::string& text) {
  std::vector<uint64_t> sizes;
  for (const std::string& word : split_colons(text)) {
    const uint64_t size = number(word);
    if (size == 0 || size > kPiece) {
      return fail(Code::kInvalidArgument, format("Invalid signature size: {}", word));
    }
    sizes.push_back(size);
  }
  return sizes;
}

Result<void> hash_for_signing(Disk& disk, const DeltaGeneratorOptions& options) {
  if (options.out_hash_file.empty() && options.out_metadata_hash_file.empty()) {
    return fail(Code::kInvalidArgument,
                "Neither payload hash file nor metadata hash file supplied");
  }
  TRY(need(options.in_file, "Must pass --in_file to calculate hash for signing."));
  const std::vector<uint64_t> sizes = TRY(signature_sizes(options.signature_size));
  const bool is_modern = options.profile == "modern";
  if (!options.out_hash_file.empty() || is_modern) {
    const auto hashes = TRY(payload::hashes_to_sign(disk, options.in_file, sizes));
    if (!options.out_hash_file.empty()) {
      TRY(replace_file(disk, options.out_hash_file, hashes.payload, 0644));
    }
    if (is_modern && !options.out_metadata_hash_file.empty()) {
      return replace_file(disk, options.out_metadata_hash_file, hashes.metadata, 0644);
    }
  }
  if (options.out_metadata_hash_file.empty()) return {};
  // As the original has it: of the metadata as it is, before there is room for signatures.
  const Bytes hash = TRY(payload::metadata_hash(disk, options.in_file));
  return replace_file(disk, options.out_metadata_hash_file, hash, 0644);
}

Result<void> embed(Disk& disk, const DeltaGeneratorOptions& options) {
  TRY(need(options.in_file, "Must pass --in_file to sign payload."));
  TRY(need(options.out_file, "Must pass --out_file to sign payload."));
  const auto signatures = TRY(read_files(disk, options.signature_file));
  const auto of_metadata = TRY(read_files(disk, options.metadata_signature_file));
  const uint64_t size = TRY(
      payload::embed_signatures(disk, options.in_file, signatures, of_metadata, options.out_file));
  say(format("Done signing payload. Final metadata size = {}", size));
  return {};
}

Result<void> verify(Disk& disk, const DeltaGeneratorOptions& options) {
  TRY(need(options.in_file, "Must pass --in_file to verify signed payload."));
  const Bytes pem = TRY(read_file(disk, options.public_key, kPiece));
  const auto keys = TRY(payload::Keyring::from_pem({pem}));
  const auto version = static_cast<uint32_t>(number(options.public_key_version));
  TRY(payload::verify_file(disk, options.in_file, keys, version));
  say("Done verifying signed payload.");
  return {};
}

// -- Applying

Result<void> copy_file(Disk& disk, const std::string& from, const std::string& to) {
  const auto in = TRY(disk.open(from, {.write = false}));
  const auto out = TRY(disk.open(to, {.create = true, .truncate = true}));
  Bytes piece(kPiece, '\0');
  for (uint64_t at = 0;;) {
    const size_t size = TRY(in->read_at(at, piece.data(), piece.size()));
    if (size == 0) return {};
    TRY(out->write_at(at, BytesView(piece).substr(0, size)));
    at += size;
  }
}

// A file that is changed, and a copy of it as it was, for as long as this lives.
class Changed {
 public:
  static Result<Changed> open(Disk& disk, const std::string& path) {
    Changed changed(disk, path + ".before");
    TRY(copy_file(disk, path, changed.copy_path_));
    changed.old_file_ = TRY(disk.open(changed.copy_path_, {.write = false}));
    changed.file_ = TRY(disk.open(path, {}));
    changed.old_ = payload::file_storage(*changed.old_file_, kLargestImage, false);
    changed.fresh_ = payload::file_storage(*changed.file_, kLargestImage, false);
    return changed;
  }
  Changed(Changed&& other) noexcept
      : disk_(other.disk_),
        copy_path_(std::exchange(other.copy_path_, "")),
        old_file_(std::move(other.old_file_)),
        file_(std::move(other.file_)),
        old_(std::move(other.old_)),
        fresh_(std::move(other.fresh_)) {}
  Changed& operator=(Changed&&) = delete;
  ~Changed() {
    if (!copy_path_.empty()) (void)disk_.remove(copy_path_);
  }

  payload::Target target(std::string_view name) const {
    return {.name = std::string(name), .fresh = fresh_.get(), .old = old_.get()};
  }

 private:
  Changed(Disk& disk, std::string copy_path) : disk_(disk), copy_path_(std::move(copy_path)) {}

  Disk& disk_;
  std::string copy_path_;
  std::unique_ptr<File> old_file_;
  std::unique_ptr<File> file_;
  std::unique_ptr<payload::Storage> old_;
  std::unique_ptr<payload::Storage> fresh_;
};

Result<void> apply(Disk& disk, const DeltaGeneratorOptions& options) {
  TRY(need(options.old_image, "Must pass --old_image to apply delta."));
  std::vector<Changed> files;
  files.push_back(TRY(Changed::open(disk, options.old_image)));
  std::vector<payload::Target> targets{files.back().target(payload::kMainPartition)};
  if (!options.old_kernel.empty()) {
    files.push_back(TRY(Changed::open(disk, options.old_kernel)));
    targets.push_back(files.back().target(payload::kKernelFile));
  }
  const auto in = TRY(disk.open(options.in_file, {.write = false}));
  payload::Applier applier(std::move(targets), {});
  Bytes piece(kPiece, '\0');
  for (uint64_t at = 0;;) {
    const size_t size = TRY(in->read_at(at, piece.data(), piece.size()));
    if (size == 0) break;
    TRY(applier.feed(BytesView(piece).substr(0, size)));
    at += size;
  }
  TRY(applier.finish());
  say("Done applying delta.");
  return {};
}

// -- Making

void report(const payload::GenerateReport& made) {
  const auto total = static_cast<double>(made.payload_size);
  const auto line = [&](uint64_t size, std::string_view what, std::string_view count) {
    say(format("{:6.2f}% {:10} {:<16} {}", static_cast<double>(size) * 100 / total, size, what,
               count));
  };
  for (const auto& [type, sum] : made.by_type) {
    line(sum.blob_bytes, type, format("{} operations, {} blocks", sum.operations, sum.blocks));
  }
  line(made.metadata_size, "<manifest>", "");
  line(made.payload_size, "<total>", "");
  say(format("All done. Successfully created delta file with metadata size = {}",
             made.metadata_size));
}

Result<void> make(Disk& disk, const DeltaGeneratorOptions& options) {
  TRY(need(options.new_image, "Must pass --new_image to make a payload."));
  TRY(need(options.out_file, "Must pass --out_file to make a payload."));
  for (const std::string& directory : {options.old_dir, options.new_dir}) {
    if (directory.empty()) continue;
    const auto info = disk.stat(directory);
    if (!info || !info->is_directory()) {
      return fail(Code::kInvalidArgument, "old_dir or new_dir not directory");
    }
  }
  payload::GenerateOptions wanted;
  wanted.profile = TRY(profile_of(options.profile));
  wanted.bounds.threads = static_cast<unsigned>(number(options.workers));
  if (wanted.bounds.threads == 0) {
    wanted.bounds.threads = std::max(1U, std::thread::hardware_concurrency());
  }
  wanted.bounds.memory_bytes = number(options.memory_mb) << 20;
  wanted.partition = {.fresh_path = options.new_image, .old_path = options.old_image};
  wanted.kernel = {.fresh_path = options.new_kernel, .old_path = options.old_kernel};
  wanted.pcr_policy = {.fresh_path = options.pcr_policy, .old_path = ""};
  wanted.out_path = options.out_file;
  for (const Bytes& pem : TRY(read_files(disk, options.private_key))) {
    wanted.keys.push_back(TRY(RsaPrivateKey::from_pem(pem)));
  }
  say(options.old_image.empty() ? "Generating full update" : "Generating delta update");
  report(TRY(payload::generate(disk, wanted)));
  return {};
}

}  // namespace

Result<void> run(Disk& disk, const DeltaGeneratorOptions& options) {
  if (!options.signature_size.empty()) return hash_for_signing(disk, options);
  if (!options.signature_file.empty()) return embed(disk, options);
  if (!options.public_key.empty()) return verify(disk, options);
  if (!options.in_file.empty()) return apply(disk, options);
  return make(disk, options);
}

}  // namespace argosy::update_engine
