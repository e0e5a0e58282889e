#include "lib/omaha/client_response.h"

#include <cstdlib>

#include "base/bytes.h"
#include "base/format.h"
#include "base/text.h"
#include "lib/omaha/codes.h"
#include "lib/omaha/xml.h"

namespace argosy::omaha {
namespace {

using Refused = std::unexpected<Refusal>;
using Step = std::expected<void, Refusal>;

Refused invalid(std::string text) {
  return Refused(Refusal{ResponseDefect::kInvalid, std::move(text)});
}

// All elements at a path, in the document's order.
std::vector<const Element*> at_path(const Element& root, std::string_view path) {
  std::vector<const Element*> found;
  std::vector<const Element*> level = {&root};
  const auto names = split(path, '/');
  if (root.name != names.front()) return {};
  for (size_t i = 1; i < names.size(); ++i) {
    found.clear();
    for (const Element* element : level) {
      const auto below = element->children_of(names[i]);
      found.insert(found.end(), below.begin(), below.end());
    }
    level = found;
  }
  return level;
}

// Digits, with a minus at most; else nothing.
std::optional<int64_t> whole_number(std::string_view text) {
  return text.starts_with('+') ? std::nullopt : parse_int(text);
}

int poll_seconds(const Element& check) {
  const auto number = whole_number(check.text_of("PollInterval"));
  const bool fits = number && *number >= INT32_MIN && *number <= INT32_MAX;
  return fits ? static_cast<int>(*number) : 0;
}

uint32_t max_failures(const Element& action) {
  const auto number = whole_number(action.text_of("MaxFailureCountPerUrl"));
  const bool fits = number && *number >= 0 && *number <= UINT32_MAX;
  return fits ? static_cast<uint32_t>(*number) : kDefaultMaxFailuresPerUrl;
}

// As scanf's %i: white space, a sign, 0x or 0, and whatever after the digits.
int64_t loose_number(std::string_view text) {
  return std::strtoll(std::string(text).c_str(), nullptr, 0);
}

Step read_urls(const Element& root, ClientUpdate& update) {
  const auto urls = at_path(root, "response/app/updatecheck/urls/url");
  if (urls.empty()) return invalid("Omaha Response has no URL");
  for (const Element* url : urls) {
    const std::string_view codebase = url->text_of("codebase");
    if (codebase.empty()) return invalid("Omaha Response URL has empty codebase");
    update.urls.emplace_back(codebase);
  }
  return {};
}

Step read_package(const Element& root, ClientDialect dialect, ClientUpdate& update) {
  const auto packages = at_path(root, "response/app/updatecheck/manifest/packages/package");
  if (packages.empty()) return invalid("Omaha Response has no package");
  const Element& package = *packages.front();
  const std::string_view name = package.text_of("name");
  if (name.empty()) return invalid("Omaha Response has empty package name");
  update.package = name;
  for (std::string& url : update.urls) {
    if (dialect.adds_slash && !url.ends_with('/')) url += '/';
    url += name;
  }
  update.size = loose_number(package.text_of("size"));
  if (update.size <= 0) {
    return invalid(format("Omaha Response has invalid payload size: {}", update.size));
  }
  return {};
}

Step read_action(const Element& root, ClientUpdate& update) {
  const auto actions = at_path(root, "response/app/updatecheck/manifest/actions/action");
  const Element* found = nullptr;
  for (const Element* action : actions) {
    if (found == nullptr && action->text_of("event") == "postinstall") found = action;
  }
  if (found == nullptr) return invalid("Omaha Response has no postinstall event action");
  update.sha256 = found->text_of("sha256");
  if (update.sha256.empty()) return invalid("Omaha Response has empty sha256 value");
  update.more_info = found->text_of("MoreInfo");
  update.deadline = found->text_of("deadline");
  update.needs_admin = found->text_of("needsadmin") == "true";
  update.prompts = found->text_of("Prompt") == "true";
  update.is_rollback = found->text_of("IsRollback") == "true";
  update.is_delta = found->text_of("IsDeltaPayload") == "true";
  update.disables_backoff = found->text_of("DisablePayloadBackoff") == "true";
  update.max_failures_per_url = max_failures(*found);
  return {};
}

std::string channel_metadata(const Element& root) {
  const auto found = at_path(root, format("response/app/{}", kChannelMetadata));
  if (found.empty()) return {};
  return from_base64(trim(found.front()->text)).value_or("");
}

std::expected<ClientUpdate, Refusal> read_update(const Element& root, ClientDialect dialect) {
  const auto checks = at_path(root, "response/app/updatecheck");
  if (checks.empty()) return invalid("Omaha Response has no update check");
  const Element& check = *checks.front();
  ClientUpdate update;
  update.poll_seconds = poll_seconds(check);
  update.channel_metadata = channel_metadata(root);
  const std::string* status = check.find("status");
  if (status == nullptr) return invalid("Omaha Response missing status");
  if (*status == update_status::kNoUpdate) return update;
  if (*status != update_status::kOk) {
    return invalid("Unknown Omaha response status: " + *status);
  }
  const auto manifests = at_path(root, "response/app/updatecheck/manifest");
  if (manifests.empty()) return invalid("Omaha Response has no manifest");
  update.version = manifests.front()->text_of("version");
  if (const Step done = read_urls(root, update); !done) return Refused(done.error());
  if (const Step done = read_package(root, dialect, update); !done) return Refused(done.error());
  if (const Step done = read_action(root, update); !done) return Refused(done.error());
  update.has_update = true;
  return update;
}

}  // namespace

std::expected<ClientUpdate, Refusal> read_client_response(std::string_view body,
                                                          ClientDialect dialect) {
  if (body.empty()) return Refused(Refusal{ResponseDefect::kEmpty, "Omaha response is empty"});
  const auto root = parse_xml(body);
  if (!root) {
    return Refused(
        Refusal{ResponseDefect::kNotXml, "Omaha response not valid XML: " + root.error().text()});
  }
  return read_update(*root, dialect);
}

}  // namespace argosy::omaha
