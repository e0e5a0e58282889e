#include "lib/appc/manifest.h"

#include <algorithm>
#include <set>

#include "base/format.h"
#include "base/text.h"
#include "lib/appc/app.h"
#include "lib/appc/names.h"

namespace argosy::appc {
namespace {

using image::Fields;

bool is_date(std::string_view text) {
  // "2026-11-23T13:44:05Z", with a fraction or an offset if one likes.
  static constexpr std::string_view kShape = "dddd-dd-ddTdd:dd:dd";
  if (text.size() <= kShape.size()) return false;
  for (size_t i = 0; i < kShape.size(); ++i) {
    const bool is_digit = text[i] >= '0' && text[i] <= '9';
    if (kShape[i] == 'd' ? !is_digit : text[i] != kShape[i]) return false;
  }
  return true;
}

Result<Dependency> read_dependency(const Fields& fields) {
  Dependency out;
  out.image_name = TRY(fields.text("imageName"));
  if (out.image_name.empty()) return fields.refuse("imageName", "imageName cannot be empty");
  TRY_CONTEXT(judge_identifier(out.image_name), fields.path_of("imageName"));
  out.image_id = TRY(fields.text("imageID"));
  if (fields.has("imageID")) TRY_CONTEXT(judge_hash(out.image_id), fields.path_of("imageID"));
  out.labels = TRY(read_labels(fields));
  out.size = TRY(fields.number("size"));
  return out;
}

json::Value to_json(const Dependency& dependency) {
  json::Object out{{"imageName", dependency.image_name}};
  image::put_text(out, "imageID", dependency.image_id);
  put_named_values(out, "labels", dependency.labels);
  if (dependency.size != 0) out.emplace_back("size", dependency.size);
  return out;
}

}  // namespace

Result<NamedValues> read_annotations(const Fields& fields) {
  auto out = TRY(read_named_values(fields, "annotations", "duplicate annotations of name {}"));
  for (const NamedValue& item : out) {
    TRY_CONTEXT(judge_identifier(item.name), fields.path_of("annotations"));
    const bool is_url = item.name == "homepage" || item.name == "documentation";
    if (is_url && !item.value.starts_with("http://") && !item.value.starts_with("https://")) {
      return fields.refuse("annotations", "bad URL scheme, must be http/https");
    }
    if (item.name == "created" && !is_date(item.value)) {
      return fields.refuse("annotations", format("bad Date: {}", go_quote(item.value)));
    }
  }
  return out;
}

const std::string* find(const NamedValues& in, std::string_view name) {
  const auto found = std::ranges::find(in, name, &NamedValue::name);
  return found == in.end() ? nullptr : &found->value;
}

void set(NamedValues& in, std::string_view name, std::string_view value) {
  if (value.empty()) return;
  const auto found = std::ranges::find(in, name, &NamedValue::name);
  if (found != in.end()) {
    found->value = value;
  } else {
    in.push_back({std::string(name), std::string(value)});
  }
}

Result<ImageManifest> parse_image_manifest(std::string_view text) {
  const json::Value value = TRY(image::parse_document(text));
  const Fields fields(value);
  if (TRY(fields.text("acKind")) != "ImageManifest") {
    return fields.refuse("acKind", "bad ACKind: must be ImageManifest");
  }
  ImageManifest out;
  out.version = TRY(fields.text("acVersion"));
  if (out.version.empty()) {
    return fail(Code::kInvalidArgument, "acVersion must be set");
  }
  TRY_CONTEXT(judge_version(out.version), "acVersion");
  out.name = TRY(fields.text("name"));
  if (out.name.empty()) return fail(Code::kInvalidArgument, "name must be set");
  TRY_CONTEXT(judge_identifier(out.name), "name");
  out.labels = TRY(read_labels(fields));
  if (const auto app = TRY(fields.object("app"))) out.app = TRY(read_app(*app));
  out.annotations = TRY(read_annotations(fields));
  for (const Fields& item : TRY(fields.objects("dependencies"))) {
    out.dependencies.push_back(TRY(read_dependency(item)));
  }
  out.path_whitelist = TRY(fields.texts("pathWhitelist"));
  for (const std::string& path : out.path_whitelist) {
    if (!path.starts_with('/')) return fields.refuse("pathWhitelist", "must be absolute");
  }
  return out;
}

json::Value to_json(const ImageManifest& manifest) {
  json::Object out{
      {"acKind", "ImageManifest"}, {"acVersion", manifest.version}, {"name", manifest.name}};
  put_named_values(out, "labels", manifest.labels);
  if (manifest.app) out.emplace_back("app", to_json(*manifest.app));
  put_named_values(out, "annotations", manifest.annotations);
  json::Array dependencies;
  for (const Dependency& item : manifest.dependencies) dependencies.push_back(to_json(item));
  if (!dependencies.empty()) out.emplace_back("dependencies", std::move(dependencies));
  image::put_texts(out, "pathWhitelist", manifest.path_whitelist);
  return out;
}

}  // namespace argosy::appc
