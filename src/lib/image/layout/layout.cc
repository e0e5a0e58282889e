#include "lib/image/layout/layout.h"

#include <algorithm>
#include <set>

#include "base/format.h"
#include "lib/image/media_type.h"

namespace argosy::image {
namespace {

constexpr std::string_view kVersion = "1.0.0";
constexpr const char* kRefName = "org.opencontainers.image.ref.name";
// Indexes in indexes: more is not seen, and a circle would need a broken hash.
constexpr int kMaxNesting = 8;

std::string index_path(const std::string& directory) {
  return join_path(directory, "index.json");
}
std::string marker_path(const std::string& directory) {
  return join_path(directory, "oci-layout");
}

Result<void> judge_marker(Disk& disk, const std::string& directory) {
  const auto refuse = [&](std::string_view why) {
    return fail(Code::kFailedPrecondition, format("{} is no OCI layout: {}", directory, why));
  };
  const auto text = read_file(disk, marker_path(directory), kMaxDocumentBytes);
  if (!text) return refuse(text.error().text());
  const auto value = parse_document(*text);
  if (!value) return refuse(value.error().text());
  const std::string_view version = value->text_of("imageLayoutVersion");
  if (version != kVersion) return refuse(format("its version is \"{}\"", version));
  return {};
}

Result<void> judge_image(const Image& image) {
  const Manifest& manifest = image.manifest;
  if (manifest.layers.size() != image.config.diff_ids.size()) {
    return fail(Code::kInvalidArgument, format("{} layers, but {} diff_ids", manifest.layers.size(),
                                               image.config.diff_ids.size()));
  }
  for (size_t i = 0; i < manifest.layers.size(); ++i) {
    if (is_layer(manifest.layers[i].media_type)) continue;
    return fail(Code::kInvalidArgument, format("layers[{}]: \"{}\" is no layer of an image", i,
                                               manifest.layers[i].media_type));
  }
  return {};
}

std::string_view tag_of(const Descriptor& descriptor) {
  const auto found = descriptor.annotations.find(kRefName);
  return found == descriptor.annotations.end() ? std::string_view() : found->second;
}

// What a descriptor leads to, itself included. A document that is missing leads nowhere:
// layouts may hold parts of an image.
Result<void> mark(const Blobs& blobs, const Descriptor& descriptor, std::set<Digest>& seen) {
  if (!seen.insert(descriptor.digest).second || !blobs.has(descriptor.digest)) return {};
  if (!is_index(descriptor.media_type) && !is_manifest(descriptor.media_type)) return {};
  const Bytes text = TRY(blobs.read(descriptor));
  const Document document = TRY(parse_document_of(text, descriptor.media_type));
  if (const auto* index = std::get_if<Index>(&document)) {
    for (const Descriptor& each : index->manifests) TRY(mark(blobs, each, seen));
    return {};
  }
  const auto& manifest = std::get<Manifest>(document);
  TRY(mark(blobs, manifest.config, seen));
  for (const Descriptor& each : manifest.layers) TRY(mark(blobs, each, seen));
  return {};
}

}  // namespace

Layout::Layout(Disk& disk, Random& random, const std::string& directory)
    : disk_(&disk),
      directory_(directory),
      blobs_(disk, random, join_path(directory, "blobs"), directory) {}

Result<Layout> Layout::open(Disk& disk, Random& random, std::string directory) {
  TRY(judge_marker(disk, directory));
  return Layout(disk, random, directory);
}

// The marker comes last: a layout that has it is complete.
Result<Layout> Layout::create(Disk& disk, Random& random, std::string directory) {
  if (exists(disk, marker_path(directory))) return open(disk, random, directory);
  TRY(disk.make_directories(join_path(directory, "blobs"), 0755));
  TRY(disk.sync_directory(parent_path(directory)));
  if (!exists(disk, index_path(directory))) {
    const Index empty{.media_type = std::string(kOciIndex)};
    TRY(replace_file(disk, index_path(directory), json::to_text(to_json(empty)), 0644));
  }
  const json::Value marker(json::Object{{"imageLayoutVersion", kVersion}});
  TRY(replace_file(disk, marker_path(directory), json::to_text(marker), 0644));
  return Layout(disk, random, directory);
}

Result<Index> Layout::index() const {
  const std::string path = index_path(directory_);
  const Bytes text = TRY(read_file(*disk_, path, kMaxDocumentBytes));
  return TRY_CONTEXT(parse_index(text), path);
}

Result<Descriptor> Layout::find(std::string_view tag, const Platform& host) const {
  const Index index = TRY(this->index());
  std::vector<const Descriptor*> found;
  for (const Descriptor& each : index.manifests) {
    if (tag.empty() || tag_of(each) == tag) found.push_back(&each);
  }
  if (found.empty()) {
    return fail(Code::kNotFound, format("{} has no image \"{}\"", directory_, tag));
  }
  if (tag.empty() && found.size() > 1) {
    return fail(Code::kFailedPrecondition,
                format("{} has {} images: one must be named", directory_, found.size()));
  }
  return resolve(*found.front(), host);
}

Result<Descriptor> Layout::resolve(Descriptor descriptor, const Platform& host) const {
  for (int depth = 0; is_index(descriptor.media_type); ++depth) {
    if (depth == kMaxNesting) return fail(Code::kInvalidArgument, "indexes nested too deep");
    const Bytes text = TRY(blobs_.read(descriptor));
    const Index index =
        TRY_CONTEXT(parse_index(text, descriptor.media_type), descriptor.digest.text());
    const Descriptor* chosen = choose(index.manifests, host);
    if (chosen == nullptr) {
      return fail(Code::kNotFound, format("no image for {}", host.text()));
    }
    descriptor = Descriptor(*chosen);
  }
  return descriptor;
}

Result<Image> Layout::read(const Descriptor& descriptor) const {
  const std::string name = descriptor.digest.text();
  Image out{.descriptor = descriptor, .manifest = {}, .config = {}};
  const Bytes text = TRY_CONTEXT(blobs_.read(descriptor), name);
  out.manifest = TRY_CONTEXT(parse_manifest(text, descriptor.media_type), name);
  if (!is_config(out.manifest.config.media_type)) {
    return fail(Code::kInvalidArgument, format("{}: not an image, but of the type \"{}\"", name,
                                               out.manifest.config.media_type));
  }
  const Bytes config = TRY_CONTEXT(blobs_.read(out.manifest.config), name);
  out.config = TRY_CONTEXT(parse_config(config), out.manifest.config.digest.text());
  TRY_CONTEXT(judge_image(out), name);
  return out;
}

Result<Descriptor> Layout::write(const Config& config, std::vector<Descriptor> layers) const {
  const std::string config_text = json::to_text(to_json(config));
  Image image{.descriptor = {}, .manifest = {}, .config = config};
  image.manifest = {.media_type = std::string(kOciManifest),
                    .config = describe(kOciConfig, config_text),
                    .layers = std::move(layers)};
  TRY(judge_image(image));
  for (const Descriptor& layer : image.manifest.layers) {
    if (blobs_.has(layer.digest)) continue;
    return fail(Code::kFailedPrecondition, format("{} is not there", layer.digest.text()));
  }
  const std::string text = json::to_text(to_json(image.manifest));
  Descriptor descriptor = describe(kOciManifest, text);
  TRY(blobs_.put(image.manifest.config, config_text));
  TRY(blobs_.put(descriptor, text));
  descriptor.platform = config.platform;
  return descriptor;
}

Result<void> Layout::tag(Descriptor descriptor, std::string_view tag) const {
  Index index = TRY(this->index());
  std::erase_if(index.manifests, [&](const Descriptor& each) { return tag_of(each) == tag; });
  if (!tag.empty()) descriptor.annotations[kRefName] = tag;
  index.manifests.push_back(std::move(descriptor));
  return replace_file(*disk_, index_path(directory_), json::to_text(to_json(index)), 0644);
}

Result<size_t> Layout::collect() const {
  std::set<Digest> kept;
  for (const Descriptor& each : TRY(index()).manifests) TRY(mark(blobs_, each, kept));
  size_t count = TRY(blobs_.clean());
  for (const Digest& digest : TRY(blobs_.list())) {
    if (kept.contains(digest)) continue;
    TRY(blobs_.remove(digest));
    ++count;
  }
  return count;
}

}  // namespace argosy::image
