#include "lib/image/manifest.h"

#include "base/format.h"
#include "lib/image/media_type.h"

namespace argosy::image {
namespace {

Result<std::vector<Descriptor>> read_descriptors(const Fields& fields, std::string_view name) {
  std::vector<Descriptor> out;
  for (const Fields& item : TRY(fields.objects(name))) out.push_back(TRY(read_descriptor(item)));
  return out;
}

Result<std::optional<Descriptor>> read_subject(const Fields& fields) {
  const auto subject = TRY(fields.object("subject"));
  if (!subject) return std::nullopt;
  return TRY(read_descriptor(*subject));
}

Result<Manifest> read_manifest(const Fields& fields, std::string type) {
  Manifest out;
  out.media_type = type.empty() ? std::string(kOciManifest) : std::move(type);
  out.artifact_type = TRY(fields.text("artifactType"));
  const auto config = TRY(fields.object("config"));
  if (!config) return fields.refuse("config", "must be set");
  out.config = TRY(read_descriptor(*config));
  out.layers = TRY(read_descriptors(fields, "layers"));
  out.subject = TRY(read_subject(fields));
  out.annotations = TRY(fields.text_map("annotations"));
  if (out.config.media_type == kOciEmpty && out.artifact_type.empty()) {
    return fields.refuse("artifactType", "must be set, since config is empty");
  }
  return out;
}

Result<Index> read_index(const Fields& fields, std::string type) {
  Index out;
  out.media_type = type.empty() ? std::string(kOciIndex) : std::move(type);
  out.artifact_type = TRY(fields.text("artifactType"));
  out.manifests = TRY(read_descriptors(fields, "manifests"));
  out.subject = TRY(read_subject(fields));
  out.annotations = TRY(fields.text_map("annotations"));
  return out;
}

// The type that counts: what was expected and what the document says must agree.
Result<std::string> agreed_type(const Fields& fields, std::string_view expected) {
  std::string said = TRY(fields.text("mediaType"));
  if (!said.empty() && !is_manifest(said) && !is_index(said)) {
    return fields.refuse("mediaType", format("\"{}\" is neither a manifest nor an index", said));
  }
  const bool expects = is_manifest(expected) || is_index(expected);
  if (expects && !said.empty() && said != expected) {
    return fields.refuse("mediaType", format("\"{}\", but \"{}\" was expected", said, expected));
  }
  return expects ? std::string(expected) : said;
}

Result<void> judge_version(const Fields& fields) {
  const uint64_t version = TRY(fields.number("schemaVersion"));
  if (version == 1) {
    return fail(Code::kUnimplemented,
                "schemaVersion: 1, Docker's first schema, is not supported; push the image anew");
  }
  if (version != 2) return fields.refuse("schemaVersion", "must be 2");
  return {};
}

json::Object head_of(std::string_view media_type, std::string_view artifact_type) {
  json::Object out{{"schemaVersion", 2}, {"mediaType", media_type}};
  put_text(out, "artifactType", artifact_type);
  return out;
}

json::Array to_array(const std::vector<Descriptor>& descriptors) {
  json::Array out;
  for (const Descriptor& descriptor : descriptors) out.push_back(to_json(descriptor));
  return out;
}

json::Value finish(json::Object out, const std::optional<Descriptor>& subject,
                   const TextMap& annotations) {
  if (subject) out.emplace_back("subject", to_json(*subject));
  put_text_map(out, "annotations", annotations);
  return out;
}

}  // namespace

Result<Document> parse_document_of(std::string_view text, std::string_view expected_type) {
  const json::Value value = TRY(parse_document(text));
  const Fields fields(value);
  TRY(judge_version(fields));
  const bool has_manifests = fields.has("manifests");
  const bool has_image = fields.has("config") || fields.has("layers");
  if (has_manifests && has_image) {
    return fail(Code::kInvalidArgument, "both a manifest and an index");
  }
  std::string type = TRY(agreed_type(fields, expected_type));
  const bool wants_index = type.empty() ? has_manifests : is_index(type);
  if (wants_index && has_image) return fields.refuse("config", "an index has none");
  if (!wants_index && has_manifests) return fields.refuse("manifests", "a manifest has none");
  if (wants_index) return Document(TRY(read_index(fields, std::move(type))));
  return Document(TRY(read_manifest(fields, std::move(type))));
}

Result<Manifest> parse_manifest(std::string_view text, std::string_view expected_type) {
  Document document = TRY(parse_document_of(text, expected_type));
  if (auto* manifest = std::get_if<Manifest>(&document)) return std::move(*manifest);
  return fail(Code::kInvalidArgument, "an index, not a manifest");
}

Result<Index> parse_index(std::string_view text, std::string_view expected_type) {
  Document document = TRY(parse_document_of(text, expected_type));
  if (auto* index = std::get_if<Index>(&document)) return std::move(*index);
  return fail(Code::kInvalidArgument, "a manifest, not an index");
}

json::Value to_json(const Manifest& manifest) {
  json::Object out = head_of(manifest.media_type, manifest.artifact_type);
  out.emplace_back("config", to_json(manifest.config));
  out.emplace_back("layers", to_array(manifest.layers));
  return finish(std::move(out), manifest.subject, manifest.annotations);
}

json::Value to_json(const Index& index) {
  json::Object out = head_of(index.media_type, index.artifact_type);
  out.emplace_back("manifests", to_array(index.manifests));
  return finish(std::move(out), index.subject, index.annotations);
}

Result<std::vector<ArchivedImage>> parse_archived_images(std::string_view text) {
  if (text.size() > kMaxDocumentBytes) return fail(Code::kInvalidArgument, "too large");
  json::Object wrapped;
  wrapped.emplace_back("manifest.json", TRY(json::parse(text)));
  const json::Value value(std::move(wrapped));
  std::vector<ArchivedImage> out;
  for (const Fields& item : TRY(Fields(value).objects("manifest.json"))) {
    out.push_back({.config = TRY(item.required_text("Config")),
                   .tags = TRY(item.texts("RepoTags")),
                   .layers = TRY(item.texts("Layers"))});
  }
  return out;
}

json::Value to_json(const std::vector<ArchivedImage>& images) {
  json::Array out;
  for (const ArchivedImage& image : images) {
    json::Object item{{"Config", image.config}};
    put_texts(item, "RepoTags", image.tags);
    if (image.tags.empty()) item.emplace_back("RepoTags", json::Value());
    put_texts(item, "Layers", image.layers);
    if (image.layers.empty()) item.emplace_back("Layers", json::Array());
    out.emplace_back(std::move(item));
  }
  return out;
}

}  // namespace argosy::image
