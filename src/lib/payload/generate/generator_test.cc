#include "lib/payload/generate/generator.h"

#include <cstdlib>
#include <doctest/doctest.h>

#include "lib/payload/apply/applier.h"
#include "lib/payload/format/signatures.h"
#include "lib/payload/generate/container.h"
#include "sys/crypto/digest.h"
#include "sys/random/random.h"

namespace argosy::payload {
namespace {

class Directory {
 public:
  Directory() {
    char name[] = "/tmp/argosy_generator_XXXXXX";
    REQUIRE(::mkdtemp(name) != nullptr);
    path_ = name;
  }
  ~Directory() { (void)remove_all(real_disk(), path_); }
  std::string operator/(std::string_view name) const { return join_path(path_, name); }

 private:
  std::string path_;
};

void write(const std::string& path, BytesView bytes) {
  REQUIRE(replace_file(real_disk(), path, bytes).has_value());
}

Bytes read(const std::string& path) {
  auto bytes = read_file(real_disk(), path);
  REQUIRE(bytes.has_value());
  return *std::move(bytes);
}

RsaPrivateKey key(int number) {
  return *RsaPrivateKey::from_pem(
      read("../signature/testdata/key" + std::to_string(number) + ".pem"));
}
Keyring ring(int number) {
  return *Keyring::from_pem(
      {read("../signature/testdata/key" + std::to_string(number) + ".pub.pem")});
}

// Code-like bytes: few values, with repetition, and stretches of zeros.
Bytes image(uint64_t seed, size_t blocks) {
  SeededRandom random(seed);
  Bytes bytes;
  while (bytes.size() < blocks * kBlockSize) {
    bytes.append(random.below(8) == 0 ? random.below(30'000) : 0, '\0');
    for (uint64_t i = random.below(5000); i > 0; --i) {
      bytes += static_cast<char>(random.below(200));
    }
  }
  bytes.resize(blocks * kBlockSize);
  return bytes;
}

Bytes next_version(uint64_t seed, Bytes bytes) {
  SeededRandom random(seed);
  for (int i = 0; i < 5; ++i) {
    bytes.insert(random.below(bytes.size()), Bytes(random.below(9000), static_cast<char>(i)));
    bytes.erase(random.below(bytes.size()), random.below(6000));
  }
  for (int i = 0; i < 200; ++i) bytes[random.below(bytes.size())] ^= 1;
  bytes.resize((bytes.size() / kBlockSize + 1) * kBlockSize);
  return bytes;
}

void check_applies(const Directory& directory, const Bytes& old, const Bytes& fresh,
                   const Bytes& kernel) {
  const std::string out = directory / "out";
  const std::string out_kernel = directory / "out_kernel";
  write(out, "");
  write(out_kernel, "");
  write(directory / "old_copy", old);
  const auto old_file = real_disk().open(directory / "old_copy", {.write = false});
  const auto file = real_disk().open(out, {});
  const auto kernel_file = real_disk().open(out_kernel, {});
  const auto from = file_storage(**old_file, old.size(), true);
  const auto to = file_storage(**file, fresh.size(), false);
  const auto to_kernel = file_storage(**kernel_file, 1 << 20, false);
  Expectations expectations;
  expectations.keys = ring(1);
  Applier applier({{.name = std::string(kMainPartition),
                    .fresh = to.get(),
                    .old = old.empty() ? nullptr : from.get()},
                   {.name = std::string(kKernelFile), .fresh = to_kernel.get()}},
                  expectations);
  auto done = applier.feed(read(directory / "payload"));
  if (done) done = applier.finish();
  CAPTURE((done ? "" : done.error().text()));
  REQUIRE(done.has_value());
  CHECK(read(out) == fresh);
  CHECK(read(out_kernel) == kernel);
}

TEST_CASE("full payloads and deltas of both profiles make the new image") {
  const Directory directory;
  const Bytes kernel = image(9, 100).substr(0, 300'001);
  write(directory / "kernel", kernel);
  for (uint64_t seed = 1; seed <= 2; ++seed) {
    const Bytes old = image(seed, 500);
    const Bytes fresh = next_version(seed, old);
    write(directory / "old", old);
    write(directory / "new", fresh);
    for (const Profile profile : {Profile::kCompatible, Profile::kModern}) {
      for (const bool is_delta : {false, true}) {
        CAPTURE(seed);
        CAPTURE(static_cast<int>(profile));
        CAPTURE(is_delta);
        GenerateOptions options;
        options.profile = profile;
        options.bounds.threads = 2;
        options.partition = {.fresh_path = directory / "new",
                             .old_path = is_delta ? directory / "old" : ""};
        options.kernel.fresh_path = directory / "kernel";
        options.out_path = directory / "payload";
        options.keys = {key(2), key(1)};
        const auto made = generate(real_disk(), options);
        REQUIRE(made.has_value());
        CHECK(made->payload_size == read(directory / "payload").size());
        check_applies(directory, is_delta ? old : "", fresh, kernel);
        // Little has changed, so little is sent: the kernel, and some of the rest.
        if (is_delta && profile == Profile::kModern) {
          CHECK(made->by_type.at("SOURCE_BSDIFF").blob_bytes < 50'000);
        }
        CHECK_FALSE(real_disk().stat(directory / "payload.blobs").has_value());
      }
    }
  }
}

TEST_CASE("the same images give the same payload, with any number of threads") {
  const Directory directory;
  const Bytes old = image(6, 1000);
  write(directory / "old", old);
  write(directory / "new", next_version(6, old));
  for (const Profile profile : {Profile::kCompatible, Profile::kModern}) {
    Bytes first;
    for (const unsigned threads : {1U, 3U}) {
      GenerateOptions options;
      options.profile = profile;
      options.bounds = {.threads = threads, .memory_bytes = uint64_t{40} << 20};
      options.partition = {.fresh_path = directory / "new", .old_path = directory / "old"};
      options.out_path = directory / "payload";
      REQUIRE(generate(real_disk(), options).has_value());
      if (first.empty()) first = read(directory / "payload");
      CHECK(read(directory / "payload") == first);
    }
  }
}

TEST_CASE("a full payload is laid out as the original's") {
  const Directory directory;
  const Bytes fresh = image(4, 2 * 256 + 10);
  write(directory / "new", fresh);
  write(directory / "kernel", "a kernel");
  GenerateOptions options;
  options.partition.fresh_path = directory / "new";
  options.kernel.fresh_path = directory / "kernel";
  options.out_path = directory / "payload";
  options.keys = {key(1)};
  REQUIRE(generate(real_disk(), options).has_value());
  const Bytes payload = read(directory / "payload");
  MetadataReader reader;
  BytesView rest(payload);
  REQUIRE(reader.feed(rest).has_value());
  const Manifest& manifest = reader.manifest();
  CHECK(reader.header().major_version == 1);
  REQUIRE(manifest.partition_operations.size() == 3);
  CHECK(manifest.partition_operations[0].dst_extents == std::vector<Extent>{{0, 256}});
  CHECK(manifest.partition_operations[2].dst_extents == std::vector<Extent>{{512, 256}});
  uint64_t offset = 0;
  for (const Operation& operation : manifest.partition_operations) {
    CHECK(operation.type == OperationType::kReplaceBz);
    CHECK(operation.data_offset == offset);
    offset += *operation.data_length;
    CHECK_FALSE(operation.src_length.has_value());
  }
  REQUIRE(manifest.procedures.size() == 1);
  CHECK(manifest.procedures[0].new_info->size == 8U);
  CHECK(manifest.procedures[0].operations[0].type == OperationType::kReplace);
  // The mirrors: the kernel's blob, then the signature's.
  REQUIRE(manifest.noop_operations.size() == 2);
  CHECK(manifest.noop_operations[0].data_offset == offset);
  CHECK(manifest.noop_operations[0].dst_extents == std::vector<Extent>{{kHole, 1}});
  CHECK(manifest.noop_operations[1].data_offset == *manifest.signatures_offset);
  CHECK(manifest.noop_operations[1].data_length == 264U);
  CHECK(*manifest.signatures_offset == offset + 8);
  CHECK(rest.size() == offset + 8 + 264);
}

TEST_CASE("a payload signed elsewhere is the one that is signed at once") {
  const Directory directory;
  write(directory / "new", image(5, 300));
  for (const Profile profile : {Profile::kCompatible, Profile::kModern}) {
    GenerateOptions options;
    options.profile = profile;
    options.partition.fresh_path = directory / "new";
    options.out_path = directory / "unsigned";
    REQUIRE(generate(real_disk(), options).has_value());
    options.out_path = directory / "signed";
    options.keys = {key(1), key(2)};
    REQUIRE(generate(real_disk(), options).has_value());
    const auto hashes = hashes_to_sign(real_disk(), directory / "unsigned", {256, 256});
    REQUIRE(hashes.has_value());
    const bool is_modern = profile == Profile::kModern;
    std::vector<Bytes> signatures;
    std::vector<Bytes> of_metadata;
    for (const int number : {1, 2}) {
      signatures.push_back(*key(number).sign(hashes->payload));
      if (is_modern) of_metadata.push_back(*key(number).sign(hashes->metadata));
    }
    REQUIRE(embed_signatures(real_disk(), directory / "unsigned", signatures, of_metadata,
                             directory / "embedded")
                .has_value());
    CHECK(read(directory / "embedded") == read(directory / "signed"));
    CHECK(verify_file(real_disk(), directory / "embedded", ring(2), 2).has_value());
    CHECK(verify_file(real_disk(), directory / "embedded", ring(1), 1).has_value());
    CHECK_FALSE(verify_file(real_disk(), directory / "embedded", ring(1), 2).has_value());
    CHECK_FALSE(verify_file(real_disk(), directory / "unsigned", ring(1), 1).has_value());
    // Once is enough.
    CHECK_FALSE(hashes_to_sign(real_disk(), directory / "signed", {256}).has_value());
  }
}

TEST_CASE("images that can't be") {
  const Directory directory;
  write(directory / "new", Bytes(5000, 'x'));
  GenerateOptions options;
  options.partition.fresh_path = directory / "new";
  options.out_path = directory / "payload";
  CHECK_FALSE(generate(real_disk(), options).has_value());
  options.partition.fresh_path = directory / "missing";
  CHECK_FALSE(generate(real_disk(), options).has_value());
  CHECK_FALSE(real_disk().stat(directory / "payload").has_value());
}

}  // namespace
}  // namespace argosy::payload
