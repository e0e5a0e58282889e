#include "parts/update_service/ctl/command.h"

#include <algorithm>

#include "base/format.h"
#include "base/text.h"

namespace argosy::update_service::ctl {
namespace {

constexpr std::string_view kArchs[] = {"all", "amd64", "aarch64", "x86"};

}  // namespace

std::string escaped(std::string_view word) {
  std::string text;
  for (const char c : word) {
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                          (c >= '0' && c <= '9') ||
                          std::string_view("-._~").find(c) != std::string_view::npos;
    text += is_plain ? std::string(1, c) : format("%{:02X}", static_cast<unsigned char>(c));
  }
  return text;
}

bool Context::shows_json(const json::Value& value) {
  if (wants_json) out = json::to_pretty_text(value) + "\n";
  return wants_json;
}

std::string app_path(const Context& context, const std::vector<std::string>& words) {
  std::string path = "/api/apps/" + escaped(context.flag("app-id"));
  for (const std::string& word : words) path += "/" + escaped(word);
  return path;
}

Result<json::Array> list(Context& context, const std::string& path, std::string_view name) {
  json::Array all;
  const char mark = path.find('?') == std::string::npos ? '?' : '&';
  for (int page = 1;; ++page) {
    const json::Value answer =
        TRY(context.client.call("GET", format("{}{}perpage=1000&page={}", path, mark, page)));
    const json::Value* items = answer.find(name);
    if (items == nullptr || items->as_array() == nullptr || items->as_array()->empty()) return all;
    all.insert(all.end(), items->as_array()->begin(), items->as_array()->end());
  }
}

Result<json::Value> find(const json::Array& items, std::string_view member, std::string_view value,
                         std::string_view arch) {
  const int64_t number = TRY(arch_number(arch));
  for (const json::Value& item : items) {
    const json::Value* its_arch = item.find("arch");
    if (its_arch != nullptr && its_arch->as_int() == number &&
        (item.text_of(member) == value || item.text_of("id") == value)) {
      return item;
    }
  }
  return fail(Code::kNotFound, format("there is none with {} {} of {}", member, value, arch));
}

Result<int64_t> arch_number(std::string_view name) {
  for (size_t i = 0; i < std::size(kArchs); ++i) {
    if (kArchs[i] == name) return static_cast<int64_t>(i);
  }
  return fail(Code::kInvalidArgument,
              format("the architecture is all, amd64, aarch64 or x86, not {}", go_quote(name)));
}

std::string_view arch_name(int64_t number) {
  const auto index = static_cast<size_t>(number);
  return number >= 0 && index < std::size(kArchs) ? kArchs[index] : "";
}

std::vector<const Command*> all_commands() {
  std::vector<const Command*> all;
  for (const auto& some :
       {catalog_commands(), package_commands(), bulk_commands(), fleet_commands(),
        rollout_commands(), signing_commands(), service_commands(), machine_commands()}) {
    for (const Command& command : some) all.push_back(&command);
  }
  std::ranges::sort(all, {}, [](const Command* one) { return std::string_view(one->name); });
  return all;
}

}  // namespace argosy::update_service::ctl
