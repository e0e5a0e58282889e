#include "lib/omaha/response.h"

#include "base/text.h"
#include "lib/omaha/fields.h"
#include "lib/omaha/xml.h"

namespace argosy::omaha {
namespace {

Result<Package> read_package(const Element& element) {
  FieldReader reader(element);
  Package package;
  reader.read("name", package.name);
  reader.read("hash", package.sha1);
  reader.read("hash_sha256", package.sha256);
  reader.read("size", package.size);
  reader.read("required", package.is_required);
  TRY(reader.end());
  if (const Element* metadata = element.child("metadata")) {
    package.metadata = Metadata{std::string(metadata->text_of("content-type")), metadata->text};
  }
  return package;
}

Result<Action> read_action(const Element& element) {
  FieldReader reader(element);
  Action action;
  reader.read("event", action.event);
  reader.read("DisplayVersion", action.display_version);
  reader.read("sha256", action.sha256);
  reader.read("needsadmin", action.needs_admin);
  reader.read("IsDeltaPayload", action.is_delta);
  reader.read("DisablePayloadBackoff", action.disables_backoff);
  reader.read("MaxFailureCountPerUrl", action.max_failures_per_url);
  reader.read("MetadataSignatureRsa", action.metadata_signature_rsa);
  reader.read("MetadataSize", action.metadata_size);
  reader.read("deadline", action.deadline);
  reader.read("MoreInfo", action.more_info);
  reader.read("Prompt", action.prompts);
  reader.read("IsRollback", action.is_rollback);
  TRY(reader.end());
  return action;
}

// Elements below one of their own: <packages><package/></packages>.
std::vector<const Element*> listed(const Element& element, std::string_view list,
                                   std::string_view item) {
  std::vector<const Element*> all;
  for (const Element* one : element.children_of(list)) {
    const auto items = one->children_of(item);
    all.insert(all.end(), items.begin(), items.end());
  }
  return all;
}

Result<Manifest> read_manifest(const Element& element) {
  FieldReader reader(element);
  Manifest manifest;
  reader.read("version", manifest.version);
  reader.read("is_floor", manifest.is_floor);
  reader.read("floor_reason", manifest.floor_reason);
  reader.read("is_target", manifest.is_target);
  TRY(reader.end());
  for (const Element* package : listed(element, "packages", "package")) {
    manifest.packages.push_back(TRY(read_package(*package)));
  }
  for (const Element* action : listed(element, "actions", "action")) {
    manifest.actions.push_back(TRY(read_action(*action)));
  }
  return manifest;
}

Result<Update> read_update(const Element& element) {
  Update update;
  update.status = element.text_of("status");
  for (const Element* url : listed(element, "urls", "url")) {
    update.urls.emplace_back(url->text_of("codebase"));
  }
  for (const Element* manifest : element.children_of("manifest")) {
    update.manifests.push_back(TRY(read_manifest(*manifest)));
  }
  return update;
}

Result<AppResponse> read_app(const Element& element) {
  AppResponse app;
  app.id = element.text_of("appid");
  app.status = element.text_of("status");
  for (const Element& child : element.children) {
    if (child.name == "ping") app.has_ping = true;
    if (child.name == "updatecheck") app.update = TRY(read_update(child));
    if (child.name == "event") ++app.events;
    if (child.name == kChannelMetadata) {
      auto bytes = from_base64(trim(child.text));
      if (!bytes) return fail(Code::kInvalidArgument, "the channel's metadata are no base64");
      app.channel_metadata = *std::move(bytes);
    }
  }
  return app;
}

Element status_element(std::string_view name, std::string_view status) {
  Element element{.name = std::string(name)};
  write(element, "status", status, Zero::kWrite);
  return element;
}

Element element_of(const Package& package) {
  Element element{.name = "package"};
  write(element, "name", package.name, Zero::kWrite);
  write(element, "hash", package.sha1, Zero::kWrite);
  write(element, "hash_sha256", package.sha256);
  write(element, "size", static_cast<int64_t>(package.size), Zero::kWrite);
  write(element, "required", package.is_required, Zero::kWrite);
  if (package.metadata) {
    Element metadata{.name = "metadata", .text = package.metadata->content};
    write(metadata, "content-type", package.metadata->content_type);
    element.children.push_back(std::move(metadata));
  }
  return element;
}

Element element_of(const Action& action) {
  Element element{.name = "action"};
  write(element, "event", action.event, Zero::kWrite);
  write(element, "DisplayVersion", action.display_version);
  write(element, "sha256", action.sha256);
  write(element, "needsadmin", action.needs_admin);
  write(element, "IsDeltaPayload", action.is_delta);
  write(element, "DisablePayloadBackoff", action.disables_backoff);
  write(element, "MaxFailureCountPerUrl", int64_t{action.max_failures_per_url});
  write(element, "MetadataSignatureRsa", action.metadata_signature_rsa);
  write(element, "MetadataSize", action.metadata_size);
  write(element, "deadline", action.deadline);
  write(element, "MoreInfo", action.more_info);
  write(element, "Prompt", action.prompts);
  write(element, "IsRollback", action.is_rollback);
  return element;
}

// Lists are written when they are empty, too.
Element element_of(const Manifest& manifest) {
  Element element{.name = "manifest"};
  write(element, "version", manifest.version, Zero::kWrite);
  write(element, "is_floor", manifest.is_floor);
  write(element, "floor_reason", manifest.floor_reason);
  write(element, "is_target", manifest.is_target);
  Element packages{.name = "packages"};
  for (const Package& package : manifest.packages) {
    packages.children.push_back(element_of(package));
  }
  Element actions{.name = "actions"};
  for (const Action& action : manifest.actions) actions.children.push_back(element_of(action));
  element.children = {std::move(packages), std::move(actions)};
  return element;
}

Element element_of(const Update& update) {
  Element element{.name = "updatecheck"};
  write(element, "status", update.status);
  Element urls{.name = "urls"};
  for (const std::string& url : update.urls) {
    Element one{.name = "url"};
    write(one, "codebase", url, Zero::kWrite);
    urls.children.push_back(std::move(one));
  }
  element.children.push_back(std::move(urls));
  for (const Manifest& manifest : update.manifests) {
    element.children.push_back(element_of(manifest));
  }
  return element;
}

Element element_of(const AppResponse& app) {
  Element element{.name = "app"};
  write(element, "appid", app.id);
  write(element, "status", app.status);
  if (app.has_ping) element.children.push_back(status_element("ping", "ok"));
  if (app.update) element.children.push_back(element_of(*app.update));
  for (uint32_t i = 0; i < app.events; ++i) {
    element.children.push_back(status_element("event", "ok"));
  }
  if (!app.channel_metadata.empty()) {
    element.children.push_back(
        {.name = std::string(kChannelMetadata), .text = to_base64(app.channel_metadata)});
  }
  return element;
}

}  // namespace

Result<Response> parse_response(std::string_view text) {
  const Element root = TRY(parse_xml(text));
  TRY(check_name(root, "response"));
  Response response;
  response.protocol = root.text_of("protocol");
  response.server = root.text_of("server");
  response.elapsed_seconds.clear();
  for (const Element& child : root.children) {
    if (child.name == "daystart") response.elapsed_seconds = child.text_of("elapsed_seconds");
    if (child.name == "app") response.apps.push_back(TRY(read_app(child)));
  }
  TRY(check_protocol(response.protocol));
  return response;
}

std::string to_xml(const Response& response) {
  Element root{.name = "response"};
  write(root, "protocol", response.protocol, Zero::kWrite);
  write(root, "server", response.server, Zero::kWrite);
  Element day{.name = "daystart"};
  write(day, "elapsed_seconds", response.elapsed_seconds, Zero::kWrite);
  root.children.push_back(std::move(day));
  for (const AppResponse& app : response.apps) root.children.push_back(element_of(app));
  return std::string(kXmlHeader) + to_xml(root);
}

std::optional<Bytes> read_digest(std::string_view text, size_t bytes) {
  auto digest = text.size() == 2 * bytes ? from_hex(text) : from_base64(text);
  return digest && digest->size() == bytes ? digest : std::nullopt;
}

}  // namespace argosy::omaha
